//! One record of any kind from the bytes at hand, checked.
//!
//! It either gives the whole record, or says that the bytes end first (more may follow in the file), or
//! what in it cannot be.

use std::ops::Range;
use std::sync::Arc;

use super::layout::Layout;
use super::memory::{Extent, FIELD_END, pointer_field};
use super::names::Names;
use super::record::{
    Defer, Finalizer, Goroutine, GoroutineStatus, Itab, MemStats, OsThread, OtherRoot, Panic, Params, Record,
    Sample, SegmentKind, Type,
};
use super::wire::{Wire, WireError};
use crate::model::{self, Address, Bytes, GoroutineId, MonotonicTime, Nanoseconds, Objects, WallTime};

/// Why a record was not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// The bytes end before it does.
    End,
    /// It cannot be.
    Wrong {
        /// What a sound dump has there.
        expected: String,
        /// What this one has.
        found: String,
    },
}

impl From<WireError> for Fault {
    fn from(error: WireError) -> Self {
        match error {
            WireError::End => Self::End,
            WireError::Overlong => Self::wrong("a number of at most 64 bits", error.describe()),
        }
    }
}

impl Fault {
    pub(super) fn wrong(expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self::Wrong { expected: expected.into(), found: found.into() }
    }
}

/// A record that borrows nothing yet.
#[derive(Debug)]
pub(super) enum Parsed {
    /// One that holds no memory and no stack.
    Whole(Record<'static>),
    /// One that holds memory.
    Memory(Head, Extent),
    /// A bucket; its stack is in [`Parser::stack`].
    Bucket(BucketHead),
    /// The mark at the end of the dump.
    End,
}

impl Parsed {
    /// `fields` ends behind the mark.
    #[inline]
    pub(super) fn memory(head: Head, contents_at: u64, size: u64, fields: Range<u64>) -> Self {
        let fields_len = fields.end - fields.start - 1;
        Self::Memory(head, Extent { contents_at, size, fields_at: fields.start, fields_len })
    }
}

/// What a record with memory has beside it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Head {
    Object(Address),
    Segment(SegmentKind, Address),
    Frame(Box<FrameHead>),
}

impl Head {
    /// Whether records with this tag do.
    #[inline]
    pub(super) fn holds_memory(tag: u64) -> bool {
        matches!(tag, tag::OBJECT | tag::DATA | tag::BSS | tag::FRAME)
    }
}

/// What a frame has beside its memory.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct FrameHead {
    pub(super) sp: Address,
    pub(super) depth: u64,
    pub(super) child_sp: Address,
    pub(super) entry: Address,
    pub(super) pc: Address,
    pub(super) continpc: Address,
    pub(super) function: Arc<str>,
}

#[derive(Debug)]
pub(super) struct BucketHead {
    pub(super) id: Address,
    pub(super) size: Bytes,
    pub(super) allocs: Objects,
    pub(super) frees: Objects,
}

/// Frames of a bucket's stack. The runtime keeps 128, or up to 1024 if GODEBUG says so.
const MAX_FRAMES: u64 = 1 << 16;

/// The kinds of records: tag and name.
const KINDS: [(u64, &str); 18] = [
    (tag::END, "end of the dump"),
    (tag::OBJECT, "object"),
    (tag::OTHER_ROOT, "other root"),
    (tag::TYPE, "type"),
    (tag::GOROUTINE, "goroutine"),
    (tag::FRAME, "stack frame"),
    (tag::PARAMS, "parameters"),
    (tag::FINALIZER, "finalizer"),
    (tag::ITAB, "itab"),
    (tag::OS_THREAD, "thread"),
    (tag::MEM_STATS, "memory statistics"),
    (tag::QUEUED_FINALIZER, "queued finalizer"),
    (tag::DATA, "data segment"),
    (tag::BSS, "bss segment"),
    (tag::DEFER, "defer"),
    (tag::PANIC, "panic"),
    (tag::BUCKET, "profile bucket"),
    (tag::SAMPLE, "allocation sample"),
];

mod tag {
    pub(super) const END: u64 = 0;
    pub(super) const OBJECT: u64 = 1;
    pub(super) const OTHER_ROOT: u64 = 2;
    pub(super) const TYPE: u64 = 3;
    pub(super) const GOROUTINE: u64 = 4;
    pub(super) const FRAME: u64 = 5;
    pub(super) const PARAMS: u64 = 6;
    pub(super) const FINALIZER: u64 = 7;
    pub(super) const ITAB: u64 = 8;
    pub(super) const OS_THREAD: u64 = 9;
    pub(super) const MEM_STATS: u64 = 10;
    pub(super) const QUEUED_FINALIZER: u64 = 11;
    pub(super) const DATA: u64 = 12;
    pub(super) const BSS: u64 = 13;
    pub(super) const DEFER: u64 = 14;
    pub(super) const PANIC: u64 = 15;
    pub(super) const BUCKET: u64 = 16;
    pub(super) const SAMPLE: u64 = 17;
}

