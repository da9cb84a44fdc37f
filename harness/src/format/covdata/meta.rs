//! Meta-data: packages, functions, and the blocks that are counted.

use std::sync::Arc;

use super::super::Problem;
use super::super::problems::Problems;
use super::super::wire::{Wire, WireError};
use super::strings::Strings;
use super::{MetaHash, hash, long, small, word};

const MAGIC: &[u8] = b"\0cvm";
/// The newest version there is (Go 1.20-1.27).
const VERSION: u32 = 1;
/// Bytes of the file's header, and of a package's.
const HEADER: usize = 56;
const PACKAGE_HEADER: usize = 44;

/// What a file of meta-data says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Meta {
    /// Counters of the same program have it, too.
    pub hash: MetaHash,
    /// What counters count.
    pub mode: CounterMode,
    /// In the order in which counters number them.
    pub packages: Vec<MetaPackage>,
}

/// What counters count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum CounterMode {
    /// It is not said.
    #[default]
    Unknown,
    /// Whether a block ran.
    Set,
    /// How often, if no two goroutines came at once.
    Count,
    /// How often.
    Atomic,
}

const MODES: [(u8, CounterMode); 3] =
    [(1, CounterMode::Set), (2, CounterMode::Count), (3, CounterMode::Atomic)];

/// A package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetaPackage {
    /// Import path.
    pub path: Arc<str>,
    /// Name in its package clause.
    pub name: Arc<str>,
    /// Path of its module; empty outside any.
    pub module: Arc<str>,
    /// In the order in which counters number them.
    pub functions: Vec<MetaFunction>,
}

/// A function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetaFunction {
    /// `handle`, `*Server.Serve`, `func.L12.C9`
    pub name: Arc<str>,
    /// Import path and last element of the file's name: `example.com/m/store/store.go`.
    pub file: Arc<str>,
    /// It is a literal outside of any function. (Those inside are part of the function that they are in.)
    pub literal: bool,
    /// Its blocks.
    pub units: Vec<Unit>,
}

/// A run of statements that is counted as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unit {
    /// Line and column, from 1, where it begins.
    pub start: (u32, u32),
    /// Where it ends.
    pub end: (u32, u32),
    /// Statements in it.
    pub statements: u32,
}

/// Reads a file of meta-data, which problems will call `file`.
#[must_use]
pub fn meta(file: &str, data: &[u8]) -> (Meta, Vec<Problem>) {
    let mut reader = Reader { data, meta: Meta::default(), problems: Problems::default() };
    reader.file();
    reader.problems.name_file(file);
    (reader.meta, reader.problems.listed().to_vec())
}

struct Reader<'a> {
    data: &'a [u8],
    meta: Meta,
    problems: Problems,
}

/// The file's header, less what is of no use here.
struct Header {
    version: u32,
    length: u64,
    entries: u64,
    hash: MetaHash,
    mode: u8,
}

impl Header {
    fn read(wire: &mut Wire<'_>) -> Result<Self, WireError> {
        let (version, length, entries, hash) = (word(wire)?, long(wire)?, long(wire)?, hash(wire)?);
        let _table_of_strings = long(wire)?;
        let mode = wire.byte()?;
        Ok(Self { version, length, entries, hash, mode })
    }
}

