//! The files as Go 1.26.8 wrote them, and what is left of damaged ones.

use super::*;
use crate::model::{Nanoseconds, WallTime};

const GRAPH: &str = r#"[
	{
		"ID": 0,
		"Mode": "link",
		"Package": "example.com/m",
		"Deps": [
			1
		],
		"TimeReady": "2026-11-26T04:49:36.716705895Z",
		"TimeStart": "2026-11-26T04:49:36.716731613Z",
		"TimeDone": "2026-11-26T04:49:36.716926055Z",
		"Cmd": [
			"link -o a"
		],
		"CmdReal": 205514027,
		"CmdUser": 23533000,
		"CmdSys": 1
	},
	{
		"ID": 1,
		"Mode": "build",
		"Package": "example.com/m",
		"TimeReady": "0001-01-01T00:00:00Z",
		"TimeStart": "0001-01-01T00:00:00Z",
		"TimeDone": "0001-01-01T00:00:00Z",
		"Cmd": null
	}
]
"#;

#[test]
fn an_action_has_its_times_and_one_from_the_cache_no_commands() {
    let graph = read_graph("g", GRAPH.as_bytes());
    assert_eq!(graph.problems, []);
    let [link, build] = graph.actions.as_slice() else { panic!("{graph:?}") };
    assert_eq!(
        (&*link.mode, &*link.package, link.deps.as_slice()),
        ("link", "example.com/m", [1].as_slice())
    );
    assert_eq!(
        (link.n_commands, link.real, link.cpu),
        (1, Nanoseconds(205_514_027), Nanoseconds(23_533_001))
    );
    assert_eq!(link.start, Some(WallTime(1_795_668_576_716_731_613)));
    assert_eq!((build.n_commands, build.start, build.deps.len()), (0, None, 0));
}

#[test]
fn every_truncation_keeps_what_came_before_and_says_where_it_ends() {
    for end in 0..GRAPH.len() - 2 {
        let graph = read_graph("g", &GRAPH.as_bytes()[..end]);
        let [problem] = graph.problems.as_slice() else { panic!("{end}: {graph:?}") };
        assert!(problem.offset <= end as u64, "{problem}");
        assert!(graph.actions.len() <= 2);
    }
    let first = GRAPH.find("},").expect("two actions") + 2;
    assert_eq!(read_graph("g", &GRAPH.as_bytes()[..first]).actions.len(), 1);
}

#[test]
fn an_action_that_is_none_is_passed_over_and_told() {
    let graph = read_graph("g", br#"[7, {"ID": -1}, {"ID": 2, "CmdReal": -5}]"#);
    assert_eq!(graph.problems.len(), 2);
    assert_eq!((graph.actions.len(), graph.actions[0].real), (1, Nanoseconds(0)));
    assert_eq!(read_graph("g", b"{}").problems.len(), 1);
}

#[test]
fn spans_nest_and_other_goroutines_have_none() {
    let event = |name: &str, ph: &str, ts: f64, tid: u32| {
        format!(r#"{{"name":"{name}","ph":"{ph}","ts":{ts},"pid":0,"tid":{tid}}}"#)
    };
    let events = [
        event("Running build command", "B", 1_000.0, 0),
        event("load.PackagesAndErrors", "B", 1_500.5, 0),
        event("elsewhere", "B", 1_600.0, 1),
        event("flow", "s", 1_600.0, 0),
        event("load.PackagesAndErrors", "E", 2_500.5, 0),
        event("elsewhere", "E", 9_000.0, 1),
    ];
    let text = format!("[{}]", events.join(","));
    let read = read_spans("t", text.as_bytes());
    let load = Span { name: "load.PackagesAndErrors".into(), depth: 1, took: Nanoseconds(1_000_000) };
    assert_eq!((read.spans, read.problems.len()), (vec![load], 0));
    let cut = read_spans("t", &text.as_bytes()[..text.len() - 20]);
    assert_eq!((cut.spans.len(), cut.problems.len()), (1, 1));
    assert_eq!(read_spans("t", b"[").problems.len(), 1);
}

#[test]
fn keys_are_those_of_the_last_time_whatever_stands_between_their_lines() {
    let text = concat!(
        "mkdir -p $WORK/b001/\n",
        "HASH[build a]\n",
        "HASH[build a]: \"compile\\n\"\n",
        "HASH[build b/c]\n",
        "HASH /src/a.go: f8bca0a1\n",
        "HASH[build b/c]: \"import \\\"b/c\\\"\\n\"\n",
        "HASH[build a]: \"file a.go xyz\\n\"\n",
        "HASH[build a]: 8f29cf65\n",
        "HASH[link a]\n",
        "HASH[link a]: \"old\\n\"\n",
        "HASH[link a]\n",
        "HASH[link a]: \"a\\tb\\\\c\\x00\"\n",
    );
    let builds = read_keys(text, "build");
    assert_eq!(builds.keys().collect::<Vec<_>>(), ["a", "b/c"]);
    assert_eq!(builds["a"].inputs, ["compile", "file a.go xyz"]);
    assert_eq!(builds["b/c"].inputs, ["import \"b/c\""]);
    assert_eq!(read_keys(text, "link")["a"].inputs, ["a\tb\\c\\x00"]);
    for end in (0..text.len()).filter(|end| text.is_char_boundary(*end)) {
        assert!(read_keys(&text[..end], "build").len() <= 2);
    }
}
