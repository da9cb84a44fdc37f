//! Which goroutine created which, over what stack: creation stacks, climbed from child to parent.
//!
//! Where a library's goroutine creates another one, or calls the operating system, no line of the user's is on the
//! stack. It is on the stack over which that goroutine was created, or the goroutine that created that one. A chain is
//! those stacks one behind another, up to the first that has a frame of the main module: what is above that one
//! tells nothing about the cause, and would only split groups.

use std::collections::HashMap;

use crate::format::exectrace::{Event, EventKind, Names, Reader, StackId};
use crate::model::{Frame, GoroutineId, ModuleTable, Owner, Stack};

/// Stacks in a chain: goroutines that create their successors make an endless one.
const MAX_LINKS: u32 = 8;
/// Chains of several stacks that are told apart; of further ones only the first stack is known.
const MAX_LINKED: usize = 1 << 12;

/// The place of a chain in `Chains::chains`.
pub(super) type ChainId = u32;
/// Older than the trace.
pub(super) const NO_CHAIN: ChainId = 0;

/// The chains of a trace, and that of each living goroutine.
#[derive(Debug)]
pub(super) struct Chains<'m> {
    modules: &'m ModuleTable,
    chains: Vec<Chain>,
    chain_of: HashMap<(Stack, ChainId), ChainId>,
    /// Ids of this generation that were resolved already.
    known: HashMap<(StackId, ChainId), ChainId>,
    of_goroutine: HashMap<GoroutineId, ChainId>,
    linked: usize,
}

/// The creation stack of a goroutine, and the chain of its creator.
#[derive(Debug, Clone)]
struct Chain {
    stack: Stack,
    parent: ChainId,
    links: u32,
    /// Nobody further up is looked for.
    ends: bool,
}

impl<'m> Chains<'m> {
    pub(super) fn new(modules: &'m ModuleTable) -> Self {
        Self {
            modules,
            chains: vec![Chain { stack: Stack::from([]), parent: NO_CHAIN, links: 0, ends: true }],
            chain_of: HashMap::new(),
            known: HashMap::new(),
            of_goroutine: HashMap::new(),
            linked: 0,
        }
    }

    /// Stack ids are about to mean something else.
    pub(super) fn new_generation(&mut self) {
        self.known.clear();
    }

    /// Notes who creates whom, before anybody asks for the created one's chain.
    pub(super) fn event(&mut self, event: &Event, reader: &Reader<'_>, names: &mut Names) {
        match event.kind() {
            EventKind::GoCreate { created, .. } | EventKind::GoCreateBlocked { created, .. } => {
                let chain = self.created(event, reader, names);
                self.of_goroutine.insert(created, chain);
            }
            EventKind::GoDestroy | EventKind::GoDestroySyscall => {
                event.goroutine().into_iter().for_each(|goroutine| {
                    self.of_goroutine.remove(&goroutine);
                });
            }
            _ => {}
        }
    }

    /// The creation of a living goroutine.
    pub(super) fn of(&self, goroutine: Option<GoroutineId>) -> ChainId {
        goroutine.and_then(|id| self.of_goroutine.get(&id).copied()).unwrap_or(NO_CHAIN)
    }

    /// The frames of a chain, innermost first.
    pub(super) fn frames(&self, chain: ChainId) -> Stack {
        let Some(first) = self.chain(chain) else { return Stack::from([]) };
        if first.parent == NO_CHAIN {
            return first.stack.clone();
        }
        let links = std::iter::successors(Some(first), |chain| self.chain(chain.parent));
        links.take(MAX_LINKS as usize).flat_map(|chain| chain.stack.iter().cloned()).collect()
    }

    fn chain(&self, id: ChainId) -> Option<&Chain> {
        self.chains.get(id as usize).filter(|_| id != NO_CHAIN)
    }

    /// The chain of the goroutine that `event` creates.
    fn created(&mut self, event: &Event, reader: &Reader<'_>, names: &mut Names) -> ChainId {
        let key = (event.stack(), self.of(event.goroutine()));
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        let chain = self.link(names.stack(reader.stack(key.0)), key.1);
        self.known.insert(key, chain);
        chain
    }

