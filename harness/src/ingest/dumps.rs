//! The heap dumps of a run: the last, and how it differs from the first.
//!
//! Input: the dumps' bytes and the probe's records of them. Output: `RunPieces::heap`, or what is missing in words.
//! A dump that the probe did not finish is read as far as it goes, if there is no other.

use super::heap::{Fields, Heap, Loaded, Options, Progress};
use super::heaptypes::{Layouts, ProgramFile};
use super::living;
use super::probe::DumpRecord;
use super::profile;
use super::trace::summary::LivingObjects;
use super::{Dumps, Ingested, RunFiles, TRACE_FILE, Watch};
use crate::format::Problem;
use crate::format::binary::Section;
use crate::format::heapdump::Reader;
use crate::format::pprof::Profile;
use crate::model::heap::RetainingPath;
use crate::model::{Checkpoint, ClockMap, ModuleTable, MonotonicTime, Operations, Per, RunHeap, TraceTime};

/// What the input is called.
const SOURCE: &str = "heap dump";
/// What a part of it is called that is missing.
const CONTENTS: &str = "heap dump contents";

/// One part in so many of the work on a dump is reading it; the rest is its graph, which tells nothing meanwhile.
const READ_SHARE: u64 = 2;

/// A dump, and when it was taken.
struct Taken<'a> {
    name: &'a str,
    bytes: &'a [u8],
    operations: Operations,
    /// When it began; `None` if nothing tells.
    at: Option<MonotonicTime>,
}

/// Reads the dumps of a run that `records` tells of.
pub(super) fn fold(ingested: &mut Ingested, files: &RunFiles<'_>, records: &[DumpRecord], watch: Watch<'_>) {
    let Some(given) = &files.dumps else { return };
    let taken = taken(given, records, &ingested.pieces.checkpoints);
    let Some(last) = taken.last() else {
        return ingested.missing(SOURCE, "there is none: nothing tells who holds the memory");
    };
    let program = given.symbols.map_err(str::to_owned);
    let program = program.and_then(|elf| program_file(elf, given.sections));
    if let Err(why) = &program {
        ingested.missing(SOURCE, &format!("globals have no names: {why}"));
    }
    let modules = ingested.pieces.modules.clone();
    let program = program.as_ref().ok();
    let means = Means { directory: files.directory, modules: &modules, program };
    let first = taken.first().filter(|first| first.name != last.name);
    let (first_living, last_living) = living(files, &ingested.pieces.clock_pairs, (first, last));
    // A first dump that cannot be read costs the growth between the two, no more.
    let length = |dump: &Taken<'_>| dump.bytes.len() as u64;
    let [of_first, of_last] = watch.split([first.map_or(0, length), length(last)]);
    let earlier = first.and_then(|first| {
        let read = means.read((first, first_living.as_ref()), &mut ingested.problems, of_first).ok()?;
        Some((read.heap.as_earlier(), first_living.map(|living| read.heap.ages(&living))))
    });
    let (earlier, ages_before) = earlier.unzip();
    let heap = match means.read((last, last_living.as_ref()), &mut ingested.problems, of_last) {
        Ok(last) => last.with_fields(),
        Err(why) => return ingested.missing(SOURCE, &format!("it cannot be read: {why}")),
    };
    let mut summary = heap.summary(earlier.as_ref());
    if let Some(living) = last_living {
        heap.ages(&living).put_into(&mut summary, ages_before.flatten().as_ref());
    }
    // What is not known of the contents of a dump that is there costs no confidence in what it has.
    for missing in &summary.missing {
        ingested.missing(CONTENTS, &missing.why);
    }
    let since = first.filter(|_| earlier.is_some()).map(|first| first.operations);
    ingested.pieces.heap = Some(RunHeap { summary, operations: last.operations, since, per: Per::Operation });
}

/// What the objects of a run's last dump are reached from, as a profile, or why there is none.
pub(super) fn reached(
    files: &RunFiles<'_>,
    ingested: &Ingested,
    records: &[DumpRecord],
    program: &str,
) -> Result<Profile, String> {
    let given = files.dumps.as_ref().ok_or("no heap dump was asked for")?;
    let taken = taken(given, records, &ingested.pieces.checkpoints);
    let last = taken.last().ok_or("there is no heap dump")?;
    let elf = given.symbols.ok().and_then(|elf| program_file(elf, given.sections).ok());
    let modules = &ingested.pieces.modules;
    let means = Means { directory: files.directory, modules, program: elf.as_ref() };
    let (_, living) = living(files, &ingested.pieces.clock_pairs, (None, last));
    let heap = means.read((last, living.as_ref()), &mut Vec::new(), Watch::NONE)?.with_fields();
    let paths: Vec<RetainingPath> = heap.all_paths().collect();
    Ok(profile::reached(&paths, program))
}

