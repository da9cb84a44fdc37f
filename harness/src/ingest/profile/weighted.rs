//! What is counted: each stack that is shown, once, with the sum of all samples that have it.
//!
//! The two sides of a difference have most stacks in common, and to walk a stack is what counting costs.

use std::thread;

use super::view::View;
use crate::format::pprof::LocationId;

/// Stacks for which another thread is not worth while.
const FEW: usize = 4096;
const MOST_THREADS: usize = 16;
const NONE: u32 = u32::MAX;

/// A stack and what was counted there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Weighted<'p> {
    /// Locations that are shown, innermost first, hidden ones included.
    pub(super) stack: &'p [LocationId],
    /// Sum of the samples. May be 0 where they are not.
    pub(super) value: i64,
}

impl<'p> View<'p> {
    /// Stacks with a sample that has a value. Which part of a stack is shown does not depend on the sample.
    pub(super) fn weighted(&self) -> Vec<Weighted<'p>> {
        let mut places = vec![NONE; self.profile.samples.n_stacks()];
        let mut list: Vec<Weighted<'p>> = Vec::with_capacity(self.samples.len().min(places.len()));
        for shown in &self.samples {
            let Some((id, values, _)) = self.profile.samples.parts(shown.index as usize) else { continue };
            let value = values.get(self.shown).copied().unwrap_or(0);
            let Some(place) = places.get_mut(id.0 as usize).filter(|_| value != 0) else { continue };
            if let Some(known) = list.get_mut(*place as usize) {
                known.value = known.value.wrapping_add(value);
            } else if let Some((_, stack)) = self.sample(shown) {
                *place = list.len() as u32;
                list.push(Weighted { stack, value });
            }
        }
        list
    }
}

/// Works on parts of a list at the same time. The results are in the parts' order.
pub(super) fn in_parts<T: Sync, R: Send>(list: &[T], work: impl Fn(&[T]) -> R + Sync) -> Vec<R> {
    let n = thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS).min(list.len() / FEW);
    let size = list.len().div_ceil(n.max(1)).max(1);
    let work = &work;
    thread::scope(|scope| {
        let mut parts = list.chunks(size);
        let first = parts.next().unwrap_or_default();
        let others: Vec<_> = parts.map(|part| (part, spawn(scope, move || work(part)))).collect();
        let mut results = vec![work(first)];
        for (part, thread) in others {
            results.push(match thread {
                Some(thread) => thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
                // No thread to be had.
                None => work(part),
            });
        }
        results
    })
}

fn spawn<'s, R: Send + 's>(
    scope: &'s thread::Scope<'s, '_>,
    work: impl FnOnce() -> R + Send + 's,
) -> Option<thread::ScopedJoinHandle<'s, R>> {
    thread::Builder::new().name("pprof-count".to_owned()).spawn_scoped(scope, work).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_the_whole_in_order_however_many_there_are() {
        for len in [0, 1, FEW * 2, FEW * 7 + 3] {
            let list: Vec<usize> = (0..len).collect();
            assert_eq!(in_parts(&list, <[usize]>::to_vec).concat(), list);
        }
    }
}
