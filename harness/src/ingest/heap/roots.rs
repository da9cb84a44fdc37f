//! Roots: what a dump's pointers from outside of the heap belong to.
//!
//! Input: those pointers, goroutines, finalizers, and the names of static memory. Output: [`Roots`]: holders (a global,
//! a goroutine, all finalizers …) and their references. A goroutine also has its descriptor, and what hangs from that
//! (deferred calls): the runtime's list of all goroutines is no reason of its own, see [`super::graph`].

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::collect::{Collected, GoroutineRecord, RootPlace, RootSlot};
use super::marks::Mark;
use super::names::Statics;
use super::objects::Objects;
use super::resolve::target;
use crate::model::heap::{GoroutineRoot, HeapRoot, RootKind};
use crate::model::{ModuleTable, Owner};

/// In which turn the shortest paths from a holder are looked for: those that say most first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Turn {
    /// Globals of the program and its dependencies, goroutines that run their code.
    User,
    /// Timers.
    Timers,
    /// The standard library's globals and goroutines, globals without a name.
    Std,
    /// Others.
    Other,
    /// The runtime's and the probe's.
    Runtime,
    /// Finalizers: so late that what they reach first is held by nothing else.
    Finalizers,
    /// Words on stacks that may be no pointers: last, so that they change nothing of what is reached for sure.
    Words,
}

impl Turn {
    /// In this order.
    pub(super) const ALL: [Self; 7] =
        [Self::User, Self::Timers, Self::Std, Self::Other, Self::Runtime, Self::Finalizers, Self::Words];
}

/// A root, or the part of a goroutine's that are alike.
#[derive(Debug, Clone)]
pub(super) struct Holder {
    pub(super) turn: Turn,
    /// Place in [`Roots::groups`].
    pub(super) group: u32,
    /// Place among the dump's goroutines, if it is one.
    pub(super) goroutine: Option<u32>,
    pub(super) references: Vec<RootReference>,
    /// What words on its stack seem to refer to. They are in no row of the graph: who retains what goes without them.
    pub(super) words: Vec<RootReference>,
}

/// A reference from a root.
#[derive(Debug, Clone, Copy)]
pub(super) struct RootReference {
    pub(super) target: u32,
    pub(super) mark: Mark,
    /// Of a frame: its place on the stack.
    pub(super) depth: u32,
}

/// All roots.
#[derive(Debug, Default)]
pub(super) struct Roots {
    pub(super) holders: Vec<Holder>,
    /// Holders that are alike are of one group.
    pub(super) groups: Vec<HeapRoot>,
    /// The variable that is `runtime.allp`: an object.
    pub(super) all_ps: Option<u32>,
    /// Objects with a finalizer.
    pub(super) finalized: Vec<u32>,
    /// Place of the holder of finalizers.
    pub(super) finalizers: Option<u32>,
}

/// What roots are made of.
pub(super) struct Source<'a> {
    pub(super) all: &'a Collected,
    pub(super) objects: &'a Objects,
    pub(super) statics: &'a Statics,
    pub(super) modules: &'a ModuleTable,
}

impl Roots {
    pub(super) fn new(source: &Source<'_>) -> Self {
        let mut roots = Self::default();
        let goroutines = roots.goroutines(source);
        let mut statics = FxHashMap::default();
        for slot in &source.all.root_slots {
            let Some((target, mark)) = target(source.objects, slot.value, slot.mark) else { continue };
            let reference = RootReference { target, mark, depth: 0 };
            let (holder, reference) = match slot.place {
                RootPlace::Static(at) => (roots.of_static(source, &mut statics, at), reference),
                RootPlace::Frame(goroutine, depth) => {
                    (goroutines[goroutine as usize], RootReference { depth, ..reference })
                }
                RootPlace::Deferred(goroutine) => {
                    (goroutines[goroutine as usize], RootReference { depth: DEFERRED, ..reference })
                }
                RootPlace::Other => (roots.other(&mut statics), reference),
            };
            roots.holders[holder as usize].references.push(reference);
        }
        roots.finalizers(source, &mut statics);
        roots.find_ps();
        roots
    }

    fn add(&mut self, turn: Turn, group: u32, goroutine: Option<u32>) -> u32 {
        self.holders.push(Holder { turn, group, goroutine, references: Vec::new(), words: Vec::new() });
        self.holders.len() as u32 - 1
    }

