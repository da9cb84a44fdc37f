//! The records of `probe.rec` as values: what the probe read, in the probe's own units.
//!
//! Text borrows from the file where its bytes are UTF-8. Nothing here is scaled, joined or judged:
//! that is `ingest`'s work. The probe's sources (`go/probe/records.go`) list the same fields in the
//! same order.

use std::borrow::Cow;

use crate::model::{
    Bytes, GcCycle, MonotonicTime, Nanoseconds, Objects, OpenDescriptors, Operations, Stack, TestKind,
    TestOutcome, WallTime,
};

/// Text out of the file; bytes that are not UTF-8 are replaced.
pub type Text<'a> = Cow<'a, str>;

/// Number of a stack within one file. [`StackDef`] gives its frames, before the first use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StackId(pub u32);

/// One record.
#[derive(Debug, Clone, PartialEq)]
pub enum Record<'a> {
    /// The first record of every file.
    Start(Start<'a>),
    /// What came of starting the execution trace.
    TraceStarted(TraceStarted<'a>),
    /// A call stack.
    Stack(StackDef),
    /// The allocation profile.
    MemProfile(MemProfile),
    /// Names and types of what [`Record::Metrics`] lists; before the first of them.
    MetricNames(Vec<MetricName<'a>>),
    /// Values of `runtime/metrics`.
    Metrics(Metrics),
    /// What the operating system says of the process.
    Process(Process),
    /// The goroutine profile.
    Goroutines(Goroutines),
    /// The text of all goroutines' stacks, at the last checkpoint.
    GoroutineText(GoroutineText<'a>),
    /// The runtime's own leak profile.
    GoroutineLeak(GoroutineLeak<'a>),
    /// A heap dump was written.
    HeapDump(HeapDump<'a>),
    /// A checkpoint is complete; the records that name its index came before.
    Checkpoint(Checkpoint),
    /// The last record of a run that ended under the probe's hook.
    End(End),
    /// Something that the probe wanted and could not do.
    Error(ProbeError<'a>),
    /// A test begins.
    TestBegin(Text<'a>),
    /// A test, or what is judged as one, has run as often as it shall.
    Test(Test<'a>),
    /// Coverage counters, in a program built with `-cover`.
    Coverage(Coverage<'a>),
}

/// The process and its settings, as the probe's initialiser found them.
#[derive(Debug, Clone, PartialEq)]
pub struct Start<'a> {
    /// Process id.
    pub pid: u64,
    /// `runtime.Version()`.
    pub go_version: Text<'a>,
    /// `runtime.GOOS`.
    pub goos: Text<'a>,
    /// `runtime.GOARCH`.
    pub goarch: Text<'a>,
    /// `runtime.NumCPU()`.
    pub num_cpu: u64,
    /// `runtime.GOMAXPROCS(0)`.
    pub gomaxprocs: u64,
    /// `runtime.MemProfileRate` in bytes; 1 profiles every allocation.
    pub mem_profile_rate: i64,
    /// `HARNESS_MODE`.
    pub mode: ProbeMode,
    /// `GODEBUG` as set.
    pub godebug: Text<'a>,
    /// Monotonic clock, read together with `wall`.
    pub at: MonotonicTime,
    /// Wall clock.
    pub wall: WallTime,
    /// GC cycles completed.
    pub gc: GcCycle,
}

/// How the probe was told to work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProbeMode {
    /// Never forces a GC; snapshots after the program's own cycles.
    Natural,
    /// Forces two GCs at every checkpoint.
    Step,
}

/// Clock and GC count around `trace.Start`.
#[derive(Debug, Clone, PartialEq)]
pub struct TraceStarted<'a> {
    /// Monotonic clock before and after the call.
    pub at: (MonotonicTime, MonotonicTime),
    /// GC cycles completed before and after the call: brackets the trace's GC sequence.
    pub gc: (GcCycle, GcCycle),
    /// Why there is no trace (the program already traces itself); empty when there is one.
    pub error: Text<'a>,
}

/// A stack's frames.
#[derive(Debug, Clone, PartialEq)]
pub struct StackDef {
    /// Its number.
    pub id: StackId,
    /// Frames, innermost first; inlined calls have frames of their own.
    pub frames: Stack,
    /// Indices of frames that the compiler put into their callers; none in records of older probes.
    pub inlined: Vec<usize>,
}

/// The runtime's allocation profile: raw counts, not scaled by the sampling rate.
#[derive(Debug, Clone, PartialEq)]
pub struct MemProfile {
    /// The checkpoint it belongs to; `None` for one taken after a GC cycle of the program's own.
    pub checkpoint: Option<u32>,
    /// GC cycles completed before and after it was read.
    pub gc: (GcCycle, GcCycle),
    /// Which cycle's end the profile shows, relative to `gc.0`.
    pub shows: ProfileAge,
    /// When it was read.
    pub at: MonotonicTime,
    /// One per (stack, object size) that ever allocated, in the runtime's order.
    pub buckets: Vec<Bucket>,
}

impl MemProfile {
    /// The cycle at whose mark termination the counts were true, if that can be said.
    #[must_use]
    pub fn cycle(&self) -> Option<GcCycle> {
        let (before, after) = self.gc;
        match self.shows {
            ProfileAge::LastCycle if before == after => Some(before),
            ProfileAge::CycleBefore if before == after => before.0.checked_sub(1).map(GcCycle),
            _ => None,
        }
    }
}

/// How old a profile is. The runtime publishes a cycle's profile at the *next* mark termination,
/// unless `runtime.GC()` ran, which publishes at once (`runtime/mprof.go`, Go 1.23-1.27).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProfileAge {
    /// The last completed cycle: the probe forced it and waited for its sweep.
    LastCycle,
    /// The cycle before the last completed one: GCs run as the program has them.
    CycleBefore,
    /// Either: fewer than two cycles so far, or the program forced one itself meanwhile.
    Unknown,
}

/// Allocations of one size at one stack since the program's start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bucket {
    /// Where.
    pub stack: StackId,
    /// Objects allocated.
    pub alloc_objects: Objects,
    /// Bytes allocated; divided by `alloc_objects` it is the size class of the bucket.
    pub alloc_bytes: Bytes,
    /// Objects freed.
    pub free_objects: Objects,
    /// Bytes freed.
    pub free_bytes: Bytes,
}

/// A column of [`Metrics`].
#[derive(Debug, Clone, PartialEq)]
pub struct MetricName<'a> {
    /// As `runtime/metrics` spells it, with the unit: `/gc/heap/live:bytes`.
    pub name: Text<'a>,
    /// True when values are floats, false when they are unsigned integers.
    pub float: bool,
}

/// Values of all metrics at a checkpoint, in the order of [`Record::MetricNames`].
#[derive(Debug, Clone, PartialEq)]
pub struct Metrics {
    /// The checkpoint.
    pub checkpoint: u32,
    /// Values.
    pub values: Vec<MetricValue>,
}

/// A metric's value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum MetricValue {
    /// Of kind `KindUint64`.
    Unsigned(u64),
    /// Of kind `KindFloat64`.
    Float(f64),
}

/// From `/proc/self`, on Linux alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Process {
    /// The checkpoint.
    pub checkpoint: u32,
    /// Resident set size (`VmRSS`).
    pub rss: Bytes,
    /// Its high-water mark (`VmHWM`).
    pub peak_rss: Bytes,
    /// Open descriptors, the probe's own files included (a constant number).
    pub descriptors: u64,
    /// Threads of the operating system.
    pub threads: u64,
    /// What else there is to say; `None` in records of older probes.
    pub details: Option<ProcessDetails>,
}

/// Further figures of [`Process`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProcessDetails {
    /// Resident memory that no file stands for (`RssAnon`).
    pub anonymous: Bytes,
    /// Size of all mappings, resident or not (`VmSize`).
    pub mapped: Bytes,
    /// Open descriptors by what they are, the probe's own files left out.
    pub open: OpenDescriptors,
}

