//! Goroutines by creation site over several profiles or texts.
//!
//! Input: profiles (a stack and a count) and texts (a goroutine, its state, its creator). Output: a census, one group per
//! creation site, or per outermost function of the user's where nothing tells who created them.

use std::collections::BTreeMap;

use crate::format::Problem;
use crate::format::exectrace::Names;
use crate::format::goroutines::{Reader, TextFrame, counts};
use crate::model::{Frame, GoroutineCensus, GoroutineGroup, ModuleTable, Owner, Stack};

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

/// Creation stack and first function.
type Place = (Stack, Frame);

/// By place, without the lines that a goroutine passes as it goes on.
type Groups = BTreeMap<Place, Group>;

#[derive(Default)]
struct Group {
    alive: Vec<u64>,
    /// With their lines, at the last moment that has any.
    places: BTreeMap<Place, u64>,
    /// By wait and stack, likewise.
    waits: BTreeMap<(String, Stack), u64>,
}

/// Counts over all moments, which are in order of time.
pub(super) fn census(modules: &ModuleTable, moments: &[Moment]) -> GoroutineCensus {
    let mut groups = Groups::new();
    for (nth, moment) in moments.iter().enumerate() {
        for seen in &moment.goroutines {
            let Some(place) = place(modules, seen) else { continue };
            let group = groups.entry(lasting(&place, seen)).or_default();
            group.alive.resize(moments.len(), 0);
            if let Some(alive) = group.alive.get_mut(nth) {
                *alive = alive.saturating_add(seen.count);
            }
            if nth + 1 == moments.len() {
                add(&mut group.places, place, seen.count);
                add(&mut group.waits, (seen.wait.clone(), own_part(modules, &seen.stack)), seen.count);
            }
        }
    }
    GoroutineCensus { groups: groups.into_iter().map(group).collect(), complete: true }
}

fn add<K: Ord>(counts: &mut BTreeMap<K, u64>, key: K, n: u64) {
    let count = counts.entry(key).or_default();
    *count = count.saturating_add(n);
}

/// A profile does not tell where a goroutine was created: then its frames from the outermost of the user's on stand for
/// that, which a `go` statement has in common whatever its goroutines do just then.
fn place(modules: &ModuleTable, seen: &Seen) -> Option<Place> {
    let own = own_part(modules, &seen.stack);
    let start = own.last().cloned()?;
    if let Some(creator) = &seen.creator {
        return Some((std::iter::once(creator.clone()).collect(), start));
    }
    let is_user = |frame: &Frame| modules.owner(&frame.function) == Owner::MainModule;
    let from = own.iter().rposition(is_user).unwrap_or(0);
    Some((own.get(from..)?.into(), start))
}

/// A `go` statement stays where it is; of frames that are being run, the function does.
fn lasting((created_by, start): &Place, seen: &Seen) -> Place {
    let function = |frame: &Frame| Frame { line: 0, ..frame.clone() };
    let created_by = match &seen.creator {
        Some(_) => created_by.clone(),
        None => created_by.iter().map(function).collect(),
    };
    (created_by, function(start))
}

fn group((place, group): (Place, Group)) -> GoroutineGroup {
    let most = group.waits.into_iter().max_by_key(|(_, count)| *count);
    let shown = group.places.into_iter().max_by_key(|(_, count)| *count);
    let (created_by, start) = shown.map_or(place, |(place, _)| place);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(function: &str, line: u32) -> Frame {
        Frame { function: function.into(), file: "/src/app/a.go".into(), line }
    }

    fn seen(stack: &[(&str, u32)], count: u64) -> Seen {
        let stack = stack.iter().map(|(function, line)| frame(function, *line)).collect();
        Seen { stack, creator: None, wait: "chan receive".to_owned(), count }
    }

    fn moment(goroutines: Vec<Seen>) -> Moment {
        Moment { at: None, goroutines }
    }

    #[test]
    fn goroutines_of_one_function_are_one_group_wherever_they_wait() {
        let modules = ModuleTable { main: "app".into(), dependencies: Vec::new() };
        let moments = [
            moment(vec![seen(&[("app.work", 10)], 5), seen(&[("app.step", 3), ("app.work", 20)], 1)]),
            moment(vec![seen(&[("app.work", 10)], 2), seen(&[("app.step", 3), ("app.work", 20)], 9)]),
        ];
        let found = census(&modules, &moments);
        assert_eq!(found.groups.len(), 1, "{found:?}");
        assert_eq!(found.groups[0].alive_at, [6, 11]);
        assert_eq!(found.groups[0].start, frame("app.work", 20)); // where most of them are now
        let waits = found.groups[0].blocked.as_ref().map(|(_, stack)| stack.len());
        assert_eq!(waits, Some(2));
    }

    #[test]
    fn a_librarys_goroutine_is_laid_at_the_outermost_function_of_the_users_that_it_calls() {
        let modules = ModuleTable { main: "app".into(), dependencies: Vec::new() };
        let serve = [("app.query", 7), ("app.handle", 30), ("net/http.(*conn).serve", 99)];
        let found = census(&modules, &[moment(vec![seen(&serve, 1)])]);
        let functions: Vec<&str> = found.groups[0].created_by.iter().map(|frame| &*frame.function).collect();
        assert_eq!(functions, ["app.handle", "net/http.(*conn).serve"]);
    }
}
