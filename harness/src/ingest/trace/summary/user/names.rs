//! Names that the program gives, as numbers; so many and no more, since a program can compose them.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::super::table::Table;
use crate::format::exectrace::{Reader, StringId};

/// Most distinct names, and most groups of one sort.
pub(super) const MAX: usize = 4096;

/// The name of all beyond.
const OTHERS: &str = "(others)";

/// Name of what began before the trace.
const UNKNOWN: &str = "?";

/// Number of [`UNKNOWN`].
pub(super) const UNKNOWN_NAME: u32 = 0;

/// Number of [`OTHERS`].
pub(super) const OTHERS_NAME: u32 = 1;

/// All names met.
#[derive(Debug)]
pub(super) struct UserNames {
    names: Table<Arc<str>, ()>,
    /// Of this generation.
    known: FxHashMap<StringId, u32>,
}

impl Default for UserNames {
    fn default() -> Self {
        let mut names = Table::default();
        names.number(UNKNOWN.into());
        names.number(OTHERS.into());
        Self { names, known: FxHashMap::default() }
    }
}

impl UserNames {
    pub(super) fn new_generation(&mut self) {
        self.known.clear();
    }

    /// Number of a name of this generation.
    pub(super) fn number(&mut self, id: StringId, reader: &Reader<'_>) -> u32 {
        if let Some(&known) = self.known.get(&id) {
            return known;
        }
        let text = if id.is_none() { "" } else { reader.string(id).unwrap_or(UNKNOWN) };
        let number = self.names.number_within(text.into(), MAX, OTHERS.into());
        self.known.insert(id, number);
        number
    }

    /// The name with this number.
    pub(super) fn text(&self, number: u32) -> String {
        self.names.key(number).map_or(UNKNOWN, |name| name.as_ref()).to_owned()
    }
}
