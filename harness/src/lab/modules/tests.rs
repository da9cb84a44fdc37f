//! What is made of the go command's answers.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::*;
use crate::format::modfiles::{GoMod, Module};
use crate::model::lab::modules::{ModuleVersion, VendorFile};
use crate::toolchain::lab::modules::{
    Mode, OfflineRecord, ProgramRecord, Rewritten, Sources, Tree, Truth, VendorRecord,
};

const PACKAGES: &str = r#"
{"ImportPath":"fmt","Standard":true,"DepOnly":true}
{"ImportPath":"d/x","Dir":"/v/d/x","DepOnly":true,"Module":{"Path":"d","Version":"v1.0.0"},"Imports":["fmt","l"],"GoFiles":["x.go"]}
{"ImportPath":"l","Dir":"/v/l","DepOnly":true,"Module":{"Path":"l","Version":"v1.1.0","Replace":{"Path":"../l"}},"GoFiles":["l.go"]}
{"ImportPath":"m/s","DepOnly":true,"Module":{"Path":"m","Main":true},"Imports":["d/x"]}
{"ImportPath":"gone/p","DepOnly":true,"Error":{"ImportStack":["m","gone/p"],"Err":"cannot find module"}}
{"ImportPath":"m","Module":{"Path":"m","Main":true},"Imports":["fmt","gone/p","m/s"]}
"#;
const MODULES: &str = r#"{"Path":"m","Main":true}{"Path":"d","Version":"v1.0.0"}{"Path":"l","Version":"v1.1.0"}{"Path":"u","Version":"v0.1.0"}"#;
const GRAPH: &str =
    "m d@v1.0.0\nm l@v1.0.0\nd@v1.0.0 l@v1.1.0\nl@v1.1.0 d@v0.9.0\nl@v1.0.0 u@v0.1.0\nu@v0.0.1 m@v1.0.0\n";

fn record(packages: &str, vendor: Option<VendorRecord>) -> ModulesRecord {
    let go_mod = r#"{"Module":{"Path":"m"},"Go":"1.23","Require":[{"Path":"d","Version":"v1.0.0"},{"Path":"l","Version":"v1.0.0"}],
        "Replace":[{"Old":{"Path":"l"},"New":{"Path":"../l"}}]}"#;
    let graph = GraphRecord {
        root: "/m".into(),
        workspace: false,
        go_mod: GoMod::read(go_mod).expect("a go.mod"),
        modules: Ok(MODULES.to_owned()),
        requirements: Ok(GRAPH.to_owned()),
        updates: Err("GOPROXY is off".to_owned()),
        vendor,
    };
    let offline = OfflineRecord {
        command: "go build .".to_owned(),
        builds: false,
        builds_online: true,
        output: "go: downloading d v1.0.0\ngo: m imports\n\td/x: module lookup disabled by GOPROXY=off\n"
            .to_owned(),
    };
    let program =
        ProgramRecord { mode: Mode::Vendor, packages: Ok(packages.to_owned()), refused: None, offline };
    ModulesRecord { graph: Rc::new(graph), program: Rc::new(program) }
}

fn version(path: &str, version: &str) -> ModuleVersion {
    ModuleVersion { path: path.to_owned(), version: version.to_owned() }
}

#[test]
fn a_module_has_the_shortest_way_to_it_and_a_package_that_is_missing_its_own() {
    let facts = facts::facts(&record(PACKAGES, None));
    let told: Vec<(&str, &[String], &[String])> =
        facts.modules.iter().map(|one| (&*one.path, &*one.chain, &*one.imported_by)).collect();
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let (to_d, to_l) = (words(&["m", "m/s", "d/x"]), words(&["m", "m/s", "d/x", "l"]));
    assert_eq!(told, [("d", to_d.as_slice(), words(&["m"]).as_slice()), ("l", &to_l, &words(&["d"]))]);
    assert_eq!(facts.modules[1].replaced.as_ref().map(|by| by.by.as_str()), Some("../l"));
    assert_eq!((facts.packages, facts.standard, facts.main.as_str()), (4, 1, "m"));
    assert_eq!(facts.unused, [version("u", "v0.1.0")]);
    assert_eq!(facts.missing[0].chain, ["m", "gone/p"]);
    let wanted = "go: m imports d/x: module lookup disabled by GOPROXY=off";
    assert_eq!(
        (facts.offline.wanted.as_deref(), facts.offline.fetch.as_slice()),
        (Some(wanted), [version("d", "v1.0.0")].as_slice())
    );
}

