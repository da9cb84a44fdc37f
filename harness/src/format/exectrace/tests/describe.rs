//! An event as one line, in the words of Go's reader: the same as `tracegen/golden -events` prints.
//! Uses the decoder's public face alone, as `api`: the end-to-end tests include this file, too.

use super::api::{
    AllocFree, Event, EventKind, GoState, Names, ProcState, Reader, StackId, StringId, Sync, TaskId,
};

/// Name of an event's kind in `golang.org/x/exp/trace`, and the line for it.
pub(crate) fn describe(event: &Event, reader: &Reader<'_>) -> (&'static str, String) {
    let (kind, details) = Describer { event, reader }.kind_and_details();
    let id = |id: Option<u64>| id.map_or_else(|| "-1".to_owned(), |id| id.to_string());
    let thread = id(event.thread().map(|thread| thread.0));
    let proc = id(event.proc().map(|proc| proc.0));
    let goroutine = id(event.goroutine().map(|goroutine| goroutine.0));
    let mut line = format!("{} m={thread} p={proc} g={goroutine} {kind}{details}", event.time.0);
    let frames = frames(event.stack(), reader);
    if !frames.is_empty() {
        line += &format!(" at {frames}");
    }
    (kind, line)
}

fn frames(id: StackId, reader: &Reader<'_>) -> String {
    let stack = Names::default().stack(reader.stack(id));
    let frames = stack.iter().map(|frame| format!("{} {}:{}", frame.function, frame.file, frame.line));
    frames.collect::<Vec<_>>().join(";")
}

struct Describer<'e, 'a> {
    event: &'e Event,
    reader: &'e Reader<'a>,
}

impl Describer<'_, '_> {
    fn kind_and_details(&self) -> (&'static str, String) {
        use EventKind::*;
        match self.event.kind() {
            Sync(sync) => ("Sync", sync_details(sync)),
            ProcsChange { procs } => ("Metric", format!(" /sched/gomaxprocs:threads={procs}")),
            HeapAlloc { live } => ("Metric", format!(" /memory/classes/heap/objects:bytes={live}")),
            HeapGoal { goal } => ("Metric", format!(" /gc/heap/goal:bytes={goal}")),
            GoLabel { label } => ("Label", format!(" {}", self.text(label))),
            CpuSample => ("StackSample", String::new()),
            AllocFree(event) => ("Experimental", alloc_free(event)),
            UserTaskBegin { task, parent, name } => {
                let parent = if parent == TaskId::BACKGROUND { u64::MAX } else { parent.0 };
                ("TaskBegin", format!(" {}<{parent} {}", task.0, self.text(name)))
            }
            UserTaskEnd { task, .. } => ("TaskEnd", format!(" {}", task.0)),
            UserRegionBegin { task, name } => ("RegionBegin", format!(" {} {}", task.0, self.text(name))),
            UserRegionEnd { task, name } => ("RegionEnd", format!(" {} {}", task.0, self.text(name))),
            UserLog { task, category, message } => {
                ("Log", format!(" {} {} {}", task.0, self.text(category), self.text(message)))
            }
            ProcStart { .. } | ProcStop | ProcSteal { .. } | ProcStatus { .. } => {
                ("StateTransition", self.proc_transition())
            }
            _ => self.range().unwrap_or_else(|| ("StateTransition", self.transition())),
        }
    }

    fn text(&self, id: StringId) -> &str {
        self.reader.string(id).unwrap_or("")
    }

    fn range(&self) -> Option<(&'static str, String)> {
        use EventKind::*;
        let mark = " GC concurrent mark phase".to_owned();
        let sweep = |proc: i64| format!(" GC incremental sweep P{proc}");
        let assist = |goroutine: i64| format!(" GC mark assist G{goroutine}");
        let stw = |kind| format!(" stop-the-world ({}) G{}", self.text(kind), self.goroutine());
        Some(match self.event.kind() {
            StwBegin { kind } => ("RangeBegin", stw(kind)),
            StwEnd { kind } => ("RangeEnd", stw(kind)),
            GcBegin { .. } => ("RangeBegin", mark),
            GcActive { .. } => ("RangeActive", mark),
            GcEnd { .. } => ("RangeEnd", mark),
            GcSweepActive { proc } => ("RangeActive", sweep(proc.0.cast_signed())),
            GcSweepBegin => ("RangeBegin", sweep(self.proc())),
            GcSweepEnd { swept, reclaimed } => {
                let bytes = format!(" bytes swept={swept} bytes reclaimed={reclaimed}");
                ("RangeEnd", sweep(self.proc()) + &bytes)
            }
            GcMarkAssistActive { goroutine } => ("RangeActive", assist(goroutine.0.cast_signed())),
            GcMarkAssistBegin => ("RangeBegin", assist(self.goroutine())),
            GcMarkAssistEnd => ("RangeEnd", assist(self.goroutine())),
            _ => return None,
        })
    }

