//! Depth-first numbers: nodes in the order in which they are found.
//!
//! Input: references, the top, which nodes need no number. Output: [`Numbering`].

use super::super::bits::Bits;
use super::super::edges::Edges;
use super::super::objects::NONE;

/// See the module.
pub(super) struct Numbering {
    /// Node of a number.
    pub(super) node: Vec<u32>,
    /// Number of a node; [`NONE`] for what is left out or not reached.
    pub(super) number: Vec<u32>,
    /// By number: number of the node from which it was found.
    pub(super) parent: Vec<u32>,
}

impl Numbering {
    /// Of all nodes that `top` reaches, without `left_out`.
    pub(super) fn new(edges: &Edges, top: u32, left_out: &Bits) -> Self {
        let mut done = left_out.clone();
        done.add(top);
        let (mut node, mut parent) = (vec![top], vec![0]);
        let mut number = vec![NONE; edges.n_nodes() as usize];
        number[top as usize] = 0;
        // Rest of the row of each node on the way down, and that node's number.
        let (from, to) = edges.range(top);
        let mut way = vec![(from, to, 0u32)];
        while let Some((place, to, above)) = way.last_mut() {
            if place == to {
                way.pop();
                continue;
            }
            let target = edges.target(*place);
            *place += 1;
            if !done.is_new(target) {
                continue;
            }
            let new = node.len() as u32;
            number[target as usize] = new;
            node.push(target);
            parent.push(*above);
            let (from, to) = edges.range(target);
            way.push((from, to, new));
        }
        Self { node, number, parent }
    }
}
