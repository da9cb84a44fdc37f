//! Why what grows is on the heap at all, as the compiler said when it built the program.
//!
//! Input: the drafts, and the compiler's words by line. Output: a note for each draft of which the allocation line is
//! one that the compiler has something to say about. It changes no confidence.

use super::case::Case;
use super::draft::Draft;
use crate::model::{Escape, Evidence, Frame, LeakKind, package_of};

/// Values of one line that are named; a line rarely makes more.
const MOST: usize = 3;

/// Adds the notes.
pub(super) fn add(case: &Case<'_>, drafts: &mut [Draft]) {
    for draft in drafts.iter_mut().filter(|draft| draft.kind == LeakKind::Heap) {
        let Some(site) = draft.main_site() else { continue };
        // The line that allocates, which need not be the one it is laid at. On a caller's line other values escape.
        let said = site.stack.first().and_then(|frame| words(case.build.escapes, frame));
        draft.further.extend(said.map(|text| Evidence::Note { text }));
    }
}

/// What is said about the line of a frame.
fn words(escapes: &[Escape], frame: &Frame) -> Option<String> {
    let package = package_of(&frame.function);
    let file = frame.file.rsplit(['/', '\\']).next().unwrap_or(&frame.file);
    let here =
        |escape: &&Escape| escape.line == frame.line && escape.file == file && escape.package == package;
    let mut said: Vec<String> = escapes.iter().filter(here).map(|escape| one(escape, file)).collect();
    said.dedup(); // the same, of two places of the line
    said.truncate(MOST);
    (!said.is_empty()).then(|| format!("the compiler, of {file}:{}: {}", frame.line, said.join("; ")))
}

/// `&entry{...} escapes to heap: flows to c.entries[q.ID] = e (assign) at cache.go:47`
fn one(escape: &Escape, file: &str) -> String {
    let line = escape.flow_line.filter(|line| *line != escape.line);
    let line = line.map_or_else(String::new, |line| format!(" at {file}:{line}"));
    let flow = escape.flow.as_ref().map_or_else(String::new, |flow| format!(": flows to {flow}{line}"));
    format!("{}{flow}", escape.what)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn escape(package: &str, line: u32) -> Escape {
        Escape {
            package: package.to_owned(),
            file: "cache.go".to_owned(),
            line,
            what: "&entry{...} escapes to heap".to_owned(),
            column: 0,
            flow: Some("c.entries[k] = e (assign)".to_owned()),
            flow_line: Some(47),
        }
    }

    #[test]
    fn the_compilers_words_are_those_of_the_same_package_file_and_line() {
        let escapes = [escape("example.com/m/other", 44), escape("example.com/m/cache", 44)];
        let frame = |line| Frame {
            function: "example.com/m/cache.(*Cache).Put".into(),
            file: "example.com/m/cache/cache.go".into(),
            line,
        };
        assert_eq!(
            words(&escapes, &frame(44)).as_deref(),
            Some(
                "the compiler, of cache.go:44: &entry{...} escapes to heap: flows to c.entries[k] = e (assign) at cache.go:47"
            )
        );
        assert_eq!(words(&escapes, &frame(45)), None);
    }
}
