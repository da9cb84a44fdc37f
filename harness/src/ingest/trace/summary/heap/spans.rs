//! The heap's pages, spans and slots: from an object's id to what is known of it.
//!
//! A span of small objects has a row of slots, so that an object is found by its page and a
//! division, wherever in its slot its address points (headers and tiny objects put it inside).

use rustc_hash::FxHashMap;

use super::classes::{self, TINY};
use super::slots::{Freed, Slot, Took};
use crate::format::exectrace::{AllocInfo, ObjectId, SpanClass};
use crate::model::Bytes;

/// Pages in one piece of the page table (4 MiB of heap).
const PIECE: u64 = 512;

/// Most slots that are remembered at once (half a gigabyte), and most objects outside of spans. A
/// file could claim any number.
const MAX_SLOTS: u64 = 1 << 26;
const MAX_SPANLESS: usize = 1 << 22;

/// Most slots that a span can have: 8 KiB of the smallest.
const MAX_SLOTS_IN_SPAN: u64 = 1024;

/// Most pages of a span of small objects (the largest class has 10), most spans, and most pieces of
/// the page table: a terabyte of heap.
const MAX_SMALL_PAGES: u64 = 16;
const MAX_SPANS: usize = 1 << 24;
const MAX_PIECES: usize = 1 << 18;

/// Until the trace says otherwise (it always has, in Go 1.23 to 1.27).
const PAGE_SIZE: u64 = 8192;
const OBJECT_ALIGN: u64 = 8;

/// One span.
#[derive(Debug, Clone)]
struct Span {
    page: u64,
    /// Of memory.
    bytes: u64,
    /// Holds heap objects.
    heap: bool,
    /// Pages of which the page table knows.
    n_pages: u64,
    slot_bytes: u64,
    /// Slots, once there was an object.
    slots: Box<[Slot]>,
    n_slots: u32,
    /// 2^32 by the units of object ids in a slot.
    inverse: u64,
    /// Objects without pointers may share a slot.
    shares: bool,
}

/// All spans.
#[derive(Debug)]
pub(super) struct Spans {
    /// log2 of the object ids in a page.
    page_shift: u32,
    page_size: u64,
    object_align: u64,
    base: u64,
    /// Number of the piece for each [`PIECE`] pages.
    places: FxHashMap<u64, u32>,
    /// Number of the span and one more for each page.
    pieces: Vec<[u32; PIECE as usize]>,
    /// The piece asked for last: its place and number.
    recent: (u64, u32),
    spans: Vec<Span>,
    unused: Vec<u32>,
    n_slots: u64,
    heap_bytes: u64,
    other_bytes: u64,
    /// Objects of which no span is known.
    outside: FxHashMap<u64, Slot>,
    spanless: u64,
}

impl Default for Spans {
    fn default() -> Self {
        Self {
            page_shift: (PAGE_SIZE / OBJECT_ALIGN).ilog2(),
            page_size: PAGE_SIZE,
            object_align: OBJECT_ALIGN,
            base: 0,
            places: FxHashMap::default(),
            pieces: Vec::new(),
            recent: (u64::MAX, 0),
            spans: Vec::new(),
            unused: Vec::new(),
            n_slots: 0,
            heap_bytes: 0,
            other_bytes: 0,
            outside: FxHashMap::default(),
            spanless: 0,
        }
    }
}

impl Spans {
    /// Sets the scale of ids. One that makes no sense, or comes after spans were counted by another,
    /// is not believed.
    pub(super) fn scale(&mut self, info: AllocInfo) {
        let AllocInfo { min_heap_address, page_size, heap_align, .. } = info;
        let sound = page_size.is_power_of_two() && heap_align.is_power_of_two();
        if sound && heap_align <= page_size && page_size <= 1 << 30 && self.spans.is_empty() {
            self.page_shift = (page_size / heap_align).ilog2();
            (self.page_size, self.object_align, self.base) = (page_size, heap_align, min_heap_address);
        }
    }

