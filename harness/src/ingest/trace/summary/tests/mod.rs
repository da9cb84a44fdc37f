//! Tests of the whole summary: on hand-made traces whose figures are worked out by hand, and on
//! recorded ones, of which parts must add up to wholes.

mod hand;
mod recorded;

pub(super) use recorded::{RECORDED_ALLOC, fixture};

use super::{Options, summarize};
use crate::format::exectrace::Reader;
use crate::model::Nanoseconds;
use crate::model::trace::{GoroutineExample, TraceSummary, Window};

/// The summary of a window, and every goroutine's life.
fn summarized_of(data: &[u8], window: Option<Window>) -> (TraceSummary, Vec<GoroutineExample>) {
    let mut reader = Reader::new("t", data).unwrap();
    let mut lives = Vec::new();
    let mut listener = |life: &GoroutineExample| lives.push(life.clone());
    let options = Options { window, lives: Some(&mut listener), ..Options::default() };
    (summarize(&mut reader, options), lives)
}

fn sum(times: impl IntoIterator<Item = Nanoseconds>) -> Nanoseconds {
    Nanoseconds(times.into_iter().map(|time| time.0).sum())
}
