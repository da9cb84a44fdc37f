//! From texts as the compiler writes them to what is said of two variants.

use super::*;
use crate::model::lab::code::{Inlining, OverBudget};
use crate::toolchain::lab::Said;

const SOURCE: &str = "package main

func mix(state uint32, record []byte) uint32 {
	return state
}

func (m *Mixed) Update(record []byte) uint32 {
	for at := range record {
		m.state = mix(m.state, record)
	}
	f := func() {}
	return m.state
}
";

fn line(line: u32, code: &str, message: &str) -> String {
    format!(
        r#"{{"range":{{"start":{{"line":{line},"character":6}}}},"code":"{code}","message":"{message}"}}"#
    )
}

fn record(diagnostics: &[String], remarks: &str) -> CodeRecord {
    let header = r#"{"package":"main","file":"/src/cmd/main.go"}"#.to_owned();
    let text = std::iter::once(header).chain(diagnostics.iter().cloned()).collect::<Vec<_>>().join("\n");
    let foreign =
        r#"{"package":"main","file":"/go/src/sync/type.go"}"#.to_owned() + "\n" + &line(1, "escape", "x");
    let said = Said {
        dir: "/src".into(),
        module: "example.com/m".into(),
        program: "example.com/m/cmd".into(),
        diagnostics: vec![text, foreign],
        remarks: remarks.to_owned(),
        sources: [("cmd/main.go".to_owned(), SOURCE.to_owned())].into(),
    };
    CodeRecord { said, binary: Vec::new() }
}

fn plain() -> CodeRecord {
    let over = "function too complex: cost 82 exceeds budget 80";
    record(
        &[
            line(3, "cannotInlineFunction", over),
            line(7, "cannotInlineFunction", "unhandled op X"),
            line(11, "canInlineFunction", "cost: 2"),
            line(8, "isInBounds", ""),
            line(9, "isSliceInBounds", ""),
        ],
        "",
    )
}

fn profiled() -> CodeRecord {
    let remarks = "hot-callsite-thres-from-CDF=9.5
hot-node enabled increased budget=2000 for func=main.mix
hot-budget check allows inlining for call main.mix (cost 82) at cmd/main.go:9:6 in function main.(*Mixed).Update
cmd/main.go:9:6: inlining call to mix
cmd/main.go:9:2: PGO devirtualizing interface call d.Update to (*Mixed).Update
cmd/main.go:9:6: moved to heap: record
";
    let mut decisions =
        vec![line(3, "canInlineFunction", "cost: 82"), line(7, "cannotInlineFunction", "unhandled op X")];
    decisions.extend([line(9, "escapes", "record escapes to heap"), line(9, "escape", "y escapes to heap")]);
    record(&decisions, remarks)
}

fn answered() -> CodeAnswer {
    let records = [("off".to_owned(), plain()), ("on".to_owned(), profiled())];
    answer(Records { of: &records, reference: "off" })
}

#[test]
fn decisions_belong_to_the_function_that_their_line_is_in() {
    let answer = answered();
    let facts = answer.of("off").expect("facts");
    let [update, mix] = facts.functions.as_slice() else { panic!("{facts:?}") };
    assert_eq!((&*update.name, update.line), ("main.(*Mixed).Update", 7));
    assert_eq!((&*mix.name, &*mix.file), ("main.mix", "cmd/main.go"));
    assert_eq!(update.bounds_checks, [8, 9]);
    // The closure in line 11 may be inlined, Update may not.
    assert!(matches!(&update.inlining, Some(Inlining::No { over: None, .. })), "{update:?}");
    let over = Some(OverBudget { cost: 82, budget: 80 });
    assert!(matches!(&mix.inlining, Some(Inlining::No { over: found, .. }) if *found == over), "{mix:?}");
    assert_eq!((facts.totals.inlinable, facts.totals.escapes, facts.profile.as_ref()), (0, 0, None));
}

#[test]
fn what_a_profile_changes_is_told_in_words_and_what_matters_most_first() {
    let answer = answered();
    let [difference] = answer.differences.as_slice() else { panic!("{answer:?}") };
    let [update, mix] = difference.of.functions.as_slice() else { panic!("{difference:?}") };
    assert_eq!(difference.of.words, ["a profile is used: 1 function hot, 1 call hot and inlined"]);
    assert_eq!(
        update.words,
        [
            "calls `d.Update` as `(*Mixed).Update` directly (main.go:9, by the profile)",
            "has inlined `mix` at main.go:9",
            "2 values escape at main.go:9: moved to heap: record, y",
            "2 bounds checks fewer (0 left)",
        ]
    );
    assert_eq!((update.escapes, update.bounds_checks), (2, -2));
    assert_eq!(mix.words, ["now inlines (cost 82; it did not: cost 82 over 80; the profile has it hot)"]);
    assert_eq!(
        answer.headline,
        "on: 1 inlined call more, 1 devirtualised call more, 2 values on the heap more, 2 bounds checks fewer"
    );
    let hot = &answer.of("on").expect("facts").profile.as_ref().expect("a profile").hot_calls;
    assert!(matches!(hot.as_slice(), [call] if call.inlined && call.callee == "main.mix" && call.line == 9));
}

#[test]
fn inlining_that_is_off_is_said_once_and_not_of_every_function() {
    let without = record(&[line(8, "isInBounds", ""), line(9, "isSliceInBounds", "")], "");
    let records = [("on".to_owned(), profiled()), ("off".to_owned(), without)];
    let answer = answer(Records { of: &records, reference: "on" });
    let [difference] = answer.differences.as_slice() else { panic!("{answer:?}") };
    assert_eq!(
        difference.of.words,
        [
            "inlining is off (it was on: 1 function may be, 1 call replaced by their bodies)",
            "no profile is used",
        ]
    );
    assert!(
        difference
            .of
            .functions
            .iter()
            .flat_map(|function| &function.words)
            .all(|words| !words.contains("inlin")),
        "{difference:?}"
    );
}

#[test]
fn variants_that_are_alike_and_a_single_one_have_a_headline_too() {
    let records = [("a".to_owned(), plain()), ("b".to_owned(), plain())];
    let alike = answer(Records { of: &records, reference: "a" });
    assert_eq!(alike.headline, "the compiler decides alike in all variants");
    let one = answer(Records { of: &records[..1], reference: "a" });
    assert_eq!(
        one.headline,
        "2 functions, 0 of them may be inlined; 0 values are made on the heap, 2 bounds are checked"
    );
}

#[test]
fn what_is_said_of_a_build_that_hides_paths_is_the_same() {
    let mut trimmed = profiled();
    trimmed.said.remarks = trimmed.said.remarks.replace("cmd/main.go", "example.com/m/cmd/main.go");
    let records = [("shown".to_owned(), profiled()), ("hidden".to_owned(), trimmed)];
    let answer = answer(Records { of: &records, reference: "shown" });
    assert_eq!(answer.of("shown"), answer.of("hidden"));
}
