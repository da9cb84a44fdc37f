//! Growth that is none: what one line of a function gains, another line of it lets go.
//!
//! An index filled by one caller and kept up to date by another grows at the second's stack and
//! shrinks at the first's, while there is never more of it. So of a function's sites that grow,
//! together with those that shrink, the sum has to rise at most checkpoints after warm-up. A sum
//! that only falls once, when something large is let go, still does.

use std::collections::BTreeMap;

use super::draft::SiteGrowth;
use super::identity::Cause;
use super::points::warm_up;

/// Bytes of sites that shrink, added up by cause.
#[derive(Debug, Default)]
pub(super) struct Losses(BTreeMap<Cause, Vec<u64>>);

impl Losses {
    /// Adds a site's bytes at each checkpoint.
    pub fn add(&mut self, cause: Cause, space: &[u64]) {
        let sum = self.0.entry(cause).or_insert_with(|| vec![0; space.len()]);
        for (sum, bytes) in sum.iter_mut().zip(space) {
            *sum = sum.saturating_add(*bytes);
        }
    }

    /// Keeps the sites whose cause grows as a whole.
    pub fn keep_real(&self, grown: &mut Vec<(Cause, SiteGrowth)>) {
        let apparent: Vec<Cause> = self
            .0
            .iter()
            .filter(|(cause, lost)| {
                let gained = grown.iter().filter(|(of, _)| of == *cause).map(|(_, site)| &site.values);
                !rises(lost, gained)
            })
            .map(|(cause, _)| cause.clone())
            .collect();
        grown.retain(|(cause, _)| !apparent.contains(cause));
    }
}

/// Whether the sum rises at most checkpoints.
fn rises<'v>(lost: &[u64], gained: impl Iterator<Item = &'v Vec<u64>>) -> bool {
    let mut sum = lost.to_vec();
    for values in gained {
        for (sum, bytes) in sum.iter_mut().zip(values) {
            *sum = sum.saturating_add(*bytes);
        }
    }
    let after = sum.get(warm_up(sum.len())..).unwrap_or_default();
    let rises = after.windows(2).filter(|pair| pair[0] < pair[1]).count();
    rises * 2 > after.len().saturating_sub(1)
}
