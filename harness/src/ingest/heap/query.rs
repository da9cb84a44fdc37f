//! Questions about one thing: an object, a goroutine, the objects of a type or site.

use super::analysis::Heap;
use super::objects::NONE;
use super::summary::{retaining_path, step, with_field};
use crate::model::heap::{
    GoroutineView, HeapCount, HeapRoot, ObjectView, PathStep, PathsView, Reference, RetainingPath,
};
use crate::model::{Address, Bytes, GoroutineId, Objects};

/// References shown of an object.
const N_REFERENCES: usize = 1000;

/// Those of `nodes`, which `object` refers to or is referred to by, that are shown.
pub(super) fn shown(object: u32, nodes: &[u32]) -> impl Iterator<Item = u32> + '_ {
    others(object, nodes).take(N_REFERENCES)
}

fn others(object: u32, nodes: &[u32]) -> impl Iterator<Item = u32> + '_ {
    nodes.iter().copied().filter(move |&node| node != object)
}

impl Heap {
    /// The object that an address lies in; `None` if it lies in none.
    #[must_use]
    pub fn object(&self, address: Address) -> Option<ObjectView> {
        let graph = self.graph();
        let object = graph.objects.find(address.0)?;
        let class = self.classes.of(object);
        let ends = |nodes: &[u32], refers: fn(u32, u32) -> (u32, u32)| -> Vec<Reference> {
            let by_field = |node| {
                let (from, to) = refers(object, node);
                Some(with_place(self.reference(node)?, self.fields.between(from, to)))
            };
            shown(object, nodes).filter_map(by_field).collect()
        };
        let (referrers, references) = (graph.edges.referrers(object), graph.edges.of(object));
        let reachable = self.paths.is_reached(object);
        let dominator = Some(self.dominators.of(object)).filter(|&node| node != NONE);
        Some(ObjectView {
            address: Address(graph.objects.address(object)),
            object: step(self, object, 1, false),
            stack: self.classes.site(class).map(|site| site.stack.to_vec()).unwrap_or_default(),
            reachable,
            retained: Bytes(self.retained[object as usize]),
            dominator: dominator.and_then(|node| self.reference(node)),
            referrers: ends(&referrers, |object, other| (other, object)),
            n_referrers: others(object, &referrers).count() as u64,
            references: ends(references, |object, other| (object, other)),
            n_references: others(object, references).count() as u64,
            path: reachable.then(|| self.path_to(object)),
        })
    }

    /// The path to this very object. Runs of alike objects are one step.
    fn path_to(&self, object: u32) -> RetainingPath {
        let nodes = self.paths.to(object);
        let mut steps: Vec<PathStep> = Vec::new();
        let mut last: Option<(u32, u32)> = None;
        for &node in nodes.iter().skip(1) {
            let class = self.classes.of(node);
            match (steps.last_mut(), last) {
                (Some(step), Some((last, first))) if last == class => {
                    if !step.chain {
                        step.field = self.fields.of_chain(first, Some(node)).field;
                    }
                    step.count += 1;
                    step.chain = true;
                }
                _ => {
                    steps.push(with_field(step(self, node, 1, false), self.fields.get(node)));
                    last = Some((class, node));
                }
            }
        }
        let place = self.ways.place(object).unwrap_or(0);
        let held = HeapCount { objects: Objects(1), bytes: Bytes(self.graph().size(object)) };
        RetainingPath { root: retaining_path(self, place).root, steps, held }
    }

    fn reference(&self, node: u32) -> Option<Reference> {
        let graph = self.graph();
        if node < graph.first_holder() {
            let (address, retained) =
                (Address(graph.objects.address(node)), Bytes(self.retained[node as usize]));
            return Some(Reference::Object { address, object: step(self, node, 1, false), retained });
        }
        self.root_at(graph.holder(node)?).map(Reference::Root)
    }

    fn root_at(&self, place: usize) -> Option<HeapRoot> {
        super::summary::root_of(self, self.graph().first_holder() + place as u32)
    }

