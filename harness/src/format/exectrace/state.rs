//! States of goroutines and processors, with the numbers the wire gives them.

/// State of a goroutine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GoState {
    /// The trace has not shown it yet.
    Undetermined,
    /// It can run and waits for a processor.
    Runnable,
    /// It runs.
    Running,
    /// It is in a system call or in C.
    Syscall,
    /// It is blocked.
    Waiting,
}

impl GoState {
    /// The state with this number in the file. No runtime writes 0, and Go's reader takes it.
    pub(super) fn from_wire(status: u64) -> Option<Self> {
        Some(match status {
            0 => Self::Undetermined,
            1 => Self::Runnable,
            2 => Self::Running,
            3 => Self::Syscall,
            4 => Self::Waiting,
            _ => return None,
        })
    }

    /// The number in the file; 0 if there is none for it.
    pub(super) fn note(self) -> u8 {
        self as u8
    }
}

/// State of a processor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProcState {
    /// The trace has not shown it yet.
    Undetermined,
    /// It appeared after tracing began (GOMAXPROCS grew).
    NotExist,
    /// A thread holds it.
    Running,
    /// Nobody holds it.
    Idle,
    /// The thread that holds it is in a system call: anyone may steal it.
    Syscall,
    /// As `Syscall`, but the trace does not show which thread it was.
    SyscallAbandoned,
}

impl ProcState {
    /// The state with this number in the file. No runtime writes 0, and Go's reader takes it.
    pub(super) fn from_wire(status: u64) -> Option<Self> {
        Some(match status {
            0 => Self::Undetermined,
            1 => Self::Running,
            2 => Self::Idle,
            3 => Self::Syscall,
            4 => Self::SyscallAbandoned,
            _ => return None,
        })
    }

    /// The number in the file; 0 if there is none for it.
    pub(super) fn wire(self) -> u64 {
        match self {
            Self::Undetermined | Self::NotExist => 0,
            Self::Running => 1,
            Self::Idle => 2,
            Self::Syscall => 3,
            Self::SyscallAbandoned => 4,
        }
    }

    /// As a small number, for [`Self::from_note`].
    pub(super) fn note(self) -> u8 {
        self as u8
    }

    pub(super) fn from_note(note: u8) -> Self {
        let all = [Self::Undetermined, Self::NotExist, Self::Running, Self::Idle, Self::Syscall];
        all.get(usize::from(note)).copied().unwrap_or(Self::SyscallAbandoned)
    }

    /// The state as a user of the scheduler sees it: a processor in a system call still counts as
    /// running, an abandoned one as idle.
    pub(super) fn visible(self) -> Self {
        match self {
            Self::Syscall => Self::Running,
            Self::SyscallAbandoned => Self::Idle,
            other => other,
        }
    }
}
