//! Heap objects by type, from the AllocFree experiment: what is alive, since when, and what became
//! of the rest, cycle by cycle.
//!
//! A trace has one of these events per allocation, a hundred million of them: each costs a look-up
//! of its page and of its slot. Memory grows with the program's heap, eight bytes a slot.

mod ages;
mod classes;
mod figures;
mod history;
mod living;
mod slots;
mod spans;
mod stacks;
#[cfg(test)]
mod tests;
mod types;

use self::figures::Figures;
use self::history::{HeapRow, Histories};
pub use self::living::{LivingObject, LivingObjects};
use self::slots::{Freed, OLDER, Slot, Took};
use self::spans::Spans;
use self::stacks::Stacks;
use self::types::Types;
use super::super::cycle_count::CycleCount;
use super::seen::Seen;
use crate::format::exectrace::{AllocFree, EventKind, ObjectId, TypeId};
use crate::model::trace::HeapSummary;
use crate::model::{Bytes, Objects};

/// Everything on the heap so far.
#[derive(Debug, Default)]
pub(super) struct Heap {
    types: Types,
    spans: Spans,
    stacks: Stacks,
    /// By row of [`Types`].
    rows: Vec<Figures>,
    /// Rows with something to be written into their history.
    changed: Vec<u32>,
    total: Figures,
    histories: Histories,
    count: CycleCount,
    /// The cycle that ended last.
    cycle: u32,
    met: bool,
    tiny_shared: u64,
    unknown_frees: u64,
    untracked: u64,
}

impl Heap {
    /// Takes one event.
    #[inline]
    pub(super) fn event(&mut self, seen: &Seen<'_, '_>) {
        match *seen.kind {
            EventKind::AllocFree(event) => self.heap_event(event, seen),
            EventKind::GcBegin { seq } => {
                self.count.begin(seq);
            }
            EventKind::GcActive { seq } => {
                self.count.active(seq);
            }
            EventKind::GcEnd { seq } => self.cycle_ended(seq, seen.counts()),
            EventKind::Sync(_) => self.new_generation(seen),
            _ => {}
        }
    }

    #[inline]
    fn heap_event(&mut self, event: AllocFree, seen: &Seen<'_, '_>) {
        match event {
            AllocFree::ObjectAlloc { object, of } => self.object((object, of), self.cycle, seen),
            AllocFree::ObjectFree { object } => self.object_free(object, seen),
            AllocFree::ObjectExists { object, of } => self.object((object, of), OLDER, seen),
            AllocFree::SpanAlloc { span, pages, class } | AllocFree::SpanExists { span, pages, class } => {
                self.met = true;
                self.span_free(span.0, seen);
                self.spans.insert((span.0, pages), class);
            }
            AllocFree::SpanFree { span } => self.span_free(span.0, seen),
            AllocFree::StackAlloc { stack, size } | AllocFree::StackExists { stack, size } => {
                self.stacks.insert(stack, size);
            }
            AllocFree::StackFree { stack } => self.unknown_frees += u64::from(!self.stacks.remove(stack)),
        }
    }

    fn new_generation(&mut self, seen: &Seen<'_, '_>) {
        self.types.new_generation();
        if let Some(info) = seen.reader.alloc_info() {
            self.spans.scale(info);
        }
    }

    /// An object that is there, or comes to be.
    #[inline]
    fn object(&mut self, (object, of): (ObjectId, TypeId), birth: u32, seen: &Seen<'_, '_>) {
        self.met = true;
        let of = self.types.number(of, seen.reader);
        let single = self.types.slot_size(of);
        let slot = |bytes: u64| Slot::new(types::row(of, bytes > single), birth);
        let (took, bytes) = self.spans.take(object, slot, single);
        let counts = birth != OLDER && seen.counts();
        match took {
            Took::Fresh(slot) => self.born(slot, (bytes, counts)),
            Took::Replaced(slot, old) => {
                // Its free is not in the trace.
                self.died(old, (bytes, counts));
                self.born(slot, (bytes, counts));
            }
            Took::Shared => self.tiny_shared += u64::from(counts),
            Took::Untracked => self.untracked += u64::from(counts),
        }
    }

