//! Which commit to try next, and when the search is over.
//!
//! Input: git's own list of candidates with the distance of each (`git rev-list --bisect-all`), which knows of merges.
//! Output: the next commit. As `git bisect`, it takes the one that halves the candidates best of those that were not
//! skipped.

use std::collections::BTreeSet;

/// A commit that may be the first bad one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Its hash.
    pub commit: String,
    /// How many candidates at least fall away if it is tried.
    pub distance: u64,
}

/// What is known so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    /// Commits that are good.
    pub good: Vec<String>,
    /// The earliest commit that is known to be bad.
    pub bad: String,
    /// Commits that cannot be judged.
    pub skipped: BTreeSet<String>,
}

/// What follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Try this commit; so many steps are left, about.
    Try(String, u32),
    /// The bad one is the first.
    Found,
    /// The bad one or one of these, none of which can be judged.
    Unsure(Vec<String>),
}

impl History {
    /// What to do, given all commits that are bad or lead to it and are not known to be good.
    #[must_use]
    pub fn next(&self, candidates: &[Candidate]) -> Next {
        let open: Vec<&Candidate> = candidates.iter().filter(|one| one.commit != self.bad).collect();
        if open.is_empty() {
            return Next::Found;
        }
        let left = open.iter().filter(|one| !self.skipped.contains(&one.commit));
        match left.max_by_key(|one| one.distance) {
            Some(best) => Next::Try(best.commit.clone(), steps_left(open.len() + 1)),
            None => Next::Unsure(open.iter().map(|one| one.commit.clone()).collect()),
        }
    }
}

impl Candidate {
    /// A line of `git rev-list --bisect-all`: `HASH (dist=3, tag: v1)`; `None` if it is none.
    #[must_use]
    pub fn parse(line: &str) -> Option<Self> {
        let (commit, rest) = line.split_once(" (dist=")?;
        let digits = rest.split([',', ')']).next()?;
        let is_hash = !commit.is_empty() && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_hash.then_some(Self { commit: commit.to_owned(), distance: digits.parse().ok()? })
    }
}

/// About how many trials are left with so many commits that may be the first bad one.
#[must_use]
pub fn steps_left(candidates: usize) -> u32 {
    candidates.max(1).next_power_of_two().trailing_zeros()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(commit: &str, distance: u64) -> Candidate {
        Candidate { commit: commit.to_owned(), distance }
    }

    fn history(skipped: &[&str]) -> History {
        let skipped = skipped.iter().map(|one| (*one).to_owned()).collect();
        History { good: vec!["0".into()], bad: "9".into(), skipped }
    }

    #[test]
    fn gits_lines_are_read_and_others_are_not() {
        assert_eq!(Candidate::parse("ab12 (dist=3)"), Some(one("ab12", 3)));
        assert_eq!(Candidate::parse("ab12 (dist=0, tag: v1.0, main)"), Some(one("ab12", 0)));
        for line in ["", "ab12", "fatal: bad (dist=1)", " (dist=1)", "ab (dist=x)"] {
            assert_eq!(Candidate::parse(line), None, "{line}");
        }
    }

    #[test]
    fn the_commit_that_halves_best_is_next_and_a_skipped_one_is_passed_over() {
        let all = [one("5", 4), one("4", 3), one("6", 3), one("9", 0)];
        assert_eq!(history(&[]).next(&all), Next::Try("5".into(), 2));
        assert!(matches!(history(&["5"]).next(&all), Next::Try(commit, _) if commit == "4" || commit == "6"));
        assert_eq!(history(&[]).next(&[one("9", 0)]), Next::Found);
        assert_eq!(history(&["5"]).next(&[one("5", 1), one("9", 0)]), Next::Unsure(vec!["5".into()]));
    }

    #[test]
    fn steps_are_the_times_that_the_candidates_can_be_halved() {
        assert_eq!([0, 1, 2, 3, 4, 5, 16, 17].map(steps_left), [0, 0, 1, 2, 2, 3, 4, 5]);
    }
}
