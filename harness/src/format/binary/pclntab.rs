//! The function table of a Go program (`.gopclntab`), as the runtime lays it out since Go 1.18 (`runtime/symtab.go`:
//! `pcHeader`, `_func`; the header of 1.20 to 1.27 is the same but for its magic number).
//!
//! It stays in a stripped program, since stack traces are made of it: names, sizes and lines of all Go functions
//! are in there. Functions of C that Go's own linker took in are there, too, without lines.
//!
//! Input: the bytes from the table's header on. Output: [`FunctionTable`]. Must not know where the program's code lies:
//! places are offsets from the start of its text.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use object::{Object as _, ObjectSection as _};

use super::problems::Problems;
use crate::format::Problem;
use crate::format::wire::Wire;

/// Go 1.18 and 1.19, then 1.20 and later: what stands behind the magic number is the same.
const MAGIC: [u32; 2] = [0xffff_fff0, 0xffff_fff1];
/// `_func` without its lists.
const FUNC_LEN: u64 = 44;
/// Steps of a function's table of stack depths: more than any function has.
const MAX_STEPS: usize = 1 << 20;
/// A name in a sound program has at most a few hundred bytes.
const MAX_NAME: usize = 4096;

/// What the function table of a program says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FunctionTable {
    /// Functions by their place.
    pub functions: Vec<Function>,
    /// Where the text begins, if the header says so (before Go 1.26).
    pub text_start: Option<u64>,
    /// Bytes of each part of the table, in the order of the file. What follows the last one is not part of the table.
    pub parts: Vec<(&'static str, u64)>,
}

/// A function of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// As the runtime prints it: type arguments are `[...]`.
    pub name: Arc<str>,
    /// Where it begins, from the start of the text.
    pub offset: u64,
    /// Up to the next function: what aligns that counts here.
    pub size: u64,
    /// Bytes of the table that are there for this function: its record and the tables of numbers that no function before it has.
    pub tables: u64,
    /// The table knows its lines. It does not for C.
    pub has_lines: bool,
    /// Line of its declaration.
    pub line: u32,
    /// Bytes of stack that it takes at most, beyond the return address.
    pub frame: u64,
}

/// The numbers at the start.
#[derive(Debug, Clone, Copy)]
struct Header {
    is_little: bool,
    /// Code goes in steps of so many bytes.
    quantum: u64,
    n_functions: u64,
    text_start: u64,
    names: u64,
    units: u64,
    files: u64,
    numbers: u64,
    functions: u64,
}

impl FunctionTable {
    /// Reads a table; `at` is its place in the file.
    pub(super) fn read(data: &[u8], at: u64, problems: &mut Problems) -> Self {
        let Some(header) = Header::read(data) else {
            problems.add(at, "function table", "its header (Go 1.18 or newer)", "another one");
            return Self::default();
        };
        Reader { data, header }.read(at, problems)
    }
}

/// Reads the table of a program of any format, for who wants its functions alone. `file` names it in problems.
#[must_use]
pub fn function_table(file: &str, program: &[u8]) -> (FunctionTable, Vec<Problem>) {
    let mut problems = Problems::default();
    let data = in_section(program).or_else(|| find(program).and_then(|at| program.get(at..)));
    let table = match data {
        Some(data) => FunctionTable::read(data, 0, &mut problems),
        None => {
            problems.add(0, "function table", "Go's table of functions", "none");
            FunctionTable::default()
        }
    };
    problems.name_file(file);
    (table, problems.listed().to_vec())
}

/// The table where the format gives it a section.
fn in_section(program: &[u8]) -> Option<&[u8]> {
    let file = object::File::parse(program).ok()?;
    let mut sections = file.sections();
    let named = sections.find(|section| section.name().is_ok_and(|name| name.ends_with("gopclntab")))?;
    named.data().ok()
}

