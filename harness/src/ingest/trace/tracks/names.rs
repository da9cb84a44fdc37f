//! Texts by number, and ids of a generation by number.

use rustc_hash::FxHashMap;

use crate::format::exectrace::{Reader, StackId, StringId};

/// Names kept; programs can compose names of tasks and regions.
const MAX: usize = 1 << 16;

/// Name of all beyond them, of nothing, and of merged slices.
pub(super) const OTHERS: u32 = 0;
pub(super) const UNKNOWN: u32 = 1;
pub(super) const SHORT: u32 = 2;

/// All names met so far.
#[derive(Debug)]
pub(super) struct Names {
    texts: Vec<String>,
    numbers: FxHashMap<String, u32>,
    /// Of this generation.
    strings: FxHashMap<StringId, u32>,
    starts: FxHashMap<StackId, u32>,
    roots: FxHashMap<StackId, u32>,
}

impl Default for Names {
    fn default() -> Self {
        let mut names = Self {
            texts: Vec::new(),
            numbers: FxHashMap::default(),
            strings: FxHashMap::default(),
            starts: FxHashMap::default(),
            roots: FxHashMap::default(),
        };
        for (number, text) in [(OTHERS, "(others)"), (UNKNOWN, "?"), (SHORT, "short slices")] {
            let given = names.number(text);
            debug_assert_eq!(given, number);
        }
        names
    }
}

impl Names {
    /// Ids are about to mean something else.
    pub(super) fn new_generation(&mut self) {
        self.strings.clear();
        self.starts.clear();
        self.roots.clear();
    }

    /// Number of a text.
    pub(super) fn number(&mut self, text: &str) -> u32 {
        if let Some(&known) = self.numbers.get(text) {
            return known;
        }
        if self.texts.len() >= MAX {
            return OTHERS;
        }
        let number = u32::try_from(self.texts.len()).unwrap_or(OTHERS);
        self.texts.push(text.to_owned());
        self.numbers.insert(text.to_owned(), number);
        number
    }

    /// Number of a string of this generation.
    #[inline]
    pub(super) fn string(&mut self, id: StringId, reader: &Reader<'_>) -> u32 {
        if let Some(&known) = self.strings.get(&id) {
            return known;
        }
        let number = match reader.string(id) {
            Some(text) => self.number(text),
            None => UNKNOWN,
        };
        self.strings.insert(id, number);
        number
    }

    /// Number of the function that a new goroutine starts in: the first of its start's stack.
    #[inline]
    pub(super) fn start(&mut self, id: StackId, reader: &Reader<'_>) -> u32 {
        if let Some(&known) = self.starts.get(&id) {
            return known;
        }
        let name = reader.stack(id).and_then(|stack| stack.frames().next()).map(|frame| frame.function);
        let number = name.map_or(UNKNOWN, |name| self.number(name));
        self.starts.insert(id, number);
        number
    }

    /// Number of the outermost function of a stack: where its goroutine started.
    #[inline]
    pub(super) fn root(&mut self, id: StackId, reader: &Reader<'_>) -> u32 {
        if let Some(&known) = self.roots.get(&id) {
            return known;
        }
        let name = reader.stack(id).and_then(|stack| stack.frames().last()).map(|frame| frame.function);
        let number = name.map_or(UNKNOWN, |name| self.number(name));
        self.roots.insert(id, number);
        number
    }

    /// The text of a number.
    pub(super) fn text(&self, number: u32) -> &str {
        self.texts.get(number as usize).map_or("?", String::as_str)
    }

    /// All texts by number.
    pub(super) fn finish(self) -> Vec<String> {
        self.texts
    }
}
