//! The cycle table of all runs as CSV (RFC 4180): a header, CRLF, a row per GC cycle, nothing but integers and words.
//!
//! A cell that is not known is empty. What each cell is from, and how far to trust it, is in the last column.

use std::fmt::Write;

use super::{RunCycles, harmless};
use crate::model::{Cell, CycleRow};

/// A column and how a row fills it.
type Column = (&'static str, fn(&CycleRow) -> Option<Shown>);

/// A cell, and where it is from.
struct Shown {
    value: i128,
    from: Option<String>,
}

/// A cell with its source.
fn cell<T>(name: &str, cell: Option<Cell<T>>, value: fn(T) -> i128) -> Option<Shown> {
    let cell = cell?;
    let source = word(serde_json::to_value(cell.source));
    let from = Some(format!("{name}:{source}/{}", cell.confidence.word()));
    Some(Shown { value: value(cell.value), from })
}

fn word(value: Result<serde_json::Value, serde_json::Error>) -> String {
    value.ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

fn plain(value: i128) -> Option<Shown> {
    Some(Shown { value, from: None })
}

const COLUMNS: &[Column] = &[
    ("cycle", |row| plain(row.cycle.0.into())),
    ("trace_index", |row| plain(row.trace_index?.into())),
    ("forced", |row| plain(row.forced.into())),
    ("begin_ns", |row| cell("begin_ns", row.begin, |at| at.0.into())),
    ("end_ns", |row| cell("end_ns", row.end, |at| at.0.into())),
    ("stw_ns", |row| cell("stw_ns", row.stw, |time| time.0.into())),
    ("mark_ns", |row| cell("mark_ns", row.mark, |time| time.0.into())),
    ("assist_ns", |row| cell("assist_ns", row.assist, |time| time.0.into())),
    ("heap_start_bytes", |row| cell("heap_start_bytes", row.heap_start, |size| size.0.into())),
    ("heap_live_bytes", |row| cell("heap_live_bytes", row.heap_live, |size| size.0.into())),
    ("goal_bytes", |row| cell("goal_bytes", row.goal, |size| size.0.into())),
    ("inuse_space_bytes", |row| cell("inuse_space_bytes", row.inuse_space, |size| size.0.into())),
    ("inuse_objects", |row| cell("inuse_objects", row.inuse_objects, |n| n.0.into())),
    ("goroutines", |row| cell("goroutines", row.goroutines, i128::from)),
];

/// The table.
#[must_use]
pub fn cycles_csv(scenario: &str, runs: &[RunCycles]) -> String {
    let mut out = String::from("scenario,variant,mode,repeat,test");
    COLUMNS.iter().for_each(|(name, _)| out.push_str(&format!(",{name}")));
    out.push_str(",sources\r\n");
    for RunCycles { run, rows, .. } in runs {
        let test = harmless(run.test.as_deref().unwrap_or_default());
        let (scenario, variant, test) = (quoted(scenario), quoted(&run.variant), quoted(&test));
        let head = format!("{scenario},{variant},{},{},{test}", run.mode.word(), run.repeat);
        for row in rows {
            out.push_str(&head);
            let mut sources = Vec::new();
            for (_, of) in COLUMNS {
                out.push(',');
                if let Some(shown) = of(row) {
                    let _ = write!(out, "{}", shown.value);
                    sources.extend(shown.from);
                }
            }
            let _ = write!(out, ",{}\r\n", sources.join(" "));
        }
    }
    out
}

/// A field; one with a comma or a quote is quoted. A name that a spreadsheet would take for a formula has an apostrophe before it,
/// which makes it text.
fn quoted(field: &str) -> String {
    if field.starts_with(['=', '+', '-', '@']) {
        return quoted(&format!("'{field}"));
    }
    let needs = |c: char| matches!(c, ',' | '"' | '\r' | '\n');
    if field.contains(needs) { format!("\"{}\"", field.replace('"', "\"\"")) } else { field.to_owned() }
}
