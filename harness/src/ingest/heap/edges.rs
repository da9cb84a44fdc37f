//! References between nodes, row by row in one array.
//!
//! Nodes are numbered: objects by address, then holders (what a dump's roots belong to), last the top, which refers to
//! all holders. A graph of tens of millions of nodes lives here: 4 bytes for a node and 4 for a reference.

/// What each node refers to.
#[derive(Debug, Default)]
pub(super) struct Edges {
    /// Where a node's row begins; one more than there are nodes.
    starts: Vec<u32>,
    targets: Vec<u32>,
}

impl Edges {
    /// Rows given by where they begin and what is in all of them.
    pub(super) fn new(starts: Vec<u32>, targets: Vec<u32>) -> Self {
        debug_assert_eq!(starts.last().copied(), Some(targets.len() as u32));
        Self { starts, targets }
    }

    /// Of a graph written by hand.
    #[cfg(test)]
    pub(super) fn from_lists(lists: &[Vec<u32>]) -> Self {
        let mut edges = Self::new(vec![0], Vec::new());
        lists.iter().for_each(|list| edges.push_row(list));
        edges
    }

    pub(super) fn push_row(&mut self, targets: &[u32]) {
        self.targets.extend_from_slice(targets);
        self.starts.push(self.targets.len() as u32);
    }

    /// Number of nodes.
    pub(super) fn n_nodes(&self) -> u32 {
        self.starts.len() as u32 - 1
    }

    /// Number of references.
    pub(super) fn len(&self) -> usize {
        self.targets.len()
    }

    #[inline]
    pub(super) fn of(&self, node: u32) -> &[u32] {
        let (from, to) = self.range(node);
        &self.targets[from as usize..to as usize]
    }

    /// Places of the row in all rows.
    #[inline]
    pub(super) fn range(&self, node: u32) -> (u32, u32) {
        (self.starts[node as usize], self.starts[node as usize + 1])
    }

    /// A row that was looked up.
    #[inline]
    pub(super) fn targets(&self, from: u32, to: u32) -> &[u32] {
        &self.targets[from as usize..to as usize]
    }

    /// Brings what is at these places into the cache, all at once.
    #[inline]
    pub(super) fn touch(&self, places: impl Iterator<Item = u32>) {
        let read = places.map(|place| self.targets.get(place as usize).copied().unwrap_or_default());
        std::hint::black_box(read.fold(0, |all, target| all ^ target));
    }

    /// Targets of all rows.
    pub(super) fn all(&self) -> &[u32] {
        &self.targets
    }

    #[inline]
    pub(super) fn target(&self, place: u32) -> u32 {
        self.targets[place as usize]
    }

    /// Nodes that refer to `wanted`, in order, each once.
    pub(super) fn referrers(&self, wanted: u32) -> Vec<u32> {
        let mut found = Vec::new();
        for (place, _) in self.targets.iter().enumerate().filter(|(_, target)| **target == wanted) {
            let node = self.starts.partition_point(|&start| start as usize <= place) as u32 - 1;
            if found.last() != Some(&node) {
                found.push(node);
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn referrers_are_found_over_empty_rows() {
        let edges = Edges::from_lists(&[vec![2, 2], vec![], vec![0], vec![], vec![1, 2]]);
        assert_eq!(edges.referrers(2), [0, 4]);
        assert_eq!(edges.referrers(3), [0u32; 0]);
        assert_eq!((edges.n_nodes(), edges.len(), edges.of(4)), (5, 5, &[1, 2][..]));
    }
}
