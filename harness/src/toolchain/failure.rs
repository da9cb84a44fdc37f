//! A failed go command, with what to do about it, from what it printed.

use camino::Utf8PathBuf;

use super::built::BuildFailure;
use super::error::BuildError;

/// Text that Go prints, and what helps. The first match counts; texts are of Go 1.23 to 1.27.
const HINTS: &[(&str, &str)] = &[
    (
        "go.mod file not found",
        "set `module` in `[workload]` to the directory of the go.mod, or run `go mod init` there",
    ),
    ("cannot find main module", "set `module` in `[workload]` to the directory of the go.mod"),
    (
        "(running go",
        "the module asks for a newer Go: set `toolchain` in `[build]`, or GOTOOLCHAIN=auto in the environment",
    ),
    (
        "toolchain not available",
        "the go command could not fetch that release: check its name and the network, or install it and name it in HARNESS_GO",
    ),
    ("unsupported GOOS/GOARCH pair", "`go tool dist list` prints the pairs that exist"),
    ("C compiler", "install gcc (`apt-get install gcc libc6-dev`), or set `cgo = false` in `[build]`"),
    ("-race requires cgo", "set `cgo = true` in `[build]`, and install gcc if there is none"),
    ("-race is only supported on", "drop `race`, or choose a `goos` and `goarch` that have a race detector"),
    ("inconsistent vendoring", "run `go mod vendor` in the module, or set `mod = \"mod\"` in `[build]`"),
    (
        "cannot query module due to -mod=vendor",
        "run `go mod vendor` in the module, or set `mod = \"mod\"` in `[build]`",
    ),
    ("missing go.sum entry", "run `go mod tidy` in the module"),
    ("updates to go.mod needed", "run `go mod tidy` in the module"),
    (
        "module lookup disabled by GOPROXY=off",
        "GOPROXY is off and a module is not in the cache: run `go mod download` where there is a network",
    ),
    (
        "no such host",
        "the go command has no network: run `go mod download` where there is one, or set GOPROXY",
    ),
    ("i/o timeout", "the go command could not reach the module proxy: check the network or GOPROXY"),
    ("connection refused", "the go command could not reach the module proxy: check the network or GOPROXY"),
    ("is not in std", "a package of that name is in no module: check the import path, or run `go mod tidy`"),
    ("no required module provides package", "run `go mod tidy` in the module, or `go get` the package"),
    ("build constraints exclude all Go files", "check `tags`, `goos` and `goarch` in `[build]`"),
    ("unknown GOEXPERIMENT", "check `experiment` in `[build]`: experiments differ from release to release"),
    ("error obtaining VCS status", "set `buildvcs = false` in `[build]`"),
    (
        "parsing $GOFLAGS",
        "`go env GOFLAGS` shows the setting; correct it with `go env -w` or in the environment",
    ),
    ("directory not found", "check `package` in `[workload]`: it is relative to `module`"),
    ("no Go files in", "check `package` in `[workload]`: it is relative to `module`"),
    (
        "cannot find -lc",
        "a static link needs the C library's archive (`apt-get install libc6-dev`), or set `cgo = false`",
    ),
];

/// What helps against `output`, when that is known.
pub(super) fn hint(output: &str) -> Option<String> {
    HINTS.iter().find(|(text, _)| output.contains(text)).map(|(_, hint)| (*hint).to_owned())
}

/// A failed go command, with what helps.
pub(super) fn failed(command: Vec<String>, output: &str) -> BuildError {
    let hint = hint(output);
    BuildError::Failed(Box::new(BuildFailure { command, output: output.to_owned(), hint }))
}

/// The plain build of the same sources passed, so the user's program is not at fault.
pub(super) fn blame_overlay(error: BuildError) -> BuildError {
    let BuildError::Failed(mut failure) = error else { return error };
    let hint = if failure.output.contains("# harnessprobe") {
        "the probe does not compile with this Go release: choose another one with `toolchain` in `[build]`"
    } else {
        "the build without the probe passed: run this command again to look at it, the overlay stays where it is"
    };
    failure.hint = Some(hint.to_owned());
    BuildError::Failed(failure)
}

/// A program that was built with the overlay and has not got what is in it.
pub(super) fn no_probe(binary: Utf8PathBuf) -> BuildError {
    let hint =
        "the go command left the overlay out; `go env GOFLAGS` may have an `-overlay` of its own".to_owned();
    BuildError::NoProbe { binary, hint }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hint_follows_gos_own_words() {
        let output = "go: cmd/go: unsupported GOOS/GOARCH pair linux/mips3";
        assert_eq!(hint(output).as_deref(), Some("`go tool dist list` prints the pairs that exist"));
        assert_eq!(hint("./main.go:3:2: undefined: x"), None);
    }
}
