//! From what the go command lists: the modules of a program, and how each comes into it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{first_lines, graph, vendor};
use crate::format::golist::{self, ListedModule, ListedPackage};
use crate::model::lab::modules::{
    MissingPackage, ModuleVersion, ModulesFacts, Offline, Replaced, UsedModule, Withdrawn,
};
use crate::toolchain::lab::modules::{GraphRecord, Mode, ModulesRecord, OfflineRecord};

pub(super) fn facts(record: &ModulesRecord) -> ModulesFacts {
    let (graph, program) = (&*record.graph, &*record.program);
    let packages = golist::packages(program.packages.as_deref().unwrap_or_default());
    let listed = golist::modules(graph.modules.as_deref().unwrap_or_default());
    let imports = Imports::of(&packages);
    let main = main_module(&packages).unwrap_or_else(|| graph.go_mod.module.path.clone());
    let modules = imports.modules(&main);
    let used: BTreeSet<&str> = modules.iter().map(|module| module.path.as_str()).collect();
    let n = |standard: bool| {
        packages.iter().filter(|one| one.standard == standard && one.error.is_none()).count()
    };
    let relations = graph::Relations::of(graph.requirements.as_deref().unwrap_or_default(), &listed);
    ModulesFacts {
        mode: word(program.mode).to_owned(),
        refused: program.refused.clone(),
        packages: number(n(false)),
        standard: number(n(true)),
        unused: unused(&listed, &used),
        missing: imports.missing(),
        conflicts: relations.conflicts(&used),
        cycles: relations.cycles(),
        withdrawn: withdrawn(graph, &used),
        vendor: graph.vendor.as_ref().map(|of| vendor::facts(of, graph, program.mode, &packages)),
        offline: offline(&program.offline),
        modules,
        main,
    }
}

pub(super) fn number(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

fn word(mode: Mode) -> &'static str {
    match mode {
        Mode::Vendor => "vendor",
        Mode::Readonly => "readonly",
        Mode::Mod => "mod",
    }
}

fn main_module(packages: &[ListedPackage]) -> Option<String> {
    let root = packages.iter().find(|package| !package.dep_only)?;
    root.module.as_ref().map(|module| module.path.clone())
}

/// Modules that go.mod stands for and that no package comes from.
fn unused(listed: &[ListedModule], used: &BTreeSet<&str>) -> Vec<ModuleVersion> {
    let others = listed.iter().filter(|module| !module.main && !used.contains(module.path.as_str()));
    others.map(version).collect()
}

fn version(module: &ListedModule) -> ModuleVersion {
    ModuleVersion { path: module.path.clone(), version: module.version.clone() }
}

fn withdrawn(graph: &GraphRecord, used: &BTreeSet<&str>) -> Vec<Withdrawn> {
    let listed = golist::modules(graph.updates.as_deref().unwrap_or_default());
    let flagged = listed.iter().filter(|module| module.retracted.is_some() || !module.deprecated.is_empty());
    flagged
        .map(|module| Withdrawn {
            module: version(module),
            used: used.contains(module.path.as_str()),
            retracted: module.retracted.clone(),
            deprecated: (!module.deprecated.is_empty()).then(|| module.deprecated.clone()),
            newest: module.update.as_ref().map(|newer| newer.version.clone()),
        })
        .collect()
}

fn offline(record: &OfflineRecord) -> Offline {
    let fetched = record.output.lines().filter_map(|line| line.strip_prefix("go: downloading "));
    let fetched: BTreeSet<ModuleVersion> = fetched
        .filter_map(|words| words.trim().split_once(' '))
        .map(|(path, version)| ModuleVersion { path: path.to_owned(), version: version.to_owned() })
        .collect();
    let is_said = |line: &&str| !line.starts_with("go: downloading ") && !line.starts_with("# ");
    let said: Vec<&str> = record.output.lines().filter(is_said).collect();
    Offline {
        builds: record.builds,
        builds_online: record.builds_online,
        command: record.command.clone(),
        wanted: (!record.builds).then(|| first_lines(&said.join("\n"))),
        fetch: if record.builds { Vec::new() } else { fetched.into_iter().collect() },
    }
}

