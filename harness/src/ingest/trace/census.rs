//! Which goroutines were created where, which of them ended, and what the others wait for. Where is told up to the
//! user's line: by `chains`.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::format::exectrace::{Event, EventKind, GoState, Names, Reader, StackId, StringId};
use crate::model::{Frame, GoroutineCensus, GoroutineGroup, GoroutineId, Stack};

use super::chains::{ChainId, Chains};

/// Ids kept per group as examples.
const MAX_EXAMPLES: usize = 5;

/// Living goroutines and the groups they belong to.
#[derive(Debug, Default)]
pub(super) struct Census {
    living: BTreeMap<GoroutineId, Living>,
    groups: Vec<GoroutineGroup>,
    alive: Vec<u64>,
    group_of: HashMap<(ChainId, Option<Frame>), u32>,
    /// Ids of this generation that were resolved already.
    known_sites: HashMap<(ChainId, StackId), u32>,
    waits: Vec<(Arc<str>, Stack)>,
    wait_of: HashMap<(Arc<str>, Stack), u32>,
    known_waits: HashMap<(StringId, StackId), u32>,
    n_checkpoints: usize,
}

/// A goroutine that has not ended.
#[derive(Debug, Clone, Copy, Default)]
struct Living {
    /// Its group; `None` when it is older than the trace.
    group: Option<u32>,
    /// What it waits for; `None` while it can run.
    wait: Option<u32>,
}

impl Census {
    /// Goroutines alive now.
    pub(super) fn alive(&self) -> u64 {
        self.living.len() as u64
    }

    /// Stack and string ids are about to mean something else.
    pub(super) fn new_generation(&mut self) {
        self.known_sites.clear();
        self.known_waits.clear();
    }

    /// Notes how many goroutines of each group are alive.
    pub(super) fn checkpoint(&mut self) {
        for (group, alive) in self.groups.iter_mut().zip(&self.alive) {
            group.alive_at.push(*alive);
        }
        self.n_checkpoints += 1;
    }

