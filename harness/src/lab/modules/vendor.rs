//! `vendor/` against what it should be, file by file and line by line of `modules.txt`.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};

use super::facts::number;
use crate::format::golist::ListedPackage;
use crate::format::modfiles::{GoMod, Module, Vendored, VendoredModule, sums, vendored};
use crate::model::lab::modules::{ModuleVersion, Unchecked, VendorFacts, VendorFile, VendorState};
use crate::toolchain::lab::modules::{GraphRecord, Mode, Rewritten, Sources, Tree, Truth, VendorRecord};

pub(super) fn facts(
    record: &VendorRecord,
    graph: &GraphRecord,
    mode: Mode,
    packages: &[ListedPackage],
) -> VendorFacts {
    let built = if mode == Mode::Vendor { Built::of(packages) } else { Built::default() };
    let mut facts = match &record.truth {
        Truth::Rewritten(truth) => rewritten(record, truth, &built),
        Truth::Sources(why, sources) => compared(record, (why, sources), &graph.go_mod, &built),
    };
    facts.used = mode == Mode::Vendor;
    facts.written_by = format!("go {} vendor", if graph.workspace { "work" } else { "mod" });
    facts.files = number(record.files.len());
    facts.state = match (found(&facts).is_empty(), &facts.unchecked) {
        (false, _) => VendorState::Drifted,
        (true, None) => VendorState::InSync,
        (true, Some(_)) => VendorState::Unknown,
    };
    facts
}

/// What is wrong, in words: `2 files altered, 1 missing`; empty if nothing is.
pub(super) fn found(facts: &VendorFacts) -> String {
    let files = [("altered", &facts.altered), ("missing", &facts.missing), ("untracked", &facts.untracked)];
    let files = files.into_iter().filter(|(_, files)| !files.is_empty());
    let mut parts: Vec<String> = files
        .map(|(word, files)| format!("{} {word}", super::counted(files.len(), "file", "files")))
        .collect();
    let lists = [
        (!facts.modules_txt.is_empty(), "modules.txt is out of step"),
        (!facts.go_mod.is_empty(), "go.mod is not complete"),
        (!facts.go_sum.is_empty(), "go.sum lacks lines"),
    ];
    parts.extend(lists.into_iter().filter(|(is_so, _)| *is_so).map(|(_, words)| words.to_owned()));
    parts.join(", ")
}

/// Files that a build reads, by their paths in `vendor/`.
#[derive(Default)]
struct Built(BTreeSet<Utf8PathBuf>);

impl Built {
    fn of(packages: &[ListedPackage]) -> Self {
        let others = packages.iter().filter(|package| !package.standard);
        let files = others
            .flat_map(|package| package.files().map(|file| Utf8Path::new(&package.import_path).join(file)));
        Self(files.collect())
    }

    fn files<'p>(
        &self,
        paths: impl IntoIterator<Item = &'p Utf8PathBuf>,
        lines: &BTreeMap<Utf8PathBuf, u32>,
    ) -> Vec<VendorFile> {
        let file = |path: &Utf8PathBuf| VendorFile {
            path: path.to_string(),
            line: lines.get(path).copied(),
            built: self.0.contains(path),
        };
        paths.into_iter().map(file).collect()
    }
}

fn altered<'t>(own: &Tree, truth: &'t Tree) -> Vec<&'t Utf8PathBuf> {
    let pairs = truth.iter().filter(|(path, digest)| own.get(*path).is_some_and(|own| own != *digest));
    pairs.map(|(path, _)| path).collect()
}

fn rewritten(record: &VendorRecord, truth: &Rewritten, built: &Built) -> VendorFacts {
    let none = BTreeMap::new();
    let missing = truth.files.keys().filter(|path| !record.files.contains_key(*path));
    let untracked = record.files.keys().filter(|path| !truth.files.contains_key(*path));
    let (before, after) = (sums(&truth.go_sum.0), sums(&truth.go_sum.1));
    VendorFacts {
        altered: built.files(altered(&record.files, &truth.files), &truth.lines),
        missing: built.files(missing, &none),
        untracked: built.files(untracked, &none),
        modules_txt: list(record.modules_txt.as_deref(), truth.modules_txt.as_deref().unwrap_or_default()),
        go_mod: changed_lines(&truth.go_mod.0, &truth.go_mod.1),
        go_sum: after.difference(&before).map(|line| (*line).to_owned()).collect(),
        ..VendorFacts::default()
    }
}

