//! The user's program once more, built with `-asan`: LeakSanitizer then looks for lost memory of C when it ends.
//!
//! Input: a job whose plain build passed. Output: a binary, or why there is none, in words with what helps. What the
//! toolchain cannot do is never an error of the run.
//!
//! Go has it look by itself when `main` returns or the program exits with code 0, from Go 1.25 on (`lsandoleakcheck` in
//! `runtime/proc.go`), if it called C at all.

use camino::Utf8PathBuf;

use super::error::BuildError;
use super::flags::list_words;
use super::go::{Go, finish};
use super::job::BUILD_SECONDS;
use super::process::Interrupt;
use super::symbols;
use crate::scenario::{BuildSpec, DebugInfo, Workload};

/// The first release that looks for leaks.
const OLDEST: u32 = 25;
/// What is built to look for leaks of C.
pub(super) type Sanitized = Result<Utf8PathBuf, String>;

/// Words that a compiler or linker says without the library, or without itself, and what helps.
const HINTS: [(&str, &str); 4] = [
    ("C compiler", "install gcc, or name a compiler with `CC`"),
    ("could not be parsed", "install gcc 7 or clang 9 or newer, or name it with `CC`"),
    ("asan", "install the compiler's address sanitizer library (`libasan` for gcc, `compiler-rt` for clang)"),
    (
        "sanitizer",
        "install the compiler's address sanitizer library (`libasan` for gcc, `compiler-rt` for clang)",
    ),
];

/// The build keys with which stacks get their lines.
pub(super) fn keys(spec: &BuildSpec) -> BuildSpec {
    let ldflags = symbols::without_stripping(&spec.ldflags);
    BuildSpec { ldflags, debug: DebugInfo::Full, ..spec.clone() }
}

/// Why it need not be tried.
///
/// # Errors
/// When the user interrupts.
pub(super) fn refusal(
    go: &Go,
    spec: &BuildSpec,
    workload: &Workload,
    interrupt: &Interrupt,
) -> Result<Option<String>, BuildError> {
    if go.release.minor < OLDEST {
        let version = &go.info.version;
        return Ok(Some(format!(
            "{version} does not look for leaks: build with Go 1.{OLDEST} or newer (`toolchain` in `[build]`)"
        )));
    }
    if go.setting("CGO_ENABLED") == "0" {
        return Ok(Some(
            "cgo is off, so there is no memory of C: `cgo = true` in `[build]` turns it on".to_owned(),
        ));
    }
    let users = users_of_c(go, spec, workload, interrupt)?;
    let none =
        "no package of the program uses cgo (the standard library's aside), so there is no memory of C";
    Ok(users.is_some_and(|users| users.is_empty()).then(|| none.to_owned()))
}

/// Packages beside the standard library's that have C in them; `None` if the go command does not tell.
fn users_of_c(
    go: &Go,
    spec: &BuildSpec,
    workload: &Workload,
    interrupt: &Interrupt,
) -> Result<Option<Vec<String>>, BuildError> {
    let template = "-f={{if and .CgoFiles (not .Standard)}}{{.ImportPath}}{{end}}";
    let mut words: Vec<String> = ["list", "-deps", template].map(str::to_owned).to_vec();
    words.extend(list_words(spec));
    words.extend(["--".to_owned(), workload.package.clone()]);
    match finish(&go.command(words, &workload.module), BUILD_SECONDS, interrupt) {
        Err(BuildError::Interrupted) => Err(BuildError::Interrupted),
        Ok(done) if done.ok() => Ok(Some(done.stdout.text().split_whitespace().map(str::to_owned).collect())),
        _ => Ok(None),
    }
}

/// The compiler's or linker's words for a failed build, and what helps.
pub(super) fn failure(output: &str) -> String {
    let said = output.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'));
    let said = said.unwrap_or("the go command failed without a word").trim_end_matches('.');
    let hint = HINTS.iter().find(|(words, _)| output.contains(words));
    let hint = hint.map_or_else(String::new, |(_, hint)| format!("; {hint}"));
    format!("`go build -asan` says: {said}{hint}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_build_is_told_in_the_compilers_words_with_what_helps() {
        for (output, said, helps) in [
            (
                "# runtime/cgo\ncgo: C compiler \"gcc\" not found: exec: \"gcc\": executable file not found in $PATH\n",
                "cgo: C compiler \"gcc\" not found",
                "install gcc, or",
            ),
            ("-asan: the version of $(go env CC) could not be parsed\n", "-asan: the version", "gcc 7"),
            (
                "# m\n/usr/bin/ld: cannot find libasan_preinit.o: No such file\n",
                "/usr/bin/ld: cannot find",
                "libasan",
            ),
            ("-asan is not supported on linux/386\n", "-asan is not supported on linux/386", ""),
        ] {
            let words = failure(output);
            assert!(words.starts_with(&format!("`go build -asan` says: {said}")), "{words}");
            assert!(words.contains(helps), "{words}");
        }
    }

    #[test]
    fn its_build_has_debug_information_whatever_the_users_has() {
        let spec = BuildSpec {
            ldflags: ["-s", "-w", "-X", "m.v=1"].map(str::to_owned).to_vec(),
            debug: DebugInfo::Stripped,
            ..BuildSpec::default()
        };
        let keys = keys(&spec);
        assert_eq!((keys.ldflags, keys.debug), (vec!["-X".to_owned(), "m.v=1".to_owned()], DebugInfo::Full));
    }
}
