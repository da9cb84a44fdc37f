//! Which event types the format has: number, name, arguments and their meaning, first version.
//!
//! One table for all versions (later ones only add types), taken from the runtime's
//! `internal/trace/tracev2`. Decoding an event is a walk over its arguments, whatever they mean.

use super::version::Version;

/// What a number in an event stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arg {
    /// Ticks since the event before it in the batch.
    Delta,
    /// Ticks.
    Time,
    /// Id of a goroutine, thread, processor or task.
    Goroutine,
    Thread,
    Proc,
    Task,
    /// A sequence number: orders events on the same goroutine, processor or GC.
    Seq,
    /// A state.
    GoStatus,
    ProcStatus,
    /// Id in the generation's string table.
    String,
    /// Id in its stack table: the stack of the event's goroutine.
    Stack,
    /// Likewise, the first stack of a goroutine that is being made.
    StartStack,
    /// A count, a size, an id that only the experiment knows.
    Value,
}

/// Where an event type may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// Frames and tables: batch headers, table entries.
    Structure,
    /// In the batches of a thread, with a time.
    Timed,
    /// In the batches of a thread, for an experiment.
    Experiment,
}

/// One event type.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spec {
    pub(super) name: &'static str,
    pub(super) class: Class,
    pub(super) since: Version,
    pub(super) args: &'static [(&'static str, Arg)],
}

/// Most arguments of a timed event after its time.
pub(super) const MAX_ARGS: usize = 4;

macro_rules! specs {
    ($($number:literal $constant:ident $name:literal $class:ident $since:ident [$($arg:ident: $kind:ident),*];)*) => {
        $(pub(super) const $constant: u8 = $number;)*

        /// The event type with this number.
        pub(super) const fn spec(number: u8) -> Option<Spec> {
            match number {
                $($number => Some(Spec {
                    name: $name,
                    class: Class::$class,
                    since: Version::$since,
                    args: &[$((stringify!($arg), Arg::$kind)),*],
                }),)*
                _ => None,
            }
        }
    };
}