/// The name of the kind of record that begins with these bytes.
pub(super) fn structure(bytes: &[u8]) -> &'static str {
    let tag = Wire::new(bytes).varint();
    KINDS.iter().find(|(known, _)| tag == Ok(*known)).map_or("record", |(_, name)| name)
}

/// What earlier records say about later ones, and what is shared between records.
#[derive(Debug, Default)]
pub(super) struct Parser {
    pub(super) params: Option<Params>,
    pub(super) layout: Layout,
    pub(super) stack: Vec<model::Frame>,
    pub(super) names: Names,
}

type Result<T> = std::result::Result<T, Fault>;

impl Parser {
    /// The record at the start of `bytes`, which stand at `base` in the file, and its length.
    #[inline]
    pub(super) fn parse(&mut self, bytes: &[u8], base: u64) -> Result<(Parsed, u64)> {
        let mut wire = Wire::new(bytes);
        let tag = wire.varint()?;
        if self.params.is_none() && tag != tag::PARAMS {
            return Err(Fault::wrong("parameters before all else", format!("a record with tag {tag}")));
        }
        let parsed = match tag {
            _ if Head::holds_memory(tag) => self.memory(tag, &mut wire, base)?,
            tag::SAMPLE => {
                let [object, bucket] = numbers(&mut wire)?.map(Address);
                Parsed::Whole(Record::Sample(Sample { object, bucket }))
            }
            tag::BUCKET => Parsed::Bucket(self.bucket(&mut wire)?),
            tag::END => Parsed::End,
            _ => Parsed::Whole(self.other(tag, &mut wire)?),
        };
        Ok((parsed, wire.pos() as u64))
    }

    #[inline]
    fn memory(&mut self, tag: u64, wire: &mut Wire<'_>, base: u64) -> Result<Parsed> {
        let (mut head, size) = self.before_contents(tag, wire)?;
        let contents_at = wire.pos();
        wire.bytes(size)?;
        self.after_contents(&mut head, wire)?;
        let fields_at = wire.pos();
        let mut fields = FieldCheck::new(&head, self.layout, size);
        fields.go_on(wire)?;
        let fields = base + fields_at as u64..base + wire.pos() as u64;
        Ok(Parsed::memory(head, base + contents_at as u64, size, fields))
    }

    /// Reads up to the contents and returns their size.
    #[inline]
    pub(super) fn before_contents(&self, tag: u64, wire: &mut Wire<'_>) -> Result<(Head, u64)> {
        let address = Address(wire.varint()?);
        let head = match tag {
            tag::OBJECT => Head::Object(address),
            tag::DATA => Head::Segment(SegmentKind::Data, address),
            tag::BSS => Head::Segment(SegmentKind::Bss, address),
            _ => {
                let [depth, child_sp] = numbers(wire)?;
                let child_sp = Address(child_sp);
                Head::Frame(Box::new(FrameHead { sp: address, depth, child_sp, ..FrameHead::default() }))
            }
        };
        let size = wire.varint()?;
        match head {
            Head::Object(_) => self.in_heap(address, size)?,
            _ => in_memory(address, size)?,
        }
        Ok((head, size))
    }

    /// Reads what a frame has between its contents and its fields.
    #[inline]
    pub(super) fn after_contents(&mut self, head: &mut Head, wire: &mut Wire<'_>) -> Result<()> {
        if let Head::Frame(frame) = head {
            [frame.entry, frame.pc, frame.continpc] = numbers(wire)?.map(Address);
            frame.function = self.text(wire)?;
        }
        Ok(())
    }

    #[inline]
    fn in_heap(&self, address: Address, size: u64) -> Result<()> {
        let Some(Params { heap_start, heap_end, .. }) = self.params else { return in_memory(address, size) };
        // A 32-bit program's last arena can end at 2^32, which its runtime writes as 0.
        let in_heap = heap_end <= heap_start
            || (address >= heap_start && address <= heap_end && size <= heap_end.0 - address.0);
        if in_heap && size > 0 { Ok(()) } else { Err(outside(heap_start, heap_end, address, size)) }
    }

