//! What the reader yields: one event with its time, where it happened, and what it says.
//!
//! Everything here is `Copy` and holds no text: strings, stacks and types are ids that the
//! [`Reader`](super::Reader) resolves while it is in the generation they belong to. Names of
//! variants are the Go runtime's own event names (`internal/trace/tracev2`).

use super::ids::{ObjectId, ProcId, SpanId, StackId, StringId, TaskId, ThreadId, TypeId};
use super::spec::MAX_ARGS;
use super::state::{GoState, ProcState};
use crate::model::{Bytes, GoroutineId, MonotonicTime, TraceTime, WallTime};

/// "None" for a thread, processor or goroutine.
pub(super) const NONE: u64 = u64::MAX;

/// One event, in the order the runtime's own rules give it. Packed: what it says is worked out by
/// [`Event::kind`] for those who ask, since most folds look at few of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    /// When: later than the event before it.
    pub time: TraceTime,
    pub(super) thread: u64,
    pub(super) proc: u64,
    pub(super) goroutine: u64,
    /// As in the file, for those kinds that are there.
    pub(super) args: [u64; MAX_ARGS],
    /// Generation of table ids among them.
    pub(super) tag: u32,
    pub(super) code: u8,
    /// What the order knows beyond the file: a state before the event, where a name stands.
    pub(super) note: u8,
}

impl Event {
    /// The thread (M) it happened on; `None` for events that belong to no thread.
    #[must_use]
    #[inline]
    pub fn thread(&self) -> Option<ThreadId> {
        (self.thread != NONE).then_some(ThreadId(self.thread))
    }

    /// The processor (P) that thread held just before the event.
    #[must_use]
    #[inline]
    pub fn proc(&self) -> Option<ProcId> {
        (self.proc != NONE).then_some(ProcId(self.proc))
    }

    /// The goroutine that thread was running just before the event.
    #[must_use]
    #[inline]
    pub fn goroutine(&self) -> Option<GoroutineId> {
        (self.goroutine != NONE).then_some(GoroutineId(self.goroutine))
    }
}

/// What happened, with the arguments of the wire event that matter outside the decoder (sequence
/// numbers of processors and goroutines serve ordering alone and stay inside).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "a field's name and type, under its variant's line, say it all")]
pub enum EventKind {
    /// Start of a generation; the last one of a sound trace marks its end and has no clock.
    Sync(Sync),

    /// GOMAXPROCS has this value now.
    ProcsChange { procs: u64 },
    /// The thread took this processor.
    ProcStart { proc: ProcId },
    /// The thread gave its processor up.
    ProcStop,
    /// The processor was taken away from a thread in a system call (`None`: whose, is not known).
    ProcSteal { proc: ProcId, from: Option<ThreadId>, before: ProcState },
    /// State of a processor at the start of a generation.
    ProcStatus { proc: ProcId, before: ProcState, state: ProcState },

    /// `goroutine` of the event made a new goroutine; `start` is the new one's first frame.
    GoCreate { created: GoroutineId, start: StackId },
    /// Like `GoCreate`, for one that begins blocked (coroutines, `iter.Pull`).
    GoCreateBlocked { created: GoroutineId, start: StackId },
    /// A thread of C called into Go: a goroutine appeared, in a system call.
    GoCreateSyscall { created: GoroutineId },
    /// A goroutine begins to run.
    GoStart { started: GoroutineId },
    /// The running goroutine ended.
    GoDestroy,
    /// The goroutine of a callback from C ended.
    GoDestroySyscall,
    /// The running goroutine yielded or was preempted and can run again.
    GoStop { reason: StringId },
    /// The running goroutine blocks. Without a reason: it switched to another coroutine.
    GoBlock { reason: StringId },
    /// A blocked goroutine can run again.
    GoUnblock { unblocked: GoroutineId },
    /// The running goroutine entered a system call or a call to C.
    GoSyscallBegin,
    /// It came back and kept its processor.
    GoSyscallEnd,
    /// It came back, but had lost its processor on the way.
    GoSyscallEndBlocked,
    /// State of a goroutine in this generation. `before` is [`GoState::Undetermined`] when the
    /// trace had not shown it yet: it existed before tracing started.
    GoStatus { about: GoroutineId, thread: Option<ThreadId>, before: GoState, state: GoState },
    /// Hand-over between coroutines: `next` is unblocked. A `GoBlock` of the running goroutine and
    /// a `GoStart` of `next` follow, as if the runtime had written them.
    GoSwitch { next: GoroutineId },
    /// The same with the end of the running goroutine: a `GoDestroy` and a `GoStart` follow.
    GoSwitchDestroy { next: GoroutineId },

