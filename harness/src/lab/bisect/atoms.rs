//! What differs between two sets of build keys, in changes that can be made one by one.
//!
//! A list (`ldflags`, `tags`, …) is taken word by word, a flag with its value being one (`-X main.v=1`); every other key
//! is one change, every variable of `env` too. All changes together make the good build the bad one.

use std::collections::{BTreeMap, BTreeSet};

use crate::scenario::BuildSpec;

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Atom {
    /// In words: `ldflags -s`, `without gcflags -l`, `debug = stripped`.
    pub words: String,
    change: Change,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Change {
    /// Words of a list that come in (after those that are there), or go.
    Words { key: Key, words: Vec<String>, added: bool },
    /// A whole key becomes the bad build's.
    Whole(Key),
    /// A variable becomes the bad build's.
    Variable(String),
}

/// A key of [`BuildSpec`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    Ldflags,
    Gcflags,
    GcflagsFor,
    Asmflags,
    Tags,
    Trimpath,
    ModMode,
    Cgo,
    Race,
    Pgo,
    Goos,
    Goarch,
    Toolchain,
    Experiment,
    Buildvcs,
    Cover,
    Static,
    Debug,
}

/// Lists, and whether a word without a dash belongs to the one before it.
const LISTS: [(Key, &str, bool); 5] = [
    (Key::Ldflags, "ldflags", true),
    (Key::Gcflags, "gcflags", true),
    (Key::Asmflags, "asmflags", true),
    (Key::Tags, "tags", false),
    (Key::Experiment, "experiment", false),
];

/// Keys with one value, as a scenario spells them.
const SINGLE: [(Key, &str); 13] = [
    (Key::GcflagsFor, "gcflags_for"),
    (Key::Trimpath, "trimpath"),
    (Key::ModMode, "mod"),
    (Key::Cgo, "cgo"),
    (Key::Race, "race"),
    (Key::Pgo, "pgo"),
    (Key::Goos, "goos"),
    (Key::Goarch, "goarch"),
    (Key::Toolchain, "toolchain"),
    (Key::Buildvcs, "buildvcs"),
    (Key::Cover, "cover"),
    (Key::Static, "static"),
    (Key::Debug, "debug"),
];

/// The changes from `good` to `bad`, none if they are the same.
#[must_use]
pub fn atoms(good: &BuildSpec, bad: &BuildSpec) -> Vec<Atom> {
    let mut atoms: Vec<Atom> = Vec::new();
    for (key, name, has_values) in LISTS {
        atoms.extend(of_list((key, name), (list(good, key), list(bad, key)), has_values));
    }
    for (key, name) in SINGLE {
        let (from, to) = (value(good, key), value(bad, key));
        if from != to {
            atoms.push(Atom { words: format!("{name} = {to}"), change: Change::Whole(key) });
        }
    }
    let names: BTreeSet<&String> = good.env.keys().chain(bad.env.keys()).collect();
    for name in names.into_iter().filter(|name| good.env.get(*name) != bad.env.get(*name)) {
        let words = match bad.env.get(name) {
            Some(value) => format!("{name}={value}"),
            None => format!("without {name}"),
        };
        atoms.push(Atom { words, change: Change::Variable(name.clone()) });
    }
    atoms
}

/// `good` with some of the changes.
#[must_use]
pub fn apply(good: &BuildSpec, bad: &BuildSpec, changes: &[&Atom]) -> BuildSpec {
    let mut spec = good.clone();
    for atom in changes {
        match &atom.change {
            Change::Whole(key) => take_over(&mut spec, bad, *key),
            Change::Variable(name) => {
                spec.env.remove(name);
                spec.env
                    .extend(bad.env.get_key_value(name).map(|(name, value)| (name.clone(), value.clone())));
            }
            Change::Words { .. } => {}
        }
    }
    for (key, _, has_values) in LISTS {
        let of_key: Vec<(&Vec<String>, bool)> = changes
            .iter()
            .filter_map(|atom| match &atom.change {
                Change::Words { key: of, words, added } if *of == key => Some((words, *added)),
                _ => None,
            })
            .collect();
        if of_key.is_empty() {
            continue;
        }
        let kept = units(list(good, key), has_values).into_iter();
        let kept = kept.filter(|unit| !of_key.iter().any(|(words, added)| !added && *words == unit));
        let more = of_key.iter().filter(|(_, added)| *added).map(|(words, _)| (*words).clone());
        let words: Vec<String> = kept.chain(more).flatten().collect();
        // The order of the bad build is kept where all of its words are there.
        let target = list(bad, key);
        let (mut ours, mut theirs) = (words.clone(), target.clone());
        ours.sort_unstable();
        theirs.sort_unstable();
        *list_mut(&mut spec, key) = if ours == theirs { target.clone() } else { words };
    }
    spec
}

