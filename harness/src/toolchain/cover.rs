//! The user's program once more, built with `-cover -covermode=atomic` and with the probe: what it runs of its code is counted.
//!
//! Input: a job whose plain build passed. Output: a binary, or why there is none, in words. Only packages of the main module (of all
//! modules of a workspace) are instrumented, which is what the go command does by itself, so only those are compiled again.
//!
//! `go build -cover` reads files from the disk, whatever an overlay says (Go 1.20-1.27). So its tool for that is called by way of
//! our helper (`-toolexec`, `go/instrument/cover.go`), which gives it the user's own text and puts the probe in afterwards.

use camino::Utf8Path;

use super::error::BuildError;
use super::flags;
use super::inputs;
use super::sources::{self, INSTRUMENT};
use crate::scenario::{BuildSpec, CheckpointSpec, DebugInfo};

/// What is built to count.
pub(super) type CoveredBuild = Result<camino::Utf8PathBuf, String>;

/// The words for code to be counted. With a test binary they are all: package testing saves the counters when all tests have run
/// once, and without the probe there are no checkpoints.
pub(super) const MODE: [&str; 2] = ["-cover", "-covermode=atomic"];

/// The build keys of it: those of the variant, with all in one file.
pub(super) fn keys(spec: &BuildSpec) -> BuildSpec {
    let debug = if spec.debug == DebugInfo::Split { DebugInfo::Full } else { spec.debug };
    BuildSpec { debug, ..spec.clone() }
}

/// The words that make the difference.
///
/// # Errors
/// When a path cannot be handed to the go command.
pub(super) fn words(
    helper: &Utf8Path,
    overlay: &Utf8Path,
    checkpoint: &CheckpointSpec,
) -> Result<Vec<String>, BuildError> {
    let func = match checkpoint {
        CheckpointSpec::Call { func, .. } => func.as_str(),
        _ => "",
    };
    // What the go command keeps of the tool's output it keeps under the tool's version and this.
    let id = inputs::digest(format!("{} {func}", sources::key(INSTRUMENT)).as_bytes());
    let wrapper = [
        helper.to_string(),
        "cover".to_owned(),
        format!("-overlay={overlay}"),
        format!("-func={func}"),
        format!("-id={id}"),
    ];
    let wrapper = flags::joined(&wrapper)?.unwrap_or_default();
    let more = [format!("-overlay={overlay}"), format!("-toolexec={wrapper}")];
    Ok(MODE.map(str::to_owned).into_iter().chain(more).collect())
}

/// The go command's words for a failed build.
pub(super) fn failure(output: &str) -> String {
    let said = output.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'));
    let said = said.unwrap_or("the go command failed without a word").trim_end_matches('.');
    format!("`go build -cover` says: {said}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tool_is_called_through_the_helper_whatever_its_path_has_in_it() {
        let call = CheckpointSpec::Call { func: "main.handle".to_owned(), every: 10 };
        let said = words("/a cache/instrument".into(), "/o.json".into(), &call).expect("words");
        assert_eq!(said[..3], ["-cover", "-covermode=atomic", "-overlay=/o.json"]);
        let expected = "-toolexec='/a cache/instrument' cover -overlay=/o.json -func=main.handle -id=";
        assert!(said[3].starts_with(expected), "{said:?}");
    }

    #[test]
    fn another_checkpoint_function_makes_another_tool_of_it() {
        let id = |func: &str| {
            let call = CheckpointSpec::Call { func: func.to_owned(), every: 10 };
            let said = words("/i".into(), "/o".into(), &call).expect("words");
            said[3].rsplit_once('=').map(|(_, id)| id.to_owned())
        };
        assert_ne!(id("main.a"), id("main.b"));
        assert_eq!(id("main.a"), id("main.a"));
    }

    #[test]
    fn a_failed_build_is_told_in_the_go_commands_words() {
        let words = failure("# example.com/m\n./main.go:3:1: undefined: x\n");
        assert_eq!(words, "`go build -cover` says: ./main.go:3:1: undefined: x");
        assert_eq!(failure(""), "`go build -cover` says: the go command failed without a word");
    }
}
