//! Insides of maps and channels, which say less about themselves than Go's own types do.
//!
//! Checked with the tables of Go 1.24 to 1.27 (`internal/runtime/maps`) and the buckets of Go 1.22 and 1.23
//! (`runtime.hmap`), by the names that the linker gives to what it makes for debuggers.

use rustc_hash::FxHashMap;

use crate::format::binary::{Shape, TypeId, TypeTable};

/// A type whose pointers need more than their own types to be understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Special {
    /// Pointers at these offsets lead to as many of what they point to as there is room for.
    Arrays([Option<u64>; 2]),
    /// At the first offset a pointer to groups' tables, so many as is said at the second; or, if none, to
    /// the only group.
    Directory { at: u64, len_at: u64, group: TypeId },
    /// At the first offset a pointer to elements, so many as is said at the second.
    Buffer { at: u64, len_at: u64, elem: TypeId },
}

/// The field of a bucket that has its keys (Go 1.23 and before).
pub(super) const BUCKET_KEYS: &str = "keys";

/// How places inside of a map are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Inside {
    /// Something on the way to the elements.
    Way,
    /// Keys and elements: those of which the field's name is this are keys.
    Entries(&'static str),
}

/// All of a program.
#[derive(Debug, Default)]
pub(super) struct Specials {
    pub(super) of: FxHashMap<TypeId, Special>,
    pub(super) inside: FxHashMap<TypeId, Inside>,
}

impl Specials {
    pub(super) fn new(table: &TypeTable) -> Self {
        let mut specials = Self::default();
        for id in (0..table.len() as u32).map(TypeId) {
            match table.shape(id) {
                Shape::Map(_, _, Some(map)) => specials.map(table, map),
                Shape::Chan(elem, Some(chan)) => {
                    specials.chan(table, chan, elem);
                }
                _ => {}
            }
        }
        specials
    }

    fn map(&mut self, table: &TypeTable, map: TypeId) {
        if self.of.contains_key(&map) {
            return;
        }
        let done = self.buckets(table, map).or_else(|| self.tables(table, map));
        if done.is_some() {
            self.inside.insert(map, Inside::Way);
        }
    }

    /// Go 1.23 and before.
    fn buckets(&mut self, table: &TypeTable, map: TypeId) -> Option<()> {
        let buckets = table.field(map, "buckets")?;
        let Shape::Pointer(Some(bucket)) = table.shape(buckets.of) else { return None };
        let old = table.field(map, "oldbuckets").map(|field| field.offset);
        self.of.insert(map, Special::Arrays([Some(buckets.offset), old]));
        self.inside.insert(bucket, Inside::Entries(BUCKET_KEYS));
        Some(())
    }

    /// Go 1.24 and later.
    fn tables(&mut self, table: &TypeTable, map: TypeId) -> Option<()> {
        let directory = table.field(map, "dirPtr")?;
        let len_at = table.field(map, "dirLen")?.offset;
        let pointer = |of| if let Shape::Pointer(to) = table.shape(of) { to } else { None };
        let of_table = pointer(pointer(directory.of)?)?;
        let groups = table.field(of_table, "groups")?;
        let data = table.field(groups.of, "data")?;
        let group = pointer(data.of)?;
        self.of.insert(map, Special::Directory { at: directory.offset, len_at, group });
        self.of.insert(of_table, Special::Arrays([Some(groups.offset + data.offset), None]));
        self.inside.insert(of_table, Inside::Way);
        self.inside.insert(directory.of, Inside::Way);
        self.inside.insert(pointer(directory.of)?, Inside::Way);
        self.inside.insert(group, Inside::Entries("key"));
        Some(())
    }

    fn chan(&mut self, table: &TypeTable, chan: TypeId, elem: TypeId) -> Option<()> {
        let at = table.field(chan, "buf")?.offset;
        let len_at = table.field(chan, "dataqsiz")?.offset;
        self.of.insert(chan, Special::Buffer { at, len_at, elem });
        Some(())
    }
}