    #[inline]
    fn object_free(&mut self, object: ObjectId, seen: &Seen<'_, '_>) {
        match self.spans.free(object, |slot| self.types.slot_size(types::of(slot.row()))) {
            Some(Freed { slot, bytes }) => self.died(slot, (bytes, seen.counts())),
            None => self.unknown_frees += u64::from(seen.counts()),
        }
    }

    /// A span goes; sweeping has freed its objects before, if the trace is whole.
    fn span_free(&mut self, page: u64, seen: &Seen<'_, '_>) {
        let Some((slots, bytes)) = self.spans.remove(page) else { return };
        let left = slots.iter().copied().filter(|slot| !slot.is_free());
        left.for_each(|slot| self.died(slot, (bytes, seen.counts())));
    }

    #[inline]
    fn born(&mut self, slot: Slot, (bytes, counts): (u64, bool)) {
        self.total.born(bytes, counts);
        if let Some(row) = figures(&mut self.rows, &mut self.changed, slot.row()) {
            row.born(bytes, counts);
        }
    }

    #[inline]
    fn died(&mut self, slot: Slot, (bytes, counts): (u64, bool)) {
        let age = slot.age(self.cycle);
        self.total.died(bytes, (age, counts));
        if let Some(row) = figures(&mut self.rows, &mut self.changed, slot.row()) {
            row.died(bytes, (age, counts));
        }
    }

    /// What happened since the last cycle ended becomes a row of each type's history.
    fn cycle_ended(&mut self, seq: u64, counts: bool) {
        if self.met && counts {
            self.cut();
        }
        self.cycle = u32::try_from(self.count.end(seq)).map_or(OLDER - 1, |cycle| cycle.min(OLDER - 1));
    }

    fn cut(&mut self) {
        let widened = self.histories.at(self.cycle);
        if widened {
            self.rows.iter_mut().for_each(|row| row.history.widen(self.histories.stride()));
        }
        for row in self.changed.drain(..) {
            self.rows.get_mut(row as usize).into_iter().for_each(|row| row.cut(&self.histories));
        }
        let (heap_spans, other_spans) = self.spans.bytes();
        let objects = self.total.since_cut(self.cycle);
        self.histories.push(HeapRow { objects, heap_spans, other_spans, stack_bytes: self.stacks.bytes() });
    }

    /// The objects that are alive now, by address.
    pub(super) fn living(&self) -> LivingObjects {
        LivingObjects::of(&self.spans, &self.types, self.cycle)
    }

    /// The summary; `None` if the trace has no such events.
    pub(super) fn finish(mut self) -> Option<HeapSummary> {
        if !self.met {
            return None;
        }
        self.cut();
        let ages = ages::count(&self.spans, self.rows.len());
        let total = self.total.finish(ages.total(), self.cycle);
        let (cycles, cycles_per_row) = self.histories.finish();
        let types = types::finish(&self.types, (self.rows, &ages), self.cycle);
        let (stacks, stack_bytes) = (self.stacks.len(), self.stacks.bytes());
        Some(HeapSummary {
            total,
            types,
            cycles,
            cycles_per_row,
            tiny_shared: self.tiny_shared,
            unknown_frees: self.unknown_frees,
            spanless: self.spans.spanless(),
            untracked: self.untracked,
            stacks,
            stack_bytes: Bytes(stack_bytes),
        })
    }
}

/// The figures of a row, which is noted as changed.
#[inline]
fn figures<'f>(rows: &'f mut Vec<Figures>, changed: &mut Vec<u32>, row: u32) -> Option<&'f mut Figures> {
    if row as usize >= rows.len() {
        // Rows are numbered in the order in which types come.
        rows.resize_with(row as usize + 1, Figures::default);
    }
    let figures = rows.get_mut(row as usize)?;
    if !std::mem::replace(&mut figures.changed, true) {
        changed.push(row);
    }
    Some(figures)
}

fn objects(count: u64) -> Objects {
    Objects(count)
}
