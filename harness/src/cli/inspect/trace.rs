//! `harness inspect trace`: one of its forms, by what was asked for.

use super::args::InspectTrace;
use super::open::TraceFile;
use super::window::{self, WindowArg};
use super::{events, validate};
use crate::cli::Context;
use crate::cli::error::CliError;
use crate::format::Problem;
use crate::model::Outcome;
use crate::model::trace::Window;

pub(super) fn command(args: &InspectTrace, context: &Context) -> Result<Outcome, CliError> {
    let file = TraceFile::open(&args.file, context)?;
    if args.validate {
        return validate::validate(&file, args.json, context);
    }
    let window = args.window.map(|window| resolve(&window, &file)).transpose()?;
    if args.events.events {
        events::print(&file, args, window, context)?;
        return Ok(Outcome::Pass);
    }
    Ok(Outcome::Pass)
}

/// The window in time; the trace is read for its GC cycles if it needs them.
fn resolve(window: &WindowArg, file: &TraceFile) -> Result<Window, CliError> {
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

/// Says that a trace is not whole: what there is of it stands.
pub(super) fn warn(problems: &[Problem], unlisted: u64, context: &Context) {
    let Some(first) = problems.first() else { return };
    context.console.say(&format!("warning: {first}"));
    let n = (problems.len() as u64 - 1).saturating_add(unlisted);
    if n > 0 {
        let more = if n == 1 { "problem" } else { "problems" };
        context.console.say(&format!("warning: {n} more {more} in it"));
    }
    context
        .console
        .say("hint: what could be read is shown; `harness inspect trace --validate` lists what could not");
}