/// Who imports whom, and how each package is reached first.
struct Imports<'a> {
    packages: BTreeMap<&'a str, &'a ListedPackage>,
    /// Packages in the order in which they are reached from the program's, with the one that each is reached from.
    reached: Vec<(&'a str, Option<usize>)>,
}

impl<'a> Imports<'a> {
    fn of(all: &'a [ListedPackage]) -> Self {
        let packages: BTreeMap<&str, &ListedPackage> =
            all.iter().map(|package| (package.import_path.as_str(), package)).collect();
        let roots =
            all.iter().filter(|package| !package.dep_only).map(|package| package.import_path.as_str());
        let mut reached: Vec<(&str, Option<usize>)> = roots.map(|root| (root, None)).collect();
        let mut seen: BTreeSet<&str> = reached.iter().map(|(path, _)| *path).collect();
        let mut next: VecDeque<usize> = (0..reached.len()).collect();
        while let Some(index) = next.pop_front() {
            let package = reached.get(index).and_then(|(path, _)| packages.get(path));
            for import in package.into_iter().flat_map(|package| &package.imports) {
                if seen.insert(import) {
                    next.push_back(reached.len());
                    reached.push((import, Some(index)));
                }
            }
        }
        Self { packages, reached }
    }

    fn module_of(&self, path: &str) -> Option<&'a ListedModule> {
        self.packages.get(path)?.module.as_ref()
    }

    /// The packages from the program's to the one that is reached as `index`.
    fn chain(&self, index: usize) -> Vec<String> {
        let step = |at: &usize| self.reached.get(*at).and_then(|(_, from)| *from);
        let mut chain: Vec<String> = std::iter::successors(Some(index), step)
            .filter_map(|at| self.reached.get(at))
            .map(|(path, _)| (*path).to_owned())
            .collect();
        chain.reverse();
        chain
    }

    /// Modules of reached packages, the main one aside.
    fn modules(&self, main: &str) -> Vec<UsedModule> {
        let mut modules: BTreeMap<&str, UsedModule> = BTreeMap::new();
        for (index, (path, _)) in self.reached.iter().enumerate() {
            let Some(module) = self.module_of(path).filter(|module| module.path != main) else { continue };
            let used = modules.entry(&module.path).or_insert_with(|| UsedModule {
                path: module.path.clone(),
                version: module.version.clone(),
                replaced: module.replace.as_deref().map(replaced),
                chain: self.chain(index),
                ..UsedModule::default()
            });
            used.packages += 1;
        }
        for (by, of) in self.between() {
            if let Some(used) = modules.get_mut(of) {
                used.imported_by.push(by.to_owned());
            }
        }
        modules.into_values().collect()
    }

    /// Modules of which packages import packages of another one.
    fn between(&self) -> BTreeSet<(&'a str, &'a str)> {
        let mut all = BTreeSet::new();
        for package in self.packages.values() {
            let Some(by) = &package.module else { continue };
            let imported = package.imports.iter().filter_map(|import| self.module_of(import));
            all.extend(imported.map(|of| (by.path.as_str(), of.path.as_str())).filter(|(by, of)| by != of));
        }
        all
    }

    fn missing(&self) -> Vec<MissingPackage> {
        let failed = self.packages.values().filter_map(|package| Some((package, package.error.as_ref()?)));
        failed
            .map(|(package, error)| MissingPackage {
                package: package.import_path.clone(),
                chain: error.import_stack.clone(),
                why: first_lines(&error.err),
            })
            .collect()
    }
}

fn replaced(by: &ListedModule) -> Replaced {
    Replaced { by: by.path.clone(), version: by.version.clone() }
}
