//! Who waits for whom: goroutines joined with the channels and locks that they wait for and that others have.
//!
//! Pure. One that waits can go on if somebody who has the thing can: whoever is not among those that can go on stands still for
//! ever, as far as variables tell. Circles are looked for among these alone.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::things::Thing;
use crate::model::debug::{Place, WaitStep, WaitedThing, Waits};

/// Circles that are told of.
const CYCLES: usize = 5;
/// Goroutines of a kind that are named.
const NAMED: usize = 20;

/// A goroutine that was looked at.
#[derive(Debug, Default)]
pub(super) struct Looked {
    pub(super) id: i64,
    pub(super) at: Place,
    /// It waits for what only another goroutine can do; otherwise it runs, sleeps, or waits for the world.
    pub(super) is_stuck: bool,
    /// What it wants with what it waits for.
    pub(super) wants: String,
    /// Words that it waits on.
    pub(super) words: Vec<u64>,
    pub(super) things: Vec<Thing>,
}

/// Something that is waited for.
#[derive(Debug)]
struct Object<'a> {
    /// By index.
    waiting: Vec<usize>,
    known_to: Vec<usize>,
    globals: Vec<String>,
    thing: Option<&'a Thing>,
}

type Objects<'a> = BTreeMap<u64, Object<'a>>;

/// Joins them. `globals` are things that global variables have.
pub(super) fn waits(looked: &[Looked], globals: &[Thing]) -> Waits {
    let objects = objects(looked, globals);
    let cycles = cycles(looked, &objects);
    Waits { looked_at: looked.len() as u64, cycles, things: alike(looked, objects) }
}

fn objects<'a>(looked: &'a [Looked], globals: &'a [Thing]) -> Objects<'a> {
    let all = || looked.iter().flat_map(|one| &one.things).chain(globals);
    let mut objects: Objects<'a> = BTreeMap::new();
    for (index, one) in looked.iter().enumerate() {
        for word in &one.words {
            let own = one.things.iter().find(|thing| thing.has(*word));
            let thing = own.or_else(|| all().find(|thing| thing.has(*word)));
            let address = thing.map_or(*word, |thing| thing.address);
            let object = objects.entry(address).or_insert_with(|| Object {
                waiting: Vec::new(),
                known_to: Vec::new(),
                globals: Vec::new(),
                thing,
            });
            if !object.waiting.contains(&index) {
                object.waiting.push(index);
            }
        }
    }
    for (address, object) in &mut objects {
        let has = |one: &Looked| one.things.iter().any(|thing| thing.address == *address);
        let others = looked.iter().enumerate().filter(|(_, one)| has(one)).map(|(index, _)| index);
        object.known_to = others.filter(|index| !object.waiting.contains(index)).collect();
        let named = globals.iter().filter(|thing| thing.address == *address);
        object.globals = named.map(|thing| thing.name.clone()).collect();
    }
    objects
}

/// Those that stand still for ever.
fn stuck(looked: &[Looked], objects: &Objects<'_>) -> BTreeSet<usize> {
    let mut stuck: BTreeSet<usize> =
        looked.iter().enumerate().filter(|(_, one)| one.is_stuck).map(|(index, _)| index).collect();
    loop {
        let anybody_goes_on = stuck.len() < looked.len();
        let freed: BTreeSet<usize> = objects
            .values()
            .filter(|object| {
                object.known_to.iter().any(|index| !stuck.contains(index))
                    || anybody_goes_on && !object.globals.is_empty()
            })
            .flat_map(|object| object.waiting.iter().copied())
            .collect();
        let left: BTreeSet<usize> = stuck.difference(&freed).copied().collect();
        if left.len() == stuck.len() {
            return left;
        }
        stuck = left;
    }
}

