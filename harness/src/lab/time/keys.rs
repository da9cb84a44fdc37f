//! Keys of the build cache, compared: why a package of one variant is not the other's.

use std::collections::{BTreeMap, BTreeSet};

use crate::format::buildtime::Key;
use crate::model::lab::time::{Anew, TimeDifference};

/// Keys of one variant.
#[derive(Debug, Default)]
pub(super) struct Keys {
    pub(super) packages: BTreeMap<String, Key>,
    pub(super) links: BTreeMap<String, Key>,
}

/// How what stands first in an input is called. What is not here is shown as it is written.
const WORDS: [(&str, &str); 17] = [
    ("compile", "gcflags"),
    ("asm", "asmflags"),
    ("linkflags", "ldflags"),
    ("link", "kind of program"),
    ("dir", "directory of its sources"),
    ("module", "module"),
    ("trimpath", "-trimpath"),
    ("goos", "target"),
    ("go", "Go version in go.mod"),
    ("cgo", "cgo"),
    ("CC", "C flags"),
    ("cover", "-cover"),
    ("pgofile", "PGO profile"),
    ("omitdebug", "debug information"),
    ("buildmode", "build mode"),
    ("defaultgodebug", "default GODEBUG"),
    ("file", "file"),
];

/// Inputs that go with `-trimpath`, and are no reason of their own where that is one.
const OF_TRIMPATH: [&str; 3] = ["dir", "module", "GOROOT"];

/// Inputs that are about other packages: what they are is told there.
const OTHERS: [&str; 3] = ["import", "packagefile", "packagemain"];

/// What a variant does not share with the reference; `None` if it shares all.
pub(super) fn differ(base: &Keys, other: &Keys) -> Option<TimeDifference> {
    let mut difference = TimeDifference::default();
    for (package, key) in &other.packages {
        match base.packages.get(package) {
            None => difference.added.push(package.clone()),
            Some(before) if before == key => difference.shared = difference.shared.saturating_add(1),
            Some(before) => difference.anew.push(Anew {
                package: package.clone(),
                because: reasons(before, key),
                imports: imports(before, key),
            }),
        }
    }
    let gone = base.packages.keys().filter(|package| !other.packages.contains_key(*package));
    difference.removed = gone.cloned().collect();
    let links = base.links.iter().filter_map(|(program, before)| Some((before, other.links.get(program)?)));
    difference.link = links.flat_map(|(before, key)| reasons(before, key)).collect();
    let is_same = difference.anew.is_empty() && difference.link.is_empty();
    (!is_same || !difference.added.is_empty() || !difference.removed.is_empty()).then_some(difference)
}

/// Inputs that one side alone has.
fn alone<'k>(one: &'k Key, other: &Key) -> Vec<&'k str> {
    let others: BTreeSet<&str> = other.inputs.iter().map(String::as_str).collect();
    one.inputs.iter().map(String::as_str).filter(|input| !others.contains(input)).collect()
}

/// The first word of an input, and the rest.
fn split(input: &str) -> (&str, &str) {
    let end = input.find([' ', '=']).unwrap_or(input.len());
    let (word, rest) = input.split_at(end);
    (word, rest.trim_start_matches([' ', '=']))
}

fn imports(before: &Key, after: &Key) -> Vec<String> {
    let name = |input: &&str| split(input).1.split(' ').next().unwrap_or_default().to_owned();
    alone(after, before).iter().filter(|input| split(input).0 == "import").map(name).collect()
}

/// What is different, in words; without what is of other packages.
fn reasons(before: &Key, after: &Key) -> Vec<String> {
    let (was, is) = (alone(before, after), alone(after, before));
    let is_trimmed = was.iter().chain(&is).any(|input| *input == "trimpath");
    let own = |input: &&str| {
        let word = split(input).0;
        !(OTHERS.contains(&word) || is_trimmed && OF_TRIMPATH.contains(&word))
    };
    let mut was: Vec<&str> = was.into_iter().filter(own).collect();
    let is: Vec<&str> = is.into_iter().filter(own).collect();
    let mut reasons = Vec::new();
    for input in is {
        let twin = was.iter().position(|old| subject(old) == subject(input));
        reasons.extend(reason(twin.map(|at| was.remove(at)), Some(input)));
    }
    reasons.extend(was.into_iter().flat_map(|input| reason(Some(input), None)));
    reasons
}

/// What an input is about: of files each is about itself.
fn subject(input: &str) -> &str {
    match split(input) {
        ("file", rest) => rest.split(' ').next().unwrap_or_default(),
        (word, _) => word,
    }
}

fn reason(was: Option<&str>, is: Option<&str>) -> Vec<String> {
    let (word, _) = split(is.or(was).unwrap_or_default());
    let name = WORDS.iter().find(|(first, _)| *first == word).map_or(word, |(_, name)| name);
    let [was, is] = [was, is].map(|input| input.map(|input| value(word, split(input).1)));
    match (word, was, is) {
        ("modinfo", Some(was), Some(is)) => settings(&was, &is),
        ("file", was, is) => {
            let file = |text: &String| text.split(' ').next().unwrap_or_default().to_owned();
            match (was.as_ref().map(file), is.as_ref().map(file)) {
                (None, Some(file)) => vec![format!("with file {file}")],
                (Some(file), None) => vec![format!("without file {file}")],
                (_, file) => vec![format!("another file {}", file.unwrap_or_default())],
            }
        }
        ("pgofile", Some(_), Some(_)) => vec!["another PGO profile".to_owned()],
        ("pgofile", None, _) => vec!["with a PGO profile".to_owned()],
        ("pgofile", _, None) => vec!["without a PGO profile".to_owned()],
        (_, Some(was), Some(is)) => vec![format!("{name} {was} -> {is}")],
        (_, None, Some(is)) => vec![format!("with {name} {is}").trim_end().to_owned()],
        (_, Some(was), None) => vec![format!("without {name} {was}").trim_end().to_owned()],
        (_, None, None) => Vec::new(),
    }
}

/// Lists of flags stand behind the tool's version; those that the go command forces (`-race`) and the user's own.
fn value(word: &str, rest: &str) -> String {
    let lists = match word {
        "compile" | "asm" => rest.find('[').map_or(rest, |at| rest.get(at..).unwrap_or_default()),
        "modinfo" => return rest.replace("\\n", "\n").replace("\\t", "\t").trim_matches('"').to_owned(),
        _ => rest,
    };
    let plain = lists.replace('"', "");
    plain.strip_prefix("[] ").unwrap_or(&plain).to_owned()
}

/// Lines of the build info that differ, by the names of their settings: `build info: -ldflags`.
fn settings(was: &str, is: &str) -> Vec<String> {
    let (before, after): (BTreeSet<&str>, BTreeSet<&str>) = (was.lines().collect(), is.lines().collect());
    let name = |line: &&str| {
        let line = line.strip_prefix("build\t").unwrap_or(line);
        line.split(['=', '\t']).next().unwrap_or_default().to_owned()
    };
    let names: BTreeSet<String> = before.symmetric_difference(&after).map(name).collect();
    let names: Vec<String> = names.into_iter().collect();
    if names.is_empty() { Vec::new() } else { vec![format!("build info: {}", names.join(", "))] }
}
