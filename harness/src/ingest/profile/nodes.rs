//! Places by number: which functions, lines, files or addresses there are, and which of them each location stands for.

use rustc_hash::FxHashMap;

use super::view::{Place, View};
use crate::format::pprof::{Line, StringId};

/// What is told apart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Granularity {
    /// Functions.
    #[default]
    Functions,
    /// Functions of one name in several files, too.
    FileFunctions,
    /// Lines.
    Lines,
    /// Files.
    Files,
    /// Addresses.
    Addresses,
}

impl Granularity {
    fn has_function(self) -> bool {
        self != Self::Files
    }

    fn has_file(self) -> bool {
        self != Self::Functions
    }

    fn has_line(self) -> bool {
        matches!(self, Self::Lines | Self::Addresses)
    }
}

/// A place. Texts are numbers of [`Nodes::texts`]; 0 is the empty one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(super) struct Node {
    pub(super) function: u32,
    pub(super) file: u32,
    pub(super) line: i64,
    column: i64,
    address: u64,
    object: u32,
    pub(super) start_line: i64,
}

/// Places of a view.
#[derive(Debug)]
pub(super) struct Nodes {
    pub(super) list: Vec<Node>,
    pub(super) texts: Vec<String>,
    /// By location: where its nodes are in `ids`, and how many. Innermost first.
    of_location: Vec<(u32, u32)>,
    ids: Vec<u32>,
    /// By node: some location has it inlined into another.
    pub(super) is_inlined: Vec<bool>,
}

impl Nodes {
    /// Places of all locations. Without `inlines` calls that were inlined count for the function that holds them. With
    /// `objects` functions of one name in different binaries are told apart.
    pub(super) fn new(view: &View<'_>, granularity: Granularity, inlines: bool, objects: bool) -> Self {
        let mut maker =
            Maker { view, granularity, objects, texts: Texts::default(), known: FxHashMap::default() };
        let mut nodes = Self {
            list: Vec::new(),
            texts: Vec::new(),
            of_location: Vec::with_capacity(view.places.len()),
            ids: Vec::with_capacity(view.lines.len()),
            is_inlined: Vec::new(),
        };
        for (at, place) in view.places.iter().enumerate() {
            let start = nodes.ids.len();
            if !place.is_hidden {
                let lines = view.lines(place);
                let lines = if inlines {
                    lines
                } else {
                    lines.get(lines.len().saturating_sub(1)..).unwrap_or_default()
                };
                nodes.location(at, place, lines, &mut maker);
            }
            nodes.of_location.push((start as u32, (nodes.ids.len() - start) as u32));
        }
        nodes.texts = maker.texts.list;
        nodes
    }

    fn location(&mut self, at: usize, place: &Place, lines: &[Line], maker: &mut Maker<'_, '_>) {
        if place.len == 0 {
            let node = maker.unknown(at);
            self.add(node, false, maker);
            return;
        }
        for (i, line) in lines.iter().enumerate() {
            let node = maker.node(at, line);
            self.add(node, i + 1 < lines.len(), maker);
        }
    }

    fn add(&mut self, node: Node, is_inlined: bool, maker: &mut Maker<'_, '_>) {
        let list = &mut self.list;
        let id = *maker.known.entry(node).or_insert_with(|| {
            list.push(node);
            list.len() as u32 - 1
        });
        if self.is_inlined.len() < self.list.len() {
            self.is_inlined.push(false);
        }
        self.is_inlined[id as usize] |= is_inlined;
        self.ids.push(id);
    }

    pub(super) fn n_locations(&self) -> usize {
        self.of_location.len()
    }

    /// The nodes of a location, innermost first.
    #[inline]
    pub(super) fn of(&self, location: u32) -> &[u32] {
        let (start, len) = self.of_location.get(location as usize).copied().unwrap_or_default();
        self.ids.get(start as usize..(start + len) as usize).unwrap_or_default()
    }

    pub(super) fn text(&self, number: u32) -> &str {
        self.texts.get(number as usize).map_or("", |text| text)
    }

    /// All that is known of a place, in one line.
    pub(super) fn name(&self, node: &Node) -> String {
        let mut parts: Vec<String> = Vec::new();
        if node.address != 0 {
            parts.push(format!("{:016x}", node.address));
        }
        let (function, file, object) =
            (self.text(node.function), self.text(node.file), self.text(node.object));
        if !function.is_empty() {
            parts.push(function.to_owned());
        }
        if node.line != 0 {
            let column = if node.column == 0 { String::new() } else { format!(":{}", node.column) };
            parts.push(format!("{file}:{}{column}", node.line));
        } else if !file.is_empty() {
            parts.push(file.to_owned());
        } else if function.is_empty() && !object.is_empty() {
            parts.push(format!("[{}]", base(object)));
        } else if function.is_empty() {
            parts.push("<unknown>".to_owned());
        }
        parts.join(" ")
    }
}

