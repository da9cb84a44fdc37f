//! A repeat under the debugger, as a document, for a terminal, and as JSON.

mod listing;
mod part;
mod waits;

use std::fmt::Write;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Look;
use super::terminal::text;
use crate::model::Outcome;
use crate::model::debug::{
    DebugEnd, DebugRecord, Hit, Place, StoppedFrame, StoppedGoroutine, StoppedGroup, Value,
};

pub use listing::{By, Filter, GoroutineList};
pub use part::{DebugPart, Joined, write as write_part};
pub(in crate::report) use waits::text as who_waits;

/// Version of the document.
const DEBUG_FORMAT: u32 = 1;
/// Groups of goroutines that are shown, goroutines of each, and frames of each.
const GROUPS: usize = 6;
const SAMPLES: usize = 1;
const FRAMES: usize = 6;
/// Stops that are shown.
const HITS: usize = 10;

/// The document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DebugReport {
    /// Version of this form.
    pub format: u32,
    /// Version of the harness.
    pub harness: String,
    /// The scenario.
    pub scenario: String,
    /// The variant that was debugged.
    pub variant: String,
    /// How it was built.
    pub command: Vec<String>,
    /// What could not be seen in it.
    pub limits: Vec<String>,
    /// The outcome.
    pub outcome: Outcome,
    /// The process's exit code.
    pub exit_code: u8,
    /// What was seen.
    pub record: DebugRecord,
}

/// The JSON schema of the document.
#[must_use]
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(DebugReport).to_value()
}

impl DebugReport {
    /// From what was seen; `accepted` are the exit codes that mean success.
    #[must_use]
    pub fn new(
        scenario: &str,
        variant: &str,
        build: (Vec<String>, Vec<String>),
        record: DebugRecord,
        accepted: &[i32],
    ) -> Self {
        let is_well = match &record.end {
            DebugEnd::Exited { code } => accepted.iter().any(|good| i64::from(*good) == *code),
            DebugEnd::Stopped => true,
            DebugEnd::Unknown
            | DebugEnd::Crashed { .. }
            | DebugEnd::TimedOut
            | DebugEnd::LoadFailed { .. } => false,
        };
        let outcome = if is_well { Outcome::Pass } else { Outcome::WorkloadFailed };
        let (command, limits) = build;
        Self {
            format: DEBUG_FORMAT,
            harness: env!("CARGO_PKG_VERSION").to_owned(),
            scenario: scenario.to_owned(),
            variant: variant.to_owned(),
            command,
            limits,
            outcome,
            exit_code: outcome.exit_code(),
            record,
        }
    }

