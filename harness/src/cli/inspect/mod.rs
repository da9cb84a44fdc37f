//! `harness inspect`: looks into one file that somebody recorded.

mod args;
mod dump;
mod events;
mod heap;
mod heap_args;
mod kinds;
mod open;
mod perfetto;
mod profiles;
mod source;
mod trace;
mod validate;
mod window;

use super::Context;
use super::error::CliError;
use crate::model::Outcome;

pub use args::Inspect;
use args::InspectCommand;
pub(in crate::cli) use heap::compare as compare_profiles;
pub(in crate::cli) use open::TraceFile;
pub(in crate::cli) use profiles::{FileKind, kind_of};
pub(in crate::cli) use trace::{resolve as resolve_window, summarize as summarize_trace};
pub use window::WindowArg;

pub(super) fn command(command: &InspectCommand, context: &Context) -> Result<Outcome, CliError> {
    match command {
        InspectCommand::Trace(args) => trace::command(args, context),
        InspectCommand::Heap(args) => heap::command(args, context),
        InspectCommand::Dump(args) => dump::command(args, context),
    }
}
