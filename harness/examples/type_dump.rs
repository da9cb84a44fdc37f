//! Types the objects of a heap dump: `type_dump PROGRAM DUMP`. Says how many bytes have a type, and of which most are.
//!
//! What the reading of types and the typing cost is timed with this.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};
use harness::format::binary::{Binary, TypeTable};
use harness::format::heapdump::{Reader, Record};
use harness::ingest::heaptypes::{Objects, Program, find};

/// Addresses and sizes, by address.
struct Sorted(Vec<(u64, u64)>);

impl Objects for Sorted {
    fn len(&self) -> u32 {
        self.0.len() as u32
    }

    fn find(&self, address: u64) -> Option<u32> {
        let place = self.0.partition_point(|&(start, _)| start <= address).checked_sub(1)?;
        let (start, size) = self.0[place];
        (address - start < size).then_some(place as u32)
    }

    fn address(&self, object: u32) -> u64 {
        self.0[object as usize].0
    }

    fn size(&self, object: u32) -> u64 {
        self.0[object as usize].1
    }
}

fn main() -> Result<()> {
    let mut args = std::env::args().skip(1);
    let usage = "usage: type_dump PROGRAM DUMP";
    let (program, dump) = (args.next().context(usage)?, args.next().context(usage)?);
    let mut out = std::io::stdout();
    let data = std::fs::read(&program)?;
    let start = Instant::now();
    let (binary, _) = Binary::read(&program, &data);
    writeln!(out, "{} variables in {:?}", binary.variables.len(), start.elapsed())?;
    let start = Instant::now();
    let (table, problems) = TypeTable::read(&program, &data);
    writeln!(out, "{} types, {} globals in {:?}", table.len(), table.globals.len(), start.elapsed())?;
    for problem in problems {
        writeln!(out, "{problem}")?;
    }
    let mut dump = Reader::open(Path::new(&dump))?;
    let mut objects = Vec::new();
    while let Some(record) = dump.next_record() {
        if let Record::Object(object) = record {
            objects.push((object.address.0, object.memory.size()));
        }
    }
    objects.sort_unstable();
    let objects = Sorted(objects);
    let start = Instant::now();
    let (typing, sources) =
        find(&mut dump, &objects, Program { binary: &binary, table: &table, moves: None }, &[])?;
    writeln!(out, "{sources:?} in {:?}", start.elapsed())?;
    let (of, names) = typing.names();
    let mut bytes = BTreeMap::<&str, u64>::new();
    for (object, place) in (0..).zip(of) {
        *bytes.entry(names.get(place as usize).map_or("(no type)", |name| name)).or_default() +=
            objects.size(object);
    }
    let mut bytes: Vec<_> = bytes.into_iter().collect();
    bytes.sort_by_key(|&(_, bytes)| std::cmp::Reverse(bytes));
    for (name, bytes) in bytes.iter().take(25) {
        writeln!(out, "{bytes:>12} {name}")?;
    }
    Ok(())
}
