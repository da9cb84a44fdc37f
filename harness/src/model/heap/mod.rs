//! What a heap dump comes to: who holds the memory, of which type, allocated where, and what looks like a leak.
//!
//! Decided figures by type, site, holder and suspect; no list of objects. Lists are sorted with the most significant
//! first and complete unless their field says otherwise; who prints them shortens. Sizes are those of the slots that
//! objects occupy, rounded up as the allocator does. *Retained* is what would be freed if a thing went away: the bytes
//! that can be reached through it alone (it dominates them), itself included.

mod ages;
mod view;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use ages::{AgesBefore, Births, ObjectAges};
pub use view::{GoroutineView, ObjectView, PathsView, Reference};

use super::{Bytes, Frame, GcCycle, GoroutineId, MissingInput, Objects, SiteClass};

/// A heap dump, summed up.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HeapSummary {
    /// What was found, and whether it agrees with what the runtime counted.
    pub totals: HeapTotals,
    /// Objects by type, most bytes first. Objects whose type is not known are under `None`.
    pub types: Vec<TypeUse>,
    /// Who holds memory: globals, groups of goroutines, finalizers, timers, others; most retained bytes first.
    pub holders: Vec<Holder>,
    /// Allocation sites of reachable objects, most bytes first. Empty if nothing was sampled.
    pub sites: Vec<HeldSite>,
    /// What looks like a leak, most bytes (or, against an earlier dump, most growth) first.
    pub suspects: Vec<Suspect>,
    /// What could not be known, and what that costs: no symbols, no samples, no types, a dump cut off.
    pub missing: Vec<MissingInput>,
}

/// Figures of the dump as a whole.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HeapTotals {
    /// The Go release that wrote the dump (`go1.26.8`).
    pub go_version: String,
    /// Its processor architecture.
    pub goarch: String,
    /// Length of the dump.
    pub dump: Bytes,
    /// Objects in use: reachable ones, and garbage that was not collected yet. Free slots are not among them.
    pub found: HeapCount,
    /// Of them, those that a root reaches.
    pub reachable: HeapCount,
    /// Of them, garbage: sampled, but nothing reaches it.
    pub garbage: HeapCount,
    /// Dropped: no root reaches it and no sample names it. A free slot, or garbage that was not sampled.
    pub dropped: HeapCount,
    /// References between objects in use, and from roots.
    pub references: u64,
    /// Objects in use with a known allocation site.
    pub sampled: Objects,
    /// Objects in use with a known type.
    pub typed: Objects,
    /// Goroutines in the dump.
    pub goroutines: u64,
    /// What the runtime counted itself, when the dump was taken.
    pub memstats: Option<DumpMemStats>,
    /// Whether the sums agree with it. `None` if the dump ends before the runtime's figures.
    pub agreement: Option<Agreement>,
}

/// A number of objects, and their bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct HeapCount {
    /// How many.
    pub objects: Objects,
    /// Their bytes.
    pub bytes: Bytes,
}

/// From `runtime.MemStats` in the dump.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DumpMemStats {
    /// `HeapAlloc`
    pub heap_alloc: Bytes,
    /// `HeapObjects`
    pub heap_objects: Objects,
    /// `HeapSys`
    pub heap_sys: Bytes,
    /// `StackInuse`
    pub stack_inuse: Bytes,
    /// `Sys`
    pub sys: Bytes,
    /// Bytes allocated since the start.
    pub total_alloc: Bytes,
    /// `NumGC`
    pub num_gc: GcCycle,
}

/// Sums against the runtime's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Agreement {
    /// Bytes in use, less the runtime's `HeapAlloc`.
    pub bytes: i64,
    /// The difference is within what is explained: garbage that nothing sampled, and the runtime's rounding.
    pub holds: bool,
}

/// Objects of one type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TypeUse {
    /// The type (`main.entry`, `[]main.entry` of a slice's memory); `None` where it is not known.
    pub name: Option<String>,
    /// Reachable objects.
    pub held: HeapCount,
    /// What would be freed if all of them went: each byte once, however they are nested.
    pub retained: Bytes,
    /// Against an earlier dump.
    pub growth: Option<HeapGrowth>,
    /// How long they have lived; `None` without a trace that has every allocation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ages: Option<ObjectAges>,
}

/// Change since an earlier dump of the same run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HeapGrowth {
    /// Objects more (or less).
    pub objects: i64,
    /// Bytes more (or less). Of holders and suspects: retained bytes.
    pub bytes: i64,
}

