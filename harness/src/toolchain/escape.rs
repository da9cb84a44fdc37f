//! Why the compiler puts values of the main module on the heap.
//!
//! Input: how the user's binary was built. Output: [`Escape`]s. What the compiler says is had by [`compiler`](super::compiler)
//! and kept beside the binary that it is of, by that binary's hash: as long as that stays the same, nothing is compiled.
//! What cannot be had is a note, never an error.

use std::fs;

use camino::Utf8Path;

use super::compiler::{self, Question};
use super::error::BuildError;
use crate::format::compiler::{FileDecisions, Verdict, decisions};
use crate::model::Escape;

/// More than anybody's module has where it matters.
const MAX_ESCAPES: usize = 20_000;

/// What escapes from the binary with the hash `hash`, or why that is not known; answers are kept in `out`.
///
/// # Errors
/// When the user interrupts.
pub(super) fn collect(
    question: &Question<'_>,
    hash: &str,
    out: &Utf8Path,
) -> Result<Result<Vec<Escape>, String>, BuildError> {
    let kept = out.join(format!("escapes-{}.json", hash.get(..16).unwrap_or(hash)));
    if let Some(escapes) = fs::read(&kept).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()) {
        return Ok(Ok(escapes));
    }
    let answer = match compiler::ask(question) {
        Err(BuildError::Interrupted) => return Err(BuildError::Interrupted),
        Err(error) => Err(error.to_string()),
        Ok(answer) => answer.map(|words| escapes(&words.files)),
    };
    if let Ok(escapes) = &answer {
        // Without it, it is asked again the next time.
        let _ = serde_json::to_vec(escapes).map(|json| fs::write(&kept, json));
    }
    Ok(answer)
}

fn escapes(files: &[String]) -> Vec<Escape> {
    let of = |file: &String| of_file(decisions(file.as_bytes()));
    let mut escapes: Vec<Escape> = files.iter().flat_map(of).take(MAX_ESCAPES).collect();
    escapes.sort();
    escapes.dedup();
    escapes
}

fn of_file(file: FileDecisions) -> Vec<Escape> {
    let name = file.file.rsplit(['/', '\\']).next().unwrap_or_default();
    let escapes = file.decisions.into_iter().filter_map(|decision| {
        let Verdict::Escapes { what, flow } = decision.verdict else { return None };
        let (flow, flow_line) = flow.unzip();
        let (package, file) = (file.package.clone(), name.to_owned());
        Some(Escape { package, file, line: decision.line, what, flow, flow_line, column: decision.column })
    });
    escapes.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_escape_has_the_files_last_name_and_is_told_once() {
        let header = r#"{"package":"example.com/m/cache","file":"/src/m/cache/cache.go"}"#;
        let line =
            r#"{"range":{"start":{"line":44,"character":7}},"code":"escape","message":"x escapes to heap"}"#;
        let check = r#"{"range":{"start":{"line":44,"character":7}},"code":"isInBounds","message":""}"#;
        let found = escapes(&[[header, line, check, line].join("\n")]);
        let expected = Escape {
            package: "example.com/m/cache".to_owned(),
            file: "cache.go".to_owned(),
            line: 44,
            what: "x escapes to heap".to_owned(),
            flow: None,
            flow_line: None,
            column: 7,
        };
        assert_eq!(found, [expected]);
    }
}
