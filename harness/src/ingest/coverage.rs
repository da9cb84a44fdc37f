//! Folds the coverage of a run: its meta-data, what Go saved at its end, and what the probe saved at its checkpoints.
//!
//! Input: the bytes of these files. Output: [`ProgramCoverage`]: every block with its count, at the end or, for a run that left none
//! then, at its last checkpoint. A program may have started others of itself, which save theirs beside: what they ran, ran.
//! Counters of other meta-data are a problem, not counted.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::format::Problem;
use crate::format::covdata::{self, Counters, Meta, MetaFunction, MetaPackage};
use crate::format::proberec::{self, Reader, Record};
use crate::model::Operations;
use crate::model::coverage::{Block, CountedUntil, FunctionBlocks, PackageBlocks, ProgramCoverage, SavedAt};

/// Moments that are kept of a run that saved more often; evenly chosen, with the last.
const MOST_SAVED: usize = 64;

/// Whether a file of a run is one of meta-data.
#[must_use]
pub fn is_meta(name: &str) -> bool {
    name.starts_with(covdata::META_PREFIX)
}

/// Whether it is one of counters.
#[must_use]
pub fn is_counters(name: &str) -> bool {
    name.starts_with(covdata::COUNTERS_PREFIX)
}

/// The files of a run.
#[derive(Debug, Clone, Copy)]
pub struct CoverageFiles<'a> {
    /// Directory of the run within the capture, for problems.
    pub directory: &'a str,
    /// Name and content of the file of meta-data.
    pub meta: (&'a str, &'a [u8]),
    /// Name and content of what Go saved at the end.
    pub counters: &'a [(&'a str, &'a [u8])],
    /// The probe's records.
    pub probe: Option<&'a [u8]>,
}

/// What they come to.
#[derive(Debug, Default)]
pub struct IngestedCoverage {
    /// What ran.
    pub program: ProgramCoverage,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

/// Reads the coverage of a run.
#[must_use]
pub fn coverage(files: &CoverageFiles<'_>) -> IngestedCoverage {
    let (meta, problems) = covdata::meta(&path(files, files.meta.0), files.meta.1);
    let mut fold = Fold { meta: &meta, program: program(&meta), problems };
    let probed = files.probe.map(Probed::read).unwrap_or_default();
    fold.saved(files, &probed);
    fold.end(files, &probed);
    IngestedCoverage { program: fold.program, problems: fold.problems }
}

fn path(files: &CoverageFiles<'_>, name: &str) -> String {
    format!("{}/{name}", files.directory)
}

/// What the probe's records say. What cannot be read of them is told where memory is judged by them, of a measured run.
#[derive(Default)]
struct Probed<'a> {
    pid: u64,
    operations: BTreeMap<u32, Operations>,
    /// Counters by checkpoint, in order.
    saved: Vec<proberec::Coverage<'a>>,
}

impl<'a> Probed<'a> {
    fn read(bytes: &'a [u8]) -> Self {
        let mut probed = Self::default();
        for record in Reader::new("", bytes) {
            match record {
                Record::Start(start) => probed.pid = start.pid,
                Record::Checkpoint(checkpoint) => {
                    probed.operations.insert(checkpoint.index, checkpoint.operations);
                }
                // Checkpoints come after what belongs to them: of one that was not finished, counters count all the same.
                Record::Coverage(coverage) if !coverage.truncated => probed.saved.push(coverage),
                _ => {}
            }
        }
        probed
    }

    /// The moments to be kept.
    fn kept(&self) -> impl Iterator<Item = &proberec::Coverage<'a>> {
        let step = self.saved.len().div_ceil(MOST_SAVED).max(1);
        let first = self.saved.len().saturating_sub(1) % step;
        self.saved.iter().skip(first).step_by(step)
    }

    fn saved_at(&self, coverage: &proberec::Coverage<'_>) -> SavedAt {
        let checkpoint = coverage.checkpoint;
        let before = self.operations.range(..=checkpoint).next_back();
        SavedAt { checkpoint, operations: before.map_or(Operations(0), |(_, operations)| *operations) }
    }
}

struct Fold<'a> {
    meta: &'a Meta,
    program: ProgramCoverage,
    problems: Vec<Problem>,
}

