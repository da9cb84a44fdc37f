//! Histories over cycles in bounded space: when there are too many rows, each stands for twice as
//! many cycles.

use crate::model::Bytes;
use crate::model::trace::{HeapCycle, TypeCycle};

/// Rows of a history.
const MAX_ROWS: u32 = 256;

/// What happened since a cycle ended.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Since {
    pub(super) allocated: u64,
    pub(super) allocated_bytes: u64,
    pub(super) freed: u64,
}

/// A row of the heap's own history.
#[derive(Debug, Clone, Copy)]
pub(super) struct HeapRow {
    pub(super) objects: TypeCycle,
    pub(super) heap_spans: Bytes,
    pub(super) other_spans: Bytes,
    pub(super) stack_bytes: u64,
}

/// The heap's history, and the scale of all.
#[derive(Debug)]
pub(super) struct Histories {
    /// The cycle that rows written now begin with.
    cycle: u32,
    /// Cycles in a row.
    stride: u32,
    rows: Vec<HeapCycle>,
}

impl Default for Histories {
    fn default() -> Self {
        Self { cycle: 0, stride: 1, rows: Vec::new() }
    }
}

impl Histories {
    /// Rows of `cycle` are about to be written. True if rows now stand for more cycles than before.
    pub(super) fn at(&mut self, cycle: u32) -> bool {
        self.cycle = cycle;
        let before = self.stride;
        while cycle / self.stride >= MAX_ROWS {
            self.stride *= 2;
        }
        if self.stride > before {
            merge(&mut self.rows, self.stride, |row| &mut row.objects, join_heap);
        }
        self.stride > before
    }

    pub(super) fn cycle(&self) -> u32 {
        self.cycle
    }

    pub(super) fn stride(&self) -> u32 {
        self.stride
    }

    pub(super) fn push(&mut self, row: HeapRow) {
        let HeapRow { objects, heap_spans, other_spans, stack_bytes } = row;
        self.rows.push(HeapCycle { objects, heap_spans, other_spans, stack_bytes: Bytes(stack_bytes) });
        merge(&mut self.rows, self.stride, |row| &mut row.objects, join_heap);
    }

    /// The rows, and how many cycles each stands for.
    pub(super) fn finish(self) -> (Vec<HeapCycle>, u64) {
        (self.rows, u64::from(self.stride))
    }
}

/// History of one type; only rows in which something changed.
#[derive(Debug, Default)]
pub(super) struct History(Vec<TypeCycle>);

impl History {
    pub(super) fn push(&mut self, row: TypeCycle, stride: u32) {
        match self.0.last_mut().filter(|last| same(last, &row, stride)) {
            Some(last) => *last = joined(last, &row),
            None => self.0.push(row),
        }
    }

    /// From now on rows stand for `stride` cycles.
    pub(super) fn widen(&mut self, stride: u32) {
        merge(&mut self.0, stride, |row| row, |first, second| *first = joined(first, second));
    }

    pub(super) fn rows(&self) -> Vec<TypeCycle> {
        self.0.clone()
    }
}

/// Whether two rows become one.
fn same(first: &TypeCycle, second: &TypeCycle, stride: u32) -> bool {
    first.after / u64::from(stride) == second.after / u64::from(stride)
}

/// Joins neighbours that become one.
fn merge<R: Copy>(
    rows: &mut Vec<R>,
    stride: u32,
    objects: impl Fn(&mut R) -> &mut TypeCycle,
    join: impl Fn(&mut R, &R),
) {
    rows.dedup_by(|second, first| {
        let joins = same(objects(first), objects(second), stride);
        if joins {
            join(first, second);
        }
        joins
    });
}

fn join_heap(first: &mut HeapCycle, second: &HeapCycle) {
    *first = HeapCycle { objects: joined(&first.objects, &second.objects), ..*second };
}

/// What happened in both, and what was there at the end.
fn joined(first: &TypeCycle, second: &TypeCycle) -> TypeCycle {
    TypeCycle { allocated: first.allocated + second.allocated, freed: first.freed + second.freed, ..*second }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Objects;

    #[test]
    fn a_long_history_has_few_rows_and_loses_no_object() {
        let mut histories = Histories::default();
        let mut history = History::default();
        for cycle in 0..10_000 {
            if histories.at(cycle) {
                history.widen(histories.stride());
            }
            let after = u64::from(cycle);
            let row = TypeCycle {
                after,
                allocated: Objects(3),
                freed: Objects(1),
                live: Objects(after * 2),
                ..TypeCycle::default()
            };
            history.push(row, histories.stride());
            let (heap_spans, other_spans) = (Bytes(after), Bytes(0));
            histories.push(HeapRow { objects: row, heap_spans, other_spans, stack_bytes: 0 });
        }
        let rows = history.rows();
        assert_eq!(histories.stride(), 64);
        assert_eq!(rows.len(), 157);
        assert_eq!(rows.iter().map(|row| row.allocated).sum::<Objects>(), Objects(30_000));
        assert_eq!(
            rows[0],
            TypeCycle {
                after: 63,
                allocated: Objects(192),
                freed: Objects(64),
                live: Objects(126),
                ..TypeCycle::default()
            }
        );
        let (heap, stride) = histories.finish();
        assert_eq!((heap.len(), stride), (157, 64));
        assert_eq!(heap[156].heap_spans, Bytes(9999));
        assert!(heap.iter().map(|row| &row.objects).eq(&rows));
    }
}
