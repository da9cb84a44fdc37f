//! Every list of one small profile, and of one in which all that a program can name is hostile.

use regex::Regex;

use super::*;
use crate::format::pprof::{Builder, Header, Labelled, Profile, ValueType};
use crate::ingest::profile::{Against, Cut, Edges, Filters, Granularity, Trim, View, compare};
use crate::model::profile::{ProfileGraph, SampleType};
use crate::model::{Frame, ModuleTable, Nanoseconds, WallTime};
use crate::report::Look;

const LOOK: Look = Look { width: 100, color: false, verbose: false };

/// Escapes that move the cursor, a line's end, and marks that turn what follows around.
const HOSTILE: &str = "\u{1b}[2J\u{9b}1m\r\n\u{202e}\u{2066}\u{61c}";

/// A profile of objects and bytes; of a name `suffix` is the end.
fn profile(suffix: &str, samples: &[(&[(&str, u32)], i64)]) -> Profile {
    let kind = |kind: &str, unit: &str| ValueType { kind: kind.into(), unit: unit.into() };
    let header = Header {
        sample_types: vec![kind("inuse_objects", &format!("count{suffix}")), kind("inuse_space", "bytes")],
        period_type: Some(kind("space", "bytes")),
        period: 524_288,
        time: Some(WallTime(1_750_000_000_000_000_000)),
        duration: Some(Nanoseconds(1_500_000_000)),
        comments: vec![format!("taken by hand{suffix}").into()],
        doc_url: format!("https://example.com/{suffix}").into(),
        ..Header::default()
    };
    let mut builder = Builder::new(header, &format!("/srv/server{suffix}"));
    for (stack, n) in samples {
        let frame = |(name, line): &(&str, u32)| Frame {
            function: format!("{name}{suffix}").into(),
            file: format!("/src/app/{}.go{suffix}", name.split('.').next().unwrap_or_default()).into(),
            line: *line,
        };
        let frames: Vec<Frame> = stack.iter().map(frame).collect();
        let tenant = format!("red{suffix}");
        let [size, unit, key] = ["bytes", "bytes", "tenant"].map(|name| format!("{name}{suffix}"));
        let labels = [Labelled::Number(&size, 4096, &unit), Labelled::Text(&key, &tenant)];
        builder.add(&frames, &[*n, 4096 * n], &labels);
    }
    builder.finish()
}

const EARLY: &[(&[(&str, u32)], i64)] = &[
    (&[("runtime.mallocgc", 9), ("cache.Put", 3), ("main.handle", 12), ("main.main", 30)], 10),
    (&[("runtime.mallocgc", 9), ("main.handle", 14), ("main.main", 30)], 5),
    (&[("cache.Get", 8), ("main.main", 31)], 1),
];
const LATE: &[(&[(&str, u32)], i64)] = &[
    (&[("runtime.mallocgc", 9), ("cache.Put", 3), ("main.handle", 12), ("main.main", 30)], 250),
    (&[("cache.Get", 8), ("main.main", 31)], 1),
];

fn all_lists(profile: &Profile, expression: &str) -> String {
    let mut view = View::new(profile, None).unwrap();
    let filters = Filters { focus: "main".into(), ..Filters::default() };
    assert!(view.filter(&filters).unwrap().is_empty());
    let (facts, active) = (view.facts(), filters.active());
    let text = Text { facts: &facts, filters: &active, unit: "minimum" };
    let cut = |edges| Cut { edges, node_fraction: 0.005, ..Cut::default() };
    let (graph, tree): (ProfileGraph, ProfileGraph) =
        (view.graph(&cut(Edges::IntoInlined)), view.graph(&cut(Edges::All)));
    let peek = Regex::new(expression).unwrap();
    let mut listing = view.listing(&peek, true, &Trim::default());
    for file in listing.iter_mut().flat_map(|function| &mut function.files) {
        match file.file.contains("cache") {
            true => file.annotate("package cache\n\nfunc Put() {\t// \u{1b}[31mred\u{202e}\n}\n"),
            false => file.error = Some(format!("open {}: no such file or directory", file.file)),
        }
    }
    let sites = view.sites(&ModuleTable::default());
    let lists = [
        ("top", text.top(&graph)),
        ("tree", text.tree(&tree, None).unwrap()),
        ("peek", text.tree(&tree, Some(&peek)).unwrap()),
        ("list", text.listing(&listing)),
        ("sites", text.sites(&sites, sites.len() + 1)),
        ("traces", text.traces(&view.traces(Granularity::Lines, true, None))),
        ("tags", text.tags(&view.tags("minimum"))),
        ("page", page("heap.pb.gz", &text, &graph, &LOOK)),
    ];
    lists.map(|(name, text)| format!("== {name}\n{text}")).join("\n")
}

#[test]
fn every_list_of_a_profile_has_pprofs_layout() {
    insta::assert_snapshot!("lists", all_lists(&profile("", EARLY), "cache|handle"));
}

#[test]
fn every_list_of_a_difference_is_signed() {
    let diff = compare(profile("", LATE), profile("", EARLY), Against::DiffBase, false).unwrap();
    insta::assert_snapshot!("difference", all_lists(&diff, "cache|handle"));
}

#[test]
fn nothing_that_a_program_names_reaches_the_terminal_as_it_is() {
    let text = all_lists(&profile(HOSTILE, EARLY), "cache|handle");
    let harmful =
        |c: &char| (c.is_control() && !"\n\t".contains(*c)) || "\u{202e}\u{2066}\u{61c}".contains(*c);
    assert_eq!(text.chars().find(harmful), None, "{text:?}");
    // A line's end in a name does not end a line.
    let lines = |suffix: &str| all_lists(&profile(suffix, EARLY), "cache|handle").lines().count();
    assert_eq!(lines(HOSTILE), lines(""), "{text}");
    insta::assert_snapshot!("hostile", text);
}

#[test]
fn a_peek_at_nothing_is_no_list() {
    let profile = profile("", EARLY);
    let view = View::new(&profile, None).unwrap();
    let facts = view.facts();
    let text = Text { facts: &facts, filters: &[], unit: "B" };
    let tree = view.graph(&Cut { edges: Edges::All, ..Cut::default() });
    assert_eq!(text.tree(&tree, Some(&Regex::new("nowhere").unwrap())), None);
}

#[test]
fn an_empty_profile_has_a_page_and_lists_without_rows() {
    let facts = crate::model::profile::ProfileFacts {
        sample_types: vec![SampleType { kind: "cpu".into(), unit: "nanoseconds".into(), sum: 0 }],
        ..Default::default()
    };
    let text = Text { facts: &facts, filters: &[], unit: "minimum" };
    let graph = ProfileGraph::default();
    assert!(page("-", &text, &graph, &LOOK).contains("0 samples"));
    assert_eq!(text.top(&graph).lines().last(), Some("      flat  flat%   sum%        cum   cum%"));
    assert_eq!(text.listing(&[]), "Total: 0\n");
    assert_eq!(text.tags(&[]), "");
}
