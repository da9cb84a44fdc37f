//! `-debug-trace`: Chrome trace events, of which the spans on the main goroutine tell what came before the actions.

use serde::Deserialize;

use super::elements::each;
use crate::format::Problem;
use crate::format::problems::Problems;
use crate::model::Nanoseconds;

/// Spans of the go command's main goroutine.
#[derive(Debug, Default)]
pub struct Spans {
    /// In the order of their ends.
    pub spans: Vec<Span>,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

/// Something that took time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// `load.PackagesAndErrors`
    pub name: String,
    /// Spans around it.
    pub depth: u32,
    /// How long.
    pub took: Nanoseconds,
}

/// What is not a span's begin or end is left.
#[derive(Deserialize)]
struct Wire {
    #[serde(default)]
    name: String,
    #[serde(default)]
    ph: String,
    #[serde(default)]
    ts: f64,
    #[serde(default)]
    tid: u64,
}

/// Deeper than the command nests.
const MAX_DEPTH: usize = 1 << 10;

/// Reads a file.
#[must_use]
pub fn read(file: &str, bytes: &[u8]) -> Spans {
    let (mut spans, mut problems) = (Vec::new(), Problems::default());
    let mut open: Vec<(String, f64)> = Vec::new();
    each(bytes, "build trace", &mut problems, |n, value, problems| {
        let Ok(event) = serde_json::from_value::<Wire>(value) else {
            return problems.add(0, &format!("event {n}"), "an object", "something else");
        };
        match (event.tid, event.ph.as_str()) {
            (0, "B") if open.len() < MAX_DEPTH => open.push((event.name, event.ts)),
            (0, "E") => spans.extend(open.pop().map(|(name, begin)| Span {
                name,
                depth: u32::try_from(open.len()).unwrap_or(u32::MAX),
                // Microseconds; a float that is out of range becomes the nearest integer.
                took: Nanoseconds(((event.ts - begin).max(0.0) * 1e3) as i64),
            })),
            _ => {}
        }
    });
    problems.name_file(file);
    Spans { spans, problems: problems.listed().to_vec() }
}