specs! {
    1 EVENT_BATCH "EventBatch" Structure Go122 [gen: Value, m: Thread, time: Time, size: Value];
    2 STACKS "Stacks" Structure Go122 [];
    3 STACK "Stack" Structure Go122 [id: Value, nframes: Value];
    4 STRINGS "Strings" Structure Go122 [];
    5 STRING "String" Structure Go122 [id: Value, length: Value];
    6 CPU_SAMPLES "CPUSamples" Structure Go122 [];
    7 CPU_SAMPLE "CPUSample" Structure Go122 [time: Time, m: Thread, p: Proc, g: Goroutine, stack: Stack];
    8 FREQUENCY "Frequency" Structure Go122 [freq: Value];

    9 PROCS_CHANGE "ProcsChange" Timed Go122 [dt: Delta, procs: Value, stack: Stack];
    10 PROC_START "ProcStart" Timed Go122 [dt: Delta, p: Proc, p_seq: Seq];
    11 PROC_STOP "ProcStop" Timed Go122 [dt: Delta];
    12 PROC_STEAL "ProcSteal" Timed Go122 [dt: Delta, p: Proc, p_seq: Seq, m: Thread];
    13 PROC_STATUS "ProcStatus" Timed Go122 [dt: Delta, p: Proc, status: ProcStatus];

    14 GO_CREATE "GoCreate" Timed Go122 [dt: Delta, new_g: Goroutine, new_stack: StartStack, stack: Stack];
    15 GO_CREATE_SYSCALL "GoCreateSyscall" Timed Go122 [dt: Delta, new_g: Goroutine];
    16 GO_START "GoStart" Timed Go122 [dt: Delta, g: Goroutine, g_seq: Seq];
    17 GO_DESTROY "GoDestroy" Timed Go122 [dt: Delta];
    18 GO_DESTROY_SYSCALL "GoDestroySyscall" Timed Go122 [dt: Delta];
    19 GO_STOP "GoStop" Timed Go122 [dt: Delta, reason: String, stack: Stack];
    20 GO_BLOCK "GoBlock" Timed Go122 [dt: Delta, reason: String, stack: Stack];
    21 GO_UNBLOCK "GoUnblock" Timed Go122 [dt: Delta, g: Goroutine, g_seq: Seq, stack: Stack];
    22 GO_SYSCALL_BEGIN "GoSyscallBegin" Timed Go122 [dt: Delta, p_seq: Seq, stack: Stack];
    23 GO_SYSCALL_END "GoSyscallEnd" Timed Go122 [dt: Delta];
    24 GO_SYSCALL_END_BLOCKED "GoSyscallEndBlocked" Timed Go122 [dt: Delta];
    25 GO_STATUS "GoStatus" Timed Go122 [dt: Delta, g: Goroutine, m: Thread, status: GoStatus];

    26 STW_BEGIN "STWBegin" Timed Go122 [dt: Delta, kind: String, stack: Stack];
    27 STW_END "STWEnd" Timed Go122 [dt: Delta];
    28 GC_ACTIVE "GCActive" Timed Go122 [dt: Delta, gc_seq: Seq];
    29 GC_BEGIN "GCBegin" Timed Go122 [dt: Delta, gc_seq: Seq, stack: Stack];
    30 GC_END "GCEnd" Timed Go122 [dt: Delta, gc_seq: Seq];
    31 GC_SWEEP_ACTIVE "GCSweepActive" Timed Go122 [dt: Delta, p: Proc];
    32 GC_SWEEP_BEGIN "GCSweepBegin" Timed Go122 [dt: Delta, stack: Stack];
    33 GC_SWEEP_END "GCSweepEnd" Timed Go122 [dt: Delta, swept: Value, reclaimed: Value];
    34 GC_MARK_ASSIST_ACTIVE "GCMarkAssistActive" Timed Go122 [dt: Delta, g: Goroutine];
    35 GC_MARK_ASSIST_BEGIN "GCMarkAssistBegin" Timed Go122 [dt: Delta, stack: Stack];
    36 GC_MARK_ASSIST_END "GCMarkAssistEnd" Timed Go122 [dt: Delta];
    37 HEAP_ALLOC "HeapAlloc" Timed Go122 [dt: Delta, bytes: Value];
    38 HEAP_GOAL "HeapGoal" Timed Go122 [dt: Delta, bytes: Value];

    39 GO_LABEL "GoLabel" Timed Go122 [dt: Delta, label: String];
    40 USER_TASK_BEGIN "UserTaskBegin" Timed Go122 [dt: Delta, task: Task, parent: Task, name: String, stack: Stack];
    41 USER_TASK_END "UserTaskEnd" Timed Go122 [dt: Delta, task: Task, stack: Stack];
    42 USER_REGION_BEGIN "UserRegionBegin" Timed Go122 [dt: Delta, task: Task, name: String, stack: Stack];
    43 USER_REGION_END "UserRegionEnd" Timed Go122 [dt: Delta, task: Task, name: String, stack: Stack];
    44 USER_LOG "UserLog" Timed Go122 [dt: Delta, task: Task, key: String, value: String, stack: Stack];

    45 GO_SWITCH "GoSwitch" Timed Go123 [dt: Delta, g: Goroutine, g_seq: Seq];
    46 GO_SWITCH_DESTROY "GoSwitchDestroy" Timed Go123 [dt: Delta, g: Goroutine, g_seq: Seq];
    47 GO_CREATE_BLOCKED "GoCreateBlocked" Timed Go123 [dt: Delta, new_g: Goroutine, new_stack: StartStack, stack: Stack];
    48 GO_STATUS_STACK "GoStatusStack" Timed Go123 [dt: Delta, g: Goroutine, m: Thread, status: GoStatus, stack: Stack];
    49 EXPERIMENTAL_BATCH "ExperimentalBatch" Structure Go123 [exp: Value, gen: Value, m: Thread, time: Time, size: Value];

    50 SYNC "Sync" Structure Go125 [];
    51 CLOCK_SNAPSHOT "ClockSnapshot" Structure Go125 [dt: Delta, mono: Value, sec: Value, nsec: Value];
    52 END_OF_GENERATION "EndOfGeneration" Structure Go126 [];

    128 SPAN "Span" Experiment Go123 [dt: Delta, id: Value, npages: Value, kindclass: Value];
    129 SPAN_ALLOC "SpanAlloc" Experiment Go123 [dt: Delta, id: Value, npages: Value, kindclass: Value];
    130 SPAN_FREE "SpanFree" Experiment Go123 [dt: Delta, id: Value];
    131 HEAP_OBJECT "HeapObject" Experiment Go123 [dt: Delta, id: Value, type: Value];
    132 HEAP_OBJECT_ALLOC "HeapObjectAlloc" Experiment Go123 [dt: Delta, id: Value, type: Value];
    133 HEAP_OBJECT_FREE "HeapObjectFree" Experiment Go123 [dt: Delta, id: Value];
    134 GOROUTINE_STACK "GoroutineStack" Experiment Go123 [dt: Delta, id: Value, order: Value];
    135 GOROUTINE_STACK_ALLOC "GoroutineStackAlloc" Experiment Go123 [dt: Delta, id: Value, order: Value];
    136 GOROUTINE_STACK_FREE "GoroutineStackFree" Experiment Go123 [dt: Delta, id: Value];
}

