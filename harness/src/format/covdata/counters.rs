//! Counters: how often each block of a function ran. Functions that never ran are not there.

use std::sync::Arc;

use super::super::Problem;
use super::super::problems::Problems;
use super::super::wire::{Wire, WireError};
use super::strings::Strings;
use super::{MetaHash, hash, long, small, word};

const MAGIC: &[u8] = b"\0cwm";
/// The newest version there is (Go 1.20-1.27).
const VERSION: u32 = 1;
/// Bytes of the footer behind a segment.
const FOOTER: u64 = 16;
/// What a reader asks for.
const HEADER: &str = "header of coverage counters";

/// What a file of counters says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counters {
    /// That of the meta-data that they belong to.
    pub meta: MetaHash,
    /// What the run is known by: `GOOS`, `GOARCH`, `argc`, `argv0`, ….
    pub args: Vec<(Arc<str>, Arc<str>)>,
    /// Functions that ran. One may be there several times, if files were merged.
    pub functions: Vec<FunctionCounters>,
}

/// A function that ran.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FunctionCounters {
    /// Which package of the meta-data, from 0.
    pub package: u32,
    /// Which function of that, from 0.
    pub function: u32,
    /// One for each of its blocks.
    pub counts: Vec<u32>,
}

/// How numbers are written.
#[derive(Debug, Clone, Copy)]
enum Flavor {
    LittleEndian,
    BigEndian,
    Leb128,
}

impl Flavor {
    fn of(code: u8, big_endian: u8) -> Option<Self> {
        match (code, big_endian) {
            (1, 0) => Some(Self::LittleEndian),
            (1, _) => Some(Self::BigEndian),
            (2, _) => Some(Self::Leb128),
            _ => None,
        }
    }

    fn number(self, wire: &mut Wire<'_>) -> Result<u32, WireError> {
        match self {
            Self::LittleEndian => word(wire),
            Self::BigEndian => word(wire).map(u32::swap_bytes),
            Self::Leb128 => small(wire),
        }
    }
}

/// Reads a file of counters, which problems will call `file`.
#[must_use]
pub fn counters(file: &str, data: &[u8]) -> (Counters, Vec<Problem>) {
    let mut reader =
        Reader { wire: Wire::new(data), counters: Counters::default(), problems: Problems::default() };
    if let Some(flavor) = reader.header(data) {
        reader.segments(flavor);
    }
    reader.problems.name_file(file);
    (reader.counters, reader.problems.listed().to_vec())
}

struct Reader<'a> {
    wire: Wire<'a>,
    counters: Counters,
    problems: Problems,
}

impl Reader<'_> {
    fn header(&mut self, data: &[u8]) -> Option<Flavor> {
        if self.wire.bytes(4) != Ok(MAGIC) {
            self.problems.add(0, HEADER, "`\\0cwm`", format!("{:02x?}", &data[..data.len().min(4)]));
            return None;
        }
        let read = |wire: &mut Wire<'_>| {
            let (version, hash, flavor, big_endian) = (word(wire)?, hash(wire)?, wire.byte()?, wire.byte()?);
            wire.bytes(6)?;
            Ok((version, hash, flavor, big_endian))
        };
        match read(&mut self.wire) {
            Ok((version, ..)) if version > VERSION => {
                self.problems.add(4, HEADER, "version 1", format!("version {version}"));
                None
            }
            Ok((_, hash, code, big_endian)) => {
                self.counters.meta = hash;
                let flavor = Flavor::of(code, big_endian);
                if flavor.is_none() {
                    self.problems.add(24, HEADER, "numbers of kind 1 or 2", code.to_string());
                }
                flavor
            }
            Err(WireError::End | WireError::Overlong) => {
                self.problems.add(0, HEADER, "32 bytes", "the end of the data");
                None
            }
        }
    }

    /// A file has one segment for each that was merged into it.
    fn segments(&mut self, flavor: Flavor) {
        loop {
            let at = self.wire.pos() as u64;
            if let Err(error) = self.segment(flavor) {
                let expected = "counters of all functions that it says there are";
                return self.problems.add(at, "segment of coverage counters", expected, error.describe());
            }
            let at = self.wire.pos() as u64;
            let footer = self.wire.bytes(FOOTER);
            if !footer.is_ok_and(|footer| footer.starts_with(MAGIC)) {
                return self.problems.add(
                    at,
                    "footer of coverage counters",
                    "`\\0cwm` and 12 bytes",
                    "something else",
                );
            }
            if self.wire.is_empty() {
                return;
            }
        }
    }

    fn segment(&mut self, flavor: Flavor) -> Result<(), WireError> {
        let wire = &mut self.wire;
        let (n_functions, n_strings, n_args) = (long(wire)?, word(wire)?, word(wire)?);
        let strings = Strings::read(&mut Wire::new(wire.bytes(u64::from(n_strings))?))?;
        // Bytes that fill up to a word are part of the arguments.
        let mut args = Wire::new(wire.bytes(u64::from(n_args))?);
        for _ in 0..args.varint()? {
            let (name, value) = (small(&mut args)?, small(&mut args)?);
            let named = |index| strings.get(index).ok_or(WireError::End);
            self.counters.args.push((named(name)?, named(value)?));
        }
        for _ in 0..n_functions {
            let function = function(wire, flavor)?;
            self.counters.functions.push(function);
        }
        Ok(())
    }
}

fn function(wire: &mut Wire<'_>, flavor: Flavor) -> Result<FunctionCounters, WireError> {
    let n_counts = flavor.number(wire)?;
    let (package, function) = (flavor.number(wire)?, flavor.number(wire)?);
    let mut counts = Vec::new();
    // Each takes a byte at least, so a number that is too large ends at the end of the data.
    for _ in 0..n_counts {
        counts.push(flavor.number(wire)?);
    }
    Ok(FunctionCounters { package, function, counts })
}
