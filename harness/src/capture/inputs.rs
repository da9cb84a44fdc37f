//! Everything that goes into a capture, by parts and as one digest: the same digest, the same result, as far as the
//! program is deterministic.
//!
//! Input: a scenario, the parts of its builds, the environment. Output: [`Inputs`], and how two of them differ, in words.
//! Where things lie (the module's directory, the scenario's file) is left out: it makes no difference to a program. So
//! are the variables of the environment that are not Go's own, as far as the digest goes: no two sessions have the
//! same ones. They are compared nevertheless.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};

use super::manifest::Machine;
use crate::scenario::{Driver, Scenario};
use crate::toolchain::{Part, PartKind, input_digest, probe_digest};

/// Variables that Go's runtime reads in a program.
const RUNTIME: [&str; 5] = ["GODEBUG", "GOGC", "GOMAXPROCS", "GOMEMLIMIT", "GOTRACEBACK"];
/// Variables that tell of a shell or a session, not of what a program does.
const SESSION: [&str; 10] =
    ["PWD", "OLDPWD", "SHLVL", "_", "TERM", "COLUMNS", "LINES", "NO_COLOR", "WINDOWID", "HARNESS_GO"];

/// What a difference of a kind means, and how it is told.
struct Rule {
    kind: PartKind,
    /// It is another program, or another load: a repeat would prove nothing.
    refused: bool,
    /// Its value says something to people.
    readable: bool,
    /// It is part of the digest.
    counts: bool,
    /// What stands before its name.
    words: &'static str,
}

const fn rule(kind: PartKind, refused: bool, readable: bool, counts: bool, words: &'static str) -> Rule {
    Rule { kind, refused, readable, counts, words }
}

const RULES: [Rule; 9] = [
    rule(PartKind::Scenario, true, false, true, "the "),
    rule(PartKind::Package, true, false, true, "package "),
    rule(PartKind::Module, true, true, true, "module "),
    rule(PartKind::File, true, false, true, "file "),
    rule(PartKind::Go, true, true, true, ""),
    rule(PartKind::Setting, true, true, true, "build setting "),
    rule(PartKind::Harness, false, true, true, "the "),
    rule(PartKind::Runtime, false, true, true, ""),
    rule(PartKind::Variable, false, false, false, "variable "),
];

fn rule_of(kind: PartKind) -> &'static Rule {
    RULES.iter().find(|rule| rule.kind == kind).unwrap_or(&RULES[0])
}

/// What went in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inputs {
    /// Digest of all parts that count, 16 hex digits.
    pub digest: String,
    /// What all builds share.
    pub shared: Vec<Part>,
    /// What each build is made of, by variant.
    pub builds: BTreeMap<String, Vec<Part>>,
}

/// Something that is not as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// In words.
    pub words: String,
    /// A repeat would prove nothing.
    pub refused: bool,
    /// It is Go's release.
    pub is_go: bool,
}

impl Inputs {
    /// Those of a scenario, as yet without its builds.
    #[must_use]
    pub fn of(scenario: &Scenario, env: &BTreeMap<String, String>) -> Self {
        let mut shared = vec![
            Part::new(PartKind::Scenario, "scenario", bare(scenario)),
            Part::new(PartKind::Harness, "harness", env!("CARGO_PKG_VERSION")),
            Part::new(PartKind::Harness, "probe", probe_digest()),
        ];
        shared.extend(scenario.workload.stdin.iter().map(|path| Part::file("standard input", path)));
        shared.extend(scenario.workload.driver.iter().flat_map(load));
        shared.extend(env.iter().filter_map(|(name, value)| variable(name, value)));
        let mut inputs = Self { shared, ..Self::default() };
        inputs.seal();
        inputs
    }

    /// Adds what a build is made of.
    pub fn add(&mut self, variant: &str, parts: Vec<Part>) {
        self.builds.insert(variant.to_owned(), parts);
        self.seal();
    }

    fn seal(&mut self) {
        let counts = |part: &&Part| rule_of(part.kind).counts;
        let shared: Vec<&Part> = self.shared.iter().filter(counts).collect();
        let builds: BTreeMap<&String, Vec<&Part>> =
            self.builds.iter().map(|(name, parts)| (name, parts.iter().filter(counts).collect())).collect();
        self.digest = input_digest(&serde_json::to_vec(&(shared, builds)).unwrap_or_default());
    }

