//! What an event says: its packed numbers to named fields, when asked. No state.

use super::batch::thread_id;
use super::event::{AllocFree, ClockSnapshot, Event, EventKind, NONE, SpanClass, StackSize, Sync};
use super::ids::{KEPT, ObjectId, ProcId, SpanId, StackId, StringId, TaskId, TypeId};
use super::spec;
use super::state::{GoState, ProcState};
use crate::model::{Bytes, GoroutineId, MonotonicTime, TraceTime, WallTime};

/// [`Event::note`]: the name stands in the table of kept strings, not in the generation's.
pub(super) const NAME_IS_KEPT: u8 = 1;

/// [`Event::note`] of a sync event: it has clocks.
pub(super) const HAS_CLOCKS: u8 = 1;

impl Event {
    /// Where in the program: the stack of its goroutine, except for [`EventKind::GoStatus`], where
    /// it is the stack of the goroutine that the event is about. [`StackId::NONE`] when there is
    /// none.
    #[must_use]
    #[inline]
    pub fn stack(&self) -> StackId {
        match spec::STACK_ARGUMENT[usize::from(self.code)] {
            spec::NO_STACK => StackId::NONE,
            i => self.stack_of(usize::from(i)),
        }
    }

    /// What happened.
    #[must_use]
    #[inline]
    pub fn kind(&self) -> EventKind {
        match self.code {
            spec::GO_CREATE..=spec::GO_STATUS | spec::GO_SWITCH..=spec::GO_STATUS_STACK => {
                self.goroutine_kind()
            }
            spec::PROCS_CHANGE..=spec::PROC_STATUS => self.proc_kind(),
            spec::STW_BEGIN..=spec::HEAP_GOAL => self.gc_kind(),
            spec::GO_LABEL..=spec::USER_LOG => self.user_kind(),
            spec::SPAN..=spec::GOROUTINE_STACK_FREE => EventKind::AllocFree(self.alloc_free()),
            spec::SYNC => EventKind::Sync(self.sync()),
            _ => EventKind::CpuSample,
        }
    }

    fn stack_of(&self, i: usize) -> StackId {
        StackId::new(self.tag, self.args[i])
    }

    fn string_of(&self, i: usize) -> StringId {
        StringId::new(self.tag, self.args[i])
    }

    /// A name that may be older than the generation.
    fn name_of(&self, i: usize) -> StringId {
        StringId::new(if self.note == NAME_IS_KEPT { KEPT } else { self.tag }, self.args[i])
    }

    fn proc_kind(&self) -> EventKind {
        let [a, b, c, _] = self.args;
        let (proc, before) = (ProcId(a), ProcState::from_note(self.note));
        match self.code {
            spec::PROCS_CHANGE => EventKind::ProcsChange { procs: a },
            spec::PROC_START => EventKind::ProcStart { proc },
            spec::PROC_STOP => EventKind::ProcStop,
            spec::PROC_STEAL => EventKind::ProcSteal { proc, from: thread_id(c), before },
            _ => {
                let state = ProcState::from_wire(b).unwrap_or(ProcState::Undetermined);
                EventKind::ProcStatus { proc, before, state }
            }
        }
    }

    fn goroutine_kind(&self) -> EventKind {
        let [a, b, c, _] = self.args;
        let id = GoroutineId(a);
        match self.code {
            spec::GO_CREATE => EventKind::GoCreate { created: id, start: self.stack_of(1) },
            spec::GO_CREATE_BLOCKED => EventKind::GoCreateBlocked { created: id, start: self.stack_of(1) },
            spec::GO_CREATE_SYSCALL => EventKind::GoCreateSyscall { created: id },
            spec::GO_START => EventKind::GoStart { started: id },
            spec::GO_DESTROY_SYSCALL => EventKind::GoDestroySyscall,
            spec::GO_STOP => EventKind::GoStop { reason: self.string_of(0) },
            spec::GO_BLOCK => EventKind::GoBlock { reason: self.string_of(0) },
            spec::GO_UNBLOCK => EventKind::GoUnblock { unblocked: id },
            spec::GO_SYSCALL_BEGIN => EventKind::GoSyscallBegin,
            spec::GO_SYSCALL_END => EventKind::GoSyscallEnd,
            spec::GO_SYSCALL_END_BLOCKED => EventKind::GoSyscallEndBlocked,
            spec::GO_STATUS | spec::GO_STATUS_STACK => {
                let state = GoState::from_wire(c).unwrap_or(GoState::Undetermined);
                let before = GoState::from_wire(u64::from(self.note)).unwrap_or(GoState::Undetermined);
                EventKind::GoStatus { about: id, thread: thread_id(b), before, state }
            }
            spec::GO_SWITCH => EventKind::GoSwitch { next: id },
            spec::GO_SWITCH_DESTROY => EventKind::GoSwitchDestroy { next: id },
            _ => EventKind::GoDestroy,
        }
    }