    /// For programs, see `harness schema debug`.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub fn to_json(&self) -> serde_json::Result<String> {
        crate::report::json::document(self)
    }

    /// For people.
    #[must_use]
    pub fn to_terminal(&self, look: &Look) -> String {
        let word = look.outcome(self.outcome);
        let mut out = String::new();
        let (scenario, variant) = (text::clean(&self.scenario), text::clean(&self.variant));
        let _ = writeln!(out, "{word} {scenario} {variant}: {}", text::clean(&self.headline()));
        let with = format!("{} under Delve {}", self.record.go, self.record.delve);
        let _ = writeln!(out, "  {}", look.faint(&text::clean(&with)));
        for words in self.limits.iter().chain(&self.record.notes) {
            let _ = writeln!(out, "  note: {}", text::clean(words));
        }
        self.breakpoints(&mut out, look);
        if let DebugEnd::Crashed { message, stack } = &self.record.end {
            let _ = writeln!(out, "\ncrash: {}", text::clean(message));
            places(&mut out, stack, look);
        }
        if let DebugEnd::LoadFailed { detail } = &self.record.end {
            let _ = writeln!(out, "\nits load: {}", text::clean_lines(detail));
        }
        self.goroutines(&mut out, look);
        waits::waits(&mut out, &self.record.waits, look);
        if let Some(core) = &self.record.core {
            let _ = writeln!(out, "\ncore file: {core}\n  dlv core {} {core}", self.record.program);
        }
        out
    }

    /// How it ended, in a line.
    pub(in crate::report) fn headline(&self) -> String {
        let record = &self.record;
        let leaked: u64 = record.goroutines.iter().map(|group| group.leaked).sum();
        let there: u64 = record.goroutines.iter().map(|group| group.count).sum();
        let end = match &record.end {
            DebugEnd::Unknown => "nobody knows how it ended".to_owned(),
            DebugEnd::Exited { code } => format!("exit code {code}"),
            DebugEnd::Crashed { .. } => "it crashed".to_owned(),
            DebugEnd::TimedOut => "it ran into its deadline".to_owned(),
            DebugEnd::Stopped => "stopped, enough was seen".to_owned(),
            DebugEnd::LoadFailed { .. } => "its load failed".to_owned(),
        };
        let stops = text::counted(record.hits.len() as u64, "stop");
        let goroutines = text::counted(there, "goroutine");
        format!("{end}; {stops}; {goroutines} at the end, {} of them leaked", text::count(leaked))
    }

    fn breakpoints(&self, out: &mut String, look: &Look) {
        for (index, breakpoint) in self.record.breakpoints.iter().enumerate() {
            let when = breakpoint.when.as_ref().map(|when| format!(" when {when}")).unwrap_or_default();
            let _ = writeln!(out, "\nbreak {}{}", text::clean(&breakpoint.at), text::clean(&when));
            if let Some(problem) = &breakpoint.problem {
                let _ = writeln!(out, "  not set: {}", text::clean(problem));
                continue;
            }
            let hits: Vec<&Hit> = self.record.hits.iter().filter(|hit| hit.breakpoint == index).collect();
            if hits.is_empty() {
                let _ = writeln!(out, "  never reached");
            }
            let shown = if look.verbose { usize::MAX } else { HITS };
            hits.iter().take(shown).for_each(|hit| self::hit(out, hit, look));
            if hits.len() > shown {
                let _ = writeln!(out, "  {} more: --verbose", hits.len() - shown);
            }
            if breakpoint.spent {
                let _ = writeln!(out, "  taken away after {}", text::counted(hits.len() as u64, "stop"));
            }
        }
    }

    fn goroutines(&self, out: &mut String, look: &Look) {
        let groups = &self.record.goroutines;
        if groups.is_empty() {
            return;
        }
        let _ = writeln!(out, "\ngoroutines at the end");
        let shown = if look.verbose { usize::MAX } else { GROUPS };
        groups.iter().take(shown).for_each(|group| self::group(out, group, look, SAMPLES));
        if groups.len() > shown {
            let _ = writeln!(out, "  {} more places: --verbose", groups.len() - shown);
        }
        if self.record.unseen_goroutines > 0 {
            let _ = writeln!(out, "  and more than were counted");
        }
    }
}

fn hit(out: &mut String, hit: &Hit, look: &Look) {
    if let Some(line) = &hit.text {
        let _ = writeln!(out, "  goroutine {}: {}", hit.goroutine, text::clean(line));
        return;
    }
    let _ = writeln!(out, "  goroutine {} at {}", hit.goroutine, place(&hit.place));
    if let Some(source) = &hit.source {
        let _ = writeln!(out, "    {}", look.faint(&text::clean(source)));
    }
    values(out, &hit.values, 4);
    if look.verbose {
        places(out, &hit.stack, look);
    }
}

fn values(out: &mut String, values: &[Value], indent: usize) {
    for value in values {
        let words = match &value.unreadable {
            Some(why) => format!("{}: ({why})", value.name),
            None => format!("{} = {}", value.name, value.text),
        };
        let _ = writeln!(out, "{:indent$}{}", "", text::clean(&words));
    }
}

/// A group, with so many of its goroutines.
fn group(out: &mut String, group: &StoppedGroup, look: &Look, samples: usize) {
    let _ = writeln!(out, "  {}", group_words(group));
    if let Some(source) = &group.source {
        let _ = writeln!(out, "      {}", look.faint(&text::clean(source)));
    }
    if group.created.line > 0 && !group.created.function.starts_with("runtime.") {
        let _ = writeln!(out, "    started at {}", place(&group.created));
    }
    let shown = if look.verbose { usize::MAX } else { samples };
    for sample in group.samples.iter().take(shown) {
        let _ = writeln!(out, "    {}", sample_words(sample));
        let frames = if look.verbose { usize::MAX } else { FRAMES };
        sample.frames.iter().take(frames).for_each(|frame| self::frame(out, frame));
    }
}

