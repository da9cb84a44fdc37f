//! Where the search begins: recorded files made small, hand-made cases, random executions and heaps.

use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use flate2::read::GzDecoder;
use harness_synth::dump::{self, DumpParts, Machine};
use harness_synth::{Case, Parts, Plan};

use super::Target;
use crate::command::root;
use crate::source::files;

/// Formats that random executions are written in.
const MINORS: [u32; 4] = [22, 23, 25, 26];

/// Random executions of each.
const N_EXECUTIONS: u64 = 12;

/// Random heaps, in turns of every kind of machine.
const N_HEAPS: u64 = 40;

/// Writes all seeds and returns how many they are.
pub(super) fn write(target: Target, directory: &Path) -> Result<usize> {
    let seeds = of(target)?;
    for (number, bytes) in seeds.iter().enumerate() {
        let path = directory.join(format!("{number:04}"));
        fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(seeds.len())
}

fn of(target: Target) -> Result<Vec<Vec<u8>>> {
    Ok(match target {
        Target::Trace => recorded()?.into_iter().chain(cases()?).chain(executions()).collect(),
        Target::Dump => dumps()?.into_iter().chain(heaps()).collect(),
        Target::Pprof => profiles()?,
    })
}

/// The recorded profiles without their gzip, and as they are.
fn profiles() -> Result<Vec<Vec<u8>>> {
    let mut all = Vec::new();
    for path in files(&root().join("fixtures/pprof"), ".pb.gz") {
        all.push(fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?);
        let unpacked = Command::new("gzip").arg("-dc").arg(&path).output();
        all.push(unpacked.with_context(|| format!("cannot unpack {}", path.display()))?.stdout);
    }
    Ok(all)
}

/// A few records of each kind.
fn dumps() -> Result<Vec<Vec<u8>>> {
    let read = |path: &std::path::PathBuf| {
        let packed = fs::File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
        let mut bytes = Vec::new();
        GzDecoder::new(packed).read_to_end(&mut bytes)?;
        Ok(DumpParts::split(&bytes).small(3).join())
    };
    files(&root().join("fixtures/dumps"), ".dump.gz").iter().map(read).collect()
}

fn heaps() -> impl Iterator<Item = Vec<u8>> {
    (0..N_HEAPS).zip(Machine::ALL.into_iter().cycle()).map(|(seed, machine)| {
        let plan = dump::Plan { seed, machine, n_objects: 12, n_goroutines: 2, n_globals: 4, n_sites: 2 };
        DumpParts::split(&plan.make().dump()).small(5).join()
    })
}

fn traces() -> std::path::PathBuf {
    root().join("fixtures/traces")
}

fn recorded() -> Result<Vec<Vec<u8>>> {
    let small = |bytes: Vec<u8>| Parts::split(&bytes).small().join();
    let read = |path: &std::path::PathBuf| {
        fs::read(path).map(small).with_context(|| format!("cannot read {}", path.display()))
    };
    files(&traces(), ".trace").iter().map(read).collect()
}

/// Those that can be encoded: what is wrong with the others, the tests say.
fn cases() -> Result<Vec<Vec<u8>>> {
    let mut all = Vec::new();
    for path in files(&traces().join("cases"), "") {
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let Ok(case) = Case::parse(&text) else { continue };
        all.extend(case.versions.iter().filter_map(|&minor| Some(case.encode(minor).ok()?.bytes)));
    }
    Ok(all)
}

fn executions() -> impl Iterator<Item = Vec<u8>> {
    let plan = |seed, minor| Plan { seed, minor, n_threads: 3, n_steps: 40, n_generations: 2 };
    (0..N_EXECUTIONS)
        .flat_map(move |seed| MINORS.into_iter().map(move |minor| plan(seed, minor).run().encode()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_come_from_recorded_hand_made_and_random_traces_and_are_small() {
        let recorded = recorded().unwrap();
        assert!(recorded.len() >= 9, "{} recorded", recorded.len());
        let cases = cases().unwrap();
        assert!(cases.len() >= 50, "{} cases", cases.len());
        for seed in recorded.into_iter().chain(cases).chain(executions()) {
            assert!(seed.starts_with(b"go 1.") && seed.len() < 16 << 10, "{} bytes", seed.len());
        }
    }

    #[test]
    fn seeds_of_profiles_are_packed_and_plain() {
        let seeds = profiles().unwrap();
        let (packed, plain): (Vec<_>, Vec<_>) =
            seeds.iter().partition(|seed| seed.starts_with(&[0x1f, 0x8b]));
        assert!(packed.len() == plain.len() && plain.len() >= 3, "{} and {}", packed.len(), plain.len());
        assert!(plain.iter().all(|seed| seed.len() > 100));
    }

    #[test]
    fn seeds_of_dumps_are_of_every_machine_and_small() {
        let heaps: Vec<_> = heaps().collect();
        assert_eq!((heaps.len(), dumps().unwrap().len()), (40, 6));
        for seed in heaps.iter().chain(&dumps().unwrap()) {
            assert!(seed.starts_with(b"go1.7 heap dump\n") && seed.len() < 16 << 10, "{} bytes", seed.len());
        }
    }
}
