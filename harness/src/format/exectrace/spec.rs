//! Which event types the format has: number, name, arguments and their meaning, first version.
//!
//! One table for all versions (later ones only add types), taken from the runtime's
//! `internal/trace/tracev2`. Decoding an event is a walk over its arguments, whatever they mean.

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
    pub(super) args: &'static [(&'static str, Arg)],
}

/// Most arguments of a timed event after its time.
pub(super) const MAX_ARGS: usize = 4;

macro_rules! specs {
    ($($number:literal $constant:ident $name:literal $class:ident [$($arg:ident: $kind:ident),*];)*) => {
        $(pub(super) const $constant: u8 = $number;)*

        /// The event type with this number.
        pub(super) const fn spec(number: u8) -> Option<Spec> {
            match number {
                $($number => Some(Spec {
                    name: $name,
                    class: Class::$class,
                    args: &[$((stringify!($arg), Arg::$kind)),*],
                }),)*
                _ => None,
            }
        }
    };
}

specs! {
    1 EVENT_BATCH "EventBatch" Structure [gen: Value, m: Thread, time: Time, size: Value];
    2 STACKS "Stacks" Structure [];
    3 STACK "Stack" Structure [id: Value, nframes: Value];
    4 STRINGS "Strings" Structure [];
    5 STRING "String" Structure [id: Value, length: Value];
    6 CPU_SAMPLES "CPUSamples" Structure [];
    7 CPU_SAMPLE "CPUSample" Structure [time: Time, m: Thread, p: Proc, g: Goroutine, stack: Stack];
    8 FREQUENCY "Frequency" Structure [freq: Value];

    9 PROCS_CHANGE "ProcsChange" Timed [dt: Delta, procs: Value, stack: Stack];
    10 PROC_START "ProcStart" Timed [dt: Delta, p: Proc, p_seq: Seq];
    11 PROC_STOP "ProcStop" Timed [dt: Delta];
    12 PROC_STEAL "ProcSteal" Timed [dt: Delta, p: Proc, p_seq: Seq, m: Thread];
    13 PROC_STATUS "ProcStatus" Timed [dt: Delta, p: Proc, status: ProcStatus];

    14 GO_CREATE "GoCreate" Timed [dt: Delta, new_g: Goroutine, new_stack: StartStack, stack: Stack];
    15 GO_CREATE_SYSCALL "GoCreateSyscall" Timed [dt: Delta, new_g: Goroutine];
    16 GO_START "GoStart" Timed [dt: Delta, g: Goroutine, g_seq: Seq];
    17 GO_DESTROY "GoDestroy" Timed [dt: Delta];
    18 GO_DESTROY_SYSCALL "GoDestroySyscall" Timed [dt: Delta];
    19 GO_STOP "GoStop" Timed [dt: Delta, reason: String, stack: Stack];
    20 GO_BLOCK "GoBlock" Timed [dt: Delta, reason: String, stack: Stack];
    21 GO_UNBLOCK "GoUnblock" Timed [dt: Delta, g: Goroutine, g_seq: Seq, stack: Stack];
    22 GO_SYSCALL_BEGIN "GoSyscallBegin" Timed [dt: Delta, p_seq: Seq, stack: Stack];
    23 GO_SYSCALL_END "GoSyscallEnd" Timed [dt: Delta];
    24 GO_SYSCALL_END_BLOCKED "GoSyscallEndBlocked" Timed [dt: Delta];
    25 GO_STATUS "GoStatus" Timed [dt: Delta, g: Goroutine, m: Thread, status: GoStatus];

    26 STW_BEGIN "STWBegin" Timed [dt: Delta, kind: String, stack: Stack];
    27 STW_END "STWEnd" Timed [dt: Delta];
    28 GC_ACTIVE "GCActive" Timed [dt: Delta, gc_seq: Seq];
    29 GC_BEGIN "GCBegin" Timed [dt: Delta, gc_seq: Seq, stack: Stack];
    30 GC_END "GCEnd" Timed [dt: Delta, gc_seq: Seq];
    31 GC_SWEEP_ACTIVE "GCSweepActive" Timed [dt: Delta, p: Proc];
    32 GC_SWEEP_BEGIN "GCSweepBegin" Timed [dt: Delta, stack: Stack];
    33 GC_SWEEP_END "GCSweepEnd" Timed [dt: Delta, swept: Value, reclaimed: Value];
    34 GC_MARK_ASSIST_ACTIVE "GCMarkAssistActive" Timed [dt: Delta, g: Goroutine];
    35 GC_MARK_ASSIST_BEGIN "GCMarkAssistBegin" Timed [dt: Delta, stack: Stack];
    36 GC_MARK_ASSIST_END "GCMarkAssistEnd" Timed [dt: Delta];
    37 HEAP_ALLOC "HeapAlloc" Timed [dt: Delta, bytes: Value];
    38 HEAP_GOAL "HeapGoal" Timed [dt: Delta, bytes: Value];

    39 GO_LABEL "GoLabel" Timed [dt: Delta, label: String];
    40 USER_TASK_BEGIN "UserTaskBegin" Timed [dt: Delta, task: Task, parent: Task, name: String, stack: Stack];
    41 USER_TASK_END "UserTaskEnd" Timed [dt: Delta, task: Task, stack: Stack];
    42 USER_REGION_BEGIN "UserRegionBegin" Timed [dt: Delta, task: Task, name: String, stack: Stack];
    43 USER_REGION_END "UserRegionEnd" Timed [dt: Delta, task: Task, name: String, stack: Stack];
    44 USER_LOG "UserLog" Timed [dt: Delta, task: Task, key: String, value: String, stack: Stack];

    45 GO_SWITCH "GoSwitch" Timed [dt: Delta, g: Goroutine, g_seq: Seq];
    46 GO_SWITCH_DESTROY "GoSwitchDestroy" Timed [dt: Delta, g: Goroutine, g_seq: Seq];
    47 GO_CREATE_BLOCKED "GoCreateBlocked" Timed [dt: Delta, new_g: Goroutine, new_stack: StartStack, stack: Stack];
    48 GO_STATUS_STACK "GoStatusStack" Timed [dt: Delta, g: Goroutine, m: Thread, status: GoStatus, stack: Stack];
    49 EXPERIMENTAL_BATCH "ExperimentalBatch" Structure [exp: Value, gen: Value, m: Thread, time: Time, size: Value];

    50 SYNC "Sync" Structure [];
    51 CLOCK_SNAPSHOT "ClockSnapshot" Structure [dt: Delta, mono: Value, sec: Value, nsec: Value];
    52 END_OF_GENERATION "EndOfGeneration" Structure [];

    128 SPAN "Span" Experiment [dt: Delta, id: Value, npages: Value, kindclass: Value];
    129 SPAN_ALLOC "SpanAlloc" Experiment [dt: Delta, id: Value, npages: Value, kindclass: Value];
    130 SPAN_FREE "SpanFree" Experiment [dt: Delta, id: Value];
    131 HEAP_OBJECT "HeapObject" Experiment [dt: Delta, id: Value, type: Value];
    132 HEAP_OBJECT_ALLOC "HeapObjectAlloc" Experiment [dt: Delta, id: Value, type: Value];
    133 HEAP_OBJECT_FREE "HeapObjectFree" Experiment [dt: Delta, id: Value];
    134 GOROUTINE_STACK "GoroutineStack" Experiment [dt: Delta, id: Value, order: Value];
    135 GOROUTINE_STACK_ALLOC "GoroutineStackAlloc" Experiment [dt: Delta, id: Value, order: Value];
    136 GOROUTINE_STACK_FREE "GoroutineStackFree" Experiment [dt: Delta, id: Value];
}

