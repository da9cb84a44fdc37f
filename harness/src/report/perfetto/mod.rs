//! Writes tracks as a Perfetto trace (protobuf), to be opened at ui.perfetto.dev.
//!
//! Field numbers are those of Perfetto's `protos/perfetto/trace` (`trace_packet.proto`,
//! `track_event/*.proto`, `clock_snapshot.proto`), which are never reused. Times in the file are
//! nanoseconds since the trace's first event. Nothing is decided here: what is shown, and what is
//! left out, the tracks say.

mod packets;
#[cfg(test)]
mod tests;
mod wire;

use std::io::{self, Write};

use self::packets::{Event, Out, Phase};
use crate::model::TraceTime;
use crate::model::trace::tracks::{Content, Detail, Folder, Slice, Track, Tracks};

/// The track that holds all folders.
const ROOT: u64 = 1;

/// What was written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Written {
    /// Size of the file.
    pub bytes: u64,
    /// Slices, merged ones counted once.
    pub slices: u64,
    /// Points of counters.
    pub points: u64,
}

/// Writes the tracks. The caller buffers: packets are small.
pub fn write(tracks: &Tracks, out: &mut impl Write) -> io::Result<Written> {
    let mut writer = Writer { out: Out::new(out), tracks, next_track: ROOT + 1, written: Written::default() };
    writer.about()?;
    for (rank, folder) in tracks.folders.iter().enumerate() {
        writer.folder(folder, rank)?;
    }
    Ok(Written { bytes: writer.out.bytes(), ..writer.written })
}

struct Writer<'w, W> {
    out: Out<'w, W>,
    tracks: &'w Tracks,
    next_track: u64,
    written: Written,
}

impl<W: Write> Writer<'_, W> {
    /// Clocks, the root, and what to know about the whole.
    fn about(&mut self) -> io::Result<()> {
        if let Some(wall) = self.tracks.wall_start.and_then(|wall| u64::try_from(wall.0).ok()) {
            self.out.clocks(wall)?;
        }
        let left_out = &self.tracks.left_out;
        let about = format!(
            "Go execution trace. Of its slices at most {} are shown: {} short ones are merged with their neighbours, {} that overlap others are left out.",
            left_out.budget, left_out.merged, left_out.dropped
        );
        self.out.track(ROOT, None, ("Go program", &about), 0)?;
        let event = Event { track: ROOT, at: 0, phase: Phase::Instant };
        let dropped_time = left_out.dropped_time.0.unsigned_abs();
        let notes = [
            ("slices asked for", left_out.budget as u64),
            ("slices merged", left_out.merged),
            ("slices left out", left_out.dropped),
            ("time left out [ns]", dropped_time),
        ];
        self.out.plain_event(event, "about this trace", &notes)
    }

    fn folder(&mut self, folder: &Folder, rank: usize) -> io::Result<()> {
        let parent = self.new_track();
        self.out.track(parent, Some(ROOT), (&folder.name, ""), rank)?;
        folder.tracks.iter().enumerate().try_for_each(|(rank, track)| self.track(track, (parent, rank)))
    }

    fn new_track(&mut self) -> u64 {
        self.next_track += 1;
        self.next_track
    }

    fn track(&mut self, track: &Track, (parent, rank): (u64, usize)) -> io::Result<()> {
        let about = (track.name.as_str(), track.about.as_str());
        match &track.content {
            Content::Slices(slices) => self.lane(slices, (parent, about, rank)),
            // Lanes of one name are shown as one track.
            Content::Lanes(lanes) => lanes.iter().try_for_each(|lane| self.lane(lane, (parent, about, rank))),
            Content::Counter { unit, points } => {
                let id = self.new_track();
                self.out.counter(id, (parent, about, rank), *unit)?;
                self.points(id, points)
            }
        }
    }

    fn lane(
        &mut self,
        slices: &[Slice],
        (parent, about, rank): (u64, (&str, &str), usize),
    ) -> io::Result<()> {
        let id = self.new_track();
        self.out.track(id, Some(parent), about, rank)?;
        slices.iter().try_for_each(|slice| self.slice(id, slice))
    }

    fn slice(&mut self, track: u64, slice: &Slice) -> io::Result<()> {
        let (begin, end) = (self.time(slice.begin), self.time(slice.end));
        let event = |at, phase| Event { track, at, phase };
        let text = self.tracks.name(slice.name);
        self.written.slices += 1;
        let phase = if begin == end { Phase::Instant } else { Phase::Begin };
        match slice.detail {
            Detail::Merged { count, busy } => {
                let notes = [("slices", u64::from(count)), ("time in them [ns]", busy.0.unsigned_abs())];
                // Numbers differ, so that to intern such names would fill the table.
                let name = format!("{count} {text}");
                self.out.plain_event(event(begin, phase), &name, &notes)?;
            }
            detail => {
                let note = match detail {
                    Detail::Goroutine(id) => Some(("goroutine", id.0)),
                    Detail::Cycle(number) => Some(("cycle", number)),
                    _ => None,
                };
                let flow = slice.flow.map(|flow| u64::from(flow) + 1);
                let event = event(begin, phase);
                self.out.named_event(event, (text, slice.name), flow, note.as_slice())?;
            }
        }
        if begin == end { Ok(()) } else { self.out.end(event(end, Phase::End)) }
    }

    fn points(&mut self, track: u64, points: &[(TraceTime, i64)]) -> io::Result<()> {
        self.written.points += points.len() as u64;
        for &(at, value) in points {
            let at = self.time(at);
            self.out.value(track, at, value)?;
        }
        Ok(())
    }

    /// Time since the first event.
    fn time(&self, at: TraceTime) -> u64 {
        at.since(self.tracks.begin).0.max(0).unsigned_abs()
    }
}