    /// `-1` where damage left none.
    fn proc(&self) -> i64 {
        self.event.proc().map_or(-1, |proc| proc.0.cast_signed())
    }

    fn goroutine(&self) -> i64 {
        self.event.goroutine().map_or(-1, |goroutine| goroutine.0.cast_signed())
    }

    fn proc_transition(&self) -> String {
        let (proc, from, to) = match self.event.kind() {
            EventKind::ProcStart { proc } => (proc.0.cast_signed(), ProcState::Idle, ProcState::Running),
            EventKind::ProcStop => (self.proc(), ProcState::Running, ProcState::Idle),
            EventKind::ProcSteal { proc, before, .. } => (proc.0.cast_signed(), before, ProcState::Idle),
            EventKind::ProcStatus { proc, before, state } => (proc.0.cast_signed(), before, visible(state)),
            other => unreachable!("{other:?} is no event of a processor"),
        };
        format!(" P{proc} {from:?}->{to:?}")
    }

    fn transition(&self) -> String {
        use EventKind::*;
        let mut tail = String::new();
        let (goroutine, from, to) = match self.event.kind() {
            GoCreate { created, start } => {
                tail = format!(" start {}", frames(start, self.reader));
                (created.0.cast_signed(), "NotExist", "Runnable")
            }
            GoCreateBlocked { created, start } => {
                tail = format!(" start {}", frames(start, self.reader));
                (created.0.cast_signed(), "NotExist", "Waiting")
            }
            GoCreateSyscall { created } => {
                tail = " start ".to_owned();
                (created.0.cast_signed(), "NotExist", "Syscall")
            }
            GoStart { started } => (started.0.cast_signed(), "Runnable", "Running"),
            GoDestroy => (self.goroutine(), "Running", "NotExist"),
            GoDestroySyscall => (self.goroutine(), "Syscall", "NotExist"),
            GoStop { reason } => {
                tail = self.text(reason).to_owned();
                (self.goroutine(), "Running", "Runnable")
            }
            GoBlock { reason } => {
                tail = self.text(reason).to_owned();
                (self.goroutine(), "Running", "Waiting")
            }
            GoUnblock { unblocked: id } | GoSwitch { next: id } | GoSwitchDestroy { next: id } => {
                (id.0.cast_signed(), "Waiting", "Runnable")
            }
            GoSyscallBegin => (self.goroutine(), "Running", "Syscall"),
            GoSyscallEnd => (self.goroutine(), "Syscall", "Running"),
            GoSyscallEndBlocked => (self.goroutine(), "Syscall", "Runnable"),
            GoStatus { about, before, state, .. } => {
                (about.0.cast_signed(), go_state(before), go_state(state))
            }
            other => unreachable!("{other:?} is no event of a goroutine"),
        };
        format!(" G{goroutine} {from}->{to} {tail}")
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

fn visible(state: ProcState) -> ProcState {
    match state {
        ProcState::Syscall => ProcState::Running,
        ProcState::SyscallAbandoned => ProcState::Idle,
        other => other,
    }
}

fn sync_details(sync: Sync) -> String {
    let mut line = format!(" {}", sync.number);
    if let Some(clocks) = sync.clocks {
        let (trace, mono, wall) = (clocks.trace.0, clocks.monotonic.0, clocks.wall.0);
        line += &format!(" trace={trace} mono={mono} wall={wall}");
    }
    line
}

fn alloc_free(event: AllocFree) -> String {
    match event {
        AllocFree::SpanExists { span, pages, class } => format!(" Span {} {pages} {}", span.0, class.0),
        AllocFree::SpanAlloc { span, pages, class } => format!(" SpanAlloc {} {pages} {}", span.0, class.0),
        AllocFree::SpanFree { span } => format!(" SpanFree {}", span.0),
        AllocFree::ObjectExists { object, of } => format!(" HeapObject {} {}", object.0, of.number()),
        AllocFree::ObjectAlloc { object, of } => format!(" HeapObjectAlloc {} {}", object.0, of.number()),
        AllocFree::ObjectFree { object } => format!(" HeapObjectFree {}", object.0),
        AllocFree::StackExists { stack, size } => format!(" GoroutineStack {stack} {}", size.0),
        AllocFree::StackAlloc { stack, size } => format!(" GoroutineStackAlloc {stack} {}", size.0),
        AllocFree::StackFree { stack } => format!(" GoroutineStackFree {stack}"),
    }
}
