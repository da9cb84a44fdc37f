//! What is in a program's file, by name: functions and variables in the order of the file, none over another.
//!
//! Functions come from the function table, so that a stripped program has them, too, and count up to the next one.
//! The symbol table adds variables, what the linker merges (types, strings, pointer maps) and functions of C.
//!
//! Input: the bytes of the file. Output: [`Contents`]. Whose a package is, and what the sum of anything is, `lab` knows.

use std::ops::Range;
use std::sync::Arc;

use object::{Object as _, ObjectSection as _, ObjectSymbol as _, SymbolKind};

use super::layout::{FileRange, Layout};
use super::pclntab::{self, FunctionTable};
use super::problems::Problems;
use crate::format::Problem;

/// Sections with the function table, and those that it is in where it has none of its own (PE).
const TABLE_SECTIONS: [&str; 3] = [".gopclntab", ".data.rel.ro.gopclntab", "__gopclntab"];
const TABLE_INSIDE: [&str; 1] = [".rdata"];

/// Symbols without a size that stand for all up to the next symbol: what the linker puts together from all packages
/// (`cmd/link/internal/ld/symtab.go`, Go 1.22 to 1.27).
const MERGED: [&str; 12] = [
    "type:*",
    "typerel.*",
    "go:string.*",
    "go:func.*",
    "go:funcrel.*",
    "go:funcdesc",
    "go:funcdescrel",
    "runtime.gcbits.*",
    "runtime.gcdata",
    "runtime.gcbss",
    "runtime.findfunctab",
    "runtime.itablink",
];

/// More than the flags of a build take in a program.
const FLAGS_TEXT: u64 = 4096;

/// Marks of the linker: in other formats than ELF they have no sizes like all symbols.
const MARKS: [&str; 14] = [
    "runtime.text",
    "runtime.etext",
    "runtime.types",
    "runtime.etypes",
    "runtime.rodata",
    "runtime.erodata",
    "runtime.data",
    "runtime.edata",
    "runtime.noptrdata",
    "runtime.enoptrdata",
    "runtime.pclntab",
    "runtime.epclntab",
    "runtime.symtab",
    "runtime.esymtab",
];

/// Marks around variables and constants of Go, those of its assembler included: what lies elsewhere is of C.
const GO_DATA: [(&str, &str); 4] = [
    ("runtime.rodata", "runtime.erodata"),
    ("runtime.types", "runtime.etypes"),
    ("runtime.noptrdata", "runtime.enoptrdata"),
    ("runtime.data", "runtime.edata"),
];

/// What the compiler calls a composite literal. Only another linker than Go's own keeps the name, so that one program
/// would have it and another not.
const NAMELESS: &str = "..stmp_";

/// Where the address of the text stands in `.go.module` (`moduledata.text` of Go 1.26 and later), in words.
const MODULE_TEXT: usize = 22;

/// What is in a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contents {
    /// The file as ranges.
    pub layout: Layout,
    /// What has a name, in the order of the file.
    pub pieces: Vec<Piece>,
    /// The function table.
    pub functions: FunctionTable,
    /// Range of the layout that the function table begins in.
    pub table_range: Option<usize>,
    /// Variables have names: the file has a symbol table.
    pub has_symbols: bool,
    /// Where the text begins in memory.
    pub text_start: Option<u64>,
}

/// Something with a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Its range of the layout.
    pub range: usize,
    /// Full Go name, or that of C.
    pub name: Arc<str>,
    /// What it is.
    pub kind: PieceKind,
    /// In bytes.
    pub size: u64,
    /// Bytes of the function table for it.
    pub tables: u64,
}

/// What something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PieceKind {
    /// A function of Go or of its assembler.
    Function,
    /// A function that Go knows no lines of.
    Foreign,
    /// A variable or a constant.
    Data,
    /// A variable or a constant of C.
    ForeignData,
}

/// A name for an address, before it has a place in the file.
struct Found {
    address: u64,
    size: u64,
    piece: Piece,
}

impl Contents {
    /// Reads what is in `data`. `file` names it in problems.
    #[must_use]
    pub fn read(file: &str, data: &[u8]) -> (Self, Vec<Problem>) {
        let mut problems = Problems::default();
        let mut contents = Self { layout: Layout::read(data), ..Self::default() };
        // A WebAssembly module has no addresses that names could have.
        if let Ok(object) = object::File::parse(data) {
            contents.fill(&object, data, &mut problems);
        }
        problems.name_file(file);
        (contents, problems.listed().to_vec())
    }

