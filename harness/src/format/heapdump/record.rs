//! What a dump consists of, named as the runtime names it (`runtime/heapdump.go`).

use std::sync::Arc;

use super::layout::Layout;
use super::memory::Memory;
use crate::model::{self, Address, Bytes, GoroutineId, MonotonicTime, Nanoseconds, Objects, WallTime};

/// One record. They come in this order: parameters, types and itabs, objects, goroutines each followed
/// by its frames, defers and panics, threads, segments, finalizers, statistics, buckets, samples.
#[derive(Debug, Clone, PartialEq)]
pub enum Record<'r> {
    /// What the other records depend on; always the first.
    Params(Params),
    /// A type that an itab refers to.
    Type(Type),
    /// An interface's method table.
    Itab(Itab),
    /// A slot of the heap that was not known to be free: a live object, garbage that is not swept yet,
    /// or a slot that its span's owner has not handed out.
    Object(Object<'r>),
    /// A root that is none of the others; no supported release writes one.
    OtherRoot(OtherRoot),
    /// A goroutine that is not dead.
    Goroutine(Goroutine),
    /// A frame of the goroutine before it, innermost first.
    Frame(Frame<'r>),
    /// A deferred call of the goroutine before it.
    Defer(Defer),
    /// A panic in progress of the goroutine before it.
    Panic(Panic),
    /// A thread.
    OsThread(OsThread),
    /// Global variables that may hold pointers.
    Segment(Segment<'r>),
    /// A finalizer that waits for its object to become unreachable.
    Finalizer(Finalizer),
    /// A finalizer that is due.
    QueuedFinalizer(Finalizer),
    /// The runtime's statistics at the time of the dump.
    MemStats(Box<MemStats>),
    /// A stack of the memory profile.
    Bucket(Bucket<'r>),
    /// An object of which the memory profile knows where it was allocated.
    Sample(Sample),
}

/// How to read the dump, and who wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Params {
    /// Pointer size and byte order.
    pub layout: Layout,
    /// The heap lies between these two; they are rounded to arenas.
    pub heap_start: Address,
    /// First address after it.
    pub heap_end: Address,
    /// `GOARCH`.
    pub arch: Arc<str>,
    /// Release and experiments of the toolchain, `go1.26.8` (`runtime.buildVersion`).
    pub version: Arc<str>,
    /// Processors when the program started.
    pub n_cpus: u64,
}

/// A type by the address of its descriptor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Type {
    /// Of the type descriptor.
    pub address: Address,
    /// Of a value.
    pub size: Bytes,
    /// With the import path of its package, `example.com/m/cache.entry`; unnamed types as Go writes them.
    pub name: Arc<str>,
    /// Whether an interface that holds one has a pointer to it or a pointer in its stead.
    pub is_pointer: bool,
}

/// A method table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Itab {
    /// Of the table, as the first word of an interface value has it.
    pub address: Address,
    /// Descriptor of the type whose methods they are.
    pub of: Address,
}

/// An object of the heap.
#[derive(Debug, Clone, PartialEq)]
pub struct Object<'r> {
    /// Of its slot. If it has an allocation header (8 bytes, Go 1.22 and later, objects of more than
    /// 512 bytes in a span of small objects), the value begins after that.
    pub address: Address,
    /// The whole slot: its size class, not the size that was asked for.
    pub memory: Memory<'r>,
}

/// A root by its description.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherRoot {
    /// In the runtime's words.
    pub description: Arc<str>,
    /// What it keeps.
    pub to: Address,
}

/// A goroutine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Goroutine {
    /// Of the runtime's `g`.
    pub address: Address,
    /// Top of its stack.
    pub sp: Address,
    /// Its number.
    pub id: GoroutineId,
    /// Return address of the `go` statement that made it.
    pub gopc: Address,
    /// What it was doing.
    pub status: GoroutineStatus,
    /// Whether the runtime itself started it.
    pub is_system: bool,
    /// Since when it waits; zero if it does not or no GC has looked at it yet.
    pub wait_since: MonotonicTime,
    /// Why, in the words of a traceback, `chan receive`; a goroutine that does not wait has an old one or none.
    pub wait_reason: Arc<str>,
    /// Closure that runs when it is resumed.
    pub ctxt: Address,
    /// The runtime's `m` that runs it.
    pub m: Address,
    /// Innermost deferred call.
    pub first_defer: Address,
    /// Innermost panic.
    pub first_panic: Address,
}

/// What a goroutine was doing (`_Gidle` and so on in `runtime/runtime2.go`, without `_Gscan`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GoroutineStatus {
    /// On a run queue.
    Runnable,
    /// Running; with the world stopped that is a system call that began just before (Go 1.26 and later).
    Running,
    /// In a system call.
    Syscall,
    /// Blocked.
    Waiting,
    /// Preempted itself and waits to be resumed.
    Preempted,
    /// Blocked for ever, as the goroutine leak profile found (Go 1.26 and later).
    Leaked,
    /// One that no supported release dumps.
    Other(u64),
}