    /// Records that are few.
    #[cold]
    fn other(&mut self, tag: u64, wire: &mut Wire<'_>) -> Result<Record<'static>> {
        Ok(match tag {
            tag::PARAMS => Record::Params(self.read_params(wire)?),
            tag::TYPE => Record::Type(self.type_(wire)?),
            tag::ITAB => {
                let [address, of] = numbers(wire)?.map(Address);
                Record::Itab(Itab { address, of })
            }
            tag::OTHER_ROOT => {
                let description = self.text(wire)?;
                Record::OtherRoot(OtherRoot { description, to: Address(wire.varint()?) })
            }
            tag::GOROUTINE => Record::Goroutine(self.goroutine(wire)?),
            tag::DEFER => Record::Defer(defer(wire)?),
            tag::PANIC => Record::Panic(panic(wire)?),
            tag::OS_THREAD => {
                let [address, id, os_id] = numbers(wire)?;
                Record::OsThread(OsThread { address: Address(address), id, os_id })
            }
            tag::FINALIZER => Record::Finalizer(finalizer(wire)?),
            tag::QUEUED_FINALIZER => Record::QueuedFinalizer(finalizer(wire)?),
            tag::MEM_STATS => Record::MemStats(Box::new(mem_stats(wire)?)),
            _ => return Err(Fault::wrong("a tag from 0 to 17", format!("tag {tag}"))),
        })
    }

    fn read_params(&mut self, wire: &mut Wire<'_>) -> Result<Params> {
        let [big_endian, pointer_size, heap_start, heap_end] = numbers(wire)?;
        let params = Params {
            layout: Layout { big_endian: flag(big_endian)?, pointer_size: size_of_pointer(pointer_size)? },
            heap_start: Address(heap_start),
            heap_end: Address(heap_end),
            arch: self.text(wire)?,
            version: self.text(wire)?,
            n_cpus: wire.varint()?,
        };
        if self.params.is_some() {
            return Err(Fault::wrong("parameters once", "them a second time"));
        }
        self.layout = params.layout;
        self.params = Some(params.clone());
        Ok(params)
    }

    fn type_(&mut self, wire: &mut Wire<'_>) -> Result<Type> {
        let [address, size] = numbers(wire)?;
        let name = self.text(wire)?;
        let is_pointer = flag(wire.varint()?)?;
        Ok(Type { address: Address(address), size: Bytes(size), name, is_pointer })
    }

    fn goroutine(&mut self, wire: &mut Wire<'_>) -> Result<Goroutine> {
        let [address, sp, id, gopc, status, is_system, is_background, wait_since] = numbers(wire)?;
        let is_system = flag(is_system)?;
        flag(is_background)?;
        let wait_reason = self.text(wire)?;
        let [ctxt, m, first_defer, first_panic] = numbers(wire)?.map(Address);
        Ok(Goroutine {
            address: Address(address),
            sp: Address(sp),
            id: GoroutineId(id),
            gopc: Address(gopc),
            status: GoroutineStatus::from_wire(status),
            is_system,
            wait_since: MonotonicTime(wait_since.cast_signed()),
            wait_reason,
            ctxt,
            m,
            first_defer,
            first_panic,
        })
    }

    fn bucket(&mut self, wire: &mut Wire<'_>) -> Result<BucketHead> {
        let [id, size, n_frames] = numbers(wire)?;
        if n_frames > MAX_FRAMES {
            return Err(Fault::wrong(format!("at most {MAX_FRAMES} frames"), n_frames.to_string()));
        }
        self.stack.clear();
        for _ in 0..n_frames {
            let (function, file) = (self.text(wire)?, self.text(wire)?);
            let line = u32::try_from(wire.varint()?).unwrap_or(0);
            self.stack.push(model::Frame { function, file, line });
        }
        let [allocs, frees] = numbers(wire)?.map(Objects);
        Ok(BucketHead { id: Address(id), size: Bytes(size), allocs, frees })
    }

    fn text(&mut self, wire: &mut Wire<'_>) -> Result<Arc<str>> {
        let len = wire.varint()?;
        Ok(self.names.intern(wire.bytes(len)?))
    }
}

/// Walks over the fields of a memory, as many as are at hand.
pub(super) struct FieldCheck {
    layout: Layout,
    /// Size of the contents; frames may name slots outside.
    within: u64,
}

impl FieldCheck {
    #[inline]
    pub(super) fn new(head: &Head, layout: Layout, size: u64) -> Self {
        let within = if let Head::Frame(_) = head { u64::MAX } else { size };
        Self { layout, within }
    }

