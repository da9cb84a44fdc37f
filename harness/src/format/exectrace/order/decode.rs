//! From a raw event to what it says: arguments to named fields. No state.

use super::super::batch::thread_id;
use super::super::cursor::RawEvent;
use super::super::event::{AllocFree, EventKind, SpanClass, StackSize};
use super::super::ids::{ObjectId, ProcId, SpanId, StackId, StringId, TaskId, TypeId};
use super::super::spec;
use super::super::state::{GoState, ProcState};
use crate::model::{Bytes, GoroutineId};

/// The event's kind and the stack it happened at. States before a status event are filled in by
/// whoever knows them.
pub(super) fn kind_and_stack(raw: &RawEvent, tag: u32) -> (EventKind, StackId) {
    let [a, b, c, d] = raw.args;
    let stack = |wire| StackId::new(tag, wire);
    let string = |wire| StringId::new(tag, wire);
    match raw.kind {
        spec::HEAP_ALLOC => (EventKind::HeapAlloc { live: Bytes(a) }, StackId::NONE),
        spec::HEAP_GOAL => (EventKind::HeapGoal { goal: Bytes(a) }, StackId::NONE),
        spec::STW_BEGIN => (EventKind::StwBegin { kind: string(a) }, stack(b)),
        spec::GO_LABEL => (EventKind::GoLabel { label: string(a) }, StackId::NONE),
        spec::USER_TASK_BEGIN => {
            let (task, parent) = (TaskId(a), TaskId(b));
            (EventKind::UserTaskBegin { task, parent, name: string(c) }, stack(d))
        }
        spec::USER_TASK_END => (EventKind::UserTaskEnd { task: TaskId(a) }, stack(b)),
        spec::USER_REGION_BEGIN => {
            (EventKind::UserRegionBegin { task: TaskId(a), name: string(b) }, stack(c))
        }
        spec::USER_REGION_END => (EventKind::UserRegionEnd { task: TaskId(a), name: string(b) }, stack(c)),
        spec::USER_LOG => {
            let (category, message) = (string(b), string(c));
            (EventKind::UserLog { task: TaskId(a), category, message }, stack(d))
        }
        spec::PROCS_CHANGE..=spec::PROC_STATUS => proc(raw, tag),
        spec::GC_ACTIVE..=spec::GC_MARK_ASSIST_END => gc(raw, tag),
        spec::SPAN..=spec::GOROUTINE_STACK_FREE => {
            (EventKind::AllocFree(alloc_free(raw, tag)), StackId::NONE)
        }
        spec::STW_END => (EventKind::StwEnd { kind: StringId::NONE }, StackId::NONE),
        _ => goroutine(raw, tag),
    }
}

fn proc(raw: &RawEvent, tag: u32) -> (EventKind, StackId) {
    let [a, b, c, _] = raw.args;
    let (proc, before) = (ProcId(a), ProcState::Undetermined);
    let kind = match raw.kind {
        spec::PROCS_CHANGE => return (EventKind::ProcsChange { procs: a }, StackId::new(tag, b)),
        spec::PROC_START => EventKind::ProcStart { proc },
        spec::PROC_STOP => EventKind::ProcStop,
        spec::PROC_STEAL => EventKind::ProcSteal { proc, from: thread_id(c), before },
        _ => {
            let state = ProcState::from_wire(b).unwrap_or(ProcState::Undetermined);
            EventKind::ProcStatus { proc, before, state }
        }
    };
    (kind, StackId::NONE)
}

fn goroutine(raw: &RawEvent, tag: u32) -> (EventKind, StackId) {
    let [a, b, c, d] = raw.args;
    let stack = |wire| StackId::new(tag, wire);
    let reason = StringId::new(tag, a);
    let id = GoroutineId(a);
    match raw.kind {
        spec::GO_CREATE => (EventKind::GoCreate { created: id, start: stack(b) }, stack(c)),
        spec::GO_CREATE_BLOCKED => (EventKind::GoCreateBlocked { created: id, start: stack(b) }, stack(c)),
        spec::GO_CREATE_SYSCALL => (EventKind::GoCreateSyscall { created: id }, StackId::NONE),
        spec::GO_START => (EventKind::GoStart { started: id }, StackId::NONE),
        spec::GO_DESTROY_SYSCALL => (EventKind::GoDestroySyscall, StackId::NONE),
        spec::GO_STOP => (EventKind::GoStop { reason }, stack(b)),
        spec::GO_BLOCK => (EventKind::GoBlock { reason }, stack(b)),
        spec::GO_UNBLOCK => (EventKind::GoUnblock { unblocked: id }, stack(c)),
        spec::GO_SYSCALL_BEGIN => (EventKind::GoSyscallBegin, stack(b)),
        spec::GO_SYSCALL_END => (EventKind::GoSyscallEnd, StackId::NONE),
        spec::GO_SYSCALL_END_BLOCKED => (EventKind::GoSyscallEndBlocked, StackId::NONE),
        spec::GO_STATUS | spec::GO_STATUS_STACK => {
            let state = GoState::from_wire(c).unwrap_or(GoState::Undetermined);
            let before = GoState::Undetermined;
            (EventKind::GoStatus { about: id, thread: thread_id(b), before, state }, stack(d))
        }
        spec::GO_SWITCH => (EventKind::GoSwitch { next: id }, StackId::NONE),
        spec::GO_SWITCH_DESTROY => (EventKind::GoSwitchDestroy { next: id }, StackId::NONE),
        _ => (EventKind::GoDestroy, StackId::NONE),
    }
}

fn gc(raw: &RawEvent, tag: u32) -> (EventKind, StackId) {
    let [a, b, ..] = raw.args;
    let stack = |wire| StackId::new(tag, wire);
    match raw.kind {
        spec::GC_ACTIVE => (EventKind::GcActive { seq: a }, StackId::NONE),
        spec::GC_BEGIN => (EventKind::GcBegin { seq: a }, stack(b)),
        spec::GC_END => (EventKind::GcEnd { seq: a }, StackId::NONE),
        spec::GC_SWEEP_ACTIVE => (EventKind::GcSweepActive { proc: ProcId(a) }, StackId::NONE),
        spec::GC_SWEEP_BEGIN => (EventKind::GcSweepBegin, stack(a)),
        spec::GC_SWEEP_END => (EventKind::GcSweepEnd { swept: Bytes(a), reclaimed: Bytes(b) }, StackId::NONE),
        spec::GC_MARK_ASSIST_ACTIVE => {
            (EventKind::GcMarkAssistActive { goroutine: GoroutineId(a) }, StackId::NONE)
        }
        spec::GC_MARK_ASSIST_BEGIN => (EventKind::GcMarkAssistBegin, stack(a)),
        _ => (EventKind::GcMarkAssistEnd, StackId::NONE),
    }
}

fn alloc_free(raw: &RawEvent, tag: u32) -> AllocFree {
    let [a, b, c, _] = raw.args;
    let (span, pages, class) = (SpanId(a), b, SpanClass(c));
    let (object, of) = (ObjectId(a), TypeId::new(tag, b));
    let (stack, size) = (a, StackSize(b));
    match raw.kind {
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
