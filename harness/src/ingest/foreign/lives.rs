//! Processes that wrote to one log: a service that was started again, a parent and its child.
//!
//! gctrace's lines do not tell who wrote them, but each process counts its cycles from 1 and the time from its own start.

use crate::model::GctraceCycle;

/// Processes that are looked at for who wrote a line: those that wrote last.
const ALIVE: usize = 16;

/// The cycles of each process, in the order in which they began to write.
pub(super) fn lives(cycles: Vec<GctraceCycle>) -> Vec<Vec<GctraceCycle>> {
    let mut lives: Vec<Vec<GctraceCycle>> = Vec::new();
    // Which wrote, the latest last.
    let mut recent: Vec<usize> = Vec::new();
    for cycle in cycles {
        let whose = writer(&cycle, &lives, &recent).unwrap_or(lives.len());
        recent.retain(|life| *life != whose);
        recent.push(whose);
        if recent.len() > ALIVE {
            recent.remove(0);
        }
        match lives.get_mut(whose) {
            Some(life) => life.push(cycle),
            None => lives.push(vec![cycle]),
        }
    }
    lives
}

/// The process that this is the next cycle of; if lines are lost, the one that wrote last and was not as far.
fn writer(cycle: &GctraceCycle, lives: &[Vec<GctraceCycle>], recent: &[usize]) -> Option<usize> {
    let last = |life: &usize| lives.get(*life).and_then(|life| life.last());
    let before =
        |life: &&usize| last(life).is_some_and(|last| last.cycle < cycle.cycle && last.at <= cycle.at);
    let next =
        |life: &&usize| last(life).is_some_and(|last| last.cycle.0.checked_add(1) == Some(cycle.cycle.0));
    let possible = || recent.iter().rev().filter(before);
    possible().find(next).or_else(|| possible().next()).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::gctrace::{Reader, Record};

    /// Numbers and milliseconds.
    fn cycles(lines: &[(u64, u64)]) -> Vec<GctraceCycle> {
        let line = |(n, at): &(u64, u64)| {
            format!(
                "gc {n} @{}.{:03}s 2%: 0.030+0.82+0.003 ms clock, 0.060+0.10/0.73/0.20+0.006 ms cpu, 4->5->3 MB, 5 MB goal, 0 MB stacks, 0 MB globals, 2 P\n",
                at / 1000,
                at % 1000
            )
        };
        let text: String = lines.iter().map(line).collect();
        let read = super::super::gctrace::fold("log", text.as_bytes()).0;
        assert_eq!(
            read.len(),
            Reader::new("log", text.as_bytes()).filter(|one| matches!(one, Record::Cycle(_))).count()
        );
        assert_eq!(read.len(), lines.len());
        read
    }

    fn numbers(lines: &[(u64, u64)]) -> Vec<Vec<u64>> {
        let lives = lives(cycles(lines));
        lives.iter().map(|life| life.iter().map(|cycle| cycle.cycle.0).collect()).collect()
    }

    #[test]
    fn one_process_is_one_even_where_lines_are_lost() {
        assert_eq!(numbers(&[(1, 1), (2, 5), (5, 90), (6, 91)]), [[1, 2, 5, 6]]);
    }

    #[test]
    fn a_process_that_was_started_again_is_another() {
        assert_eq!(
            numbers(&[(1, 1), (2, 5), (3, 9), (1, 2), (2, 3), (3, 40), (4, 50)]),
            [vec![1, 2, 3], vec![1, 2, 3, 4]]
        );
        // The log was turned over: the second one's first lines are gone.
        assert_eq!(numbers(&[(1, 900), (2, 950), (7, 90), (8, 95)]), [[1, 2], [7, 8]]);
    }

    #[test]
    fn lines_of_a_parent_and_its_child_lie_between_each_other() {
        let lines = [(1, 1), (2, 10), (1, 1), (3, 20), (2, 9), (3, 19), (4, 30), (4, 31)];
        assert_eq!(numbers(&lines), [[1, 2, 3, 4], [1, 2, 3, 4]]);
    }

    #[test]
    fn very_many_processes_are_split_in_time_that_grows_with_the_lines_alone() {
        let lines: Vec<(u64, u64)> = (0..20_000).map(|n| (n % 2 + 1, n % 2 * 5)).collect();
        assert_eq!(lives(cycles(&lines)).len(), 10_000);
    }
}
