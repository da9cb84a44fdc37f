//! Findings: what `diagnose` says and `baseline` and `report` repeat. A finding without evidence
//! cannot be built.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::heap::{HeapCount, HeapGrowth, ObjectAges, RetainingPath, SuspectKind};
use super::{Bytes, Confidence, Frame, GcCycle, MissingInput, Objects, Operations, Per};

/// Class of leak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LeakKind {
    /// Live heap grows at a site.
    Heap,
    /// Goroutines grow, or the runtime reports them leaked.
    Goroutine,
    /// Open descriptors grow.
    Descriptors,
    /// Threads of the operating system grow.
    Threads,
    /// Memory grows that is not the Go runtime's: C memory, mappings.
    OffHeap,
    /// The stacks of goroutines grow, not their number.
    Stacks,
    /// `GOMEMLIMIT` leaves the heap no room.
    Limit,
}

/// How each class is written, what its growth is counted in, and whether that is bytes.
const KINDS: [(LeakKind, &str, &str, bool); 7] = [
    (LeakKind::Heap, "heap", "B", true),
    (LeakKind::Goroutine, "goroutine", "goroutines", false),
    (LeakKind::Descriptors, "descriptors", "descriptors", false),
    (LeakKind::Threads, "threads", "threads", false),
    (LeakKind::OffHeap, "off-heap", "B", true),
    (LeakKind::Stacks, "stacks", "B", true),
    (LeakKind::Limit, "limit", "GC cycles", false),
];

impl LeakKind {
    fn row(self) -> Option<&'static (Self, &'static str, &'static str, bool)> {
        KINDS.iter().find(|(kind, ..)| *kind == self)
    }

    /// As contracts and reports spell it.
    #[must_use]
    pub fn word(self) -> &'static str {
        self.row().map_or("", |(_, word, ..)| word)
    }

    /// What its growth is counted in.
    #[must_use]
    pub fn unit(self) -> &'static str {
        self.row().map_or("", |(_, _, unit, _)| unit)
    }

    /// Its growth is one of bytes ([`Growth::bytes_per_op`]), not of a number of things ([`Growth::objects_per_op`]).
    #[must_use]
    pub fn is_bytes(self) -> bool {
        self.row().is_some_and(|(.., bytes)| *bytes)
    }
}

/// A leak in one variant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// Its class.
    pub kind: LeakKind,
    /// The user's line: where the memory is allocated or the goroutine created, in the nearest
    /// frame of the main module (or of a dependency when there is none).
    pub site: Frame,
    /// `site.file` relative to the module's root, for display and annotations.
    pub file: String,
    /// Identity over rebuilds, flags, `-trimpath` and line shifts (16 hex digits).
    pub fingerprint: String,
    /// One sentence: what leaks, how much, where, since when.
    pub sentence: String,
    /// The test, fuzz test, example or benchmark that leaks, or `parallel tests` if no one of them can be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test: Option<String>,
    /// Growth.
    pub growth: Growth,
    /// First cycle after which it only grew.
    pub since_cycle: Option<GcCycle>,
    /// Who holds most of what grows, from a heap dump: kind and name of the root (`global main.cache`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_by: Option<String>,
    /// How sure.
    pub confidence: Confidence,
    /// Why not surer: inputs that were missing.
    pub missing: Vec<MissingInput>,
    /// What was measured, most telling first. Never empty.
    pub evidence: Vec<Evidence>,
}

/// Growth per operation and its spread over the repeats.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Growth {
    /// Bytes per operation, median of the repeats (0 for classes that count things).
    pub bytes_per_op: f64,
    /// Objects, goroutines, descriptors, threads or GC cycles per operation, median of the repeats.
    pub objects_per_op: f64,
    /// Smallest and largest bytes (or goroutines) per operation over the repeats.
    pub spread: (f64, f64),
    /// Operations over which growth was measured.
    pub operations: u64,
    /// Bytes (or goroutines) gained over them, of the first repeat.
    pub gained: i64,
    /// In use at the end, bytes (or goroutines), of the first repeat.
    pub final_value: u64,
    /// Repeats it was seen in, of how many.
    pub repeats: (u32, u32),
    /// What "per operation" stands for in captures that have no operations; then `operations` counts milliseconds, or
    /// files.
    #[serde(default, skip_serializing_if = "Per::is_usual")]
    pub per: Per,
}