impl HeapGrowth {
    /// The smaller of the two, and no less than nothing.
    #[must_use]
    pub fn at_most(self, other: Self) -> Self {
        Self { objects: self.objects.min(other.objects.max(0)), bytes: self.bytes.min(other.bytes.max(0)) }
    }
}

/// A root that memory is reached from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct HeapRoot {
    /// What it is.
    pub kind: RootKind,
    /// Its name: `main.cache` (a global), the start function of a goroutine, the description of another root. The
    /// address in hexadecimal if the symbols are missing.
    pub name: String,
    /// Type of the global, if known.
    pub type_name: Option<String>,
    /// More about a goroutine.
    pub goroutine: Option<GoroutineRoot>,
}

/// Kind of root.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RootKind {
    /// A global of the program, of a library or of the standard library.
    Global,
    /// The stack of a goroutine.
    Goroutine,
    /// A finalizer that is set: it keeps what its object refers to.
    Finalizer,
    /// A timer that is pending or was not stopped.
    Timer,
    /// The runtime's own globals and goroutines.
    Runtime,
    /// Words on the stack of a goroutine that the dump does not know to be pointers: they hold what nothing else is seen
    /// to hold. (A dump has no pointers of variables that stay on the stack and have their address taken.)
    Stack,
    /// Anything else that the dump names as a root (defers, panics, queued finalizers).
    Other,
}

/// A goroutine, or a group of goroutines that are alike, as a root.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct GoroutineRoot {
    /// The one that holds most (of a path: the one it begins with).
    pub id: GoroutineId,
    /// Of how many that are alike: same functions on the stack, same state.
    pub alike: u64,
    /// Why it waits (`chan receive`, `select`); empty if it does not.
    pub wait_reason: String,
    /// Since when, as the runtime noted it (nanoseconds of its own clock); 0 if it did not.
    pub wait_since: i64,
    /// Function of the frame that holds the reference (of a holder: the user's innermost function).
    pub function: String,
    /// Functions on its stack, innermost first.
    pub stack: Vec<String>,
}

/// A root, or a group of roots that are alike, and what it holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Holder {
    /// The root. Goroutines that are alike are one holder.
    pub root: HeapRoot,
    /// What it alone holds: what would be freed if it let go.
    pub retained: HeapCount,
    /// What can be reached from it first, also by others: everything reachable is counted for exactly one holder.
    pub reached: HeapCount,
    /// Part of all reachable bytes that it retains, in percent.
    pub share: f64,
    /// Against an earlier dump.
    pub growth: Option<HeapGrowth>,
}

/// Objects allocated at one site, and who holds them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HeldSite {
    /// Frames, stripped as [`Site`](super::Site)'s are, innermost first: with the class and the size, the key to the
    /// memory profile's sites.
    pub stack: Vec<Frame>,
    /// Class of the site.
    pub class: SiteClass,
    /// Size of one object.
    pub object_size: Bytes,
    /// Types of these objects, the most frequent first; empty where they are not known.
    pub types: Vec<String>,
    /// Reachable objects of the site that were sampled; all of them if the profile's rate is 1.
    pub held: HeapCount,
    /// What would be freed if all of them went.
    pub retained: Bytes,
    /// Who holds them: shortest paths from a root, those that are alike merged, with most bytes first. The few with
    /// most bytes, not all.
    pub paths: Vec<RetainingPath>,
    /// Objects on paths that are not listed.
    pub unlisted: HeapCount,
    /// Against an earlier dump.
    pub growth: Option<HeapGrowth>,
    /// How long they have lived; `None` without a trace that has every allocation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ages: Option<ObjectAges>,
    /// Of a map's tables: what is in the map, by who reaches it. Of a large map a part.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub entries: Vec<Entries>,
}

/// Objects that a map's tables refer to, and who reaches them otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Entries {
    /// Where their shortest path begins; `None` if it is through the map.
    pub root: Option<HeapRoot>,
    /// Of how many objects.
    pub objects: Objects,
}

/// A way from a root to objects: one of the shortest, and the same for many objects where it is merged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RetainingPath {
    /// Where it begins.
    pub root: HeapRoot,
    /// References, from the root to the objects that are asked about.
    pub steps: Vec<PathStep>,
    /// The objects at its end.
    pub held: HeapCount,
}