/// The goroutine profile, grouped by stack.
#[derive(Debug, Clone, PartialEq)]
pub struct Goroutines {
    /// The checkpoint.
    pub checkpoint: u32,
    /// Where goroutines are, and how many at each place, the probe's own included.
    pub groups: Vec<GoroutineGroup>,
}

/// Goroutines at one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GoroutineGroup {
    /// Where.
    pub stack: StackId,
    /// How many.
    pub count: u64,
}

/// `runtime.Stack` of all goroutines: ids, wait reasons, `created by`.
#[derive(Debug, Clone, PartialEq)]
pub struct GoroutineText<'a> {
    /// The checkpoint.
    pub checkpoint: u32,
    /// The text was longer than the probe's limit and is cut.
    pub truncated: bool,
    /// As the runtime prints it.
    pub text: Text<'a>,
}

/// The `goroutineleak` profile (built into Go 1.27; 1.26 has it under an experiment).
#[derive(Debug, Clone, PartialEq)]
pub struct GoroutineLeak<'a> {
    /// This Go has the profile. If not, all else is empty.
    pub available: bool,
    /// How many goroutines the runtime proved to be leaked.
    pub count: u64,
    /// The text was longer than the probe's limit and is cut.
    pub truncated: bool,
    /// Text of all goroutines; the leaked ones have `(leaked)` after their wait reason.
    pub text: Text<'a>,
}

