//! `harness inspect trace --validate`: reads everything and says what is wrong with it, and where.

use super::open::TraceFile;
use crate::cli::Context;
use crate::cli::error::CliError;
use crate::format::exectrace::EventKind;
use crate::model::Outcome;
use crate::report::trace::Validation;

/// Events between two looks at the user's wish to stop.
const LOOK_EVERY: u64 = 1 << 16;

pub(super) fn validate(file: &TraceFile, json: bool, context: &Context) -> Result<Outcome, CliError> {
    let validation = read(file, context)?;
    let text = match json {
        true => validation.to_json().map_err(anyhow::Error::from)?,
        false => context.console.fitted(validation.to_terminal(&context.console.look())),
    };
    context.console.print(&text)?;
    Ok(if validation.is_sound() { Outcome::Pass } else { Outcome::Unreadable })
}

fn read(file: &TraceFile, context: &Context) -> Result<Validation, CliError> {
    let mut reader = file.reader()?;
    let mut activity = context.console.activity("validate");
    let (mut n_events, mut n_syncs, mut first, mut last) = (0u64, 0u64, None, None);
    while let Some(event) = reader.next_event() {
        first = first.or(Some(event.time));
        last = Some(event.time);
        n_events += 1;
        n_syncs += u64::from(matches!(event.kind(), EventKind::Sync(_)));
        if n_events.is_multiple_of(LOOK_EVERY) {
            if context.interrupt.is_set() {
                return Err(CliError::Interrupted);
            }
            let (position, len) = (reader.position(), reader.len());
            activity.at_share(super::trace::share(position, len), || {
                super::trace::how_far(n_events, position, len)
            });
        }
    }
    Ok(Validation::new(
        &file.name,
        reader.version(),
        // The last sync event ends the trace, the others each begin a generation.
        (n_events, n_syncs.saturating_sub(1)),
        first.zip(last).map(|(first, last)| last.since(first)).unwrap_or_default(),
        (reader.problems().to_vec(), reader.unlisted_problems()),
    ))
}