/// Id of the AllocFree experiment in experimental batches.
pub(super) const ALLOC_FREE: u8 = 1;

/// Name of an event type, also of one that does not exist.
pub(super) fn name(number: u8) -> &'static str {
    spec(number).map_or("unknown event", |spec| spec.name)
}

/// What a decoder has to know of an event type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Layout {
    /// Numbers after the type, time included; 0 for what cannot stand in a thread's batch.
    pub(super) n_numbers: u8,
    /// Arguments that are ids of stacks, as bits: argument `i` after the time is bit `i`.
    pub(super) stacks: u8,
    /// Likewise of strings.
    pub(super) strings: u8,
}

/// The layout of each event type. Like Go's reader we look for none in particular versions only.
pub(super) static LAYOUTS: [Layout; 256] = layouts();

const fn layouts() -> [Layout; 256] {
    let mut table = [Layout { n_numbers: 0, stacks: 0, strings: 0 }; 256];
    let mut number = 0;
    while number < table.len() {
        if let Some(Spec { class: Class::Timed | Class::Experiment, args, .. }) = spec(number as u8) {
            table[number] = layout(args);
        }
        number += 1;
    }
    table
}

const fn layout(args: &[(&str, Arg)]) -> Layout {
    let mut layout = Layout { n_numbers: args.len() as u8, stacks: 0, strings: 0 };
    let mut i = 1;
    while i < args.len() {
        match args[i].1 {
            Arg::Stack | Arg::StartStack => layout.stacks |= 1 << (i - 1),
            Arg::String => layout.strings |= 1 << (i - 1),
            _ => {}
        }
        i += 1;
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
    fn layouts_name_the_arguments_that_are_table_ids() {
        let layout = |n_numbers, stacks, strings| Layout { n_numbers, stacks, strings };
        assert_eq!(LAYOUTS[usize::from(GO_CREATE)], layout(4, 0b110, 0));
        assert_eq!(LAYOUTS[usize::from(USER_LOG)], layout(5, 0b1000, 0b110));
        assert_eq!(LAYOUTS[usize::from(HEAP_OBJECT_ALLOC)], layout(3, 0, 0));
    }
}
