//! Diagnostics of one source file, as language servers have them (`cmd/compile/internal/logopt`).
//!
//! Input: the bytes of one file of diagnostics. Output: [`FileDecisions`]. A position is the outermost one: what stands in the body
//! of a function that was inlined is told at the call.

use serde::Deserialize;

/// What was decided in one source file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileDecisions {
    /// Import path of the package; `main` for a program.
    pub package: String,
    /// As the compiler names it: an absolute path, with `-trimpath` one that begins with the module's path.
    pub file: String,
    /// In the order of the file.
    pub decisions: Vec<Decision>,
}

/// A decision.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Decision {
    /// From 1.
    pub line: u32,
    /// Bytes from the start of the line, from 1.
    pub column: u32,
    /// Which.
    pub verdict: Verdict,
}

/// What was decided.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// The function that is declared here may be inlined.
    CanInline {
        /// Nodes of its body, weighted.
        cost: Option<u32>,
    },
    /// It may not.
    CannotInline {
        /// `function too complex: cost 84 exceeds budget 80`, `unhandled op DEFER`
        reason: String,
    },
    /// A value is made on the heap.
    Escapes {
        /// `&entry{...} escapes to heap`
        what: String,
        /// The last step of where it flows to, and the line of that; `None` where that says nothing new.
        flow: Option<(String, u32)>,
    },
    /// An index is checked when the program runs.
    IndexCheck,
    /// Bounds of a slice expression are checked when the program runs.
    SliceCheck,
    /// A pointer is checked by an instruction of its own.
    NilCheck,
}

