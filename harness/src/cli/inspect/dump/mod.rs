//! `harness inspect dump`: a heap dump, its graph, and the views of it.

mod args;
mod program;
mod trace;

use std::ops::ControlFlow;

use camino::Utf8Path;

pub use args::InspectDump;

use super::open::{open_input, warn};
use crate::cli::Context;
use crate::cli::error::CliError;
use crate::cli::files;
use crate::format::heapdump::Reader;
use crate::format::pprof;
use crate::ingest::heap::{Ages, Fields, Heap, Loaded, Options, Progress};
use crate::ingest::heaptypes::{Layouts, ProgramFile};
use crate::ingest::living::{self, AtDumps};
use crate::ingest::profile::reached;
use crate::model::heap::RetainingPath;
use crate::model::{GoroutineId, Outcome};
use crate::report::count_text;
use crate::report::heap::{self as report, HeapReport, Section};

pub(super) fn command(args: &InspectDump, context: &Context) -> Result<Outcome, CliError> {
    let program = args.binary.as_deref().map(|path| program::read(path, context)).transpose()?;
    let trace = args.trace.as_deref().map(|path| trace::read(path, context)).transpose()?;
    let help = Help { program: program.as_ref(), trace: trace.as_ref() };
    let earlier = match &args.base {
        Some(path) => {
            let earlier = load(path, help, context)?;
            Some((earlier.heap.as_earlier(), earlier.ages))
        }
        None => None,
    };
    let (earlier, ages_before) = earlier.unzip();
    let mut dump = load(&args.file, help, context)?;
    let ages = dump.ages.take();
    let (file, heap) = with_fields(dump, args, context);
    if let Some(out) = &args.pprof {
        write_pprof(out, args, &heap, context)?;
        if args.is_page() && !args.json {
            return Ok(Outcome::Pass);
        }
    }
    let summary = {
        let _activity = context.console.activity("sum up");
        let mut summary = heap.summary(earlier.as_ref());
        if let Some(ages) = ages {
            ages.put_into(&mut summary, ages_before.flatten().as_ref());
        }
        summary
    };
    let is_page = args.is_page();
    let asked = args.sections();
    let sections = if is_page { PAGE.to_vec() } else { asked };
    let base = args.base.as_ref().map(|path| path.as_str());
    let mut report = HeapReport::new(&file, base, summary, &sections);
    answer(&mut report, args, &heap)?;
    let top = args.top.map(|top| top as usize);
    let text = match args.json {
        false => context.console.fitted(report::to_terminal(&report, is_page, top, &context.console.look())),
        true => {
            top.into_iter().for_each(|top| report.shorten(top));
            report.to_json().map_err(anyhow::Error::from)?
        }
    };
    context.console.print(&text)?;
    Ok(Outcome::Pass)
}

/// Chains of references as stacks.
fn write_pprof(out: &Utf8Path, args: &InspectDump, heap: &Heap, context: &Context) -> Result<(), CliError> {
    let paths: Vec<RetainingPath> = heap.all_paths().collect();
    let program = args.binary.as_ref().map_or("", |path| path.as_str());
    files::save(out, &pprof::write(&reached(&paths, program)), context)
}

/// On the page goroutines are among the holders.
const PAGE: [Section; 4] = [Section::Suspects, Section::Retainers, Section::Types, Section::Sites];

/// Questions about one thing.
fn answer(report: &mut HeapReport, args: &InspectDump, heap: &Heap) -> Result<(), CliError> {
    if let Some(address) = args.object {
        let view = heap.object(address.0);
        let what = || format!("`{}` has no object at {}", report.file, address.0);
        report.object = Some(
            view.ok_or_else(|| CliError::usage(what(), "addresses of objects are those of this very run"))?,
        );
    }
    if let Some(id) = args.goroutine {
        let view = heap.goroutine(GoroutineId(id));
        let what = || format!("`{}` has no goroutine {id}", report.file);
        report.goroutine = Some(view.ok_or_else(|| CliError::usage(what(), "--goroutines lists them"))?);
    }
    report.paths = args.paths.as_ref().map(|pattern| heap.paths_to(pattern));
    Ok(())
}

/// A dump, and what its paths' fields are looked up with.
struct Dump<'p> {
    /// What to call it.
    name: String,
    heap: Heap,
    reader: Reader<'static>,
    layouts: Option<Layouts<'p>>,
    ages: Option<Ages>,
}

/// What helps to understand a dump.
#[derive(Debug, Clone, Copy)]
struct Help<'p> {
    program: Option<&'p ProgramFile>,
    trace: Option<&'p AtDumps>,
}

/// What it is called, and with the fields on the paths that are shown of it.
fn with_fields(dump: Dump<'_>, args: &InspectDump, context: &Context) -> (String, Heap) {
    let _activity = context.console.activity("fields on the paths");
    let Dump { name, mut heap, mut reader, layouts, .. } = dump;
    let fields = layouts.as_ref().map(|layouts| layouts as &dyn Fields);
    heap.find_fields(&mut reader, fields);
    if let Some(object) = args.object {
        heap.find_fields_to(object.0, &mut reader, fields);
    }
    (name, heap)
}

/// Reads the dump at `path`.
fn load<'p>(path: &Utf8Path, help: Help<'p>, context: &Context) -> Result<Dump<'p>, CliError> {
    let (name, input) = open_input(path, "name a heap dump, or `-` for standard input", context)?;
    let mut reader = Reader::from_input(&name, input)?;
    let mut activity = context.console.activity("read");
    let mut progress = |Progress { step, percent, objects }: Progress| {
        let words = || format!("{step}: {percent}% of the dump, {} objects", count_text(objects));
        activity.at_share(f64::from(percent) / 100.0, words);
        if context.interrupt.is_set() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let options = Options {
        symbols: help.program.map(ProgramFile::symbols),
        progress: Some(&mut progress),
        ..Options::default()
    };
    let loaded = Loaded::read(&mut reader, options);
    drop(activity);
    if context.interrupt.is_set() {
        return Err(CliError::Interrupted);
    }
    warn(
        reader.problems(),
        0,
        "what could be read is shown; who holds what is known of a whole dump only",
        context,
    );
    let mut activity = context.console.activity("graph");
    activity.at(|| format!("types of {} objects", count_text(loaded.n_objects().into())));
    let living = help.trace.map(|trace| trace.of(&loaded)).transpose();
    let living = living.map_err(|why| trace::is_not_of(path, &why))?;
    let known = living.map(living::known).unwrap_or_default();
    let types = help.program.and_then(|program| program.types(&mut reader, &loaded, &known));
    let (types, layouts) = types.unzip();
    activity.at(|| format!("who holds {} objects", count_text(loaded.n_objects().into())));
    let heap = loaded.analyse(types.as_ref());
    let ages = living.map(|living| heap.ages(living));
    drop(activity);
    Ok(Dump { name, heap, reader, layouts, ages })
}
