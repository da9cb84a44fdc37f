//! What a program needs of the machine that it runs on, and through which package.

use std::collections::{BTreeMap, VecDeque};

use super::{Records, against};
use crate::format::binary::Dynamic;
use crate::format::golist::ListedPackage;
use crate::model::lab::linkage::{Bringer, GlibcVersion, Library, LinkageAnswer, LinkageFacts};
use crate::model::lab::{Expected, OfVariant};
use crate::scenario::LabExpect;

/// What is known of a variant.
#[derive(Debug, Clone, Default)]
pub struct Record {
    /// What the loader has to find.
    pub dynamic: Dynamic,
    /// The file could be read without a problem.
    pub is_readable: bool,
    /// Packages of the program.
    pub packages: Vec<ListedPackage>,
    /// What the linker printed.
    pub linker: String,
}

/// Packages of the standard library that use C for what Go can do, and the tag that has them do it in Go.
const PURE: [(&str, &str); 2] = [("net", "netgo"), ("os/user", "osusergo")];

/// The package that all others with C bring in.
const RUNTIME: &str = "runtime/cgo";

/// The answer.
#[must_use]
pub fn answer(records: Records<'_, Record>, expect: &LabExpect) -> LinkageAnswer {
    let of = |(variant, record): &(String, Record)| OfVariant { variant: variant.clone(), of: facts(record) };
    let variants: Vec<OfVariant<LinkageFacts>> = records.of.iter().map(of).collect();
    let differences = against(&variants, records.reference, differ);
    let (fixed, loose): (Vec<_>, Vec<_>) = variants.iter().partition(|facts| facts.of.is_static);
    let names = |of: &[&OfVariant<LinkageFacts>]| {
        of.iter().map(|facts| facts.variant.clone()).collect::<Vec<_>>().join(", ")
    };
    let headline = match (fixed.as_slice(), loose.as_slice()) {
        ([], []) => "nothing was built".to_owned(),
        (all, []) => format!("static: {}", names(all)),
        (some, [first, ..]) => {
            let fixed = if some.is_empty() { "none" } else { &names(some) };
            format!("static: {fixed}; {}: {}", first.variant, first.of.verdict)
        }
    };
    let expected = variants.iter().flat_map(|facts| expected(facts, expect)).collect();
    LinkageAnswer { headline, variants, differences, expected, not_run: Vec::new() }
}

fn facts(record: &Record) -> LinkageFacts {
    let dynamic = &record.dynamic;
    let cgo = cgo(&record.packages);
    let library =
        |name: &String| Library { name: name.clone(), through: through(name, &record.packages, &cgo) };
    let libraries: Vec<Library> = dynamic.needed.iter().map(library).collect();
    let is_static = record.is_readable && dynamic.interpreter.is_none() && dynamic.needed.is_empty();
    let protection = dynamic.protection;
    LinkageFacts {
        is_static,
        verdict: verdict(is_static, record, &libraries),
        interpreter: dynamic.interpreter.clone(),
        libraries,
        paths: dynamic.paths.clone(),
        glibc: glibc(dynamic),
        pie: protection.map(|protection| protection.pie),
        relro: protection.map(|protection| {
            match (protection.relro, protection.bind_now) {
                (true, true) => "full",
                (true, false) => "partial",
                (false, _) => "none",
            }
            .to_owned()
        }),
        no_exec_stack: protection.map(|protection| protection.no_exec_stack),
        warnings: warnings(&record.linker),
        remedies: if is_static { Vec::new() } else { remedies(record, &cgo) },
        cgo,
    }
}

fn verdict(is_static: bool, record: &Record, libraries: &[Library]) -> String {
    if is_static {
        return "static: it names no loader (PT_INTERP) and no library (DT_NEEDED)".to_owned();
    }
    if !record.is_readable {
        return "not known: the file cannot be read whole, or its format has no such table".to_owned();
    }
    let one = |library: &Library| match library.through.first() {
        Some(first) => format!("{} through {} ({})", library.name, first.package, first.why),
        None => library.name.clone(),
    };
    let words: Vec<String> = libraries.iter().map(one).collect();
    match words.as_slice() {
        [] => "dynamic: it names a loader, and no library".to_owned(),
        words => format!("dynamic: needs {}", words.join(", ")),
    }
}

