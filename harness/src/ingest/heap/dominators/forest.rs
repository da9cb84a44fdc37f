//! The forest of Lengauer and Tarjan, by number.
//!
//! Nodes are linked to their parents from the last number down to the first, so that a node is linked if its number is
//! not below that of the one worked on. Input: parents and predecessors. Output: the dominator of each number.

use super::super::bits::Bits;
use super::super::objects::NONE;
use super::predecessors::Numbered;

/// Numbers whose predecessors are looked up together.
const BLOCK: u32 = 16;

/// What is asked of a node together stands together.
#[derive(Debug, Clone, Copy)]
struct Node {
    /// An ancestor in the forest: the parent, or further up where a path was compressed.
    ancestor: u32,
    /// The node of least semidominator between this one and its ancestor.
    label: u32,
    /// Number of that one's semidominator.
    semi: u32,
}

/// See the module.
pub(super) struct Forest {
    nodes: Vec<Node>,
    /// The way up while it is compressed.
    way: Vec<u32>,
}

impl Forest {
    pub(super) fn new(parent: Vec<u32>) -> Self {
        let node = |(own, ancestor)| Node { ancestor, label: own, semi: own };
        Self { nodes: (0u32..).zip(parent).map(node).collect(), way: Vec::new() }
    }

    /// The immediate dominator of each number, itself a number.
    pub(super) fn dominators(mut self, predecessors: &Numbered) -> Vec<u32> {
        let n = self.nodes.len();
        // Nodes by semidominator, as linked lists: those whose dominator is still open have the next one there.
        let (mut first, mut idom) = (vec![NONE; n], vec![0; n]);
        // Those whose dominator is that of another, which is not known before all are worked on.
        let mut deferred = Bits::new(n);
        for worked in (1..n as u32).rev() {
            if worked.is_multiple_of(BLOCK) {
                self.touch(predecessors.between(worked - BLOCK, worked));
            }
            let linked = worked + 1;
            let mut waiting = first[worked as usize];
            while waiting != NONE {
                let (least, semi) = self.least(waiting, linked);
                let next = std::mem::replace(&mut idom[waiting as usize], worked);
                if semi < worked {
                    idom[waiting as usize] = least;
                    deferred.add(waiting);
                }
                waiting = next;
            }
            let parent = self.nodes[worked as usize].ancestor;
            let sources = predecessors.of(worked).iter().map(|&source| self.least(source, linked).1);
            let semi = sources.min().map_or(parent, |semi| semi.min(parent));
            self.nodes[worked as usize].semi = semi;
            idom[worked as usize] = semi;
            if semi != 0 && semi != parent {
                idom[worked as usize] = std::mem::replace(&mut first[semi as usize], worked);
            }
        }
        for number in deferred.iter().map(|number| number as usize) {
            idom[number] = idom[idom[number] as usize];
        }
        idom
    }

    /// Of `number` and what it hangs from in the forest, the one with the least semidominator, and that.
    #[inline]
    fn least(&mut self, number: u32, linked: u32) -> (u32, u32) {
        if number < linked {
            return (number, number);
        }
        let mut node = self.nodes[number as usize];
        if node.ancestor >= linked {
            self.compress(number, linked);
            node = self.nodes[number as usize];
        }
        (node.label, node.semi)
    }

    /// Brings what is asked of these into the cache, all at once.
    fn touch(&self, numbers: &[u32]) {
        let read = numbers.iter().map(|number| self.nodes[*number as usize].ancestor);
        std::hint::black_box(read.fold(0, |all, ancestor| all ^ ancestor));
    }

    fn compress(&mut self, number: u32, linked: u32) {
        let mut at = number;
        let mut root = self.nodes[at as usize];
        while root.ancestor >= linked {
            self.way.push(at);
            at = root.ancestor;
            root = self.nodes[at as usize];
        }
        let mut least = root;
        while let Some(below) = self.way.pop() {
            let node = &mut self.nodes[below as usize];
            if least.semi < node.semi {
                *node = least;
            } else {
                node.ancestor = root.ancestor;
                least = *node;
            }
        }
    }
}
