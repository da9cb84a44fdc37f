//! Kinds of events by number, with the runtime's names, so that counting is one addition.

use crate::format::exectrace::{AllocFree as Heap, EventKind};

macro_rules! kinds {
    ($($pattern:pat => $name:literal,)*) => {
        /// The runtime's names.
        pub(super) const NAMES: [&str; [$($name),*].len()] = [$($name),*];

        /// Number of a kind in [`NAMES`].
        #[inline]
        pub(super) fn number(kind: &EventKind) -> usize {
            use EventKind::*;
            match kind { $($pattern => const { position($name) },)* }
        }
    };
}

kinds! {
    Sync(_) => "Sync",
    ProcsChange { .. } => "ProcsChange",
    ProcStart { .. } => "ProcStart",
    ProcStop => "ProcStop",
    ProcSteal { .. } => "ProcSteal",
    ProcStatus { .. } => "ProcStatus",
    GoCreate { .. } => "GoCreate",
    GoCreateBlocked { .. } => "GoCreateBlocked",
    GoCreateSyscall { .. } => "GoCreateSyscall",
    GoStart { .. } => "GoStart",
    GoDestroy => "GoDestroy",
    GoDestroySyscall => "GoDestroySyscall",
    GoStop { .. } => "GoStop",
    GoBlock { .. } => "GoBlock",
    GoUnblock { .. } => "GoUnblock",
    GoSyscallBegin => "GoSyscallBegin",
    GoSyscallEnd => "GoSyscallEnd",
    GoSyscallEndBlocked => "GoSyscallEndBlocked",
    GoStatus { .. } => "GoStatus",
    GoSwitch { .. } => "GoSwitch",
    GoSwitchDestroy { .. } => "GoSwitchDestroy",
    StwBegin { .. } => "STWBegin",
    StwEnd { .. } => "STWEnd",
    GcActive { .. } => "GCActive",
    GcBegin { .. } => "GCBegin",
    GcEnd { .. } => "GCEnd",
    GcSweepActive { .. } => "GCSweepActive",
    GcSweepBegin => "GCSweepBegin",
    GcSweepEnd { .. } => "GCSweepEnd",
    GcMarkAssistActive { .. } => "GCMarkAssistActive",
    GcMarkAssistBegin => "GCMarkAssistBegin",
    GcMarkAssistEnd => "GCMarkAssistEnd",
    HeapAlloc { .. } => "HeapAlloc",
    HeapGoal { .. } => "HeapGoal",
    GoLabel { .. } => "GoLabel",
    UserTaskBegin { .. } => "UserTaskBegin",
    UserTaskEnd { .. } => "UserTaskEnd",
    UserRegionBegin { .. } => "UserRegionBegin",
    UserRegionEnd { .. } => "UserRegionEnd",
    UserLog { .. } => "UserLog",
    CpuSample => "CPUSample",
    AllocFree(Heap::SpanExists { .. }) => "Span",
    AllocFree(Heap::SpanAlloc { .. }) => "SpanAlloc",
    AllocFree(Heap::SpanFree { .. }) => "SpanFree",
    AllocFree(Heap::ObjectExists { .. }) => "HeapObject",
    AllocFree(Heap::ObjectAlloc { .. }) => "HeapObjectAlloc",
    AllocFree(Heap::ObjectFree { .. }) => "HeapObjectFree",
    AllocFree(Heap::StackExists { .. }) => "GoroutineStack",
    AllocFree(Heap::StackAlloc { .. }) => "GoroutineStackAlloc",
    AllocFree(Heap::StackFree { .. }) => "GoroutineStackFree",
}

/// Where a name stands in [`NAMES`], when compiling.
const fn position(name: &str) -> usize {
    let mut at = 0;
    while at < NAMES.len() {
        if same(NAMES[at].as_bytes(), name.as_bytes()) {
            return at;
        }
        at += 1;
    }
    NAMES.len()
}

const fn same(a: &[u8], b: &[u8]) -> bool {
    let mut at = 0;
    while at < a.len() && at < b.len() && a[at] == b[at] {
        at += 1;
    }
    at == a.len() && at == b.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_has_the_number_of_its_name() {
        assert_eq!(NAMES[number(&EventKind::GoDestroy)], "GoDestroy");
        assert_eq!(NAMES[number(&EventKind::CpuSample)], "CPUSample");
        let free = EventKind::AllocFree(Heap::StackFree { stack: 1 });
        assert_eq!(number(&free), NAMES.len() - 1);
        let distinct: std::collections::BTreeSet<_> = NAMES.iter().collect();
        assert_eq!(distinct.len(), NAMES.len());
    }
}
