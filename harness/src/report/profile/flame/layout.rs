//! Where each frame lies: a row by its depth, a column by what stands left of it.

use std::cmp::Reverse;

use crate::model::profile::FlameTree;

/// A frame's place. Columns are in units of what was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Slot {
    /// Index in the tree.
    pub(super) node: usize,
    pub(super) depth: u32,
    pub(super) left: u64,
    pub(super) width: u64,
}

/// Frames of at least `narrowest`, the root first, callers before what they call. Callees stand side by side, the
/// widest first.
pub(super) fn layout(tree: &FlameTree, narrowest: u64) -> Vec<Slot> {
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); tree.nodes.len()];
    for (at, node) in tree.nodes.iter().enumerate().skip(1) {
        if node.width >= narrowest.max(1)
            && let Some(list) = children.get_mut(node.parent)
        {
            list.push(at);
        }
    }
    let Some(root) = tree.nodes.first() else { return Vec::new() };
    let mut slots = vec![Slot { node: 0, depth: 0, left: 0, width: root.width }];
    let mut next = 0;
    while let Some(&Slot { node, depth, left, .. }) = slots.get(next) {
        let mut callees = std::mem::take(&mut children[node]);
        callees.sort_by_key(|at| Reverse(tree.nodes[*at].width));
        let mut left = left;
        for at in callees {
            let width = tree.nodes[at].width;
            slots.push(Slot { node: at, depth: depth + 1, left, width });
            left = left.saturating_add(width);
        }
        next += 1;
    }
    slots
}
