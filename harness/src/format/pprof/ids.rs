//! Numbers for the ids of a file, which are arbitrary but mostly dense.

use rustc_hash::FxHashMap;

const NONE: u32 = u32::MAX;

/// Ids a little above the number of those known are looked up by position, others by hash: what the table takes
/// follows from how many ids there are, not from how large they are.
const ROOM: u64 = 1 << 16;
const ROOM_PER_ID: u64 = 4;

/// Numbers from 0, in the order in which ids are first asked for.
#[derive(Debug, Default)]
pub(super) struct Ids {
    dense: Vec<u32>,
    sparse: FxHashMap<u64, u32>,
    len: u32,
}

impl Ids {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.len as usize
    }

    /// The number of an id, a new one if it has none yet.
    #[inline]
    pub(super) fn number(&mut self, id: u64) -> u32 {
        match self.dense.get(id as usize) {
            Some(&number) if number != NONE && id <= u64::from(u32::MAX) => number,
            _ => self.rare(id),
        }
    }

    /// The number of an id, if it has one.
    pub(super) fn get(&self, id: u64) -> Option<u32> {
        let dense =
            usize::try_from(id).ok().and_then(|id| self.dense.get(id)).filter(|number| **number != NONE);
        dense.or_else(|| self.sparse.get(&id)).copied()
    }

    #[cold]
    fn rare(&mut self, id: u64) -> u32 {
        if let Some(&number) = self.sparse.get(&id) {
            return number;
        }
        let number = self.len;
        self.len += 1;
        if id < ROOM + ROOM_PER_ID * u64::from(number) {
            let at = id as usize;
            if at >= self.dense.len() {
                self.dense.resize((at + 1).next_power_of_two(), NONE);
            }
            self.dense[at] = number;
        } else {
            self.sparse.insert(id, number);
        }
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_keeps_its_number_however_large_it_is() {
        let mut ids = Ids::default();
        let wanted = [7, u64::MAX, 0, 1 << 40, 70_000, 1 << 32 | 7];
        let numbers: Vec<u32> = wanted.iter().map(|&id| ids.number(id)).collect();
        assert_eq!(numbers, [0, 1, 2, 3, 4, 5]);
        // By now ids of this size would be looked up by position.
        for id in 100_000..120_000 {
            ids.number(id);
        }
        assert_eq!(wanted.map(|id| ids.number(id)), [0, 1, 2, 3, 4, 5]);
        assert_eq!((ids.get(70_000), ids.get(5)), (Some(4), None));
        assert_eq!(ids.len(), 20_006);
    }

    #[test]
    fn one_large_id_takes_no_memory() {
        let mut ids = Ids::default();
        ids.number(u64::from(u32::MAX) - 1);
        ids.number(u64::MAX);
        assert!(ids.dense.is_empty());
    }
}
