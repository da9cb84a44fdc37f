//! `cargo xtask ci`: everything that must hold before a change lands.
//!
//! A check that cannot run is a failure, with one exception that is said aloud: cargo-deny takes
//! minutes to install, so it runs where it is there.

use anyhow::{Result, bail};

use crate::command::{Goldens, cargo, cargo_test, say};
use crate::docs;
use crate::imports;
use crate::matrix;
use crate::tools::{self, Tools};

type Check = (&'static str, fn(&Tools) -> Result<()>);

/// In order of cost; the tests come last, so that their closing lines are near the end, and the engine's judgement on
/// every scenario.
const CHECKS: [Check; 10] = [
    ("format", |_| cargo(["fmt", "--all", "--check"]).run()),
    ("imports", |_| imports::check()),
    ("gofmt", |tools| tools.go.check_format()),
    ("go vet", |tools| tools.go.vet()),
    ("licences and advisories", |_| deny()),
    ("clippy", |_| cargo(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]).run()),
    ("docs", |_| cargo(["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings").run()),
    ("pages of the commands", |_| docs::check()),
    ("tests", |_| cargo_test(Goldens::Compare).run()),
    ("matrix", |_| matrix::once()),
];

/// Runs every check, then names those that failed.
pub(crate) fn run() -> Result<()> {
    let tools = tools::install_missing()?;
    let mut failed = Vec::new();
    for (name, check) in CHECKS {
        say(&format!("\n== {name}"));
        if let Err(error) = check(&tools) {
            say(&format!("{name} failed: {error:#}"));
            failed.push(name);
        }
    }
    if !failed.is_empty() {
        bail!("{} of {} checks failed: {}", failed.len(), CHECKS.len(), failed.join(", "));
    }
    say(&format!("\nall {} checks hold", CHECKS.len()));
    Ok(())
}

fn deny() -> Result<()> {
    if !cargo(["deny", "--version"]).succeeds() {
        say("not checked: cargo-deny is not installed (hint: cargo install --locked cargo-deny)");
        return Ok(());
    }
    cargo(["deny", "check"]).run()
}
