//! Sections and symbols of an ELF file.

use std::ops::Range;
use std::sync::Arc;

use object::{Object as _, ObjectSection as _, ObjectSymbol as _, SymbolKind};

use super::problems::Problems;
use crate::format::Problem;
use crate::model::Address;

/// Sections that hold variables.
const VARIABLE_SECTIONS: [&str; 4] = [".data", ".bss", ".noptrdata", ".noptrbss"];

/// Sections that are alike in a program linked with and without its symbols. `.rodata` is not: it has the
/// linker's flags in it.
const SAME_SECTIONS: [&str; 5] = [".data", ".bss", ".noptrdata", ".noptrbss", ".gopclntab"];

/// Marks around the descriptors of types that the program may need when it runs.
const TYPES_START: &str = "runtime.types";
const TYPES_END: &str = "runtime.etypes";

/// A program's file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Binary {
    /// Bytes of a pointer.
    pub pointer_size: u8,
    /// Those that are loaded, as they stand in the file.
    pub sections: Vec<Section>,
    /// Variables by address. Empty if the file is stripped.
    pub variables: Vec<Symbol>,
    /// Functions by address, likewise.
    pub functions: Vec<Symbol>,
    /// Go's own build id: action and content of the link.
    pub build_id: Option<String>,
    /// Where the type descriptors are, if the symbols say so.
    pub types: Option<Range<u64>>,
}

/// A section that is loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// `.data`
    pub name: String,
    /// Where the file wants it.
    pub address: Address,
    /// In bytes.
    pub size: u64,
}

/// A name for memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Symbol {
    /// Full Go name, `main.cache`.
    pub name: Arc<str>,
    /// Where it begins.
    pub address: Address,
    /// In bytes.
    pub size: u64,
}

/// How far the sections of one file lie from those of another that is the same program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moves(Vec<(Range<u64>, u64)>);

impl Binary {
    /// Reads what can be read. `file` names it in problems.
    #[must_use]
    pub fn read(file: &str, data: &[u8]) -> (Self, Vec<Problem>) {
        let mut problems = Problems::default();
        let binary = object::File::parse(data).map(|elf| Self::of(&elf));
        let binary = binary.unwrap_or_else(|error| {
            problems.add(0, "binary", "an ELF file", error.to_string());
            Self::default()
        });
        if binary.sections.iter().any(|section| section.name == ".text") && binary.variables.is_empty() {
            problems.add(0, "symbol table", "symbols", "none: the binary is stripped");
        }
        problems.name_file(file);
        (binary, problems.listed().to_vec())
    }

    fn of(elf: &object::File<'_>) -> Self {
        let mut binary = Self { pointer_size: if elf.is_64() { 8 } else { 4 }, ..Self::default() };
        for section in elf.sections().filter(|section| section.address() > 0) {
            let name = section.name().unwrap_or_default().to_owned();
            let (address, size) = (Address(section.address()), section.size());
            if name == ".note.go.buildid" {
                binary.build_id = section.data().ok().and_then(go_build_id);
            }
            binary.sections.push(Section { name, address, size });
        }
        let (mut start, mut end) = (None, None);
        for symbol in elf.symbols() {
            let (Ok(name), address) = (symbol.name(), symbol.address()) else { continue };
            match name {
                TYPES_START => start = Some(address),
                TYPES_END => end = Some(address),
                _ => {}
            }
            binary.symbol(name, address, symbol.size(), symbol.kind());
        }
        binary.types = start.zip(end).filter(|(start, end)| start < end).map(|(start, end)| start..end);
        binary.variables.sort_by_key(|symbol| symbol.address);
        binary.functions.sort_by_key(|symbol| symbol.address);
        binary
    }

    fn symbol(&mut self, name: &str, address: u64, size: u64, kind: SymbolKind) {
        let symbol = || Symbol { name: name.into(), address: Address(address), size };
        if kind == SymbolKind::Text {
            self.functions.push(symbol());
        } else if size > 0 && VARIABLE_SECTIONS.iter().any(|section| self.is_in(address, section)) {
            self.variables.push(symbol());
        }
    }

    fn is_in(&self, address: u64, section: &str) -> bool {
        let Some(section) = self.section(section) else { return false };
        Address(address).offset_from(section.address).is_some_and(|offset| offset < section.size)
    }

    /// The section with this name.
    #[must_use]
    pub fn section(&self, name: &str) -> Option<&Section> {
        self.sections.iter().find(|section| section.name == name)
    }

    /// The variable that `address` lies in.
    #[must_use]
    pub fn variable(&self, address: Address) -> Option<&Symbol> {
        find(&self.variables, address).filter(|symbol| address.0 - symbol.address.0 < symbol.size)
    }

    /// The function that `address` lies in.
    #[must_use]
    pub fn function(&self, address: Address) -> Option<&Symbol> {
        let symbol = find(&self.functions, address)?;
        (address == symbol.address || address.0 - symbol.address.0 < symbol.size).then_some(symbol)
    }

    /// The way from addresses in this file to those in `other`, if both are the same program, linked with
    /// and without symbols say. `None` if they are not.
    #[must_use]
    pub fn moves_to(&self, other: &Self) -> Option<Moves> {
        let alike = |name: &str| match (self.section(name), other.section(name)) {
            (Some(here), Some(there)) => here.size == there.size,
            (None, None) => true,
            _ => false,
        };
        let same = self.pointer_size == other.pointer_size
            && self.section(".data").is_some()
            && SAME_SECTIONS.iter().all(|name| alike(name));
        let moved = |here: &Section| {
            let there = other.section(&here.name)?;
            let end = here.address.0.checked_add(here.size)?;
            Some((here.address.0..end, there.address.0.wrapping_sub(here.address.0)))
        };
        same.then(|| Moves(self.sections.iter().filter_map(moved).collect()))
    }
}

impl Moves {
    /// Where what is at `address` in the one file is in the other.
    #[must_use]
    pub fn address(&self, address: Address) -> Option<Address> {
        let (_, by) = self.0.iter().find(|(range, _)| range.contains(&address.0))?;
        Some(Address(address.0.wrapping_add(*by)))
    }
}

/// The last symbol at or before `address`.
fn find(symbols: &[Symbol], address: Address) -> Option<&Symbol> {
    symbols[..symbols.partition_point(|symbol| symbol.address <= address)].last()
}

/// A note: lengths of name and text and a type, four bytes each; the name `Go`; the text.
fn go_build_id(note: &[u8]) -> Option<String> {
    let len = u32::from_ne_bytes(*note.get(4..)?.first_chunk()?);
    let text = note.get(16..)?.get(..usize::try_from(len).ok()?)?;
    String::from_utf8(text.to_vec()).ok()
}