    /// The goroutine began to stop the world, for this reason.
    StwBegin { kind: StringId },
    /// The world runs again. `kind` is the begin's.
    StwEnd { kind: StringId },

    /// A GC cycle was running when tracing or this generation began.
    GcActive { seq: u64 },
    /// A GC cycle begins. `seq` counts begins and ends since tracing started.
    GcBegin { seq: u64 },
    /// Mark termination of that cycle is done.
    GcEnd { seq: u64 },
    /// A processor was sweeping when the generation began.
    GcSweepActive { proc: ProcId },
    /// The processor begins to sweep.
    GcSweepBegin,
    /// It stops.
    GcSweepEnd { swept: Bytes, reclaimed: Bytes },
    /// A goroutine was assisting the marker when the generation began.
    GcMarkAssistActive { goroutine: GoroutineId },
    /// The goroutine begins to assist.
    GcMarkAssistBegin,
    /// It stops.
    GcMarkAssistEnd,
    /// Live heap by the pacer's count.
    HeapAlloc { live: Bytes },
    /// The heap goal changed.
    HeapGoal { goal: Bytes },

    /// A label was set on the running goroutine.
    GoLabel { label: StringId },
    /// `trace.NewTask`. Parent [`TaskId::BACKGROUND`] is no parent.
    UserTaskBegin { task: TaskId, parent: TaskId, name: StringId },
    /// `Task.End`. Parent and name are the begin's: none if the trace does not show it.
    UserTaskEnd { task: TaskId, parent: TaskId, name: StringId },
    /// `trace.StartRegion`, `trace.WithRegion`.
    UserRegionBegin { task: TaskId, name: StringId },
    /// End of that region.
    UserRegionEnd { task: TaskId, name: StringId },
    /// `trace.Log`.
    UserLog { task: TaskId, category: StringId, message: StringId },

    /// A sample of the CPU profiler: thread, processor and goroutine of the event are the sample's.
    CpuSample,

    /// `traceallocfree=1`: a heap event.
    AllocFree(AllocFree),
}

/// A point that all threads have passed: the start (or the end) of a generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sync {
    /// 1 for the first generation in the file.
    pub number: u64,
    /// The clocks read together, once in a generation (Go >= 1.25).
    pub clocks: Option<ClockSnapshot>,
}

/// The same moment on three clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockSnapshot {
    /// On the trace's clock.
    pub trace: TraceTime,
    /// `runtime.nanotime()`.
    pub monotonic: MonotonicTime,
    /// `time.Now()`.
    pub wall: WallTime,
}

/// Events of the AllocFree experiment. `*Exists` are those alive when tracing started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "a field's name and type, under its variant's line, say it all")]
pub enum AllocFree {
    /// A span was there when tracing started.
    SpanExists { span: SpanId, pages: u64, class: SpanClass },
    /// A span was allocated.
    SpanAlloc { span: SpanId, pages: u64, class: SpanClass },
    /// A span was given back.
    SpanFree { span: SpanId },
    /// An object was there when tracing started.
    ObjectExists { object: ObjectId, of: TypeId },
    /// An object was allocated.
    ObjectAlloc { object: ObjectId, of: TypeId },
    /// An object was swept.
    ObjectFree { object: ObjectId },
    /// A goroutine's stack was there when tracing started.
    StackExists { stack: u64, size: StackSize },
    /// A goroutine's stack was allocated.
    StackAlloc { stack: u64, size: StackSize },
    /// A goroutine's stack was freed.
    StackFree { stack: u64 },
}

/// What a span holds, as the runtime packs it: `spanclass << 1`, or 1 for memory outside the heap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpanClass(pub u64);

impl SpanClass {
    /// Size class of a heap span (0: one large object), `None` for other memory.
    #[must_use]
    pub fn size_class(self) -> Option<u64> {
        (self.0 & 1 == 0).then_some(self.0 >> 2)
    }

    /// Whether the objects of a heap span hold no pointers.
    #[must_use]
    pub fn is_noscan(self) -> bool {
        self.0 & 0b11 == 0b10
    }
}

/// Size of a goroutine stack, as its bit length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StackSize(pub u64);

impl StackSize {
    /// In bytes; `None` if the file claims one that no machine has.
    #[must_use]
    pub fn bytes(self) -> Option<Bytes> {
        let shift = u32::try_from(self.0).ok()?.checked_sub(1)?;
        1u64.checked_shl(shift).map(Bytes)
    }
}
