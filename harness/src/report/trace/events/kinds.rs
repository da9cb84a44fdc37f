//! Names of the kinds of events, and which goroutine each is about.

use crate::format::exectrace::{AllocFree, EventKind};
use crate::model::GoroutineId;

/// All kinds there are, in the order in which they are documented.
pub const KINDS: [&str; 50] = [
    "Sync",
    "ProcsChange",
    "ProcStart",
    "ProcStop",
    "ProcSteal",
    "ProcStatus",
    "GoCreate",
    "GoCreateBlocked",
    "GoCreateSyscall",
    "GoStart",
    "GoDestroy",
    "GoDestroySyscall",
    "GoStop",
    "GoBlock",
    "GoUnblock",
    "GoSyscallBegin",
    "GoSyscallEnd",
    "GoSyscallEndBlocked",
    "GoStatus",
    "GoSwitch",
    "GoSwitchDestroy",
    "STWBegin",
    "STWEnd",
    "GCActive",
    "GCBegin",
    "GCEnd",
    "GCSweepActive",
    "GCSweepBegin",
    "GCSweepEnd",
    "GCMarkAssistActive",
    "GCMarkAssistBegin",
    "GCMarkAssistEnd",
    "HeapAlloc",
    "HeapGoal",
    "GoLabel",
    "UserTaskBegin",
    "UserTaskEnd",
    "UserRegionBegin",
    "UserRegionEnd",
    "UserLog",
    "CPUSample",
    "Span",
    "SpanAlloc",
    "SpanFree",
    "HeapObject",
    "HeapObjectAlloc",
    "HeapObjectFree",
    "GoroutineStack",
    "GoroutineStackAlloc",
    "GoroutineStackFree",
];

/// The kind's name, one of [`KINDS`].
#[must_use]
pub fn kind_name(kind: &EventKind) -> &'static str {
    match kind {
        EventKind::Sync(_) => "Sync",
        EventKind::ProcsChange { .. } => "ProcsChange",
        EventKind::ProcStart { .. } => "ProcStart",
        EventKind::ProcStop => "ProcStop",
        EventKind::ProcSteal { .. } => "ProcSteal",
        EventKind::ProcStatus { .. } => "ProcStatus",
        EventKind::GoCreate { .. } => "GoCreate",
        EventKind::GoCreateBlocked { .. } => "GoCreateBlocked",
        EventKind::GoCreateSyscall { .. } => "GoCreateSyscall",
        EventKind::GoStart { .. } => "GoStart",
        EventKind::GoDestroy => "GoDestroy",
        EventKind::GoDestroySyscall => "GoDestroySyscall",
        EventKind::GoStop { .. } => "GoStop",
        EventKind::GoBlock { .. } => "GoBlock",
        EventKind::GoUnblock { .. } => "GoUnblock",
        EventKind::GoSyscallBegin => "GoSyscallBegin",
        EventKind::GoSyscallEnd => "GoSyscallEnd",
        EventKind::GoSyscallEndBlocked => "GoSyscallEndBlocked",
        EventKind::GoStatus { .. } => "GoStatus",
        EventKind::GoSwitch { .. } => "GoSwitch",
        EventKind::GoSwitchDestroy { .. } => "GoSwitchDestroy",
        EventKind::StwBegin { .. } => "STWBegin",
        EventKind::StwEnd { .. } => "STWEnd",
        EventKind::GcActive { .. } => "GCActive",
        EventKind::GcBegin { .. } => "GCBegin",
        EventKind::GcEnd { .. } => "GCEnd",
        EventKind::GcSweepActive { .. } => "GCSweepActive",
        EventKind::GcSweepBegin => "GCSweepBegin",
        EventKind::GcSweepEnd { .. } => "GCSweepEnd",
        EventKind::GcMarkAssistActive { .. } => "GCMarkAssistActive",
        EventKind::GcMarkAssistBegin => "GCMarkAssistBegin",
        EventKind::GcMarkAssistEnd => "GCMarkAssistEnd",
        EventKind::HeapAlloc { .. } => "HeapAlloc",
        EventKind::HeapGoal { .. } => "HeapGoal",
        EventKind::GoLabel { .. } => "GoLabel",
        EventKind::UserTaskBegin { .. } => "UserTaskBegin",
        EventKind::UserTaskEnd { .. } => "UserTaskEnd",
        EventKind::UserRegionBegin { .. } => "UserRegionBegin",
        EventKind::UserRegionEnd { .. } => "UserRegionEnd",
        EventKind::UserLog { .. } => "UserLog",
        EventKind::CpuSample => "CPUSample",
        EventKind::AllocFree(event) => alloc_free_name(event),
    }
}

fn alloc_free_name(event: &AllocFree) -> &'static str {
    match event {
        AllocFree::SpanExists { .. } => "Span",
        AllocFree::SpanAlloc { .. } => "SpanAlloc",
        AllocFree::SpanFree { .. } => "SpanFree",
        AllocFree::ObjectExists { .. } => "HeapObject",
        AllocFree::ObjectAlloc { .. } => "HeapObjectAlloc",
        AllocFree::ObjectFree { .. } => "HeapObjectFree",
        AllocFree::StackExists { .. } => "GoroutineStack",
        AllocFree::StackAlloc { .. } => "GoroutineStackAlloc",
        AllocFree::StackFree { .. } => "GoroutineStackFree",
    }
}

/// The goroutine that an event is about, where that is another one than the goroutine that was running.
#[must_use]
pub fn about(kind: &EventKind) -> Option<GoroutineId> {
    match *kind {
        EventKind::GoCreate { created: id, .. }
        | EventKind::GoCreateBlocked { created: id, .. }
        | EventKind::GoCreateSyscall { created: id }
        | EventKind::GoStart { started: id }
        | EventKind::GoUnblock { unblocked: id }
        | EventKind::GoStatus { about: id, .. }
        | EventKind::GoSwitch { next: id }
        | EventKind::GoSwitchDestroy { next: id }
        | EventKind::GcMarkAssistActive { goroutine: id } => Some(id),
        _ => None,
    }
}
