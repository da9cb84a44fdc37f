//! Directories of this machine in a program.

use std::collections::BTreeMap;

use regex::bytes::Regex;

use crate::format::binary::Texts;
use crate::model::lab::reproducible::{LeakPlace, LeakedPath};

/// Bytes of an example at most.
const EXAMPLE: usize = 160;

/// Sections by how their names begin or end, and what they are for.
const MEANS: [(&str, &str); 7] = [
    ("gopclntab", "stack traces"),
    ("debug_", "debug information"),
    ("zdebug_", "debug information"),
    ("go.buildinfo", "build information"),
    ("strtab", "symbol table"),
    ("symtab", "symbol table"),
    ("rodata", "strings"),
];

fn means(section: &str) -> &'static str {
    MEANS.iter().find(|(part, _)| section.contains(part)).map_or("data", |(_, means)| means)
}

/// Each of the directories that is in the program, the most often named first. One that lies in another counts for itself alone.
pub(super) fn leaked(texts: &Texts<'_>, roots: &[(&'static str, String)]) -> Vec<LeakedPath> {
    let mut roots: Vec<&(&'static str, String)> = roots.iter().collect();
    roots.sort_by_key(|(_, path)| std::cmp::Reverse(path.len()));
    roots.dedup_by_key(|(_, path)| path.as_str());
    let words: Vec<String> = roots.iter().map(|(_, path)| format!("({})", regex::escape(path))).collect();
    let Ok(any) = Regex::new(&format!("(?-u)(?:{})(?:[^A-Za-z0-9._-]|$)", words.join("|"))) else {
        return Vec::new();
    };
    if roots.is_empty() {
        return Vec::new();
    }
    let mut found: Vec<(BTreeMap<&str, u64>, String)> = vec![Default::default(); roots.len()];
    for part in &texts.parts {
        for captures in any.captures_iter(&part.bytes) {
            let which = (0..roots.len()).find_map(|at| Some((at, captures.get(at + 1)?)));
            let Some((at, matched)) = which else { continue };
            let Some((places, example)) = found.get_mut(at) else { continue };
            *places.entry(part.name.as_str()).or_default() += 1;
            if example.is_empty() {
                *example = path_at(&part.bytes, matched.start());
            }
        }
    }
    let all = roots.into_iter().zip(found).filter(|(_, (places, _))| !places.is_empty());
    let mut leaked: Vec<LeakedPath> =
        all.map(|((what, path), (places, example))| one(what, path, places, example)).collect();
    leaked.sort_by_key(|path| std::cmp::Reverse(path.count));
    leaked
}

fn one(what: &str, path: &str, places: BTreeMap<&str, u64>, example: String) -> LeakedPath {
    let place = |(section, count): (&str, u64)| LeakPlace {
        section: section.to_owned(),
        means: means(section).to_owned(),
        count,
    };
    LeakedPath {
        what: what.to_owned(),
        path: path.to_owned(),
        count: places.values().sum(),
        places: places.into_iter().map(place).collect(),
        example,
    }
}

/// The path that begins at a place.
fn path_at(bytes: &[u8], at: usize) -> String {
    let rest = bytes.get(at..).unwrap_or_default().iter();
    let path: Vec<u8> = rest.take(EXAMPLE).take_while(|byte| byte.is_ascii_graphic()).copied().collect();
    String::from_utf8_lossy(&path).into_owned()
}

/// A file of the program's own package as stack traces name it: the function table has the name whole.
pub(super) fn in_traces(texts: &Texts<'_>, import_path: &str) -> Option<String> {
    let name = import_path.rsplit('/').next().filter(|name| !name.is_empty())?;
    let table = texts.parts.iter().find(|part| part.name.ends_with("gopclntab"))?;
    let files = Regex::new(r"(?-u)\x00([!-~]*/[!-~]*\.go)").ok()?;
    let own = |path: &str| {
        let dir = path.rsplit_once('/').map_or("", |(dir, _)| dir);
        dir == import_path
            || dir.ends_with(&format!("/{import_path}"))
            || dir.rsplit('/').next() == Some(name)
    };
    let paths = files
        .captures_iter(&table.bytes)
        .filter_map(|captures| std::str::from_utf8(captures.get(1)?.as_bytes()).ok().map(str::to_owned));
    paths.into_iter().find(|path| own(path))
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;
    use crate::format::binary::Text;

    #[test]
    fn a_path_counts_for_the_directory_that_it_is_in_most_closely_and_a_longer_name_is_another() {
        let bytes = b"\0/home/me/app/main.go\0/home/me/other.go\0/home/me-too/x.go\0/home/me/app\0";
        let texts = Texts {
            parts: vec![Text { name: ".gopclntab".into(), is_section: true, bytes: Cow::Borrowed(bytes) }],
        };
        let roots = [("HOME", "/home/me".to_owned()), ("the module", "/home/me/app".to_owned())];
        let leaked = leaked(&texts, &roots);
        let of: Vec<(&str, u64, &str)> =
            leaked.iter().map(|path| (path.what.as_str(), path.count, path.example.as_str())).collect();
        assert_eq!(of, [("the module", 2, "/home/me/app/main.go"), ("HOME", 1, "/home/me/other.go")]);
        assert_eq!(leaked[0].places[0].means, "stack traces");
        assert_eq!(in_traces(&texts, "example.com/app").as_deref(), Some("/home/me/app/main.go"));
    }
}