    /// Adds a span; there must be none at that page.
    pub(super) fn insert(&mut self, (page, pages): (u64, u64), class: SpanClass) {
        if self.unused.is_empty() && self.spans.len() >= MAX_SPANS {
            return; // its objects will be met as those of no span
        }
        let span = self.span((page, pages), class);
        *(if span.heap { &mut self.heap_bytes } else { &mut self.other_bytes }) += span.bytes;
        let n_pages = span.n_pages;
        let number = match self.unused.pop() {
            Some(number) => {
                self.spans[number as usize] = span;
                number
            }
            None => {
                self.spans.push(span);
                u32::try_from(self.spans.len() - 1).unwrap_or(u32::MAX)
            }
        };
        (0..n_pages).for_each(|i| self.set_page(page.saturating_add(i), number.saturating_add(1)));
    }

    fn span(&self, (page, pages): (u64, u64), class: SpanClass) -> Span {
        let bytes = pages.saturating_mul(self.page_size);
        let small = class.size_class().and_then(classes::slot_bytes);
        let fits = |&slot: &u64| {
            pages <= MAX_SMALL_PAGES
                && bytes / slot <= MAX_SLOTS_IN_SPAN
                && slot <= bytes
                && slot >= self.object_align
        };
        let (slot_bytes, n_slots, n_pages) = match small.filter(fits) {
            Some(slot) => (slot, bytes / slot, pages),
            // A large object has its span for itself; of other memory nothing is asked.
            None => (bytes, u64::from(class.size_class().is_some()), 1),
        };
        let units = (slot_bytes / self.object_align).max(1);
        Span {
            page,
            bytes,
            heap: class.size_class().is_some(),
            n_pages,
            slot_bytes,
            slots: Box::default(),
            n_slots: u32::try_from(n_slots).unwrap_or(0),
            inverse: (1 << 32) / units + 1,
            shares: slot_bytes == TINY && class.is_noscan(),
        }
    }

    fn set_page(&mut self, page: u64, value: u32) {
        let place = page / PIECE;
        let number = match self.places.get(&place) {
            Some(&known) => known,
            None if self.pieces.len() >= MAX_PIECES => return,
            None => self.add_piece(place),
        };
        if let Some(piece) = self.pieces.get_mut(number as usize) {
            piece[(page % PIECE) as usize] = value;
        }
    }

    fn add_piece(&mut self, place: u64) -> u32 {
        let number = u32::try_from(self.pieces.len()).unwrap_or(u32::MAX);
        self.pieces.push([0; PIECE as usize]);
        self.places.insert(place, number);
        number
    }

    /// The span of a page.
    #[inline]
    fn at_page(&mut self, page: u64) -> Option<u32> {
        let place = page / PIECE;
        if self.recent.0 != place {
            self.recent = (place, *self.places.get(&place)?);
        }
        self.pieces.get(self.recent.1 as usize)?[(page % PIECE) as usize].checked_sub(1)
    }

    /// The span that an object lies in, and its place there.
    #[inline]
    fn place(&mut self, object: ObjectId) -> Option<(&mut Span, usize)> {
        let number = self.at_page(object.0 >> self.page_shift)?;
        let span = self.spans.get_mut(number as usize)?;
        let offset = object.0.wrapping_sub(span.page << self.page_shift);
        let place = span.place(offset)?;
        Some((span, place))
    }