    /// Takes the names of variables and of C from `twin`, the same program linked with its symbols. Sections that differ by
    /// more than the text of the linker's flags, which is in the program, stay without. `false` if it is another program.
    pub fn take_names_of(&mut self, twin: &Self) -> bool {
        let functions =
            |contents: &Self| contents.functions.functions.iter().map(|function| function.size).sum::<u64>();
        let same = self.functions.functions.len() == twin.functions.functions.len()
            && functions(self) == functions(twin);
        if !same || twin.functions.functions.is_empty() {
            return false;
        }
        let mut pieces = Vec::new();
        for (range, here) in self.layout.ranges.iter().enumerate() {
            let like =
                |there: &FileRange| there.name == here.name && there.size.abs_diff(here.size) < FLAGS_TEXT;
            let from = twin.layout.ranges.iter().position(like);
            let mut room = here.size;
            for piece in twin.pieces.iter().filter(|piece| Some(piece.range) == from) {
                let size = piece.size.min(room);
                room -= size;
                pieces.push(Piece { range, size, ..piece.clone() });
            }
        }
        pieces.retain(|piece| piece.size > 0);
        self.pieces = pieces;
        true
    }

    fn fill(&mut self, object: &object::File<'_>, data: &[u8], problems: &mut Problems) {
        self.has_symbols = object.symbols().next().is_some();
        if let Some((range, at)) = self.table_place(data) {
            self.functions = FunctionTable::read(data.get(at..).unwrap_or_default(), at as u64, problems);
            self.table_range = Some(range);
        }
        self.text_start = self.text(object);
        let mut found = self.table_functions();
        let covered = covered(&found);
        found.extend(symbols(object, &covered));
        self.pieces = self.placed(found);
    }

    /// Range of the layout and place in the file of the function table.
    fn table_place(&self, data: &[u8]) -> Option<(usize, usize)> {
        let of =
            |names: &[&str]| self.layout.ranges.iter().position(|range| names.contains(&range.name.as_str()));
        let start = |range: usize| usize::try_from(self.layout.ranges.get(range)?.offset).ok();
        if let Some(range) = of(&TABLE_SECTIONS) {
            return Some((range, start(range)?));
        }
        let range = of(&TABLE_INSIDE)?;
        let start = start(range)?;
        Some((range, start + pclntab::find(data.get(start..)?)?))
    }

    /// Where the text begins: the symbol says it, the header of the function table, the module's data, or the section.
    fn text(&self, object: &object::File<'_>) -> Option<u64> {
        let symbol = || {
            object.symbols().find(|symbol| symbol.name() == Ok("runtime.text")).map(|symbol| symbol.address())
        };
        let module = || {
            let section = object.section_by_name(".go.module")?;
            let pointer = if object.is_64() { 8 } else { 4 };
            let bytes = section.data().ok()?.get(MODULE_TEXT * pointer..)?.get(..pointer)?;
            let ordered = |n: u64, byte: &u8| n << 8 | u64::from(*byte);
            let address = match object.is_little_endian() {
                true => bytes.iter().rev().fold(0, ordered),
                false => bytes.iter().fold(0, ordered),
            };
            Some(address).filter(|address| *address > 0)
        };
        let section = || object.section_by_name(".text").map(|section| section.address());
        symbol().or(self.functions.text_start).or_else(module).or_else(section)
    }

    fn table_functions(&self) -> Vec<Found> {
        let Some(text) = self.text_start else { return Vec::new() };
        let found = self.functions.functions.iter().map(|function| {
            // Marks of Go's linker have no lines either.
            let is_go = function.has_lines || function.name.contains(':');
            let kind = if is_go { PieceKind::Function } else { PieceKind::Foreign };
            let piece = Piece {
                range: 0,
                name: function.name.clone(),
                kind,
                size: function.size,
                tables: function.tables,
            };
            Found { address: text.saturating_add(function.offset), size: function.size, piece }
        });
        found.collect()
    }