/// `2,000 goroutines, leaked: chan receive at events.(*Subscription).deliver  events.go:48`
pub(in crate::report) fn group_words(group: &StoppedGroup) -> String {
    let what = text::counted(group.count, "goroutine");
    let leaked = match group.leaked {
        0 => String::new(),
        leaked if leaked == group.count => ", leaked".to_owned(),
        leaked => format!(", {} of them leaked", text::count(leaked)),
    };
    let waits = if group.waits.is_empty() { "running" } else { &group.waits };
    format!("{what}{leaked}: {} at {}", text::clean(waits), place(&group.at))
}

/// `goroutine 9 waits on s.events: chan Event, 0 of 1 buffered`
pub(in crate::report) fn sample_words(sample: &StoppedGoroutine) -> String {
    let on = sample.waits_on.as_ref().map(|on| format!(" waits on {on}")).unwrap_or_default();
    format!("goroutine {}{}", sample.id, text::clean(&on))
}

fn frame(out: &mut String, frame: &StoppedFrame) {
    let _ = writeln!(out, "      {}", place(&frame.place));
    values(out, &frame.arguments, 8);
    values(out, &frame.locals, 8);
}

fn places(out: &mut String, stack: &[Place], look: &Look) {
    let shown = if look.verbose { usize::MAX } else { 2 * FRAMES };
    for frame in stack.iter().take(shown) {
        let _ = writeln!(out, "      {}", place(frame));
    }
}

/// `cache.(*Cache).Put  cache.go:44`
pub(in crate::report) fn place(place: &Place) -> String {
    let file = place.file.rsplit('/').next().unwrap_or(&place.file);
    text::clean(&format!("{}  {file}:{}", text::short(&place.function), place.line))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(record: DebugRecord) -> (Outcome, String) {
        let report = DebugReport::new("s", "v", (Vec::new(), Vec::new()), record, &[0]);
        (report.outcome, report.to_terminal(&Look { width: 100, color: false, verbose: false }))
    }

    #[test]
    fn leaked_goroutines_are_told_with_what_they_wait_on_and_their_arguments() {
        let value = Value { name: "s".into(), of: "*T".into(), text: "&T {n: 1}".into(), unreadable: None };
        let lost = Value { name: "n".into(), unreadable: Some("optimised away".into()), ..Value::default() };
        let at = Place { function: "a/b.(*T).wait".into(), file: "/x/b.go".into(), line: 7 };
        let frames = vec![crate::model::debug::StoppedFrame {
            place: at.clone(),
            arguments: vec![value, lost],
            locals: Vec::new(),
        }];
        let sample =
            crate::model::debug::StoppedGoroutine { id: 9, waits_on: Some("s.c: chan int".into()), frames };
        let group = StoppedGroup {
            count: 3,
            leaked: 3,
            waits: "chan receive".into(),
            at,
            created: Place::default(),
            start: Place::default(),
            samples: vec![sample],
            ..StoppedGroup::default()
        };
        let record = DebugRecord {
            goroutines: vec![group],
            end: DebugEnd::Exited { code: 0 },
            ..DebugRecord::default()
        };
        let (outcome, text) = shown(record);
        assert_eq!(outcome, Outcome::Pass);
        assert!(
            text.starts_with("PASS s v: exit code 0; 0 stops; 3 goroutines at the end, 3 of them leaked\n"),
            "{text}"
        );
        for line in [
            "  3 goroutines, leaked: chan receive at b.(*T).wait  b.go:7",
            "goroutine 9 waits on s.c: chan int",
            "s = &T {n: 1}",
            "n: (optimised away)",
        ] {
            assert!(text.contains(line), "{text}");
        }
    }

    #[test]
    fn an_end_that_is_none_of_those_accepted_is_a_failed_workload() {
        let (outcome, _) = shown(DebugRecord { end: DebugEnd::Exited { code: 3 }, ..DebugRecord::default() });
        assert_eq!(outcome, Outcome::WorkloadFailed);
        let end =
            DebugEnd::Crashed { message: "all goroutines are asleep\u{1b}[2J".into(), stack: Vec::new() };
        let (outcome, text) = shown(DebugRecord { end, ..DebugRecord::default() });
        assert_eq!(outcome, Outcome::WorkloadFailed);
        assert!(text.contains("crash: all goroutines are asleep\\u{1b}[2J"), "{text}");
    }
}
