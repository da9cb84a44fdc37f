//! A table of one generation: ids from the file to entries, by index where the ids are dense.

/// Filled while batches are read, then sealed, then asked.
#[derive(Debug)]
pub(super) struct Table<T> {
    entries: Vec<(u64, T)>,
    /// Position in `entries` plus one, by id. Empty when the ids are too sparse for it.
    index: Vec<u32>,
    /// The ids are `1..=dense`, without a gap; 0 if they are not.
    dense: u64,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { entries: Vec::new(), index: Vec::new(), dense: 0 }
    }
}

impl<T> Table<T> {
    /// Adds an entry. Of two with the same id the first counts; [`Table::seal`] reports the others.
    pub(super) fn push(&mut self, id: u64, entry: T) {
        self.entries.push((id, entry));
    }

    /// Ends filling. Returns an id that was defined twice, if there is one.
    pub(super) fn seal(&mut self) -> Option<u64> {
        self.entries.sort_by_key(|&(id, _)| id);
        let mut twice = None;
        self.entries.dedup_by(|later, first| {
            let same = later.0 == first.0;
            if same {
                twice = Some(first.0);
            }
            same
        });
        let (first, last) = (self.entries.first(), self.entries.last());
        let (first, last) = (first.map_or(0, |e| e.0), last.map_or(0, |e| e.0));
        self.dense = if first == 1 && last == self.entries.len() as u64 { last } else { 0 };
        self.build_index();
        twice
    }

    /// Ids are numbered from 1 by the runtime, so an index as long as the largest id costs little;
    /// a file that claims otherwise is searched instead.
    fn build_index(&mut self) {
        let limit = self.entries.len().saturating_mul(2).saturating_add(16);
        let last = self.entries.last().map_or(0, |&(id, _)| id);
        let Ok(last) = usize::try_from(last) else { return };
        if last > limit || u32::try_from(self.entries.len()).is_err() {
            return;
        }
        self.index.resize(last + 1, 0);
        for (position, &(id, _)) in (1u32..).zip(&self.entries) {
            if let Some(slot) = usize::try_from(id).ok().and_then(|id| self.index.get_mut(id)) {
                *slot = position;
            }
        }
    }

    /// The entry with this id.
    #[inline]
    pub(super) fn get(&self, id: u64) -> Option<&T> {
        if self.index.is_empty() {
            let found = self.entries.binary_search_by_key(&id, |&(id, _)| id).ok()?;
            return self.entries.get(found).map(|(_, entry)| entry);
        }
        let position = *self.index.get(usize::try_from(id).ok()?)?;
        let position = usize::try_from(position.checked_sub(1)?).ok()?;
        self.entries.get(position).map(|(_, entry)| entry)
    }

    /// The ids are `1..=dense`, without a gap; 0 if they are not.
    pub(super) fn dense(&self) -> u64 {
        self.dense
    }

    /// All entries by id.
    pub(super) fn iter(&self) -> impl Iterator<Item = &(u64, T)> {
        self.entries.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed(entries: &[(u64, char)]) -> (Table<char>, Option<u64>) {
        let mut table = Table::default();
        for &(id, entry) in entries {
            table.push(id, entry);
        }
        let twice = table.seal();
        (table, twice)
    }

    #[test]
    fn dense_and_sparse_ids_are_found_and_others_are_not() {
        for base in [1, 1 << 40] {
            let (table, twice) = sealed(&[(base + 2, 'c'), (base, 'a')]);
            assert_eq!(twice, None);
            assert_eq!(table.get(base), Some(&'a'));
            assert_eq!(table.get(base + 1), None);
            assert_eq!(table.get(base + 2), Some(&'c'));
            assert_eq!(table.get(u64::MAX), None);
            assert_eq!(table.get(0), None);
        }
    }

    #[test]
    fn a_huge_id_does_not_size_an_allocation() {
        let (table, _) = sealed(&[(1, 'a'), (u64::MAX, 'z')]);
        assert!(table.index.is_empty());
        assert_eq!(table.get(u64::MAX), Some(&'z'));
    }

    #[test]
    fn of_two_entries_with_one_id_the_first_counts_and_the_id_is_named() {
        let (table, twice) = sealed(&[(5, 'x'), (4, 'w'), (5, 'y')]);
        assert_eq!(twice, Some(5));
        assert_eq!(table.get(5), Some(&'x'));
    }
}
