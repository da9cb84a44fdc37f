//! The steps from a dump to everything that can be asked of it.

use std::ops::ControlFlow;
use std::sync::mpsc;

use super::classes::{Classes, Types};
use super::collect::{Collected, OnProgress, Progress, collect};
use super::dominators::{Degrees, Dominators, Predecessors};
use super::fields::References;
use super::graph::Graph;
use super::merged::{Member, Merged};
use super::names::{Statics, Symbols};
use super::paths::Paths;
use crate::format::heapdump::Reader;
use crate::model::{Bytes, MissingInput, ModuleTable};

/// What helps to understand a dump.
#[derive(Default)]
pub struct Options<'a> {
    /// Names of globals.
    pub symbols: Option<&'a Symbols>,
    /// Whose code a function is.
    pub modules: ModuleTable,
    /// Told how far it is; may stop it.
    pub progress: Option<OnProgress<'a>>,
}

/// A dump whose references are known, before types.
#[derive(Debug)]
pub struct Loaded {
    pub(super) all: Collected,
    pub(super) graph: Graph,
    pub(super) statics: Statics,
    pub(super) modules: ModuleTable,
    pub(super) missing: Vec<MissingInput>,
    pub(super) len: Bytes,
}

impl Loaded {
    /// Reads the dump; what could not be read, the reader's problems tell.
    pub fn read(reader: &mut Reader<'_>, options: Options<'_>) -> Self {
        let Options { symbols, modules, progress } = options;
        let mut silent = |_: Progress| ControlFlow::Continue(());
        let all = collect(reader, progress.unwrap_or(&mut silent));
        let mut loaded = Self::new(all, symbols, modules);
        loaded.len = Bytes(reader.len());
        if let Some(problem) = reader.problems().first() {
            let why =
                format!("it is not whole ({problem}): what follows is missing, and with it roots or samples");
            loaded.missing.insert(0, missing(&why));
        }
        loaded
    }

    fn new(mut all: Collected, symbols: Option<&Symbols>, modules: ModuleTable) -> Self {
        let mut notes = Vec::new();
        let statics = match symbols.map(|symbols| Statics::new(symbols, &all.segments, &all.root_slots)) {
            Some(Ok(statics)) => statics,
            Some(Err(why)) => {
                notes.push(missing(&format!("{why}; globals are shown as addresses")));
                Statics::default()
            }
            None => {
                notes.push(missing("no binary with symbols was given: globals are shown as addresses"));
                Statics::default()
            }
        };
        if let Some(why) = all.stopped {
            notes.push(missing(&format!("{why}: the rest was left out")));
        }
        let graph = Graph::new(&mut all, &statics, &modules);
        if graph.n_overlapping > 0 {
            notes.push(missing(&format!("{} objects overlap others and are left out", graph.n_overlapping)));
        }
        Self { all, graph, statics, modules, missing: notes, len: Bytes(0) }
    }

    /// Number of objects, free slots among them. They are numbered from 0 by address.
    #[must_use]
    pub fn n_objects(&self) -> u32 {
        self.graph.objects.len()
    }

    /// The object whose slot an address lies in.
    #[must_use]
    pub fn object_at(&self, address: u64) -> Option<u32> {
        self.graph.objects.find(address)
    }

    /// Address and size of an object's slot. `object` is below [`Loaded::n_objects`].
    #[must_use]
    pub fn slot(&self, object: u32) -> (u64, u64) {
        (self.graph.objects.address(object), self.graph.objects.size(object))
    }

    /// Addresses in objects that the memory profile sampled: they were in use.
    pub fn samples(&self) -> impl Iterator<Item = u64> + '_ {
        self.all.samples.iter().map(|(address, _)| *address)
    }

    /// Where in the dump an object about in the middle stands, and the first record behind all objects. `None` if that
    /// was not read, or some objects overlap.
    pub(in crate::ingest) fn object_places(&self) -> Option<(u64, u64)> {
        let past = self.all.past_objects.filter(|_| self.graph.n_overlapping == 0)?;
        Some((self.all.index.middle()?, past))
    }

    /// Finds out who holds what. `types` are what somebody found out with the help of the above.
    #[must_use]
    pub fn analyse(self, types: Option<&Types>) -> Heap {
        Heap::new(self, types)
    }
}

