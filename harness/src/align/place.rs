//! Where a moment on the monotonic clock lies among the cycles.

use crate::model::{CycleRow, GcCycle, MonotonicTime, Timeline};

/// A moment among GC cycles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placement {
    /// While this cycle ran.
    During(GcCycle),
    /// After this cycle's end and before the next one's begin.
    After(GcCycle),
}

impl Placement {
    /// The cycle named.
    #[must_use]
    pub fn cycle(self) -> GcCycle {
        match self {
            Self::During(cycle) | Self::After(cycle) => cycle,
        }
    }
}

/// Places a moment. `None` when no cycle with a known begin precedes it, or when the cycle before it
/// has no known end: then the moment may be inside it or behind it.
#[must_use]
pub fn place(timeline: &Timeline, at: MonotonicTime) -> Option<Placement> {
    let begun = |row: &CycleRow| row.begin.map(|begin| begin.value).filter(|begin| *begin <= at);
    let row = timeline.rows.iter().filter(|row| begun(row).is_some()).max_by_key(|row| begun(row))?;
    let end = row.end?.value;
    Some(if at <= end { Placement::During(row.cycle) } else { Placement::After(row.cycle) })
}
