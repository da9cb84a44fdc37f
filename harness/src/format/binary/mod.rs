//! What a program's ELF file says about its memory: sections, variables, functions, and the types of Go.
//!
//! ```text
//! symbols    sections, symbols, build id; whether two files are the same program
//! types      the table of types: names, sizes, fields, what points to what
//! dwarf      debugging information (DWARF 4 and 5) -> the table of types
//! ```
//!
//! Input: bytes of the file. Output: [`Binary`], [`TypeTable`], and what could not be read. Both are of
//! the file: where a program was loaded elsewhere (PIE), its addresses differ by one number.
//!
//! What must not happen here: knowing what is in a heap (`ingest` does).

mod dwarf;
mod symbols;
#[cfg(test)]
mod tests;
mod types;

use super::problems;

pub use symbols::{Binary, Moves, Section, Symbol};
pub use types::{Field, FieldPath, Global, Shape, Type, TypeId, TypeTable};
