//! By which field, element or slot one object leads to the next on a path.
//!
//! Input: the dump, once more, and who can name places in types. Output: [`References`], for the nodes that paths are made
//! of: a few thousand, not every object. Their parents' contents are read again and the slot is looked for that leads on.
//! Without types the offset is all there is.

use rustc_hash::FxHashMap;

use super::analysis::Heap;
use super::collect::RootPlace;
use super::index::read_again;
use super::objects::NONE;
use crate::format::heapdump::{Object, Reader};
use crate::model::Address;

/// References that are looked up at most, those near roots first.
const MOST: usize = 1 << 16;

/// Names places in values, for who knows types.
pub trait Fields {
    /// How an object of `size` bytes leads on from `offset` in it: `.next`, `[].key`; nothing for the insides of a map.
    /// Its type is the one at this place of [`Types::names`](super::Types::names).
    fn field(&self, type_name: u32, size: u64, offset: u64) -> Option<String>;
    /// What is `offset` bytes into the global of this name, or into the memory that it alone refers to.
    fn global(&self, name: &str, offset: u64, is_behind: bool) -> Option<String>;
}

/// A reference to a node from the one before it on its path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Reference {
    pub(super) offset: Option<u64>,
    pub(super) field: Option<String>,
}

/// What was looked up, by the node that is referred to.
#[derive(Debug, Default)]
pub(super) struct References(FxHashMap<u32, Reference>);

impl References {
    pub(super) fn get(&self, node: u32) -> Reference {
        self.0.get(&node).cloned().unwrap_or_default()
    }

    /// The field of a chain's first object, and that by which each leads to the next: `.head.next…`.
    pub(super) fn of_chain(&self, first: u32, second: Option<u32>) -> Reference {
        let entry = self.get(first);
        let next = second.and_then(|second| self.get(second).field);
        let field = match (&entry.field, next) {
            (Some(field), Some(next)) => Some(format!("{field}{next}…")),
            (None, Some(next)) => Some(format!("{next}…")),
            (field, None) => field.clone(),
        };
        Reference { field, ..entry }
    }
}

impl Heap {
    /// Looks up by which fields the paths of a summary lead on. `reader` reads the dump that this is of.
    pub fn find_fields(&mut self, reader: &mut Reader<'_>, fields: Option<&dyn Fields>) {
        let firsts = self.ways.nodes.iter().skip(1).take(MOST);
        let firsts = firsts.flat_map(|node| {
            let second = if node.chain { self.second(node.first) } else { None };
            [Some(node.first), second]
        });
        let wanted: Vec<u32> = firsts.flatten().collect();
        self.look_up(&wanted, reader, fields);
    }

    /// Likewise for the shortest path to one object.
    pub fn find_fields_to(&mut self, address: Address, reader: &mut Reader<'_>, fields: Option<&dyn Fields>) {
        if let Some(object) = self.graph().objects.find(address.0) {
            let wanted: Vec<u32> = self.paths.to(object).into_iter().take(MOST).collect();
            self.look_up(&wanted, reader, fields);
        }
    }

    /// The object that follows the first of a chain.
    pub(super) fn second(&self, first: u32) -> Option<u32> {
        let class = self.classes.of(first);
        let follows = |target: &u32| {
            self.classes.of(*target) == class && *target != first && self.paths.before(*target) == Some(first)
        };
        self.graph().edges.of(first).iter().copied().find(follows)
    }

    fn look_up(&mut self, wanted: &[u32], reader: &mut Reader<'_>, fields: Option<&dyn Fields>) {
        let mut from_objects: FxHashMap<u64, Vec<u32>> = FxHashMap::default();
        let mut from_roots: Vec<u32> = Vec::new();
        for &node in wanted.iter().filter(|&&node| node < self.graph().first_holder()) {
            match self.paths.before(node) {
                Some(before) if before < self.graph().first_holder() => {
                    from_objects.entry(self.graph().objects.address(before)).or_default().push(node);
                }
                Some(_) => from_roots.push(node),
                None => {}
            }
        }
        let mut found = self.in_globals(&from_roots, fields);
        self.loaded.all.index.sort();
        let parents: Vec<u64> = from_objects.keys().copied().collect();
        read_again(reader, &self.loaded.all.index, parents.into_iter(), |object| {
            let children = from_objects.get_mut(&object.address.0).map(std::mem::take).unwrap_or_default();
            self.in_object(object, children, fields, &mut found);
        });
        self.fields.0.extend(found);
    }

    /// The slots of `object` that lead to `children`.
    fn in_object(
        &self,
        object: &Object<'_>,
        mut children: Vec<u32>,
        fields: Option<&dyn Fields>,
        found: &mut FxHashMap<u32, Reference>,
    ) {
        let graph = self.graph();
        let type_name = graph.objects.find(object.address.0).and_then(|number| self.type_of(number));
        for slot in object.memory.slots() {
            if children.is_empty() {
                break;
            }
            let Some(target) = graph.objects.find(slot.value.0) else { continue };
            let Some(place) = children.iter().position(|&child| child == target) else { continue };
            children.swap_remove(place);
            let named = fields.zip(type_name);
            let field = named.and_then(|(fields, of)| fields.field(of, object.memory.size(), slot.offset));
            let field = field.filter(|field| !field.is_empty());
            found.insert(target, Reference { offset: Some(slot.offset), field });
        }
    }

    /// Place in the names of types.
    fn type_of(&self, object: u32) -> Option<u32> {
        let class = self.classes.class(self.classes.of(object))?;
        (class.type_ != NONE).then_some(class.type_)
    }

    /// The places in globals that lead to `children`.
    fn in_globals(&self, children: &[u32], fields: Option<&dyn Fields>) -> FxHashMap<u32, Reference> {
        let graph = self.graph();
        let mut wanted: FxHashMap<u32, &str> = FxHashMap::default();
        for &child in children {
            if let Some(holder) = self.paths.before(child).and_then(|before| graph.holder(before)) {
                let group = graph.roots.holders[holder].group;
                wanted.insert(child, &graph.roots.groups[group as usize].name);
            }
        }
        let mut found = FxHashMap::default();
        for slot in &self.loaded.all.root_slots {
            let RootPlace::Static(at) = slot.place else { continue };
            let Some(target) = graph.objects.find(slot.value) else { continue };
            let Some(&name) = wanted.get(&target) else { continue };
            let Some(place) = self.loaded.statics.within(at).filter(|place| place.name == name) else {
                continue;
            };
            wanted.remove(&target);
            let field = fields.and_then(|fields| fields.global(name, place.offset, place.is_behind));
            let offset = (!place.is_behind).then_some(place.offset);
            found.insert(target, Reference { offset, field: field.filter(|field| !field.is_empty()) });
        }
        found
    }
}
