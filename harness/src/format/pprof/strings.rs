//! The string table: all texts in one allocation.

/// A string of a [`Strings`]. 0 is the empty one, always.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StringId(pub u32);

impl StringId {
    /// The empty string.
    pub const EMPTY: Self = Self(0);
}

/// Strings by number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Strings {
    text: String,
    /// Where each ends in `text`.
    ends: Vec<u32>,
}

impl Default for Strings {
    fn default() -> Self {
        Self { text: String::new(), ends: vec![0] }
    }
}

impl Strings {
    /// One without even the empty string, to be filled from a file.
    pub(super) fn bare() -> Self {
        Self { text: String::new(), ends: Vec::new() }
    }

    /// The string; empty for a number that is none.
    #[must_use]
    pub fn get(&self, id: StringId) -> &str {
        let at = id.0 as usize;
        let start = at.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        self.ends.get(at).and_then(|&end| self.text.get(start as usize..end as usize)).unwrap_or_default()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Never of a profile that was read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|id| self.get(StringId(id as u32)))
    }

    /// The number of a text, appended if it is not there. All are looked through: an
    /// [`Interner`](super::Interner) is for more than a few.
    pub fn find_or_push(&mut self, text: &str) -> StringId {
        let found = self.iter().position(|one| one == text);
        found.map_or_else(|| self.push(text), |at| StringId(at as u32))
    }

    /// Appends one, which may be there already. A table too large for its numbers takes no more and answers with the
    /// empty string.
    pub(super) fn push(&mut self, text: &str) -> StringId {
        let (Ok(end), Ok(id)) =
            (u32::try_from(self.text.len().saturating_add(text.len())), u32::try_from(self.ends.len()))
        else {
            return StringId::EMPTY;
        };
        self.text.push_str(text);
        self.ends.push(end);
        StringId(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_have_numbers_and_zero_is_the_empty_one() {
        let mut strings = Strings::default();
        let (a, b) = (strings.push("main.f"), strings.push(""));
        assert_eq!((a, b), (StringId(1), StringId(2)));
        assert_eq!([strings.get(StringId::EMPTY), strings.get(a), strings.get(b)], ["", "main.f", ""]);
        assert_eq!(strings.get(StringId(99)), "");
        assert_eq!(strings.iter().collect::<Vec<_>>(), ["", "main.f", ""]);
        assert_eq!([strings.find_or_push("main.f"), strings.find_or_push("main.g")], [a, StringId(3)]);
    }
}
