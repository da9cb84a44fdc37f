//! What a capture knows beside a run's trace, as tracks of the same picture: cycles by the runtime's own number, and
//! counters of what the memory profile, the operating system and the checkpoints said.

use super::RunCycles;
use crate::model::trace::tracks::{Content, Folder, Track, Tracks, Unit};
use crate::model::{Checkpoint, ClockMap, CycleRow, MonotonicTime, TraceTime};

/// A value over time.
type Points = Vec<(TraceTime, i64)>;

/// Adds a folder with what is known by cycle and by checkpoint.
pub fn add_cycles(tracks: &mut Tracks, run: &RunCycles) {
    let clocks = ClockMap::new(&run.clock_pairs);
    let at = |at: MonotonicTime| clocks.trace(at).clamp(tracks.begin, tracks.end);
    let by_cycle = |value: fn(&CycleRow) -> Option<u64>| -> Points {
        let point = |row: &CycleRow| {
            let end = row.end.or(row.begin)?.value;
            Some((at(end), whole(value(row)?)))
        };
        run.rows.iter().filter_map(point).collect()
    };
    let by_checkpoint = |value: fn(&Checkpoint) -> Option<u64>| -> Points {
        let point = |one: &Checkpoint| Some((at(one.at), whole(value(one)?)));
        run.checkpoints.iter().filter_map(point).collect()
    };
    let all = [
        ("GC cycle", "by the runtime's own count", Unit::Count, by_cycle(|row| Some(row.cycle.0))),
        ("heap live", "marked by the cycle", Unit::Bytes, by_cycle(|row| Some(row.heap_live?.value.0))),
        ("heap goal", "what the cycle ran towards", Unit::Bytes, by_cycle(|row| Some(row.goal?.value.0))),
        (
            "in use by the memory profile",
            "sum over all sites",
            Unit::Bytes,
            by_cycle(|row| Some(row.inuse_space?.value.0)),
        ),
        ("goroutines", "at the end of the cycle", Unit::Count, by_cycle(|row| Some(row.goroutines?.value))),
        ("operations", "completed at a checkpoint", Unit::Count, by_checkpoint(|one| Some(one.operations.0))),
        (
            "resident set size",
            "as the operating system said at a checkpoint",
            Unit::Bytes,
            by_checkpoint(|one| Some(one.process?.rss.0)),
        ),
        ("threads", "of the operating system", Unit::Count, by_checkpoint(|one| Some(one.process?.threads))),
    ];
    let track = |(name, about, unit, mut points): (&str, &str, Unit, Points)| {
        points.sort_by_key(|(at, _)| *at);
        let content = Content::Counter { unit, points };
        Track { name: name.to_owned(), about: about.to_owned(), content }
    };
    let shown = all.into_iter().filter(|(.., points)| !points.is_empty()).map(track).collect::<Vec<_>>();
    if !shown.is_empty() {
        tracks.folders.insert(0, Folder { name: "Harness".to_owned(), tracks: shown });
    }
}

fn whole(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