#[test]
fn a_conflict_names_who_asks_for_what_and_a_cycle_is_of_versions_that_are_taken() {
    let facts = facts::facts(&record(PACKAGES, None));
    let conflicts: Vec<(&str, &str, Vec<&str>)> = facts
        .conflicts
        .iter()
        .map(|one| (&*one.path, &*one.chosen, one.required.iter().map(|one| &*one.version).collect()))
        .collect();
    assert_eq!(
        conflicts,
        [("d", "v1.0.0", vec!["v0.9.0", "v1.0.0"]), ("l", "v1.1.0", vec!["v1.0.0", "v1.1.0"])]
    );
    assert_eq!(facts.conflicts[1].required[1].by, [version("d", "v1.0.0")]);
    // u's requirement of m is of a version that is not taken.
    assert_eq!(facts.cycles, [vec![version("d", "v1.0.0"), version("l", "v1.1.0"), version("d", "v0.9.0")]]);
}

#[test]
fn versions_are_in_the_order_of_semver() {
    let mut versions = [
        "v1.10.0",
        "v1.9.0",
        "v1.9.0-rc.2",
        "v1.9.0-rc.10",
        "v1.9.0-alpha",
        "v0.0.0-20200101000000-abcdef",
        "v2.0.0+incompatible",
    ];
    versions.sort_by(|one, other| graph::compare(one, other));
    let expected = [
        "v0.0.0-20200101000000-abcdef",
        "v1.9.0-alpha",
        "v1.9.0-rc.2",
        "v1.9.0-rc.10",
        "v1.9.0",
        "v1.10.0",
        "v2.0.0+incompatible",
    ];
    assert_eq!(versions, expected);
}

fn tree(files: &[(&str, &str)]) -> Tree {
    files.iter().map(|(path, digest)| ((*path).into(), (*digest).to_owned())).collect()
}

const OWN: &str =
    "# d v1.0.0\n## explicit; go 1.21\nd/x\nd/old\n# l v1.1.0 => ../l\n## explicit\nl\n# l => ../l\n";
const RIGHT: &str =
    "# d v1.0.0\n## explicit; go 1.23\nd/x\n# l v1.2.0 => ../l\n## explicit\nl\n# n v0.1.0\nn\n# l => ../l\n";

fn vendor_of(files: &[(&str, &str)], truth: Truth) -> VendorFacts {
    let record = VendorRecord {
        dir: "/m/vendor".into(),
        files: tree(files),
        modules_txt: Some(OWN.to_owned()),
        truth,
    };
    facts::facts(&self::record(PACKAGES, Some(record))).vendor.expect("vendor")
}

fn paths(files: &[VendorFile]) -> Vec<(&str, Option<u32>, bool)> {
    files.iter().map(|file| (file.path.as_str(), file.line, file.built)).collect()
}

#[test]
fn files_and_lines_are_held_against_what_go_mod_vendor_writes() {
    let truth = Rewritten {
        files: tree(&[("d/x/x.go", "1"), ("l/l.go", "2"), ("n/n.go", "3")]),
        modules_txt: Some(RIGHT.to_owned()),
        go_mod: ("require d v1.0.0\n".to_owned(), "require d v1.0.0\nrequire n v0.1.0\n".to_owned()),
        go_sum: ("a h1:x\n".to_owned(), "a h1:x\nn h1:y\n".to_owned()),
        lines: BTreeMap::from([("d/x/x.go".into(), 7)]),
    };
    let own = [("d/x/x.go", "9"), ("l/l.go", "2"), ("d/old/o.go", "4")];
    let facts = vendor_of(&own, Truth::Rewritten(Box::new(truth)));
    assert_eq!(paths(&facts.altered), [("d/x/x.go", Some(7), true)]);
    assert_eq!(paths(&facts.missing), [("n/n.go", None, false)]);
    assert_eq!(paths(&facts.untracked), [("d/old/o.go", None, false)]);
    let expected = [
        "says go 1.21 of d; its go.mod says go 1.23",
        "has package d/old, which nothing imports",
        "has l v1.1.0 => ../l; go.mod brings in v1.2.0 => ../l",
        "lacks n v0.1.0",
    ];
    assert_eq!(facts.modules_txt, expected);
    assert_eq!(
        (facts.go_mod.as_slice(), facts.go_sum.as_slice()),
        (["+ require n v0.1.0".to_owned()].as_slice(), ["n h1:y".to_owned()].as_slice())
    );
    assert_eq!((facts.state, facts.files, facts.used), (VendorState::Drifted, 3, true));
}

#[test]
fn nothing_that_differs_is_in_sync() {
    let own = [("d/x/x.go", "1")];
    let truth = Rewritten { files: tree(&own), modules_txt: Some(OWN.to_owned()), ..Rewritten::default() };
    assert_eq!(vendor_of(&own, Truth::Rewritten(Box::new(truth))).state, VendorState::InSync);
}