    /// Those that are in the file, none over another: what begins first has what it begins with.
    fn placed(&self, mut found: Vec<Found>) -> Vec<Piece> {
        // Of those that stand for what follows and begin at one place, all but the last are empty.
        let order = |found: &Found| MERGED.iter().position(|name| *name == found.piece.name.as_ref());
        found.sort_by(|a, b| {
            a.address.cmp(&b.address).then(b.size.cmp(&a.size)).then_with(|| order(b).cmp(&order(a)))
        });
        found.dedup_by_key(|found| found.address);
        let mut loaded: Vec<(Range<u64>, usize)> = Vec::new();
        for (idx, range) in self.layout.ranges.iter().enumerate() {
            let Some(address) = range.address else { continue };
            loaded.push((address..address.saturating_add(range.size), idx));
        }
        loaded.sort_by_key(|(addresses, _)| addresses.start);
        let nexts: Vec<u64> = found.iter().skip(1).map(|found| found.address).chain([u64::MAX]).collect();
        let mut pieces = Vec::with_capacity(found.len());
        for (Found { address, size, mut piece }, next) in found.into_iter().zip(nexts) {
            let at = loaded.partition_point(|(addresses, _)| addresses.start <= address);
            let Some((addresses, range)) = at.checked_sub(1).and_then(|at| loaded.get(at)) else { continue };
            let room = addresses.end.saturating_sub(address).min(next - address);
            piece.size = if size > 0 { size.min(room) } else { room };
            piece.range = *range;
            if piece.size > 0 {
                pieces.push(piece);
            }
        }
        pieces
    }
}

/// Addresses of the functions of the table, joined where they touch.
fn covered(found: &[Found]) -> Vec<Range<u64>> {
    let mut covered: Vec<Range<u64>> = Vec::new();
    for Found { address, size, .. } in found {
        let end = address.saturating_add(*size);
        match covered.last_mut() {
            Some(last) if last.end == *address => last.end = end,
            _ => covered.push(*address..end),
        }
    }
    covered
}

/// What the symbol table adds.
fn symbols(object: &object::File<'_>, covered: &[Range<u64>]) -> Vec<Found> {
    let is_elf = object.format() == object::BinaryFormat::Elf;
    let go_data = go_data(object);
    let of = |symbol: object::Symbol<'_, '_>| {
        if symbol.is_undefined() || symbol.address() == 0 {
            return None;
        }
        let (name, address, is_text) =
            (symbol.name().ok()?, symbol.address(), symbol.kind() == SymbolKind::Text);
        // A mark, or one that stands for what follows; other formats than ELF have no sizes at all.
        let is_of_c = is_text && !name.contains([':', '.']);
        let is_mark = symbol.size() == 0 && is_elf && !MERGED.contains(&name) && !is_of_c;
        let is_nothing = is_mark || name.is_empty() || MARKS.contains(&name) || name.contains(NAMELESS);
        if is_nothing || covered.iter().any(|range| range.contains(&address)) {
            return None;
        }
        let is_go = go_data.is_empty() || go_data.iter().any(|range| range.contains(&address));
        let kind = match is_text {
            true => PieceKind::Foreign,
            false if is_go || !is_c_name(name) => PieceKind::Data,
            false => PieceKind::ForeignData,
        };
        let piece = Piece { range: 0, name: name.into(), kind, size: symbol.size(), tables: 0 };
        Some(Found { address, size: symbol.size(), piece })
    };
    object.symbols().filter_map(of).collect()
}

/// C has no dot in a name, but for the number of a variable within a function.
fn is_c_name(name: &str) -> bool {
    let number = name.rsplit_once('.').map(|(_, number)| number.bytes().all(|byte| byte.is_ascii_digit()));
    !name.contains(':') && number.unwrap_or(true)
}

/// Where variables and constants of Go are, if the marks say so.
fn go_data(object: &object::File<'_>) -> Vec<Range<u64>> {
    let mut marks: Vec<(Option<u64>, Option<u64>)> = vec![(None, None); GO_DATA.len()];
    for symbol in object.symbols() {
        let Ok(name) = symbol.name() else { continue };
        for ((start, end), place) in GO_DATA.iter().zip(&mut marks) {
            match name {
                name if name == *start => place.0 = Some(symbol.address()),
                name if name == *end => place.1 = Some(symbol.address()),
                _ => {}
            }
        }
    }
    marks.into_iter().filter_map(|(start, end)| Some(start?..end?)).collect()
}
