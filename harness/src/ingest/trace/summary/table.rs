//! Rows found by a key, numbered in the order in which they came.

use std::hash::Hash;

use rustc_hash::FxHashMap;

/// Rows `V` by key `K`. Numbers stay valid: rows never go.
#[derive(Debug)]
pub(super) struct Table<K, V> {
    numbers: FxHashMap<K, u32>,
    rows: Vec<(K, V)>,
}

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Self { numbers: FxHashMap::default(), rows: Vec::new() }
    }
}

impl<K: Clone + Eq + Hash, V: Default> Table<K, V> {
    /// Number of the row with this key, made if there is none.
    pub(super) fn number(&mut self, key: K) -> u32 {
        if let Some(&known) = self.numbers.get(&key) {
            return known;
        }
        let number = u32::try_from(self.rows.len()).unwrap_or(u32::MAX);
        self.numbers.insert(key.clone(), number);
        self.rows.push((key, V::default()));
        number
    }

    /// Likewise, but once there are `limit` rows it is that of `instead`.
    pub(super) fn number_within(&mut self, key: K, limit: usize, instead: K) -> u32 {
        let full = self.rows.len() >= limit && !self.numbers.contains_key(&key);
        self.number(if full { instead } else { key })
    }

    /// The row with this number.
    #[inline]
    pub(super) fn row(&mut self, number: u32) -> Option<&mut V> {
        self.rows.get_mut(number as usize).map(|(_, row)| row)
    }

    /// Its key.
    #[inline]
    pub(super) fn key(&self, number: u32) -> Option<&K> {
        self.rows.get(number as usize).map(|(key, _)| key)
    }

    /// All rows by number.
    pub(super) fn into_rows(self) -> impl Iterator<Item = (K, V)> {
        self.rows.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_table_takes_new_keys_as_the_one_for_all_others() {
        let mut table: Table<&str, u64> = Table::default();
        let others = |key, table: &mut Table<&'static str, u64>| table.number_within(key, 2, "others");
        assert_eq!([others("a", &mut table), others("b", &mut table)], [0, 1]);
        assert_eq!([others("c", &mut table), others("d", &mut table)], [2, 2]);
        assert_eq!(others("a", &mut table), 0, "a known key keeps its row");
        assert_eq!(table.key(2), Some(&"others"));
        assert_eq!(table.key(3), None);
    }
}
