//! Leaves the places and calls that matter, sorted.

use std::cmp::{Ordering, Reverse};

use super::graph::{self, Call, Tally};
use super::nodes::{Granularity, Nodes};
use super::view::View;
use crate::model::profile::{Inlined, ProfileEdge, ProfileGraph, ProfileNode};

/// How places are sorted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    /// By what was counted in them.
    #[default]
    Flat,
    /// By what was counted in them and what they called.
    Cum,
}

/// Which calls are of interest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Edges {
    /// None, and so nothing is known of inlining.
    #[default]
    None,
    /// Those that tell what was inlined.
    IntoInlined,
    /// All.
    All,
}

/// What is counted, and what is left of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cut {
    /// What is told apart.
    pub granularity: Granularity,
    /// Inlined calls are places of their own.
    pub inlines: bool,
    /// Functions of one name in different binaries are told apart.
    pub objects: bool,
    /// Sorted by.
    pub order: Order,
    /// Calls.
    pub edges: Edges,
    /// At most so many places; 0 is no limit.
    pub count: usize,
    /// Places with less than this part of all are left out.
    pub node_fraction: f64,
    /// Calls with less than this part of all are left out.
    pub edge_fraction: f64,
}

impl Default for Cut {
    fn default() -> Self {
        Self {
            granularity: Granularity::default(),
            inlines: true,
            objects: false,
            order: Order::default(),
            edges: Edges::default(),
            count: 0,
            node_fraction: 0.0,
            edge_fraction: 0.0,
        }
    }
}

impl View<'_> {
    /// Counts, cuts and sorts.
    #[must_use]
    pub fn graph(&self, cut: &Cut) -> ProfileGraph {
        let nodes = Nodes::new(self, cut.granularity, cut.inlines, cut.objects);
        let stacks = self.weighted();
        let tallies = graph::tally(&stacks, &nodes);
        let total = tallies.iter().fold(0i64, |sum, tally| sum.wrapping_add(tally.flat));
        let mut places: Vec<u32> =
            (0..tallies.len() as u32).filter(|at| is_counted(&tallies[*at as usize])).collect();
        let cutoff = part_of(total, cut.node_fraction);
        let n_all = places.len();
        if cutoff > 0 {
            places.retain(|at| tallies[*at as usize].cum.wrapping_abs() >= cutoff);
        }
        let (dropped, before_count) = (n_all - places.len(), places.len());
        sort(&mut places, &nodes, &tallies, cut.order);
        if cut.count > 0 {
            places.truncate(cut.count);
        }
        let is_cut = places.len() < n_all;
        // What nets to nothing is not listed, but calls from and to it are, unless something else was left out.
        let mut kept = vec![!is_cut; nodes.list.len()];
        places.iter().for_each(|at| kept[*at as usize] = true);
        let n_listed = places.len();
        if !is_cut {
            let is_zero = |at: &u32| !is_counted(&tallies[*at as usize]);
            places.extend((0..tallies.len() as u32).filter(is_zero));
        }
        let calls = graph::calls(&stacks, &nodes, &kept, cut.edges);
        let edges = edges(&nodes, &places, &calls, (n_listed, part_of(total, cut.edge_fraction)));
        let node = |at: &u32| node(&nodes, *at, &tallies);
        let mut list: Vec<ProfileNode> = places.iter().take(n_listed).map(node).collect();
        mark_inlined(&mut list, &edges);
        let is_met = !edges.is_empty();
        let unlisted = places.iter().skip(n_listed).filter(|_| is_met).map(node).collect();
        ProfileGraph { nodes: list, unlisted, edges, dropped, before_count, node_fraction: cut.node_fraction }
    }
}

/// Rounded towards zero, without its sign.
fn part_of(total: i64, fraction: f64) -> i64 {
    ((total as f64 * fraction) as i64).wrapping_abs()
}

pub(super) fn is_counted(tally: &Tally) -> bool {
    tally.flat != 0 || tally.cum != 0
}

fn node(nodes: &Nodes, at: u32, tallies: &[Tally]) -> ProfileNode {
    let (node, tally) = (&nodes.list[at as usize], &tallies[at as usize]);
    ProfileNode {
        name: nodes.name(node),
        function: nodes.text(node.function).to_owned(),
        file: nodes.text(node.file).to_owned(),
        line: node.line,
        flat: tally.flat,
        cum: tally.cum,
        inlined: Inlined::No,
    }
}

/// Largest first, whatever the sign; what is the same, by name.
fn sort(places: &mut Vec<u32>, nodes: &Nodes, tallies: &[Tally], order: Order) {
    let figures = |at: &u32| {
        let tally = &tallies[*at as usize];
        let (flat, cum) = (tally.flat.wrapping_abs(), tally.cum.wrapping_abs());
        if order == Order::Flat { (flat, cum) } else { (cum, flat) }
    };
    let mut named: Vec<((i64, i64), Option<String>, u32)> = Vec::with_capacity(places.len());
    named.extend(places.drain(..).map(|at| (figures(&at), None, at)));
    named.sort_by_key(|((first, _), ..)| Reverse(*first));
    // Names are made only where they decide.
    for ties in named.chunk_by_mut(|a, b| a.0.0 == b.0.0).filter(|ties| ties.len() > 1) {
        ties.iter_mut().for_each(|(_, name, at)| *name = Some(nodes.name(&nodes.list[*at as usize])));
        ties.sort_by(|a, b| a.1.cmp(&b.1).then(b.0.1.cmp(&a.0.1)));
    }
    places.extend(named.into_iter().map(|(.., at)| at));
}

/// Calls between the places that are left, largest first.
fn edges(
    nodes: &Nodes,
    places: &[u32],
    calls: &[Call],
    (n_listed, cutoff): (usize, i64),
) -> Vec<ProfileEdge> {
    let mut index = vec![0usize; nodes.list.len()];
    places.iter().enumerate().for_each(|(at, place)| index[*place as usize] = at);
    let mut edges: Vec<ProfileEdge> = calls
        .iter()
        // pprof cuts calls to what it lists.
        .filter(|call| call.weight.wrapping_abs() >= cutoff || index[call.to as usize] >= n_listed)
        .map(|call| ProfileEdge {
            from: index[call.from as usize],
            to: index[call.to as usize],
            weight: call.weight,
            inline: call.inline,
        })
        .collect();
    let name = |at: usize| places.get(at).map(|place| nodes.name(&nodes.list[*place as usize]));
    edges.sort_by(|a, b| {
        let by_weight = b.weight.wrapping_abs().cmp(&a.weight.wrapping_abs());
        let by_name = || match a.from == b.from {
            true if a.to == b.to => Ordering::Equal,
            true => name(a.to).cmp(&name(b.to)),
            false => name(a.from).cmp(&name(b.from)).then_with(|| name(a.to).cmp(&name(b.to))),
        };
        by_weight.then_with(by_name).then_with(|| (a.from, a.to).cmp(&(b.from, b.to)))
    });
    edges
}

fn mark_inlined(nodes: &mut [ProfileNode], edges: &[ProfileEdge]) {
    let mut calls = vec![(false, false); nodes.len()];
    for edge in edges {
        if let Some((inlined, others)) = calls.get_mut(edge.to) {
            *inlined |= edge.inline;
            *others |= !edge.inline;
        }
    }
    for (node, calls) in nodes.iter_mut().zip(calls) {
        node.inlined = match calls {
            (true, false) => Inlined::Yes,
            (true, true) => Inlined::Partly,
            (false, _) => Inlined::No,
        };
    }
}
