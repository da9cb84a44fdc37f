//! Which go.mod requires what: versions in conflict, and modules that require one another.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::format::golist::ListedModule;
use crate::format::modfiles::{Module, Requirement, requirements};
use crate::model::lab::modules::{Conflict, ModuleVersion, RequiredVersion};

/// Requirements, and which version of each module is taken.
pub(super) struct Relations {
    all: Vec<Requirement>,
    chosen: BTreeMap<String, String>,
}

impl Relations {
    pub(super) fn of(text: &str, listed: &[ListedModule]) -> Self {
        let all = requirements(text);
        let mut chosen: BTreeMap<String, String> =
            listed.iter().map(|module| (module.path.clone(), module.version.clone())).collect();
        for Requirement { of, .. } in &all {
            // Only where the list of modules is not there: minimal version selection takes the highest.
            let version = chosen.entry(of.path.clone()).or_insert_with(|| of.version.clone());
            if listed.is_empty() && compare(version, &of.version) == Ordering::Less {
                version.clone_from(&of.version);
            }
        }
        Self { all, chosen }
    }

    /// Modules of which several versions are required, by modules in the versions that are taken: what others wish for counts for the
    /// selection, and is of no interest unless it decided.
    pub(super) fn conflicts(&self, used: &BTreeSet<&str>) -> Vec<Conflict> {
        let mut wanted: BTreeMap<&str, BTreeMap<&str, BTreeSet<&Module>>> = BTreeMap::new();
        let taken = |one: &&Requirement| self.is_taken(&one.by);
        let decided: BTreeSet<&Module> = self.all.iter().filter(taken).map(|one| &one.of).collect();
        let counts =
            |one: &&Requirement| taken(one) || (self.is_taken(&one.of) && !decided.contains(&one.of));
        for Requirement { by, of } in self.all.iter().filter(counts) {
            wanted.entry(&of.path).or_default().entry(&of.version).or_default().insert(by);
        }
        let several = wanted.into_iter().filter(|(_, versions)| versions.len() > 1);
        several
            .map(|(path, versions)| {
                let mut versions: Vec<_> = versions.into_iter().collect();
                versions.sort_by(|(one, _), (other, _)| compare(one, other));
                let required = versions.into_iter().map(|(version, by)| RequiredVersion {
                    version: version.to_owned(),
                    by: by.into_iter().map(told).collect(),
                });
                Conflict {
                    path: path.to_owned(),
                    chosen: self.chosen.get(path).cloned().unwrap_or_default(),
                    used: used.contains(path),
                    required: required.collect(),
                }
            })
            .collect()
    }

    fn is_taken(&self, module: &Module) -> bool {
        self.chosen.get(&module.path).is_some_and(|version| *version == module.version)
    }

    /// For each module that requires itself through others, in the versions that are taken: the shortest way back. The same modules
    /// are told once.
    pub(super) fn cycles(&self) -> Vec<Vec<ModuleVersion>> {
        let mut edges: BTreeMap<&str, BTreeMap<&str, &Module>> = BTreeMap::new();
        for Requirement { by, of } in &self.all {
            if self.is_taken(by) && by.path != of.path {
                edges.entry(&by.path).or_default().insert(&of.path, of);
            }
        }
        let mut told: BTreeSet<BTreeSet<&str>> = BTreeSet::new();
        let cycles = edges.keys().filter_map(|start| {
            let steps = way_back(start, &edges)?;
            let members = steps.iter().copied().collect();
            told.insert(members).then(|| self.cycle(&steps, &edges))
        });
        cycles.collect()
    }

    /// The modules in the versions that are taken, and the first one again, as the last one requires it.
    fn cycle(&self, steps: &[&str], edges: &BTreeMap<&str, BTreeMap<&str, &Module>>) -> Vec<ModuleVersion> {
        let taken = |path: &&str| ModuleVersion {
            path: (*path).to_owned(),
            version: self.chosen.get(*path).cloned().unwrap_or_default(),
        };
        let mut cycle: Vec<ModuleVersion> = steps.iter().map(taken).collect();
        let last = steps.last().and_then(|last| edges.get(last));
        cycle.extend(steps.first().and_then(|first| last?.get(first)).map(|module| told(module)));
        cycle
    }
}

fn told(module: &Module) -> ModuleVersion {
    ModuleVersion { path: module.path.clone(), version: module.version.clone() }
}

/// The shortest way from `start` to one that requires it, both included.
fn way_back<'a>(
    start: &&'a str,
    edges: &BTreeMap<&'a str, BTreeMap<&'a str, &Module>>,
) -> Option<Vec<&'a str>> {
    let mut from: BTreeMap<&str, &str> = BTreeMap::new();
    let mut next: VecDeque<&str> = VecDeque::from([*start]);
    while let Some(at) = next.pop_front() {
        for to in edges.get(at).into_iter().flat_map(BTreeMap::keys) {
            if to == start {
                let mut steps: Vec<&str> =
                    std::iter::successors(Some(at), |step| from.get(step).copied()).collect();
                steps.reverse();
                return Some(steps);
            }
            if !from.contains_key(to) {
                from.insert(to, at);
                next.push_back(to);
            }
        }
    }
    None
}

/// Order of versions: <https://semver.org>, section 11; what is no version comes first.
pub(super) fn compare(one: &str, other: &str) -> Ordering {
    parts(one).cmp(&parts(other))
}

type Parts<'a> = (Vec<u64>, bool, Vec<(bool, u64, &'a str)>);

fn parts(version: &str) -> Parts<'_> {
    let core = version.strip_prefix('v').unwrap_or(version);
    let core = core.split_once('+').map_or(core, |(core, _)| core);
    let (numbers, before) =
        core.split_once('-').map_or((core, None), |(numbers, before)| (numbers, Some(before)));
    let numbers = numbers.split('.').map_while(|number| number.parse().ok()).collect();
    // Identifiers that are numbers come before those that are words.
    let identifiers = before.unwrap_or_default().split('.').map(|word| match word.parse() {
        Ok(number) => (false, number, ""),
        Err(_) => (true, 0, word),
    });
    (numbers, before.is_none(), if before.is_some() { identifiers.collect() } else { Vec::new() })
}
