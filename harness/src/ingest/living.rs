//! What an execution trace with every allocation has to say about heap dumps: type and age by address.
//!
//! Input: the trace, and when dumps were taken, or dumps of which that is not known. Output: the objects that are alive
//! then. A trace made without `traceallocfree=1` has none.

use super::heap::Loaded;
use super::heaptypes::Known;
use super::trace::summary::{LivingObjects, living_at_dumps, living_objects};
use crate::format::exectrace::Reader;
use crate::model::{Address, TraceTime};

/// Part of the objects that a dump and the trace have in common when they are of the same moment. Objects that the
/// trace lost, and garbage that was swept in between, are the rest.
const SAME: f64 = 0.95;

/// What the trace has alive at each of `moments`, which are in order; nothing if it has no allocations. The trace
/// `bytes` are read once.
#[must_use]
pub fn at(name: &str, bytes: &[u8], moments: &[TraceTime]) -> Vec<LivingObjects> {
    // A trace that cannot be read is told where its events are wanted.
    let open = || Reader::new(name, bytes).ok();
    let has_objects =
        open().is_some_and(|mut first| first.next_event().is_some() && first.alloc_info().is_some());
    open().filter(|_| has_objects).map_or_else(Vec::new, |mut reader| living_objects(&mut reader, moments))
}

/// A trace's objects whenever a heap dump was written.
#[derive(Debug)]
pub struct AtDumps(Vec<LivingObjects>);

impl AtDumps {
    /// Reads the trace to its end.
    #[must_use]
    pub fn read(reader: &mut Reader<'_>) -> Self {
        Self(living_at_dumps(reader))
    }

    /// Those of the moment that `dump` was written, which is when both have the same objects.
    ///
    /// # Errors
    /// Says why there is no such moment, or more than one.
    pub fn of(&self, dump: &Loaded) -> Result<&LivingObjects, String> {
        if self.0.is_empty() {
            return Err("the trace has no heap dump in it".to_owned());
        }
        if self.0.iter().all(LivingObjects::is_empty) {
            return Err("the trace has no allocations: GODEBUG=traceallocfree=1 records them".to_owned());
        }
        let mut fit: Vec<(f64, &LivingObjects)> =
            self.0.iter().map(|living| (in_common(dump, living), living)).collect();
        fit.sort_by(|a, b| b.0.total_cmp(&a.0));
        match fit.as_slice() {
            [(best, living), rest @ ..] if *best >= SAME => match rest.first() {
                Some((next, _)) if next >= best => {
                    Err("the trace has several heap dumps with the same objects".to_owned())
                }
                _ => Ok(living),
            },
            [(best, _), ..] => Err(format!(
                "the trace is not of that run, or lacks a part of it: at most {:.0}% of the objects are in both",
                best * 100.0
            )),
            [] => Err("the trace has no heap dump in it".to_owned()),
        }
    }
}

/// Part of the trace's objects that are in the dump, or of the dump's that are in the trace, whichever is less. Of the
/// dump's only those that were sampled count: free slots are in it, too.
fn in_common(dump: &Loaded, living: &LivingObjects) -> f64 {
    let begin = |address: u64| dump.object_at(address).map(|object| dump.slot(object).0);
    let found = living.iter().filter(|object| begin(object.address) == Some(object.address)).count();
    let (mut sampled, mut alive) = (0u64, 0u64);
    for address in dump.samples() {
        sampled += 1;
        alive += u64::from(begin(address).is_some_and(|begin| living.at(begin).is_some()));
    }
    let part = |of: u64, all: u64| if all == 0 { 1.0 } else { of as f64 / all as f64 };
    part(found as u64, living.len() as u64).min(part(alive, sampled))
}

/// Types of objects, as whoever gives a dump's objects types wants them.
#[must_use]
pub fn known(living: &LivingObjects) -> Vec<Known> {
    let known = living
        .iter()
        .filter_map(|object| Some(Known { object: Address(object.address), descriptor: object.descriptor? }));
    known.collect()
}
