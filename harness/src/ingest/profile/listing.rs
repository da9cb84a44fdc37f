//! Functions line by line, and under which names their files may be found.
//!
//! No file is read here. Which lines belong to a function, and how a path of the machine that built the program becomes
//! one of this machine, is as `go tool pprof -list` has it.

use std::collections::BTreeMap;

use regex::Regex;

use super::cut::is_counted;
use super::graph;
use super::nodes::{Granularity, Nodes, clean};
use super::view::View;
use crate::model::profile::{ListedFile, ListedFunction, ListedLine};

/// Lines shown before and after those that have a value.
const MARGIN: i64 = 5;

/// Prefixes of Bazel's sandboxes, which mean the directory of the sources.
const SANDBOX: [&str; 2] = ["/proc/self/cwd/./", "/proc/self/cwd/"];

/// What to take off the paths in a profile.
#[derive(Debug, Clone, Copy, Default)]
pub struct Trim<'a> {
    /// Prefixes of paths.
    pub prefixes: &'a [String],
    /// Directories of sources. Without prefixes, what stands before such a directory's own name goes too.
    pub directories: &'a [String],
}

impl Trim<'_> {
    /// The path without what is to be taken off.
    #[must_use]
    pub fn path<'p>(&self, path: &'p str) -> &'p str {
        let after = |directory: &String| {
            let name = directory.trim_end_matches('/').rsplit('/').next()?;
            let name = if name.is_empty() { "/" } else { name };
            path.split_once(&format!("/{name}/")).map(|(_, rest)| rest)
        };
        let guessed = self.directories.iter().filter(|_| self.prefixes.is_empty()).find_map(after);
        let without = |prefix: &str| {
            let rest = path.strip_prefix(prefix)?;
            if prefix.ends_with('/') { Some(rest) } else { rest.strip_prefix('/') }
        };
        let mut prefixes = self.prefixes.iter().map(String::as_str).chain(SANDBOX);
        guessed.or_else(|| prefixes.find_map(without)).unwrap_or(path)
    }
}

impl View<'_> {
    /// Functions whose names match, by name, with the lines in which something was counted. Files have their trimmed
    /// names.
    #[must_use]
    pub fn listing(&self, wanted: &Regex, inlines: bool, trim: &Trim<'_>) -> Vec<ListedFunction> {
        let nodes = Nodes::new(self, Granularity::Lines, inlines, true);
        let tallies = graph::tally(&self.weighted(), &nodes);
        let mut functions: BTreeMap<&str, BTreeMap<String, Lines>> = BTreeMap::new();
        for (node, tally) in nodes.list.iter().zip(&tallies).filter(|(_, tally)| is_counted(tally)) {
            let (function, file) = (nodes.text(node.function), nodes.text(node.file));
            if !wanted.is_match(function) {
                continue;
            }
            let files = functions.entry(function).or_default();
            if !file.is_empty() {
                let lines = files.entry(clean(trim.path(file))).or_default();
                lines.add(
                    node.start_line,
                    ListedLine { line: node.line, flat: tally.flat, cum: tally.cum, text: None },
                );
            }
        }
        let listed = functions.into_iter().map(|(function, files)| ListedFunction {
            function: function.to_owned(),
            files: files.into_iter().map(|(file, lines)| lines.listed(file)).collect(),
        });
        listed.collect()
    }
}

/// Lines of a function in a file.
#[derive(Debug, Default)]
struct Lines {
    /// The part of the file that they are in, once there is a line.
    range: Option<(i64, i64)>,
    lines: BTreeMap<i64, ListedLine>,
}

impl Lines {
    /// A line, and the one where the function begins, or 0.
    fn add(&mut self, start: i64, line: ListedLine) {
        let first = if start == 0 { line.line.saturating_sub(MARGIN) } else { start };
        let last = line.line.saturating_add(MARGIN);
        self.range = Some(match self.range {
            None => (first, last),
            Some((from, to)) if first < from => (first, to),
            Some((from, to)) => (from, to.max(last)),
        });
        let known = self.lines.entry(line.line).or_insert(ListedLine { flat: 0, cum: 0, ..line.clone() });
        known.flat = known.flat.wrapping_add(line.flat);
        known.cum = known.cum.wrapping_add(line.cum);
    }

    fn listed(self, file: String) -> ListedFile {
        let (first, last) = self.range.unwrap_or_default();
        let lines: Vec<ListedLine> = self.lines.into_values().collect();
        let sum = |value: fn(&ListedLine) -> i64| lines.iter().map(value).fold(0, i64::wrapping_add);
        let (flat, cum) = (sum(|line| line.flat), sum(|line| line.cum));
        ListedFile { file, flat, cum, first: first.max(1), last, lines, error: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lose_a_prefix_or_what_stands_before_the_directory_of_the_sources() {
        let texts = |list: &[&str]| -> Vec<String> { list.iter().map(|&text| text.to_owned()).collect() };
        for (prefixes, directories, path, wanted) in [
            (&[] as &[&str], &[] as &[&str], "/src/app/main.go", "/src/app/main.go"),
            (&[], &["/home/me/app"], "/src/app/cmd/main.go", "cmd/main.go"),
            (&[], &["/home/me/app/"], "example.com/app/main.go", "main.go"),
            (&["example.com/app"], &["/home/me/app"], "example.com/app/main.go", "main.go"),
            (&["example.com/ap"], &[], "example.com/app/main.go", "example.com/app/main.go"),
            (&["/a", "/src/"], &["/x/app"], "/src/app/main.go", "app/main.go"),
            (&[], &[], "/proc/self/cwd/./main.go", "main.go"),
        ] {
            let (prefixes, directories) = (texts(prefixes), texts(directories));
            let trim = Trim { prefixes: &prefixes, directories: &directories };
            assert_eq!(trim.path(path), wanted, "{prefixes:?} {directories:?}");
        }
    }

    #[test]
    fn a_list_begins_at_the_function_and_ends_five_lines_after_the_last_value() {
        let line = |line| ListedLine { line, flat: 1, cum: 2, text: None };
        let mut lines = Lines::default();
        [line(20), line(40), line(20), line(30)].into_iter().for_each(|line| lines.add(12, line));
        let listed = lines.listed("x.go".to_owned());
        assert_eq!((listed.first, listed.last, listed.flat, listed.cum), (12, 45, 4, 8));
        assert_eq!(listed.lines.len(), 3);
        let mut lines = Lines::default();
        [line(3), line(i64::MAX), line(i64::MIN)].into_iter().for_each(|line| lines.add(0, line));
        let listed = lines.listed("x.go".to_owned());
        assert_eq!((listed.first, listed.last), (1, i64::MAX));
    }
}