/// Without what `go mod vendor` would write: files against the sources that are here, `modules.txt` against go.mod.
fn compared(
    record: &VendorRecord,
    (why, sources): (&str, &Sources),
    go_mod: &GoMod,
    built: &Built,
) -> VendorFacts {
    let none = BTreeMap::new();
    let (listed, bad) = match record.modules_txt.as_deref() {
        Some(text) => read(text),
        None => (Vendored::default(), vec!["it is not there".to_owned()]),
    };
    let nobodys = record.files.keys().filter(|path| !has_owner(path, &listed));
    let untracked: BTreeSet<&Utf8PathBuf> = sources.unknown.iter().chain(nobodys).collect();
    let empty = listed.modules.iter().flat_map(|module| &module.packages).filter(|package| {
        let dir = Utf8Path::new(package);
        !record.files.keys().any(|path| path.parent() == Some(dir))
    });
    let empty: Vec<Utf8PathBuf> = empty.map(|package| Utf8Path::new(package).join("")).collect();
    let missing: BTreeSet<&Utf8PathBuf> = sources.missing.iter().chain(&empty).collect();
    let versions = |modules: &[Module]| modules.iter().map(told).collect();
    VendorFacts {
        unchecked: Some(Unchecked {
            why: why.to_owned(),
            compared: versions(&sources.known_modules),
            not_compared: versions(&sources.unknown_modules),
        }),
        altered: built.files(altered(&record.files, &sources.files), &none),
        missing: built.files(missing, &none),
        untracked: built.files(untracked, &none),
        modules_txt: bad.into_iter().chain(against_go_mod(&listed, go_mod)).collect(),
        ..VendorFacts::default()
    }
}

fn told(module: &Module) -> ModuleVersion {
    ModuleVersion { path: module.path.clone(), version: module.version.clone() }
}

/// Whether a file belongs to a module that is listed; one in Go also needs a package that is.
fn has_owner(path: &Utf8Path, listed: &Vendored) -> bool {
    let is_go = path.extension() == Some("go");
    let parent = path.parent().unwrap_or(path);
    listed
        .modules
        .iter()
        .filter(|module| path.starts_with(&module.module.path))
        .any(|module| !is_go || module.packages.iter().any(|package| parent == Utf8Path::new(package)))
}

fn read(text: &str) -> (Vendored, Vec<String>) {
    let (read, problems) = vendored("vendor/modules.txt", text);
    let words = problems.iter().map(|problem| format!("a line that means nothing: {}", problem.found));
    (read, words.collect())
}

/// What is wrong with a `modules.txt`, given the one that should be there.
fn list(own: Option<&str>, right: &str) -> Vec<String> {
    let Some(own) = own else {
        return if right.is_empty() { Vec::new() } else { vec!["it is not there".to_owned()] };
    };
    let ((own, mut words), (right, _)) = (read(own), read(right));
    let (ours, theirs) = (by_path(&own), by_path(&right));
    for (path, module) in &ours {
        match theirs.get(path) {
            Some(right) => words.extend(module_differs(module, right)),
            None => words.push(format!("has {}, which go.mod does not bring in", module.module)),
        }
    }
    let lacking = theirs.iter().filter(|(path, _)| !ours.contains_key(*path));
    words.extend(lacking.map(|(_, module)| format!("lacks {}", module.module)));
    let replaces = |of: &Vendored| -> BTreeSet<String> {
        of.replaces.iter().map(|(old, new)| format!("{old} => {new}")).collect()
    };
    let (ours, theirs) = (replaces(&own), replaces(&right));
    words.extend(
        ours.difference(&theirs)
            .map(|line| format!("has the replacement {line}, which go.mod does not have")),
    );
    words.extend(theirs.difference(&ours).map(|line| format!("lacks the replacement {line}")));
    if words.is_empty() && own != right {
        words.push("its modules are not in the order in which `go mod vendor` writes them".to_owned());
    }
    words
}

