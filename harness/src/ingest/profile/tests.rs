//! Facts about merging, comparing, filtering and counting that no recorded profile shows. What recorded ones show is
//! compared with `go tool pprof` itself, end to end.

use super::*;
use crate::format::pprof::{Builder, Header, Labelled, Profile, ValueType};
use crate::model::heap::{HeapCount, HeapRoot, PathStep, RetainingPath, RootKind};
use crate::model::{Bytes, Frame, HeapSnapshot, MonotonicTime, Objects, Site, SiteClass, SiteUse};

fn frame(name: &str) -> Frame {
    Frame { function: name.into(), file: format!("{name}.go").into(), line: 7 }
}

/// A profile of one sample type; stacks innermost first, separated by blanks.
fn profile(unit: &str, samples: &[(&str, i64)]) -> Profile {
    let kind = ValueType { kind: "space".into(), unit: unit.into() };
    let mut builder = Builder::new(Header { sample_types: vec![kind], ..Header::default() }, "/bin/p");
    for (stack, value) in samples {
        let frames: Vec<Frame> = stack.split(' ').map(frame).collect();
        builder.add(&frames, &[*value], &[Labelled::Number("bytes", 8, "bytes")]);
    }
    builder.finish()
}

/// `name flat cum`, as they are sorted.
fn top(view: &View<'_>) -> Vec<String> {
    let graph = view.graph(&Cut::default());
    graph.nodes.iter().map(|node| format!("{} {} {}", node.name, node.flat, node.cum)).collect()
}

fn filtered(profile: &Profile, filters: Filters) -> (Vec<String>, Unmatched) {
    let mut view = View::new(profile, None).unwrap();
    let unmatched = view.filter(&filters).unwrap();
    (top(&view), unmatched)
}

#[test]
fn a_recursive_function_is_counted_once_in_a_stack() {
    let profile = profile("bytes", &[("a b a main", 10), ("b main", 5)]);
    assert_eq!(top(&View::new(&profile, None).unwrap()), ["a 10 10", "b 5 15", "main 0 15"]);
}

#[test]
fn the_same_stack_in_two_profiles_is_one_sample_in_the_finer_unit() {
    let sum =
        combine(vec![profile("kB", &[("a main", 2)]), profile("bytes", &[("a main", 5), ("b main", 1)])]);
    let sum = sum.unwrap();
    assert_eq!(sum.samples.len(), 2);
    assert_eq!(top(&View::new(&sum, None).unwrap()), ["a 2053 2053", "b 1 1", "main 0 2054"]);
}

/// A stack with more labels than are looked through one by one, and another one on both sides.
#[test]
fn samples_are_the_same_if_stack_and_labels_are_however_many_a_stack_has() {
    let with_labels = |n: i64, value: i64| {
        let kind = ValueType { kind: "space".into(), unit: "bytes".into() };
        let mut builder = Builder::new(Header { sample_types: vec![kind], ..Header::default() }, "/bin/p");
        let stack = [frame("a"), frame("main")];
        builder.add(&[frame("first")], &[value], &[]);
        (0..n).for_each(|size| builder.add(&stack, &[value], &[Labelled::Number("bytes", size, "")]));
        builder.add(&[frame("gone")], &[0], &[]);
        builder.add(&[frame("last"), frame("main")], &[value], &[]);
        builder.finish()
    };
    for n in 0..12 {
        let sum = combine(vec![with_labels(n, 1), with_labels(12, 2), with_labels(n, 4)]).unwrap();
        assert_eq!(sum.samples.len(), 14, "{n}");
        let values: Vec<i64> = sum.samples.iter().map(|sample| sample.values[0]).collect();
        assert_eq!(values.iter().filter(|value| **value == 7).count(), 2 + n as usize, "{n}: {values:?}");
        assert_eq!(values.iter().sum::<i64>(), 2 * 7 + 7 * n + 2 * (12 - n), "{n}");
        let back = compare(sum, with_labels(12, 2), Against::Base, false).unwrap();
        assert_eq!(back.samples.len(), 2 + n as usize, "{n}");
    }
}

