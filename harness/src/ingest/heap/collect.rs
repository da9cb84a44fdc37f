//! One pass over a dump: what the graph is made of, in arrays.
//!
//! Input: the reader. Output: [`Collected`]: objects with the pointers in them that point into the heap, as they stand
//! in the file. What they point to is not looked for here: a dump names objects after those that refer to them.

mod ahead;

use std::ops::ControlFlow;
use std::sync::Arc;

use self::ahead::Pace;
use super::index::Index;
use super::marks::Mark;
use super::objects::{NONE, Sizes};
use crate::format::heapdump::{
    Bucket, Finalizer, Frame, Goroutine, GoroutineStatus, Layout, MemStats, Memory, Object, Params, Reader,
    Record, SegmentKind,
};
use crate::model::{self, Address, Bytes, GoroutineId};

/// Objects and references are numbered with 32 bits; a few numbers are kept for holders.
const MAX_NUMBER: usize = (NONE - (1 << 24)) as usize;

/// An object with at least so many pointers is counted in [`Collected::wide`].
const WIDE: u32 = 8;

/// Words of stacks that are kept: what is not looked at may stay without a path, and nothing else.
const MAX_WORDS: usize = 1 << 20;

/// Not worth another thread.
const FEW_BYTES: u64 = 16 << 20;

/// Records between two looks at progress.
const LOOK_EVERY: u64 = 1 << 14;

/// How far the work is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What is done now: `read`, `resolve`.
    pub step: &'static str,
    /// Of all there is to read.
    pub percent: u8,
    /// Objects met.
    pub objects: u64,
}

/// Told now and then; may end the work.
pub type OnProgress<'a> = &'a mut dyn FnMut(Progress) -> ControlFlow<()>;

/// A dump in arrays. Objects are numbered in the order of the file.
#[derive(Debug, Default)]
pub(super) struct Collected {
    pub(super) params: Option<Params>,
    pub(super) addresses: Vec<u64>,
    pub(super) sizes: Sizes,
    /// Where the slots of each object end.
    pub(super) slot_ends: Vec<u32>,
    /// Pointers into the heap.
    pub(super) slots: Vec<u64>,
    /// Of each slot.
    pub(super) marks: Vec<Mark>,
    /// Objects with many pointers, and how many of them are not nil: by object.
    pub(super) wide: Vec<Wide>,
    /// Where in the file objects stand.
    pub(super) index: Index,
    /// Position of the first record that follows on objects and is none.
    pub(super) past_objects: Option<u64>,
    pub(super) segments: Vec<SegmentPlace>,
    pub(super) root_slots: Vec<RootSlot>,
    /// Words in frames that are no known pointers and look like some into the heap.
    pub(super) words: Vec<RootSlot>,
    pub(super) goroutines: Vec<GoroutineRecord>,
    /// Functions of frames, each once.
    pub(super) functions: Vec<Arc<str>>,
    pub(super) finalizers: Vec<(Finalizer, bool)>,
    pub(super) buckets: Vec<BucketRecord>,
    /// Address, place of the bucket.
    pub(super) samples: Vec<(u64, u32)>,
    pub(super) mem_stats: Option<Box<MemStats>>,
    layout: Layout,
    /// It was told to stop, or there is more than can be numbered.
    pub(super) stopped: Option<&'static str>,
    heap: (u64, u64),
    bucket_places: rustc_hash::FxHashMap<u64, u32>,
    function_places: rustc_hash::FxHashMap<Arc<str>, u32>,
}

/// How full an object with many pointers is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wide {
    pub(super) object: u32,
    pub(super) slots: u32,
    pub(super) set: u32,
}

/// Static memory.
#[derive(Debug, Clone, Copy)]
pub(super) struct SegmentPlace {
    pub(super) kind: SegmentKind,
    pub(super) address: u64,
    pub(super) size: u64,
}

/// A pointer outside of the heap.
#[derive(Debug, Clone, Copy)]
pub(super) struct RootSlot {
    pub(super) place: RootPlace,
    pub(super) value: u64,
    pub(super) mark: Mark,
}

/// Where such a pointer stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RootPlace {
    /// In static memory, at this address.
    Static(u64),
    /// In a frame: place of the goroutine, place of the frame on its stack.
    Frame(u32, u32),
    /// A goroutine's deferred call or panic.
    Deferred(u32),
    /// A root of the dump's own naming.
    Other,
}

/// A goroutine and its stack.
#[derive(Debug, Clone)]
pub(super) struct GoroutineRecord {
    pub(super) address: u64,
    pub(super) id: GoroutineId,
    pub(super) is_system: bool,
    pub(super) wait_since: i64,
    /// Empty unless it waits.
    pub(super) wait_reason: Arc<str>,
    /// Places in [`Collected::functions`], innermost first.
    pub(super) stack: Vec<u32>,
}

