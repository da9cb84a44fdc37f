//! Heap objects by type over GC cycles, from traces with `GODEBUG=traceallocfree=1`.
//!
//! An object's age is counted in cycles: 0 if no cycle has ended since it was allocated. Sizes are
//! those of the slots that objects occupy, rounded up as the allocator does. The runtime records no
//! stack with these events, so there is no allocation site here.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{Bytes, Objects};

/// All heap objects that the trace tells of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HeapSummary {
    /// All types together.
    pub total: TypeFigures,
    /// By type, those with most bytes alive at the end first.
    pub types: Vec<TypeSummary>,
    /// All types together, by cycle, and what the heap's and stacks' memory came to. With more
    /// cycles than a few hundred, a row stands for several.
    pub cycles: Vec<HeapCycle>,
    /// Cycles that a row of a history stands for.
    pub cycles_per_row: u64,
    /// Allocations of less than 16 bytes without pointers that were put into a slot in use: their
    /// type and their number are not in the figures, their slot is that of the first of them.
    pub tiny_shared: u64,
    /// Frees of objects, and of stacks, of which the trace shows no allocation.
    pub unknown_frees: u64,
    /// Objects for which no span is known: their size is their type's.
    pub spanless: u64,
    /// Objects left out because there were too many at once for this tool's memory.
    pub untracked: u64,
    /// Goroutine stacks alive at the end.
    pub stacks: u64,
    /// Bytes of them.
    pub stack_bytes: Bytes,
}

/// Objects of one type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TypeSummary {
    /// The type; `(no type)` where the runtime gave none (text, objects older than the trace), `?`
    /// where the file lost it.
    pub name: String,
    /// Address of its descriptor in the program: two types can have the same name.
    pub address: u64,
    /// Size of one value.
    pub size: Bytes,
    /// Objects that hold several values (the memory of slices). They are apart from single ones.
    pub array: bool,
    /// What became of them.
    pub figures: TypeFigures,
    /// By cycle, where something changed; rows as in [`HeapSummary::cycles`]. Of the types with most
    /// bytes alive or allocated only.
    pub history: Vec<TypeCycle>,
}

/// Figures of a set of objects.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TypeFigures {
    /// Alive at the end.
    pub live: Objects,
    /// Bytes of them.
    pub live_bytes: Bytes,
    /// Of those alive at the end, the ones older than the trace.
    pub older: Objects,
    /// Alive when the window began: 0 without a window.
    pub carried: Objects,
    /// Bytes of them.
    pub carried_bytes: Bytes,
    /// Allocated.
    pub allocated: Objects,
    /// Bytes of them.
    pub allocated_bytes: Bytes,
    /// Freed.
    pub freed: Objects,
    /// Bytes of them.
    pub freed_bytes: Bytes,
    /// Distinct ages of those alive at the end: a type of which some objects of every cycle stay has
    /// many, one that is made at start and kept has few.
    pub distinct_ages: u64,
    /// Ages of those alive at the end, without those older than the trace.
    pub ages: Vec<AgeBucket>,
    /// Ages that those freed had reached, likewise.
    pub freed_ages: Vec<AgeBucket>,
}

/// Objects of an age from `from` on, up to the next power of two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AgeBucket {
    /// Least age counted here, in cycles: 0, 1, 2, 4, 8 …
    pub from: u64,
    /// How many.
    pub objects: Objects,
}

/// Objects of one type from the end of one cycle's marking to the end of the next one's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TypeCycle {
    /// The cycle whose end it begins with, as [`GcCycleTimes::index`](super::GcCycleTimes::index)
    /// counts; 0 is before the first. Where a row stands for several, the last of them.
    pub after: u64,
    /// Allocated meanwhile.
    pub allocated: Objects,
    /// Swept meanwhile: found dead by the cycle.
    pub freed: Objects,
    /// What that cycle found alive, and what was older than the trace: alive at its end and not swept.
    pub survived: Objects,
    /// Bytes of them.
    pub survived_bytes: Bytes,
    /// On the heap when the next cycle's marking ended: survivors and all that was allocated since.
    pub live: Objects,
    /// Bytes of them.
    pub live_bytes: Bytes,
}

/// Everything on the heap, likewise.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HeapCycle {
    /// All types together.
    pub objects: TypeCycle,
    /// Memory of spans that hold heap objects, when it ended.
    pub heap_spans: Bytes,
    /// Memory of all other spans (stacks, the collector's buffers), when it ended.
    pub other_spans: Bytes,
    /// Bytes of goroutine stacks, when it ended.
    pub stack_bytes: Bytes,
}