/// What the trace has alive at the first dump and at the last. Nothing is known of dumps whose moment is not.
fn living(
    files: &RunFiles<'_>,
    clock_pairs: &[(TraceTime, MonotonicTime)],
    (first, last): (Option<&Taken<'_>>, &Taken<'_>),
) -> (Option<LivingObjects>, Option<LivingObjects>) {
    let (Some(trace), Some(last_at)) = (files.trace, last.at) else { return (None, None) };
    let first_at = first.and_then(|first| first.at);
    let clocks = ClockMap::new(clock_pairs);
    let moments: Vec<TraceTime> = first_at.into_iter().chain([last_at]).map(|at| clocks.trace(at)).collect();
    let mut found = living::at(TRACE_FILE, trace, &moments);
    let last = found.pop();
    (found.pop(), last)
}

/// Finished dumps in order of time, or one that was not finished.
fn taken<'a>(given: &Dumps<'a>, records: &[DumpRecord], checkpoints: &[Checkpoint]) -> Vec<Taken<'a>> {
    let operations = |index: u32| {
        let of_index = checkpoints.iter().find(|checkpoint| checkpoint.index == index);
        of_index.map_or(Operations(0), |checkpoint| checkpoint.operations)
    };
    let finished = records.iter().filter_map(|record| {
        let (name, bytes) = given.files.iter().copied().find(|(name, _)| *name == record.file)?;
        Some(Taken { name, bytes, operations: operations(record.checkpoint), at: Some(record.at) })
    });
    let mut taken: Vec<Taken<'a>> = finished.collect();
    if taken.is_empty() {
        let unfinished = given.files.last();
        let unfinished =
            unfinished.map(|&(name, bytes)| Taken { name, bytes, operations: Operations(0), at: None });
        taken.extend(unfinished);
    }
    taken
}

/// What all dumps of a run are read with.
struct Means<'a> {
    directory: &'a str,
    modules: &'a ModuleTable,
    program: Option<&'a ProgramFile>,
}

/// A dump that was read, and what its paths' fields are looked up with.
struct ReadDump<'a> {
    heap: Heap,
    reader: Reader<'a>,
    layouts: Option<Layouts<'a>>,
}

impl ReadDump<'_> {
    fn with_fields(mut self) -> Heap {
        self.heap.find_fields(&mut self.reader, self.layouts.as_ref().map(|layouts| layouts as &dyn Fields));
        self.heap
    }
}

impl<'a> Means<'a> {
    /// `living` is what the trace has alive then.
    fn read(
        &self,
        (dump, living): (&Taken<'a>, Option<&LivingObjects>),
        problems: &mut Vec<Problem>,
        watch: Watch<'_>,
    ) -> Result<ReadDump<'a>, String> {
        let name = dump.name;
        let path =
            if self.directory.is_empty() { name.to_owned() } else { format!("{}/{name}", self.directory) };
        let mut reader = Reader::new(&path, dump.bytes).map_err(|error| error.to_string())?;
        let symbols = self.program.map(ProgramFile::symbols);
        let mut told = |progress: Progress| watch.at(u64::from(progress.percent), 100 * READ_SHARE);
        let options = Options { symbols, modules: self.modules.clone(), progress: Some(&mut told) };
        let loaded = Loaded::read(&mut reader, options);
        problems.extend(reader.problems().iter().cloned());
        let known = living.map(living::known).unwrap_or_default();
        let types = self.program.and_then(|program| program.types(&mut reader, &loaded, &known));
        let (types, layouts) = types.unzip();
        let heap = loaded.analyse(types.as_ref());
        Ok(ReadDump { heap, reader, layouts })
    }
}

/// The program, or its twin if `sections` are given: those of the program that ran.
fn program_file(elf: &[u8], sections: &[Section]) -> Result<ProgramFile, String> {
    // Problems of these files are told by what is missing then: names, or types.
    let (file, _) = ProgramFile::read("symbols", elf);
    if !file.has_variables() {
        return Err("the file that was kept has no symbols".to_owned());
    }
    if sections.is_empty() {
        return Ok(file);
    }
    file.as_twin_of(sections).ok_or_else(|| "the file that was kept is of another program".to_owned())
}
