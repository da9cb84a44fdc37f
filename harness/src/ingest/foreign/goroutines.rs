//! Goroutines by creation site over several profiles or texts.
//!
//! Input: profiles (a stack and a count) and texts (a goroutine, its state, its creator). Output: a census, one group per
//! creation site, or per own stack where nothing tells who created them.

use std::collections::BTreeMap;

use crate::format::Problem;
use crate::format::exectrace::Names;
use crate::format::goroutines::{Reader, TextFrame, counts};
use crate::model::{Frame, GoroutineCensus, GoroutineGroup, ModuleTable, Stack};

use super::profiles::{Resolved, own_part, wait_of};

/// All goroutines at one moment.
#[derive(Debug, Default)]
pub(super) struct Moment {
    /// Nanoseconds since 1970, if known.
    pub(super) at: Option<i64>,
    goroutines: Vec<Seen>,
}

/// Goroutines that are alike.
#[derive(Debug)]
struct Seen {
    stack: Vec<Frame>,
    /// The `go` statement, if known.
    creator: Option<Frame>,
    /// Empty if nothing tells, or it runs.
    wait: String,
    count: u64,
}

impl Moment {
    pub(super) fn of_profile(profile: &Resolved) -> Self {
        let seen = |(stack, count): (&[Frame], u64)| Seen {
            stack: stack.to_vec(),
            creator: None,
            wait: wait_of(stack).to_owned(),
            count,
        };
        Self { at: profile.at, goroutines: profile.stacks().map(seen).collect() }
    }

    /// Stacks of all goroutines; no text tells when it was printed.
    pub(super) fn of_text(file: &str, text: &str) -> (Self, Vec<Problem>) {
        let mut names = Names::default();
        let mut reader = Reader::new(file, text);
        let seen = |goroutine: crate::format::goroutines::Goroutine<'_>| Seen {
            stack: goroutine.frames.iter().map(|one| frame(&mut names, one)).collect(),
            creator: goroutine.created_by.as_ref().map(|(creator, _)| frame(&mut names, creator)),
            wait: goroutine.state.to_owned(),
            count: 1,
        };
        let goroutines = reader.by_ref().map(seen).collect();
        (Self { at: None, goroutines }, reader.problems())
    }

    pub(super) fn of_counts(text: &str) -> Self {
        let mut names = Names::default();
        let seen = |(count, frames): (u64, Vec<TextFrame<'_>>)| {
            let stack: Vec<Frame> = frames.iter().map(|one| frame(&mut names, one)).collect();
            let wait = wait_of(&stack).to_owned();
            Seen { stack, creator: None, wait, count }
        };
        Self { at: None, goroutines: counts(text).into_iter().map(seen).collect() }
    }

    pub(super) fn frames(&self) -> impl Iterator<Item = &Frame> {
        self.goroutines.iter().flat_map(|seen| seen.stack.iter().chain(&seen.creator))
    }

    pub(super) fn total(&self) -> u64 {
        self.goroutines.iter().map(|seen| seen.count).fold(0, u64::saturating_add)
    }
}

fn frame(names: &mut Names, frame: &TextFrame<'_>) -> Frame {
    Frame { function: names.intern(frame.function), file: names.intern(frame.file), line: frame.line }
}

/// Creation stack and first function, and how many there are at each moment.
type Groups = BTreeMap<(Stack, Frame), Group>;

struct Group {
    alive: Vec<u64>,
    /// By wait and stack, at the last moment that has any.
    waits: BTreeMap<(String, Stack), u64>,
}

/// Counts over all moments, which are in order of time.
pub(super) fn census(modules: &ModuleTable, moments: &[Moment]) -> GoroutineCensus {
    let mut groups = Groups::new();
    for (nth, moment) in moments.iter().enumerate() {
        for seen in &moment.goroutines {
            let Some(key) = key(modules, seen) else { continue };
            let none = || Group { alive: vec![0; moments.len()], waits: BTreeMap::new() };
            let group = groups.entry(key).or_insert_with(none);
            if let Some(alive) = group.alive.get_mut(nth) {
                *alive = alive.saturating_add(seen.count);
            }
            if nth + 1 == moments.len() {
                let own = own_part(modules, &seen.stack);
                let count = group.waits.entry((seen.wait.clone(), own)).or_default();
                *count = count.saturating_add(seen.count);
            }
        }
    }
    GoroutineCensus { groups: groups.into_iter().map(group).collect(), complete: true }
}

/// A profile does not tell where a goroutine was created: then its own frames from the user's innermost on stand for
/// that.
fn key(modules: &ModuleTable, seen: &Seen) -> Option<(Stack, Frame)> {
    let own = own_part(modules, &seen.stack);
    let start = own.last().cloned()?;
    if let Some(creator) = &seen.creator {
        return Some((std::iter::once(creator.clone()).collect(), start));
    }
    let user = modules.user_frame(&own);
    let from = user.and_then(|user| own.iter().position(|frame| frame == user)).unwrap_or(0);
    Some((own.get(from..)?.into(), start))
}

fn group(((created_by, start), group): ((Stack, Frame), Group)) -> GoroutineGroup {
    let most = group.waits.into_iter().max_by_key(|(_, count)| *count);
    GoroutineGroup {
        created_by,
        start,
        created: group.alive.last().copied().unwrap_or(0),
        ended: 0,
        blocked: most.map(|((wait, stack), _)| (wait, stack)).filter(|(wait, _)| !wait.is_empty()),
        alive_at: group.alive,
        examples: Vec::new(),
    }
}
