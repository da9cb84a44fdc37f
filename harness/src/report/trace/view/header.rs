//! What the trace is: the first lines of every view, and what could not be read as the last.

use super::Page;
use crate::model::WallTime;
use crate::report::terminal::text;

/// Problems shown.
const PROBLEMS: usize = 5;

pub(super) fn write(page: &mut Page<'_>) {
    let report = page.report;
    let facts = &report.facts;
    let title = page.look.heading(&text::clean(&report.file));
    let mut parts = vec![format!("format of go {}", facts.format), text::span(facts.duration())];
    parts.push(text::counted(facts.events, "event"));
    parts.push(text::counted(facts.generations, "generation"));
    if let Some(procs) = &facts.gomaxprocs {
        parts.push(match (procs.first, procs.last) {
            (first, last) if first != last => format!("GOMAXPROCS {first}, at the end {last}"),
            (_, last) if procs.max > last => format!("GOMAXPROCS {last}, meanwhile {}", procs.max),
            (_, last) => format!("GOMAXPROCS {last}"),
        });
    }
    parts.push(text::counted(facts.threads, "thread"));
    page.out.push_str(&format!("{title}\n"));
    page.line(&parts.join(", "));
    if let Some(wall) = facts.wall_start.and_then(wall) {
        page.line(&format!("recorded from {wall}"));
    }
    if let Some(window) = report.window {
        let to = window.to.map_or("its end".to_owned(), text::span);
        page.line(&format!(
            "only the part from {} to {to}; times are since the trace began",
            text::span(window.from)
        ));
    }
}

fn wall(time: WallTime) -> Option<String> {
    let moment = jiff::Timestamp::from_nanosecond(i128::from(time.0)).ok()?;
    Some(moment.strftime("%Y-%m-%d %H:%M:%S UTC").to_string())
}

pub(super) fn write_problems(page: &mut Page<'_>) {
    let facts = &page.report.facts;
    if facts.problems.is_empty() {
        return;
    }
    page.heading("What could not be read", None);
    for problem in facts.problems.iter().take(PROBLEMS) {
        page.line(&text::clean(problem));
    }
    let n = (facts.problems.len().saturating_sub(PROBLEMS) as u64).saturating_add(facts.unlisted_problems);
    if n > 0 {
        page.line(&format!("… {} more, --validate lists them", text::count(n)));
    }
}