pub(super) fn missing(why: &str) -> MissingInput {
    MissingInput { source: "heap dump".to_owned(), why: why.to_owned() }
}

/// Nodes that are merged together.
const BLOCK: usize = 32;

/// A dump of which everything is known.
#[derive(Debug)]
pub struct Heap {
    pub(super) loaded: Loaded,
    pub(super) classes: Classes,
    pub(super) dominators: Dominators,
    pub(super) paths: Paths,
    /// By node: bytes that it dominates, itself included.
    pub(super) retained: Vec<u64>,
    /// The tree of dominators, merged.
    pub(super) held: Merged,
    /// The tree of shortest paths, merged.
    pub(super) ways: Merged,
    /// Where in what refers to them the references to some nodes stand.
    pub(super) fields: References,
}

impl Heap {
    fn new(loaded: Loaded, types: Option<&Types>) -> Self {
        let Loaded { all, graph, modules, .. } = &loaded;
        let classes = Classes::new(all, &graph.objects, types, modules);
        let edges = &graph.edges;
        let degrees = Degrees::new(edges);
        let leaves = &degrees.leaves(edges);
        let top = graph.top();
        let (give, take) = mpsc::channel();
        // The one core gives numbers, which the other makes the rest ready for, and then goes its own way.
        let (mut dominators, (mut paths, ways)) = both(
            move || {
                let predecessors = || take.recv().unwrap_or_default();
                Dominators::new(edges, top, leaves, predecessors)
            },
            || {
                // It fails only if the other panicked.
                let _ = give.send(Predecessors::new(edges, degrees));
                let paths = Paths::new(graph, leaves);
                let ways = merged(graph, &classes, paths.order());
                (paths, ways)
            },
        );
        paths.forget_order();
        let (retained, held) =
            both(|| dominators.sums(|node| graph.size(node)), || merged(graph, &classes, dominators.order()));
        dominators.forget_order();
        Self { loaded, classes, dominators, paths, retained, held, ways, fields: References::default() }
    }

    pub(super) fn graph(&self) -> &Graph {
        &self.loaded.graph
    }

    /// What merged nodes of holders have as their class: behind those of objects, by group.
    pub(super) fn group(&self, class: u32) -> Option<u32> {
        let group = class.checked_sub(self.classes.len())?;
        ((group as usize) < self.graph().roots.groups.len()).then_some(group)
    }
}

/// `order` has nodes with what is above them, which comes first.
fn merged(graph: &Graph, classes: &Classes, mut order: impl Iterator<Item = (u32, u32)>) -> Merged {
    let mut merged = Merged::new(graph.edges.n_nodes() as usize, graph.top());
    let look_up = |(node, above)| {
        let class = match graph.holder(node) {
            Some(place) => classes.len() + graph.roots.holders[place].group,
            None => classes.of(node),
        };
        Member { node, above, class, bytes: graph.size(node) }
    };
    // What is known of nodes is looked up for several at once: those lookups are waited for together.
    let mut block = Vec::with_capacity(BLOCK);
    loop {
        block.extend(order.by_ref().take(BLOCK).map(look_up));
        if block.is_empty() {
            return merged;
        }
        merged.touch(&block);
        block.drain(..).for_each(|member| merged.add(&member));
    }
}

/// Both results, made at the same time.
fn both<A: Send, B>(a: impl FnOnce() -> A + Send, b: impl FnOnce() -> B) -> (A, B) {
    std::thread::scope(|scope| {
        let a = scope.spawn(a);
        let b = b();
        match a.join() {
            Ok(a) => (a, b),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}