/// Packages with C, the runtime's last: it is there because of the others.
fn cgo(packages: &[ListedPackage]) -> Vec<Bringer> {
    let has_c = |package: &&ListedPackage| !package.cgo_files.is_empty();
    let mut found: Vec<Bringer> =
        packages.iter().filter(has_c).map(|package| bringer(package, packages, "C code")).collect();
    found.sort_by_key(|bringer| (bringer.package == RUNTIME, bringer.chain.len()));
    found
}

fn bringer(package: &ListedPackage, packages: &[ListedPackage], why: &str) -> Bringer {
    Bringer {
        package: package.import_path.clone(),
        why: why.to_owned(),
        chain: chain(&package.import_path, packages),
    }
}

/// Packages whose flags name the library; if none does, all that have C in them.
fn through(library: &str, packages: &[ListedPackage], cgo: &[Bringer]) -> Vec<Bringer> {
    let bare = library.strip_prefix("lib").and_then(|name| name.split(".so").next()).unwrap_or(library);
    let flag = format!("-l{bare}");
    let names = |package: &&ListedPackage| package.cgo_ldflags.contains(&flag);
    let by_flag: Vec<Bringer> = packages
        .iter()
        .filter(names)
        .map(|package| bringer(package, packages, &format!("#cgo LDFLAGS: {flag}")))
        .collect();
    let by_config = packages.iter().filter(|package| {
        package.cgo_pkg_config.iter().any(|name| name.trim_start_matches("lib").contains(bare))
    });
    let by_config: Vec<Bringer> =
        by_config.map(|package| bringer(package, packages, "#cgo pkg-config")).collect();
    match (by_flag.is_empty(), by_config.is_empty()) {
        (false, _) => by_flag,
        (true, false) => by_config,
        (true, true) => cgo.iter().filter(|all| all.package != RUNTIME || cgo.len() == 1).cloned().collect(),
    }
}

/// The shortest way of imports from the program to a package.
fn chain(to: &str, packages: &[ListedPackage]) -> Vec<String> {
    let by_path: BTreeMap<&str, &ListedPackage> =
        packages.iter().map(|package| (package.import_path.as_str(), package)).collect();
    let Some(root) = packages.iter().find(|package| !package.dep_only) else { return Vec::new() };
    let mut from: BTreeMap<&str, &str> = BTreeMap::from([(root.import_path.as_str(), "")]);
    let mut queue = VecDeque::from([root.import_path.as_str()]);
    while let Some(here) = queue.pop_front() {
        for import in by_path.get(here).map(|package| package.imports.as_slice()).unwrap_or_default() {
            if !from.contains_key(import.as_str()) {
                from.insert(import, here);
                queue.push_back(import);
            }
        }
    }
    let mut way = Vec::new();
    let mut here = to;
    while let Some(before) = from.get(here) {
        way.push(here.to_owned());
        here = before;
    }
    way.reverse();
    way
}

/// Versions of glibc with what is wanted of them, the newest first.
fn glibc(dynamic: &Dynamic) -> Vec<GlibcVersion> {
    let mut versions: BTreeMap<Vec<u32>, Vec<String>> = BTreeMap::new();
    for import in dynamic.imports.iter().filter(|import| !import.is_weak) {
        if let Some(version) = import.version.strip_prefix("GLIBC_").and_then(numbers) {
            versions.entry(version).or_default().push(import.name.clone());
        }
    }
    let text = |numbers: Vec<u32>| numbers.iter().map(u32::to_string).collect::<Vec<_>>().join(".");
    versions
        .into_iter()
        .rev()
        .map(|(version, symbols)| GlibcVersion { version: text(version), symbols })
        .collect()
}