/// Where objects were allocated.
#[derive(Debug, Clone)]
pub(super) struct BucketRecord {
    pub(super) size: Bytes,
    pub(super) stack: Vec<model::Frame>,
}

/// Reads the dump to its end, or to the first damage.
pub(super) fn collect(reader: &mut Reader<'_>, progress: OnProgress<'_>) -> Collected {
    let is_worth_it =
        reader.len() >= FEW_BYTES && std::thread::available_parallelism().is_ok_and(|n| n.get() > 1);
    let middle = reader.len() / 2;
    collect_from(reader, is_worth_it.then_some(middle), progress)
}

/// Likewise; a second thread begins at `middle`.
fn collect_from(reader: &mut Reader<'_>, middle: Option<u64>, progress: OnProgress<'_>) -> Collected {
    let mut all = Collected { heap: (0, u64::MAX), ..Collected::default() };
    // The parameters, without which nothing can be read.
    all.read(reader, reader.position() + 1, &Pace::default(), progress);
    if let Some(ahead) = middle.and_then(|middle| reader.ahead(middle)) {
        all.read_with(reader, ahead, progress);
    }
    all.read(reader, u64::MAX, &Pace::default(), progress);
    all
}

impl Collected {
    /// Reads records that begin before `until`.
    fn read(&mut self, reader: &mut Reader<'_>, until: u64, ahead: &Pace, progress: OnProgress<'_>) {
        for n_records in 1u64.. {
            let position = reader.position();
            if position >= until || self.stopped.is_some() {
                break;
            }
            let Some(record) = reader.next_record() else { break };
            if let Record::Object(object) = &record {
                self.index.add(object.address.0, object.memory.size(), position);
            } else if self.past_objects.is_none() && !self.addresses.is_empty() {
                self.past_objects = Some(position);
            }
            self.record(record);
            if self.is_full() {
                self.stopped = Some("it has more objects or references than can be numbered");
            }
            if n_records.is_multiple_of(LOOK_EVERY) && progress(self.progress(reader, ahead)).is_break() {
                self.stopped = Some("the reading was interrupted");
            }
        }
    }

    fn progress(&self, reader: &Reader<'_>, ahead: &Pace) -> Progress {
        let read = u128::from(reader.position()) + u128::from(ahead.bytes());
        let percent = (read * 100 / u128::from(reader.len().max(1))).min(100) as u8;
        Progress { step: "read", percent, objects: self.addresses.len() as u64 + ahead.objects() }
    }

    fn is_full(&self) -> bool {
        self.addresses.len() >= MAX_NUMBER || self.slots.len() >= MAX_NUMBER
    }

    #[inline]
    fn record(&mut self, record: Record<'_>) {
        match record {
            Record::Object(object) => self.object(&object),
            Record::Params(params) => self.params(params),
            Record::Segment(segment) => {
                let place = SegmentPlace {
                    kind: segment.kind,
                    address: segment.address.0,
                    size: segment.memory.size(),
                };
                self.segments.push(place);
                self.root_memory(&segment.memory, |offset| {
                    RootPlace::Static(place.address.saturating_add(offset))
                });
            }
            Record::Goroutine(goroutine) => self.goroutine(&goroutine),
            Record::Frame(frame) => self.frame(&frame),
            Record::Defer(deferred) => {
                self.deferred(deferred.address);
                self.deferred(deferred.function);
            }
            Record::Panic(panic) => self.deferred(panic.arg_data),
            Record::OtherRoot(root) => self.root(RootPlace::Other, root.to.0, Mark::default()),
            Record::Finalizer(finalizer) => self.finalizers.push((finalizer, false)),
            Record::QueuedFinalizer(finalizer) => self.finalizers.push((finalizer, true)),
            Record::MemStats(stats) => self.mem_stats = Some(stats),
            Record::Bucket(bucket) => self.bucket(&bucket),
            Record::Sample(sample) => {
                if let Some(&bucket) = self.bucket_places.get(&sample.bucket.0) {
                    self.samples.push((sample.object.0, bucket));
                }
            }
            Record::Type(_) | Record::Itab(_) | Record::OsThread(_) => {}
        }
    }

    fn params(&mut self, params: Params) {
        self.layout = params.layout;
        self.heap = (params.heap_start.0, params.heap_end.0);
        self.params = Some(params);
    }

    #[inline]
    fn object(&mut self, object: &Object<'_>) {
        let number = self.addresses.len() as u32;
        self.addresses.push(object.address.0);
        self.sizes.push(object.memory.size());
        if !object.memory.is_pointer_free() {
            let (low, high) = self.heap;
            let (slots, marks) = (&mut self.slots, &mut self.marks);
            let (n, set) = pointers(&object.memory, self.layout, |_, value, mark| {
                if (low..high).contains(&value) {
                    slots.push(value);
                    marks.push(mark);
                }
            });
            if n >= WIDE {
                self.wide.push(Wide { object: number, slots: n, set });
            }
        }
        self.slot_ends.push(self.slots.len() as u32);
    }

