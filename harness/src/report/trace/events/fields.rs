//! What an event says beyond its kind, as named fields: the one table behind text and JSON.

use crate::format::exectrace::{
    AllocFree, EventKind, GoState, ProcState, SpanClass, StackId, StringId, Sync, TaskId, TypeId,
};
use crate::model::GoroutineId;

/// Takes an event's fields one after another.
pub(super) trait Fields {
    /// A number: an id, a size in bytes, a count.
    fn number(&mut self, name: &'static str, value: u64);
    /// A word of our own: no quotes needed.
    fn word(&mut self, name: &'static str, value: &'static str);
    /// A string of the trace; nothing if the event has none.
    fn string(&mut self, name: &'static str, value: StringId);
    /// The first frame of a goroutine.
    fn start(&mut self, stack: StackId);
    /// A Go type.
    fn go_type(&mut self, of: TypeId);
}

/// Names all fields of an event of this kind.
pub(super) fn fields(kind: &EventKind, to: &mut impl Fields) {
    use EventKind::*;
    match *kind {
        Sync(sync) => self::sync(sync, to),
        ProcsChange { .. } | ProcStart { .. } | ProcStop | ProcSteal { .. } | ProcStatus { .. } => {
            proc(kind, to);
        }
        StwBegin { .. } | StwEnd { .. } | GcActive { .. } | GcBegin { .. } | GcEnd { .. } => gc(kind, to),
        GcSweepActive { .. } | GcSweepEnd { .. } | GcMarkAssistActive { .. } => work(kind, to),
        HeapAlloc { live } => to.number("live", live.0),
        HeapGoal { goal } => to.number("goal", goal.0),
        GoLabel { label } => to.string("label", label),
        UserTaskBegin { .. } | UserTaskEnd { .. } => task(kind, to),
        UserRegionBegin { .. } | UserRegionEnd { .. } | UserLog { .. } => annotation(kind, to),
        AllocFree(event) => alloc_free(event, to),
        _ => goroutine(kind, to),
    }
}

fn sync(sync: Sync, to: &mut impl Fields) {
    to.number("generation", sync.number);
    if let Some(clocks) = sync.clocks {
        // Clocks do not run below zero, and a damaged file's are not worth a sign.
        to.number("trace", clocks.trace.0.cast_unsigned());
        to.number("monotonic", clocks.monotonic.0.cast_unsigned());
        to.number("wall", clocks.wall.0.cast_unsigned());
    }
}

fn proc(kind: &EventKind, to: &mut impl Fields) {
    match *kind {
        EventKind::ProcsChange { procs } => to.number("procs", procs),
        EventKind::ProcStart { proc } => to.number("proc", proc.0),
        EventKind::ProcSteal { proc, from, before } => {
            to.number("proc", proc.0);
            if let Some(thread) = from {
                to.number("from", thread.0);
            }
            to.word("before", proc_state(before));
        }
        EventKind::ProcStatus { proc, before, state } => {
            to.number("proc", proc.0);
            to.word("before", proc_state(before));
            to.word("state", proc_state(state));
        }
        _ => {}
    }
}

fn goroutine(kind: &EventKind, to: &mut impl Fields) {
    let mut id = |name, id: GoroutineId| to.number(name, id.0);
    match *kind {
        EventKind::GoCreate { created, start } | EventKind::GoCreateBlocked { created, start } => {
            id("created", created);
            to.start(start);
        }
        EventKind::GoCreateSyscall { created } => id("created", created),
        EventKind::GoStart { started } => id("started", started),
        EventKind::GoUnblock { unblocked } => id("unblocked", unblocked),
        EventKind::GoSwitch { next } | EventKind::GoSwitchDestroy { next } => id("next", next),
        EventKind::GoStop { reason } | EventKind::GoBlock { reason } => to.string("reason", reason),
        EventKind::GoStatus { about, thread, before, state } => {
            id("about", about);
            if let Some(thread) = thread {
                to.number("thread", thread.0);
            }
            to.word("before", go_state(before));
            to.word("state", go_state(state));
        }
        _ => {}
    }
}

fn gc(kind: &EventKind, to: &mut impl Fields) {
    match *kind {
        EventKind::StwBegin { kind } | EventKind::StwEnd { kind } => to.string("reason", kind),
        EventKind::GcActive { seq } | EventKind::GcBegin { seq } | EventKind::GcEnd { seq } => {
            to.number("seq", seq);
        }
        _ => {}
    }
}

fn work(kind: &EventKind, to: &mut impl Fields) {
    match *kind {
        EventKind::GcSweepActive { proc } => to.number("proc", proc.0),
        EventKind::GcSweepEnd { swept, reclaimed } => {
            to.number("swept", swept.0);
            to.number("reclaimed", reclaimed.0);
        }
        EventKind::GcMarkAssistActive { goroutine } => to.number("about", goroutine.0),
        _ => {}
    }
}

fn task(kind: &EventKind, to: &mut impl Fields) {
    if let EventKind::UserTaskBegin { task, parent, name } | EventKind::UserTaskEnd { task, parent, name } =
        *kind
    {
        to.number("task", task.0);
        if parent != TaskId::BACKGROUND {
            to.number("parent", parent.0);
        }
        to.string("name", name);
    }
}

fn annotation(kind: &EventKind, to: &mut impl Fields) {
    let mut of = |task: TaskId| {
        if task != TaskId::BACKGROUND {
            to.number("task", task.0);
        }
    };
    match *kind {
        EventKind::UserRegionBegin { task, name } | EventKind::UserRegionEnd { task, name } => {
            of(task);
            to.string("name", name);
        }
        EventKind::UserLog { task, category, message } => {
            of(task);
            to.string("category", category);
            to.string("message", message);
        }
        _ => {}
    }
}

fn alloc_free(event: AllocFree, to: &mut impl Fields) {
    match event {
        AllocFree::SpanExists { span, pages, class } | AllocFree::SpanAlloc { span, pages, class } => {
            to.number("span", span.0);
            to.number("pages", pages);
            span_class(class, to);
        }
        AllocFree::SpanFree { span } => to.number("span", span.0),
        AllocFree::ObjectExists { object, of } | AllocFree::ObjectAlloc { object, of } => {
            to.number("object", object.0);
            to.go_type(of);
        }
        AllocFree::ObjectFree { object } => to.number("object", object.0),
        AllocFree::StackExists { stack, size } | AllocFree::StackAlloc { stack, size } => {
            to.number("stack_id", stack);
            if let Some(bytes) = size.bytes() {
                to.number("size", bytes.0);
            }
        }
        AllocFree::StackFree { stack } => to.number("stack_id", stack),
    }
}

fn span_class(class: SpanClass, to: &mut impl Fields) {
    if let Some(size) = class.size_class() {
        to.number("size_class", size);
        to.word("pointers", if class.is_noscan() { "no" } else { "yes" });
    }
}

fn go_state(state: GoState) -> &'static str {
    match state {
        GoState::Undetermined => "Undetermined",
        GoState::Runnable => "Runnable",
        GoState::Running => "Running",
        GoState::Syscall => "Syscall",
        GoState::Waiting => "Waiting",
    }
}

fn proc_state(state: ProcState) -> &'static str {
    match state {
        ProcState::Undetermined => "Undetermined",
        ProcState::NotExist => "NotExist",
        ProcState::Running => "Running",
        ProcState::Idle => "Idle",
        ProcState::Syscall => "Syscall",
        ProcState::SyscallAbandoned => "SyscallAbandoned",
    }
}
