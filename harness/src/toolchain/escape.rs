//! Why the compiler puts values of the main module on the heap.
//!
//! Input: how the user's binary was built. Output: [`Escape`]s. The module's packages are compiled once more, for their
//! diagnostics alone (`-json=0,file://DIR`: one file per source file, a JSON value a line; Go 1.14-1.27), which is
//! kept beside the binary that it is of, by that binary's hash: as long as that stays the same, nothing is compiled. What
//! cannot be had is a note, never an error.

use std::fs;
use std::io::{BufRead, BufReader, Read};

use camino::{Utf8Path, Utf8PathBuf};
use serde::Deserialize;

use super::build::BUILD_SECONDS;
use super::error::BuildError;
use super::flags;
use super::go::{Go, finish};
use super::process::Interrupt;
use crate::model::Escape;
use crate::scenario::BuildSpec;

/// More than anybody's module has where it matters.
const MAX_ESCAPES: usize = 20_000;
/// Bytes of one diagnostics file that are read.
const MAX_FILE: u64 = 64 << 20;
/// How deep below the directory of diagnostics files are looked for.
const MAX_DEPTH: u32 = 4;

/// What is asked.
pub(super) struct Question<'a> {
    pub(super) go: &'a Go,
    pub(super) spec: &'a BuildSpec,
    /// Path of the main module.
    pub(super) module: &'a str,
    /// The package that is built, and where.
    pub(super) package: &'a str,
    pub(super) dir: &'a Utf8Path,
    /// Hash of the binary.
    pub(super) hash: &'a str,
    /// Where answers are kept.
    pub(super) out: &'a Utf8Path,
    pub(super) interrupt: &'a Interrupt,
}

/// What escapes, or why that is not known.
///
/// # Errors
/// When the user interrupts.
pub(super) fn collect(question: &Question<'_>) -> Result<Result<Vec<Escape>, String>, BuildError> {
    let kept = question.out.join(format!("escape-{}.json", question.hash.get(..16).unwrap_or(question.hash)));
    if let Some(escapes) = fs::read(&kept).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()) {
        return Ok(Ok(escapes));
    }
    let answer = match compile(question) {
        Err(BuildError::Interrupted) => return Err(BuildError::Interrupted),
        Err(error) => Err(error.to_string()),
        Ok(answer) => answer,
    };
    if let Ok(escapes) = &answer {
        // Without it, it is asked again the next time.
        let _ = serde_json::to_vec(escapes).map(|json| fs::write(&kept, json));
    }
    Ok(answer)
}

fn compile(question: &Question<'_>) -> Result<Result<Vec<Escape>, String>, BuildError> {
    if question.module.is_empty() {
        return Ok(Err("the program is in no module".to_owned()));
    }
    let directory = tempfile::tempdir().map_err(BuildError::file("create", Utf8Path::new("a directory")))?;
    let Some(target) = directory.path().to_str().filter(|path| is_plain(path)) else {
        return Ok(Err(
            "the directory for temporary files has a name that the compiler cannot take".to_owned()
        ));
    };
    let mut words = vec!["list".to_owned(), "-export".to_owned(), "-deps".to_owned(), "-f=".to_owned()];
    words.extend(flags::escape_words(question.spec, question.module, target)?);
    words.push(question.package.to_owned());
    let command = question.go.command(words, question.dir);
    let done = finish(&command, BUILD_SECONDS, question.interrupt)?;
    if !done.ok() {
        let said = done.stderr.text();
        return Ok(Err(said.lines().next().unwrap_or("the go command failed").to_owned()));
    }
    let mut files = Vec::new();
    find(Utf8Path::new(target), MAX_DEPTH, &mut files);
    // A directory has its files in any order; which are the first must not depend on it.
    files.sort();
    let mut escapes: Vec<Escape> = files.iter().flat_map(|file| read(file)).take(MAX_ESCAPES).collect();
    escapes.sort();
    escapes.dedup();
    Ok(Ok(escapes))
}

/// It needs no quotes, neither in a URL nor in a list of flags.
fn is_plain(path: &str) -> bool {
    path.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c))
}

