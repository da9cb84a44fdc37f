//! User annotations: tasks, which may end anywhere and any number of times, and regions, which
//! nest within a goroutine.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::super::spec;
use super::state::Region;
use super::{NEEDS_GOROUTINE, Offer, Order, Outcome, Step};

impl Order {
    pub(super) fn user_task(&mut self, offer: &mut Offer<'_>) -> Outcome {
        let task = offer.arg(0);
        let begins = offer.raw.kind == spec::USER_TASK_BEGIN;
        if begins && self.tasks.contains(&task) {
            let found = format!("task {task}, which has begun and not ended");
            return Err(offer.violation("a new task", found));
        }
        offer.require(NEEDS_GOROUTINE)?;
        if begins {
            self.tasks.insert(task);
        } else {
            self.tasks.remove(&task);
        }
        self.emit(offer);
        Ok(Step::Taken)
    }

    pub(super) fn user_region(&mut self, offer: &mut Offer<'_>) -> Outcome {
        offer.require(NEEDS_GOROUTINE)?;
        let region = region_of(offer);
        let Some(goroutine) = offer.context.goroutine.and_then(|place| self.goroutines.get_mut(place)) else {
            return Err(offer.violation("a known goroutine", "an unknown one"));
        };
        if offer.raw.kind == spec::USER_REGION_BEGIN {
            goroutine.regions.push(region);
        } else if let Some(&innermost) = goroutine.regions.last() {
            if innermost != region {
                return Err(offer.violation("the end of the innermost region", "another region's"));
            }
            goroutine.regions.pop();
        }
        // An end without a begin: the region began before tracing did.
        self.emit(offer);
        Ok(Step::Taken)
    }
}

fn region_of(offer: &Offer<'_>) -> Region {
    let mut hasher = DefaultHasher::new();
    offer.era.strings.get(offer.arg(1)).map(AsRef::<str>::as_ref).hash(&mut hasher);
    Region { task: offer.arg(0), name: hasher.finish() }
}