/// Id of the AllocFree experiment in experimental batches.
pub(super) const ALLOC_FREE: u8 = 1;

/// Name of an event type, also of one that does not exist.
pub(super) fn name(number: u8) -> &'static str {
    spec(number).map_or("unknown event", |spec| spec.name)
}

/// What a decoder has to know of an event type.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Layout {
    /// Numbers after the type, time included; 0 for what cannot stand in a thread's batch.
    pub(super) n_numbers: u8,
    /// Arguments that are ids of stacks, as bits: argument `i` after the time is bit `i`.
    pub(super) stacks: u8,
    /// Likewise of strings.
    pub(super) strings: u8,
}

/// The event types of a version.
pub(super) type Layouts = [Layout; 256];

/// The table for one version.
pub(super) fn layouts(version: Version) -> Layouts {
    let mut table = [Layout::default(); 256];
    for (number, slot) in (0u8..=u8::MAX).zip(&mut table) {
        if let Some(spec) =
            spec(number).filter(|spec| spec.class != Class::Structure && spec.since <= version)
        {
            *slot = layout(&spec);
        }
    }
    table
}

fn layout(spec: &Spec) -> Layout {
    let mut layout = Layout { n_numbers: spec.args.len() as u8, ..Layout::default() };
    for (i, (_, kind)) in spec.args.iter().skip(1).enumerate() {
        match kind {
            Arg::Stack | Arg::StartStack => layout.stacks |= 1 << i,
            Arg::String => layout.strings |= 1 << i,
            _ => {}
        }
    }
    layout
}

/// In [`STACK_ARGUMENT`]: the event has no stack.
pub(super) const NO_STACK: u8 = u8::MAX;

/// For each event type, which argument after the time is the stack it happened at.
pub(super) static STACK_ARGUMENT: [u8; 256] = stack_arguments();

const fn stack_arguments() -> [u8; 256] {
    let mut table = [NO_STACK; 256];
    let mut number = 0;
    while number < table.len() {
        if let Some(Spec { class: Class::Timed, args, .. }) = spec(number as u8) {
            let mut i = 1;
            while i < args.len() {
                if matches!(args[i].1, Arg::Stack) {
                    table[number] = i as u8 - 1;
                }
                i += 1;
            }
        }
        number += 1;
    }
    table[CPU_SAMPLE as usize] = 0;
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_timed_event_begins_with_its_time_and_fits_the_argument_array() {
        for number in 0..=u8::MAX {
            let Some(spec) = spec(number).filter(|spec| spec.class != Class::Structure) else { continue };
            assert_eq!(spec.args[0], ("dt", Arg::Delta), "{}", spec.name);
            assert!(spec.args.len() <= MAX_ARGS + 1, "{}", spec.name);
            assert!(spec.args[1..].iter().all(|&(_, kind)| kind != Arg::Delta && kind != Arg::Time));
        }
    }

    #[test]
    fn each_version_adds_the_types_its_release_did() {
        let count = |version| layouts(version).iter().filter(|layout| layout.n_numbers != 0).count();
        assert_eq!(count(Version::Go122), 36);
        assert_eq!(count(Version::Go123), 36 + 4 + 9);
        assert_eq!(count(Version::Go126), count(Version::Go123));
        assert_eq!(layouts(Version::Go122)[usize::from(GO_SWITCH)].n_numbers, 0);
        assert_eq!(layouts(Version::Go123)[usize::from(GO_SWITCH)].n_numbers, 3);
        assert_eq!(layouts(Version::Go126)[usize::from(CLOCK_SNAPSHOT)].n_numbers, 0);
    }

    #[test]
    fn layouts_name_the_arguments_that_are_table_ids() {
        let table = layouts(Version::Go126);
        let layout = |n_numbers, stacks, strings| Layout { n_numbers, stacks, strings };
        assert_eq!(table[usize::from(GO_CREATE)], layout(4, 0b110, 0));
        assert_eq!(table[usize::from(USER_LOG)], layout(5, 0b1000, 0b110));
        assert_eq!(table[usize::from(HEAP_OBJECT_ALLOC)], layout(3, 0, 0));
    }
}