    /// Puts an object into its slot. Without a span it takes `single` bytes.
    #[inline]
    pub(super) fn take(&mut self, object: ObjectId, new: impl Fn(u64) -> Slot, single: u64) -> (Took, u64) {
        let room = self.n_slots < MAX_SLOTS;
        let Some((span, place)) = self.place(object) else {
            return (self.take_outside(object, new(single)), single);
        };
        let bytes = span.slot_bytes;
        let mut grown = 0;
        if span.slots.is_empty() {
            if !room {
                return (Took::Untracked, bytes);
            }
            span.slots = vec![Slot::FREE; span.n_slots as usize].into_boxed_slice();
            grown = u64::from(span.n_slots);
        }
        let Some(slot) = span.slots.get_mut(place) else { return (Took::Untracked, bytes) };
        let old = *slot;
        let took = match old.is_free() {
            true => Took::Fresh(new(bytes)),
            false if span.shares => Took::Shared,
            false => Took::Replaced(new(bytes), old),
        };
        if let Took::Fresh(new) | Took::Replaced(new, _) = took {
            *slot = new;
        }
        self.n_slots += grown;
        (took, bytes)
    }

    #[cold]
    fn take_outside(&mut self, object: ObjectId, new: Slot) -> Took {
        if self.outside.len() >= MAX_SPANLESS {
            return Took::Untracked;
        }
        self.spanless += 1;
        match self.outside.insert(object.0, new) {
            None => Took::Fresh(new),
            Some(old) => Took::Replaced(new, old),
        }
    }

    /// Frees an object. `single` tells how much one that is in no span takes.
    #[inline]
    pub(super) fn free(&mut self, object: ObjectId, single: impl Fn(Slot) -> u64) -> Option<Freed> {
        if !self.outside.is_empty()
            && let Some(slot) = self.outside.remove(&object.0)
        {
            return Some(Freed { slot, bytes: single(slot) });
        }
        let (span, place) = self.place(object)?;
        let bytes = span.slot_bytes;
        let slot = std::mem::take(span.slots.get_mut(place)?);
        (!slot.is_free()).then_some(Freed { slot, bytes })
    }

    /// Removes the span that begins at a page: its slots, and the bytes of each.
    pub(super) fn remove(&mut self, page: u64) -> Option<(Box<[Slot]>, u64)> {
        let number = self.at_page(page)?;
        let span = self.spans.get_mut(number as usize).filter(|span| span.page == page)?;
        let slots = std::mem::take(&mut span.slots);
        let (bytes, n_pages, slot_bytes) = (span.bytes, span.n_pages, span.slot_bytes);
        let sum = if span.heap { &mut self.heap_bytes } else { &mut self.other_bytes };
        *sum = sum.saturating_sub(bytes);
        self.n_slots -= slots.len() as u64;
        self.unused.push(number);
        (0..n_pages).for_each(|i| self.set_page(page.saturating_add(i), 0));
        Some((slots, slot_bytes))
    }

    /// Bytes of spans of heap objects, and of others.
    pub(super) fn bytes(&self) -> (Bytes, Bytes) {
        (Bytes(self.heap_bytes), Bytes(self.other_bytes))
    }

    /// Objects met of which no span was known.
    pub(super) fn spanless(&self) -> u64 {
        self.spanless
    }

    /// All objects: address and what is known.
    pub(super) fn living(&self) -> impl Iterator<Item = (u64, Slot)> + '_ {
        let inside = self.spans.iter().flat_map(move |span| {
            let begin = self.base.saturating_add(span.page.saturating_mul(self.page_size));
            let address = move |place: u64| begin.saturating_add(place * span.slot_bytes);
            (0u64..).zip(span.slots.iter().copied()).map(move |(place, slot)| (address(place), slot))
        });
        let outside = self.outside.iter().map(|(&object, &slot)| {
            (self.base.saturating_add(object.saturating_mul(self.object_align)), slot)
        });
        inside.chain(outside).filter(|(_, slot)| !slot.is_free())
    }
}

impl Span {
    /// The slot at an offset, in units of object ids.
    #[inline]
    fn place(&self, offset: u64) -> Option<usize> {
        if self.n_slots == 1 {
            return Some(0);
        }
        // Exact for offsets below 2^16, and no span is larger.
        let place = (offset & 0xffff).wrapping_mul(self.inverse) >> 32;
        (place < u64::from(self.n_slots)).then_some(place as usize)
    }
}
