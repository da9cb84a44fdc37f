//! What the order knows of each goroutine, processor and thread, and of the GC.

use super::names::Name;
use super::registry::Place;
use crate::format::exectrace::state::{GoState, ProcState};

/// Position in the sequence of events of a goroutine or processor. Begins anew each generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Seq {
    pub(super) generation: u64,
    pub(super) number: u64,
}

impl Seq {
    pub(super) fn start(generation: u64) -> Self {
        Self { generation, number: 0 }
    }

    /// Whether `self` comes right after `earlier`.
    pub(super) fn follows(self, earlier: Self) -> bool {
        self.generation == earlier.generation && Some(self.number) == earlier.number.checked_add(1)
    }
}

/// A span of time bound to a goroutine or processor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Range {
    /// Stop of the world, with its reason: the name, and the id of the string in the file. Like
    /// Go's reader we tell two stops apart by the id.
    Stw {
        name: Name,
        id: u64,
    },
    MarkAssist,
    Sweep,
}

impl Range {
    /// Whether an end of `self`'s sort ends `other`: reasons of a stop need not agree.
    pub(super) fn same_sort(self, other: Self) -> bool {
        std::mem::discriminant(&self) == std::mem::discriminant(&other)
    }
}

/// The ranges in progress on one resource.
#[derive(Debug, Default)]
pub(super) struct Ranges(Vec<Range>);

impl Ranges {
    pub(super) fn contains(&self, range: Range) -> bool {
        self.0.iter().any(|&other| match (other, range) {
            (Range::Stw { id: one, .. }, Range::Stw { id: two, .. }) => one == two,
            (one, two) => one == two,
        })
    }

    pub(super) fn begin(&mut self, range: Range) {
        self.0.push(range);
    }

    /// Ends the range of the same sort that began first.
    pub(super) fn end(&mut self, sort: Range) -> Option<Range> {
        let place = self.0.iter().position(|range| range.same_sort(sort))?;
        Some(self.0.swap_remove(place))
    }
}

/// A user region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Region {
    pub(super) task: u64,
    pub(super) name: Name,
}

/// A user task that has begun and not ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct Task {
    pub(super) parent: u64,
    pub(super) name: Name,
}

#[derive(Debug)]
pub(super) struct Goroutine {
    pub(super) state: GoState,
    pub(super) seq: Seq,
    /// What few have, elsewhere: what all have then fits a cache line.
    rare: Option<Box<Rare>>,
}

#[derive(Debug, Default)]
struct Rare {
    ranges: Ranges,
    regions: Vec<Region>,
}

impl Goroutine {
    pub(super) fn new(state: GoState, seq: Seq) -> Self {
        Self { state, seq, rare: None }
    }

    /// The ranges in progress.
    pub(super) fn ranges(&mut self) -> &mut Ranges {
        &mut self.rare.get_or_insert_default().ranges
    }

    /// The open regions, innermost last.
    pub(super) fn regions(&mut self) -> &mut Vec<Region> {
        &mut self.rare.get_or_insert_default().regions
    }
}

#[derive(Debug)]
pub(super) struct Proc {
    pub(super) state: ProcState,
    pub(super) seq: Seq,
    pub(super) ranges: Ranges,
}

impl Proc {
    pub(super) fn new(state: ProcState, seq: Seq) -> Self {
        Self { state, seq, ranges: Ranges::default() }
    }
}

/// What a thread holds.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Thread {
    pub(super) proc: Option<Place>,
    pub(super) goroutine: Option<Place>,
    /// An event of it was offered, or another thread's event told of it.
    pub(super) seen: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum GcPhase {
    /// No GC event was seen yet.
    #[default]
    Undetermined,
    Running,
    NotRunning,
}