    /// The goroutine of this number; `None` if the dump has none.
    #[must_use]
    pub fn goroutine(&self, id: GoroutineId) -> Option<GoroutineView> {
        let graph = self.graph();
        let number = self.loaded.all.goroutines.iter().position(|goroutine| goroutine.id == id)?;
        let is_it = |holder: &super::roots::Holder| holder.goroutine == Some(number as u32);
        let place = graph.roots.holders.iter().position(is_it)?;
        let root = self.root_at(place)?;
        let stack = root.goroutine.as_ref().map(|goroutine| goroutine.stack.clone()).unwrap_or_default();
        let mut references: Vec<(u64, String, Reference)> = Vec::new();
        for reference in &graph.roots.holders[place].references {
            let from = match reference.depth {
                super::roots::DEFERRED => "a deferred call".to_owned(),
                super::roots::DESCRIPTOR => "its descriptor".to_owned(),
                depth => stack.get(depth as usize).cloned().unwrap_or_default(),
            };
            if let Some(to) = self.reference(reference.target) {
                references.push((self.retained[reference.target as usize], from, to));
            }
        }
        references.sort_by_key(|reference| std::cmp::Reverse(reference.0));
        let node = graph.first_holder() + place as u32;
        let retained = HeapCount {
            objects: Objects(self.n_dominated(node)),
            bytes: Bytes(self.retained[node as usize]),
        };
        let references = references.into_iter().map(|(_, from, to)| (from, to)).collect();
        Some(GoroutineView { root, retained, references })
    }

    /// Objects that `node` dominates.
    fn n_dominated(&self, node: u32) -> u64 {
        let n_nodes = self.graph().edges.n_nodes() as usize;
        // Whether each node is below, as far as that is known.
        let mut below: Vec<Option<bool>> = vec![None; n_nodes];
        below[node as usize] = Some(true);
        let mut way = Vec::new();
        for object in 0..self.graph().first_holder() {
            let mut at = object;
            let is_below = loop {
                if at == NONE {
                    break false;
                }
                if let Some(known) = below[at as usize] {
                    break known;
                }
                way.push(at);
                at = self.dominators.of(at);
            };
            way.drain(..).for_each(|passed| below[passed as usize] = Some(is_below));
        }
        (0..self.graph().first_holder()).filter(|&object| below[object as usize] == Some(true)).count() as u64
    }

    /// A path to every group of objects that can be reached and are alike: each object is at the end of exactly one, so
    /// that their bytes add up to what can be reached.
    pub fn all_paths(&self) -> impl Iterator<Item = RetainingPath> + '_ {
        let has_bytes = |&place: &u32| self.ways.nodes[place as usize].bytes > 0;
        let places = (1..self.ways.nodes.len() as u32).filter(has_bytes);
        places.map(|place| retaining_path(self, place)).filter(|path| !path.steps.is_empty())
    }

    /// Paths to objects whose type or site has `pattern` in its name (`main.entry`, `main.fill`, `main.go:35`).
    #[must_use]
    pub fn paths_to(&self, pattern: &str) -> PathsView {
        let of_class = |number: u32| {
            let type_name =
                self.classes.type_name(number).filter(|name| name.contains(pattern)).map(str::to_owned);
            let stack = self.classes.site(number).map(|site| &site.stack);
            let frame = stack.and_then(|stack| {
                let user = super::summary::user_frame(self, stack);
                user.map(|frame| frame.to_string()).filter(|frame| frame.contains(pattern))
            });
            type_name.or(frame)
        };
        let names: Vec<Option<String>> = (0..self.classes.len()).map(of_class).collect();
        let is_wanted = |class: u32| names.get(class as usize).is_some_and(Option::is_some);
        let mut places: Vec<u32> = (0..self.ways.nodes.len() as u32)
            .filter(|&place| is_wanted(self.ways.nodes[place as usize].class))
            .collect();
        let node = |place: u32| &self.ways.nodes[place as usize];
        places.sort_by_key(|&place| (std::cmp::Reverse(node(place).bytes), place));
        let held = HeapCount {
            objects: places.iter().map(|&place| Objects(node(place).count)).sum(),
            bytes: places.iter().map(|&place| Bytes(node(place).bytes)).sum(),
        };
        let mut matches: Vec<String> = names.into_iter().flatten().collect();
        matches.sort_unstable();
        matches.dedup();
        let paths = places.iter().take(N_REFERENCES).map(|&place| retaining_path(self, place)).collect();
        PathsView { pattern: pattern.to_owned(), matches, held, paths }
    }
}

/// With the field or offset by which one end refers to the other.
fn with_place(reference: Reference, place: super::fields::Reference) -> Reference {
    match reference {
        Reference::Object { address, object, retained } => {
            Reference::Object { address, object: with_field(object, place), retained }
        }
        root => root,
    }
}
