//! The `harness` binary, built from this work tree.
//!
//! Cargo hands a binary's path to the tests of its own package only, and `cargo test --workspace`
//! need not even build it. So the first test that asks builds it, as `cargo run -p harness` would.

use std::io::Read as _;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use anyhow::{Context, Result, anyhow, bail};
use camino::{Utf8Path, Utf8PathBuf};

/// Root of the work tree.
pub(crate) fn repository() -> &'static Utf8Path {
    let manifest = Utf8Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest)
}

/// Path of the binary. `HARNESS_BINARY` names another one, such as an installed release.
///
/// # Errors
/// When it does not build; the compiler's messages went to standard error.
pub fn harness_binary() -> Result<&'static Utf8Path> {
    static BINARY: OnceLock<Result<Utf8PathBuf, String>> = OnceLock::new();
    let built = BINARY.get_or_init(|| match std::env::var("HARNESS_BINARY") {
        Ok(path) => Ok(path.into()),
        Err(_) => build().map_err(|error| format!("{error:#}")),
    });
    built.as_deref().map_err(|error| anyhow!("{error}"))
}

fn build() -> Result<Utf8PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut child = Command::new(cargo)
        .args(["build", "--package", "harness", "--bin", "harness"])
        .arg("--message-format=json-render-diagnostics")
        .current_dir(repository())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start cargo")?;
    let mut messages = String::new();
    if let Some(mut stdout) = child.stdout.take() {
        stdout.read_to_string(&mut messages)?;
    }
    let status = child.wait()?;
    if !status.success() {
        bail!("the binary `harness` does not build ({status})");
    }
    messages.lines().find_map(executable).context("cargo named no executable for `harness`")
}

/// The executable that a line of cargo's messages announces for our binary.
fn executable(line: &str) -> Option<Utf8PathBuf> {
    let message: serde_json::Value = serde_json::from_str(line).ok()?;
    let target = message.get("target")?;
    let is_ours =
        target.get("name")? == "harness" && target.get("kind")?.as_array()?.iter().any(|kind| kind == "bin");
    let path = message.get("executable")?.as_str()?;
    is_ours.then(|| path.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_executable_is_read_from_the_message_about_the_binary() {
        let message = |name: &str, kind: &str| {
            format!(r#"{{"target":{{"name":"{name}","kind":["{kind}"]}},"executable":"/t/{name}"}}"#)
        };
        assert_eq!(executable(&message("harness", "bin")), Some("/t/harness".into()));
        assert_eq!(executable(&message("harness", "lib")), None);
        assert_eq!(executable(&message("xtask", "bin")), None);
        assert_eq!(executable(r#"{"reason":"build-finished","success":true}"#), None);
        assert_eq!(executable("not json"), None);
    }
}
