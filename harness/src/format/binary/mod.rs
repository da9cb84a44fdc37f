//! What a program's ELF file says about its memory: sections, variables, functions, and the types of Go.
//!
//! ```text
//! symbols    sections, symbols, build id; whether two files are the same program
//! types      the table of types: names, sizes, fields, what points to what
//! dwarf      debugging information (DWARF 4 and 5) -> the table of types
//! layout     the file as ranges that add up to its size
//! pclntab    the function table, which a stripped program has, too
//! contents   what is in the ranges, by name
//! dynamic    what the loader has to find, and how it protects the program
//! inflate    a section's bytes when nothing is compressed
//! texts      bytes of each section, inflated; strings that the linker put in
//! ```
//!
//! Input: bytes of the file. Output: [`Binary`], [`TypeTable`], and what could not be read. Both are of
//! the file: where a program was loaded elsewhere (PIE), its addresses differ by one number.
//!
//! What must not happen here: knowing what is in a heap (`ingest` does).

mod contents;
mod dwarf;
mod dynamic;
mod inflate;
mod layout;
mod pclntab;
mod symbols;
#[cfg(test)]
mod tests;
mod texts;
mod types;

use super::problems;

pub use contents::{Contents, Piece, PieceKind};
pub use dynamic::{Dynamic, Import, Protection};
pub use layout::{FileFormat, FileRange, Layout};
pub use pclntab::{Function, FunctionTable, function_table};
pub use symbols::{Binary, Moves, Section, Symbol};
pub use texts::{LinkedStrings, Text, Texts};
pub use types::{Field, FieldPath, Global, Shape, Type, TypeId, TypeTable};
