//! The file of the program that wrote a dump, with all that is read from it: symbols, and types.
//!
//! Input: its bytes. Output: what a graph's globals are named by, and types of a graph's objects.

use super::graph::{Layouts, symbols, types_of};
use super::{Known, Program};
use crate::format::Problem;
use crate::format::binary::{Binary, Moves, Section, TypeTable};
use crate::format::heapdump::Reader;
use crate::ingest::heap::{Loaded, Symbols, Types};

/// A program, or its twin that was linked with symbols.
#[derive(Debug)]
pub struct ProgramFile {
    binary: Binary,
    table: TypeTable,
    /// From here to the program that ran, if it is another.
    moves: Option<Moves>,
    symbols: Symbols,
}

impl ProgramFile {
    /// Reads an ELF file. `name` is what problems call it.
    #[must_use]
    pub fn read(name: &str, bytes: &[u8]) -> (Self, Vec<Problem>) {
        let (binary, mut problems) = Binary::read(name, bytes);
        let (table, more) = TypeTable::read(name, bytes);
        problems.extend(more);
        let symbols = symbols(&binary, &table);
        (Self { binary, table, moves: None, symbols }, problems)
    }

    /// The same as the twin of a program whose sections lie elsewhere. `None` if it is no twin of that.
    #[must_use]
    pub fn as_twin_of(self, sections: &[Section]) -> Option<Self> {
        let pointer_size = self.binary.pointer_size;
        let ran = Binary { pointer_size, sections: sections.to_vec(), ..Binary::default() };
        let moves = Some(self.binary.moves_to(&ran)?);
        Some(Self { moves, ..self })
    }

    /// It is a program at all.
    #[must_use]
    pub fn has_sections(&self) -> bool {
        !self.binary.sections.is_empty()
    }

    /// It was not stripped.
    #[must_use]
    pub fn has_variables(&self) -> bool {
        !self.binary.variables.is_empty()
    }

    /// What names a graph's globals.
    #[must_use]
    pub fn symbols(&self) -> &Symbols {
        &self.symbols
    }

    /// Types of the objects of a dump, and what is where in them; none if the file has no debugging information, or is
    /// of another program, which its symbols are refused for, too, and told there. `known` are types from elsewhere.
    #[must_use]
    pub fn types(
        &self,
        dump: &mut Reader<'_>,
        loaded: &Loaded,
        known: &[Known],
    ) -> Option<(Types, Layouts<'_>)> {
        if self.table.is_empty() {
            return None;
        }
        let program = Program { binary: &self.binary, table: &self.table, moves: self.moves.as_ref() };
        types_of(dump, loaded, program, known).ok()
    }
}
