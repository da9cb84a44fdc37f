//! Who refers to the nodes that are referred to more than once.
//!
//! Input: references, in order of their sources. Output: [`Predecessors`], by node, which needs no numbers and so can be
//! made while those are given; [`Numbered`], the same in numbers.

use super::super::edges::Edges;
use super::super::objects::NONE;
use super::Degrees;

/// Nodes whose rows are looked up together: those lookups are waited for together.
const BLOCK: usize = 32;

/// Sources of the references to each node.
#[derive(Debug, Default)]
pub(in super::super) struct Predecessors {
    /// By node, and one more: where its row begins.
    starts: Vec<u32>,
    sources: Vec<u32>,
}

impl Predecessors {
    pub(in super::super) fn new(edges: &Edges, degrees: Degrees) -> Self {
        let Degrees(mut starts) = degrees;
        // Filled from the back, each start comes to where its row begins.
        let mut total = 0u32;
        for start in &mut starts {
            // Which of the nodes that nobody, or one, refers to cannot be told from the sum any more: they are marked.
            match *start {
                0 | 1 => *start = NONE,
                degree => {
                    total += degree;
                    *start = total;
                }
            }
        }
        let mut sources = vec![0u32; total as usize];
        for source in 0..edges.n_nodes() {
            for &target in edges.of(source) {
                let start = &mut starts[target as usize];
                if *start != NONE {
                    *start -= 1;
                    sources[*start as usize] = source;
                }
            }
        }
        let mut next = total;
        for start in starts.iter_mut().rev() {
            if *start == NONE { *start = next } else { next = *start }
        }
        starts.push(total);
        Self { starts, sources }
    }

    /// The same in numbers, row after row: those that have one.
    pub(super) fn numbered(self, node: &[u32], number: &[u32]) -> Numbered {
        let mut numbered = Numbered { starts: Vec::with_capacity(node.len() + 1), sources: Vec::new() };
        numbered.sources.reserve_exact(self.sources.len());
        for nodes in node.chunks(BLOCK) {
            let mut rows = [(0, 0); BLOCK];
            for (row, &node) in rows.iter_mut().zip(nodes) {
                *row = (self.starts[node as usize] as usize, self.starts[node as usize + 1] as usize);
            }
            for &(from, to) in &rows[..nodes.len()] {
                numbered.starts.push(numbered.sources.len() as u32);
                let numbers = self.sources[from..to].iter().map(|source| number[*source as usize]);
                numbered.sources.extend(numbers.filter(|source| *source != NONE));
            }
        }
        numbered.starts.push(numbered.sources.len() as u32);
        numbered
    }
}

/// Numbers of those that refer to a number.
pub(super) struct Numbered {
    starts: Vec<u32>,
    sources: Vec<u32>,
}

impl Numbered {
    #[inline]
    pub(super) fn of(&self, number: u32) -> &[u32] {
        &self.sources[self.starts[number as usize] as usize..self.starts[number as usize + 1] as usize]
    }
    /// Of all numbers from `from` and before `to`.
    #[inline]
    pub(super) fn between(&self, from: u32, to: u32) -> &[u32] {
        &self.sources[self.starts[from as usize] as usize..self.starts[to as usize] as usize]
    }
}
