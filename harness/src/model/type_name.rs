//! Names of Go types as people write them.
//!
//! Debugging information calls a map `map<K,V>` and its insides `table<K,V>` and `noalg.map.group[K]V` (Go 1.24 and
//! later; `hash<K,V>` and `bucket<K,V>` before), and every package by its whole path.

/// Longest list of fields that is shown, in bytes.
const MAX_FIELDS: usize = 48;

/// `map[quote.ID]*cache.entry` of `map<example.com/x/quote.ID,*example.com/x/cache.entry>`; the fields of a struct
/// without a name are left out where they are many.
#[must_use]
pub fn readable_type(name: &str) -> String {
    let short = without_fields(&without_directories(name));
    let Some((before, after)) = short.split_once("map<") else { return short };
    let mut depth = 0_usize;
    let mut comma = None;
    for (at, c) in after.char_indices() {
        match c {
            '<' | '[' | '{' | '(' => depth += 1,
            '>' if depth == 0 => {
                let Some(comma) = comma else { break };
                let (key, value, rest) = (&after[..comma], &after[comma + 1..at], &after[at + 1..]);
                return format!("{before}map[{key}]{value}{rest}");
            }
            '>' | ']' | '}' | ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 && comma.is_none() => comma = Some(at),
            _ => {}
        }
    }
    short
}

/// Whether a type is of the runtime's making, inside of a map.
#[must_use]
pub fn is_inside_of_map(name: &str) -> bool {
    let bare = name.trim_start_matches(['[', ']', '*']);
    ["table<", "noalg.map.group[", "hash<", "bucket<"].iter().any(|inside| bare.starts_with(inside))
}

/// `struct {…}` for a struct with a long list of fields.
fn without_fields(name: &str) -> String {
    let (mut short, mut rest) = (String::with_capacity(name.len()), name);
    while let Some((before, fields)) = rest.split_once("struct {") {
        let mut depth = 1_usize;
        let end = fields.char_indices().find(|&(_, c)| {
            depth = if c == '{' { depth + 1 } else { depth - usize::from(c == '}') };
            depth == 0
        });
        let (inside, after) = fields.split_at(end.map_or(fields.len(), |(at, _)| at));
        let inside = if inside.len() > MAX_FIELDS { "…" } else { inside };
        short.extend([before, "struct {", inside]);
        rest = after;
    }
    short + rest
}

/// Import paths without what is before their last element.
fn without_directories(name: &str) -> String {
    let is_path = |c: char| c.is_alphanumeric() || "_-./~%".contains(c);
    let mut short = String::with_capacity(name.len());
    let mut rest = name;
    while !rest.is_empty() {
        let end = rest.find(|c| !is_path(c)).unwrap_or(rest.len());
        let (path, after) = rest.split_at(end);
        short.push_str(path.rsplit('/').next().unwrap_or(path));
        let next = after.find(is_path).unwrap_or(after.len());
        let (between, after) = after.split_at(next);
        short.push_str(between);
        rest = after;
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_written_as_in_a_program() {
        for (name, readable) in [
            ("map<example.com/x/quote.ID,*example.com/x/cache.entry>", "map[quote.ID]*cache.entry"),
            ("[]*map<string,map<int,int>>", "[]*map[string]map<int,int>"),
            ("map<a/b.P[int,string],[]a/c.Q>", "map[b.P[int,string]][]c.Q"),
            ("example.com/leaky-cache/internal/cache.Cache", "cache.Cache"),
            ("func(a/b.C) d/e.F", "func(b.C) e.F"),
            ("map<broken", "map<broken"),
            ("*struct { a.x int }", "*struct { a.x int }"),
            (
                "[]struct { runtime.lock runtime.mutex; inner struct { a int }; next *long/path.T } x",
                "[]struct {…} x",
            ),
            ("struct { never ends, and is longer than any list of fields should be", "struct {…"),
            ("", ""),
        ] {
            assert_eq!(readable_type(name), readable, "{name}");
        }
    }

    #[test]
    fn insides_of_maps_are_known() {
        for name in
            ["[]*table<string,int>", "table<a,b>", "[]noalg.map.group[string]int", "bucket<string,int>"]
        {
            assert!(is_inside_of_map(name), "{name}");
        }
        assert!(!is_inside_of_map("map<string,int>") && !is_inside_of_map("main.table"));
    }
}
