//! A repeat under the debugger as a part of a capture's report: what was seen at breakpoints, and the goroutines of its findings with
//! their arguments.

use std::fmt::Write;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::Look;
use super::super::terminal::text;
use super::{DebugReport, GROUPS, SAMPLES, group, waits};
use crate::baseline::FindingGroup;
use crate::model::LeakKind;
use crate::model::debug::StoppedGroup;

/// The repeat under the debugger.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DebugPart {
    /// Why there is none, and what helps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_made: Option<String>,
    /// What it showed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<Box<DebugReport>>,
    /// Which of its goroutines are those of a finding.
    pub joined: Vec<Joined>,
}

/// Goroutines of a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Joined {
    /// Of the finding.
    pub fingerprint: String,
    /// Which goroutines, by their place in the session's list.
    pub group: usize,
}

impl DebugPart {
    /// It was not made.
    #[must_use]
    pub fn not_made(why: String) -> Self {
        Self { not_made: Some(why), session: None, joined: Vec::new() }
    }

    /// Joins a session with the findings of the runs that were measured: by the function and line that start goroutines, or by the
    /// function alone where only one finding has it.
    #[must_use]
    pub fn new(session: DebugReport, findings: &[FindingGroup]) -> Self {
        let groups = session.record.goroutines.iter().enumerate().filter(|(_, group)| group.leaked > 0);
        let joined = groups.filter_map(|(index, group)| {
            Some(Joined { fingerprint: finding_of(group, findings)?, group: index })
        });
        let joined = joined.collect();
        Self { not_made: None, session: Some(Box::new(session)), joined }
    }
}

fn finding_of(group: &StoppedGroup, findings: &[FindingGroup]) -> Option<String> {
    let of_function: Vec<&FindingGroup> = findings
        .iter()
        .filter(|found| found.finding.kind == LeakKind::Goroutine)
        .filter(|found| *found.finding.site.function == *group.created.function)
        .collect();
    let at_line = of_function.iter().find(|found| found.finding.site.line == group.created.line);
    let found = at_line.or(if of_function.len() == 1 { of_function.first() } else { None })?;
    Some(found.finding.fingerprint.clone())
}

/// The section of a terminal report.
pub fn write(out: &mut String, part: &DebugPart, look: &Look) {
    let heading = look.heading("under Delve");
    if let Some(why) = &part.not_made {
        let why = why.replace('\n', "; ");
        let _ = writeln!(out, "\n{heading}: no repeat was made: {}", text::clean(&why));
    }
    let Some(session) = &part.session else { return };
    let with = look.faint("a repeat of its own, of which nothing is measured");
    let _ = writeln!(out, "\n{heading}, {with}\n  {}", text::clean(&session.headline()));
    let mut more = String::new();
    session.breakpoints(&mut more, look);
    let groups = &session.record.goroutines;
    let leaked = groups.iter().enumerate().filter(|(_, group)| group.leaked > 0);
    let shown = if look.verbose { usize::MAX } else { GROUPS };
    for (index, leaked) in leaked.take(shown) {
        let joined = part.joined.iter().find(|joined| joined.group == index);
        let of = joined.map_or_else(
            || "leaked, but no finding's:".to_owned(),
            |joined| format!("finding {}", joined.fingerprint),
        );
        let _ = writeln!(more, "\n{of}");
        group(&mut more, leaked, look, SAMPLES);
    }
    for cycle in &session.record.waits.cycles {
        more.push('\n');
        waits::cycle(&mut more, cycle);
    }
    for line in more.lines() {
        let _ = if line.is_empty() { Ok(()) } else { writeln!(out, "  {line}") };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Outcome;
    use crate::model::debug::{DebugEnd, DebugRecord, Place};

    fn session() -> DebugReport {
        let group = |leaked, function: &str, line| StoppedGroup {
            count: 3,
            leaked,
            waits: "chan receive".into(),
            created: Place { function: function.into(), file: "/x/b.go".into(), line },
            ..StoppedGroup::default()
        };
        let goroutines = vec![group(0, "m.start", 7), group(3, "m.start", 7), group(3, "m.other", 9)];
        let end = DebugEnd::Exited { code: 0 };
        let record = DebugRecord { goroutines, end, ..DebugRecord::default() };
        DebugReport::new("s", "v", (Vec::new(), Vec::new()), record, &[0])
    }

    fn found(json: serde_json::Value) -> Vec<FindingGroup> {
        serde_json::from_value(json).expect("findings")
    }

    fn finding(function: &str, line: u32, fingerprint: &str) -> serde_json::Value {
        serde_json::json!({
            "kind": "goroutine", "site": {"function": function, "file": "b.go", "line": line}, "file": "b.go",
            "fingerprint": fingerprint, "sentence": "", "since_cycle": null, "confidence": "high", "missing": [],
            "evidence": [], "variants": [], "by_variant": [],
            "growth": {"bytes_per_op": 0.0, "objects_per_op": 1.0, "spread": [1.0, 1.0], "operations": 1, "gained": 1,
                "final_value": 1, "repeats": [1, 1]},
        })
    }

    #[test]
    fn leaked_goroutines_are_joined_with_the_finding_of_the_line_that_starts_them() {
        let one = DebugPart::new(session(), &found(serde_json::json!([finding("m.start", 7, "aa")])));
        assert_eq!(one.joined, [Joined { fingerprint: "aa".into(), group: 1 }]);
        let moved = DebugPart::new(session(), &found(serde_json::json!([finding("m.start", 8, "aa")])));
        assert_eq!(moved.joined.len(), 1, "the only one of that function");
        let two = serde_json::json!([finding("m.start", 8, "aa"), finding("m.start", 9, "bb")]);
        assert!(DebugPart::new(session(), &found(two)).joined.is_empty(), "nobody knows which");
        assert_eq!(session().outcome, Outcome::Pass);
        let mut out = String::new();
        write(&mut out, &one, &Look { width: 100, color: false, verbose: false });
        assert!(out.contains("  finding aa\n") && out.contains("  leaked, but no finding's:\n"), "{out}");
    }

    #[test]
    fn why_there_is_none_is_told_in_one_line() {
        let mut out = String::new();
        let part = DebugPart::not_made("Delve is nowhere\nhint: get it".to_owned());
        write(&mut out, &part, &Look { width: 100, color: false, verbose: false });
        assert_eq!(out, "\nunder Delve: no repeat was made: Delve is nowhere; hint: get it\n");
    }
}
