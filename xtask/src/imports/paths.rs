//! Finds paths (`crate::a::b`, `use std::{env, fs}`) and macro calls in Rust text.
//!
//! The text must be free of comments and literals. Groups in `use` are taken apart; renames and
//! turbofish end a path.

/// A path that the code names.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mention {
    /// From 1.
    pub line: usize,
    /// `["std", "env", "var"]`.
    pub segments: Vec<String>,
}

impl Mention {
    /// The path is `wanted` or lies within it. `std::*` could be anything within `std`.
    pub(super) fn begins_with(&self, wanted: &[&str]) -> bool {
        self.segments.len() >= wanted.len() && self.segments.iter().zip(wanted).all(|(a, b)| a == b)
    }
}

/// Code to look for paths in.
pub(super) struct Paths {
    text: Vec<char>,
}

impl Paths {
    pub(super) fn new(code: &str) -> Self {
        Self { text: code.chars().collect() }
    }

    /// Every path whose first segment is `first`.
    pub(super) fn starting_with(&self, first: &str) -> Vec<Mention> {
        let mut mentions = Vec::new();
        for (start, end) in self.words(first) {
            if self.before(start) == Some(':') && !self.is_global(start) {
                continue;
            }
            let mut paths = Vec::new();
            self.continue_path(end, &mut vec![first.to_owned()], &mut paths);
            let line = self.line(start);
            mentions.extend(paths.into_iter().map(|segments| Mention { line, segments }));
        }
        mentions
    }

    /// Lines on which the macro is called.
    pub(super) fn macro_calls(&self, name: &str) -> Vec<usize> {
        self.words(name)
            .into_iter()
            .filter(|(_, end)| self.text.get(*end) == Some(&'!') && self.text.get(end + 1) != Some(&'='))
            .map(|(start, _)| self.line(start))
            .collect()
    }

    /// Reads on after a segment that ends at `at`; returns where it stopped.
    fn continue_path(&self, at: usize, prefix: &mut Vec<String>, paths: &mut Vec<Vec<String>>) -> usize {
        let after = self.skip_blanks(at);
        if !self.text[after..].starts_with(&[':', ':']) {
            paths.push(prefix.clone());
            return at;
        }
        let next = self.skip_blanks(after + 2);
        match self.text.get(next) {
            Some('{') => self.group(next + 1, prefix, paths),
            Some(c) if is_word(*c) || *c == '*' => self.segment(next, prefix, paths),
            _ => {
                paths.push(prefix.clone());
                next
            }
        }
    }

    /// Reads the segment at `at` and what follows it.
    fn segment(&self, at: usize, prefix: &mut Vec<String>, paths: &mut Vec<Vec<String>>) -> usize {
        let length = self.text[at..].iter().take_while(|c| is_word(**c)).count().max(1);
        let name: String = self.text[at..at + length].iter().collect();
        if name == "self" {
            paths.push(prefix.clone());
            return at + length;
        }
        prefix.push(name);
        let end = self.continue_path(at + length, prefix, paths);
        prefix.pop();
        end
    }

    /// Reads `a::b, c as d, e}`.
    fn group(&self, mut at: usize, prefix: &mut Vec<String>, paths: &mut Vec<Vec<String>>) -> usize {
        loop {
            at = self.skip_blanks(at);
            match self.text.get(at) {
                None => return at,
                Some('}') => return at + 1,
                Some(',') => at += 1,
                Some(_) => {
                    at = self.segment(at, prefix, paths);
                    // A rename may stand before the comma.
                    at += self.text[at..].iter().take_while(|c| !matches!(c, ',' | '}')).count();
                }
            }
        }
    }

    /// Start and end of every occurrence of a whole word.
    fn words(&self, word: &str) -> Vec<(usize, usize)> {
        let wanted: Vec<char> = word.chars().collect();
        let boundary = |at: Option<usize>| at.and_then(|at| self.text.get(at)).is_none_or(|c| !is_word(*c));
        self.text
            .windows(wanted.len())
            .enumerate()
            .filter(|(_, window)| *window == wanted.as_slice())
            .map(|(start, _)| (start, start + wanted.len()))
            .filter(|(start, end)| boundary(start.checked_sub(1)) && boundary(Some(*end)))
            .collect()
    }

    fn before(&self, at: usize) -> Option<char> {
        self.text[..at].iter().rev().find(|c| !c.is_whitespace()).copied()
    }

    /// `::std::env`: the two colons before `at` follow no segment.
    fn is_global(&self, at: usize) -> bool {
        let colons = self.text[..at].iter().rposition(|c| *c != ':' && !c.is_whitespace());
        colons.is_none_or(|before| !is_word(self.text[before]) && self.text[before] != '>')
            || self.text[..at].ends_with(&[' ', ':', ':'])
    }

    fn skip_blanks(&self, at: usize) -> usize {
        at + self.text[at..].iter().take_while(|c| c.is_whitespace()).count()
    }

    fn line(&self, at: usize) -> usize {
        self.text[..at].iter().filter(|c| **c == '\n').count() + 1
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(code: &str, first: &str) -> Vec<String> {
        Paths::new(code).starting_with(first).iter().map(|mention| mention.segments.join("::")).collect()
    }

    #[test]
    fn groups_are_taken_apart() {
        let code = "use std::{env, fs::{self, File as F}, io::{Read, *}};";
        let expected = ["std::env", "std::fs", "std::fs::File", "std::io::Read", "std::io::*"];
        assert_eq!(paths(code, "std"), expected);
    }

    #[test]
    fn paths_in_expressions_end_where_the_path_ends() {
        assert_eq!(paths("let x = crate::model::Stack::new(y);", "crate"), ["crate::model::Stack::new"]);
        assert_eq!(paths("crate::f::<T>()", "crate"), ["crate::f"]);
        assert_eq!(paths("pub(in crate::format) fn f()", "crate"), ["crate::format"]);
    }

    #[test]
    fn only_whole_first_segments_count() {
        assert_eq!(paths("my_std::env; other::std::env; stdx::env", "std"), Vec::<String>::new());
        assert_eq!(paths("use ::std::env;", "std"), ["std::env"]);
    }

    #[test]
    fn lines_are_counted_from_one() {
        assert_eq!(Paths::new("\n\nuse duct::cmd;").starting_with("duct")[0].line, 3);
    }

    #[test]
    fn macro_calls_are_told_from_words() {
        let code = Paths::new("print!(1);\nlet print = 1;\nif print != 2 { println!() }");
        assert_eq!(code.macro_calls("print"), [1]);
        assert_eq!(code.macro_calls("println"), [3]);
    }

    #[test]
    fn broken_text_is_read_to_its_end() {
        for code in ["use std::", "use std::{", "use std::{a, b", "std", "use std::{,,}", "use std::{::}"] {
            paths(code, "std");
        }
    }
}
