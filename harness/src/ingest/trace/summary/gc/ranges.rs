//! Ranges of one sort, of goroutines (mark assists) or of processors (sweeping): time by the stack
//! at which they began.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::super::clip::{Clip, Stayed, add};
use super::super::seen::Seen;
use super::super::table::Table;
use super::super::texts::{EMPTY, Texts};
use crate::model::trace::{RangeGroup, RangeSite, RangeSummary};
use crate::model::{Nanoseconds, TraceTime};

/// Start function of those without a stack.
const UNKNOWN_START: &str = "?";

/// One in progress.
#[derive(Debug, Clone, Copy)]
struct Open {
    since: TraceTime,
    site: u32,
}

#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    count: u64,
    carried: u64,
    total: Nanoseconds,
    max: Nanoseconds,
}

/// All of one sort.
#[derive(Debug)]
pub(super) struct Ranges {
    clip: Clip,
    /// By goroutine or processor.
    open: FxHashMap<u64, Open>,
    /// By number of the stack.
    sites: Table<u32, Sum>,
    n_open: u64,
}

impl Ranges {
    pub(super) fn new(clip: Clip) -> Self {
        Self { clip, open: FxHashMap::default(), sites: Table::default(), n_open: 0 }
    }

    /// One begins.
    pub(super) fn begin(&mut self, whose: u64, seen: &mut Seen<'_, '_>) {
        let site = self.sites.number(seen.stack());
        self.open.insert(whose, Open { since: seen.event.time, site });
    }

    /// One was in progress when the generation began; known unless it is the first.
    pub(super) fn active(&mut self, whose: u64, generation_begin: TraceTime) {
        let site = self.sites.number(EMPTY);
        self.open.entry(whose).or_insert(Open { since: generation_begin, site });
    }

    /// One ends; the part of it that counts.
    pub(super) fn end(&mut self, whose: u64, at: TraceTime) -> Option<Stayed> {
        let open = self.open.remove(&whose)?;
        self.add(open, at)
    }

    fn add(&mut self, Open { since, site }: Open, at: TraceTime) -> Option<Stayed> {
        let stayed = self.clip.stay(since, at)?;
        let sum = self.sites.row(site)?;
        sum.count += u64::from(stayed.begun);
        sum.carried += u64::from(!stayed.begun);
        add(&mut sum.total, stayed.time);
        sum.max = sum.max.max(stayed.time);
        Some(stayed)
    }

    /// Ends all that are in progress at the end.
    pub(super) fn close(&mut self, end: TraceTime) -> Vec<Stayed> {
        let open = std::mem::take(&mut self.open);
        let stayed: Vec<_> = open.into_values().filter_map(|open| self.add(open, end)).collect();
        self.n_open = stayed.len() as u64;
        stayed
    }

    pub(super) fn finish(self, texts: &Texts) -> RangeSummary {
        let mut summary = RangeSummary { open: self.n_open, ..RangeSummary::default() };
        let mut groups: BTreeMap<String, (u64, Nanoseconds)> = BTreeMap::new();
        for (stack, sum) in self.sites.into_rows().filter(|(_, sum)| sum.count + sum.carried > 0) {
            let stack = texts.stack_at(stack);
            let start = stack.last().map_or_else(|| UNKNOWN_START.into(), |root| root.function.to_string());
            let group = groups.entry(start).or_default();
            group.0 += sum.count;
            add(&mut group.1, sum.total);
            add_to(&mut summary, sum);
            let Sum { count, total, max, .. } = sum;
            summary.sites.push(RangeSite { stack, count, total, max });
        }
        let group = |(start, (count, total))| RangeGroup { start, count, total };
        summary.groups = groups.into_iter().map(group).collect();
        summary.groups.sort_by_key(|group| Reverse((group.total, group.count)));
        summary.sites.sort_by(|a, b| (b.total, b.count, &a.stack).cmp(&(a.total, a.count, &b.stack)));
        summary
    }
}

fn add_to(summary: &mut RangeSummary, sum: Sum) {
    summary.count += sum.count;
    summary.carried += sum.carried;
    add(&mut summary.total, sum.total);
    summary.max = summary.max.max(sum.max);
}