    fn link(&mut self, stack: Stack, creator: ChainId) -> ChainId {
        let ends = stack.iter().any(|frame| self.ends_at(frame));
        let parent = if ends { NO_CHAIN } else { self.parent(&stack, creator) };
        let key = (stack, parent);
        if let Some(known) = self.chain_of.get(&key) {
            return *known;
        }
        let links = self.chain(parent).map_or(0, |parent| parent.links) + 1;
        self.linked += usize::from(links > 1);
        let id = u32::try_from(self.chains.len()).unwrap_or(NO_CHAIN);
        self.chains.push(Chain { stack: key.0.clone(), parent, links, ends });
        self.chain_of.insert(key, id);
        id
    }

    /// What a chain that begins with `stack` goes on with. One that is too long lacks stacks in its middle: the user's
    /// line is at its end. A goroutine that creates its like is no link of its own.
    fn parent(&self, stack: &Stack, creator: ChainId) -> ChainId {
        let is_like = |chain: &Chain| chain.stack == *stack && !chain.ends;
        let too_long = |chain: &Chain| chain.links >= MAX_LINKS;
        match self.chain(creator) {
            _ if self.linked >= MAX_LINKED => NO_CHAIN,
            Some(chain) if is_like(chain) || too_long(chain) => chain.parent,
            _ => creator,
        }
    }

    /// A frame of the main module's own code, or of the probe's. A library's closure that was inlined into a function
    /// of the main module bears that one's name; the file tells.
    fn ends_at(&self, frame: &Frame) -> bool {
        let foreign = ["/pkg/mod/", "/vendor/"].iter().any(|part| frame.file.contains(part))
            || frame.file.split('/').any(|part| part.contains("@v"));
        match self.modules.owner(&frame.function) {
            Owner::MainModule => !foreign,
            owner => owner == Owner::Probe,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stack(functions: &[&str]) -> Stack {
        let frame = |function: &&str| Frame { function: (*function).into(), file: "f.go".into(), line: 1 };
        functions.iter().map(frame).collect()
    }

    fn functions(chains: &Chains<'_>, chain: ChainId) -> Vec<String> {
        chains.frames(chain).iter().map(|frame| frame.function.to_string()).collect()
    }

    #[test]
    fn creation_stacks_are_climbed_to_the_first_that_has_the_users_line() {
        let modules = ModuleTable::default();
        let mut chains = Chains::new(&modules);
        let outer = chains.link(stack(&["main.main"]), NO_CHAIN);
        let user = chains.link(stack(&["dep.org/lib.New", "main.open"]), outer);
        let library = chains.link(stack(&["dep.org/lib.run"]), user);
        let inner = chains.link(stack(&["dep.org/lib.dial"]), library);
        assert_eq!(
            functions(&chains, inner),
            ["dep.org/lib.dial", "dep.org/lib.run", "dep.org/lib.New", "main.open"]
        );
        assert_eq!(chains.link(stack(&["dep.org/lib.dial"]), library), inner, "interned");
        let again = chains.link(stack(&["dep.org/lib.New", "main.open"]), inner);
        assert_eq!(again, user, "who called the user's function does not matter");
    }

    #[test]
    fn a_chain_that_creates_itself_without_end_stays_short_and_keeps_the_users_line() {
        let modules = ModuleTable::default();
        let mut chains = Chains::new(&modules);
        let user = chains.link(stack(&["main.open"]), NO_CHAIN);
        let mut like = user;
        let mut turns = user;
        for _ in 0..1000 {
            like = chains.link(stack(&["dep.org/lib.next"]), like);
            turns = chains.link(stack(&["dep.org/lib.ping"]), turns);
            turns = chains.link(stack(&["dep.org/lib.pong"]), turns);
        }
        assert_eq!(functions(&chains, like), ["dep.org/lib.next", "main.open"]);
        let turns = functions(&chains, turns);
        assert_eq!((turns.len(), turns.last().map(String::as_str)), (MAX_LINKS as usize, Some("main.open")));
        assert!(chains.chains.len() < 40, "{}", chains.chains.len());
    }

    #[test]
    fn a_librarys_closure_that_bears_the_users_name_ends_no_chain() {
        let modules = ModuleTable::default();
        let mut chains = Chains::new(&modules);
        let user = chains.link(stack(&["dep.org/lib.New", "main.open"]), NO_CHAIN);
        let inlined = Frame {
            function: "main.open.New.func1".into(),
            file: "/u/go/pkg/mod/dep.org/lib@v1.2.3/l.go".into(),
            line: 7,
        };
        let inner = chains.link(Stack::from([inlined]), user);
        assert_eq!(functions(&chains, inner), ["main.open.New.func1", "dep.org/lib.New", "main.open"]);
    }
}
