//! Groups the goroutines of a run's end by where they are, with what the operating system keeps for them: the
//! thread that each is locked to, and how deep their stacks are.
//!
//! Input: the text of all goroutines at the last checkpoint. Goroutines of the probe are none of the program's.

use std::collections::BTreeMap;

use crate::format::Problem;
use crate::format::exectrace::Names;
use crate::format::goroutines::{Goroutine, Reader};
use crate::model::{FinalGoroutines, Frame, GoroutineId, ModuleTable, Owner, Stack};

use super::leaked;

/// Goroutines with the same key are alike.
type Key = (String, bool, Stack, Option<Frame>);

/// Reads the text.
pub(super) fn fold(file: &str, text: &str, modules: &ModuleTable) -> (Vec<FinalGoroutines>, Vec<Problem>) {
    let mut names = Names::default();
    let mut groups: BTreeMap<Key, (u64, Vec<GoroutineId>)> = BTreeMap::new();
    let mut reader = Reader::new(file, text);
    for goroutine in reader.by_ref() {
        let key = key(&goroutine, &mut names);
        let is_probe = |frame: &Frame| modules.owner(&frame.function) == Owner::Probe;
        if !key.2.iter().chain(&key.3).any(is_probe) {
            let (depth, ids) = groups.entry(key).or_default();
            *depth = (*depth).max((goroutine.frames.len() as u64).saturating_add(goroutine.elided));
            ids.push(goroutine.id);
        }
    }
    let group = |((state, locked, stack, created_by), (depth, ids))| FinalGoroutines {
        state,
        locked,
        stack,
        depth,
        created_by,
        creation: None,
        ids,
    };
    (groups.into_iter().map(group).collect(), reader.problems())
}

/// Adds the stacks that the trace saw them created over; those of several stacks become several groups.
pub(super) fn with_creation(
    groups: Vec<FinalGoroutines>,
    creators: &BTreeMap<GoroutineId, Stack>,
) -> Vec<FinalGoroutines> {
    let mut split = Vec::new();
    for group in groups {
        for (creation, ids) in leaked::by_creation(&group.ids, creators) {
            split.push(FinalGoroutines { creation: creation.cloned(), ids, ..group.clone() });
        }
    }
    split
}

fn key(goroutine: &Goroutine<'_>, names: &mut Names) -> Key {
    let (stack, created_by) = leaked::places(goroutine, names);
    (goroutine.state.to_owned(), goroutine.locked, stack, created_by)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
goroutine 7 [chan receive, 2 minutes, locked to thread]:
main.run(0x1)
\t/src/main.go:9 +0x1d
created by main.open in goroutine 1
\t/src/main.go:4 +0x2

goroutine 8 [chan receive]:
main.walk(0x1)
\t/src/main.go:19 +0x1d
...1900 frames elided...
main.walk(0x1)
\t/src/main.go:18 +0x1d
created by main.open in goroutine 1
\t/src/main.go:5 +0x2

goroutine 9 [running]:
harnessprobe.worker(0x1)
\t/src/worker.go:1 +0x1d
";

    #[test]
    fn threads_and_depths_are_read_off_the_text_and_the_probe_is_left_out() {
        let modules = ModuleTable { main: "app".into(), dependencies: Vec::new() };
        let (groups, problems) = fold("t", TEXT, &modules);
        assert!(problems.is_empty(), "{problems:?}");
        let seen: Vec<_> = groups.iter().map(|group| (group.locked, group.depth, group.ids[0].0)).collect();
        assert_eq!(seen, [(false, 1902, 8), (true, 1, 7)]);
    }

    #[test]
    fn frames_that_cannot_be_so_many_are_as_many_as_a_number_holds() {
        let modules = ModuleTable { main: "app".into(), dependencies: Vec::new() };
        let most = format!("...{} frames elided...", u64::MAX);
        let text = TEXT.replace("...1900 frames elided...", &format!("{most}\n{most}"));
        let (groups, _) = fold("t", &text, &modules);
        assert_eq!(groups.iter().map(|group| group.depth).max(), Some(u64::MAX));
    }

    #[test]
    fn goroutines_of_two_creation_stacks_are_two_groups() {
        let modules = ModuleTable { main: "app".into(), dependencies: Vec::new() };
        let twice = format!("{TEXT}\n{}", TEXT.replace("goroutine 7", "goroutine 17"));
        let (groups, _) = fold("t", &twice, &modules);
        let frame = |line| Frame { function: "main.open".into(), file: "main.go".into(), line };
        let creators = BTreeMap::from([
            (GoroutineId(7), Stack::from([frame(4)])),
            (GoroutineId(17), Stack::from([frame(6)])),
        ]);
        let groups = with_creation(groups, &creators);
        assert_eq!(groups.iter().filter(|group| group.creation.is_some()).count(), 2);
    }
}