impl Reader<'_> {
    fn file(&mut self) {
        let mut wire = Wire::new(self.data);
        if wire.bytes(4) != Ok(MAGIC) {
            let found = format!("{:02x?}", &self.data[..self.data.len().min(4)]);
            return self.problems.add(0, "header of coverage meta-data", "`\\0cvm`", found);
        }
        let header = match Header::read(&mut wire) {
            Ok(header) if header.version <= VERSION => header,
            Ok(header) => {
                let found = format!("version {}", header.version);
                return self.problems.add(4, "header of coverage meta-data", "version 1", found);
            }
            Err(error) => {
                return self.problems.add(0, "header of coverage meta-data", "56 bytes", error.describe());
            }
        };
        if header.length != self.data.len() as u64 {
            let expected = format!("{} bytes", header.length);
            let found = format!("{} bytes", self.data.len());
            self.problems.add(8, "length of coverage meta-data", &expected, found);
        }
        self.meta.hash = header.hash;
        let mode = MODES.iter().find(|(code, _)| *code == header.mode);
        self.meta.mode = mode.map_or(CounterMode::Unknown, |(_, mode)| *mode);
        self.packages(header.entries);
    }

    fn packages(&mut self, entries: u64) {
        let mut lengths = entries.checked_mul(8).and_then(|size| usize::try_from(size).ok());
        lengths = lengths.and_then(|size| size.checked_add(HEADER));
        let Some(lengths) = lengths.filter(|at| *at < self.data.len()) else {
            let found = format!("{} bytes in the file", self.data.len());
            return self.problems.add(HEADER as u64, "places of packages", "16 bytes for each", found);
        };
        let (mut places, mut lengths) = (Wire::at(self.data, HEADER), Wire::at(self.data, lengths));
        let mut end = 0;
        for _ in 0..entries {
            let at = lengths.pos();
            let (Ok(place), Ok(length)) = (long(&mut places), long(&mut lengths)) else {
                let found = "the end of the data";
                return self.problems.add(at as u64, "places of packages", "16 bytes for each", found);
            };
            // One behind the other: no byte is read twice.
            if place < end {
                let found = format!("{place:#x}, inside of the one before");
                return self.problems.add(at as u64, "place of a package", "one behind the last", found);
            }
            end = place.saturating_add(length);
            if !self.package(place, length) {
                return;
            }
        }
    }

    /// Reads one; tells whether the next can be numbered.
    fn package(&mut self, place: u64, length: u64) -> bool {
        let mut wire = Wire::at(self.data, usize::try_from(place).unwrap_or(usize::MAX));
        let Ok(payload) = wire.bytes(length) else {
            let expected = format!("{length} bytes");
            let found = format!("{} at the end of the file", wire.left());
            self.problems.add(place, "coverage meta-data of a package", &expected, found);
            return false;
        };
        match Payload::new(payload, place) {
            Ok(mut read) => {
                read.functions();
                self.problems.append(&mut read.problems);
                self.meta.packages.push(read.package);
                true
            }
            Err(error) => {
                let found = error.describe();
                self.problems.add(place, "header of a package's meta-data", "names and tables", found);
                false
            }
        }
    }
}

/// One package's bytes.
struct Payload<'a> {
    data: &'a [u8],
    /// Where they begin in the file.
    place: u64,
    package: MetaPackage,
    n_functions: u32,
    strings: Strings,
    /// Where the first function begins.
    first: usize,
    problems: Problems,
}

impl<'a> Payload<'a> {
    fn new(data: &'a [u8], place: u64) -> Result<Self, WireError> {
        let mut wire = Wire::new(data);
        let _length = word(&mut wire)?;
        let (name, path, module) = (word(&mut wire)?, word(&mut wire)?, word(&mut wire)?);
        wire.bytes(20)?; // a hash, four bytes without a use
        let (n_strings, n_functions) = (word(&mut wire)?, word(&mut wire)?);
        wire.bytes(u64::from(n_functions) * 4)?;
        let strings = Strings::read(&mut wire)?;
        let mut problems = Problems::default();
        if strings.len() != n_strings as usize {
            let (expected, found) = (format!("{n_strings} strings"), strings.len().to_string());
            problems.add(place, "strings of a package's meta-data", &expected, found);
        }
        let named = |index| strings.get(index).ok_or(WireError::End);
        let package = MetaPackage {
            path: named(path)?,
            name: named(name)?,
            module: named(module)?,
            functions: Vec::new(),
        };
        Ok(Self { data, place, package, n_functions, strings, first: wire.pos(), problems })
    }

    fn functions(&mut self) {
        let mut wire = Wire::at(self.data, self.first);
        let mut places = Wire::at(self.data, PACKAGE_HEADER);
        for _ in 0..self.n_functions {
            let at = wire.pos();
            let is_there = word(&mut places).is_ok_and(|place| place as usize == at);
            let offset = self.place.saturating_add(at as u64);
            if !is_there {
                return self.problems.add(
                    offset,
                    "place of a function",
                    "where the one before ends",
                    "another",
                );
            }
            match function(&mut wire, &self.strings) {
                Ok(function) => self.package.functions.push(function),
                Err(error) => {
                    let expected = "names and blocks";
                    return self.problems.add(
                        offset,
                        "coverage meta-data of a function",
                        expected,
                        error.describe(),
                    );
                }
            }
        }
    }
}

fn function(wire: &mut Wire<'_>, strings: &Strings) -> Result<MetaFunction, WireError> {
    let (n_units, name, file) = (wire.varint()?, small(wire)?, small(wire)?);
    let mut units = Vec::new();
    for _ in 0..n_units {
        let (start, end) = ((small(wire)?, small(wire)?), (small(wire)?, small(wire)?));
        units.push(Unit { start, end, statements: small(wire)? });
    }
    let named = |index| strings.get(index).ok_or(WireError::End);
    Ok(MetaFunction { name: named(name)?, file: named(file)?, literal: wire.varint()? == 1, units })
}
