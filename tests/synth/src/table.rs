//! The event types of format v2, as `internal/trace/tracev2/events.go` of Go 1.26 numbers them.

/// What an argument is, as far as the text form can help to write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arg {
    /// Any number: ids, sequence numbers, sizes.
    Number,
    /// `runnable`, `running`, `syscall`, `waiting`.
    GoState,
    /// `running`, `idle`, `syscall`, `abandoned`.
    ProcState,
    /// Id of a string, or a text in quotes.
    Text,
    /// Id of a stack, or frames in quotes.
    Stack,
}

/// An event that a thread writes.
#[derive(Debug, Clone, Copy)]
pub struct EventType {
    /// The runtime's name.
    pub name: &'static str,
    /// First byte on the wire.
    pub number: u8,
    /// Minor version of Go that wrote it first.
    pub since: u32,
    /// What follows the time, in order.
    pub args: &'static [(&'static str, Arg)],
}

const fn event(
    name: &'static str,
    number: u8,
    since: u32,
    args: &'static [(&'static str, Arg)],
) -> EventType {
    EventType { name, number, since, args }
}

use Arg::{GoState, Number as N, ProcState, Stack, Text};

/// All that can stand in a thread's batch.
pub const EVENTS: &[EventType] = &[
    event("ProcsChange", 9, 22, &[("procs", N), ("stack", Stack)]),
    event("ProcStart", 10, 22, &[("p", N), ("seq", N)]),
    event("ProcStop", 11, 22, &[]),
    event("ProcSteal", 12, 22, &[("p", N), ("seq", N), ("m", N)]),
    event("ProcStatus", 13, 22, &[("p", N), ("state", ProcState)]),
    event("GoCreate", 14, 22, &[("g", N), ("start", Stack), ("stack", Stack)]),
    event("GoCreateSyscall", 15, 22, &[("g", N)]),
    event("GoStart", 16, 22, &[("g", N), ("seq", N)]),
    event("GoDestroy", 17, 22, &[]),
    event("GoDestroySyscall", 18, 22, &[]),
    event("GoStop", 19, 22, &[("reason", Text), ("stack", Stack)]),
    event("GoBlock", 20, 22, &[("reason", Text), ("stack", Stack)]),
    event("GoUnblock", 21, 22, &[("g", N), ("seq", N), ("stack", Stack)]),
    event("GoSyscallBegin", 22, 22, &[("seq", N), ("stack", Stack)]),
    event("GoSyscallEnd", 23, 22, &[]),
    event("GoSyscallEndBlocked", 24, 22, &[]),
    event("GoStatus", 25, 22, &[("g", N), ("m", N), ("state", GoState)]),
    event("STWBegin", 26, 22, &[("kind", Text), ("stack", Stack)]),
    event("STWEnd", 27, 22, &[]),
    event("GCActive", 28, 22, &[("seq", N)]),
    event("GCBegin", 29, 22, &[("seq", N), ("stack", Stack)]),
    event("GCEnd", 30, 22, &[("seq", N)]),
    event("GCSweepActive", 31, 22, &[("p", N)]),
    event("GCSweepBegin", 32, 22, &[("stack", Stack)]),
    event("GCSweepEnd", 33, 22, &[("swept", N), ("reclaimed", N)]),
    event("GCMarkAssistActive", 34, 22, &[("g", N)]),
    event("GCMarkAssistBegin", 35, 22, &[("stack", Stack)]),
    event("GCMarkAssistEnd", 36, 22, &[]),
    event("HeapAlloc", 37, 22, &[("bytes", N)]),
    event("HeapGoal", 38, 22, &[("bytes", N)]),
    event("GoLabel", 39, 22, &[("label", Text)]),
    event("UserTaskBegin", 40, 22, &[("task", N), ("parent", N), ("name", Text), ("stack", Stack)]),
    event("UserTaskEnd", 41, 22, &[("task", N), ("stack", Stack)]),
    event("UserRegionBegin", 42, 22, &[("task", N), ("name", Text), ("stack", Stack)]),
    event("UserRegionEnd", 43, 22, &[("task", N), ("name", Text), ("stack", Stack)]),
    event("UserLog", 44, 22, &[("task", N), ("key", Text), ("value", Text), ("stack", Stack)]),
    event("GoSwitch", 45, 23, &[("g", N), ("seq", N)]),
    event("GoSwitchDestroy", 46, 23, &[("g", N), ("seq", N)]),
    event("GoCreateBlocked", 47, 23, &[("g", N), ("start", Stack), ("stack", Stack)]),
    event("GoStatusStack", 48, 23, &[("g", N), ("m", N), ("state", GoState), ("stack", Stack)]),
    event("Span", 128, 23, &[("id", N), ("pages", N), ("class", N)]),
    event("SpanAlloc", 129, 23, &[("id", N), ("pages", N), ("class", N)]),
    event("SpanFree", 130, 23, &[("id", N)]),
    event("HeapObject", 131, 23, &[("id", N), ("type", N)]),
    event("HeapObjectAlloc", 132, 23, &[("id", N), ("type", N)]),
    event("HeapObjectFree", 133, 23, &[("id", N)]),
    event("GoroutineStack", 134, 23, &[("id", N), ("order", N)]),
    event("GoroutineStackAlloc", 135, 23, &[("id", N), ("order", N)]),
    event("GoroutineStackFree", 136, 23, &[("id", N)]),
];

/// What frames and tables begin with.
pub(crate) mod mark {
    pub(crate) const BATCH: u8 = 1;
    pub(crate) const STACKS: u8 = 2;
    pub(crate) const STACK: u8 = 3;
    pub(crate) const STRINGS: u8 = 4;
    pub(crate) const STRING: u8 = 5;
    pub(crate) const SAMPLES: u8 = 6;
    pub(crate) const SAMPLE: u8 = 7;
    pub(crate) const FREQUENCY: u8 = 8;
    pub(crate) const EXPERIMENT: u8 = 49;
    pub(crate) const SYNC: u8 = 50;
    pub(crate) const CLOCKS: u8 = 51;
    pub(crate) const END: u8 = 52;
}

/// The type with this name.
#[must_use]
pub fn event_type(name: &str) -> Option<&'static EventType> {
    EVENTS.iter().find(|event| event.name == name)
}

/// The number of a state's name.
pub(crate) fn state(arg: Arg, name: &str) -> Option<u64> {
    let names: &[&str] = match arg {
        GoState => &["runnable", "running", "syscall", "waiting"],
        ProcState => &["running", "idle", "syscall", "abandoned"],
        _ => &[],
    };
    (1u64..).zip(names).find(|(_, known)| **known == name).map(|(number, _)| number)
}
