//! A program's bytes, section by section as they are when nothing is compressed, and the strings that the linker puts in.
//!
//! Input: bytes of the file. Output: [`Texts`]. What cannot be inflated stays as it is. Must not read more than a section says it has.

use std::borrow::Cow;
use std::collections::BTreeMap;

use object::{Object as _, ObjectSection as _, ObjectSymbol as _};

use super::inflate::inflated;
use super::layout::Layout;

/// Bytes of a text that `-X` sets, at most: in a damaged file each could be as long as the file.
const MAX_TEXT: usize = 64 << 10;
/// What the linker calls the text of a variable that `-X` sets (`addstrdata` in `cmd/link/internal/ld/data.go`).
const TEXT_OF: &str = ".str";
/// A variable of type string has a pointer and a length.
const STRING_WORDS: u64 = 2;

/// A program's file in parts.
#[derive(Debug, Clone, Default)]
pub struct Texts<'a> {
    /// In the order of the file; nothing is left out.
    pub parts: Vec<Text<'a>>,
}

/// A part of the file.
#[derive(Debug, Clone)]
pub struct Text<'a> {
    /// Name of the section, or what else it is.
    pub name: String,
    /// Whether it is a section.
    pub is_section: bool,
    /// Its bytes, inflated.
    pub bytes: Cow<'a, [u8]>,
}

impl<'a> Texts<'a> {
    /// Takes a file apart.
    #[must_use]
    pub fn read(data: &'a [u8]) -> Self {
        let file = object::File::parse(data).ok();
        let part = |range: super::FileRange| {
            let from = usize::try_from(range.offset).unwrap_or(usize::MAX).min(data.len());
            let size = usize::try_from(range.size).unwrap_or(usize::MAX).min(data.len() - from);
            let raw = data.get(from..from.saturating_add(size)).unwrap_or_default();
            let is_compressed = range.inflated > range.size;
            let mut sections = file.iter().filter(|_| is_compressed).flat_map(|file| file.sections());
            let section =
                sections.find(|section| section.file_range().is_some_and(|(from, _)| from == range.offset));
            let inflated = section.and_then(|section| inflated(&section).ok());
            Text {
                name: range.name,
                is_section: range.is_section,
                bytes: inflated.unwrap_or(Cow::Borrowed(raw)),
            }
        };
        Self { parts: Layout::read(data).ranges.into_iter().map(part).collect() }
    }
}

/// Strings that the linker put into variables, and variables that could take one, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LinkedStrings {
    /// Values by variable.
    pub values: BTreeMap<String, String>,
    /// Variables as long as a string.
    pub variables: Vec<String>,
}

impl LinkedStrings {
    /// Reads the symbols. A file without any has none.
    #[must_use]
    pub fn read(data: &[u8]) -> Self {
        let mut strings = Self::default();
        let Ok(file) = object::File::parse(data) else { return strings };
        let size = if file.is_64() { 8 * STRING_WORDS } else { 4 * STRING_WORDS };
        for symbol in file.symbols() {
            let Ok(name) = symbol.name() else { continue };
            let Some(section) = symbol.section_index().and_then(|index| file.section_by_index(index).ok())
            else {
                continue;
            };
            let text = || section.data_range(symbol.address(), symbol.size()).ok().flatten();
            match name.strip_suffix(TEXT_OF) {
                // The text ends in a zero, which the length does not count.
                Some(variable) => {
                    let value = text().map(|bytes| bytes.strip_suffix(b"\0").unwrap_or(bytes));
                    let value =
                        value.map(|bytes| String::from_utf8_lossy(&bytes[..bytes.len().min(MAX_TEXT)]));
                    strings.values.extend(value.map(|value| (variable.to_owned(), value.into_owned())));
                }
                None if symbol.size() == size
                    && section.name().is_ok_and(|name| !name.starts_with(".text")) =>
                {
                    strings.variables.push(name.to_owned());
                }
                None => {}
            }
        }
        strings.variables.sort();
        strings
    }
}
