//! What the strict reading of a trace comes to.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::format::Problem;
use crate::format::exectrace::Version;
use crate::model::Nanoseconds;
use crate::report::Look;
use crate::report::terminal::text;

/// What a sound trace has been found to be.
const CHECKED: &str = "checked: headers and batches; string, stack and type tables; every event's arguments and \
                       references; the order of threads, processors and goroutines; stops, cycles, sweeps and tasks";

/// The outcome of `harness inspect trace --validate`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Validation {
    /// The trace, as the user named it.
    pub file: String,
    /// Version of the format (`1.26`).
    pub format: String,
    /// Nothing is wrong.
    pub sound: bool,
    /// Events read.
    pub events: u64,
    /// Generations read.
    pub generations: u64,
    /// From the first event to the last.
    pub duration: Nanoseconds,
    /// What could not be read, in the order it was met.
    pub problems: Vec<Problem>,
    /// Further problems, which are only counted.
    pub unlisted_problems: u64,
}

impl Validation {
    /// From what was counted (events, generations) and met (problems, and how many more).
    #[must_use]
    pub fn new(
        file: &str,
        version: Version,
        (events, generations): (u64, u64),
        duration: Nanoseconds,
        (problems, unlisted_problems): (Vec<Problem>, u64),
    ) -> Self {
        let format = format!("1.{}", version.minor());
        let sound = problems.is_empty();
        Self {
            file: file.to_owned(),
            format,
            sound,
            events,
            generations,
            duration,
            problems,
            unlisted_problems,
        }
    }

    /// Nothing is wrong.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.sound
    }

    /// As JSON, with a newline at its end.
    ///
    /// # Errors
    /// Only if a value has no JSON form, which would be a bug.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        crate::report::json::document(self)
    }

    /// For people: the verdict, then a line per problem.
    #[must_use]
    pub fn to_terminal(&self, look: &Look) -> String {
        let n = (self.problems.len() as u64).saturating_add(self.unlisted_problems);
        let (color, word) = match n {
            0 => (AnsiColor::Green, "sound".to_owned()),
            1 => (AnsiColor::Red, "1 problem".to_owned()),
            _ => (AnsiColor::Red, format!("{n} problems")),
        };
        let word = look.paint(Style::new().bold().fg_color(Some(color.into())), &word);
        let mut out = String::new();
        let (events, generations) = (text::count(self.events), text::counted(self.generations, "generation"));
        let _ = writeln!(
            out,
            "{}: {word}; format of go {}, {events} events in {generations}, {}",
            text::clean(&self.file),
            self.format,
            text::span(self.duration),
        );
        for problem in &self.problems {
            let Problem { offset, structure, expected, found, .. } = problem;
            let line = format!("{offset:#x}  {structure}: expected {expected}, found {found}");
            let _ = writeln!(out, "  {}", text::clean(&line));
        }
        if self.unlisted_problems > 0 {
            let _ = writeln!(out, "  … {} more", text::count(self.unlisted_problems));
        }
        if self.sound {
            for line in text::wrap(CHECKED, usize::from(look.width).saturating_sub(2)) {
                let _ = writeln!(out, "  {line}");
            }
        }
        out
    }
}
