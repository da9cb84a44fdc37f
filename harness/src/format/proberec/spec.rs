//! The table of record kinds: byte, name, and the reader of the payload.
//!
//! A payload may be longer than its reader asks for: a later probe appends fields. What a reader
//! does ask for must be there.

use std::collections::HashMap;
use std::sync::Arc;

use super::cursor::{Cursor, FieldError};
use super::record::{
    Bucket, Cause, Checkpoint, Coverage, End, GoroutineGroup, GoroutineLeak, GoroutineText, Goroutines,
    HeapDump, MemProfile, MetricName, MetricValue, Metrics, ProbeError, ProbeMode, Process, ProcessDetails,
    ProfileAge, Record, StackDef, StackId, Start, Test, TraceStarted,
};
use crate::model::{
    Bytes, Frame, GcCycle, MonotonicTime, Nanoseconds, Objects, OpenDescriptors, Operations, TestKind,
    TestOutcome, WallTime,
};

type Result<T> = std::result::Result<T, FieldError>;

/// What one frame's reader needs to remember of the frames before it.
#[derive(Default)]
pub(super) struct Context {
    /// Function and file names by number.
    names: HashMap<u64, Arc<str>>,
    /// For each metric in order: is it a float.
    metric_floats: Vec<bool>,
    /// One more than the last stack id: ids are given out in order from 0. A damaged frame may have
    /// taken a definition with it, so not every id below has been seen.
    stacks: u32,
}

impl Context {
    /// A name: its number times two, plus one where its text follows for the first time.
    fn name(&mut self, c: &mut Cursor<'_>, field: &str) -> Result<Arc<str>> {
        let reference = c.unsigned(field)?;
        let number = reference >> 1;
        if reference & 1 == 1 {
            let name: Arc<str> = Arc::from(&*c.text(field)?);
            self.names.insert(number, Arc::clone(&name));
            return Ok(name);
        }
        let known = self.names.get(&number).map(Arc::clone);
        known.ok_or_else(|| {
            c.error(1, format!("{field}: the number of a name given before"), number.to_string())
        })
    }
}

/// A kind of record.
pub(super) struct Spec {
    /// The frame's first byte.
    pub kind: u8,
    /// Its name in problems.
    pub name: &'static str,
    /// Reads the payload.
    pub read: for<'a> fn(&mut Cursor<'a>, &mut Context) -> Result<Record<'a>>,
}

/// All kinds. Numbers are never reused.
pub(super) const SPECS: &[Spec] = &[
    Spec { kind: 1, name: "start record", read: start },
    Spec { kind: 2, name: "trace-started record", read: trace_started },
    Spec { kind: 3, name: "stack record", read: stack },
    Spec { kind: 4, name: "memory-profile record", read: mem_profile },
    Spec { kind: 5, name: "metric-names record", read: metric_names },
    Spec { kind: 6, name: "metrics record", read: metrics },
    Spec { kind: 7, name: "process record", read: process },
    Spec { kind: 8, name: "goroutines record", read: goroutines },
    Spec { kind: 9, name: "goroutine-text record", read: goroutine_text },
    Spec { kind: 10, name: "goroutine-leak record", read: goroutine_leak },
    Spec { kind: 11, name: "heap-dump record", read: heap_dump },
    Spec { kind: 12, name: "checkpoint record", read: checkpoint },
    Spec { kind: 13, name: "end record", read: end },
    Spec { kind: 14, name: "error record", read: probe_error },
    Spec { kind: 15, name: "test-begin record", read: test_begin },
    Spec { kind: 16, name: "test record", read: test },
    Spec { kind: 17, name: "coverage record", read: coverage },
];

const CAUSES: &[Cause] = &[Cause::Call, Cause::Signal, Cause::Interval, Cause::Gc, Cause::Exit, Cause::Test];
const TEST_KINDS: &[TestKind] =
    &[TestKind::Test, TestKind::Fuzz, TestKind::Example, TestKind::Benchmark, TestKind::Group];
const TEST_OUTCOMES: &[TestOutcome] =
    &[TestOutcome::Pass, TestOutcome::Fail, TestOutcome::Skip, TestOutcome::NotRun, TestOutcome::Deferred];
const AGES: &[ProfileAge] = &[ProfileAge::LastCycle, ProfileAge::CycleBefore, ProfileAge::Unknown];

fn at(c: &mut Cursor<'_>) -> Result<MonotonicTime> {
    c.signed("monotonic time").map(MonotonicTime)
}

fn at_pair(c: &mut Cursor<'_>) -> Result<(MonotonicTime, MonotonicTime)> {
    Ok((at(c)?, at(c)?))
}

fn gc(c: &mut Cursor<'_>) -> Result<GcCycle> {
    c.unsigned("GC cycle").map(GcCycle)
}

fn gc_pair(c: &mut Cursor<'_>) -> Result<(GcCycle, GcCycle)> {
    Ok((gc(c)?, gc(c)?))
}

