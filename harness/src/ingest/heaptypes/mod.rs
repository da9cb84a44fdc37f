//! Types of the objects of a heap dump, which has none.
//!
//! Input: the dump, its objects by address, the table of types and the symbols of the program's file.
//! Output: [`Typing`]: a type for most objects that something typed refers to, and names for the places in
//! them.
//!
//! ```text
//! program    what addresses in the dump mean: globals, type descriptors, method tables, code
//! pages      a few bytes at a time from the dump
//! special    maps and channels: what their insides are of
//! seeds      one pass over the dump: where contents stand, headers, interface values in untyped memory
//! spread     from typed memory along its pointers to objects, level by level
//! typing     what came out, and its names
//! graph      ... for the graph of a dump
//! file       all that is read of a program's file
//! ```
//!
//! A pointer to a `T` does not make an object a `T`: it may point to an element or to a first field. An
//! object takes a type only if that fills it, up to what the allocator rounds; a slice's memory only if its
//! capacity fills it. What is left over at the end takes the element type of a slice into it. Nothing else
//! is guessed.
//!
//! What must not happen here: following pointers that have no type, except those of interfaces.

mod file;
mod graph;
mod pages;
mod program;
mod seeds;
mod special;
mod spread;
#[cfg(test)]
mod tests;
mod typing;

pub use file::ProgramFile;
pub use graph::Layouts;
pub use program::{OtherProgram, Program};
pub use spread::{Known, Sources, find};
pub use typing::Typing;

/// The objects of a dump, numbered by address.
pub trait Objects {
    /// How many.
    fn len(&self) -> u32;
    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// The one that `address` lies in.
    fn find(&self, address: u64) -> Option<u32>;
    /// Where it begins.
    fn address(&self, object: u32) -> u64;
    /// Bytes of its slot.
    fn size(&self, object: u32) -> u64;
    /// Where in the dump they stand, if that is known and no two of them overlap.
    fn places(&self) -> Option<Places> {
        None
    }
}

/// Positions in a dump that a reader can go to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Places {
    /// Of an object about in the middle.
    pub middle: u64,
    /// Of the first record behind all objects, between which there is nothing else.
    pub past: u64,
}
