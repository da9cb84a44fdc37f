//! How long builds and runs of a scenario took the last time, for the time that is left of them now.

use std::time::Duration;

use super::pace::Pace;
use crate::capture::{BuildOutcome, RunRecord, Store};
use crate::model::RunId;
use crate::scenario::Variant;

/// Of runs: the same run, or another repeat of it.
pub(super) fn runs(store: &Store, scenario: &str, plan: &[RunId]) -> Pace {
    let earlier = store.earlier(scenario);
    let made = earlier.as_ref().map(|manifest| manifest.runs.as_slice()).unwrap_or_default();
    let took = |id: &RunId| {
        let alike = |run: &&RunRecord| {
            run.ok && (&run.id.variant, run.id.mode, &run.id.test) == (&id.variant, id.mode, &id.test)
        };
        let same = made.iter().filter(alike).find(|run| run.id.repeat == id.repeat);
        let run = same.or_else(|| made.iter().find(alike))?;
        u64::try_from(run.wall.0).ok().map(Duration::from_nanos)
    };
    Pace::seen(&plan.iter().map(took).collect::<Vec<_>>())
}

/// Of builds, those of the plain binary and of the probed one together.
pub(super) fn builds(store: &Store, scenario: &str, variants: &[Variant]) -> Pace {
    let earlier = store.earlier(scenario);
    let made = earlier.as_ref().map(|manifest| manifest.builds.as_slice()).unwrap_or_default();
    let took = |variant: &Variant| match &made.iter().find(|build| build.variant == variant.name)?.outcome {
        BuildOutcome::Built(facts) => {
            Some(Duration::from_millis(facts.build_ms.0.saturating_add(facts.build_ms.1)))
        }
        BuildOutcome::Failed(_) => None,
    };
    Pace::seen(&variants.iter().map(took).collect::<Vec<_>>())
}
