//! Finds Go: HARNESS_GO, PATH, GOROOT, then the places where installers put it.

use camino::{Utf8Path, Utf8PathBuf};

use super::environment::{Environment, is_executable};
use super::error::BuildError;
use super::go::Go;
use super::process::Interrupt;
use super::release::Release;

/// The first Go that is new enough.
///
/// # Errors
/// [`BuildError::NoGo`] or [`BuildError::TooOld`]; a HARNESS_GO that does not work is not passed over.
pub(super) fn find(environment: &Environment, interrupt: &Interrupt) -> Result<Go, BuildError> {
    if let Some(bin) = environment.get("HARNESS_GO") {
        return new_enough(ask(&environment.dir.join(bin), environment, interrupt)?);
    }
    let candidates = candidates(environment);
    let mut old = None;
    for bin in candidates.iter().filter(|bin| is_executable(bin)) {
        match ask(bin, environment, interrupt).and_then(new_enough) {
            Err(BuildError::Interrupted) => return Err(BuildError::Interrupted),
            // The first one is the user's choice: its trouble is what to tell.
            Err(error) => old = old.or(Some(error)),
            Ok(go) => return Ok(go),
        }
    }
    Err(old.unwrap_or(BuildError::NoGo { looked: candidates }))
}

fn ask(bin: &Utf8Path, environment: &Environment, interrupt: &Interrupt) -> Result<Go, BuildError> {
    let mut env = environment.vars.clone();
    // A go.mod in the working directory must not switch toolchains while we look at this one.
    env.insert("GOTOOLCHAIN".to_owned(), "local".to_owned());
    let mut go = Go::ask(bin, &env, Utf8Path::new("/"), interrupt)?;
    go.env = environment.vars.clone();
    Ok(go)
}

/// `go`, unless the probe does not work with it.
pub(super) fn new_enough(go: Go) -> Result<Go, BuildError> {
    if go.release >= Release::OLDEST {
        return Ok(go);
    }
    // From 1.21 on the go command can fetch another release by itself.
    let hint = if go.release.minor >= 21 {
        "set `toolchain = \"go1.26.8\"` in `[build]`, or install a newer Go from https://go.dev/dl"
    } else {
        "install a newer Go from https://go.dev/dl; HARNESS_GO names a go command that is not on PATH"
    };
    Err(BuildError::TooOld { bin: go.bin, version: go.info.version, hint: hint.to_owned() })
}

fn candidates(environment: &Environment) -> Vec<Utf8PathBuf> {
    let mut roots: Vec<Utf8PathBuf> = environment.get("GOROOT").map(Utf8PathBuf::from).into_iter().collect();
    roots.extend(
        ["/usr/local/go", "/usr/lib/go", "/opt/homebrew/opt/go/libexec", "/snap/go/current"]
            .map(Utf8PathBuf::from),
    );
    roots.extend(releases_in(Utf8Path::new("/usr/lib"), "go-1."));
    if let Some(home) = environment.get("HOME").map(Utf8Path::new) {
        roots.extend(releases_in(&home.join("sdk"), "go1."));
        roots.extend(releases_in(&home.join("go/sdk"), "go1."));
        roots.push(home.join("go"));
        roots.push(home.join(".local/go"));
    }
    let on_path = environment.path().into_iter().map(|dir| dir.join("go"));
    on_path.chain(roots.into_iter().map(|root| root.join("bin/go"))).collect()
}

/// Directories of Go releases in `dir`, the newest first.
fn releases_in(dir: &Utf8Path, prefix: &str) -> Vec<Utf8PathBuf> {
    let Ok(entries) = dir.read_dir_utf8() else { return Vec::new() };
    let mut found: Vec<(Release, Utf8PathBuf)> = entries
        .filter_map(Result::ok)
        .filter(|entry| entry.file_name().starts_with(prefix))
        .filter_map(|entry| {
            let release = Release::parse(&entry.file_name().replace("go-", "go"))?;
            Some((release, entry.path().to_owned()))
        })
        .collect();
    found.sort_by(|a, b| b.cmp(a));
    found.into_iter().map(|(_, dir)| dir).collect()
}
