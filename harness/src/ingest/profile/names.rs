//! Function names as pprof shows them.
//!
//! Without a name of its own a function has the linker's. What looks like a demangled C++ name loses its parameters
//! and template arguments. Names that are still mangled (`_Z…`, from C++ behind cgo) stay as they are: pprof would
//! demangle them.

use std::borrow::Cow;

use crate::format::pprof::{Function, Profile};

/// Names of all functions, by index.
pub(super) fn names(profile: &Profile) -> Vec<Cow<'_, str>> {
    profile.functions.iter().map(|function| name(profile, function)).collect()
}

fn name<'p>(profile: &'p Profile, function: &Function) -> Cow<'p, str> {
    let name = profile.strings.get(function.name);
    let system_name = profile.strings.get(function.system_name);
    if !name.is_empty() && name != system_name {
        return name.into();
    }
    if !looks_like_cpp(system_name) {
        return system_name.into();
    }
    let bare = without(system_name, '(', ')');
    without(&bare, '<', '>').into_owned().into()
}

fn looks_like_cpp(name: &str) -> bool {
    // Java's constructors, and Go's methods of generic types.
    if name.contains(".<") || name.contains("]).") {
        return false;
    }
    name.contains(['<', '>', '[', ']']) || name.contains("::")
}

/// Without what stands between `open` and its `close`, both included. Unchanged from where they do not match.
fn without(name: &str, open: char, close: char) -> Cow<'_, str> {
    let mut out = String::new();
    let (mut nesting, mut kept_from, mut first) = (0usize, 0, 0);
    for (at, c) in name.char_indices() {
        if c == open {
            nesting += 1;
            if nesting == 1 {
                first = at;
            }
        } else if c == close {
            match nesting {
                0 => break,
                1 => {
                    out.push_str(name.get(kept_from..first).unwrap_or_default());
                    kept_from = at + c.len_utf8();
                    nesting = 0;
                }
                _ => nesting -= 1,
            }
        }
    }
    if kept_from == 0 {
        return name.into();
    }
    out.push_str(name.get(kept_from..).unwrap_or_default());
    out.into()
}

/// A name for matching `drop_frames`: without a leading point (PowerPC) and without an argument list.
pub(super) fn simplified(name: &str) -> &str {
    let name = name.strip_prefix('.').unwrap_or(name);
    const RESERVED: [&str; 2] = ["(anonymous namespace)", "operator()"];
    let mut at = 0;
    while let Some(rest) = name.get(at..) {
        // Whichever comes first: a reserved word, which is passed over, or the argument list.
        let reserved =
            RESERVED.iter().filter_map(|word| rest.find(word).map(|start| (start, word.len()))).min();
        let bracket = rest.find('(');
        match (reserved, bracket) {
            (Some((start, len)), Some(bracket)) if start <= bracket => at += start + len,
            (_, Some(bracket)) => return name.get(..at + bracket).unwrap_or(name),
            (_, None) => return name,
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn argument_lists_go_and_what_looks_like_one_stays() {
        for (name, wanted) in [
            ("runtime.mallocgc", "runtime.mallocgc"),
            ("main.(*T).M", "main."),
            ("foo(int, char)", "foo"),
            ("(anonymous namespace)::f(int)", "(anonymous namespace)::f"),
            ("F::operator()(int)", "F::operator()"),
            (".f", "f"),
        ] {
            assert_eq!(simplified(name), wanted, "{name}");
        }
    }

    #[test]
    fn brackets_go_with_what_is_between_them() {
        for (name, wanted) in [
            ("f(int(*)(char))", "f"),
            ("a(b)c(d)e", "ace"),
            ("f)(", "f)("),
            ("a(b)c)d(e)", "ac)d(e)"),
            ("f(", "f("),
            ("ü(ü)ü", "üü"),
        ] {
            assert_eq!(without(name, '(', ')'), wanted, "{name}");
        }
        assert!(looks_like_cpp("main.Map[...]") && !looks_like_cpp("main.(*Stack[...]).Push"));
    }
}