/// Shortest circles, those of mutexes alone first, no goroutine in two of them.
fn cycles(looked: &[Looked], objects: &Objects<'_>) -> Vec<Vec<WaitStep>> {
    let stuck = stuck(looked, objects);
    let mut edges: BTreeMap<usize, Vec<(usize, &Object<'_>)>> = BTreeMap::new();
    for object in objects.values() {
        for from in object.waiting.iter().filter(|index| stuck.contains(index)) {
            let to = object.known_to.iter().filter(|index| stuck.contains(index));
            edges.entry(*from).or_default().extend(to.map(|to| (*to, object)));
        }
    }
    let mut found: Vec<(usize, Vec<(usize, &Object<'_>)>)> = Vec::new();
    for only_locks in [true, false] {
        let is_taken = |object: &Object<'_>| {
            !only_locks || object.thing.is_some_and(|thing| thing.of.ends_with("Mutex"))
        };
        let circles = stuck.iter().filter_map(|start| circle(*start, &edges, &is_taken));
        found.extend(circles.map(|circle| (usize::from(!only_locks), circle)));
    }
    found.sort_by_key(|(kind, circle)| (*kind, circle.len()));
    let mut seen = BTreeSet::new();
    let mut told = Vec::new();
    for (_, circle) in found {
        let is_new = circle.iter().all(|(index, _)| !seen.contains(index));
        if is_new && told.len() < CYCLES {
            seen.extend(circle.iter().map(|(index, _)| *index));
            told.push(
                circle.iter().filter_map(|(index, object)| step(looked.get(*index)?, object)).collect(),
            );
        }
    }
    told
}

/// The shortest way back to `start`: who is passed, and by what he waits.
fn circle<'a>(
    start: usize,
    edges: &BTreeMap<usize, Vec<(usize, &'a Object<'a>)>>,
    is_taken: &dyn Fn(&Object<'_>) -> bool,
) -> Option<Vec<(usize, &'a Object<'a>)>> {
    let mut came_from: BTreeMap<usize, (usize, &'a Object<'a>)> = BTreeMap::new();
    let mut queue = VecDeque::from([start]);
    while let Some(from) = queue.pop_front() {
        for (to, object) in edges.get(&from).into_iter().flatten().filter(|(_, object)| is_taken(object)) {
            if *to == start {
                let mut circle = vec![(from, *object)];
                let mut at = from;
                while at != start {
                    let (before, object) = came_from.get(&at)?;
                    circle.push((*before, object));
                    at = *before;
                }
                circle.reverse();
                return Some(circle);
            }
            if !came_from.contains_key(to) {
                came_from.insert(*to, (from, object));
                queue.push_back(*to);
            }
        }
    }
    None
}

fn step(one: &Looked, object: &Object<'_>) -> Option<WaitStep> {
    let thing = object.thing?;
    // By its own name for it, if it has one.
    let own = one.things.iter().find(|own| own.address == thing.address).unwrap_or(thing);
    let state = if own.state.is_empty() { String::new() } else { format!(", {}", own.state) };
    Some(WaitStep {
        goroutine: one.id,
        wants: one.wants.clone(),
        thing: format!("{} ({}{state})", own.name, own.of),
        at: one.at.clone(),
    })
}

/// What makes things alike: their type, who waits for them where, and who else has them where.
type Kind = (String, String, Vec<Place>, Vec<Place>);

fn alike(looked: &[Looked], objects: Objects<'_>) -> Vec<WaitedThing> {
    let mut kinds: BTreeMap<Kind, WaitedThing> = BTreeMap::new();
    for (address, object) in objects {
        let of = |indexes: &[usize]| -> Vec<&Looked> {
            indexes.iter().filter_map(|index| looked.get(*index)).collect()
        };
        let places = |of: &[&Looked]| {
            let all: BTreeSet<Place> = of.iter().map(|one| one.at.clone()).collect();
            all.into_iter().collect::<Vec<_>>()
        };
        let ids = |of: &[&Looked]| of.iter().take(NAMED).map(|one| one.id).collect::<Vec<_>>();
        let (waiting, known_to) = (of(&object.waiting), of(&object.known_to));
        let Some(first) = waiting.first() else { continue };
        let kind = object.thing.map(|thing| thing.of.clone()).unwrap_or_default();
        let key = (kind.clone(), first.wants.clone(), places(&waiting), places(&known_to));
        let there = kinds.entry(key).or_insert_with(|| WaitedThing {
            address: format!("{address:#x}"),
            of: kind,
            name: object.thing.map(|thing| thing.name.clone()),
            state: object.thing.map(|thing| thing.state.clone()).unwrap_or_default(),
            wants: first.wants.clone(),
            at: first.at.clone(),
            globals: object.globals.clone(),
            ..WaitedThing::default()
        });
        there.alike += 1;
        add(&mut there.waiting, &ids(&waiting));
        add(&mut there.known_to, &ids(&known_to));
    }
    let mut all: Vec<WaitedThing> = kinds.into_values().collect();
    all.sort_by(|a, b| b.waiting.len().cmp(&a.waiting.len()).then_with(|| a.address.cmp(&b.address)));
    all
}

/// Each id once, in order, up to as many as are named.
fn add(there: &mut Vec<i64>, more: &[i64]) {
    there.extend(more);
    there.sort_unstable();
    there.dedup();
    there.truncate(NAMED);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn thing(address: u64, of: &str, name: &str) -> Thing {
        Thing { address, size: 8, of: of.to_owned(), name: name.to_owned(), state: "locked".to_owned() }
    }

    fn goroutine(id: i64, words: &[u64], things: Vec<Thing>) -> Looked {
        let at = Place { function: format!("main.f{}", id % 10), ..Place::default() };
        let (is_stuck, wants) = (!words.is_empty(), "to lock".to_owned());
        Looked { id, at, is_stuck, wants, words: words.to_vec(), things }
    }

    fn ids(waits: &Waits) -> Vec<Vec<i64>> {
        let ids = |cycle: &Vec<WaitStep>| cycle.iter().map(|step| step.goroutine).collect();
        waits.cycles.iter().map(ids).collect()
    }

    #[test]
    fn two_that_lock_in_opposite_order_are_a_circle_and_who_waits_for_them_is_not_in_it() {
        let both = |a, b| vec![thing(16, "sync.Mutex", a), thing(64, "sync.Mutex", b)];
        let group = thing(256, "sync.WaitGroup", "wg");
        let main = goroutine(1, &[264 - 1], [both("a.mu", "b.mu"), vec![group.clone()]].concat());
        let first = goroutine(20, &[68], [both("from.mu", "to.mu"), vec![group.clone()]].concat());
        let second = goroutine(21, &[20], [both("to.mu", "from.mu"), vec![group]].concat());
        let waits = waits(&[main, first, second], &[]);
        assert_eq!(ids(&waits), [[20, 21]]);
        assert_eq!(waits.cycles[0][0].thing, "to.mu (sync.Mutex, locked)");
        assert_eq!(waits.cycles[0][1].thing, "to.mu (sync.Mutex, locked)");
        let group = waits.things.iter().find(|thing| thing.of == "sync.WaitGroup").expect("the group");
        assert_eq!((group.waiting.as_slice(), group.known_to.as_slice()), (&[1][..], &[20, 21][..]));
    }

    #[test]
    fn whoever_is_waited_for_by_one_who_can_still_be_helped_is_in_no_circle() {
        let (a, b) = (thing(16, "chan int", "a"), thing(64, "chan int", "b"));
        let pair = || {
            let first = goroutine(7, &[16], vec![a.clone(), b.clone()]);
            [first, goroutine(8, &[64], vec![b.clone(), a.clone()])]
        };
        let [first, second] = pair();
        assert_eq!(ids(&waits(&[first, second], &[])), [[7, 8]]);
        let [first, second] = pair();
        let runs = goroutine(9, &[], vec![a.clone()]);
        assert!(waits(&[first, second, runs], &[]).cycles.is_empty(), "9 can send to a");
        let [first, second] = pair();
        let runs = goroutine(9, &[], Vec::new());
        let global = thing(64, "chan int", "main.b");
        let waits = waits(&[first, second, runs], &[global]);
        assert!(waits.cycles.is_empty(), "9 can use the global: {waits:?}");
    }

    #[test]
    fn things_of_one_kind_are_told_together_and_one_that_nobody_else_has_as_such() {
        let own = |id: i64, at| {
            let mut one = goroutine(id, &[at], vec![thing(at, "chan int", "c")]);
            one.at = Place::default();
            one
        };
        let waits = waits(&[own(1, 64), own(2, 128), own(3, 256)], &[]);
        let [channels] = waits.things.as_slice() else { panic!("{waits:?}") };
        assert_eq!((channels.alike, channels.waiting.as_slice()), (3, &[1, 2, 3][..]));
        assert!(channels.known_to.is_empty() && waits.cycles.is_empty());
    }
}
