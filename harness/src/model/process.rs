//! What the operating system and the runtime said of the process at a checkpoint.
//!
//! Figures alone, as they were read: what they mean together is `diagnose`'s to say.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Bytes, Frame, GoroutineId, Stack, package_of};

/// What the operating system said of the process (Linux alone).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProcessFigures {
    /// Resident set size.
    pub rss: Bytes,
    /// Resident memory that no file stands for.
    pub anonymous: Option<Bytes>,
    /// Size of all mappings, resident or not.
    pub mapped: Option<Bytes>,
    /// Threads of the operating system.
    pub threads: u64,
    /// Open descriptors by what they are, the probe's own left out.
    pub open: Option<OpenDescriptors>,
}

/// Open descriptors by what they are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OpenDescriptors {
    /// Sockets of any family.
    pub sockets: u64,
    /// Ends of pipes and FIFOs.
    pub pipes: u64,
    /// Without a file type: epoll, eventfd, inotify, timerfd, signalfd.
    pub anonymous: u64,
    /// Regular files and directories.
    pub files: u64,
    /// Devices, and what could not be asked for.
    pub other: u64,
}

impl OpenDescriptors {
    /// The kinds in words, one and many, with their numbers.
    #[must_use]
    pub fn kinds(&self) -> [(&'static str, &'static str, u64); 5] {
        [
            ("socket", "sockets", self.sockets),
            ("end of a pipe", "ends of pipes", self.pipes),
            ("epoll, eventfd or inotify instance", "epoll, eventfd or inotify instances", self.anonymous),
            ("file", "files", self.files),
            ("other", "others", self.other),
        ]
    }

    /// All of them.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.kinds().iter().fold(0, |sum, (.., n)| sum.saturating_add(*n))
    }
}

/// What the runtime said of its memory and its collector (`runtime/metrics`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RuntimeFigures {
    /// All memory that the runtime mapped (`/memory/classes/total:bytes`).
    pub mapped: Bytes,
    /// Of that, what it gave back to the system or has not used yet.
    pub released: Bytes,
    /// Free spans that are still the process's memory.
    pub heap_free: Bytes,
    /// Reserved for a size class and not in use: fragmentation.
    pub heap_unused: Bytes,
    /// Stacks of goroutines.
    pub stacks: Bytes,
    /// Heap marked live by the last cycle.
    pub heap_live: Bytes,
    /// What the heap may grow to before the next.
    pub heap_goal: Bytes,
    /// `GOMEMLIMIT`, unless it is off.
    pub memory_limit: Option<Bytes>,
    /// CPU time of the collector in seconds, since the start and estimated by the runtime.
    pub gc_cpu: f64,
    /// CPU time that was there, in seconds: idle time included.
    pub total_cpu: f64,
    /// The last cycle in which the runtime held the collector back lest the program starve; 0: never.
    pub limiter_last: u64,
}

/// What a call does, as far as its function's name tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CallEffect {
    /// Makes a descriptor: `open`, `dup`, `socket`.
    Opens,
    /// Accepts a connection, or finds that there is none.
    Accepts,
    /// Is called once of a descriptor that a call which is not traced made: `connect`, `listen`, `bind`, `inotify_add_watch`.
    Uses,
    /// Closes a descriptor.
    Closes,
    /// Maps memory.
    Maps,
    /// Unmaps it.
    Unmaps,
    /// Allocates C memory: `C.malloc`, `C.CString`, `C.CBytes`.
    Allocates,
    /// Frees it.
    Frees,
    /// Another C function: whether it allocates is not known.
    CallsC,
}

/// Names of system calls without case and underscores, and what they do. Each is a function of package syscall or
/// golang.org/x/sys/unix.
const SYSTEM_CALLS: &[(CallEffect, &[&str])] = &[
    (
        CallEffect::Opens,
        &[
            "open",
            "openat",
            "openat2",
            "creat",
            "dup",
            "socket",
            "socketpair",
            "pipe",
            "pipe2",
            "epollcreate",
            "epollcreate1",
            "eventfd",
            "inotifyinit",
            "inotifyinit1",
            "memfdcreate",
            "memfdsecret",
            "signalfd",
            "timerfdcreate",
            "fanotifyinit",
            "perfeventopen",
            "pidfdopen",
            "openbyhandleat",
            "fsopen",
            "opentree",
        ],
    ),
    (CallEffect::Accepts, &["accept", "accept4"]),
    (CallEffect::Uses, &["connect", "listen", "bind", "inotifyaddwatch"]),
    (CallEffect::Closes, &["close"]),
    (CallEffect::Maps, &["mmap"]),
    (CallEffect::Unmaps, &["munmap"]),
];