    pub(super) fn add_alone(
        &mut self,
        turn: Turn,
        kind: RootKind,
        name: String,
        type_name: Option<String>,
    ) -> u32 {
        self.groups.push(HeapRoot { kind, name, type_name, goroutine: None });
        self.add(turn, self.groups.len() as u32 - 1, None)
    }

    /// A holder for each goroutine: its place by theirs.
    fn goroutines(&mut self, source: &Source<'_>) -> Vec<u32> {
        let mut known: FxHashMap<(&[u32], &str), u32> = FxHashMap::default();
        let mut holders = Vec::with_capacity(source.all.goroutines.len());
        for (number, goroutine) in source.all.goroutines.iter().enumerate() {
            let turn = turn(source, goroutine);
            let group = *known.entry((&goroutine.stack, &goroutine.wait_reason)).or_insert_with(|| {
                self.groups.push(goroutine_root(source, goroutine, turn));
                self.groups.len() as u32 - 1
            });
            if let Some(alike) = &mut self.groups[group as usize].goroutine {
                alike.alike += 1;
            }
            let holder = self.add(turn, group, Some(number as u32));
            if let Some((target, mark)) = target(source.objects, goroutine.address, Mark::default()) {
                let reference = RootReference { target, mark, depth: DESCRIPTOR };
                self.holders[holder as usize].references.push(reference);
            }
            holders.push(holder);
        }
        holders
    }

    /// The holder for a static address.
    fn of_static(&mut self, source: &Source<'_>, known: &mut FxHashMap<Key, u32>, at: u64) -> u32 {
        let Some((variable, _)) = source.statics.named(at) else {
            return *known
                .entry(Key::Address(at))
                .or_insert_with(|| self.add_alone(Turn::Std, RootKind::Global, format!("{at:#x}"), None));
        };
        *known.entry(Key::Variable(variable)).or_insert_with(|| {
            let variable = source.statics.variable(variable);
            let name = variable.map_or_else(String::new, |variable| variable.name.to_string());
            let (turn, kind) = match source.modules.owner(&name) {
                Owner::MainModule | Owner::Dependency => (Turn::User, RootKind::Global),
                Owner::Std => (Turn::Std, RootKind::Global),
                Owner::Runtime | Owner::Probe => (Turn::Runtime, RootKind::Runtime),
            };
            let type_name = variable.and_then(|variable| variable.type_name.as_deref()).map(str::to_owned);
            self.add_alone(turn, kind, name, type_name)
        })
    }

    fn other(&mut self, known: &mut FxHashMap<Key, u32>) -> u32 {
        *known
            .entry(Key::Other)
            .or_insert_with(|| self.add_alone(Turn::Other, RootKind::Other, "other roots".to_owned(), None))
    }

    /// The runtime keeps a finalizer's function and all that its object refers to, not the object.
    fn finalizers(&mut self, source: &Source<'_>, known: &mut FxHashMap<Key, u32>) {
        if source.all.finalizers.is_empty() {
            return;
        }
        let holder = self.add_alone(Turn::Finalizers, RootKind::Finalizer, "finalizers".to_owned(), None);
        self.finalizers = Some(holder);
        for (finalizer, queued) in &source.all.finalizers {
            let object = target(source.objects, finalizer.object.0, Mark::default());
            let function = target(source.objects, finalizer.function.0, Mark::default());
            let reference = |(target, mark)| RootReference { target, mark, depth: 0 };
            self.holders[holder as usize].references.extend(function.map(reference));
            match queued {
                false => self.finalized.extend(object.map(|(object, _)| object)),
                true => {
                    let other = self.other(known);
                    self.holders[other as usize].references.extend(object.map(reference));
                }
            }
        }
        self.finalized.sort_unstable();
        self.finalized.dedup();
    }

