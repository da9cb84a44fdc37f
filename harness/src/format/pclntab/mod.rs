//! The table that Go's runtime prints stacks from: functions, their code, and the source files that traces name.
//!
//! Input: the bytes of a program of any format. Output: [`FunctionTable`]. It is there in stripped programs too, and it is what a
//! panic prints: a path that is in it leaves the machine that built the program. Layout: `runtime/symtab.go` and
//! `cmd/link/internal/ld/pcln.go` of Go 1.20-1.27; 1.26 stopped storing where the code begins, so places of functions
//! are offsets here. Must not take a program without the table for one without functions.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use object::{Object as _, ObjectSection as _};

use super::Problem;
use super::problems::Problems;

/// What a program's own table says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FunctionTable {
    /// In the order of the code.
    pub functions: Vec<TableFunction>,
    /// Source files as traces print them, sorted.
    pub files: Vec<String>,
}

/// A function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableFunction {
    /// Full name, `main.handle`.
    pub name: String,
    /// Line of its declaration.
    pub line: u32,
    /// Bytes of code, with what is filled up to the next function's start.
    pub size: u64,
    /// Bytes of stack that it takes at most, beyond the return address.
    pub frame: u64,
}

/// The table's first four bytes, in the order of the target (Go 1.20-1.27).
const MAGIC: u32 = 0xffff_fff1;
/// Bytes of a function's record before what varies.
const RECORD: usize = 44;
/// Steps of a function's table of stack depths: more than any function has.
const MAX_STEPS: usize = 1 << 20;

/// Reads a program's table. `file` names it in problems.
#[must_use]
pub fn function_table(file: &str, program: &[u8]) -> (FunctionTable, Vec<Problem>) {
    let mut problems = Problems::default();
    let table = match locate(program) {
        Some(data) => read(data, &mut problems),
        None => {
            problems.add(0, "function table", "Go's table of functions", "none");
            FunctionTable::default()
        }
    };
    problems.name_file(file);
    (table, problems.listed().to_vec())
}

/// The section, or, where the format gives it none, what begins like it.
fn locate(program: &[u8]) -> Option<&[u8]> {
    if let Ok(file) = object::File::parse(program) {
        let mut sections = file.sections();
        let named = sections.find(|section| section.name().is_ok_and(|name| name.ends_with("gopclntab")));
        if let Some(data) = named.and_then(|section| section.data().ok()) {
            return Some(data);
        }
    }
    let starts = [MAGIC.to_le_bytes(), MAGIC.to_be_bytes()];
    let is_start = |window: &[u8]| {
        starts.iter().any(|start| window.starts_with(start))
            && matches!(window.get(4..8), Some([0, 0, 1 | 2 | 4, 4 | 8]))
    };
    let at = program.windows(8).position(is_start)?;
    program.get(at..)
}

/// A table with its numbers' form.
struct Table<'a> {
    data: &'a [u8],
    is_little: bool,
    word: usize,
    min_instruction: u64,
    names: usize,
    files: usize,
    steps: usize,
    functions: usize,
}

fn read(data: &[u8], problems: &mut Problems) -> FunctionTable {
    let Some((table, n_functions)) = Table::open(data) else {
        problems.add(0, "function table", "the header of Go 1.20 or newer", "another one");
        return FunctionTable::default();
    };
    let files = table.files();
    let mut functions = Vec::new();
    for index in 0..n_functions {
        match table.function(index) {
            Some(function) => functions.push(function),
            None => {
                let offset = table.functions.saturating_add(index.saturating_mul(8)) as u64;
                problems.add(offset, "function record", "a record in the table", "the end of the data");
                break;
            }
        }
    }
    FunctionTable { functions, files }
}