/// Where a function table begins in `data`, if one does: for files that have no section for it.
pub(super) fn find(data: &[u8]) -> Option<usize> {
    let starts = MAGIC.iter().flat_map(|magic| [magic.to_le_bytes(), magic.to_be_bytes()]);
    let marks: Vec<[u8; 4]> = starts.collect();
    data.windows(8).enumerate().find_map(|(at, window)| {
        let is_header = marks.iter().any(|mark| window.starts_with(mark)) && window[4..6] == [0, 0];
        (is_header && Header::read(&data[at..]).is_some()).then_some(at)
    })
}

impl Header {
    fn read(data: &[u8]) -> Option<Self> {
        let magic: [u8; 4] = *data.first_chunk()?;
        let is_little = MAGIC.contains(&u32::from_le_bytes(magic));
        if !is_little && !MAGIC.contains(&u32::from_be_bytes(magic)) {
            return None;
        }
        let (quantum, pointer) = (*data.get(6)?, usize::from(*data.get(7)?));
        if data.get(4..6)? != [0, 0] || ![1, 2, 4].contains(&quantum) || ![4, 8].contains(&pointer) {
            return None;
        }
        let word = |n: usize| number(data.get(8 + n * pointer..)?.get(..pointer)?, is_little);
        let header = Self {
            is_little,
            quantum: u64::from(quantum),
            n_functions: word(0)?,
            text_start: word(2)?,
            names: word(3)?,
            units: word(4)?,
            files: word(5)?,
            numbers: word(6)?,
            functions: word(7)?,
        };
        let places = [header.names, header.units, header.files, header.numbers, header.functions];
        (places.is_sorted() && header.functions <= data.len() as u64).then_some(header)
    }
}

/// A number of four or eight bytes.
fn number(bytes: &[u8], is_little: bool) -> Option<u64> {
    let ordered = |n: u64, byte: &u8| n << 8 | u64::from(*byte);
    (bytes.len() <= 8).then(|| match is_little {
        true => bytes.iter().rev().fold(0, ordered),
        false => bytes.iter().fold(0, ordered),
    })
}

struct Reader<'a> {
    data: &'a [u8],
    header: Header,
}

/// A function's record.
struct Record {
    name: u64,
    /// Places of its tables of numbers.
    numbers: Vec<u64>,
    has_lines: bool,
    len: u64,
    line: u32,
    frame: u64,
}