/// Word by word, if that comes to the same; the whole list otherwise (an order that matters, a word given twice).
fn of_list(
    (key, name): (Key, &str),
    (good, bad): (&Vec<String>, &Vec<String>),
    has_values: bool,
) -> Vec<Atom> {
    if good == bad {
        return Vec::new();
    }
    let (from, to) = (units(good, has_values), units(bad, has_values));
    let goes = from.iter().filter(|unit| !to.contains(unit)).map(|unit| (unit, false));
    let comes = to.iter().filter(|unit| !from.contains(unit)).map(|unit| (unit, true));
    let atom = |(unit, added): (&Vec<String>, bool)| Atom {
        words: format!("{}{name} {}", if added { "" } else { "without " }, unit.join(" ")),
        change: Change::Words { key, words: unit.clone(), added },
    };
    let atoms: Vec<Atom> = goes.chain(comes).map(atom).collect();
    let mut known = BTreeMap::new();
    let twice = from.iter().any(|unit| known.insert(unit, ()).is_some());
    if atoms.is_empty() || twice {
        let words = format!("{name} = {}", bad.join(" "));
        return vec![Atom { words, change: Change::Whole(key) }];
    }
    atoms
}

/// Words, each flag with the values that follow it.
fn units(words: &[String], has_values: bool) -> Vec<Vec<String>> {
    let mut units: Vec<Vec<String>> = Vec::new();
    for word in words {
        match units.last_mut() {
            Some(unit) if has_values && !word.starts_with('-') => unit.push(word.clone()),
            _ => units.push(vec![word.clone()]),
        }
    }
    units
}

fn list(spec: &BuildSpec, key: Key) -> &Vec<String> {
    match key {
        Key::Gcflags => &spec.gcflags,
        Key::Asmflags => &spec.asmflags,
        Key::Tags => &spec.tags,
        Key::Experiment => &spec.experiment,
        _ => &spec.ldflags,
    }
}

fn list_mut(spec: &mut BuildSpec, key: Key) -> &mut Vec<String> {
    match key {
        Key::Gcflags => &mut spec.gcflags,
        Key::Asmflags => &mut spec.asmflags,
        Key::Tags => &mut spec.tags,
        Key::Experiment => &mut spec.experiment,
        _ => &mut spec.ldflags,
    }
}

/// A single value in words.
fn value(spec: &BuildSpec, key: Key) -> String {
    let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "default".to_owned());
    match key {
        Key::GcflagsFor => text(&spec.gcflags_for),
        Key::Trimpath => spec.trimpath.to_string(),
        Key::ModMode => text(&spec.mod_mode),
        Key::Cgo => spec.cgo.map_or_else(|| "default".to_owned(), |on| on.to_string()),
        Key::Race => spec.race.to_string(),
        Key::Pgo => text(&spec.pgo),
        Key::Goos => text(&spec.goos),
        Key::Goarch => text(&spec.goarch),
        Key::Toolchain => text(&spec.toolchain),
        Key::Buildvcs => text(&spec.buildvcs),
        Key::Cover => spec.cover.to_string(),
        Key::Static => spec.static_link.to_string(),
        Key::Debug => format!("{:?}", spec.debug).to_lowercase(),
        Key::Ldflags | Key::Gcflags | Key::Asmflags | Key::Tags | Key::Experiment => {
            list(spec, key).join(" ")
        }
    }
}