impl Fold<'_> {
    fn read(&mut self, file: &str, bytes: &[u8]) -> Counters {
        let (mut counters, problems) = covdata::counters(file, bytes);
        self.problems.extend(problems);
        if counters.meta != self.meta.hash && !counters.functions.is_empty() {
            self.problems.push(Problem {
                file: file.to_owned(),
                offset: 8,
                structure: "header of coverage counters".to_owned(),
                expected: "the hash of the meta-data".to_owned(),
                found: "that of another program".to_owned(),
            });
            counters.functions.clear();
        }
        counters
    }

    fn saved(&mut self, files: &CoverageFiles<'_>, probed: &Probed<'_>) {
        let file = path(files, super::PROBE_FILE);
        for coverage in probed.kept() {
            let counters = self.read(&file, coverage.counters);
            let saved = self.program.saved.len();
            self.program.saved.push(probed.saved_at(coverage));
            for (block, count) in blocks(&mut self.program, &counters) {
                block.at.resize(saved + 1, 0);
                if let Some(at) = block.at.last_mut() {
                    *at = at.saturating_add(count);
                }
            }
        }
        let n = self.program.saved.len();
        for package in &mut self.program.packages {
            for block in package.functions.iter_mut().flat_map(|function| &mut function.blocks) {
                // A moment for which a block is not there is one before it first ran.
                block.at.resize(n, block.at.last().copied().unwrap_or(0));
            }
        }
    }

    /// What Go saved at the end; of a program that could not, what the probe saved last.
    fn end(&mut self, files: &CoverageFiles<'_>, probed: &Probed<'_>) {
        let mut is_whole = false;
        for (name, bytes) in files.counters {
            let counters = self.read(&path(files, name), bytes);
            is_whole |= !counters.functions.is_empty() && (probed.pid == 0 || is_of(name, probed.pid));
            for (block, count) in blocks(&mut self.program, &counters) {
                block.count = block.count.saturating_add(u64::from(count));
            }
        }
        let last = self.program.saved.last().copied();
        self.program.until = match (is_whole, last) {
            (true, _) => CountedUntil::End,
            (false, None) => CountedUntil::Never,
            (false, Some(last)) => CountedUntil::Checkpoint { operations: last.operations.0 },
        };
        if !is_whole {
            for package in &mut self.program.packages {
                for block in package.functions.iter_mut().flat_map(|function| &mut function.blocks) {
                    let last = block.at.last().copied().unwrap_or(0);
                    block.count = block.count.saturating_add(u64::from(last));
                }
            }
        }
    }
}

/// `covcounters.HASH.PID.TIME`
fn is_of(name: &str, pid: u64) -> bool {
    name.split('.').nth(2).and_then(|word| word.parse().ok()) == Some(pid)
}

/// The blocks that counters are of, with the counts.
fn blocks<'p>(
    program: &'p mut ProgramCoverage,
    counters: &Counters,
) -> impl Iterator<Item = (&'p mut Block, u32)> {
    let mut counts: BTreeMap<(u32, u32), Vec<u32>> = BTreeMap::new();
    for of in &counters.functions {
        let sums = counts.entry((of.package, of.function)).or_default();
        sums.resize(sums.len().max(of.counts.len()), 0);
        sums.iter_mut().zip(&of.counts).for_each(|(sum, count)| *sum = sum.saturating_add(*count));
    }
    let functions = (0u32..).zip(&mut program.packages).flat_map(|(package, blocks)| {
        (0u32..).zip(&mut blocks.functions).map(move |(function, blocks)| ((package, function), blocks))
    });
    functions.flat_map(move |(key, function)| {
        let counts = counts.remove(&key).unwrap_or_default();
        function.blocks.iter_mut().zip(counts)
    })
}

/// The blocks of a program, none of which has run.
fn program(meta: &Meta) -> ProgramCoverage {
    ProgramCoverage { packages: meta.packages.iter().map(package).collect(), ..ProgramCoverage::default() }
}

fn package(meta: &MetaPackage) -> PackageBlocks {
    let symbol: Arc<str> = if &*meta.name == "main" { "main".into() } else { Arc::clone(&meta.path) };
    let functions = meta.functions.iter().map(|of| function(of, &symbol)).collect();
    PackageBlocks { path: Arc::clone(&meta.path), symbol, module: Arc::clone(&meta.module), functions }
}

fn function(meta: &MetaFunction, package: &str) -> FunctionBlocks {
    let block = |unit: &covdata::Unit| Block {
        start: unit.start,
        end: unit.end,
        statements: unit.statements,
        count: 0,
        at: Vec::new(),
    };
    let blocks = meta.units.iter().map(block).collect();
    FunctionBlocks { name: symbol(package, &meta.name), file: Arc::clone(&meta.file), blocks }
}

/// `*Server.Serve` -> `main.(*Server).Serve`. A method of a generic type comes without its receiver.
fn symbol(package: &str, name: &str) -> String {
    match name.strip_prefix('*').and_then(|rest| rest.split_once('.')) {
        Some((receiver, method)) => format!("{package}.(*{receiver}).{method}"),
        None => format!("{package}.{name}"),
    }
}
