//! Places in a TOML text by key path, for rules about values that are each right alone.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A parsed text that knows where its keys and values stand.
pub(super) struct Document<'t> {
    root: &'t Spanned<DeTable<'t>>,
}

impl<'t> Document<'t> {
    pub(super) fn new(root: &'t Spanned<DeTable<'t>>) -> Self {
        Self { root }
    }

    /// Whether `path` is in the text. A segment of digits is an index when it meets an array.
    pub(super) fn has(&self, path: &[&str]) -> bool {
        self.find(path).is_some()
    }

    /// The value at `path`, or the nearest thing above it that is in the text.
    pub(super) fn value(&self, path: &[&str]) -> Range<usize> {
        self.find(path).map_or_else(|| self.above(path), |(_, value)| value.span())
    }

    /// The key at `path` (an array's item has none: its value), or the nearest thing above it.
    pub(super) fn key(&self, path: &[&str]) -> Range<usize> {
        self.find(path).map_or_else(|| self.above(path), |(key, value)| key.unwrap_or_else(|| value.span()))
    }

    fn above(&self, path: &[&str]) -> Range<usize> {
        match path {
            [] | [_] => 0..0,
            [above @ .., _] => self.key(above),
        }
    }

    fn find(&self, path: &[&str]) -> Option<(Option<Range<usize>>, &'t Spanned<DeValue<'t>>)> {
        let (first, rest) = path.split_first()?;
        let (key, value) = self.root.get_ref().get_key_value(*first)?;
        let mut at = (Some(key.span()), value);
        for segment in rest {
            at = match at.1.get_ref() {
                DeValue::Table(table) => {
                    let (key, value) = table.get_key_value(*segment)?;
                    (Some(key.span()), value)
                }
                DeValue::Array(items) => (None, items.get(segment.parse::<usize>().ok()?)?),
                _ => return None,
            };
        }
        Some(at)
    }
}