/// A heap dump.
#[derive(Debug, Clone, PartialEq)]
pub struct HeapDump<'a> {
    /// The checkpoint.
    pub checkpoint: u32,
    /// File name within the capture: `heap-9.dump`.
    pub file: Text<'a>,
    /// GC cycles completed before and after.
    pub gc: (GcCycle, GcCycle),
    /// Size of the file.
    pub size: Bytes,
    /// Monotonic clock before and after.
    pub at: (MonotonicTime, MonotonicTime),
}

/// Counters of a program built with `-cover`, as of a checkpoint.
#[derive(Debug, Clone, PartialEq)]
pub struct Coverage<'a> {
    /// The checkpoint.
    pub checkpoint: u32,
    /// There were more bytes than the probe's limit; the rest is not there.
    pub truncated: bool,
    /// A file of counters as Go writes it: `format/covdata` reads it.
    pub counters: &'a [u8],
}

/// A checkpoint.
#[derive(Debug, Clone, PartialEq)]
pub struct Checkpoint {
    /// From 0, without gaps.
    pub index: u32,
    /// With call checkpoints: completed entries of the function. Otherwise checkpoints of the
    /// configured cause so far, this one included.
    pub operations: Operations,
    /// What asked for it.
    pub cause: Cause,
    /// Monotonic clock at its beginning and at its end.
    pub at: (MonotonicTime, MonotonicTime),
    /// GC cycles completed before and after what it read (after the GCs that a step forces).
    pub gc: (GcCycle, GcCycle),
    /// `runtime.NumGoroutine()` at its beginning, the probe's own included.
    pub goroutines: u64,
    /// How many of those are the probe's own.
    pub own_goroutines: u64,
}

/// What asked for a checkpoint, or ended the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// The Nth entry of the checkpoint function.
    Call,
    /// A signal (for [`End`]: the one that means checkpoint and exit).
    Signal,
    /// The interval.
    Interval,
    /// A GC cycle of the program's own.
    Gc,
    /// The program exits: return from main or `os.Exit`.
    Exit,
    /// An iteration of a test is over.
    Test,
}

impl Cause {
    /// As the model and reports spell it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Signal => "signal",
            Self::Interval => "interval",
            Self::Gc => "gc",
            Self::Exit => "exit",
            Self::Test => "test",
        }
    }
}

/// What became of a test.
#[derive(Debug, Clone, PartialEq)]
pub struct Test<'a> {
    /// Its name.
    pub name: Text<'a>,
    /// What it is.
    pub kind: TestKind,
    /// How it went.
    pub outcome: TestOutcome,
    /// Iterations that counted.
    pub iterations: u64,
    /// What they did.
    pub operations: u64,
    /// How long the last one took.
    pub took: Nanoseconds,
    /// The test functions that ran as one, each with its own outcome and time.
    pub members: Vec<(Text<'a>, TestOutcome, Nanoseconds)>,
    /// Goroutines, and descriptors, that there may be more of after each iteration.
    pub goroutines: u64,
    /// See `goroutines`.
    pub descriptors: u64,
    /// Stacks that may have more in use after each iteration: bytes and objects gained.
    pub grown: Vec<(StackId, Bytes, Objects)>,
}

/// The orderly end.
#[derive(Debug, Clone, PartialEq)]
pub struct End {
    /// [`Cause::Exit`] or [`Cause::Signal`].
    pub cause: Cause,
    /// `runtime.MemProfileRate` now; not the one in [`Start`] if the program assigned it.
    pub mem_profile_rate: i64,
    /// When.
    pub at: MonotonicTime,
    /// GC cycles completed.
    pub gc: GcCycle,
    /// The probe's trace ran until now and was flushed.
    pub trace_complete: bool,
}

/// A failure within the probe. The program went on.
#[derive(Debug, Clone, PartialEq)]
pub struct ProbeError<'a> {
    /// What was being done: `start trace`.
    pub doing: Text<'a>,
    /// What came of it.
    pub text: Text<'a>,
}