#[test]
fn profiles_of_different_things_are_not_added_up() {
    let other = profile("nanoseconds", &[("a", 1)]);
    let error = combine(vec![profile("bytes", &[("a", 1)]), other]).unwrap_err();
    assert_eq!(error, CombineError::Incompatible("space/bytes".into(), "space/nanoseconds".into()));
    assert_eq!(combine(Vec::new()), Err(CombineError::Nothing));
}

#[test]
fn what_did_not_change_is_gone_from_a_difference_and_the_total_is_the_bases() {
    let (before, after) = (profile("bytes", &[("a", 4), ("b", 6)]), profile("bytes", &[("a", 4), ("b", 16)]));
    let diff = compare(after.clone(), before.clone(), Against::DiffBase, false).unwrap();
    let view = View::new(&diff, None).unwrap();
    assert_eq!((top(&view), view.total()), (vec!["b 10 10".to_owned()], 10));
    assert!(view.facts().is_diff);
    let minus = compare(after, before, Against::Base, false).unwrap();
    assert_eq!(minus.samples.len(), 1, "what cancels out is no sample");
    assert_eq!(View::new(&minus, None).unwrap().total(), 10);
}

#[test]
fn filters_take_samples_or_frames_and_say_what_they_do_not_meet() {
    let profile = profile("bytes", &[("a b main", 1), ("c b main", 2), ("c d", 4)]);
    let with = |set: fn(&mut Filters)| {
        let mut filters = Filters::default();
        set(&mut filters);
        filtered(&profile, filters)
    };
    assert_eq!(with(|f| f.focus = "^b$".into()).0, ["c 2 2", "a 1 1", "b 0 3", "main 0 3"]);
    assert_eq!(with(|f| f.ignore = "^(a|d)$".into()).0, ["c 2 2", "b 0 2", "main 0 2"]);
    assert_eq!(with(|f| f.hide = "^c".into()).0, ["d 4 4", "b 2 3", "a 1 1", "main 0 3"]);
    assert_eq!(with(|f| f.show = "^(b|d)$".into()).0, ["d 4 4", "b 3 3"]);
    assert_eq!(with(|f| f.show_from = "^b".into()).0, ["c 2 2", "a 1 1", "b 0 3"]);
    assert_eq!(with(|f| f.focus = "nowhere".into()), (vec![], vec!["focus"]));
    assert_eq!(with(|f| f.tagfocus = "bytes=9:".into()), (vec![], vec!["tagfocus"]));
    let error =
        View::new(&profile, None).unwrap().filter(&Filters { hide: "(".into(), ..Filters::default() });
    assert!(error.unwrap_err().to_string().starts_with("`--hide (` is no regular expression"));
}

#[test]
fn frames_that_a_profile_wants_dropped_go_with_their_callees_but_not_at_the_root() {
    let mut profile = profile("bytes", &[("mallocgc newobject a main", 1), ("mallocgc system", 2)]);
    profile.header.drop_frames = "new.*|mallocgc|system".into();
    profile.header.keep_frames = "never".into();
    assert_eq!(top(&View::new(&profile, None).unwrap()), ["mallocgc 2 2", "a 1 1", "main 0 1", "system 0 2"]);
}

#[test]
fn a_sample_type_goes_by_name_number_and_the_name_of_old() {
    let profile = profile("bytes", &[("a", 1)]);
    for name in ["space", "inuse_space", "0"] {
        assert!(View::new(&profile, Some(name)).is_ok(), "{name}");
    }
    let error = View::new(&profile, Some("7")).unwrap_err();
    assert_eq!(error.to_string(), "no sample type is called `7`; there are space");
}

