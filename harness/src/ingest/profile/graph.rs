//! Counts samples: what each place has itself and with what it calls, and what each call has.
//!
//! A place or call that occurs several times in one stack (recursion) is counted once. Sums wrap where they exceed 64
//! bits, as pprof's do.

use rustc_hash::FxHashMap;

use super::cut::Edges;
use super::nodes::Nodes;
use super::weighted::{Weighted, in_parts};

/// Figures of a place, and the last stack in which it was met.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tally {
    seen: u32,
    pub(super) flat: i64,
    pub(super) cum: i64,
}

/// Figures of a call.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call {
    seen: u32,
    /// Node that calls.
    pub(super) from: u32,
    /// Node that is called.
    pub(super) to: u32,
    pub(super) weight: i64,
    pub(super) inline: bool,
}

/// Slots in front of the hash table, as a power of two. Large profiles have ten million calls of some ten thousand
/// kinds: most are found here.
const FRONT_BITS: u32 = 16;

/// Calls, each kind once.
#[derive(Debug)]
struct Calls {
    list: Vec<Call>,
    index: FxHashMap<(u32, u32), u32>,
    front: Vec<u32>,
}

impl Calls {
    fn new() -> Self {
        Self { list: Vec::new(), index: FxHashMap::default(), front: vec![0; 1 << FRONT_BITS] }
    }

    #[inline]
    fn get(&mut self, from: u32, to: u32) -> &mut Call {
        let pair = u64::from(from) << 32 | u64::from(to);
        let slot = (pair.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - FRONT_BITS)) as usize;
        let at = self.front[slot];
        let is_it = self.list.get(at as usize).is_some_and(|call| call.from == from && call.to == to);
        let at = if is_it { at } else { self.find(from, to, slot) };
        &mut self.list[at as usize]
    }

    fn find(&mut self, from: u32, to: u32, slot: usize) -> u32 {
        let list = &mut self.list;
        let at = *self.index.entry((from, to)).or_insert_with(|| {
            list.push(Call { seen: 0, from, to, weight: 0, inline: true });
            list.len() as u32 - 1
        });
        self.front[slot] = at;
        at
    }
}

/// Counts all places.
pub(super) fn tally(stacks: &[Weighted<'_>], nodes: &Nodes) -> Vec<Tally> {
    let mut parts = in_parts(stacks, |part| tally_part(part, nodes)).into_iter();
    let mut sums = parts.next().unwrap_or_default();
    for part in parts {
        for (sum, other) in sums.iter_mut().zip(part) {
            sum.flat = sum.flat.wrapping_add(other.flat);
            sum.cum = sum.cum.wrapping_add(other.cum);
        }
    }
    sums
}

fn tally_part(stacks: &[Weighted<'_>], nodes: &Nodes) -> Vec<Tally> {
    let mut tallies = vec![Tally::default(); nodes.list.len()];
    for (&Weighted { stack, value }, number) in stacks.iter().zip(1..) {
        let mut leaf = None;
        for id in stack.iter().rev() {
            for &node in nodes.of(id.0).iter().rev() {
                let tally = &mut tallies[node as usize];
                if tally.seen != number {
                    tally.seen = number;
                    tally.cum = tally.cum.wrapping_add(value);
                }
                leaf = Some(node);
            }
        }
        if let Some(leaf) = leaf {
            let tally = &mut tallies[leaf as usize];
            tally.flat = tally.flat.wrapping_add(value);
        }
    }
    tallies
}

/// Counts calls between places that are kept; those between them that are not are passed over.
pub(super) fn calls(stacks: &[Weighted<'_>], nodes: &Nodes, kept: &[bool], edges: Edges) -> Vec<Call> {
    let is_wanted: Vec<bool> = match edges {
        Edges::None => return Vec::new(),
        Edges::IntoInlined => {
            nodes.is_inlined.iter().zip(kept).map(|(inlined, kept)| *inlined && *kept).collect()
        }
        Edges::All => kept.to_vec(),
    };
    if !is_wanted.contains(&true) {
        return Vec::new();
    }
    let kept = Kept::new(nodes, kept);
    let mut parts = in_parts(stacks, |part| calls_part(part, &kept, &is_wanted)).into_iter();
    let mut sums = parts.next().unwrap_or_else(Calls::new);
    for call in parts.flat_map(|part| part.list) {
        let sum = sums.get(call.from, call.to);
        sum.weight = sum.weight.wrapping_add(call.weight);
        sum.inline &= call.inline;
    }
    sums.list
}

fn calls_part(stacks: &[Weighted<'_>], kept: &Kept, is_wanted: &[bool]) -> Calls {
    let mut calls = Calls::new();
    for (&Weighted { stack, value }, number) in stacks.iter().zip(1..) {
        let mut parent = None;
        for id in stack.iter().rev() {
            for &(node, inline) in kept.of(id.0).iter().rev() {
                let caller =
                    parent.replace(node).filter(|caller| *caller != node && is_wanted[node as usize]);
                let Some(caller) = caller else { continue };
                let call = calls.get(caller, node);
                if call.seen != number {
                    call.seen = number;
                    call.weight = call.weight.wrapping_add(value);
                    call.inline &= inline;
                }
            }
        }
    }
    calls
}

/// The places of locations that are kept, and whether each is inlined there. Mostly few are left: most locations are
/// passed over without a look at their places.
struct Kept {
    /// By location: where its places begin.
    starts: Vec<u32>,
    places: Vec<(u32, bool)>,
}

impl Kept {
    fn new(nodes: &Nodes, kept: &[bool]) -> Self {
        let (mut starts, mut list) = (Vec::with_capacity(nodes.n_locations() + 1), Vec::new());
        for location in 0..nodes.n_locations() {
            starts.push(list.len() as u32);
            let places = nodes.of(location as u32);
            let inlined = places.iter().enumerate().map(|(i, node)| (*node, i + 1 != places.len()));
            list.extend(inlined.filter(|(node, _)| kept[*node as usize]));
        }
        starts.push(list.len() as u32);
        Self { starts, places: list }
    }

    #[inline]
    fn of(&self, location: u32) -> &[(u32, bool)] {
        let at = location as usize;
        match self.starts.get(at..at + 2) {
            Some(&[start, end]) if start != end => &self.places[start as usize..end as usize],
            _ => &[],
        }
    }
}
