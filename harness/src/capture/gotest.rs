//! How a test binary is started: the flags that `go test` would give it, and what the runner in it is told
//! (`go/probe/tests.go`).
//!
//! The plain binary runs everything once, as the go command does. Then a survey runs each test by itself several times, all of
//! them in one process; a test that may leak gets runs of its own.

use regex::Regex;

use crate::model::{Mode, PARALLEL, RunId};
use crate::scenario::{Kind, TestSpec, Workload};

/// How long goroutines get to end after a test, milliseconds: in a survey, where it only costs a run of its own if they
/// need longer, and where it is judged.
const PATIENCE_MS: (u64, u64) = (20, 250);

/// What is known of the tests of a binary when a run of it begins.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Known<'a> {
    /// The parallel ones, if they are to run as a group.
    pub(super) parallel: &'a [String],
    /// Those that ended earlier surveys, one each.
    pub(super) left_out: &'a [String],
}

/// Whether a run looks at all tests, to find those that are worth a run of their own.
pub(super) fn is_survey(workload: &Workload, id: &RunId) -> bool {
    workload.kind != Kind::Binary && id.test.is_none() && id.mode != Mode::Plain
}

/// The flags of a run.
pub(super) fn flags(workload: &Workload, id: &RunId, known: Known<'_>) -> Vec<String> {
    let Some(spec) = &workload.test else { return Vec::new() };
    let mut flags = vec!["-test.paniconexit0".to_owned()];
    let mut flag = |name: &str, value: String| flags.push(format!("-test.{name}={value}"));
    flag("timeout", format!("{}ms", spec.timeout_ms));
    let (asked, default) = if workload.kind == Kind::Bench { (&spec.bench, ".") } else { (&spec.run, "") };
    let selected = match id.test.as_deref() {
        None if asked.is_empty() => default.to_owned(),
        None => asked.clone(),
        Some(PARALLEL) => selected(known.parallel, asked),
        Some(test) => selected(&[test.to_owned()], asked),
    };
    match workload.kind {
        Kind::Bench => {
            flag("run", "^$".to_owned());
            flag("bench", selected);
            flag("benchtime", format!("{}x", spec.operations));
            if id.mode == Mode::Plain {
                flag("benchmem", "true".to_owned());
                flag("count", spec.count.to_string());
            }
        }
        Kind::Test | Kind::Binary => {
            if !selected.is_empty() {
                flag("run", selected);
            }
        }
    }
    let ended = usize::try_from(id.repeat.saturating_sub(1)).unwrap_or(0);
    let left_out = known.left_out.iter().take(if is_survey(workload, id) { ended } else { 0 });
    let skipped = Some(&spec.skip).filter(|skip| !skip.is_empty()).cloned();
    let skipped: Vec<String> = skipped.into_iter().chain(left_out.map(|test| format!("^{test}$"))).collect();
    if !skipped.is_empty() {
        flag("skip", skipped.join("|"));
    }
    common(spec, &mut flag);
    flags
}

fn common(spec: &TestSpec, flag: &mut impl FnMut(&str, String)) {
    if spec.short {
        flag("short", "true".to_owned());
    }
    if let Some(parallel) = spec.parallel {
        flag("parallel", parallel.to_string());
    }
    if !spec.shuffle.is_empty() {
        flag("shuffle", spec.shuffle.clone());
    }
}

/// The pattern of one test, or some, with what was asked of their subtests: each way in which the user's pattern means one of
/// them, since what it says of other tests' subtests is not for these.
fn selected(tests: &[String], asked: &str) -> String {
    let own = format!("^({})$", tests.join("|"));
    let means = |name: &str| {
        Regex::new(name).map_or(true, |name| tests.iter().any(|test| name.is_match(test))) // package testing has refused others
    };
    let ways = ways(asked).into_iter().filter(|(name, _)| means(name));
    let mut subtests: Vec<Option<&str>> = ways.map(|(_, subtests)| subtests).collect();
    subtests.dedup();
    if subtests.is_empty() || subtests.contains(&None) {
        return own;
    }
    subtests.into_iter().flatten().map(|subtests| format!("{own}/{subtests}")).collect::<Vec<_>>().join("|")
}

/// A pattern's alternatives, each with the name of the test and what follows of its subtests: a `|` or a `/` counts outside
/// of brackets (`splitRegexp` in Go's `testing/match.go`, 1.20 to 1.27).
fn ways(pattern: &str) -> Vec<(&str, Option<&str>)> {
    let (mut ways, mut start, mut slash) = (Vec::new(), 0, None);
    let (mut brackets, mut parentheses) = (0_u32, 0_u32);
    let way = |start: usize, end: usize, slash: Option<usize>| match slash {
        Some(at) => (&pattern[start..at], Some(&pattern[at + 1..end])),
        None => (&pattern[start..end], None),
    };
    let mut letters = pattern.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '[' => brackets += 1,
            ']' => brackets = brackets.saturating_sub(1),
            '(' if brackets == 0 => parentheses += 1,
            ')' if brackets == 0 => parentheses = parentheses.saturating_sub(1),
            '\\' => drop(letters.next()),
            '/' if brackets == 0 && parentheses == 0 => slash = slash.or(Some(at)),
            '|' if brackets == 0 && parentheses == 0 => {
                ways.push(way(start, at, slash));
                (start, slash) = (at + 1, None);
            }
            _ => {}
        }
    }
    ways.push(way(start, pattern.len(), slash));
    ways
}