fn checkpoint_index(c: &mut Cursor<'_>) -> Result<u32> {
    c.unsigned32("checkpoint index")
}

fn start<'a>(c: &mut Cursor<'a>, _: &mut Context) -> Result<Record<'a>> {
    Ok(Record::Start(Start {
        pid: c.unsigned("process id")?,
        go_version: c.text("Go version")?,
        goos: c.text("GOOS")?,
        goarch: c.text("GOARCH")?,
        num_cpu: c.unsigned("NumCPU")?,
        gomaxprocs: c.unsigned("GOMAXPROCS")?,
        mem_profile_rate: c.signed("MemProfileRate")?,
        mode: c.choice("mode", &[ProbeMode::Natural, ProbeMode::Step])?,
        godebug: c.text("GODEBUG")?,
        at: at(c)?,
        wall: c.signed("wall time").map(WallTime)?,
        gc: gc(c)?,
    }))
}

fn trace_started<'a>(c: &mut Cursor<'a>, _: &mut Context) -> Result<Record<'a>> {
    Ok(Record::TraceStarted(TraceStarted { at: at_pair(c)?, gc: gc_pair(c)?, error: c.text("error")? }))
}

fn stack<'a>(c: &mut Cursor<'a>, context: &mut Context) -> Result<Record<'a>> {
    let id = c.unsigned32("stack id")?;
    if id < context.stacks {
        return Err(c.error(1, format!("a stack id from {}", context.stacks), id.to_string()));
    }
    let frames = c.list("frames", 3, |c| {
        Ok(Frame {
            function: context.name(c, "function")?,
            file: context.name(c, "file")?,
            line: c.unsigned32("line")?,
        })
    })?;
    let inlined = if c.remaining() == 0 {
        Vec::new()
    } else {
        c.list("inlined frames", 1, |c| frame_index(c, &frames))?
    };
    context.stacks = id.saturating_add(1);
    Ok(Record::Stack(StackDef { id: StackId(id), frames: frames.into(), inlined }))
}

fn frame_index(c: &mut Cursor<'_>, frames: &[Frame]) -> Result<usize> {
    let index = c.unsigned32("inlined frame")?;
    let known = usize::try_from(index).ok().filter(|index| *index < frames.len());
    known.ok_or_else(|| c.error(1, format!("a frame's index below {}", frames.len()), index.to_string()))
}

/// A reference to a stack defined before.
fn stack_id(c: &mut Cursor<'_>, context: &Context) -> Result<StackId> {
    let id = c.unsigned32("stack id")?;
    if id >= context.stacks {
        return Err(c.error(1, format!("a stack id below {}", context.stacks), id.to_string()));
    }
    Ok(StackId(id))
}

fn mem_profile<'a>(c: &mut Cursor<'a>, context: &mut Context) -> Result<Record<'a>> {
    Ok(Record::MemProfile(MemProfile {
        checkpoint: c.unsigned32("checkpoint index + 1")?.checked_sub(1),
        gc: gc_pair(c)?,
        shows: c.choice("profile age", AGES)?,
        at: at(c)?,
        buckets: c.list("buckets", 5, |c| {
            Ok(Bucket {
                stack: stack_id(c, context)?,
                alloc_objects: c.unsigned("allocated objects").map(Objects)?,
                alloc_bytes: c.unsigned("allocated bytes").map(Bytes)?,
                free_objects: c.unsigned("freed objects").map(Objects)?,
                free_bytes: c.unsigned("freed bytes").map(Bytes)?,
            })
        })?,
    }))
}

fn metric_names<'a>(c: &mut Cursor<'a>, context: &mut Context) -> Result<Record<'a>> {
    let names = c.list("metrics", 2, |c| {
        Ok(MetricName { name: c.text("metric name")?, float: c.flag("metric is a float")? })
    })?;
    context.metric_floats = names.iter().map(|m| m.float).collect();
    Ok(Record::MetricNames(names))
}

fn metrics<'a>(c: &mut Cursor<'a>, context: &mut Context) -> Result<Record<'a>> {
    let checkpoint = checkpoint_index(c)?;
    if context.metric_floats.is_empty() {
        return Err(c.error(0, "metric names before it", "none"));
    }
    let values = context.metric_floats.iter().map(|&float| {
        if float {
            c.float("metric").map(MetricValue::Float)
        } else {
            c.unsigned("metric").map(MetricValue::Unsigned)
        }
    });
    let values = values.collect::<Result<_>>()?;
    Ok(Record::Metrics(Metrics { checkpoint, values }))
}

fn process<'a>(c: &mut Cursor<'a>, _: &mut Context) -> Result<Record<'a>> {
    Ok(Record::Process(Process {
        checkpoint: checkpoint_index(c)?,
        rss: c.unsigned("resident set size").map(Bytes)?,
        peak_rss: c.unsigned("peak resident set size").map(Bytes)?,
        descriptors: c.unsigned("descriptors")?,
        threads: c.unsigned("threads")?,
        details: if c.remaining() > 0 { Some(process_details(c)?) } else { None },
    }))
}