    /// Goes past the mark that ends them. If the bytes end first, it can go on where `wire` then stands.
    #[inline]
    pub(super) fn go_on(&mut self, wire: &mut Wire<'_>) -> Result<()> {
        while let Some(offset) = pointer_field(wire)? {
            if !self.layout.fits(offset, self.within) {
                let expected = format!("pointers within {} bytes", self.within);
                return Err(Fault::wrong(expected, format!("one at {offset}")));
            }
        }
        match wire.byte()? {
            FIELD_END => Ok(()),
            kind => Err(Fault::wrong("fields of kind 1 (pointer)", format!("kind {kind}"))),
        }
    }
}

impl GoroutineStatus {
    fn from_wire(status: u64) -> Self {
        match status {
            1 => Self::Runnable,
            2 => Self::Running,
            3 => Self::Syscall,
            4 => Self::Waiting,
            9 => Self::Preempted,
            10 => Self::Leaked,
            other => Self::Other(other),
        }
    }
}

#[inline]
fn numbers<const N: usize>(wire: &mut Wire<'_>) -> Result<[u64; N]> {
    let mut numbers = [0; N];
    for number in &mut numbers {
        *number = wire.varint()?;
    }
    Ok(numbers)
}

fn flag(number: u64) -> Result<bool> {
    match number {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(Fault::wrong("a flag of 0 or 1", number.to_string())),
    }
}

fn size_of_pointer(size: u64) -> Result<u8> {
    match size {
        4 => Ok(4),
        8 => Ok(8),
        _ => Err(Fault::wrong("pointers of 4 or 8 bytes", size.to_string())),
    }
}

/// Memory ends before addresses do.
fn in_memory(address: Address, size: u64) -> Result<()> {
    match address.0.checked_add(size) {
        Some(_) => Ok(()),
        None => Err(outside(Address(0), Address(u64::MAX), address, size)),
    }
}

#[cold]
fn outside(start: Address, end: Address, address: Address, size: u64) -> Fault {
    Fault::wrong(format!("memory between {start} and {end}"), format!("{size} bytes at {address}"))
}

fn defer(wire: &mut Wire<'_>) -> Result<Defer> {
    let [address, goroutine, sp, pc, function, code, link] = numbers(wire)?.map(Address);
    Ok(Defer { address, goroutine, sp, pc, function, code, link })
}

fn panic(wire: &mut Wire<'_>) -> Result<Panic> {
    // The fifth was the deferred call that panicked; it is always 0 in the releases read here.
    let [address, goroutine, arg_type, arg_data, _, link] = numbers(wire)?.map(Address);
    Ok(Panic { address, goroutine, arg_type, arg_data, link })
}

fn finalizer(wire: &mut Wire<'_>) -> Result<Finalizer> {
    let [object, function, code, argument_type, object_type] = numbers(wire)?.map(Address);
    Ok(Finalizer { object, function, code, argument_type, object_type })
}

fn mem_stats(wire: &mut Wire<'_>) -> Result<MemStats> {
    let [alloc, total_alloc, sys] = numbers(wire)?.map(Bytes);
    let lookups = wire.varint()?;
    let [mallocs, frees] = numbers(wire)?.map(Objects);
    let [heap_alloc, heap_sys, heap_idle, heap_inuse, heap_released] = numbers(wire)?.map(Bytes);
    let heap_objects = Objects(wire.varint()?);
    let [stack_inuse, stack_sys, mspan_inuse, mspan_sys, mcache_inuse, mcache_sys] =
        numbers(wire)?.map(Bytes);
    let [buck_hash_sys, gc_sys, other_sys, next_gc] = numbers(wire)?.map(Bytes);
    let [last_gc, pause_total] = numbers(wire)?.map(u64::cast_signed);
    let pauses: [u64; MemStats::N_PAUSES] = numbers(wire)?;
    Ok(MemStats {
        alloc,
        total_alloc,
        sys,
        lookups,
        mallocs,
        frees,
        heap_alloc,
        heap_sys,
        heap_idle,
        heap_inuse,
        heap_released,
        heap_objects,
        stack_inuse,
        stack_sys,
        mspan_inuse,
        mspan_sys,
        mcache_inuse,
        mcache_sys,
        buck_hash_sys,
        gc_sys,
        other_sys,
        next_gc,
        last_gc: WallTime(last_gc),
        pause_total: Nanoseconds(pause_total),
        pauses: pauses.map(|pause| Nanoseconds(pause.cast_signed())).to_vec(),
        num_gc: wire.varint()?,
    })
}
