//! Which Go builds a variant: the scenario's `toolchain`, the one that the module asks for, or the
//! one that was found; and a GOROOT in which overlays work.
//!
//! `GOTOOLCHAIN=go1.N.P` unpacks that release into GOMODCACHE, where the go command refuses
//! overlays. A symbolic link to it from elsewhere makes a GOROOT of the same content that may be
//! overlaid.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;

use camino::{Utf8Path, Utf8PathBuf};

use super::error::BuildError;
use super::find::new_enough;
use super::go::{Go, query};
use super::process::Interrupt;

/// Directory of links to toolchains, in the cache directory.
const GOROOTS: &str = "goroots";

/// What decides on the Go of a build.
pub(super) struct Choice<'a> {
    /// The Go that was found.
    pub found: &'a Go,
    /// The scenario's `toolchain`.
    pub toolchain: Option<&'a str>,
    /// Environment of the build, without GOTOOLCHAIN and GOROOT of our own.
    pub env: &'a BTreeMap<String, String>,
    /// Directory of the module.
    pub module: &'a Utf8Path,
    /// The harness's cache directory.
    pub cache: &'a Utf8Path,
}

/// The Go to build with; its `env` is pinned to it.
///
/// # Errors
/// When the toolchain cannot be had or is too old.
pub(super) fn select(choice: &Choice<'_>, interrupt: &Interrupt) -> Result<Go, BuildError> {
    let Choice { found, env, module, .. } = choice;
    let mut asked = (*env).clone();
    if let Some(name) = choice.toolchain {
        // The release that is installed need not be fetched.
        let wanted = if name == found.info.version { "local" } else { name };
        asked.insert("GOTOOLCHAIN".to_owned(), wanted.to_owned());
    }
    let go = Go::ask(&found.bin, &asked, module, interrupt)?;
    pin(go, &asked, choice, interrupt).and_then(new_enough)
}

/// Fixes GOROOT and GOTOOLCHAIN, so that no later command can switch to another release.
fn pin(
    go: Go,
    asked: &BTreeMap<String, String>,
    choice: &Choice<'_>,
    interrupt: &Interrupt,
) -> Result<Go, BuildError> {
    let mut env = asked.clone();
    env.insert("GOTOOLCHAIN".to_owned(), "local".to_owned());
    let switched = go.info.version != choice.found.info.version;
    let goroot = if go.is_in_module_cache() {
        link(&go, choice.cache)?
    } else if switched {
        go.goroot().to_owned()
    } else {
        return Go::ask(&go.bin, &env, choice.module, interrupt);
    };
    env.insert("GOROOT".to_owned(), goroot.to_string());
    Go::ask(&goroot.join("bin/go"), &env, choice.module, interrupt)
}

/// A link to `go`'s GOROOT outside the module cache.
fn link(go: &Go, cache: &Utf8Path) -> Result<Utf8PathBuf, BuildError> {
    let dir = cache.join(GOROOTS);
    fs::create_dir_all(&dir).map_err(BuildError::file("create", &dir))?;
    let link = dir.join(go.info.version.split_whitespace().next().unwrap_or("go"));
    let target = go.goroot();
    if link.read_link_utf8().is_ok_and(|to| to == target) {
        return Ok(link);
    }
    // Renamed into place: another thread or another harness may be building through the old link.
    let own = tempfile::tempdir_in(&dir).map_err(BuildError::file("create", &dir))?;
    let fresh = Utf8Path::from_path(own.path()).unwrap_or(&dir).join("goroot.new");
    symlink(target, &fresh).map_err(BuildError::file("create", &fresh))?;
    fs::rename(&fresh, &link).map_err(BuildError::file("create", &link))?;
    Ok(link)
}

/// Operating system and architecture pairs that `go` can build for.
pub(super) fn targets(go: &Go, dir: &Utf8Path, interrupt: &Interrupt) -> Vec<String> {
    let command = go.command(vec!["tool".into(), "dist".into(), "list".into()], dir);
    query(&command, interrupt).map(|list| list.lines().map(str::to_owned).collect()).unwrap_or_default()
}
