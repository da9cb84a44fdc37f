//! Rule: how long the objects that grow have lived, where the trace has every allocation.
//!
//! What leaks accumulates: of what each stretch of the run allocated, some stays, so that the set of distinct ages
//! grows from the early dump to the late one. A cache comes to a plateau: it is full, and nothing that stays was born
//! since, or its objects turn over, and none is older than so many cycles. Ages come from the trace and sizes from the
//! memory profile: that both show the same makes up for what is in doubt about the profile.
//!
//! Objects without an age (older than the trace, or not in it) are counted and told. If they are most of them,
//! nothing follows from the ages of the rest.

use super::case::Judged;
use super::draft::Draft;
use crate::model::heap::{Births, HeldSite, ObjectAges};
use crate::model::{AgeCourse, AgesFound, Alignment, Confidence, Evidence, GcCycle, Operations, RunHeap};

/// What the input is called.
const SOURCE: &str = "ages";

/// Stretches between checkpoints that are needed for a judgement.
const MIN_STRETCHES: u64 = 4;
/// Fewer objects than this are no population: an array that grows is one object, however often it is moved.
const MANY: u64 = 16;
/// Rows of births that a finding shows.
const MAX_BIRTHS: usize = 32;

/// What a course does to the confidence of a finding.
#[derive(Debug, Clone, Copy)]
enum Effect {
    /// Doubts about the memory profile fall away.
    Settles,
    /// It is at most this.
    Limits(Confidence, &'static str),
    Nothing,
}

/// The written rule.
const COURSES: &[(AgeCourse, Effect)] = &[
    (AgeCourse::Accumulates, Effect::Settles),
    (
        AgeCourse::Full,
        Effect::Limits(Confidence::Medium, "none that stays was born lately, as in a cache that is full"),
    ),
    (
        AgeCourse::TurnsOver,
        Effect::Limits(Confidence::Medium, "the objects turn over, none gets old, as in a cache or queue"),
    ),
    (AgeCourse::Unclear, Effect::Nothing),
];

/// Adds the ages of the objects of a draft, which are at the sites `held` of the dump.
pub(super) fn add(draft: &mut Draft, judged: &Judged<'_>, heap: &RunHeap, held: &[&HeldSite]) {
    let ages = held.iter().filter_map(|site| site.ages.clone()).reduce(|sum, next| sum.and(&next));
    let Some(mut ages) = ages.filter(|ages| ages.objects().0 > 0) else { return };
    let stretches = stretches(judged, heap);
    let course = course(&ages, stretches);
    let place = draft.further.iter().take_while(|evidence| matches!(evidence, Evidence::Retained(_))).count();
    weigh(draft, course);
    let clock = Clock::of(judged);
    let (first, last) = (ages.births.first(), ages.births.last());
    let mut types: Vec<String> = held.iter().flat_map(|site| site.types.iter().cloned()).collect();
    types.dedup();
    let found = AgesFound {
        course,
        types,
        stretches: ((ages.births.len() as u64).min(stretches), stretches),
        first_born: first.and_then(|births| clock.cycle(births)),
        last_born: last.and_then(|births| clock.cycle(births)),
        last_born_after: last.and_then(|births| clock.operations(births, judged)),
        ages: {
            thin(&mut ages.births);
            ages
        },
        before: heap.since,
    };
    draft.further.insert(place, Evidence::Ages(Box::new(found)));
}

fn weigh(draft: &mut Draft, course: AgeCourse) {
    let effect = COURSES.iter().find(|(of, _)| *of == course).map(|(_, effect)| *effect);
    match effect {
        Some(Effect::Settles) => draft.settle("memprofile"),
        // Few objects that grow are an array, or a few of them.
        Some(Effect::Limits(confidence, why)) if gained(draft) >= MANY.cast_signed() => {
            draft.limit(confidence, SOURCE, why);
        }
        _ => {}
    }
}

fn gained(draft: &Draft) -> i64 {
    draft.first().map_or(0, super::draft::RunGrowth::gained_objects)
}

/// Stretches between checkpoints before the dump, the one before the first of them included.
fn stretches(judged: &Judged<'_>, heap: &RunHeap) -> u64 {
    judged.points.0.iter().filter(|point| point.operations <= heap.operations.0).count() as u64
}

/// What the ages show. Births are compared in the two halves of the run up to the dump.
fn course(ages: &ObjectAges, stretches: u64) -> AgeCourse {
    let dated = ages.dated.0;
    if stretches < MIN_STRETCHES || dated * 2 < ages.objects().0 {
        return AgeCourse::Unclear;
    }
    let middle = ages.cycle / 2;
    let late = ages.births.iter().filter(|births| births.after >= middle).count() as u64;
    let early = ages.births.len() as u64 - late;
    let many = |rows: u64| rows * 4 >= stretches;
    let grew = ages.before.is_none_or(|before| ages.distinct > before.distinct);
    let is_population = dated >= MANY;
    match (early, late) {
        _ if many(early) && many(late) && grew => AgeCourse::Accumulates,
        (1.., 0) if is_population => AgeCourse::Full,
        (0, 1..) if is_population => AgeCourse::TurnsOver,
        _ => AgeCourse::Unclear,
    }
}

/// From the trace's cycles to those of the runtime.
struct Clock {
    shift: Option<u64>,
}

impl Clock {
    fn of(judged: &Judged<'_>) -> Self {
        let aligned = match judged.run.timeline.alignment {
            Alignment::Unique { shift, .. } => u64::try_from(shift).ok(),
            _ => None,
        };
        let base = judged.run.pieces.trace_base.filter(|(before, after)| before == after);
        Self { shift: aligned.or(base.map(|(base, _)| base.0)) }
    }