impl Reader<'_> {
    fn read(&self, at: u64, problems: &mut Problems) -> FunctionTable {
        let Header { n_functions, text_start, names, units, files, numbers, functions, .. } = self.header;
        // An entry of the table has eight bytes, and there is one more half of one at its end.
        let room = (self.data.len() as u64).saturating_sub(functions) / 8;
        if n_functions > room {
            problems.add(at, "function table", &format!("at most {room} functions"), n_functions.to_string());
        }
        let mut table = FunctionTable {
            text_start: Some(text_start).filter(|start| *start > 0),
            ..FunctionTable::default()
        };
        let mut end = functions;
        let mut records = Vec::new();
        for n in 0..n_functions.min(room) {
            let Some((offset, next, record)) = self.entry(n) else {
                problems.add(at, "function table", "a record of a function", "the end of the data");
                break;
            };
            end = end.max(functions.saturating_add(record.len));
            records.push((offset, next, record));
        }
        let lens = self.number_lens(&records);
        let (mut seen, mut names_left) = (FxHashSet::default(), self.data.len() as u64);
        for (offset, next, record) in records {
            let new = record.numbers.iter().filter(|place| seen.insert(**place));
            let numbers: u64 = new.filter_map(|place| lens.get(place)).sum();
            // Places that overlap must not make more of the names than there is: a name is often that of several functions, not of all.
            let name = if names_left > 0 { self.name(record.name) } else { "".into() };
            names_left = names_left.saturating_sub(name.len() as u64);
            let own = FUNC_LEN + 8 + name.len() as u64; // its record without lists, its entry, its name
            let Record { has_lines, line, frame, .. } = record;
            let (size, tables) = (next.saturating_sub(offset), numbers + own);
            table.functions.push(Function { name, offset, size, tables, has_lines, line, frame });
        }
        let limits = [0, names, units, files, numbers, functions, end.min(self.data.len() as u64)];
        let words = [
            "header",
            "names",
            "compilation units",
            "file names",
            "tables of lines and stack sizes",
            "functions",
        ];
        table.parts =
            words.into_iter().zip(limits.windows(2).map(|pair| pair[1].saturating_sub(pair[0]))).collect();
        table
    }

    /// The `n`th function: its offset and the next one's, and its record, whose `len` is the place of its end.
    fn entry(&self, n: u64) -> Option<(u64, u64, Record)> {
        let at = self.header.functions.checked_add(n.checked_mul(8)?)?;
        let (offset, place, next) = (self.word(at)?, self.word(at + 4)?, self.word(at + 8)?);
        let start = self.header.functions.checked_add(place)?;
        let field = |n: u64| self.word(start + 4 * n);
        let (name, sp, file, line, n_pcdata) = (field(1)?, field(4)?, field(5)?, field(6)?, field(7)?);
        let n_funcdata = u64::from(*self.data.get(usize::try_from(start).ok()? + 43)?);
        // A table of numbers has a byte at least, and a function of today's Go has six lists.
        let n_pcdata = n_pcdata.min(64);
        let pcdata = (0..n_pcdata).filter_map(|n| self.word(start + FUNC_LEN + 4 * n));
        let numbers = [sp, file, line].into_iter().chain(pcdata).filter(|place| *place > 0).collect();
        let len = place.checked_add(FUNC_LEN + 4 * (n_pcdata + n_funcdata))?;
        let frame = if sp == 0 { 0 } else { self.frame(sp, next.saturating_sub(offset)) };
        let declared = u32::try_from(field(9)?).unwrap_or(0);
        Some((offset, next, Record { name, numbers, has_lines: line > 0, len, line: declared, frame }))
    }

    /// The deepest of a function's stack depths: pairs of a difference of depth (zigzag) and a distance in code, from -1 on.
    fn frame(&self, place: u64, size: u64) -> u64 {
        let start = usize::try_from(self.header.numbers.saturating_add(place)).unwrap_or(usize::MAX);
        let mut wire = Wire::at(self.data, start);
        let (mut depth, mut deepest, mut place) = (-1_i64, 0_i64, 0_u64);
        for step in 0..MAX_STEPS {
            let (Ok(change), Ok(distance)) = (wire.varint(), wire.varint()) else { break };
            if (change == 0 && step > 0) || place >= size {
                break;
            }
            let change = (change >> 1) as i64 ^ -((change & 1) as i64);
            depth = depth.saturating_add(change);
            deepest = deepest.max(depth);
            place = place.saturating_add(distance.saturating_mul(self.header.quantum));
        }
        deepest.unsigned_abs()
    }

    /// Lengths of the tables of numbers that are used, by place: up to the next one.
    fn number_lens(&self, records: &[(u64, u64, Record)]) -> FxHashMap<u64, u64> {
        let end = self.header.functions - self.header.numbers;
        let mut places: Vec<u64> =
            records.iter().flat_map(|(_, _, record)| record.numbers.iter().copied()).collect();
        places.retain(|place| *place < end);
        places.sort_unstable();
        places.dedup();
        let next = places.iter().copied().skip(1).chain([end]);
        places.iter().copied().zip(next).map(|(place, next)| (place, next - place)).collect()
    }

    fn word(&self, at: u64) -> Option<u64> {
        let mut wire = Wire::at(self.data, usize::try_from(at).ok()?);
        number(wire.bytes(4).ok()?, self.header.is_little)
    }

    fn name(&self, place: u64) -> Arc<str> {
        let start = self.header.names.saturating_add(place);
        let names = usize::try_from(start).ok().and_then(|start| self.data.get(start..)).unwrap_or_default();
        let names = &names[..names.len().min(MAX_NAME)];
        let end = names.iter().position(|byte| *byte == 0).unwrap_or(0);
        String::from_utf8_lossy(&names[..end]).into()
    }
}

#[cfg(test)]
mod tests;