/// The first line of a file.
#[derive(Deserialize)]
struct Header {
    package: String,
    file: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Diagnostic {
    range: Range,
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    related_information: Vec<Related>,
}

#[derive(Deserialize)]
struct Range {
    start: Start,
}

#[derive(Deserialize)]
struct Start {
    line: u32,
    #[serde(default)]
    character: u32,
}

#[derive(Deserialize)]
struct Related {
    location: Location,
    message: String,
}

#[derive(Deserialize)]
struct Location {
    range: Range,
}

/// What begins a step of an explanation.
const STEP: &str = "escflow:      from ";

/// Reads one file. Without a header it is none, and generated code has no line that anybody wrote: both have nothing.
#[must_use]
pub fn decisions(data: &[u8]) -> FileDecisions {
    let mut lines = data.split(|byte| *byte == b'\n');
    let header = lines.next().and_then(|line| serde_json::from_slice::<Header>(line).ok());
    let Some(header) = header.filter(|header| !header.file.starts_with('<')) else {
        return FileDecisions::default();
    };
    let diagnostics = lines.filter_map(|line| serde_json::from_slice::<Diagnostic>(line).ok());
    let decisions = diagnostics.filter_map(decision).collect();
    FileDecisions { package: header.package, file: header.file, decisions }
}

fn decision(diagnostic: Diagnostic) -> Option<Decision> {
    let Start { line, character: column } = diagnostic.range.start;
    let verdict = match diagnostic.code.as_str() {
        "canInlineFunction" => Verdict::CanInline {
            cost: diagnostic.message.strip_prefix("cost: ").and_then(|cost| cost.parse().ok()),
        },
        "cannotInlineFunction" => Verdict::CannotInline { reason: diagnostic.message },
        // An empty one repeats what another one says better.
        "escape" | "escapes" if !diagnostic.message.is_empty() => {
            let flow = flow(&diagnostic.related_information);
            Verdict::Escapes { what: diagnostic.message, flow }
        }
        "isInBounds" => Verdict::IndexCheck,
        "isSliceInBounds" => Verdict::SliceCheck,
        "nilcheck" => Verdict::NilCheck,
        _ => return None,
    };
    Some(Decision { line, column, verdict })
}

fn flow(steps: &[Related]) -> Option<(String, u32)> {
    let steps = steps.iter().rev();
    let (text, step) = steps.filter_map(|step| Some((step.message.strip_prefix(STEP)?, step))).next()?;
    // That a value is stored where it is made needs no saying.
    (!text.ends_with("(spill)")).then(|| (text.to_owned(), step.location.range.start.line))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = r#"{"version":0,"package":"example.com/m/cache","goos":"linux","goarch":"amd64","gc_version":"go1.26.8","file":"/src/m/cache/cache.go"}"#;

    /// A diagnostic as Go 1.26.8 wrote it, with the steps of its explanation and their lines.
    fn diagnostic(code: &str, message: &str, steps: &[(&str, u32)]) -> String {
        let range = |line: u32| {
            format!(r#"{{"start":{{"line":{line},"character":7}},"end":{{"line":{line},"character":7}}}}"#)
        };
        let related: Vec<String> = steps
            .iter()
            .map(|(text, line)| {
                let range = range(*line);
                format!(r#"{{"location":{{"uri":"file:///src/m/cache/cache.go","range":{range}}},"message":"{text}"}}"#)
            })
            .collect();
        let (range, related) = (range(44), related.join(","));
        format!(
            r#"{{"range":{range},"severity":3,"code":"{code}","source":"go compiler","message":"{message}","relatedInformation":[{related}]}}"#
        )
    }

    fn verdicts(lines: &[String]) -> Vec<Verdict> {
        let read = decisions(format!("{HEADER}\n{}", lines.join("\n")).as_bytes());
        assert_eq!((&*read.package, &*read.file), ("example.com/m/cache", "/src/m/cache/cache.go"));
        assert!(read.decisions.iter().all(|decision| (decision.line, decision.column) == (44, 7)));
        read.decisions.into_iter().map(|decision| decision.verdict).collect()
    }

    #[test]
    fn an_escape_says_what_and_where_it_flows_to_in_the_end() {
        let steps = [
            ("escflow:    flow: e ← &{storage for &entry{...}}:", 44),
            ("escflow:      from &entry{...} (spill)", 44),
            ("escflow:    flow: {heap} ← e:", 47),
            ("escflow:      from c.entries[q.ID] = e (assign)", 47),
        ];
        let read = verdicts(&[
            diagnostic("escape", "&entry{...} escapes to heap", &steps),
            diagnostic("escape", "", &[]),
            diagnostic("escapes", "x escapes to heap", &steps[..2]),
            "no JSON".to_owned(),
        ]);
        let flow = Some(("c.entries[q.ID] = e (assign)".to_owned(), 47));
        let expected = [
            Verdict::Escapes { what: "&entry{...} escapes to heap".to_owned(), flow },
            Verdict::Escapes { what: "x escapes to heap".to_owned(), flow: None },
        ];
        assert_eq!(read, expected);
    }

    #[test]
    fn decisions_are_told_apart_by_their_codes() {
        let read = verdicts(&[
            diagnostic("canInlineFunction", "cost: 7", &[]),
            diagnostic("cannotInlineFunction", "unhandled op DEFER", &[]),
            diagnostic("isInBounds", "", &[]),
            diagnostic("isSliceInBounds", "", &[]),
            diagnostic("nilcheck", "", &[]),
            diagnostic("copy", "240 bytes", &[]),
            diagnostic("canInlineFunction", "cheap", &[]),
        ]);
        let expected = [
            Verdict::CanInline { cost: Some(7) },
            Verdict::CannotInline { reason: "unhandled op DEFER".to_owned() },
            Verdict::IndexCheck,
            Verdict::SliceCheck,
            Verdict::NilCheck,
            Verdict::CanInline { cost: None },
        ];
        assert_eq!(read, expected);
    }

    #[test]
    fn generated_code_and_files_that_are_none_have_no_decisions() {
        let generated = HEADER.replace("/src/m/cache/cache.go", "\\u003cautogenerated\\u003e");
        let line = diagnostic("escape", "x escapes to heap", &[]);
        for text in [format!("{generated}\n{line}"), line, String::new(), HEADER[..40].to_owned()] {
            assert_eq!(decisions(text.as_bytes()), FileDecisions::default(), "{text}");
        }
    }

    #[test]
    fn what_is_cut_or_changed_anywhere_is_read_without_a_panic() {
        let line = diagnostic("escape", "x escapes to heap", &[("escflow:      from a (assign)", 3)]);
        let whole = format!("{HEADER}\n{line}\n{line}").into_bytes();
        for at in 0..whole.len() {
            assert!(decisions(&whole[..at]).decisions.len() <= 2);
            let mut changed = whole.clone();
            changed[at] ^= 0x20;
            assert!(decisions(&changed).decisions.len() <= 2);
        }
    }
}
