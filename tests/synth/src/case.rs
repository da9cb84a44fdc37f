//! A case: a trace in text form under a header that says what readers must make of it.
//!
//! ```text
//! # Why the trace is as it is: the rule.
//! versions 1.23 1.26
//! go accepts                          | go rejects "part of its message"
//! problem @label "part of it"         # ours; where Go rejects, and where ours alone has one
//! differs "why"                       # where ours is meant to say something else than Go
//! events                              # thread, name, first id; status and sync left out
//!   10 GoCreate 7                     # `all events` lists those, too
//!   20 GoStart 7
//! ---
//! generation 1
//! …
//! ```

use crate::text::{Encoded, TextError, encode};

/// One case.
#[derive(Debug, Clone)]
pub struct Case {
    /// Minor versions of Go whose format it is tried in.
    pub versions: Vec<u32>,
    /// What Go's reader says.
    pub go: GoVerdict,
    /// What ours does.
    pub ours: Expected,
    /// Why the two are not the same.
    pub differs: Option<String>,
    body: String,
    body_line: usize,
}

/// Go's verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GoVerdict {
    /// It reads all.
    Accepts,
    /// It stops with an error that says this, among other things.
    Rejects(String),
}

/// What our reader makes of a case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expected {
    /// Label of the place and part of the text of the first problem.
    pub problem: Option<(String, String)>,
    /// The events in short form.
    pub events: Vec<String>,
    /// Whether status and sync events are among them.
    pub all_events: bool,
}

/// What is wrong with a case's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseError {
    /// From 1, in the file of the case.
    pub line: usize,
    /// A fragment of a sentence.
    pub message: String,
}

impl Case {
    /// Reads a case.
    ///
    /// # Errors
    /// Names the first line that makes no sense, or what is missing.
    pub fn parse(text: &str) -> Result<Self, CaseError> {
        let wrong = |line: usize, message: &str| CaseError { line, message: message.to_owned() };
        let (header, body) = text.split_once("\n---\n").ok_or(wrong(1, "no line `---` after the header"))?;
        let mut case = Self {
            versions: Vec::new(),
            go: GoVerdict::Accepts,
            ours: Expected::default(),
            differs: None,
            body: body.to_owned(),
            body_line: header.lines().count() + 1,
        };
        let mut verdict = false;
        for (number, line) in (1..).zip(header.lines()) {
            let told = line.trim();
            verdict |= told.starts_with("go ");
            case.header_line(line, told).map_err(|message| wrong(number, &message))?;
        }
        if case.versions.is_empty() || !verdict || !header.starts_with("# ") {
            return Err(wrong(1, "a header has a comment, `versions` and `go`"));
        }
        case.check().map_err(|message| wrong(1, message))?;
        Ok(case)
    }

    fn header_line(&mut self, line: &str, told: &str) -> Result<(), String> {
        if told.is_empty() || told.starts_with('#') {
            return Ok(());
        }
        if line.starts_with(' ') {
            self.ours.events.push(told.to_owned());
            return Ok(());
        }
        let (key, rest) = told.split_once(' ').unwrap_or((told, ""));
        match (key, rest) {
            ("versions", list) => self.versions = versions(list)?,
            ("go", "accepts") => self.go = GoVerdict::Accepts,
            ("go", rest) => {
                let message = rest.strip_prefix("rejects ").and_then(unquoted);
                self.go = GoVerdict::Rejects(message.ok_or("`go rejects \"…\"` expected")?);
            }
            ("problem", rest) => self.ours.problem = Some(problem(rest)?),
            ("differs", rest) => self.differs = Some(unquoted(rest).ok_or("`differs \"…\"` expected")?),
            ("events", "") => {}
            ("all", "events") => self.ours.all_events = true,
            _ => return Err(format!("no header line `{told}`")),
        }
        Ok(())
    }

    fn check(&self) -> Result<(), &'static str> {
        let rejects = self.go != GoVerdict::Accepts;
        if rejects != self.ours.problem.is_some() && self.differs.is_none() {
            return Err("ours and Go's verdicts are not the same: `differs` says why");
        }
        Ok(())
    }

    /// The file, as Go 1.`minor` would have written it.
    ///
    /// # Errors
    /// Names the first line that makes no sense.
    pub fn encode(&self, minor: u32) -> Result<Encoded, CaseError> {
        encode(&self.body, minor)
            .map_err(|TextError { line, message }| CaseError { line: line + self.body_line, message })
    }
}

fn versions(list: &str) -> Result<Vec<u32>, String> {
    let minor = |word: &str| word.strip_prefix("1.").and_then(|minor| minor.parse().ok());
    list.split_whitespace().map(|word| minor(word).ok_or_else(|| format!("no version `{word}`"))).collect()
}

fn problem(rest: &str) -> Result<(String, String), String> {
    let parts = rest.strip_prefix('@').and_then(|rest| rest.split_once(' '));
    let parts = parts.and_then(|(label, text)| Some((label.to_owned(), unquoted(text)?)));
    parts.ok_or_else(|| "`problem @label \"…\"` expected".to_owned())
}

fn unquoted(text: &str) -> Option<String> {
    Some(text.trim().strip_prefix('"')?.strip_suffix('"')?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# why\nversions 1.22 1.26\ngo rejects \"bad\"\nproblem @x \"found\"\nevents\n  1 A\n---\nthread 1\n bytes 1 @x\n";

    #[test]
    fn a_header_says_versions_verdicts_and_events() {
        let case = Case::parse(TEXT).unwrap();
        assert_eq!(case.versions, [22, 26]);
        assert_eq!(case.go, GoVerdict::Rejects("bad".to_owned()));
        let events = vec!["1 A".to_owned()];
        let problem = Some(("x".to_owned(), "found".to_owned()));
        assert_eq!(case.ours, Expected { problem, events, all_events: false });
        assert_eq!(case.encode(22).unwrap().labels["x"], 21);
    }

    #[test]
    fn verdicts_that_differ_without_a_reason_and_lines_without_sense_are_refused() {
        let refused = |from: &str, to: &str| Case::parse(&TEXT.replace(from, to)).unwrap_err();
        assert!(refused("problem @x \"found\"\n", "").message.contains("`differs`"));
        assert!(refused("go rejects \"bad\"\n", "").message.contains("`go`"));
        assert_eq!(refused("versions", "version").line, 2);
        let wrong_body = Case::parse(&TEXT.replace("bytes 1", "bytes 999")).unwrap();
        assert_eq!(wrong_body.encode(22).unwrap_err().line, 9);
    }
}