    fn cycle(&self, births: &Births) -> Option<GcCycle> {
        Some(GcCycle(births.after + self.shift?))
    }

    /// Operations completed at the last checkpoint before that.
    fn operations(&self, births: &Births, judged: &Judged<'_>) -> Option<Operations> {
        let cycle = self.cycle(births)?;
        let before = judged.points.0.iter().rev().find(|point| point.cycle.is_some_and(|at| at <= cycle));
        Some(before.map_or(Operations(0), |point| Operations(point.operations)))
    }
}

/// Neighbours become one row until there are few.
fn thin(births: &mut Vec<Births>) {
    let step = births.len().div_ceil(MAX_BIRTHS).max(1);
    let rows = births.chunks(step).filter_map(|rows| {
        let objects = rows.iter().map(|row| row.objects).sum();
        rows.first().map(|first| Births { objects, ..*first })
    });
    *births = rows.collect();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Objects;
    use crate::model::heap::AgesBefore;

    fn ages(births: &[(u64, u64)], before: u64) -> ObjectAges {
        let before = AgesBefore { distinct: before, ..AgesBefore::default() };
        ObjectAges { before: Some(before), ..ObjectAges::new(births, Objects(0), 18) }
    }

    #[test]
    fn what_stays_of_every_stretch_accumulates_and_a_plateau_does_not() {
        let every: Vec<(u64, u64)> = (0..9).map(|stretch| (stretch * 2, 100)).collect();
        for (what, births, before, expected) in [
            ("a leak", &every[..], 2, AgeCourse::Accumulates),
            ("filled at first", &every[..3], 2, AgeCourse::Full),
            ("only the latest", &every[7..], 2, AgeCourse::TurnsOver),
            ("as many ages as before", &every[..], 9, AgeCourse::Unclear),
            ("one array, moved lately", &[(16, 1)], 1, AgeCourse::Unclear),
            ("some, long ago and lately", &[(0, 50), (16, 50)], 1, AgeCourse::Unclear),
        ] {
            assert_eq!(course(&ages(births, before), 9), expected, "{what}");
        }
    }

    #[test]
    fn few_checkpoints_or_many_objects_without_an_age_show_nothing() {
        let every: Vec<(u64, u64)> = (0..9).map(|stretch| (stretch * 2, 100)).collect();
        assert_eq!(course(&ages(&every, 2), MIN_STRETCHES - 1), AgeCourse::Unclear);
        let old = ObjectAges { older: Objects(1000), ..ages(&every, 2) };
        assert_eq!(course(&old, 9), AgeCourse::Unclear);
    }

    #[test]
    fn every_course_has_one_effect() {
        let all = [AgeCourse::Accumulates, AgeCourse::Full, AgeCourse::TurnsOver, AgeCourse::Unclear];
        for course in all {
            assert_eq!(COURSES.iter().filter(|(of, _)| *of == course).count(), 1, "{course:?}");
        }
    }

    #[test]
    fn thinned_births_are_as_many() {
        let mut births: Vec<Births> =
            (0..100).map(|after| Births { after, objects: Objects(after) }).collect();
        thin(&mut births);
        assert!(births.len() <= MAX_BIRTHS);
        assert_eq!(births.iter().map(|row| row.objects.0).sum::<u64>(), 99 * 50);
    }
}
