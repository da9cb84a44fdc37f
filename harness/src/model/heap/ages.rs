//! How long objects of a dump have lived: the same objects found in the execution trace, which saw them allocated.
//!
//! An object's age is counted in GC cycles: 0 if no cycle has ended since it was allocated. A cycle's number here is
//! the trace's own count, 0 before its first. What the trace did not see allocated has no age.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::Objects;

/// Most rows of births that are kept: with more cycles than that, a row stands for several.
const MAX_ROWS: u64 = 512;

/// Ages of the objects of a site or type.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ObjectAges {
    /// Objects that have an age.
    pub dated: Objects,
    /// Objects that are older than the trace: they have none.
    pub older: Objects,
    /// Objects of the dump that the trace does not have: they have none.
    pub unseen: Objects,
    /// Distinct ages.
    pub distinct: u64,
    /// Age of the oldest that has one.
    pub oldest: u64,
    /// Age of which half of them are no older.
    pub median: u64,
    /// The cycle that had ended last when the dump was taken.
    pub cycle: u64,
    /// How many of them were born when, in order of time.
    pub births: Vec<Births>,
    /// The same at an earlier dump.
    pub before: Option<AgesBefore>,
}

/// Objects that were born between the end of one GC cycle and the end of the next, and live.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Births {
    /// The cycle that had ended. Where there are many cycles, the first of several.
    pub after: u64,
    /// How many.
    pub objects: Objects,
}

/// Ages at an earlier dump.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AgesBefore {
    /// The cycle that had ended then.
    pub cycle: u64,
    /// Objects that had an age.
    pub dated: Objects,
    /// Distinct ages.
    pub distinct: u64,
    /// Age of the oldest.
    pub oldest: u64,
}

impl ObjectAges {
    /// Of objects counted by birth, in order of it; the cycle that had ended last is `cycle`.
    #[must_use]
    pub fn new(births: &[(u64, u64)], older: Objects, cycle: u64) -> Self {
        let stride = (cycle + 1).div_ceil(MAX_ROWS).max(1);
        let mut ages = Self { older, cycle, distinct: births.len() as u64, ..Self::default() };
        for &(after, objects) in births {
            ages.add(Births { after: after - after % stride, objects: Objects(objects) });
        }
        ages.measure(births.first().map(|first| first.0));
        ages
    }

    /// Both together. They are of one dump.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let oldest = self.oldest.max(other.oldest);
        let mut births = [&*self.births, &*other.births].concat();
        births.sort_by_key(|births| births.after);
        let mut both = Self {
            older: self.older + other.older,
            unseen: self.unseen + other.unseen,
            cycle: self.cycle.max(other.cycle),
            before: joined(self.before, other.before),
            ..Self::default()
        };
        births.into_iter().for_each(|births| both.add(births));
        // Rows of several cycles each count less than there are.
        both.distinct = (both.births.len() as u64).max(self.distinct).max(other.distinct);
        both.measure((both.dated.0 > 0).then(|| both.cycle.saturating_sub(oldest)));
        both
    }

    fn add(&mut self, births: Births) {
        self.dated += births.objects;
        match self.births.last_mut().filter(|last| last.after == births.after) {
            Some(last) => last.objects += births.objects,
            None => self.births.push(births),
        }
    }

    fn measure(&mut self, first: Option<u64>) {
        self.oldest = first.map_or(0, |first| self.cycle.saturating_sub(first));
        let mut younger = 0;
        let middle = self.births.iter().rev().find(|births| {
            younger += births.objects.0;
            younger * 2 >= self.dated.0
        });
        self.median = middle.map_or(0, |births| self.cycle.saturating_sub(births.after)).min(self.oldest);
    }

    /// What a later dump compares with.
    #[must_use]
    pub fn as_before(&self) -> AgesBefore {
        let Self { cycle, dated, distinct, oldest, .. } = *self;
        AgesBefore { cycle, dated, distinct, oldest }
    }

    /// All objects, with an age or without.
    #[must_use]
    pub fn objects(&self) -> Objects {
        self.dated + self.older + self.unseen
    }
}

/// Of sites that were there at the earlier dump, and of those that were not.
fn joined(a: Option<AgesBefore>, b: Option<AgesBefore>) -> Option<AgesBefore> {
    let (Some(a), Some(b)) = (a, b) else { return a.or(b) };
    Some(AgesBefore {
        cycle: a.cycle.max(b.cycle),
        dated: a.dated + b.dated,
        distinct: a.distinct.max(b.distinct),
        oldest: a.oldest.max(b.oldest),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_counted_from_the_cycle_that_ended_last() {
        let ages = ObjectAges::new(&[(2, 10), (5, 30), (6, 20)], Objects(3), 8);
        assert_eq!((ages.dated, ages.older, ages.distinct), (Objects(60), Objects(3), 3));
        assert_eq!((ages.oldest, ages.median), (6, 3), "half of 60 are no older than 3 cycles");
    }

    #[test]
    fn two_sites_of_one_age_have_one_age_together() {
        let a = ObjectAges::new(&[(1, 4), (2, 4)], Objects(1), 9);
        let b = ObjectAges::new(&[(2, 4), (4, 4)], Objects(0), 9);
        let both = a.and(&b);
        assert_eq!((both.dated, both.distinct, both.oldest), (Objects(16), 3, 8));
        assert_eq!(both.births[1], Births { after: 2, objects: Objects(8) });
    }

    #[test]
    fn with_many_cycles_a_row_stands_for_several_and_the_number_of_ages_is_exact() {
        let births: Vec<(u64, u64)> = (0..2000).map(|cycle| (cycle, 1)).collect();
        let ages = ObjectAges::new(&births, Objects(0), 2000);
        assert!(ages.births.len() <= 512, "{}", ages.births.len());
        assert_eq!((ages.distinct, ages.dated, ages.oldest), (2000, Objects(2000), 2000));
    }

    #[test]
    fn nothing_that_has_an_age_has_no_oldest() {
        let ages = ObjectAges::new(&[], Objects(5), 8);
        assert_eq!((ages.distinct, ages.oldest, ages.median, ages.objects()), (0, 0, 0, Objects(5)));
    }
}
