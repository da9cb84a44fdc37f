//! A trace as tracks to look at: what ran when, in a bounded number of slices and points.
//!
//! Not serialised by itself: `report::perfetto` writes it in Perfetto's format.

use super::super::{GoroutineId, Nanoseconds, TraceTime, WallTime};

/// All tracks of a trace. Times are on the trace's clock.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tracks {
    /// The trace's first event: the origin of what is shown.
    pub begin: TraceTime,
    /// Its last.
    pub end: TraceTime,
    /// Wall-clock time of `begin`, if the trace tells.
    pub wall_start: Option<WallTime>,
    /// Texts that slices name by number.
    pub names: Vec<String>,
    /// Tracks in folders, in the order to be shown.
    pub folders: Vec<Folder>,
    /// What did not fit.
    pub left_out: LeftOut,
}

impl Tracks {
    /// All tracks.
    pub fn tracks(&self) -> impl Iterator<Item = &Track> + '_ {
        self.folders.iter().flat_map(|folder| &folder.tracks)
    }

    /// The text of a number.
    #[must_use]
    pub fn name(&self, number: u32) -> &str {
        self.names.get(number as usize).map_or("?", String::as_str)
    }
}

/// Slices that are not shown one by one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Most slices that were to be shown.
    pub budget: usize,
    /// Short ones shown as parts of "… short slices", with their number and time.
    pub merged: u64,
    /// Of those that overlap (waits, assists, tasks), the shorter ones: not shown at all, counters
    /// show how many there were at each time.
    pub dropped: u64,
    /// Time of those dropped.
    pub dropped_time: Nanoseconds,
}

/// Tracks that belong together.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Folder {
    /// Name of all of them.
    pub name: String,
    /// In the order to be shown.
    pub tracks: Vec<Track>,
}

/// One track.
#[derive(Debug, Clone, PartialEq)]
pub struct Track {
    /// Its name.
    pub name: String,
    /// What to know about it.
    pub about: String,
    /// What it shows.
    pub content: Content,
}

/// What a track shows. Everything is in the order of time.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// One thing after another.
    Slices(Vec<Slice>),
    /// Things that may overlap, in lanes: those of one lane come one after another.
    Lanes(Vec<Vec<Slice>>),
    /// A value over time.
    Counter {
        /// What is counted.
        unit: Unit,
        /// The value from that time on.
        points: Vec<(TraceTime, i64)>,
    },
}

impl Content {
    /// The slices, those of one lane in the order of time; none of a counter.
    pub fn slices(&self) -> impl Iterator<Item = &Slice> + '_ {
        let lanes = match self {
            Self::Slices(slices) => std::slice::from_ref(slices),
            Self::Lanes(lanes) => lanes,
            Self::Counter { .. } => &[],
        };
        lanes.iter().flatten()
    }
}

/// Unit of a counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Things.
    Count,
    /// Bytes.
    Bytes,
}

/// A stretch of time; of no length for a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slice {
    /// From.
    pub begin: TraceTime,
    /// To.
    pub end: TraceTime,
    /// Number of its name.
    pub name: u32,
    /// What more there is to say.
    pub detail: Detail,
    /// Slices of one flow are joined by arrows in the order of time.
    pub flow: Option<u32>,
}

/// What a slice tells beyond its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// Nothing.
    None,
    /// Whose it is.
    Goroutine(GoroutineId),
    /// Number of the GC cycle since tracing started.
    Cycle(u64),
    /// It stands for several, which take `busy` together.
    Merged {
        /// How many.
        count: u32,
        /// Their time.
        busy: Nanoseconds,
    },
}