/// A function's call.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame<'r> {
    /// Lowest address of the frame.
    pub sp: Address,
    /// Number of calls below it; 0 is the innermost.
    pub depth: u64,
    /// The callee's `sp`; nil if there is none.
    pub child_sp: Address,
    /// From `sp` on. Its slots are what the frame's pointer maps name: live variables and arguments.
    pub memory: Memory<'r>,
    /// Where the function begins.
    pub entry: Address,
    /// Where it is.
    pub pc: Address,
    /// Where it goes on; nil for a frame that never will.
    pub continpc: Address,
    /// The function's symbol, `main.(*server).handle`.
    pub function: Arc<str>,
}

/// A deferred call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Defer {
    /// Of the runtime's `_defer`.
    pub address: Address,
    /// The goroutine's `g`.
    pub goroutine: Address,
    /// Stack pointer and program counter at the `defer` statement.
    pub sp: Address,
    /// Likewise.
    pub pc: Address,
    /// The closure to be called.
    pub function: Address,
    /// Its code; nil for those that the compiler has laid out in the frame.
    pub code: Address,
    /// The next further out.
    pub link: Address,
}

/// A panic in progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Panic {
    /// Of the runtime's `_panic`.
    pub address: Address,
    /// The goroutine's `g`.
    pub goroutine: Address,
    /// Type descriptor and data word of the argument.
    pub arg_type: Address,
    /// Likewise.
    pub arg_data: Address,
    /// The next further out.
    pub link: Address,
}

/// A thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OsThread {
    /// Of the runtime's `m`.
    pub address: Address,
    /// The runtime's number for it.
    pub id: u64,
    /// The operating system's.
    pub os_id: u64,
}

/// Which part of the program's static memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SegmentKind {
    /// Variables with a first value (section `.data`).
    Data,
    /// Variables that begin as zero (section `.bss`).
    Bss,
}

/// Static memory that may hold pointers.
#[derive(Debug, Clone, PartialEq)]
pub struct Segment<'r> {
    /// Which one.
    pub kind: SegmentKind,
    /// Of its first byte.
    pub address: Address,
    /// All of it.
    pub memory: Memory<'r>,
}

/// A call that is to be made when an object is unreachable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finalizer {
    /// The object.
    pub object: Address,
    /// The closure: kept alive by the runtime, and with it all it refers to.
    pub function: Address,
    /// Its code.
    pub code: Address,
    /// Descriptor of the type of the function's argument.
    pub argument_type: Address,
    /// Descriptor of the pointer type that the object had when the finalizer was set.
    pub object_type: Address,
}

/// `runtime.MemStats`, field by field.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "Go's own documentation of runtime.MemStats has them all")]
pub struct MemStats {
    pub alloc: Bytes,
    pub total_alloc: Bytes,
    pub sys: Bytes,
    pub lookups: u64,
    pub mallocs: Objects,
    pub frees: Objects,
    pub heap_alloc: Bytes,
    pub heap_sys: Bytes,
    pub heap_idle: Bytes,
    pub heap_inuse: Bytes,
    pub heap_released: Bytes,
    pub heap_objects: Objects,
    pub stack_inuse: Bytes,
    pub stack_sys: Bytes,
    pub mspan_inuse: Bytes,
    pub mspan_sys: Bytes,
    pub mcache_inuse: Bytes,
    pub mcache_sys: Bytes,
    pub buck_hash_sys: Bytes,
    pub gc_sys: Bytes,
    pub other_sys: Bytes,
    pub next_gc: Bytes,
    pub last_gc: WallTime,
    pub pause_total: Nanoseconds,
    /// The last pauses, a ring of [`MemStats::N_PAUSES`]; that of cycle n is at `(n + 255) % 256`.
    pub pauses: Vec<Nanoseconds>,
    pub num_gc: u64,
}

impl MemStats {
    /// Pauses that the runtime remembers.
    pub const N_PAUSES: usize = 256;
}

/// A stack of the memory profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bucket<'r> {
    /// What samples refer to.
    pub id: Address,
    /// Of the objects that it counts: a profile has a bucket for each stack and size.
    pub size: Bytes,
    /// Innermost first; inlined calls are not told apart from their callers.
    pub stack: &'r [model::Frame],
    /// Objects allocated (a sample of them, unless the rate is 1).
    pub allocs: Objects,
    /// And freed.
    pub frees: Objects,
}

/// Says which bucket counts an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// The object's address; a few bytes into its slot if that has an allocation header or if it is tiny.
    pub object: Address,
    /// The bucket's id.
    pub bucket: Address,
}