fn process_details(c: &mut Cursor<'_>) -> Result<ProcessDetails> {
    Ok(ProcessDetails {
        anonymous: c.unsigned("anonymous memory").map(Bytes)?,
        mapped: c.unsigned("size of mappings").map(Bytes)?,
        open: OpenDescriptors {
            sockets: c.unsigned("sockets")?,
            pipes: c.unsigned("pipes")?,
            anonymous: c.unsigned("anonymous descriptors")?,
            files: c.unsigned("files")?,
            other: c.unsigned("other descriptors")?,
        },
    })
}

fn goroutines<'a>(c: &mut Cursor<'a>, context: &mut Context) -> Result<Record<'a>> {
    Ok(Record::Goroutines(Goroutines {
        checkpoint: checkpoint_index(c)?,
        groups: c.list("goroutine groups", 2, |c| {
            Ok(GoroutineGroup { stack: stack_id(c, context)?, count: c.unsigned("goroutines")? })
        })?,
    }))
}

fn goroutine_text<'a>(c: &mut Cursor<'a>, _: &mut Context) -> Result<Record<'a>> {
    Ok(Record::GoroutineText(GoroutineText {
        checkpoint: checkpoint_index(c)?,
        truncated: c.flag("truncated")?,
        text: c.text("goroutine text")?,
    }))
}

fn goroutine_leak<'a>(c: &mut Cursor<'a>, _: &mut Context) -> Result<Record<'a>> {
    Ok(Record::GoroutineLeak(GoroutineLeak {
        available: c.flag("available")?,
        count: c.unsigned("leaked goroutines")?,
        truncated: c.flag("truncated")?,
        text: c.text("goroutine text")?,
    }))
}

fn heap_dump<'a>(c: &mut Cursor<'a>, _: &mut Context) -> Result<Record<'a>> {
    Ok(Record::HeapDump(HeapDump {
        checkpoint: checkpoint_index(c)?,
        file: c.text("file name")?,
        gc: gc_pair(c)?,
        size: c.unsigned("size").map(Bytes)?,
        at: at_pair(c)?,
    }))
}

fn checkpoint<'a>(c: &mut Cursor<'a>, _: &mut Context) -> Result<Record<'a>> {
    Ok(Record::Checkpoint(Checkpoint {
        index: checkpoint_index(c)?,
        operations: c.unsigned("operations").map(Operations)?,
        cause: c.choice("cause", CAUSES)?,
        at: at_pair(c)?,
        gc: gc_pair(c)?,
        goroutines: c.unsigned("goroutines")?,
        own_goroutines: c.unsigned("the probe's own goroutines")?,
    }))
}

fn end<'a>(c: &mut Cursor<'a>, _: &mut Context) -> Result<Record<'a>> {
    Ok(Record::End(End {
        cause: c.choice("cause", CAUSES)?,
        mem_profile_rate: c.signed("MemProfileRate")?,
        at: at(c)?,
        gc: gc(c)?,
        trace_complete: c.flag("trace complete")?,
    }))
}

fn probe_error<'a>(c: &mut Cursor<'a>, _: &mut Context) -> Result<Record<'a>> {
    Ok(Record::Error(ProbeError { doing: c.text("what was being done")?, text: c.text("error")? }))
}

fn test_begin<'a>(c: &mut Cursor<'a>, _: &mut Context) -> Result<Record<'a>> {
    Ok(Record::TestBegin(c.text("test")?))
}

fn test<'a>(c: &mut Cursor<'a>, context: &mut Context) -> Result<Record<'a>> {
    Ok(Record::Test(Test {
        name: c.text("test")?,
        kind: c.choice("kind of test", TEST_KINDS)?,
        outcome: c.choice("outcome", TEST_OUTCOMES)?,
        iterations: c.unsigned("iterations")?,
        operations: c.unsigned("operations")?,
        took: c.signed("duration").map(Nanoseconds)?,
        members: c.list("test functions", 3, |c| {
            Ok((
                c.text("test function")?,
                c.choice("outcome", TEST_OUTCOMES)?,
                c.signed("duration").map(Nanoseconds)?,
            ))
        })?,
        goroutines: c.unsigned("goroutines gained")?,
        descriptors: c.unsigned("descriptors gained")?,
        grown: c.list("stacks that grew", 3, |c| {
            Ok((
                stack_id(c, context)?,
                c.unsigned("bytes gained").map(Bytes)?,
                c.unsigned("objects gained").map(Objects)?,
            ))
        })?,
    }))
}

fn coverage<'a>(c: &mut Cursor<'a>, _: &mut Context) -> Result<Record<'a>> {
    Ok(Record::Coverage(Coverage {
        checkpoint: checkpoint_index(c)?,
        truncated: c.flag("truncated")?,
        counters: c.bytes("counters")?,
    }))
}