/// Files of diagnostics. Those of generated code have no line that anybody wrote.
fn find(dir: &Utf8Path, depth: u32, files: &mut Vec<Utf8PathBuf>) {
    let Ok(entries) = dir.read_dir_utf8() else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        match path.is_dir() {
            true if depth > 0 => find(path, depth - 1, files),
            false if path.extension() == Some("json") => files.push(path.to_owned()),
            _ => {}
        }
    }
}

fn read(file: &Utf8Path) -> Vec<Escape> {
    fs::File::open(file).map_or_else(|_| Vec::new(), |file| parse(BufReader::new(file.take(MAX_FILE))))
}

/// The first line of a file.
#[derive(Deserialize)]
struct Header {
    package: String,
    file: String,
}

/// A diagnostic, as language servers have it.
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

/// The codes of what this is about.
const CODES: [&str; 2] = ["escape", "escapes"];
/// What begins a step of an explanation.
const STEP: &str = "escflow:      from ";

fn parse(lines: impl BufRead) -> Vec<Escape> {
    let mut lines = lines.lines().map_while(Result::ok);
    let header = lines.next().and_then(|line| serde_json::from_str::<Header>(&line).ok());
    let Some(header) = header.filter(|header| !header.file.starts_with('<')) else { return Vec::new() };
    let file = header.file.rsplit(['/', '\\']).next().unwrap_or_default();
    let diagnostics = lines.filter_map(|line| serde_json::from_str::<Diagnostic>(&line).ok());
    let wanted = diagnostics
        .filter(|diagnostic| CODES.contains(&diagnostic.code.as_str()) && !diagnostic.message.is_empty());
    wanted.map(|diagnostic| escape(&header.package, file, diagnostic)).collect()
}

fn escape(package: &str, file: &str, diagnostic: Diagnostic) -> Escape {
    let steps = diagnostic.related_information.iter().rev();
    let last = steps.filter_map(|step| Some((step.message.strip_prefix(STEP)?, step))).next();
    // That a value is stored where it is made needs no saying.
    let last = last.filter(|(text, _)| !text.ends_with("(spill)"));
    Escape {
        package: package.to_owned(),
        file: file.to_owned(),
        line: diagnostic.range.start.line,
        what: diagnostic.message,
        flow: last.map(|(text, _)| text.to_owned()),
        flow_line: last.map(|(_, step)| step.location.range.start.line),
    }
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

    #[test]
    fn an_escape_says_what_and_where_it_flows_to_in_the_end() {
        let steps = [
            ("escflow:    flow: e ← &{storage for &entry{...}}:", 44),
            ("escflow:      from &entry{...} (spill)", 44),
            ("escflow:    flow: {heap} ← e:", 47),
            ("escflow:      from c.entries[q.ID] = e (assign)", 47),
        ];
        let lines = [
            HEADER.to_owned(),
            diagnostic("escape", "&entry{...} escapes to heap", &steps),
            diagnostic("escape", "", &[]),
            diagnostic("canInlineFunction", "cost: 7", &[]),
            diagnostic("escapes", "x escapes to heap", &steps[..2]),
            "no JSON".to_owned(),
        ];
        let found = parse(lines.join("\n").as_bytes());
        let [entry, x] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((&*entry.package, &*entry.file, entry.line), ("example.com/m/cache", "cache.go", 44));
        assert_eq!(entry.what, "&entry{...} escapes to heap");
        assert_eq!(
            (entry.flow.as_deref(), entry.flow_line),
            (Some("c.entries[q.ID] = e (assign)"), Some(47))
        );
        assert_eq!((&*x.what, &x.flow), ("x escapes to heap", &None));
    }

    #[test]
    fn generated_code_and_files_that_are_none_have_no_escapes() {
        let generated = HEADER.replace("/src/m/cache/cache.go", "\\u003cautogenerated\\u003e");
        let line = diagnostic("escape", "x escapes to heap", &[]);
        for text in [format!("{generated}\n{line}"), line, String::new(), HEADER[..40].to_owned()] {
            assert_eq!(parse(text.as_bytes()), [], "{text}");
        }
    }

    #[test]
    fn names_that_need_quotes_are_not_given_to_the_compiler() {
        assert!(is_plain("/tmp/.tmpAb_1-2") && !is_plain("/tmp/a b") && !is_plain("/tmp/a%20b"));
    }
}