fn by_path(of: &Vendored) -> BTreeMap<&str, &VendoredModule> {
    of.modules.iter().map(|module| (module.module.path.as_str(), module)).collect()
}

fn module_differs(own: &VendoredModule, right: &VendoredModule) -> Vec<String> {
    let path = &own.module.path;
    let mut words = Vec::new();
    let with = |module: &VendoredModule| match &module.replace {
        Some(by) => format!("{} => {by}", module.module.version),
        None => module.module.version.clone(),
    };
    if with(own) != with(right) {
        words.push(format!("has {path} {}; go.mod brings in {}", with(own), with(right)));
    }
    if own.explicit != right.explicit {
        let says = |is: bool| if is { "requires" } else { "does not require" };
        words.push(format!("says that go.mod {} {path}; it {} it", says(own.explicit), says(right.explicit)));
    }
    if own.go != right.go {
        let says = |go: &str| if go.is_empty() { "no release".to_owned() } else { format!("go {go}") };
        words.push(format!("says {} of {path}; its go.mod says {}", says(&own.go), says(&right.go)));
    }
    let (ours, theirs): (BTreeSet<&String>, BTreeSet<&String>) =
        (own.packages.iter().collect(), right.packages.iter().collect());
    words.extend(
        ours.difference(&theirs).map(|package| format!("has package {package}, which nothing imports")),
    );
    words.extend(theirs.difference(&ours).map(|package| format!("lacks package {package}")));
    words
}

/// What the go command refuses: requirements and replacements of go.mod that `modules.txt` does not have, and the other way round.
fn against_go_mod(own: &Vendored, go_mod: &GoMod) -> Vec<String> {
    let listed = by_path(own);
    let required: BTreeMap<String, String> =
        go_mod.requires().map(|one| (one.of.path.clone(), one.of.version.clone())).collect();
    let mut words = Vec::new();
    for (path, version) in &required {
        match listed.get(path.as_str()) {
            None => words.push(format!("lacks {path} {version}")),
            Some(module) if module.module.version != *version => {
                words.push(format!("has {path} {}; go.mod requires {version}", module.module.version));
            }
            Some(module) if !module.explicit => {
                words.push(format!("says that go.mod does not require {path}; it requires it"));
            }
            Some(_) => {}
        }
    }
    let stale =
        listed.values().filter(|module| module.explicit && !required.contains_key(&module.module.path));
    words.extend(stale.map(|module| format!("says that go.mod requires {}; it does not", module.module)));
    words.extend(replacements(own, go_mod));
    words
}

fn replacements(own: &Vendored, go_mod: &GoMod) -> Vec<String> {
    let of_modules =
        own.modules.iter().filter_map(|module| Some((module.module.clone(), module.replace.clone()?)));
    let mut listed: BTreeMap<Module, Module> = of_modules.collect();
    listed.extend(own.replaces.iter().cloned());
    let wanted: BTreeMap<Module, Module> =
        go_mod.replaces().map(|one| (one.old.module(), one.new.module())).collect();
    let mut words = Vec::new();
    for (old, new) in &wanted {
        // A replacement of all versions is listed with the module's version, too.
        let is_listed = listed.get(old) == Some(new)
            || listed
                .iter()
                .any(|(module, by)| old.version.is_empty() && module.path == old.path && by == new);
        if !is_listed {
            words.push(format!("lacks the replacement {old} => {new}"));
        }
    }
    for (old, new) in &listed {
        let any_version = Module::new(&old.path, "");
        if wanted.get(old).or_else(|| wanted.get(&any_version)) != Some(new) {
            words.push(format!("has the replacement {old} => {new}, which go.mod does not have"));
        }
    }
    words
}

/// Lines that one text has and the other has not.
fn changed_lines(before: &str, after: &str) -> Vec<String> {
    let lines = |text| -> BTreeSet<&str> { sums(text) };
    let (before, after) = (lines(before), lines(after));
    let gone = before.difference(&after).map(|line| format!("- {line}"));
    let new = after.difference(&before).map(|line| format!("+ {line}"));
    gone.chain(new).collect()
}
