//! Figures of a summary by a key that holds in another trace too: names of functions, without lines.

use std::collections::BTreeMap;

use super::super::place;
use super::super::view::types;
use crate::model::Frame;
use crate::model::trace::{StateTimes, TraceSummary, TypeFigures};
use crate::report::terminal::text;

/// A figure under its key, and what to call it.
#[derive(Debug, Clone, Default)]
pub(super) struct Entry {
    pub(super) value: f64,
    pub(super) subject: String,
    pub(super) details: Vec<String>,
}

/// Figures by key.
pub(super) type Entries = BTreeMap<String, Entry>;

fn add(entries: &mut Entries, key: String, value: f64, name: impl FnOnce() -> (String, Vec<String>)) {
    let entry = entries.entry(key).or_insert_with(|| {
        let (subject, details) = name();
        Entry { value: 0.0, subject, details }
    });
    entry.value += value;
}

/// Functions of a stack: what stays when lines move.
fn functions(stack: &[Frame]) -> String {
    stack.iter().map(|frame| &*frame.function).collect::<Vec<_>>().join(";")
}

/// Goroutines that were made and had not ended, by creation site and start function.
pub(super) fn left(summary: &TraceSummary) -> Entries {
    let mut entries = Entries::new();
    for group in summary.goroutines.groups.iter().filter(|group| !place::is_own(&group.start)) {
        for site in group.sites.iter().filter(|site| site.lives.created > 0) {
            let key = format!("{}|{}", group.start, functions(&site.created_by));
            add(&mut entries, key, site.lives.created_alive as f64, || {
                let runs = format!("runs {}", place::function(&group.start));
                (place::creation(&site.created_by), vec![runs])
            });
        }
    }
    entries
}

/// Goroutines made, by start function.
pub(super) fn made(summary: &TraceSummary) -> Entries {
    let mut entries = Entries::new();
    for group in summary.goroutines.groups.iter().filter(|group| !place::is_own(&group.start)) {
        let name = || (place::function(&group.start), Vec::new());
        add(&mut entries, group.start.clone(), group.lives.created as f64, name);
    }
    entries
}

/// Time in each state, of the program's own goroutines together.
pub(super) fn states(summary: &TraceSummary) -> Entries {
    let mut entries = Entries::new();
    for group in summary.goroutines.groups.iter().filter(|group| !place::is_own(&group.start)) {
        let StateTimes { running, runnable, waiting, syscall } = group.lives.time;
        let states = [
            ("running", running),
            ("ready, waiting for a processor", runnable),
            ("blocked", waiting),
            ("in system calls", syscall),
        ];
        for (name, time) in states {
            add(&mut entries, name.to_owned(), time.0 as f64, || (name.to_owned(), Vec::new()));
        }
    }
    entries
}

/// Time waited, by reason and place.
pub(super) fn blocking(summary: &TraceSummary) -> Entries {
    let mut entries = Entries::new();
    for site in summary.blocking.iter().filter(|site| !place::is_runtimes(&site.stack)) {
        let key = format!("{}|{}", site.reason, functions(&site.stack));
        let name = || (place::wait(&site.reason, &site.stack), Vec::new());
        add(&mut entries, key, site.total.0 as f64, name);
    }
    entries
}

/// System calls, by place.
pub(super) fn syscalls(summary: &TraceSummary) -> Entries {
    let mut entries = Entries::new();
    for site in summary.syscalls.iter().filter(|site| !place::is_runtimes(&site.stack)) {
        let name = || (place::call(&site.stack), Vec::new());
        add(&mut entries, functions(&site.stack), site.count as f64, name);
    }
    entries
}

/// Scheduler latency, one figure each.
pub(super) fn latency(summary: &TraceSummary) -> Entries {
    let all = &summary.latency.all;
    // The longest of some thousand is chance.
    let figures = [("median", all.median), ("99 of 100 within", all.p99)];
    figures.into_iter().flat_map(|(name, time)| one(name, time.0 as f64)).collect()
}

/// Collection cycles.
pub(super) fn cycles(summary: &TraceSummary) -> Entries {
    one("cycles", summary.gc.begun as f64)
}

/// Time of the collector's work.
pub(super) fn collector(summary: &TraceSummary) -> Entries {
    let gc = &summary.gc;
    let workers = [gc.workers.dedicated, gc.workers.fractional, gc.workers.idle];
    let parts = [
        ("mark assists", gc.assists.total.0 as f64),
        ("mark workers", workers.iter().map(|time| time.0 as f64).sum()),
        ("sweeping", gc.sweeps.total.0 as f64),
    ];
    parts.into_iter().flat_map(|(name, time)| one(name, time)).collect()
}

/// Time of stops of the world, by reason.
pub(super) fn stops(summary: &TraceSummary) -> Entries {
    let stops = summary.gc.stops.iter();
    stops.flat_map(|stop| one(&text::clean(&stop.reason), stop.stopped.total.0 as f64)).collect()
}

/// The largest live heap.
pub(super) fn peak(summary: &TraceSummary) -> Entries {
    summary.gc.heap.peak.map_or_else(Entries::new, |peak| one("live heap at most", peak.live.0 as f64))
}

/// Bytes alive at the end that at least one cycle has let live, by type: what was made since may be garbage. Without
/// those older than the trace.
pub(super) fn kept(summary: &TraceSummary) -> Entries {
    by_type(summary, |figures| {
        let kept: u64 =
            figures.ages.iter().filter(|bucket| bucket.from > 0).map(|bucket| bucket.objects.0).sum();
        let each = figures.live_bytes.0 as f64 / figures.live.0.max(1) as f64;
        each * kept as f64
    })
}

/// Bytes allocated, by type.
pub(super) fn allocated(summary: &TraceSummary) -> Entries {
    by_type(summary, |figures| figures.allocated_bytes.0 as f64)
}

fn by_type(summary: &TraceSummary, figure: impl Fn(&TypeFigures) -> f64) -> Entries {
    let mut entries = Entries::new();
    for of in summary.heap.iter().flat_map(|heap| &heap.types) {
        let name = types::name(of);
        add(&mut entries, name.clone(), figure(&of.figures), || (name, Vec::new()));
    }
    entries
}

fn one(name: &str, value: f64) -> Entries {
    Entries::from([(name.to_owned(), Entry { value, subject: name.to_owned(), details: Vec::new() })])
}