fn take_over(spec: &mut BuildSpec, bad: &BuildSpec, key: Key) {
    match key {
        Key::Ldflags | Key::Gcflags | Key::Asmflags | Key::Tags | Key::Experiment => {
            list_mut(spec, key).clone_from(list(bad, key));
        }
        Key::GcflagsFor => spec.gcflags_for.clone_from(&bad.gcflags_for),
        Key::Trimpath => spec.trimpath = bad.trimpath,
        Key::ModMode => spec.mod_mode.clone_from(&bad.mod_mode),
        Key::Cgo => spec.cgo = bad.cgo,
        Key::Race => spec.race = bad.race,
        Key::Pgo => spec.pgo.clone_from(&bad.pgo),
        Key::Goos => spec.goos.clone_from(&bad.goos),
        Key::Goarch => spec.goarch.clone_from(&bad.goarch),
        Key::Toolchain => spec.toolchain.clone_from(&bad.toolchain),
        Key::Buildvcs => spec.buildvcs.clone_from(&bad.buildvcs),
        Key::Cover => spec.cover = bad.cover,
        Key::Static => spec.static_link = bad.static_link,
        Key::Debug => spec.debug = bad.debug,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::DebugInfo;

    fn spec(change: impl FnOnce(&mut BuildSpec)) -> BuildSpec {
        let mut spec = BuildSpec::default();
        change(&mut spec);
        spec
    }

    fn strings(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    fn words(atoms: &[Atom]) -> Vec<&str> {
        atoms.iter().map(|atom| atom.words.as_str()).collect()
    }

    #[test]
    fn flags_are_taken_with_their_values_and_all_of_them_make_the_bad_build() {
        let good = spec(|spec| {
            spec.ldflags = strings(&["-X", "main.v=1", "-w"]);
            spec.env.insert("GOAMD64".into(), "v1".into());
        });
        let bad = spec(|spec| {
            spec.ldflags = strings(&["-s", "-w", "-X", "main.v=2"]);
            spec.gcflags = strings(&["-N", "-l"]);
            spec.tags = strings(&["prod", "fast"]);
            spec.debug = DebugInfo::Stripped;
            spec.cgo = Some(true);
            spec.env.insert("GOAMD64".into(), "v3".into());
        });
        let atoms = atoms(&good, &bad);
        let expected = [
            "without ldflags -X main.v=1",
            "ldflags -s",
            "ldflags -X main.v=2",
            "gcflags -N",
            "gcflags -l",
            "tags prod",
            "tags fast",
            "cgo = true",
            "debug = stripped",
            "GOAMD64=v3",
        ];
        assert_eq!(words(&atoms), expected);
        assert_eq!(apply(&good, &bad, &atoms.iter().collect::<Vec<_>>()), bad);
        assert_eq!(apply(&good, &bad, &[]), good);
        let some = apply(&good, &bad, &[&atoms[1], &atoms[4]]);
        assert_eq!(
            (some.ldflags, some.gcflags),
            (strings(&["-X", "main.v=1", "-w", "-s"]), strings(&["-l"]))
        );
    }

    #[test]
    fn an_order_is_one_change() {
        let good = spec(|spec| spec.gcflags = strings(&["-a", "-b"]));
        let bad = spec(|spec| spec.gcflags = strings(&["-b", "-a"]));
        let atoms = atoms(&good, &bad);
        assert_eq!(words(&atoms), ["gcflags = -b -a"]);
        assert_eq!(apply(&good, &bad, &[&atoms[0]]), bad);
    }

    #[test]
    fn every_key_of_a_build_is_a_change_or_a_list() {
        // A key that is added to the build and forgotten here would never be found to have done it.
        let serde_json::Value::Object(keys) = serde_json::to_value(BuildSpec::default()).expect("JSON")
        else {
            panic!("not an object")
        };
        assert_eq!(keys.len(), LISTS.len() + SINGLE.len() + 1, "{:?}", keys.keys());
    }
}
