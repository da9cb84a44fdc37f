//! Goroutines that the runtime's own leak detection marked, grouped by where they wait.

use std::collections::BTreeMap;

use crate::format::Problem;
use crate::format::exectrace::Names;
use crate::format::goroutines::{Goroutine, Reader, TextFrame};
use crate::model::{Frame, GoroutineId, LeakedGoroutines, ModuleTable, Owner, Stack};

/// Reads the goroutineleak profile's text. Goroutines of the probe are none of the program's.
pub(super) fn fold(file: &str, text: &str, modules: &ModuleTable) -> (Vec<LeakedGoroutines>, Vec<Problem>) {
    let mut names = Names::default();
    let mut groups: BTreeMap<(Stack, Option<Frame>, String), Vec<GoroutineId>> = BTreeMap::new();
    let mut reader = Reader::new(file, text);
    for goroutine in reader.by_ref().filter(|goroutine| goroutine.leaked) {
        let key = key(&goroutine, &mut names);
        let is_probe = |frame: &Frame| modules.owner(&frame.function) == Owner::Probe;
        if !key.0.iter().chain(&key.1).any(is_probe) {
            groups.entry(key).or_default().push(goroutine.id);
        }
    }
    let leaked = |((stack, created_by, wait), ids): (_, Vec<GoroutineId>)| LeakedGoroutines {
        stack,
        created_by,
        creation: None,
        wait,
        count: ids.len() as u64,
        ids,
    };
    (groups.into_iter().map(leaked).collect(), reader.problems())
}

/// Adds the stacks that the trace saw the goroutines created over. Goroutines at one place that were created over
/// several stacks become several groups.
pub(super) fn with_creation(
    groups: Vec<LeakedGoroutines>,
    creators: &BTreeMap<GoroutineId, Stack>,
) -> Vec<LeakedGoroutines> {
    let mut split = Vec::new();
    for group in groups {
        for (creation, ids) in by_creation(&group.ids, creators) {
            let (creation, count) = (creation.cloned(), ids.len() as u64);
            split.push(LeakedGoroutines { creation, count, ids, ..group.clone() });
        }
    }
    split
}

/// Ids by the stack that the trace saw them created over.
pub(super) fn by_creation<'c>(
    ids: &[GoroutineId],
    creators: &'c BTreeMap<GoroutineId, Stack>,
) -> BTreeMap<Option<&'c Stack>, Vec<GoroutineId>> {
    let mut sorted: BTreeMap<Option<&Stack>, Vec<GoroutineId>> = BTreeMap::new();
    for id in ids {
        sorted.entry(creators.get(id)).or_default().push(*id);
    }
    sorted
}

fn key(goroutine: &Goroutine<'_>, names: &mut Names) -> (Stack, Option<Frame>, String) {
    let (stack, created_by) = places(goroutine, names);
    (stack, created_by, goroutine.state.to_owned())
}

/// Where a goroutine is, and the frame that created it.
pub(super) fn places(goroutine: &Goroutine<'_>, names: &mut Names) -> (Stack, Option<Frame>) {
    let mut frame = |frame: &TextFrame<'_>| Frame {
        function: names.intern(frame.function),
        file: names.intern(frame.file),
        line: frame.line,
    };
    let stack = goroutine.frames.iter().map(&mut frame).collect();
    let created_by = goroutine.created_by.as_ref().map(|(creator, _)| frame(creator));
    (stack, created_by)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaked_goroutines_are_grouped_and_others_left_out() {
        let one = |id: u32, status: &str| {
            format!(
                "goroutine {id} [{status}]:\nmain.wait()\n\t/m.go:4 +0x1\ncreated by main.start in goroutine 1\n\t/m.go:9 +0x1\n\n"
            )
        };
        let text = [one(7, "chan receive (leaked)"), one(8, "chan receive"), one(9, "chan receive (leaked)")]
            .concat();
        let (groups, problems) = fold("goroutineleak", &text, &ModuleTable::default());
        assert_eq!(problems, []);
        assert_eq!(groups.len(), 1);
        assert_eq!((groups[0].count, &*groups[0].wait), (2, "chan receive"));
        assert_eq!(groups[0].ids, [GoroutineId(7), GoroutineId(9)]);
        assert_eq!(groups[0].created_by.as_ref().map(|frame| frame.line), Some(9));
    }
}