/// Makes nodes of lines.
struct Maker<'a, 'p> {
    view: &'a View<'p>,
    granularity: Granularity,
    objects: bool,
    texts: Texts,
    known: FxHashMap<Node, u32>,
}

impl Maker<'_, '_> {
    /// The place of a location of which no line is known.
    fn unknown(&mut self, at: usize) -> Node {
        Node { address: self.address(at), object: self.object(at), ..Node::default() }
    }

    fn node(&mut self, at: usize, line: &Line) -> Node {
        let view = self.view;
        let function = view.profile.functions.get(line.function.0 as usize).copied().unwrap_or_default();
        let mut node = Node { address: self.address(at), ..Node::default() };
        if self.granularity.has_function() {
            node.function = self.texts.number(view.name(line));
        }
        if self.granularity.has_file() {
            node.file = self.texts.file(view.profile.strings.get(function.file), function.file);
        }
        if self.granularity.has_line() {
            node.line = line.line;
        }
        if self.granularity == Granularity::Addresses {
            node.column = line.column;
        }
        if self.objects || node.function == 0 {
            node.object = self.object(at);
            node.start_line = function.start_line;
        }
        node
    }

    fn address(&self, at: usize) -> u64 {
        let location = self.view.profile.locations.get(at);
        if self.granularity == Granularity::Addresses {
            location.map_or(0, |location| location.address)
        } else {
            0
        }
    }

    fn object(&mut self, at: usize) -> u32 {
        let profile = self.view.profile;
        let mapping = profile.locations.get(at).and_then(|location| location.mapping);
        let mapping = mapping.and_then(|mapping| profile.mappings.get(mapping as usize));
        let file = mapping.map_or("", |mapping| profile.strings.get(mapping.file));
        self.texts.number(file)
    }
}

/// Texts by number, each once.
#[derive(Debug)]
struct Texts {
    list: Vec<String>,
    numbers: FxHashMap<String, u32>,
    files: FxHashMap<StringId, u32>,
}

impl Default for Texts {
    fn default() -> Self {
        let numbers = FxHashMap::from_iter([(String::new(), 0)]);
        Self { list: vec![String::new()], numbers, files: FxHashMap::default() }
    }
}

impl Texts {
    fn number(&mut self, text: &str) -> u32 {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let number = self.list.len() as u32;
        self.list.push(text.to_owned());
        self.numbers.insert(text.to_owned(), number);
        number
    }

    fn file(&mut self, file: &str, id: StringId) -> u32 {
        if let Some(number) = self.files.get(&id) {
            return *number;
        }
        let number = self.number(&clean(file));
        self.files.insert(id, number);
        number
    }
}

/// A path without what it could do without, as Go's `filepath.Clean` has it, and without the prefixes of Bazel.
pub(super) fn clean(path: &str) -> String {
    let path = ["/proc/self/cwd/./", "/proc/self/cwd/"]
        .iter()
        .find_map(|prefix| path.strip_prefix(prefix))
        .unwrap_or(path);
    if path.is_empty() {
        return String::new();
    }
    let is_rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if is_rooted => {}
            part => parts.push(part),
        }
    }
    match (is_rooted, parts.join("/")) {
        (true, rest) => format!("/{rest}"),
        (false, rest) if rest.is_empty() => ".".to_owned(),
        (false, rest) => rest,
    }
}

/// The last element of a path.
pub(super) fn base(path: &str) -> &str {
    let trimmed = path.trim_end_matches('/');
    let last = trimmed.rsplit('/').next().unwrap_or(trimmed);
    if last.is_empty() && path.starts_with('/') { "/" } else { last }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_cleaned_as_go_cleans_them() {
        for (path, wanted) in [
            ("", ""),
            ("./main.go", "main.go"),
            ("/a/./b//../c.go", "/a/c.go"),
            ("../x.go", "../x.go"),
            ("/../x.go", "/x.go"),
            ("a/..", "."),
            ("/proc/self/cwd/./src/x.go", "src/x.go"),
        ] {
            assert_eq!(clean(path), wanted, "{path}");
        }
        assert_eq!((base("/srv/bin/server"), base("a/"), base("/")), ("server", "a", "/"));
    }
}