#[test]
fn without_go_mod_vendor_sources_and_go_mod_still_say_something_and_nothing_found_is_not_in_sync() {
    let sources = Sources {
        files: tree(&[("d/x/x.go", "1")]),
        unknown: ["d/x/own.go".into()].into(),
        missing: ["d/x/y.go".into()].into(),
        known_modules: vec![Module::new("d", "v1.0.0")],
        unknown_modules: vec![Module::new("l", "v1.1.0")],
    };
    let own =
        [("d/x/x.go", "9"), ("d/x/own.go", "2"), ("l/l.go", "3"), ("d/stray/s.go", "4"), ("d/LICENSE", "5")];
    let facts = vendor_of(&own, Truth::Sources("no proxy".to_owned(), sources));
    assert_eq!(paths(&facts.altered), [("d/x/x.go", None, true)]);
    assert_eq!(paths(&facts.untracked), [("d/stray/s.go", None, false), ("d/x/own.go", None, false)]);
    let missing: Vec<&str> = facts.missing.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(missing, ["d/old/", "d/x/y.go"]);
    assert_eq!(facts.modules_txt, ["has l v1.1.0; go.mod requires v1.0.0"]);
    let unchecked = facts.unchecked.expect("what was not looked at");
    assert_eq!(unchecked.not_compared, [version("l", "v1.1.0")]);

    let sources = Sources { known_modules: vec![Module::new("d", "v1.0.0")], ..Sources::default() };
    let record = VendorRecord {
        dir: "/m/vendor".into(),
        files: tree(&[("d/x/x.go", "1"), ("l/l.go", "1")]),
        modules_txt: Some(
            "# d v1.0.0\n## explicit\nd/x\n# l v1.0.0 => ../l\n## explicit\nl\n# l => ../l\n".to_owned(),
        ),
        truth: Truth::Sources("no proxy".to_owned(), sources),
    };
    let facts = facts::facts(&self::record(PACKAGES, Some(record))).vendor.expect("vendor");
    assert_eq!((facts.state, vendor::found(&facts)), (VendorState::Unknown, String::new()));
}

#[test]
fn what_does_not_hold_says_what_was_found_and_what_nobody_could_say_does_not_hold() {
    let records = [("a".to_owned(), record(PACKAGES, None))];
    let expect = LabExpect {
        vendor: Some(crate::scenario::VendorExpect::InSync),
        offline: Some(false),
        no_retracted: Some(true),
        ..LabExpect::default()
    };
    let answer = answer(Records { of: &records, reference: "a" }, &expect);
    let lines: Vec<(bool, &str)> = answer.expected.iter().map(|line| (line.holds, &*line.found)).collect();
    let expected = [
        (false, "no vendor directory"),
        (true, "it does not build without one: go: m imports d/x: module lookup disabled by GOPROXY=off"),
        (false, "not known: GOPROXY is off"),
    ];
    assert_eq!(lines, expected);
    assert_eq!(answer.headline, "packages of 2 modules beside its own; does not build without a network");
    assert_eq!(answer.not_run.len(), 1);
}

#[test]
fn of_no_variant_nothing_is_said() {
    let none: [(String, ModulesRecord); 0] = [];
    let answer = answer(Records { of: &none, reference: "a" }, &LabExpect::default());
    assert_eq!(answer.headline, "nothing could be asked of any variant");
}

#[test]
fn variants_differ_in_modules_and_in_their_versions() {
    let other = PACKAGES.replace("\"d\",\"Version\":\"v1.0.0\"", "\"d\",\"Version\":\"v1.2.0\"").replace(
        r#""Path":"l","Version":"v1.1.0","Replace":{"Path":"../l"}"#,
        r#""Path":"n","Version":"v0.1.0""#,
    );
    let records = [("a".to_owned(), record(PACKAGES, None)), ("b".to_owned(), record(&other, None))];
    let answer = answer(Records { of: &records, reference: "a" }, &LabExpect::default());
    let of = &answer.differences[0].of;
    assert_eq!(of.added.iter().map(|one| one.path.as_str()).collect::<Vec<_>>(), ["n"]);
    assert_eq!(of.removed, [version("l", "v1.1.0")]);
    assert_eq!((of.changed[0].from.as_str(), of.changed[0].to.as_str()), ("v1.0.0", "v1.2.0"));
    assert!(
        answer.headline.starts_with("1 of 1 variants have other modules than the reference"),
        "{}",
        answer.headline
    );
    // What all lack is told once.
    assert_eq!(answer.not_run.iter().map(|one| one.variant.as_str()).collect::<Vec<_>>(), [""]);
}