impl<'a> Table<'a> {
    fn open(data: &'a [u8]) -> Option<(Self, usize)> {
        let magic = *data.first_chunk::<4>()?;
        let is_little = match (u32::from_le_bytes(magic), u32::from_be_bytes(magic)) {
            (MAGIC, _) => true,
            (_, MAGIC) => false,
            _ => return None,
        };
        let (min_instruction, word) = (u64::from(*data.get(6)?), usize::from(*data.get(7)?));
        if word != 4 && word != 8 {
            return None;
        }
        let mut table =
            Self { data, is_little, word, min_instruction, names: 0, files: 0, steps: 0, functions: 0 };
        let header = |index: usize| table.word_at(8 + index * word);
        let n_functions = header(0)?;
        let (names, files, steps, functions) = (header(3)?, header(5)?, header(6)?, header(7)?);
        table.names = names;
        table.files = files;
        table.steps = steps;
        table.functions = functions;
        Some((table, n_functions))
    }

    fn word_at(&self, at: usize) -> Option<usize> {
        let bytes = self.data.get(at..at.checked_add(self.word)?)?;
        let fold = |value: u64, byte: &u8| value << 8 | u64::from(*byte);
        let value = match self.is_little {
            true => bytes.iter().rev().fold(0, fold),
            false => bytes.iter().fold(0, fold),
        };
        usize::try_from(value).ok()
    }

    fn u32_at(&self, at: usize) -> Option<u32> {
        let bytes = *self.data.get(at..)?.first_chunk::<4>()?;
        Some(if self.is_little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
    }

    fn text(&self, at: usize) -> Option<String> {
        let bytes = self.data.get(at..)?;
        let end = bytes.iter().position(|byte| *byte == 0)?;
        Some(String::from_utf8_lossy(&bytes[..end]).into_owned())
    }

    /// Each name once. Between them and the next table there may be zeros.
    fn files(&self) -> Vec<String> {
        let bytes = self.data.get(self.files..self.steps).unwrap_or_default();
        let names = bytes.split(|byte| *byte == 0).filter(|name| !name.is_empty());
        let names: BTreeSet<String> = names.map(|name| String::from_utf8_lossy(name).into_owned()).collect();
        names.into_iter().collect()
    }

    fn function(&self, index: usize) -> Option<TableFunction> {
        let row = self.functions.checked_add(index.checked_mul(8)?)?;
        let (start, end) = (self.u32_at(row)?, self.u32_at(row.checked_add(8)?)?);
        let record = self.functions.checked_add(usize::try_from(self.u32_at(row + 4)?).ok()?)?;
        self.data.get(record..record.checked_add(RECORD)?)?;
        let field = |number: usize| self.u32_at(record + 4 * number);
        let name = self.names.checked_add(usize::try_from(field(1)?).ok()?)?;
        let frame = match field(4)? {
            0 => 0,
            depths => {
                self.frame(self.steps.checked_add(usize::try_from(depths).ok()?)?, end.saturating_sub(start))
            }
        };
        Some(TableFunction {
            name: self.text(name)?,
            line: field(9)?,
            size: u64::from(end.saturating_sub(start)),
            frame,
        })
    }

    /// The deepest of a function's stack depths: pairs of a difference of depth (zigzag) and a distance in code, from -1 on.
    fn frame(&self, at: usize, size: u32) -> u64 {
        let mut bytes = self.data.get(at..).unwrap_or_default().iter();
        let (mut depth, mut deepest, mut place) = (-1_i64, 0_i64, 0_u64);
        for step in 0..MAX_STEPS {
            let (Some(change), Some(distance)) = (number(&mut bytes), number(&mut bytes)) else { break };
            if (change == 0 && step > 0) || place >= u64::from(size) {
                break;
            }
            let change = (change >> 1) as i64 ^ -((change & 1) as i64);
            depth = depth.saturating_add(change);
            deepest = deepest.max(depth);
            place = place.saturating_add(distance.saturating_mul(self.min_instruction));
        }
        deepest.unsigned_abs()
    }
}

/// A number of seven bits a byte, up to 32 bits.
fn number<'a>(bytes: &mut impl Iterator<Item = &'a u8>) -> Option<u64> {
    let mut value = 0;
    for shift in (0..35).step_by(7) {
        let byte = *bytes.next()?;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}
