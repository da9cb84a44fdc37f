//! Source lines with what was counted in them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A function by lines, in each file that the profile has it in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ListedFunction {
    /// The function.
    pub function: String,
    /// Its files; empty if the profile names none.
    pub files: Vec<ListedFile>,
}

/// The part of a file that belongs to a function.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ListedFile {
    /// Its name in the profile.
    pub file: String,
    /// Sum of what was counted in its lines.
    pub flat: i64,
    /// Sum of what was counted in its lines and what they called. Of a function that calls itself more than once.
    pub cum: i64,
    /// The first line that is of interest.
    pub first: i64,
    /// The last one, unless the file ends before.
    pub last: i64,
    /// Lines in order: all of the file's from `first` to `last`, or, if it was not found, those that have a value.
    pub lines: Vec<ListedLine>,
    /// Why the file could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// A line.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ListedLine {
    /// Its number, from 1.
    pub line: i64,
    /// Counted in it.
    pub flat: i64,
    /// Counted in it and in what it called.
    pub cum: i64,
    /// Its text, if the file was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

impl ListedFile {
    /// Puts the file's text to the lines.
    pub fn annotate(&mut self, source: &str) {
        let mut counted = std::mem::take(&mut self.lines);
        counted.sort_by_key(|line| line.line);
        let of = |number: i64| {
            let place = counted.binary_search_by_key(&number, |line| line.line).ok()?;
            counted.get(place).cloned()
        };
        let wanted = (1..).zip(source.lines()).skip_while(|(number, _)| *number < self.first);
        self.lines = wanted
            .take_while(|(number, _)| *number <= self.last)
            .map(|(line, text)| {
                let counted = of(line).unwrap_or(ListedLine { line, ..ListedLine::default() });
                ListedLine { text: Some(text.to_owned()), ..counted }
            })
            .collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_ends_early_ends_the_list() {
        let counted = ListedLine { line: 2, flat: 5, cum: 7, text: None };
        let mut file = ListedFile { first: 2, last: 9, lines: vec![counted], ..ListedFile::default() };
        file.annotate("a\nb\r\n\nd");
        let told: Vec<_> = file.lines.iter().map(|l| (l.line, l.flat, l.text.as_deref())).collect();
        assert_eq!(told, [(2, 5, Some("b")), (3, 0, Some("")), (4, 0, Some("d"))]);
    }
}