    fn root_memory(&mut self, memory: &Memory<'_>, place: impl Fn(u64) -> RootPlace) {
        let mut found = Vec::new();
        pointers(memory, self.layout, |offset, value, mark| {
            found.push(RootSlot { place: place(offset), value, mark });
        });
        self.root_slots.append(&mut found);
    }

    fn root(&mut self, place: RootPlace, value: u64, mark: Mark) {
        if value != 0 {
            self.root_slots.push(RootSlot { place, value, mark });
        }
    }

    fn goroutine(&mut self, goroutine: &Goroutine) {
        let waits = matches!(goroutine.status, GoroutineStatus::Waiting | GoroutineStatus::Leaked);
        let wait_reason = match goroutine.status {
            _ if waits => Arc::clone(&goroutine.wait_reason),
            GoroutineStatus::Syscall | GoroutineStatus::Running => "syscall".into(),
            _ => "".into(),
        };
        self.goroutines.push(GoroutineRecord {
            address: goroutine.address.0,
            id: goroutine.id,
            is_system: goroutine.is_system,
            wait_since: goroutine.wait_since.0,
            wait_reason,
            stack: Vec::new(),
        });
        self.deferred(goroutine.ctxt);
    }

    fn frame(&mut self, frame: &Frame<'_>) {
        let function = self.function(&frame.function);
        let Some(number) = self.goroutines.len().checked_sub(1) else { return };
        let stack = &mut self.goroutines[number].stack;
        let depth = stack.len() as u32;
        stack.push(function);
        let place = RootPlace::Frame(number as u32, depth);
        self.root_memory(&frame.memory, |_| place);
        self.words_of(&frame.memory, place);
    }

    /// Variables that stay on the stack and have their address taken are not in a frame's pointer map: the runtime finds
    /// what they refer to by other tables (`stackObjectRecord`, Go 1.22-1.27), which a dump does not have.
    fn words_of(&mut self, memory: &Memory<'_>, place: RootPlace) {
        let width = u64::from(self.layout.pointer_size);
        let (Some(contents), true) = (memory.contents(), width > 0) else { return };
        let mut slots = memory.slots().map(|slot| slot.offset).peekable();
        for offset in (0..memory.size()).step_by(width as usize) {
            while slots.next_if(|slot| *slot < offset).is_some() {}
            let Some(value) = self.layout.pointer(contents, offset) else { return };
            let is_known = slots.peek() == Some(&offset);
            if !is_known && (self.heap.0..self.heap.1).contains(&value.0) && self.words.len() < MAX_WORDS {
                self.words.push(RootSlot { place, value: value.0, mark: Mark::default() });
            }
        }
    }

    fn function(&mut self, name: &Arc<str>) -> u32 {
        let next = self.functions.len() as u32;
        let place = *self.function_places.entry(Arc::clone(name)).or_insert(next);
        if place == next {
            self.functions.push(Arc::clone(name));
        }
        place
    }

    fn deferred(&mut self, value: Address) {
        if let Some(number) = self.goroutines.len().checked_sub(1) {
            self.root(RootPlace::Deferred(number as u32), value.0, Mark::default());
        }
    }

    fn bucket(&mut self, bucket: &Bucket<'_>) {
        self.bucket_places.insert(bucket.id.0, self.buckets.len() as u32);
        self.buckets.push(BucketRecord { size: bucket.size, stack: bucket.stack.to_vec() });
    }
}

/// Calls `each` with offset, value and mark of all pointers that are not nil; returns how many slots there are, and how
/// many of them are set.
#[inline]
fn pointers(memory: &Memory<'_>, layout: Layout, mut each: impl FnMut(u64, u64, Mark)) -> (u32, u32) {
    let (mut n, mut set) = (0u32, 0u32);
    let contents = memory.contents().unwrap_or_default();
    let word = |offset: u64| layout.pointer(contents, offset).map(|value| value.0);
    let width = u64::from(layout.pointer_size);
    let mut slots = memory.slots();
    let mut next = slots.next();
    while let Some(slot) = next {
        next = slots.next();
        n = n.saturating_add(1);
        if slot.value.is_nil() {
            continue;
        }
        set = set.saturating_add(1);
        let (behind, further) = (slot.offset.wrapping_add(width), slot.offset.wrapping_add(2 * width));
        let is_slot = |offset| next.is_some_and(|next| next.offset == offset);
        let mark = match is_slot(behind) {
            true => Mark::default(),
            false => Mark::new(word(behind), if is_slot(further) { None } else { word(further) }),
        };
        each(slot.offset, slot.value.0, mark);
    }
    (n, set)
}