/// The numbers of a version.
fn numbers(version: &str) -> Option<Vec<u32>> {
    version.split('.').map(|part| part.parse().ok()).collect()
}

/// What the linker says of functions that load libraries after all.
fn warnings(printed: &str) -> Vec<String> {
    let of = |line: &str| Some(line.split_once("warning: ")?.1.to_owned());
    let mut warnings: Vec<String> = printed.lines().filter_map(of).collect();
    warnings.sort();
    warnings.dedup();
    warnings
}

fn remedies(record: &Record, cgo: &[Bringer]) -> Vec<String> {
    if record.dynamic.protection.is_none() {
        return Vec::new();
    }
    let own: Vec<&str> =
        cgo.iter().map(|bringer| bringer.package.as_str()).filter(|name| *name != RUNTIME).collect();
    let impure: Vec<&str> =
        own.iter().copied().filter(|name| !PURE.iter().any(|(pure, _)| pure == name)).collect();
    let is_pure = !own.is_empty() && impure.is_empty();
    let tags: Vec<&str> = PURE.iter().filter(|(name, _)| own.contains(name)).map(|(_, tag)| *tag).collect();
    let mut words = Vec::new();
    if is_pure {
        words.push(format!("`tags = {tags:?}`: {} in Go alone", own.join(" and ")));
    }
    if is_pure || own.is_empty() {
        words.push("`cgo = false` (CGO_ENABLED=0): no C at all".to_owned());
    } else {
        words.push(format!("`cgo = false` if the program works without the C of {}", impure.join(", ")));
    }
    words.push("`cgo = true`, `static = true` (-extldflags -static): with glibc, getaddrinfo, getpwnam and dlopen still load libraries when they run".to_owned());
    words
}

fn differ(base: &LinkageFacts, other: &LinkageFacts) -> Option<Vec<String>> {
    let names =
        |facts: &LinkageFacts| facts.libraries.iter().map(|library| library.name.clone()).collect::<Vec<_>>();
    let newest = |facts: &LinkageFacts| {
        facts.glibc.first().map_or("none".to_owned(), |version| version.version.clone())
    };
    let (before, after) = (names(base), names(other));
    let mut words: Vec<String> = Vec::new();
    words.extend(
        before.iter().filter(|name| !after.contains(name)).map(|name| format!("no longer needs {name}")),
    );
    words.extend(after.iter().filter(|name| !before.contains(name)).map(|name| format!("needs {name}, too")));
    let pairs = [
        ("newest glibc", newest(base), newest(other)),
        ("PIE", format!("{:?}", base.pie == Some(true)), format!("{:?}", other.pie == Some(true))),
        ("RELRO", base.relro.clone().unwrap_or_default(), other.relro.clone().unwrap_or_default()),
    ];
    let changed = pairs.into_iter().filter(|(_, before, after)| before != after);
    words.extend(changed.map(|(what, before, after)| format!("{what}: {before} -> {after}")));
    (!words.is_empty()).then_some(words)
}