    /// What of `now` is not as it was, what is refused first. Of builds, those that `now` has.
    #[must_use]
    pub fn differences(&self, now: &Self) -> Vec<Difference> {
        let mut found: Vec<(Difference, Vec<&str>)> =
            differing(&self.shared, &now.shared).into_iter().map(|one| (one, Vec::new())).collect();
        let none = Vec::new();
        for (variant, now) in &now.builds {
            for one in differing(self.builds.get(variant).unwrap_or(&none), now) {
                match found.iter_mut().find(|(known, _)| *known == one) {
                    Some((_, variants)) => variants.push(variant),
                    None => found.push((one, vec![variant])),
                }
            }
        }
        found.sort_by_key(|(one, _)| !one.refused);
        let named = |(mut one, variants): (Difference, Vec<&str>)| {
            if !variants.is_empty() && variants.len() < now.builds.len() {
                one.words.push_str(&format!(" [{}]", variants.join(", ")));
            }
            one
        };
        found.into_iter().map(named).collect()
    }
}

fn differing(then: &[Part], now: &[Part]) -> Vec<Difference> {
    let by_name = |parts: &[Part]| -> BTreeMap<(PartKind, String), String> {
        parts.iter().map(|part| ((part.kind, part.name.clone()), part.value.clone())).collect()
    };
    let (then, now) = (by_name(then), by_name(now));
    let keys: BTreeSet<&(PartKind, String)> = then.keys().chain(now.keys()).collect();
    let one = |key: &(PartKind, String)| {
        let words = words(key, then.get(key).map(String::as_str), now.get(key).map(String::as_str))?;
        Some(Difference { words, refused: rule_of(key.0).refused, is_go: key.0 == PartKind::Go })
    };
    keys.into_iter().filter_map(one).collect()
}

/// How a part differs; `None` if it does not. What nobody knows is not the same as anything.
fn words((kind, name): &(PartKind, String), then: Option<&str>, now: Option<&str>) -> Option<String> {
    let Rule { readable, words, .. } = rule_of(*kind);
    let subject = format!("{words}{name}");
    let set = [PartKind::Runtime, PartKind::Setting].contains(kind);
    Some(match (then, now) {
        (Some(""), Some(_)) | (_, Some("")) => format!("{subject} cannot be compared: it could not be read"),
        (Some(then), Some(now)) if then == now => return None,
        (Some(then), Some(now)) if *readable => format!("{subject} was {then}, is {now}"),
        (Some(_), Some(_)) => format!("{subject} has changed"),
        (None, Some(now)) if set => format!("{subject} was not set, is {now}"),
        (Some(then), None) if set => format!("{subject} was {then}, is not set"),
        (None, _) => format!("{subject} is new"),
        (Some(_), None) => format!("{subject} is gone"),
    })
}

/// How a machine differs from the one of before.
#[must_use]
pub fn machine_differences(then: &Machine, now: &Machine) -> Vec<String> {
    let cpu = |machine: &Machine| machine.cpu.clone().unwrap_or_else(|| "unknown".to_owned());
    let facts = [
        ("system", then.os.clone(), now.os.clone()),
        ("architecture", then.arch.clone(), now.arch.clone()),
        ("processor", cpu(then), cpu(now)),
        ("number of processors", then.cpus.to_string(), now.cpus.to_string()),
        ("kernel", then.kernel.clone(), now.kernel.clone()),
    ];
    let differ = facts.into_iter().filter(|(_, then, now)| then != now);
    differ.map(|(what, then, now)| format!("the machine's {what} was {then}, is {now}")).collect()
}

fn variable(name: &str, value: &str) -> Option<Part> {
    if RUNTIME.contains(&name) {
        return (!value.is_empty()).then(|| Part::new(PartKind::Runtime, name, value)); // empty is as good as unset
    }
    // Few digits: enough to tell a change, too few to tell the value of a short secret for sure.
    let digest = || input_digest(format!("{name}={value}").as_bytes())[..8].to_owned();
    (!SESSION.contains(&name)).then(|| Part::new(PartKind::Variable, name, digest()))
}

/// Files that the driver's words name below its directory: a script, or the files of a package to `go run`.
fn load(driver: &Driver) -> Vec<Part> {
    let here = |word: &&String| !word.is_empty() && !word.starts_with('/');
    let paths = driver.command.iter().filter(here).map(|word| driver.dir.join(word));
    let files: BTreeSet<Utf8PathBuf> = paths.flat_map(|path| files(&path)).collect();
    let name = |path: &Utf8Path| path.strip_prefix(&driver.dir).unwrap_or(path).to_string();
    files.iter().map(|path| Part::file(format!("of the driver, {}", name(path)), path)).collect()
}

