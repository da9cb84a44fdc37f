//! `harness inspect trace`: one of its forms, by what was asked for.

use std::ops::ControlFlow;

use super::args::InspectTrace;
use super::open::{self, TraceFile};
use super::window::{self, WindowArg};
use super::{events, perfetto, validate};
use crate::cli::Context;
use crate::cli::error::CliError;
use crate::format::exectrace::Reader;
use crate::ingest::trace::summary::{self, Options, Progress};
use crate::model::Outcome;
use crate::model::trace::{TraceSummary, Window};
use crate::report::count_text;
use crate::report::trace::{self as report, Form, Section, TraceReport};

pub(super) fn command(args: &InspectTrace, context: &Context) -> Result<Outcome, CliError> {
    let file = TraceFile::open(&args.file, context)?;
    if args.validate {
        return validate::validate(&file, args.json, context);
    }
    if let Some(out) = &args.perfetto {
        perfetto::export(&file, out, args.slices, context)?;
        return Ok(Outcome::Pass);
    }
    let window = args.window.map(|window| resolve(&window, &file)).transpose()?;
    if args.events.events {
        events::print(&file, args, window, context)?;
        return Ok(Outcome::Pass);
    }
    show(&file, args, window, context)?;
    Ok(Outcome::Pass)
}

/// The page or the views.
fn show(
    file: &TraceFile,
    args: &InspectTrace,
    window: Option<Window>,
    context: &Context,
) -> Result<(), CliError> {
    let summary = summarize(file, window, context)?;
    let asked = args.views.sections();
    let (form, sections) = match asked.as_slice() {
        [] => (Form::Page, &Section::ALL[..]),
        some => (Form::Views(some), some),
    };
    let mut report = TraceReport::new(&file.name, summary, sections);
    let top = args.top.map(|top| top as usize);
    let text = match (args.json, top) {
        (false, top) => {
            context.console.fitted(report::to_terminal(&report, form, top, &context.console.look()))
        }
        (true, top) => {
            top.into_iter().for_each(|top| report.shorten(top));
            report.to_json().map_err(anyhow::Error::from)?
        }
    };
    context.console.print(&text)
}

/// Reads the trace to its end or the window's. What could not be read is told.
pub(in crate::cli) fn summarize(
    file: &TraceFile,
    window: Option<Window>,
    context: &Context,
) -> Result<TraceSummary, CliError> {
    let mut reader = file.reader()?;
    let mut activity = context.console.activity("read");
    let mut progress = |Progress { events, position, len, .. }: Progress| {
        activity.at_share(share(position, len), || how_far(events, position, len));
        if context.interrupt.is_set() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let options = Options { window, progress: Some(&mut progress), ..Options::default() };
    let summary = summary::summarize(&mut reader, options);
    drop(activity);
    if context.interrupt.is_set() {
        return Err(CliError::Interrupted);
    }
    warn(&reader, context);
    Ok(summary)
}

/// The window in time; the trace is read for its GC cycles if it needs them.
pub(in crate::cli) fn resolve(window: &WindowArg, file: &TraceFile) -> Result<Window, CliError> {
    let cycles = match window.needs_cycles() {
        true => window::cycles(&mut file.reader()?),
        false => Vec::new(),
    };
    window.resolve(&cycles).map_err(|missing| {
        let hint = match missing.known {
            Some((first, last)) => format!("it has gc{first} to gc{last}"),
            None => "it has no GC cycle; give times, as in --window 1s..2s".to_owned(),
        };
        CliError::usage(format!("`{}` has no GC cycle {}", file.name, missing.number), hint)
    })
}

/// `40% of the trace, 12,000,000 events`, for a line of progress.
pub(super) fn how_far(events: u64, position: u64, len: u64) -> String {
    let percent = u128::from(position) * 100 / u128::from(len.max(1));
    format!("{}% of the trace, {} events", percent.min(100), count_text(events))
}

/// How much of the trace that is, 0 to 1.
pub(super) fn share(position: u64, len: u64) -> f64 {
    position as f64 / len.max(1) as f64
}

/// Says that a trace is not whole.
pub(super) fn warn(reader: &Reader<'_>, context: &Context) {
    let hint = "what could be read is shown; `harness inspect trace --validate` lists what could not";
    open::warn(reader.problems(), reader.unlisted_problems(), hint, context);
}
