//! `--kind`: names of event kinds, or beginnings of names, to a set of kinds.

use std::str::FromStr;

use crate::format::exectrace::EventKind;
use crate::report::trace::events::{KINDS, kind_name};

/// Kinds that are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KindSet {
    names: Vec<&'static str>,
}

impl KindSet {
    /// Whether this kind is wanted.
    pub(super) fn has(&self, kind: &EventKind) -> bool {
        let name = kind_name(kind);
        self.names.contains(&name)
    }
}

impl FromStr for KindSet {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut names = Vec::new();
        for word in text.split(',').map(str::trim) {
            names.extend(matching(word)?);
        }
        Ok(Self { names })
    }
}

fn matching(word: &str) -> Result<Vec<&'static str>, String> {
    let lower = word.to_ascii_lowercase();
    let (stem, is_stem) = lower.strip_suffix('*').map_or((lower.as_str(), false), |stem| (stem, true));
    let fits = |kind: &&'static str| {
        let kind = kind.to_ascii_lowercase();
        if is_stem { kind.starts_with(stem) } else { kind == stem }
    };
    let found: Vec<&'static str> = KINDS.iter().copied().filter(fits).collect();
    if !found.is_empty() {
        return Ok(found);
    }
    Err(match nearest(&lower) {
        Some(near) => format!("no kind of event is called `{word}`; is `{near}` meant?"),
        None => format!("no kind of event is called `{word}`; there are {}", KINDS.join(", ")),
    })
}

/// The kind whose name is nearest, if it is near enough to be a slip of the pen.
fn nearest(lower: &str) -> Option<&'static str> {
    let distance = |kind: &&str| strsim::damerau_levenshtein(lower, &kind.to_ascii_lowercase());
    KINDS.into_iter().filter(|kind| distance(kind) <= kind.len() / 3).min_by_key(distance)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_beginnings_of_names_select_kinds_in_any_case() {
        let set: KindSet = "gocreate, STW*".parse().unwrap();
        assert_eq!(set.names, ["GoCreate", "STWBegin", "STWEnd"]);
        let all: KindSet = "*".parse().unwrap();
        assert_eq!(all.names.len(), KINDS.len());
    }

    #[test]
    fn a_wrong_name_is_answered_with_the_nearest_one() {
        let error = "GoCreated".parse::<KindSet>().unwrap_err();
        assert!(error.contains("is `GoCreate` meant?"), "{error}");
        let error = "".parse::<KindSet>().unwrap_err();
        assert!(error.contains("there are Sync, "), "{error}");
    }
}
