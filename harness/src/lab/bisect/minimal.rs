//! Delta debugging: the fewest changes that flip an answer.
//!
//! Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", IEEE Transactions on Software Engineering
//! 28 (2002): `ddmin` over sets. The result is 1-minimal: without any one of its changes the answer does not flip. Changes
//! that only do it together are found together.

use std::collections::BTreeMap;

/// What a trial came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judged {
    /// As the good end.
    Good,
    /// As the bad end.
    Bad,
    /// It could not be told: it does not build, or does not run.
    Skip,
}

/// The fewest changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Minimal {
    /// Their places, ascending.
    pub changes: Vec<usize>,
    /// Subsets of them, one smaller, of which could not be told whether they would do.
    pub untold: usize,
}

/// The fewest of `n` changes with which `test` says [`Judged::Bad`]; all of them together must. A set is tested once.
///
/// # Errors
/// Those of `test`.
pub fn minimal<E>(n: usize, mut test: impl FnMut(&[usize]) -> Result<Judged, E>) -> Result<Minimal, E> {
    let mut known: BTreeMap<Vec<usize>, Judged> = BTreeMap::new();
    let mut test = |set: &[usize]| match known.get(set) {
        Some(judged) => Ok(*judged),
        None => {
            let judged = test(set)?;
            known.insert(set.to_vec(), judged);
            Ok(judged)
        }
    };
    let mut set: Vec<usize> = (0..n).collect();
    let mut parts = 2;
    while set.len() > 1 {
        parts = parts.min(set.len());
        let chunks = split(&set, parts);
        if let Some(chunk) = first_bad(&chunks, &mut test)? {
            (set, parts) = (chunk, 2);
            continue;
        }
        let rests: Vec<Vec<usize>> = chunks.iter().map(|chunk| without(&set, chunk)).collect();
        match if parts > 2 { first_bad(&rests, &mut test)? } else { None } {
            Some(rest) => (set, parts) = (rest, (parts - 1).max(2)),
            None if parts < set.len() => parts *= 2,
            None => break,
        }
    }
    let mut untold = 0;
    for one in set.iter().filter(|_| set.len() > 1) {
        untold += usize::from(test(&without(&set, &[*one]))? == Judged::Skip);
    }
    Ok(Minimal { changes: set, untold })
}

fn first_bad<E>(
    sets: &[Vec<usize>],
    test: &mut impl FnMut(&[usize]) -> Result<Judged, E>,
) -> Result<Option<Vec<usize>>, E> {
    for set in sets {
        if test(set)? == Judged::Bad {
            return Ok(Some(set.clone()));
        }
    }
    Ok(None)
}

/// `parts` pieces, as equal as can be; `parts` is at least 1 and at most the length.
fn split(set: &[usize], parts: usize) -> Vec<Vec<usize>> {
    let bound = |part: usize| set.len() * part / parts;
    (0..parts).filter_map(|part| set.get(bound(part)..bound(part + 1))).map(<[usize]>::to_vec).collect()
}

fn without(set: &[usize], out: &[usize]) -> Vec<usize> {
    set.iter().copied().filter(|one| !out.contains(one)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bad are the sets that have all of `needed`.
    fn find(n: usize, needed: &[usize]) -> (Vec<usize>, usize) {
        let mut tests = 0;
        let found = minimal(n, |set| {
            tests += 1;
            let bad = needed.iter().all(|one| set.contains(one));
            Ok::<_, ()>(if bad { Judged::Bad } else { Judged::Good })
        });
        (found.expect("no error").changes, tests)
    }

    #[test]
    fn every_single_change_and_every_pair_is_found_among_others() {
        for n in 1..9 {
            for a in 0..n {
                assert_eq!(find(n, &[a]).0, [a], "{n}");
                for b in a + 1..n {
                    assert_eq!(find(n, &[a, b]).0, [a, b], "{n}");
                }
            }
        }
        let (found, tests) = find(64, &[41]);
        assert!(found == [41] && tests <= 14, "{tests}");
    }

    #[test]
    fn all_together_are_found_to_be_needed() {
        assert_eq!(find(5, &[0, 1, 2, 3, 4]).0, [0, 1, 2, 3, 4]);
    }

    #[test]
    fn a_set_that_cannot_be_judged_is_not_taken_for_bad_and_is_told() {
        // Change 1 does it, and does not build without change 0.
        let judge = |set: &[usize]| match (set.contains(&0), set.contains(&1)) {
            (true, true) => Judged::Bad,
            (false, true) => Judged::Skip,
            _ => Judged::Good,
        };
        let found = minimal(4, |set| Ok::<_, ()>(judge(set))).expect("no error");
        assert_eq!(found, Minimal { changes: vec![0, 1], untold: 1 });
    }

    #[test]
    fn an_error_ends_the_search() {
        let mut left = 2;
        let found = minimal(8, |_| {
            left -= 1;
            if left == 0 { Err("interrupted") } else { Ok(Judged::Good) }
        });
        assert_eq!(found, Err("interrupted"));
    }
}
