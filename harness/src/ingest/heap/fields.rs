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
use super::query::shown;
use crate::format::heapdump::{Object, Reader};
use crate::model::Address;

/// References that are looked up at most, those near roots first.
const MOST: usize = 1 << 16;

/// Names places in values, for who knows types.
pub trait Fields {
    /// How an object of `size` bytes leads on from `offset` in it: `.next`, `[].key`; nothing for the insides of a map.
    /// Its type is the one at this place of [`Types::names`](super::Types::names).
    fn field(&self, type_name: u32, size: u64, offset: u64) -> Option<String>;
    /// How the memory of a map's places is laid out, if an object of `size` bytes is that.
    fn map_places(&self, type_name: u32, size: u64) -> Option<MapPlaces> {
        let _ = (type_name, size);
        None
    }
    /// What is `offset` bytes into the global of this name, or into the memory that it alone refers to.
    fn global(&self, name: &str, offset: u64, is_behind: bool) -> Option<String>;
}

/// The memory of a map's places: groups of eight, each of which begins with a byte for each of its places.
#[derive(Debug, Clone, Copy)]
pub struct MapPlaces {
    /// Where the first group begins.
    pub from: u64,
    /// Bytes of a group.
    pub stride: u64,
    /// Whether a place with such a byte is in use.
    pub is_used: fn(u8) -> bool,
}

/// Places of a group.
const GROUP: usize = 8;

/// Places of a map's memory.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Places {
    pub(super) all: u64,
    pub(super) used: u64,
}

impl MapPlaces {
    fn count(&self, contents: &[u8]) -> Places {
        let mut places = Places::default();
        let (from, stride) = (usize::try_from(self.from), usize::try_from(self.stride));
        let (Ok(from), Ok(stride)) = (from, stride) else { return places };
        let groups = contents.get(from..).unwrap_or_default().chunks_exact(stride.max(GROUP));
        // There are 2^n of them; what follows is what the allocator rounds.
        let n_groups = groups.len().checked_ilog2().map_or(0, |log| 1 << log);
        for group in groups.take(n_groups) {
            let bytes = group.iter().take(GROUP);
            places.all += GROUP as u64;
            places.used += bytes.filter(|byte| (self.is_used)(**byte)).count() as u64;
        }
        places
    }
}

/// A reference to a node from the one before it on its path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Reference {
    pub(super) offset: Option<u64>,
    pub(super) field: Option<String>,
}

/// What was looked up, by the node that is referred to.
#[derive(Debug, Default)]
pub(super) struct References {
    on_paths: FxHashMap<u32, Reference>,
    /// Likewise by both ends, of the one object that is asked about.
    pairs: FxHashMap<(u32, u32), Reference>,
    /// By object that has a map's places.
    places: FxHashMap<u32, Places>,
}

impl References {
    pub(super) fn get(&self, node: u32) -> Reference {
        self.on_paths.get(&node).cloned().unwrap_or_default()
    }

    /// How `from` refers to `to`.
    pub(super) fn between(&self, from: u32, to: u32) -> Reference {
        self.pairs.get(&(from, to)).cloned().unwrap_or_default()
    }

    /// All that have a map's places, and how full they are.
    pub(super) fn all_places(&self) -> impl Iterator<Item = (u32, Places)> + '_ {
        self.places.iter().map(|(&object, &places)| (object, places))
    }

    /// How full an object is that has a map's places, if that was looked up.
    pub(super) fn places(&self, object: u32) -> Option<Places> {
        self.places.get(&object).copied()
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
        if let Some(fields) = fields {
            self.count_places(reader, fields);
        }
    }

    /// How full maps are.
    fn count_places(&mut self, reader: &mut Reader<'_>, fields: &dyn Fields) {
        let graph = self.graph();
        let of_class =
            |class: u32| self.classes.class(class).map(|class| class.type_).filter(|&of| of != NONE);
        let has_places: Vec<bool> = (0..self.classes.len())
            .map(|class| of_class(class).is_some_and(|of| fields.map_places(of, 0).is_some()))
            .collect();
        let wanted = (0..graph.objects.len()).filter(|&object| {
            has_places.get(self.classes.of(object) as usize).is_some_and(|has| *has)
                && self.paths.is_reached(object)
        });
        let addresses: Vec<u64> = wanted.take(MOST).map(|object| graph.objects.address(object)).collect();
        let mut found = FxHashMap::default();
        self.loaded.all.index.sort();
        read_again(reader, &self.loaded.all.index, addresses.into_iter(), |object| {
            let Some(number) = self.graph().objects.find(object.address.0) else { return };
            let size = object.memory.size();
            let places = self.type_of(number).and_then(|of| fields.map_places(of, size));
            if let (Some(places), Some(contents)) = (places, object.memory.contents()) {
                found.insert(number, places.count(contents));
            }
        });
        self.fields.places.extend(found);
    }

    /// Likewise for the shortest path to one object.
    pub fn find_fields_to(&mut self, address: Address, reader: &mut Reader<'_>, fields: Option<&dyn Fields>) {
        if let Some(object) = self.graph().objects.find(address.0) {
            let wanted: Vec<u32> = self.paths.to(object).into_iter().take(MOST).collect();
            self.look_up(&wanted, reader, fields);
            self.look_around(object, reader, fields);
        }
    }

    /// How others refer to `object`, and how it refers to others: of those that are shown.
    fn look_around(&mut self, object: u32, reader: &mut Reader<'_>, fields: Option<&dyn Fields>) {
        let is_object = |node: &u32| *node < self.graph().first_holder();
        let referrers = self.graph().edges.referrers(object);
        let around: Vec<u32> = shown(object, &referrers).filter(is_object).chain([object]).collect();
        let addresses: Vec<u64> = around.iter().map(|&node| self.graph().objects.address(node)).collect();
        let mut found = FxHashMap::default();
        self.loaded.all.index.sort();
        read_again(reader, &self.loaded.all.index, addresses.into_iter(), |read| {
            let Some(from) = self.graph().objects.find(read.address.0) else { return };
            // An array may refer to millions, each of which would be looked for among all others.
            let own = || shown(object, self.graph().edges.of(object)).collect();
            let children = if from == object { own() } else { vec![object] };
            let mut references = FxHashMap::default();
            self.in_object(read, children, fields, &mut references);
            found.extend(references.into_iter().map(|(to, reference)| ((from, to), reference)));
        });
        self.fields.pairs.extend(found);
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
        self.fields.on_paths.extend(found);
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Groups of 8 control bytes and 8 bytes of places, behind a header of 8 bytes.
    fn places(controls: &[[u8; 8]], rest: usize) -> Places {
        let mut contents = vec![0; 8];
        controls.iter().for_each(|group| contents.extend([*group, [7; 8]].concat()));
        contents.resize(contents.len() + rest, 0);
        MapPlaces { from: 8, stride: 16, is_used: |control| control & 0x80 == 0 }.count(&contents)
    }

    #[test]
    fn a_place_is_in_use_if_its_byte_says_so_and_what_the_allocator_rounds_is_no_place() {
        let (empty, one) = ([0x80; 8], [0x80, 0xfe, 0x11, 0x80, 0x80, 0x80, 0xfe, 0x80]);
        assert_eq!(places(&[one], 0), Places { all: 8, used: 1 });
        assert_eq!(
            places(&[empty, one], 16),
            Places { all: 16, used: 1 },
            "a third group would be one too many"
        );
        assert_eq!(places(&[], 5), Places::default());
    }
}