    /// Looks at one event.
    pub(super) fn event(
        &mut self,
        event: &Event,
        chains: &Chains<'_>,
        (reader, names): (&Reader<'_>, &mut Names),
    ) {
        match event.kind() {
            EventKind::GoCreate { created, start } | EventKind::GoCreateBlocked { created, start } => {
                self.created(created, start, chains, (reader, names));
            }
            EventKind::GoCreateSyscall { created } => {
                self.living.insert(created, Living::default());
            }
            EventKind::GoStatus { about, before: GoState::Undetermined, .. } => {
                self.living.entry(about).or_default();
            }
            EventKind::GoDestroy | EventKind::GoDestroySyscall => {
                event.goroutine().into_iter().for_each(|goroutine| self.ended(goroutine));
            }
            EventKind::GoBlock { reason } => self.blocked(event, reason, reader, names),
            EventKind::GoUnblock { unblocked } => {
                self.living.entry(unblocked).and_modify(|living| living.wait = None);
            }
            _ => {}
        }
    }

    fn created(
        &mut self,
        id: GoroutineId,
        start: StackId,
        chains: &Chains<'_>,
        (reader, names): (&Reader<'_>, &mut Names),
    ) {
        let site = (chains.of(Some(id)), start);
        let group = match self.known_sites.get(&site) {
            Some(known) => *known,
            None => {
                let start = names.stack(reader.stack(start)).first().cloned();
                let group = self.group(site.0, start, chains);
                self.known_sites.insert(site, group);
                group
            }
        };
        self.groups[group as usize].created += 1;
        self.alive[group as usize] += 1;
        self.living.insert(id, Living { group: Some(group), wait: None });
    }

    fn group(&mut self, chain: ChainId, start: Option<Frame>, chains: &Chains<'_>) -> u32 {
        let key = (chain, start);
        if let Some(known) = self.group_of.get(&key) {
            return *known;
        }
        let index = u32::try_from(self.groups.len()).unwrap_or(u32::MAX);
        let unknown = || Frame { function: "?".into(), file: "?".into(), line: 0 };
        self.groups.push(GoroutineGroup {
            created_by: chains.frames(chain),
            start: key.1.clone().unwrap_or_else(unknown),
            created: 0,
            ended: 0,
            alive_at: vec![0; self.n_checkpoints],
            blocked: None,
            examples: Vec::new(),
        });
        self.alive.push(0);
        self.group_of.insert(key, index);
        index
    }

    fn ended(&mut self, id: GoroutineId) {
        if let Some(Living { group: Some(group), .. }) = self.living.remove(&id) {
            self.groups[group as usize].ended += 1;
            self.alive[group as usize] -= 1;
        }
    }

    fn blocked(&mut self, event: &Event, reason: StringId, reader: &Reader<'_>, names: &mut Names) {
        let key = (reason, event.stack());
        let wait = match self.known_waits.get(&key) {
            Some(known) => *known,
            None => {
                let text = names.intern(reader.string(reason).unwrap_or("?"));
                let wait = self.wait((text, names.stack(reader.stack(event.stack()))));
                self.known_waits.insert(key, wait);
                wait
            }
        };
        let living = event.goroutine().and_then(|id| self.living.get_mut(&id));
        living.into_iter().for_each(|living| living.wait = Some(wait));
    }

    fn wait(&mut self, wait: (Arc<str>, Stack)) -> u32 {
        if let Some(known) = self.wait_of.get(&wait) {
            return *known;
        }
        let index = u32::try_from(self.waits.len()).unwrap_or(u32::MAX);
        self.waits.push(wait.clone());
        self.wait_of.insert(wait, index);
        index
    }

    /// Creation stacks of those alive, as far as the trace saw them created.
    pub(super) fn creators(&self) -> BTreeMap<GoroutineId, Stack> {
        let stack = |group: u32| Arc::clone(&self.groups[group as usize].created_by);
        self.living.iter().filter_map(|(id, living)| Some((*id, stack(living.group?)))).collect()
    }

    /// The groups, with what their living goroutines mostly wait for.
    pub(super) fn finish(mut self, complete: bool) -> GoroutineCensus {
        let mut waiting: BTreeMap<(u32, u32), u64> = BTreeMap::new();
        for (id, living) in &self.living {
            let Some(group) = living.group else { continue };
            let examples = &mut self.groups[group as usize].examples;
            if examples.len() < MAX_EXAMPLES {
                examples.push(*id);
            }
            if let Some(wait) = living.wait {
                *waiting.entry((group, wait)).or_default() += 1;
            }
        }
        let mut most: BTreeMap<u32, u64> = BTreeMap::new();
        for ((group, wait), count) in waiting {
            let best = most.entry(group).or_default();
            if count > *best {
                *best = count;
                let (reason, stack) = &self.waits[wait as usize];
                self.groups[group as usize].blocked = Some((reason.to_string(), Arc::clone(stack)));
            }
        }
        GoroutineCensus { groups: self.groups, complete }
    }
}

#[cfg(test)]
mod tests {
    use harness_synth::encode;

    use super::super::fold;
    use crate::ingest::Watch;
    use crate::model::{GoroutineId, ModuleTable, MonotonicTime, Stack};

    /// Two goroutines of a library that one of its goroutines creates, which the user's line created; one of them ends.
    const LIBRARY: &str = r#"
thread 10 at=1000
  +10 ProcStatus p=0 state=running
  +10 GoStatus g=1 m=10 state=running
  +10 GoCreate g=7 start="lib.run l.go:1" stack="lib.New l.go:3; main.open a.go:9; main.main a.go:20"
  +10 GoBlock reason="chan receive" stack="main.main a.go:21"
  +10 GoStart g=7 seq=1
  +10 GoCreate g=8 start="lib.read l.go:30" stack="lib.run l.go:5"
  +10 GoCreate g=9 start="lib.read l.go:30" stack="lib.run l.go:5"
  +10 GoBlock reason="select" stack="lib.run l.go:6"
  +10 GoStart g=8 seq=1
  +10 GoDestroy
end
"#;

    #[test]
    fn goroutines_are_grouped_by_the_creation_of_their_creator_too_up_to_the_users_line() {
        let trace = encode(LIBRARY, 23).unwrap_or_else(|error| panic!("{error:?}"));
        let piece =
            fold(("t", &trace.bytes), &[MonotonicTime(9000)], &ModuleTable::default(), Watch::NONE).unwrap();
        let functions =
            |stack: &Stack| -> Vec<String> { stack.iter().map(|frame| frame.function.to_string()).collect() };
        let [outer, inner] = &piece.census.groups[..] else { panic!("{:?}", piece.census.groups) };
        assert_eq!(functions(&outer.created_by), ["lib.New", "main.open", "main.main"]);
        assert_eq!(functions(&inner.created_by), ["lib.run", "lib.New", "main.open", "main.main"]);
        assert_eq!((inner.created, inner.ended, &inner.alive_at[..]), (2, 1, &[1][..]));
        assert_eq!(piece.creators[&GoroutineId(9)], inner.created_by, "what joins the leak profile");
    }
}