/// One step of a path: the objects that the step before refers to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct PathStep {
    /// The field, element or slot by which the step before refers to it: `.next`, `[]`, `.buf`; of a root that is a
    /// frame, the variable. Of a chain, that by which each refers to the next follows: `.head.next…`. `None` where it
    /// is not known, and for what is between a map and its entries.
    pub field: Option<String>,
    /// Offset of the reference in what refers, in bytes, if it was looked for; of merged steps, the one of the first.
    pub offset: Option<u64>,
    /// Type of the objects, if known.
    pub type_name: Option<String>,
    /// Where they were allocated: the user's frame, if sampled.
    pub site: Option<Frame>,
    /// Size of one of them; of merged steps, the first one's.
    pub object_size: Bytes,
    /// Objects that this step stands for: 1, or the number of those that are alike (elements of a map, the nodes of a
    /// list).
    pub count: u64,
    /// They refer to each other: a list or a tree, collapsed into this one step.
    pub chain: bool,
}

/// Something that looks like a leak.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Suspect {
    /// What it looks like.
    pub kind: SuspectKind,
    /// One sentence: who holds how much, through what, allocated where.
    pub sentence: String,
    /// From a root to the accumulation point, and on to what accumulates.
    pub path: RetainingPath,
    /// Index in `path.steps` of the accumulation point: the last object (or chain) that has all of it. `None` if the
    /// root itself does.
    pub point: Option<u32>,
    /// What accumulates there.
    pub children: Accumulated,
    /// What would be freed if the accumulation point went.
    pub retained: HeapCount,
    /// Against an earlier dump: growth of `retained`.
    pub growth: Option<HeapGrowth>,
}

/// Many similar objects under one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Accumulated {
    /// Their type, if known.
    pub type_name: Option<String>,
    /// Where they were allocated: whole stack as in [`HeldSite::stack`]; empty if not sampled.
    pub stack: Vec<Frame>,
    /// Size of one of them.
    pub object_size: Bytes,
    /// How many, and their own bytes.
    pub held: HeapCount,
    /// What they retain together.
    pub retained: Bytes,
}

/// What a suspect looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SuspectKind {
    /// A container (map, slice, struct) with many similar elements.
    Container,
    /// A list or tree of many nodes.
    List,
    /// One object that is large by itself.
    LargeObject,
    /// A map's tables are far larger than what is in them: deleting does not shrink a map.
    SparseMap,
    /// A small view (sub-slice, substring) keeps a far larger block.
    PinnedBlock,
    /// Timers that were not stopped.
    Timers,
    /// Objects with finalizers that refer to each other: never finalized, never freed.
    FinalizerCycle,
    /// Memory that only blocked goroutines hold.
    BlockedGoroutines,
}

impl HeapRoot {
    /// What stays the same in another dump of the same program: kind, name, and where goroutines wait. No addresses
    /// (unless there are no symbols), no ids.
    #[must_use]
    pub fn signature(&self) -> String {
        let goroutine = self.goroutine.as_ref();
        let stack = goroutine.map_or_else(String::new, |goroutine| goroutine.stack.join("<"));
        let wait = goroutine.map_or("", |goroutine| &*goroutine.wait_reason);
        format!("{:?}|{}|{wait}|{stack}", self.kind, self.name)
    }
}

impl PathStep {
    /// By what the step before refers to it, in a few letters: the field, or the offset where types are not known.
    #[must_use]
    pub fn reference(&self) -> Option<String> {
        let offset = || self.offset.filter(|_| self.type_name.is_none()).map(|offset| format!("+{offset}"));
        self.field.clone().or_else(offset)
    }

    /// What stays the same in another dump: type and site, not counts.
    #[must_use]
    pub fn signature(&self) -> String {
        let site =
            self.site.as_ref().map_or_else(String::new, |site| format!("{}:{}", site.function, site.line));
        format!("{}|{site}", self.type_name.as_deref().unwrap_or("?"))
    }
}

impl HeldSite {
    /// What stays the same in another dump of the same program.
    #[must_use]
    pub fn signature(&self) -> String {
        site_signature(self.object_size, &self.stack)
    }
}

impl Suspect {
    /// What stays the same in another dump of the same program: the root, the steps and the site of what accumulates.
    #[must_use]
    pub fn signature(&self) -> String {
        let steps: Vec<String> = self.path.steps.iter().map(PathStep::signature).collect();
        format!(
            "{}>{}>{}",
            self.path.root.signature(),
            steps.join(">"),
            stack_signature(&self.children.stack)
        )
    }
}

/// [`HeldSite::signature`] of a site of this size and stack.
#[must_use]
pub fn site_signature(object_size: Bytes, stack: &[Frame]) -> String {
    format!("{object_size}|{}", stack_signature(stack))
}

fn stack_signature(stack: &[Frame]) -> String {
    let frames: Vec<String> =
        stack.iter().map(|frame| format!("{}:{}", frame.function, frame.line)).collect();
    frames.join("<")
}
