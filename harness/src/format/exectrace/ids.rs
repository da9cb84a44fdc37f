//! Ids as the trace uses them, each a type of its own so that none is taken for another.
//!
//! Ids into a table of one generation carry that generation's tag: asked for later, they resolve
//! to nothing instead of to another generation's entry.

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u64);
    };
}

id! {
    /// A thread of the operating system (M).
    ThreadId
}
id! {
    /// A processor (P), `0..GOMAXPROCS`.
    ProcId
}
id! {
    /// A user task of `runtime/trace`.
    TaskId
}
id! {
    /// A heap object: its address is `min_heap_address + id * heap_align`.
    ObjectId
}
id! {
    /// A span: its address is `min_heap_address + id * page_size`.
    SpanId
}

impl TaskId {
    /// The task of everything that is in no task.
    pub const BACKGROUND: Self = Self(0);
}

/// In place of a generation's tag: the string outlived its generation (name of a task, reason of a
/// stop of the world) and stands in a table of the whole trace.
pub(super) const KEPT: u32 = u32::MAX;

macro_rules! table_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name {
            generation: u32,
            id: u32,
        }

        impl $name {
            /// No entry.
            pub const NONE: Self = Self { generation: 0, id: 0 };

            /// Real tables count from 1 and stay far below 2^32, so a larger number is damage
            /// and becomes an id that no table has.
            pub(super) fn new(generation: u32, wire: u64) -> Self {
                if wire == 0 {
                    return Self::NONE;
                }
                Self { generation, id: u32::try_from(wire).unwrap_or(u32::MAX) }
            }

            /// Whether the event has none.
            #[must_use]
            pub fn is_none(self) -> bool {
                self.id == 0
            }

            /// The number in the file, which `go tool trace -d=parsed` shows too. It means
            /// something in its generation only.
            #[must_use]
            pub fn number(self) -> u32 {
                self.id
            }

            /// The number in the file, if `generation` is the one it belongs to.
            pub(super) fn wire_in(self, generation: u32) -> Option<u64> {
                (self.generation == generation && self.id != u32::MAX).then_some(u64::from(self.id))
            }
        }
    };
}

table_id! {
    /// A call stack of the current generation.
    StackId
}
table_id! {
    /// A string of the current generation.
    StringId
}
table_id! {
    /// A Go type in the current generation's AllocFree table.
    TypeId
}