/// Who holds what grows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Retained {
    /// One of the shortest ways from a root to most of the objects.
    pub path: RetainingPath,
    /// Objects allocated at the finding's sites that are reached from this root first.
    pub held: HeapCount,
    /// Part of all reachable objects of these sites, in percent of bytes.
    pub share: f64,
    /// What it looks like, if the dump has a suspect there.
    pub looks_like: Option<SuspectKind>,
    /// What would be freed if the holder let go: the container that all of it is in, or else the root.
    pub retained: Option<HeapCount>,
    /// How that grew between two dumps.
    pub growth: Option<RetainedGrowth>,
    /// Others that the objects are reached from, most first.
    pub others: Vec<OtherHolder>,
}

/// Growth of what a root retains between two dumps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RetainedGrowth {
    /// Bytes and objects gained.
    #[serde(flatten)]
    pub gained: HeapGrowth,
    /// Operations completed at the first dump, and at the last.
    pub operations: (Operations, Operations),
    /// What is counted instead of operations, if there are none.
    #[serde(default, skip_serializing_if = "Per::is_usual")]
    pub per: Per,
}

/// Another root that holds objects of a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OtherHolder {
    /// Kind and name (`global main.index`).
    pub name: String,
    /// What is reached from it first.
    pub held: HeapCount,
}

/// How long the objects that grow have lived.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AgesFound {
    /// What their ages show.
    pub course: AgeCourse,
    /// Their ages at the last dump. Rows of births may stand for several cycles.
    pub ages: ObjectAges,
    /// Their types, where they are known.
    pub types: Vec<String>,
    /// Stretches between checkpoints of whose objects some live, and all of them.
    pub stretches: (u64, u64),
    /// The GC cycle after which the oldest of known age were born, if the trace's cycles could be numbered.
    pub first_born: Option<GcCycle>,
    /// The GC cycle after which the youngest were born, likewise.
    pub last_born: Option<GcCycle>,
    /// Operations completed at the checkpoint before those.
    pub last_born_after: Option<Operations>,
    /// Operations completed at the earlier dump, if there are two.
    pub before: Option<Operations>,
}

/// What ages show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AgeCourse {
    /// Some of each stretch of the run stay: a leak.
    Accumulates,
    /// A plateau: none that stays was born in the later half.
    Full,
    /// A plateau: none is older than half of the run.
    TurnsOver,
    /// Neither, or too little is known.
    Unclear,
}

/// One piece of evidence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Evidence {
    /// Bytes at one allocation line over checkpoints.
    Allocation {
        /// Stack, innermost first.
        stack: Vec<Frame>,
        /// Size of an object.
        object_size: Bytes,
        /// In-use bytes at each checkpoint.
        inuse_space: Vec<u64>,
        /// In-use objects at each checkpoint.
        inuse_objects: Vec<u64>,
    },
    /// Goroutines of one creation stack over checkpoints.
    Goroutines {
        /// Creation stack, innermost first.
        created_by: Vec<Frame>,
        /// Function they run.
        start: Frame,
        /// Alive at each checkpoint.
        alive: Vec<u64>,
    },
    /// Where goroutines are blocked for good.
    Blocked {
        /// Wait reason (`chan receive`).
        wait: String,
        /// Stack, innermost first.
        stack: Vec<Frame>,
        /// How many.
        count: u64,
        /// The runtime itself proved that nothing can wake them.
        proved: bool,
    },
    /// Figures of the process at each checkpoint.
    Figures {
        /// What was measured, and by whom.
        what: String,
        /// `B`, or what is counted.
        unit: String,
        /// The values.
        values: Vec<i64>,
        /// The stack that they are of, innermost first; none for figures of the whole process.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        stack: Vec<Frame>,
    },
    /// Calls of the operating system or of C.
    Calls {
        /// The caller's stack, innermost first, with the creation of its goroutine behind it.
        stack: Vec<Frame>,
        /// Calls so far at each checkpoint.
        calls: Vec<u64>,
    },
    /// Memory of C that nothing refers to at the end, from LeakSanitizer.
    Lost {
        /// Stack of the allocation on C's side, innermost first.
        stack: Vec<Frame>,
        /// All of it.
        bytes: Bytes,
        /// Allocations.
        objects: Objects,
        /// Nothing at all refers to it; otherwise only other lost memory does.
        direct: bool,
    },
    /// Who holds what grows, from a heap dump.
    Retained(Box<Retained>),
    /// How long the objects that grow have lived, from a trace with every allocation.
    Ages(Box<AgesFound>),
    /// Something in words, with the source it came from.
    Note {
        /// The words.
        text: String,
    },
}