    /// Holders for words on the stacks of the program's own goroutines, which come first. What they seem to refer to has
    /// to be in use, as the memory profile tells: a slot that is free or whose object is dead may be referred to by what
    /// a call left on the stack.
    pub(super) fn words(&mut self, source: &Source<'_>) {
        let target = |word: &RootSlot| Some((word.place, target(source.objects, word.value, word.mark)?));
        let found: Vec<_> = source.all.words.iter().filter_map(target).collect();
        let addresses: FxHashSet<u64> =
            found.iter().map(|(_, (object, _))| source.objects.address(*object)).collect();
        let samples = source.all.samples.iter().map(|(address, _)| address);
        let in_use: FxHashSet<u64> = samples.filter(|address| addresses.contains(address)).copied().collect();
        let (mut holders, mut groups) = (FxHashMap::default(), FxHashMap::default());
        for (place, (target, mark)) in found {
            let RootPlace::Frame(goroutine, depth) = place else { continue };
            let turn = self.holders[goroutine as usize].turn;
            if in_use.contains(&source.objects.address(target)) && matches!(turn, Turn::User | Turn::Std) {
                let holder =
                    *holders.entry(goroutine).or_insert_with(|| self.of_words(&mut groups, goroutine));
                self.holders[holder as usize].words.push(RootReference { target, mark, depth });
            }
        }
    }

    /// The holder for words on the stack of a goroutine, in a group that is alike to the goroutine's.
    fn of_words(&mut self, groups: &mut FxHashMap<u32, u32>, goroutine: u32) -> u32 {
        let of = self.holders[goroutine as usize].group;
        let group = *groups.entry(of).or_insert_with(|| {
            let mut root = HeapRoot { kind: RootKind::Stack, ..self.groups[of as usize].clone() };
            root.goroutine.iter_mut().for_each(|goroutine| goroutine.alike = 0);
            self.groups.push(root);
            self.groups.len() as u32 - 1
        });
        self.groups[group as usize].goroutine.iter_mut().for_each(|goroutine| goroutine.alike += 1);
        self.add(Turn::Words, group, Some(goroutine))
    }

    fn find_ps(&mut self) {
        let is_all_ps = |holder: &&Holder| self.groups[holder.group as usize].name == "runtime.allp";
        let list = self.holders.iter().find(is_all_ps).and_then(|holder| holder.references.first());
        self.all_ps = list.map(|reference| reference.target);
    }
}

/// Stands for a place on the stack: the reference is not in a frame but in a deferred call.
pub(super) const DEFERRED: u32 = u32::MAX;
/// Likewise: the goroutine's descriptor.
pub(super) const DESCRIPTOR: u32 = u32::MAX - 1;

#[derive(Debug, PartialEq, Eq, Hash)]
enum Key {
    Variable(u32),
    Address(u64),
    Other,
}

fn functions<'a>(
    source: &'a Source<'_>,
    goroutine: &'a GoroutineRecord,
) -> impl DoubleEndedIterator<Item = &'a Arc<str>> {
    goroutine.stack.iter().filter_map(|&place| source.all.functions.get(place as usize))
}

fn turn(source: &Source<'_>, goroutine: &GoroutineRecord) -> Turn {
    let owners: Vec<Owner> =
        functions(source, goroutine).map(|function| source.modules.owner(function)).collect();
    let has = |owner| owners.contains(&owner);
    // Of a user's goroutine that waits at a checkpoint the probe has frames too.
    if goroutine.is_system {
        Turn::Runtime
    } else if has(Owner::MainModule) || has(Owner::Dependency) {
        Turn::User
    } else if has(Owner::Std) && !has(Owner::Probe) {
        Turn::Std
    } else {
        Turn::Runtime
    }
}

fn goroutine_root(source: &Source<'_>, goroutine: &GoroutineRecord, turn: Turn) -> HeapRoot {
    let stack: Vec<String> = functions(source, goroutine).map(|name| name.to_string()).collect();
    let is_start = |name: &&String| !matches!(name.as_str(), "runtime.goexit" | "runtime.main");
    let start = stack.iter().rfind(is_start).or(stack.last()).cloned().unwrap_or_default();
    let is_user =
        |name: &&String| matches!(source.modules.owner(name), Owner::MainModule | Owner::Dependency);
    let function = stack.iter().find(is_user).unwrap_or(&start).clone();
    let kind = if turn == Turn::Runtime { RootKind::Runtime } else { RootKind::Goroutine };
    let goroutine = GoroutineRoot {
        id: goroutine.id,
        alike: 0,
        wait_reason: goroutine.wait_reason.to_string(),
        wait_since: goroutine.wait_since,
        function,
        stack,
    };
    HeapRoot { kind, name: start, type_name: None, goroutine: Some(goroutine) }
}
