//! User annotations: tasks, which may end anywhere and any number of times, and regions, which
//! nest within a goroutine.

use super::super::kind::NAME_IS_KEPT;
use super::super::spec;
use super::names::NO_NAME;
use super::state::{Region, Task};
use super::{NEEDS_GOROUTINE, Offer, Order, Outcome, Said, Sink, Step};

impl<S: Sink> Order<S> {
    pub(super) fn user_task(&mut self, offer: &mut Offer<'_>) -> Outcome {
        if offer.raw.kind == spec::USER_TASK_BEGIN && self.tasks.contains_key(&offer.arg(0)) {
            let found = format!("task {}, which has begun and not ended", offer.arg(0));
            return Err(offer.violation("a new task", found));
        }
        offer.require(NEEDS_GOROUTINE)?;
        self.take_task(offer);
        Ok(Step::Taken)
    }

    /// Takes the begin or end of a task, whatever is known of it.
    pub(super) fn take_task(&mut self, offer: &Offer<'_>) {
        if offer.raw.kind == spec::USER_TASK_BEGIN {
            let name = self.names.name(offer.arg(2), &offer.era.tables.strings);
            self.names.hold(name);
            let before = self.tasks.insert(offer.arg(0), Task { parent: offer.arg(1), name });
            before.into_iter().for_each(|task| self.names.release(task.name));
            return self.emit(offer);
        }
        let ended = self.tasks.remove(&offer.arg(0)).unwrap_or(Task { parent: 0, name: NO_NAME });
        self.names.release(ended.name);
        let mut said = Said { note: NAME_IS_KEPT, ..offer.said(0) };
        (said.args[2], said.args[3]) = (ended.parent, u64::from(ended.name));
        self.emit_as(offer, offer.context, said);
    }

    pub(super) fn user_region(&mut self, offer: &mut Offer<'_>) -> Outcome {
        offer.require(NEEDS_GOROUTINE)?;
        let name = self.names.name(offer.arg(1), &offer.era.tables.strings);
        let region = Region { task: offer.arg(0), name };
        let Some(goroutine) = offer.context.goroutine.and_then(|place| self.goroutines.get_mut(place)) else {
            return Err(offer.violation("a known goroutine", "an unknown one"));
        };
        if offer.raw.kind == spec::USER_REGION_BEGIN {
            goroutine.regions().push(region);
            self.names.hold(name);
        } else if let Some(&innermost) = goroutine.regions().last() {
            if innermost != region {
                return Err(offer.violation("the end of the innermost region", "another region's"));
            }
            goroutine.regions().pop();
            self.names.release(name);
        }
        // An end without a begin: the region began before tracing did.
        self.emit(offer);
        Ok(Step::Taken)
    }
}
