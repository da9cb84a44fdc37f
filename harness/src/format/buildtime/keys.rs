//! `GODEBUG=gocachehash=1`: what goes into the keys of the build cache, written to standard error line by line, those of
//! several packages in turns.

use std::collections::BTreeMap;

/// What decides on an action's result: two that have the same inputs share it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Key {
    /// In the go command's order: `compile …`, `file a.go HASH`, `import fmt HASH`.
    pub inputs: Vec<String>,
}

/// Keys of `action` (`build`, `link`) by package. Lines of other kinds are passed over.
#[must_use]
pub fn read(text: &str, action: &str) -> BTreeMap<String, Key> {
    let mut keys: BTreeMap<String, Key> = BTreeMap::new();
    for line in text.lines() {
        let Some((name, rest)) = line.strip_prefix("HASH[").and_then(|rest| rest.split_once(']')) else {
            continue;
        };
        let Some(package) = name.strip_prefix(action).and_then(|name| name.strip_prefix(' ')) else {
            continue;
        };
        let key = keys.entry(package.to_owned()).or_default();
        match rest.strip_prefix(": ") {
            // It is worked out anew: the link's is, once before and once after the build.
            None => key.inputs.clear(),
            Some(quoted) => key.inputs.extend(unquoted(quoted)),
        }
    }
    keys
}

/// A Go string of one line; `None` for the sum at the end, which has no quotes.
fn unquoted(text: &str) -> Option<String> {
    let inner = text.strip_prefix('"')?.strip_suffix('"')?;
    let mut out = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        match (c, if c == '\\' { chars.next() } else { None }) {
            ('\\', Some('n')) => out.push('\n'),
            ('\\', Some('t')) => out.push('\t'),
            ('\\', Some(escaped @ ('\\' | '"'))) => out.push(escaped),
            // Rarer ones stay as they are written: they are compared and shown, never used.
            ('\\', Some(other)) => out.extend(['\\', other]),
            (c, _) => out.push(c),
        }
    }
    Some(out.trim_end_matches('\n').to_owned())
}
