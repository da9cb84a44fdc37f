//! What the tests need beside Rust, and how to get it.
//!
//! A tool that is there is used; a missing one is installed from the machine's own packages where that is
//! possible, or by Go, and otherwise named together with where to get it.

mod readers;

use std::path::Path;

use anyhow::{Result, bail};

use crate::command::{Command, say};
use crate::golang::{Go, OLDEST, Version};

/// The tools, all of them there.
#[derive(Debug)]
pub(crate) struct Tools {
    pub(crate) go: Go,
}

/// Finds every tool, installs what is missing, and fails if something still is.
pub(crate) fn install_missing() -> Result<Tools> {
    let go = match Go::find() {
        Some(go) => go,
        None => install_go()?,
    };
    say(&format!("go {} at {}", go.version, go.program.display()));
    for (program, package) in PACKAGED {
        packaged(program, package)?;
    }
    benchstat(&go)?;
    delve(&go)?;
    actionlint(&go)?;
    readers::install_missing()?;
    Ok(Tools { go })
}

/// Programs of the machine's own packages, and the packages that have each with all that it needs.
const PACKAGED: [(&str, &str); 10] = [
    ("qemu-aarch64", "qemu-user"),
    ("qemu-riscv64", "qemu-user"),
    ("chromium", "chromium"),
    ("node", "nodejs"),
    ("npm", "npm"),
    ("python3", "python3-venv"),
    ("gcc", "gcc"),
    ("objcopy", "binutils"),
    ("aarch64-linux-gnu-gcc", "gcc-aarch64-linux-gnu libc6-dev-arm64-cross"),
    ("addr2line", "binutils"),
];

fn packaged(program: &str, package: &str) -> Result<()> {
    let is_there = || Command::new(program).arg("--version").succeeds();
    if !is_there() && Path::new("/usr/bin/apt-get").exists() {
        Command::new("apt-get")
            .args(["install", "--yes", "--quiet=2", "--no-install-recommends"])
            .args(package.split(' '))
            .env("DEBIAN_FRONTEND", "noninteractive")
            .run()?;
    }
    if !is_there() {
        bail!("no `{program}` found\nhint: it is in Debian's `{package}`; put it on PATH");
    }
    Ok(())
}

/// Debugs programs of Go 1.26 and 1.27; the packages of Debian have one that does not.
const DELVE: &str = "github.com/go-delve/delve/cmd/dlv@v1.27.2";

fn delve(go: &Go) -> Result<()> {
    let path = Command::new(go.program.as_os_str()).args(["env", "GOPATH"]).read()?;
    if Path::new(path.trim()).join("bin/dlv").is_file() || Command::new("dlv").arg("version").succeeds() {
        return Ok(());
    }
    Command::new(go.program.as_os_str()).args(["install", DELVE]).run()
}

/// Reads what `harness build --export benchstat=FILE` writes; this version does.
const BENCHSTAT: &str = "golang.org/x/perf/cmd/benchstat@v0.0.0-20260908200009-22c9c6c9d4da";

fn benchstat(go: &Go) -> Result<()> {
    let path = Command::new(go.program.as_os_str()).args(["env", "GOPATH"]).read()?;
    let installed = Path::new(path.trim()).join("bin/benchstat");
    if installed.is_file() || Command::new("benchstat").arg("-h").succeeds() {
        return Ok(());
    }
    Command::new(go.program.as_os_str()).args(["install", BENCHSTAT]).run()
}

/// Checks `ci/github.yml` and the inputs of `action.yml`.
const ACTIONLINT: &str = "github.com/rhysd/actionlint/cmd/actionlint@v1.7.12";

fn actionlint(go: &Go) -> Result<()> {
    let path = Command::new(go.program.as_os_str()).args(["env", "GOPATH"]).read()?;
    let installed = Path::new(path.trim()).join("bin/actionlint");
    if installed.is_file() || Command::new("actionlint").arg("-version").succeeds() {
        return Ok(());
    }
    Command::new(go.program.as_os_str()).args(["install", ACTIONLINT]).run()
}

fn install_go() -> Result<Go> {
    let hint = format!(
        "hint: install Go {OLDEST} or newer (https://go.dev/doc/install) and put its `bin` directory on PATH"
    );
    if !Path::new("/usr/bin/apt-get").exists() {
        bail!("no Go {OLDEST} or newer found\n{hint}");
    }
    Command::new("apt-get").args(["update", "--quiet=2"]).run()?;
    let offered =
        Command::new("apt-cache").args(["search", "--names-only", r"^golang-1\.[0-9]+-go$"]).read()?;
    let Some(package) = newest_package(&offered) else {
        bail!("no Go {OLDEST} or newer found, and no package of this system has it\n{hint}");
    };
    Command::new("apt-get")
        .args(["install", "--yes", "--no-install-recommends", package.as_str()])
        .env("DEBIAN_FRONTEND", "noninteractive")
        .run()?;
    match Go::find() {
        Some(go) => Ok(go),
        None => bail!("`{package}` is installed, but no Go {OLDEST} or newer is found\n{hint}"),
    }
}

/// The newest package that is new enough in `apt-cache search` lines (`golang-1.24-go - Go …`).
fn newest_package(offered: &str) -> Option<String> {
    offered
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .filter_map(|package| {
            let version = package.strip_prefix("golang-")?.strip_suffix("-go")?;
            Some((Version::parse(version)?, package))
        })
        .filter(|(version, _)| *version >= OLDEST)
        .max()
        .map(|(_, package)| package.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_package_is_chosen_by_number_not_by_spelling() {
        let offered = "golang-1.9-go - Go\ngolang-1.23-go - Go\ngolang-1.100-go - Go\ngolang-1.24-go - Go\n";
        assert_eq!(newest_package(offered).as_deref(), Some("golang-1.100-go"));
    }

    #[test]
    fn packages_that_are_too_old_are_not_chosen() {
        assert_eq!(newest_package("golang-1.19-go - Go programming language compiler\n"), None);
        assert_eq!(newest_package(""), None);
    }
}