#[test]
fn a_flame_graph_of_a_difference_is_as_wide_as_what_changed() {
    let (before, after) = (
        profile("bytes", &[("a main", 9), ("b main", 5)]),
        profile("bytes", &[("a main", 9), ("c main", 7)]),
    );
    let diff = compare(after, before, Against::DiffBase, false).unwrap();
    let tree = View::new(&diff, None).unwrap().flame(Granularity::Functions, true);
    let told: Vec<(&str, i64, u64)> = tree.nodes.iter().map(|n| (&*n.name, n.value, n.width)).collect();
    assert_eq!(told, [("all", 2, 12), ("main", 2, 12), ("a", 0, 0), ("c", 7, 7), ("b", -5, 5)]);
}

#[test]
fn sites_are_the_users_lines_with_the_runtimes_frames_left_out() {
    let profile = profile(
        "bytes",
        &[
            ("runtime.mallocgc runtime.makeslice bytes.growSlice main.put main.main", 8),
            ("runtime.mallocgc bytes.growSlice main.put main.main", 1),
        ],
    );
    let sites = View::new(&profile, None).unwrap().sites(&crate::model::ModuleTable::default());
    let [site] = sites.as_slice() else { panic!("{sites:?}") };
    assert_eq!((site.value, &*site.user.function, site.stack.len(), site.object_size), (9, "main.put", 3, 8));
}

#[test]
fn growth_between_checkpoints_is_a_difference_with_the_base_marked() {
    let site = |name: &str| {
        std::sync::Arc::new(Site {
            class: SiteClass::User,
            object_size: Bytes(64),
            stack: [frame(name), frame("main")].into(),
        })
    };
    let used = |n: u64| SiteUse {
        inuse_space: Bytes(64 * n),
        inuse_objects: Objects(n),
        alloc_space: Bytes(640 * n),
        alloc_objects: Objects(10 * n),
    };
    let snapshot = |sites: &[(&str, u64)]| HeapSnapshot {
        checkpoint: None,
        at: MonotonicTime(0),
        cycle: None,
        sites: sites.iter().map(|(name, n)| (site(name), used(*n))).collect(),
    };
    let (before, after) = (snapshot(&[("a", 2), ("b", 3)]), snapshot(&[("a", 5), ("b", 3)]));
    let profile = growth(&before, &after, "/bin/server");
    let view = View::new(&profile, Some("inuse_objects")).unwrap();
    assert_eq!((top(&view), view.total()), (vec!["a 3 3".to_owned(), "main 0 3".to_owned()], 5));
    let sums: Vec<i64> = view.facts().sample_types.iter().map(|one| one.sum).collect();
    assert_eq!(sums, [30, 1920, 3, 192]);
}

#[test]
fn reached_bytes_have_the_chain_of_references_as_their_stack() {
    let step = |field: Option<&str>, kind: &str, count, chain| PathStep {
        field: field.map(str::to_owned),
        offset: Some(16),
        type_name: Some(kind.to_owned()),
        site: Some(frame("main.put")),
        object_size: Bytes(64),
        count,
        chain,
    };
    let path = RetainingPath {
        root: HeapRoot {
            kind: RootKind::Global,
            name: "main.cache".into(),
            type_name: None,
            goroutine: None,
        },
        steps: vec![
            step(None, "map[string]*main.entry", 1, false),
            step(Some("[]"), "main.entry", 100, false),
            step(Some(".next"), "main.node", 900, true),
        ],
        held: HeapCount { objects: Objects(900), bytes: Bytes(57_600) },
    };
    let profile = reached([&path], "/bin/server");
    let view = View::new(&profile, None).unwrap();
    let traces = view.traces(Granularity::Functions, true, None);
    let stack: Vec<&str> = traces[0].stack.iter().map(|(name, _)| &**name).collect();
    assert_eq!(
        stack,
        [".next main.node, chain", "[] main.entry, many", "+16 map[string]*main.entry", "main.cache"]
    );
    assert_eq!(top(&view)[0], ".next main.node, chain 57600 57600");
}