    fn gc_kind(&self) -> EventKind {
        let [a, b, ..] = self.args;
        match self.code {
            spec::STW_BEGIN => EventKind::StwBegin { kind: self.string_of(0) },
            spec::STW_END => EventKind::StwEnd { kind: self.name_of(0) },
            spec::GC_ACTIVE => EventKind::GcActive { seq: a },
            spec::GC_BEGIN => EventKind::GcBegin { seq: a },
            spec::GC_END => EventKind::GcEnd { seq: a },
            spec::GC_SWEEP_ACTIVE => EventKind::GcSweepActive { proc: ProcId(a) },
            spec::GC_SWEEP_BEGIN => EventKind::GcSweepBegin,
            spec::GC_SWEEP_END => EventKind::GcSweepEnd { swept: Bytes(a), reclaimed: Bytes(b) },
            spec::GC_MARK_ASSIST_ACTIVE => EventKind::GcMarkAssistActive { goroutine: GoroutineId(a) },
            spec::GC_MARK_ASSIST_BEGIN => EventKind::GcMarkAssistBegin,
            spec::GC_MARK_ASSIST_END => EventKind::GcMarkAssistEnd,
            spec::HEAP_ALLOC => EventKind::HeapAlloc { live: Bytes(a) },
            _ => EventKind::HeapGoal { goal: Bytes(a) },
        }
    }

    fn user_kind(&self) -> EventKind {
        let [a, b, c, _] = self.args;
        let task = TaskId(a);
        match self.code {
            spec::GO_LABEL => EventKind::GoLabel { label: self.string_of(0) },
            spec::USER_TASK_BEGIN => {
                EventKind::UserTaskBegin { task, parent: TaskId(b), name: self.string_of(2) }
            }
            // Its own arguments are the task and the stack; the others are the order's.
            spec::USER_TASK_END => EventKind::UserTaskEnd { task, parent: TaskId(c), name: self.name_of(3) },
            spec::USER_REGION_BEGIN => EventKind::UserRegionBegin { task, name: self.string_of(1) },
            spec::USER_REGION_END => EventKind::UserRegionEnd { task, name: self.string_of(1) },
            _ => EventKind::UserLog { task, category: self.string_of(1), message: self.string_of(2) },
        }
    }

    fn alloc_free(&self) -> AllocFree {
        let [a, b, c, _] = self.args;
        let (span, pages, class) = (SpanId(a), b, SpanClass(c));
        let object = ObjectId(a);
        let of = TypeId::new(self.tag, b);
        let (stack, size) = (a, StackSize(b));
        match self.code {
            spec::HEAP_OBJECT_ALLOC => AllocFree::ObjectAlloc { object, of },
            spec::HEAP_OBJECT_FREE => AllocFree::ObjectFree { object },
            spec::HEAP_OBJECT => AllocFree::ObjectExists { object, of },
            spec::SPAN => AllocFree::SpanExists { span, pages, class },
            spec::SPAN_ALLOC => AllocFree::SpanAlloc { span, pages, class },
            spec::SPAN_FREE => AllocFree::SpanFree { span },
            spec::GOROUTINE_STACK => AllocFree::StackExists { stack, size },
            spec::GOROUTINE_STACK_ALLOC => AllocFree::StackAlloc { stack, size },
            _ => AllocFree::StackFree { stack },
        }
    }

    /// A sync event's arguments: its number, then the trace, monotonic and wall clocks' bits.
    pub(super) fn of_sync(time: i64, sync: Sync) -> Self {
        let bits =
            |clock: fn(ClockSnapshot) -> i64| sync.clocks.map_or(0, |clocks| clock(clocks).cast_unsigned());
        let args = [sync.number, bits(|c| c.trace.0), bits(|c| c.monotonic.0), bits(|c| c.wall.0)];
        let note = if sync.clocks.is_some() { HAS_CLOCKS } else { 0 };
        Self { args, note, ..Self::without_context(time, spec::SYNC) }
    }

    fn sync(&self) -> Sync {
        let [number, trace, monotonic, wall] = self.args;
        let clocks = (self.note == HAS_CLOCKS).then(|| ClockSnapshot {
            trace: TraceTime(trace.cast_signed()),
            monotonic: MonotonicTime(monotonic.cast_signed()),
            wall: WallTime(wall.cast_signed()),
        });
        Sync { number, clocks }
    }

    /// An event of no thread, which says nothing yet.
    pub(super) fn without_context(time: i64, code: u8) -> Self {
        let (thread, proc, goroutine) = (NONE, NONE, NONE);
        Self {
            time: TraceTime(time),
            thread,
            proc,
            goroutine,
            args: [0; spec::MAX_ARGS],
            tag: 0,
            code,
            note: 0,
        }
    }
}
