//! From two summaries to the document.

use super::change::{Change, Scale, Unit};
use super::collect::{self, Entries, Entry};
use super::{DIFF_FORMAT, Per, Side, Topic, TraceDiff};
use crate::model::trace::TraceSummary;

/// One of the two.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// As the user named it.
    pub file: &'a str,
    /// What it comes to.
    pub summary: &'a TraceSummary,
    /// Operations in it, if the user counted them for both.
    pub ops: Option<u64>,
}

/// A comparison: stable name, title, unit, and where its figures come from.
type Row = (&'static str, &'static str, Unit, fn(&TraceSummary) -> Entries);

/// Everything that is compared, the most telling first.
const TOPICS: [Row; 12] = [
    ("goroutines-left", "Goroutines made and not ended, by creation site", Unit::Left, collect::left),
    (
        "types-kept",
        "Bytes that outlived a cycle and are alive at the end, by type",
        Unit::Bytes,
        collect::kept,
    ),
    ("goroutines-made", "Goroutines made, by start function", Unit::Count, collect::made),
    ("state-time", "Time of goroutines by state", Unit::Time, collect::states),
    ("blocking", "Time blocked, by reason and place", Unit::Time, collect::blocking),
    ("gc-cycles", "Collection cycles", Unit::Count, collect::cycles),
    ("gc-time", "Time of the collector's work", Unit::Time, collect::collector),
    ("stw", "Stops of the world, by reason", Unit::Time, collect::stops),
    ("heap", "Heap", Unit::Size, collect::peak),
    ("types-allocated", "Bytes allocated, by type", Unit::Bytes, collect::allocated),
    ("syscalls", "System calls, by place", Unit::Count, collect::syscalls),
    ("latency", "Scheduler latency", Unit::Duration, collect::latency),
];

/// Compares `b` with `a`. Figures are per operation if both sides have a number of them, else per second.
#[must_use]
pub fn diff(a: &Input<'_>, b: &Input<'_>) -> TraceDiff {
    let per = if a.ops.is_some() && b.ops.is_some() { Per::Operation } else { Per::Second };
    let (side_a, side_b) = (side(a, per), side(b, per));
    let scale =
        Scale { a: side_a.divisor, b: side_b.divisor, nanoseconds_b: side_b.duration.0 as f64, topic_b: 0.0 };
    let topic = |&(name, title, unit, collect): &Row| {
        let (before, after) = (collect(a.summary), collect(b.summary));
        let scale = Scale { topic_b: after.values().map(|entry| entry.value).sum(), ..scale };
        Topic {
            name: name.to_owned(),
            title: title.to_owned(),
            changes: changes(before, after, unit, &scale),
        }
    };
    let topics = TOPICS.iter().map(topic).filter(|topic| !topic.changes.is_empty()).collect();
    let harness = env!("CARGO_PKG_VERSION").to_owned();
    TraceDiff { format: DIFF_FORMAT, harness, per, a: side_a, b: side_b, topics }
}

fn side(input: &Input<'_>, per: Per) -> Side {
    let facts = &input.summary.facts;
    let duration = facts.duration();
    let divisor = match (per, input.ops) {
        (Per::Operation, Some(ops)) => ops as f64,
        // A trace without length has nothing to divide.
        _ => {
            if duration.0 > 0 {
                duration.0 as f64 / 1e9
            } else {
                1.0
            }
        }
    };
    Side {
        file: input.file.to_owned(),
        format: facts.format.clone(),
        duration,
        divisor,
        events: facts.events,
        problems: (facts.problems.len() as u64).saturating_add(facts.unlisted_problems),
    }
}

/// Joins by key; those that grew most first. What is nothing in both is left out.
fn changes(a: Entries, mut b: Entries, unit: Unit, scale: &Scale) -> Vec<Change> {
    let mut pairs: Vec<(Entry, f64, f64)> = Vec::new();
    for (key, before) in a {
        // The names of the second trace: its lines are those of the program as it is now.
        match b.remove(&key) {
            Some(after) => pairs.push((after.clone(), before.value, after.value)),
            None => pairs.push((before.clone(), before.value, 0.0)),
        }
    }
    pairs.extend(b.into_values().map(|after| (after.clone(), 0.0, after.value)));
    let mut changes: Vec<Change> = pairs
        .into_iter()
        .filter(|(_, a, b)| *a != 0.0 || *b != 0.0)
        .map(|(entry, a, b)| {
            let change = Change::new(entry.subject, unit, (a, b), scale);
            Change { details: entry.details, ..change }
        })
        .collect();
    changes.sort_by(|one, other| other.growth.total_cmp(&one.growth).then(one.subject.cmp(&other.subject)));
    changes
}
