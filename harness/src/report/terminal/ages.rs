//! How long objects have lived, in one line.

use super::text;
use crate::model::heap::ObjectAges;
use crate::model::{AgeCourse, AgesFound};

/// `1,800 objects in 45 distinct ages, oldest 44 GC cycles; …`
pub(super) fn ages(ages: &ObjectAges) -> String {
    let objects = text::counted(ages.dated.0, "object");
    let distinct = match ages.distinct {
        1 => "one age".to_owned(),
        n => format!("{} distinct ages", text::count(n)),
    };
    let known = match ages.dated.0 {
        0 => None,
        1 => Some(format!("1 object, {} old", cycles(ages.oldest))),
        _ => Some(format!("{objects} in {distinct}, oldest {}", cycles(ages.oldest))),
    };
    known.into_iter().chain(ageless(ages)).collect::<Vec<_>>().join("; ")
}

/// What has no age, and why.
fn ageless(ages: &ObjectAges) -> Option<String> {
    let whys =
        [(ages.older.0, "older than the trace and without an age"), (ages.unseen.0, "not in the trace")];
    let whys: Vec<String> = whys
        .iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, why)| format!("{} {} {why}", text::count(*n), if *n == 1 { "is" } else { "are" }))
        .collect();
    (!whys.is_empty()).then(|| whys.join(", "))
}

fn cycles(n: u64) -> String {
    text::counted(n, "GC cycle")
}

/// Of a finding, with what follows from it.
pub(super) fn found(found: &AgesFound) -> String {
    let AgesFound { ages, stretches: (some, all), .. } = found;
    let since = found.first_born.filter(|cycle| cycle.0 > 0);
    let since = since.map_or_else(String::new, |cycle| format!(" since GC cycle {cycle}"));
    let before = ages.before.zip(found.before).map_or_else(String::new, |(before, operations)| {
        format!(" ({} at operation {})", text::counted(before.distinct, "age"), text::count(operations.0))
    });
    let figures = self::ages(ages);
    match found.course {
        AgeCourse::Accumulates => {
            let of = if some == all { format!("each of the {all}") } else { format!("{some} of the {all}") };
            format!("ages: {figures}{before}: some of {of} stretches between checkpoints stay{since}")
        }
        AgeCourse::Full => {
            let last = found.last_born_after.map_or_else(
                || "in the later half of the run".to_owned(),
                |after| format!("in the stretches after operation {}", text::count(after.0)),
            );
            format!(
                "ages: a plateau, {figures}{before}: none that stays was born {last}, as in a cache that is full"
            )
        }
        AgeCourse::TurnsOver => format!(
            "ages: a plateau, {figures} of {}{before}: none gets older, as in a cache or queue",
            text::count(ages.cycle)
        ),
        AgeCourse::Unclear => format!("ages: {figures}{before}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::heap::AgesBefore;
    use crate::model::{GcCycle, Objects, Operations};

    fn leak() -> AgesFound {
        let births: Vec<(u64, u64)> = (0..9).map(|stretch| (stretch * 2, 200)).collect();
        let before = AgesBefore { cycle: 4, dated: Objects(400), distinct: 2, oldest: 4 };
        AgesFound {
            course: AgeCourse::Accumulates,
            ages: ObjectAges { before: Some(before), ..ObjectAges::new(&births, Objects(0), 18) },
            types: Vec::new(),
            stretches: (9, 9),
            first_born: Some(GcCycle(2)),
            last_born: Some(GcCycle(18)),
            last_born_after: Some(Operations(1600)),
            before: Some(Operations(400)),
        }
    }

    #[test]
    fn a_leaks_ages_and_a_plateaus_are_told_apart() {
        let mut told = leak();
        assert_eq!(
            found(&told),
            "ages: 1,800 objects in 9 distinct ages, oldest 18 GC cycles (2 ages at operation 400): some of each of the 9 stretches between checkpoints stay since GC cycle 2"
        );
        told.course = AgeCourse::Full;
        assert!(found(&told).contains("a plateau") && found(&told).contains("after operation 1,600"));
        told.course = AgeCourse::TurnsOver;
        assert!(found(&told).contains("oldest 18 GC cycles of 18"));
    }

    #[test]
    fn objects_older_than_the_trace_have_no_age_and_that_is_said() {
        let none = ObjectAges::new(&[], Objects(3), 8);
        assert_eq!(ages(&none), "3 are older than the trace and without an age");
        let some = ObjectAges { unseen: Objects(1), ..ObjectAges::new(&[(7, 1)], Objects(3), 8) };
        assert_eq!(
            ages(&some),
            "1 object, 1 GC cycle old; 3 are older than the trace and without an age, 1 is not in the trace"
        );
    }
}