fn files(path: &Utf8Path) -> Vec<Utf8PathBuf> {
    if path.is_file() {
        return vec![path.to_owned()];
    }
    let Ok(entries) = path.read_dir_utf8() else { return Vec::new() };
    let entries = entries.filter_map(Result::ok).map(camino::Utf8DirEntry::into_path);
    entries.filter(|path| path.extension() == Some("go")).collect()
}

/// Digest of a scenario without its paths, and without what is a part of its own.
fn bare(scenario: &Scenario) -> String {
    let mut bare = scenario.clone();
    (bare.path, bare.baseline) = Default::default();
    (bare.description, bare.twin) = Default::default();
    (bare.workload.module, bare.workload.dir, bare.workload.stdin) = Default::default();
    if let Some(driver) = &mut bare.workload.driver {
        driver.dir = Utf8PathBuf::default();
    }
    for variant in &mut bare.variants {
        variant.build = Default::default();
    }
    input_digest(&serde_json::to_vec(&bare).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Kind, name, value.
    type Told<'a> = (PartKind, &'a str, &'a str);

    fn inputs(env: &[(&str, &str)], builds: &[(&str, &[Told<'_>])]) -> Inputs {
        let shared = env.iter().filter_map(|(name, value)| variable(name, value)).collect();
        let mut inputs = Inputs { shared, ..Inputs::default() };
        inputs.seal();
        for (variant, parts) in builds {
            let parts = parts.iter().map(|(kind, name, value)| Part::new(*kind, *name, *value)).collect();
            inputs.add(variant, parts);
        }
        inputs
    }

    fn told(then: &Inputs, now: &Inputs) -> Vec<(String, bool)> {
        then.differences(now).into_iter().map(|one| (one.words, one.refused)).collect()
    }

    #[test]
    fn every_kind_has_its_rule() {
        for rule in &RULES {
            assert_eq!(rule_of(rule.kind).words, rule.words);
        }
        let kinds: BTreeSet<PartKind> = RULES.iter().map(|rule| rule.kind).collect();
        assert_eq!(kinds.len(), RULES.len());
    }

    #[test]
    fn another_program_is_refused_and_another_environment_is_not() {
        let go = |value| (PartKind::Go, "Go", value);
        let then = inputs(&[], &[("a", &[(PartKind::Package, "m/x", "1"), go("go1.26.8")])]);
        assert_eq!(told(&then, &then), []);
        let now = inputs(&[("GOGC", "50")], &[("a", &[(PartKind::Package, "m/x", "2"), go("go1.27.4")])]);
        let expected = [
            ("package m/x has changed".to_owned(), true),
            ("Go was go1.26.8, is go1.27.4".to_owned(), true),
            ("GOGC was not set, is 50".to_owned(), false),
        ];
        assert_eq!(told(&then, &now), expected);
        assert_ne!(then.digest, now.digest);
    }

    #[test]
    fn a_difference_of_some_variants_names_them_and_one_of_all_is_told_once() {
        let part = |value| (PartKind::Package, "m", value);
        let then = inputs(&[], &[("a", &[part("1")]), ("b", &[part("1")])]);
        let one = inputs(&[], &[("a", &[part("1")]), ("b", &[part("2")])]);
        assert_eq!(told(&then, &one), [("package m has changed [b]".to_owned(), true)]);
        let all = inputs(&[], &[("a", &[part("2")]), ("b", &[part("2")])]);
        assert_eq!(told(&then, &all), [("package m has changed".to_owned(), true)]);
    }

    #[test]
    fn what_could_not_be_read_is_never_the_same() {
        let then = inputs(&[], &[("a", &[(PartKind::Package, "m", "")])]);
        assert_eq!(told(&then, &then).len(), 1);
    }

    #[test]
    fn a_variable_of_the_users_is_compared_without_its_value_and_changes_no_digest() {
        let (then, now) = (inputs(&[("TOKEN", "secret")], &[]), inputs(&[("TOKEN", "other")], &[]));
        assert_eq!(told(&then, &now), [("variable TOKEN has changed".to_owned(), false)]);
        assert_eq!(then.digest, now.digest);
        assert!(!serde_json::to_string(&then).expect("JSON").contains("secret"));
        assert_eq!(inputs(&[("PWD", "/a")], &[]), inputs(&[("PWD", "/b")], &[]));
    }

    #[test]
    fn another_machine_is_told_by_what_is_another() {
        let then = Machine { cpus: 4, ..Machine::default() };
        let now = Machine { cpus: 2, ..Machine::default() };
        let expected = ["the machine's number of processors was 4, is 2"];
        assert_eq!(machine_differences(&then, &now), expected);
    }
}
