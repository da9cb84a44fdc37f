//! `harness inspect trace --events`: the events, filtered, as they are read.

use super::args::InspectTrace;
use super::kinds::KindSet;
use super::open::TraceFile;
use crate::cli::Context;
use crate::cli::error::CliError;
use crate::format::exectrace::{Event, EventKind, Reader};
use crate::model::trace::Window;
use crate::model::{GoroutineId, TraceTime};
use crate::report::trace::events::{self, EventStyle};

/// Written at once.
const PART: usize = 64 << 10;
/// Events between two looks at the clock and at the user's wish to stop.
const LOOK_EVERY: u64 = 1 << 16;

/// Which events to print.
struct Filter<'a> {
    goroutines: Vec<GoroutineId>,
    kinds: Option<&'a KindSet>,
    from: TraceTime,
    to: Option<TraceTime>,
}

impl<'a> Filter<'a> {
    fn new(args: &'a InspectTrace, window: Option<Window>, start: TraceTime) -> Self {
        let mut goroutines: Vec<GoroutineId> =
            args.events.goroutine.iter().copied().map(GoroutineId).collect();
        goroutines.sort_unstable();
        let from = window.map_or(start, |window| start.plus(window.from));
        let to = window.and_then(|window| window.to).map(|to| start.plus(to));
        Self { goroutines, kinds: args.events.kind.as_ref(), from, to }
    }

    fn takes(&self, event: &Event, kind: &EventKind) -> bool {
        event.time >= self.from
            && self.kinds.is_none_or(|kinds| kinds.has(kind))
            && (self.goroutines.is_empty()
                || event.goroutine().is_some_and(|id| self.is_wanted(id))
                || events::about(kind).is_some_and(|id| self.is_wanted(id)))
    }

    fn is_wanted(&self, id: GoroutineId) -> bool {
        self.goroutines.binary_search(&id).is_ok()
    }
}

pub(super) fn print(
    file: &TraceFile,
    args: &InspectTrace,
    window: Option<Window>,
    context: &Context,
) -> Result<(), CliError> {
    let mut reader = file.reader()?;
    let Some(first) = reader.next_event() else { return Ok(()) };
    let style = EventStyle { json: args.json, stacks: args.events.stacks, start: first.time };
    let filter = Filter::new(args, window, first.time);
    let mut list = List { filter, style, out: Vec::with_capacity(2 * PART), context };
    if list.all(first, &mut reader)? {
        context.console.stream(&list.out)?;
        context.console.print("")?;
    }
    super::trace::warn(&reader, context);
    Ok(())
}

struct List<'a> {
    filter: Filter<'a>,
    style: EventStyle,
    out: Vec<u8>,
    context: &'a Context,
}

impl List<'_> {
    /// False when nobody reads on.
    fn all(&mut self, first: Event, reader: &mut Reader<'_>) -> Result<bool, CliError> {
        let mut activity = self.context.console.activity_beside_data("events");
        let (mut next, mut n_events) = (Some(first), 0u64);
        while let Some(event) = next {
            if self.filter.to.is_some_and(|to| event.time >= to) {
                break;
            }
            let kind = event.kind();
            if self.filter.takes(&event, &kind) {
                events::write(&mut self.out, &event, &kind, reader, &self.style);
            }
            if self.out.len() >= PART {
                if !self.context.console.stream(&self.out)? {
                    return Ok(false);
                }
                self.out.clear();
            }
            n_events += 1;
            if n_events.is_multiple_of(LOOK_EVERY) {
                if self.context.interrupt.is_set() {
                    return Err(CliError::Interrupted);
                }
                let (position, len) = (reader.position(), reader.len());
                activity.at_share(super::trace::share(position, len), || {
                    super::trace::how_far(n_events, position, len)
                });
            }
            next = reader.next_event();
        }
        Ok(true)
    }
}