/// C functions that allocate or free by their names' ends (`_Cfunc__CMalloc` is `C.malloc`).
const C_CALLS: &[(CallEffect, &[&str])] = &[
    (CallEffect::Allocates, &["cmalloc", "malloc", "calloc", "strdup", "CString", "CBytes"]),
    (CallEffect::Frees, &["free"]),
];

impl CallEffect {
    /// What the innermost frame of a stack does; `None` if that is of no interest.
    #[must_use]
    pub fn of(stack: &[Frame]) -> Option<Self> {
        let function = &*stack.first()?.function;
        let package = package_of(function);
        let name = function.get(package.len()..)?.trim_start_matches('.');
        let c = ["_Cfunc_", "_C2func_", "_cgo_"].iter().find_map(|prefix| name.strip_prefix(prefix));
        if let Some(c) = c {
            let ends = |names: &[&str]| {
                names.iter().any(|end| c.to_ascii_lowercase().ends_with(&end.to_ascii_lowercase()))
            };
            return Some(
                C_CALLS.iter().find(|(_, names)| ends(names)).map_or(Self::CallsC, |(effect, _)| *effect),
            );
        }
        if package != "syscall" && !package.ends_with("/sys/unix") && !package.ends_with("/syscall/unix") {
            return None;
        }
        let bare = name.replace('_', "").to_ascii_lowercase();
        SYSTEM_CALLS.iter().find(|(_, names)| names.contains(&&*bare)).map(|(effect, _)| *effect)
    }
}

/// Calls of the operating system or of C, from one stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallSite {
    /// What they do.
    pub effect: CallEffect,
    /// The caller's stack, innermost first: `syscall.openat`, or `main._Cfunc_sign`. Behind a goroutine's own
    /// frames come those of its creation, from child to parent.
    pub stack: Stack,
    /// How many frames are the goroutine's own.
    pub own: usize,
    /// Calls so far at each checkpoint (same order and length as `RunPieces::checkpoints`).
    pub calls_at: Vec<u64>,
}

/// Goroutines at the end of a run that are alike, and what the operating system keeps for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FinalGoroutines {
    /// Status or wait reason.
    pub state: String,
    /// Each is locked to a thread.
    pub locked: bool,
    /// Where they are, innermost first; the runtime leaves the middle of a deep stack out.
    pub stack: Stack,
    /// Frames of the deepest stack, those left out included.
    pub depth: u64,
    /// `created by`, as the text has it.
    pub created_by: Option<Frame>,
    /// The creator's whole stack, where the trace saw it.
    pub creation: Option<Stack>,
    /// Their ids.
    pub ids: Vec<GoroutineId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_call_does_is_read_off_its_name() {
        for (function, effect) in [
            ("syscall.openat", Some(CallEffect::Opens)),
            ("syscall.Dup", Some(CallEffect::Opens)),
            ("golang.org/x/sys/unix.InotifyAddWatch", Some(CallEffect::Uses)),
            ("syscall.accept4", Some(CallEffect::Accepts)),
            ("syscall.Close", Some(CallEffect::Closes)),
            ("internal/syscall/unix.Openat", Some(CallEffect::Opens)),
            ("syscall.munmap", Some(CallEffect::Unmaps)),
            ("syscall.write", None),
            ("main.open", None),
            ("main._cgo_cmalloc", Some(CallEffect::Allocates)),
            ("main._Cfunc__CMalloc", Some(CallEffect::Allocates)),
            ("main._Cfunc_free", Some(CallEffect::Frees)),
            ("example.com/a/zlib._C2func_inflate", Some(CallEffect::CallsC)),
        ] {
            let frame = Frame { function: function.into(), file: "x.go".into(), line: 1 };
            assert_eq!(CallEffect::of(&[frame]), effect, "{function}");
        }
        assert_eq!(CallEffect::of(&[]), None);
    }
}
