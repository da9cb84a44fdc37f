//! The longest chain of actions of which each waits for the one before.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;

use crate::format::buildtime::Action;
use crate::model::Nanoseconds;
use crate::model::lab::time::Step;

/// Its steps, first to last, without those that took no time. Actions that wait for each other in a circle (no sound file
/// has any) are in no chain.
pub(super) fn longest(actions: &[Action]) -> Vec<Step> {
    let rows: FxHashMap<u64, usize> =
        actions.iter().enumerate().map(|(row, action)| (action.id, row)).collect();
    let deps = |action: &Action| -> Vec<usize> {
        action.deps.iter().filter_map(|id| rows.get(id).copied()).collect()
    };
    let mut waiting: Vec<usize> = actions.iter().map(|action| deps(action).len()).collect();
    let mut users: Vec<Vec<usize>> = vec![Vec::new(); actions.len()];
    for (row, action) in actions.iter().enumerate() {
        for dep in deps(action) {
            users[dep].push(row);
        }
    }
    let mut open: VecDeque<usize> = (0..actions.len()).filter(|row| waiting[*row] == 0).collect();
    // The longest chain to an action's start, and the last action of it.
    let mut before: Vec<(i64, Option<usize>)> = vec![(0, None); actions.len()];
    let mut last: Option<(i64, usize)> = None;
    while let Some(row) = open.pop_front() {
        let end = before[row].0.saturating_add(took(&actions[row]).0);
        if last.is_none_or(|(longest, _)| end > longest) {
            last = Some((end, row));
        }
        for user in &users[row] {
            if end > before[*user].0 {
                before[*user] = (end, Some(row));
            }
            waiting[*user] -= 1;
            if waiting[*user] == 0 {
                open.push_back(*user);
            }
        }
    }
    let chain = std::iter::successors(last.map(|(_, row)| row), |row| before[*row].1);
    let mut steps: Vec<Step> = chain.map(|row| step(&actions[row])).filter(|step| step.took.0 > 0).collect();
    steps.reverse();
    steps
}

fn step(action: &Action) -> Step {
    Step { action: action.mode.clone(), package: action.package.clone(), took: took(action) }
}

/// From its start to its end.
pub(super) fn took(action: &Action) -> Nanoseconds {
    match (action.start, action.done) {
        (Some(start), Some(done)) => Nanoseconds(done.since(start).0.max(0)),
        _ => Nanoseconds(0),
    }
}