/// What the runner is told.
pub(super) fn settings(workload: &Workload, id: &RunId) -> Vec<(String, String)> {
    let Some(spec) = &workload.test else { return Vec::new() };
    let (what, patience) = match id.test.as_deref() {
        None => ("survey", PATIENCE_MS.0),
        Some(PARALLEL) => ("together", PATIENCE_MS.1),
        Some(_) => ("one", PATIENCE_MS.1),
    };
    let settings = [
        ("HARNESS_TESTS", what.to_owned()),
        ("HARNESS_ITERATIONS", spec.count.to_string()),
        ("HARNESS_PATIENCE_MS", patience.to_string()),
    ];
    settings.map(|(name, value)| (name.to_owned(), value)).to_vec()
}

/// The directory of a run below its variant's.
pub(super) fn directory(workload: &Workload, id: &RunId, mode: &str) -> String {
    let test = match id.test.as_deref() {
        Some(PARALLEL) => "parallel/".to_owned(), // no test has the name
        Some(test) => format!("{test}/"),
        None => String::new(),
    };
    let mode = if is_survey(workload, id) { "survey" } else { mode };
    format!("{}/{test}{mode}-{}", id.variant, id.repeat)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workload(kind: Kind, run: &str) -> Workload {
        let test = TestSpec {
            run: run.to_owned(),
            bench: run.to_owned(),
            count: 8,
            operations: 100,
            ..TestSpec::default()
        };
        Workload { kind, test: Some(test), ..crate::scenario::for_package("/".into(), ".").workload }
    }

    fn id(mode: Mode, test: Option<&str>) -> RunId {
        RunId { variant: "v".into(), mode, repeat: 1, test: test.map(Into::into) }
    }

    fn given(kind: Kind, run: &str, id: &RunId) -> Vec<String> {
        let (parallel, left_out) = (["TestA".to_owned(), "TestB".to_owned()], ["TestBad".to_owned()]);
        let flags = flags(&workload(kind, run), id, Known { parallel: &parallel, left_out: &left_out });
        let about = |flag: &String| {
            ["-test.run", "-test.bench", "-test.count", "-test.skip"]
                .iter()
                .any(|name| flag.starts_with(name))
        };
        flags.into_iter().filter(about).collect()
    }

    #[test]
    fn a_test_of_its_own_is_selected_whole_and_keeps_the_subtests_asked_for() {
        let step = |test| id(Mode::Step, test);
        assert_eq!(given(Kind::Test, "A|B", &step(None)), ["-test.run=A|B"]);
        assert_eq!(given(Kind::Test, "", &step(Some("TestA"))), ["-test.run=^(TestA)$"]);
        assert_eq!(given(Kind::Test, "A/x/y", &step(Some("TestA"))), ["-test.run=^(TestA)$/x/y"]);
        assert_eq!(given(Kind::Test, "", &step(Some(PARALLEL))), ["-test.run=^(TestA|TestB)$"]);
        assert!(given(Kind::Test, "", &step(None)).is_empty());
    }

    #[test]
    fn subtests_that_are_asked_of_another_test_are_not_run_with_this_one() {
        let of_a = |asked| given(Kind::Test, asked, &id(Mode::Step, Some("TestA"))).concat();
        assert_eq!(of_a("A/x|B/y"), "-test.run=^(TestA)$/x");
        assert_eq!(of_a("B/y|A"), "-test.run=^(TestA)$");
        assert_eq!(of_a("A/x|^Test/y/z|B"), "-test.run=^(TestA)$/x|^(TestA)$/y/z");
        assert_eq!(of_a("(A|B)/[a/b|]|C"), "-test.run=^(TestA)$/[a/b|]");
        assert_eq!(of_a(r"A/x\|y"), r"-test.run=^(TestA)$/x\|y");
        assert_eq!(
            given(Kind::Test, "A/x|B/y|C/z", &id(Mode::Step, Some(PARALLEL))).concat(),
            "-test.run=^(TestA|TestB)$/x|^(TestA|TestB)$/y"
        );
    }

    #[test]
    fn benchmarks_run_no_tests_and_only_the_plain_binary_counts_them() {
        let flags = given(Kind::Bench, "", &id(Mode::Plain, None));
        assert_eq!(
            flags,
            ["-test.run=^$", "-test.bench=.", "-test.benchtime=100x", "-test.benchmem=true", "-test.count=8"]
        );
        let flags = given(Kind::Bench, "", &id(Mode::Step, Some("BenchmarkA")));
        assert_eq!(flags, ["-test.run=^$", "-test.bench=^(BenchmarkA)$", "-test.benchtime=100x"]);
    }

    #[test]
    fn a_second_survey_goes_without_the_test_that_ended_the_first() {
        let survey = RunId { repeat: 2, ..id(Mode::Step, None) };
        assert_eq!(given(Kind::Test, "", &survey), ["-test.skip=^TestBad$"]);
        assert!(given(Kind::Test, "", &id(Mode::Step, None)).is_empty());
    }

    #[test]
    fn each_run_has_a_directory_of_its_own() {
        let of = |mode, test| directory(&workload(Kind::Test, ""), &id(mode, test), "step");
        assert_eq!(of(Mode::Step, None), "v/survey-1");
        assert_eq!(of(Mode::Step, Some("TestA")), "v/TestA/step-1");
        assert_eq!(of(Mode::Step, Some(PARALLEL)), "v/parallel/step-1");
    }
}
