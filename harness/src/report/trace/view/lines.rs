//! Lines of a list of places. Many stacks read the same, once they are a place: those are one line.

use std::cmp::Reverse;
use std::collections::HashMap;

use crate::model::{Nanoseconds, Stack};

/// One line: a place and its figures.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) words: String,
    pub(super) total: Nanoseconds,
    pub(super) max: Nanoseconds,
    pub(super) count: u64,
    /// Waits that are not over; calls that lost their processor; 0 where there is no such thing.
    pub(super) special: u64,
    pub(super) stack: Stack,
}

/// Lines that read the same as one, longest total first.
pub(super) fn merged(lines: impl Iterator<Item = Line>) -> Vec<Line> {
    let mut merged: Vec<Line> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for line in lines {
        match places.get(&line.words) {
            None => {
                places.insert(line.words.clone(), merged.len());
                merged.push(line);
            }
            Some(&place) => {
                let known = &mut merged[place];
                known.total = Nanoseconds(known.total.0.saturating_add(line.total.0));
                known.max = known.max.max(line.max);
                known.count = known.count.saturating_add(line.count);
                known.special = known.special.saturating_add(line.special);
            }
        }
    }
    merged.sort_by_key(|line| Reverse(line.total));
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(words: &str, total: i64, count: u64) -> Line {
        let (total, max) = (Nanoseconds(total), Nanoseconds(total));
        Line { words: words.to_owned(), total, max, count, special: 1, stack: Stack::from([]) }
    }

    #[test]
    fn places_that_read_the_same_are_added_up_and_sorted_anew() {
        let lines = merged([line("a", 5, 1), line("b", 4, 2), line("b", 3, 4)].into_iter());
        let shown: Vec<_> =
            lines.iter().map(|l| (l.words.as_str(), l.total.0, l.max.0, l.count, l.special)).collect();
        assert_eq!(shown, [("b", 7, 4, 6, 2), ("a", 5, 5, 1, 1)]);
    }
}
