//! The strings of one generation: all text in one piece, found by id.

use super::table::Table;

/// Where a text stands in [`Strings::text`].
#[derive(Debug, Clone, Copy)]
struct Range {
    start: u32,
    end: u32,
}

/// Filled while batches are read, then sealed, then asked.
#[derive(Debug, Default)]
pub(super) struct Strings {
    table: Table<Range>,
    text: String,
}

impl Strings {
    /// Adds a string; bytes that are no UTF-8 are replaced. False if there is no room for it.
    #[must_use]
    pub(super) fn push(&mut self, id: u64, bytes: &[u8]) -> bool {
        let start = self.text.len();
        self.text.push_str(&String::from_utf8_lossy(bytes));
        let (Ok(start), Ok(end)) = (u32::try_from(start), u32::try_from(self.text.len())) else {
            self.text.truncate(start);
            return false;
        };
        self.table.push(id, Range { start, end });
        true
    }

    /// Ends filling. Returns an id that was defined twice, if there is one.
    pub(super) fn seal(&mut self) -> Option<u64> {
        self.table.seal()
    }

    /// The string with this id.
    pub(super) fn get(&self, id: u64) -> Option<&str> {
        let range = self.table.get(id)?;
        self.text.get(range.start as usize..range.end as usize)
    }

    /// The ids are `1..=dense`, without a gap; 0 if they are not.
    pub(super) fn dense(&self) -> u64 {
        self.table.dense()
    }
}
