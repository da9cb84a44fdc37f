//! Ages of objects, in cycles, by powers of two.

use rustc_hash::FxHashMap;

use super::objects;
use super::spans::Spans;
use crate::model::trace::AgeBucket;

/// Buckets: 0, 1, 2, 4 … and all from 2^22 on.
const BUCKETS: usize = 24;

/// Numbers of objects by age.
#[derive(Debug, Clone, Default)]
pub(super) struct Buckets([u64; BUCKETS]);

impl Buckets {
    #[inline]
    pub(super) fn add(&mut self, age: u32, count: u64) {
        let bucket = (u32::BITS - age.leading_zeros()) as usize;
        self.0[bucket.min(BUCKETS - 1)] += count;
    }

    /// From the first bucket in use to the last.
    pub(super) fn finish(&self) -> Vec<AgeBucket> {
        let used = |&count: &u64| count > 0;
        let first = self.0.iter().position(used).unwrap_or(BUCKETS);
        let last = self.0.iter().rposition(used).map_or(0, |last| last + 1);
        let from = |bucket: usize| if bucket == 0 { 0 } else { 1u64 << (bucket - 1) };
        (first..last)
            .map(|bucket| AgeBucket { from: from(bucket), objects: objects(self.0[bucket]) })
            .collect()
    }
}

/// Births of living objects: how many by cycle (`None`: before the trace).
type Births = FxHashMap<Option<u32>, u64>;

/// Births of all living objects.
#[derive(Debug, Default)]
pub(super) struct Ages {
    rows: Vec<Births>,
    total: Births,
}

/// Births of those of one row, or of all.
#[derive(Debug, Clone, Copy)]
pub(super) struct RowAges<'a>(Option<&'a Births>);

/// Counts the living.
pub(super) fn count(spans: &Spans, n_rows: usize) -> Ages {
    let mut ages = Ages { rows: vec![Births::default(); n_rows], total: Births::default() };
    for (_, slot) in spans.living() {
        *ages.total.entry(slot.birth()).or_default() += 1;
        if let Some(row) = ages.rows.get_mut(slot.row() as usize) {
            *row.entry(slot.birth()).or_default() += 1;
        }
    }
    ages
}

impl Ages {
    pub(super) fn of(&self, row: u32) -> RowAges<'_> {
        RowAges(self.rows.get(row as usize))
    }

    pub(super) fn total(&self) -> RowAges<'_> {
        RowAges(Some(&self.total))
    }
}

impl RowAges<'_> {
    /// Objects older than the trace.
    pub(super) fn older(self) -> u64 {
        self.0.and_then(|births| births.get(&None)).copied().unwrap_or_default()
    }

    /// Distinct ages; all that is older than the trace is one.
    pub(super) fn distinct(self) -> u64 {
        self.0.map_or(0, |births| births.len() as u64)
    }

    pub(super) fn buckets(self, cycle: u32) -> Buckets {
        let mut buckets = Buckets::default();
        for (&birth, &count) in self.0.into_iter().flatten() {
            if let Some(birth) = birth {
                buckets.add(cycle.saturating_sub(birth), count);
            }
        }
        buckets
    }
}