fn expected(facts: &OfVariant<LinkageFacts>, expect: &LabExpect) -> Vec<Expected> {
    let line = |expected: String, found: String, holds| Expected {
        variant: facts.variant.clone(),
        expected,
        found,
        holds,
    };
    let mut lines = Vec::new();
    if let Some(wanted) = expect.is_static {
        lines.push(line(
            format!("static = {wanted}"),
            facts.of.verdict.clone(),
            facts.of.is_static == wanted,
        ));
    }
    if let Some(limit) = &expect.max_glibc {
        let newest = facts.of.glibc.first();
        let found = newest.map_or("no symbol of glibc with a version".to_owned(), |newest| {
            format!(
                "{} ({})",
                newest.version,
                newest.symbols.iter().take(3).cloned().collect::<Vec<_>>().join(", ")
            )
        });
        let holds = newest.is_none_or(|newest| {
            numbers(&newest.version).is_some_and(|newest| newest.as_slice() <= limit.numbers())
        });
        lines.push(line(format!("max_glibc = \"{limit}\""), found, holds));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::binary::Import;
    use crate::scenario::GlibcLimit;

    fn package(path: &str, imports: &[&str], files: &[&str], flags: &[&str]) -> ListedPackage {
        let strings = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        ListedPackage {
            import_path: path.to_owned(),
            dep_only: path != "m",
            cgo_files: strings(files),
            cgo_ldflags: strings(flags),
            imports: strings(imports),
            ..ListedPackage::default()
        }
    }

    fn record(needed: &[&str], packages: Vec<ListedPackage>) -> Record {
        let import = |name: &str, version: &str| Import {
            name: name.to_owned(),
            library: "libc.so.6".to_owned(),
            version: version.to_owned(),
            is_weak: false,
        };
        let dynamic = Dynamic {
            interpreter: (!needed.is_empty()).then(|| "/lib/ld.so".to_owned()),
            needed: needed.iter().map(|name| (*name).to_owned()).collect(),
            imports: vec![import("a", "GLIBC_2.9"), import("b", "GLIBC_2.34"), import("c", "GLIBC_2.2.5")],
            protection: Some(crate::format::binary::Protection::default()),
            ..Dynamic::default()
        };
        Record { dynamic, is_readable: true, packages, linker: String::new() }
    }

    #[test]
    fn a_library_comes_in_through_the_package_whose_flags_name_it_and_the_rest_through_all_c() {
        let packages = vec![
            package(RUNTIME, &[], &["cgo.go"], &["-lpthread"]),
            package("net", &[RUNTIME], &["a.go"], &[]),
            package("m/z", &["net"], &["z.go"], &["-lz"]),
            package("m", &["m/z"], &[], &[]),
        ];
        let facts = facts(&record(&["libz.so.1", "libc.so.6"], packages));
        assert!(!facts.is_static);
        let [z, c] = facts.libraries.as_slice() else { panic!("two") };
        assert_eq!((z.through.len(), z.through[0].why.as_str()), (1, "#cgo LDFLAGS: -lz"));
        assert_eq!(z.through[0].chain, ["m", "m/z"]);
        let names: Vec<&str> = c.through.iter().map(|through| through.package.as_str()).collect();
        assert_eq!(names, ["m/z", "net"]);
        assert_eq!(c.through[1].chain, ["m", "m/z", "net"]);
    }

    #[test]
    fn versions_of_glibc_are_ordered_as_numbers_and_held_against_the_limit() {
        let record = record(&["libc.so.6"], vec![]);
        assert_eq!(
            glibc(&record.dynamic)[0],
            GlibcVersion { version: "2.34".into(), symbols: vec!["b".into()] }
        );
        let held = |limit: &str| {
            let expect = LabExpect {
                max_glibc: Some(GlibcLimit::try_from(limit.to_owned()).expect("a version")),
                ..LabExpect::default()
            };
            let records = [("v".to_owned(), record.clone())];
            answer(Records { of: &records, reference: "v" }, &expect).expected[0].holds
        };
        assert_eq!([held("2.31"), held("2.34"), held("2.100")], [false, true, true]);
    }

    #[test]
    fn only_a_file_that_was_read_whole_and_names_nothing_is_static() {
        let mut record = record(&[], vec![]);
        assert!(facts(&record).is_static);
        record.is_readable = false;
        let unknown = facts(&record);
        assert!(!unknown.is_static && unknown.verdict.starts_with("not known"), "{unknown:?}");
    }

    #[test]
    fn packages_that_can_do_without_c_are_told_their_tags() {
        let packages = vec![package("net", &[], &["a.go"], &[]), package("m", &["net"], &[], &[])];
        let words = facts(&record(&["libc.so.6"], packages)).remedies;
        assert!(words[0].contains("netgo") && words[1].contains("CGO_ENABLED=0"), "{words:?}");
    }
}
