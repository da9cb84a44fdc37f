//! Growth as a profile that `go tool pprof` opens: by how many bytes and objects stacks changed.
//!
//! Values are differences, and those of what shrank are negative, as `-diff_base` would make them. Nothing has to be
//! symbolised: every location has its functions and lines, those of inlined calls in the location of their caller.

use std::sync::Arc;

use super::{harmless, others};
use crate::format::pprof::{Builder, Call, Header, Profile, ValueType};
use crate::model::Frame;
use crate::report::growth::{Change, GrowthFrame, RunGrowth};

/// The profile of what changed between two points.
#[must_use]
pub fn growth_pprof(scenario: &str, run: &RunGrowth, ends: (usize, usize)) -> Profile {
    let mut builder = Builder::new(header(scenario, run, ends), &harmless(&run.program));
    let frames: Vec<Frame> = run.frames.iter().map(frame).collect();
    for stack in &run.stacks {
        let change = stack.series.change(ends);
        let calls = stack.frames.iter().filter_map(|nth| {
            let nth = *nth as usize;
            Some(Call { frame: frames.get(nth)?, inlined: run.frames.get(nth)?.inlined })
        });
        if let Some(values) = values(change) {
            builder.add_calls(calls, &values, &[]);
        }
    }
    if let Some(values) = values(run.other.change(ends)) {
        let other = Frame { function: others(run).into(), file: "".into(), line: 0 };
        builder.add([&other], &values, &[]);
    }
    builder.finish()
}

fn frame(frame: &GrowthFrame) -> Frame {
    let clean = |name: &str| -> Arc<str> { harmless(name).into() };
    Frame { function: clean(&frame.function), file: clean(&frame.file), line: frame.line }
}

fn values(change: Change) -> Option<[i64; 2]> {
    (change != Change::default()).then_some([change.objects, change.space])
}

fn header(scenario: &str, run: &RunGrowth, (from, to): (usize, usize)) -> Header {
    let of = |kind: &str, unit: &str| ValueType { kind: kind.into(), unit: unit.into() };
    let operations = |at: usize| run.points.get(at).map_or(0, |point| point.operations.0);
    let figures = if run.exact { "exact" } else { "scaled up from samples" };
    let comment = format!(
        "harness: {} {}, {} run {}: heap in use after {} minus heap in use after {} operations ({figures})",
        harmless(scenario),
        run.run.variant,
        run.run.mode.word(),
        run.run.repeat,
        operations(to),
        operations(from),
    );
    Header {
        sample_types: vec![of("inuse_objects", "count"), of("inuse_space", "bytes")],
        default_sample_type: "inuse_space".into(),
        comments: vec![comment.into()],
        ..Header::default()
    }
}
