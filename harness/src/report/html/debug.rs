//! The repeat under Delve, for the page: what was seen at breakpoints, the goroutines of findings with their variables, and who waits
//! for whom.

use serde::Serialize;

use crate::model::debug::{
    BreakpointRecord, DebugEnd, DebugRecord, Hit, Place, StoppedGoroutine, StoppedGroup, Value,
};
use crate::report::debug::{DebugPart, DebugReport, group_words, place, sample_words, who_waits};
use crate::report::{Look, Report};

const LOOK: Look = Look { width: 110, color: false, verbose: false };
/// Stops of a breakpoint and groups of goroutines that a page has; the report as JSON has all.
const HITS: usize = 100;
const GROUPS: usize = 60;

/// What the session showed, or why there was none.
#[derive(Debug, Default, Serialize)]
pub(super) struct DebugView {
    not_made: Option<String>,
    headline: String,
    /// Go and Delve.
    with: String,
    notes: Vec<String>,
    /// What ended it before its time.
    end: Option<ItemView>,
    breakpoints: Vec<ItemView>,
    groups: Vec<GroupView>,
    more_groups: usize,
    /// Who waits for whom, in lines.
    waits: String,
}

/// Goroutines that are alike.
#[derive(Debug, Serialize)]
struct GroupView {
    /// The finding whose goroutines they are.
    finding: Option<String>,
    leaked: bool,
    #[serde(flatten)]
    item: ItemView,
}

/// Something that was seen, with what is in it.
#[derive(Debug, Default, Serialize)]
struct ItemView {
    title: String,
    /// A line of the source, or what was said.
    said: Option<String>,
    /// Names and values.
    values: Vec<(String, String)>,
    items: Vec<ItemView>,
    /// Innermost first.
    stack: Vec<String>,
}

pub(super) fn view(report: &Report) -> Option<DebugView> {
    let part = report.debug.as_ref()?;
    let not_made = part.not_made.clone();
    let Some(session) = &part.session else { return Some(DebugView { not_made, ..DebugView::default() }) };
    let record = &session.record;
    Some(DebugView {
        not_made,
        headline: session.headline(),
        with: format!("{}, {} under Delve {}", session.variant, record.go, record.delve),
        notes: notes(session),
        end: end(record),
        breakpoints: record
            .breakpoints
            .iter()
            .enumerate()
            .map(|(nth, at)| breakpoint(nth, at, record))
            .collect(),
        groups: record
            .goroutines
            .iter()
            .enumerate()
            .take(GROUPS)
            .map(|(nth, of)| group(nth, of, part))
            .collect(),
        more_groups: record.goroutines.len().saturating_sub(GROUPS),
        waits: who_waits(&record.waits, &LOOK),
    })
}

fn notes(session: &DebugReport) -> Vec<String> {
    let record = &session.record;
    let core = record.core.as_ref().map(|core| format!("core file: dlv core {} {core}", record.program));
    let unseen =
        (record.unseen_goroutines > 0).then(|| "there are more goroutines than were counted".to_owned());
    session.limits.iter().chain(&record.notes).cloned().chain(core).chain(unseen).collect()
}

fn end(record: &DebugRecord) -> Option<ItemView> {
    let (title, said, stack) = match &record.end {
        DebugEnd::Crashed { message, stack } => ("crash", message, places(stack)),
        DebugEnd::LoadFailed { detail } => ("its load failed", detail, Vec::new()),
        DebugEnd::Unknown | DebugEnd::Exited { .. } | DebugEnd::TimedOut | DebugEnd::Stopped => return None,
    };
    Some(ItemView { title: title.to_owned(), said: Some(said.clone()), stack, ..ItemView::default() })
}

fn breakpoint(nth: usize, of: &BreakpointRecord, record: &DebugRecord) -> ItemView {
    let hits: Vec<&Hit> = record.hits.iter().filter(|hit| hit.breakpoint == nth).collect();
    let when = of.when.as_ref().map(|when| format!(" when {when}")).unwrap_or_default();
    let more = hits.len().saturating_sub(HITS);
    let said = match (&of.problem, hits.is_empty()) {
        (Some(problem), _) => Some(format!("not set: {problem}")),
        (None, true) => Some("never reached".to_owned()),
        (None, false) if more > 0 => Some(format!("{more} more stops are in the report as JSON")),
        (None, false) if of.spent => Some(format!("taken away after stop {}", hits.len())),
        (None, false) => None,
    };
    let items = hits.into_iter().take(HITS).map(hit).collect();
    ItemView { title: format!("break {}{when}", of.at), said, items, ..ItemView::default() }
}

fn hit(hit: &Hit) -> ItemView {
    let at = format!("goroutine {} at {}", hit.goroutine, place(&hit.place));
    let said = hit.text.as_ref().or(hit.source.as_ref()).cloned();
    ItemView { title: at, said, values: values(&hit.values), stack: places(&hit.stack), items: Vec::new() }
}

fn group(nth: usize, of: &StoppedGroup, part: &DebugPart) -> GroupView {
    let joined = part.joined.iter().find(|joined| joined.group == nth);
    let started = (of.created.line > 0 && !of.created.function.starts_with("runtime."))
        .then(|| ("started at".to_owned(), place(&of.created)));
    let item = ItemView {
        title: group_words(of),
        said: of.source.clone(),
        values: started.into_iter().collect(),
        items: of.samples.iter().map(sample).collect(),
        stack: Vec::new(),
    };
    GroupView { finding: joined.map(|joined| joined.fingerprint.clone()), leaked: of.leaked > 0, item }
}

fn sample(of: &StoppedGoroutine) -> ItemView {
    let frames = of.frames.iter().map(|frame| ItemView {
        title: place(&frame.place),
        values: values(&frame.arguments).into_iter().chain(values(&frame.locals)).collect(),
        ..ItemView::default()
    });
    ItemView { title: sample_words(of), items: frames.collect(), ..ItemView::default() }
}

fn values(of: &[Value]) -> Vec<(String, String)> {
    let text = |value: &Value| match &value.unreadable {
        Some(why) => format!("({why})"),
        None => value.text.clone(),
    };
    of.iter().map(|value| (value.name.clone(), text(value))).collect()
}

fn places(of: &[Place]) -> Vec<String> {
    of.iter().map(place).collect()
}
