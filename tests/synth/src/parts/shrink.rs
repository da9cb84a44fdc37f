//! A recorded trace made small enough to begin a search with.

use super::{Body, Item, Parts};

/// Generations that are kept.
const N_GENERATIONS: u64 = 2;

/// Events of a batch that are kept.
const N_EVENTS: usize = 48;

/// Bytes of a table that are kept.
const TABLE_LEN: usize = 2048;

impl Parts {
    /// The beginning of the first generations' batches. What later events rely on is lost, which is
    /// as good a damage to begin with as any.
    #[must_use]
    pub fn small(mut self) -> Self {
        let first = self.batches().first().map_or(0, |batch| batch.numbers[0]);
        let end = first.saturating_add(N_GENERATIONS);
        let foreign = |item: &Item| matches!(item, Item::Batch(batch) if batch.numbers[0] >= end);
        let n_kept = self.items.iter().position(foreign).unwrap_or(self.items.len());
        self.items.truncate(n_kept);
        for batch in self.batches() {
            match &mut batch.body {
                Body::Events(events, rest) if events.len() > N_EVENTS => {
                    events.truncate(N_EVENTS);
                    rest.clear();
                }
                Body::Events(..) => {}
                Body::Bytes(bytes) => bytes.truncate(TABLE_LEN),
            }
        }
        self
    }
}
