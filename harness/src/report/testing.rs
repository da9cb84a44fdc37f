//! Tests and benchmarks, one by one: what became of each.
//!
//! Input: what the surveys of a capture tell, and the findings. Output: a row for each test function. A test that leaks is
//! one that a finding names; one that failed or was skipped is not judged.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::baseline::FindingGroup;
use crate::model::{LeakKind, Nanoseconds, PARALLEL, TestKind, TestMember, TestOutcome, TestRun, TestRuns};

/// A test function.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TestReport {
    /// The variant.
    pub variant: String,
    /// Import path of its package.
    pub package: String,
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: TestKind,
    /// What became of it.
    pub result: TestResult,
    /// Iterations that counted.
    pub iterations: u64,
    /// What they did: one operation each, or `b.N`.
    pub operations: u64,
    /// How long the last one took.
    pub took: Nanoseconds,
    /// Bytes that stay after each iteration, or operation of a benchmark.
    pub bytes_per_op: f64,
    /// Goroutines that stay.
    pub goroutines_per_op: f64,
    /// It is parallel: judged in a group with the others that are.
    pub parallel: bool,
    /// What the plain binary measured, of a benchmark and those in it: a line for each time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub measured: Vec<Measured>,
    /// What it said when it failed, as `go test` prints it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub output: String,
}

/// A line of benchmark results.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Measured {
    /// Name as package testing prints it: `BenchmarkSizes/10-2`.
    pub name: String,
    /// Operations.
    pub operations: u64,
    /// Value and unit: `331 B/op`.
    pub values: Vec<(f64, String)>,
}

/// What became of a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TestResult {
    /// It failed, or ended the process.
    Fail,
    /// Something outlives it.
    Leak,
    /// It passes once, and fails when it is run again in the same process.
    Again,
    /// Skipped.
    Skip,
    /// Nothing outlives it.
    Pass,
}

impl TestResult {
    /// As a table shows it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Fail => "FAIL",
            Self::Leak => "LEAK",
            Self::Again => "NOT AGAIN",
            Self::Skip => "SKIP",
            Self::Pass => "PASS",
        }
    }
}

/// What a survey tells, and what the tests wrote.
#[derive(Debug)]
pub struct SurveyInput<'a> {
    /// The variant.
    pub variant: &'a str,
    /// Import path of the package.
    pub package: &'a str,
    /// Its tests.
    pub tests: &'a TestRuns,
    /// Standard output of the plain run, and whether that went well.
    pub plain: (&'a str, bool),
    /// Standard output of the survey.
    pub output: &'a str,
    /// There is no further one, without the test that ended this.
    pub is_last: bool,
}

/// A row for each test function, in the order they ran.
#[must_use]
pub fn rows(surveys: &[SurveyInput<'_>], groups: &[FindingGroup]) -> Vec<TestReport> {
    surveys.iter().flat_map(|survey| survey.rows(groups)).collect()
}

impl SurveyInput<'_> {
    fn rows(&self, groups: &[FindingGroup]) -> Vec<TestReport> {
        let grown = grown(self.variant, groups);
        let mut rows = Vec::new();
        for unit in
            self.tests.units.iter().filter(|unit| self.is_last && unit.outcome != TestOutcome::Deferred)
        {
            let whole = |name: &str| TestMember { name: name.into(), outcome: unit.outcome, took: unit.took };
            if unit.kind != TestKind::Group {
                rows.push(self.row(unit, &whole(&unit.name), &grown));
                continue;
            }
            rows.extend(unit.members.iter().map(|one| self.row(unit, one, &grown)));
            rows.extend(grown.contains_key(PARALLEL).then(|| self.row(unit, &whole(PARALLEL), &grown)));
        }
        rows.extend(self.tests.unfinished.as_deref().map(|name| self.unfinished(name)));
        rows
    }

    fn row(&self, unit: &TestRun, member: &TestMember, grown: &BTreeMap<&str, (f64, f64)>) -> TestReport {
        let TestMember { name, outcome, took } = member;
        let name = &**name;
        let (bytes_per_op, goroutines_per_op) = grown.get(name).copied().unwrap_or_default();
        let failed_once = failure(self.plain.0, name);
        let result = match *outcome {
            TestOutcome::Fail if failed_once.is_none() && self.plain.1 => TestResult::Again,
            TestOutcome::Fail => TestResult::Fail,
            TestOutcome::Skip => TestResult::Skip,
            _ if grown.contains_key(name) => TestResult::Leak,
            _ => TestResult::Pass,
        };
        let failed = matches!(result, TestResult::Fail | TestResult::Again);
        let output = failed_once.or_else(|| failure(self.output, name)).filter(|_| failed);
        TestReport {
            variant: self.variant.to_owned(),
            package: self.package.to_owned(),
            name: name.to_owned(),
            kind: if unit.kind == TestKind::Group { TestKind::Test } else { unit.kind },
            result,
            iterations: unit.iterations,
            operations: unit.operations,
            took: *took,
            bytes_per_op,
            goroutines_per_op,
            parallel: unit.kind == TestKind::Group,
            measured: measured(self.plain.0, name),
            output: output.unwrap_or_default(),
        }
    }

    /// The test during which the process ended.
    fn unfinished(&self, name: &str) -> TestReport {
        TestReport {
            variant: self.variant.to_owned(),
            package: self.package.to_owned(),
            name: name.to_owned(),
            kind: TestKind::Test,
            result: if self.plain.1 { TestResult::Again } else { TestResult::Fail },
            iterations: 0,
            operations: 0,
            took: Nanoseconds::default(),
            bytes_per_op: 0.0,
            goroutines_per_op: 0.0,
            parallel: name == PARALLEL,
            measured: Vec::new(),
            output: failure(self.plain.0, name).or_else(|| failure(self.output, name)).unwrap_or_default(),
        }
    }
}

/// Bytes and goroutines that stay after each operation, by test.
fn grown<'a>(variant: &str, groups: &'a [FindingGroup]) -> BTreeMap<&'a str, (f64, f64)> {
    let mut grown: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
    for group in groups {
        let Some(test) = group.finding.test.as_deref() else { continue };
        for one in group.by_variant.iter().filter(|one| one.variant == variant) {
            let (bytes, goroutines) = grown.entry(test).or_default();
            match group.finding.kind {
                LeakKind::Goroutine => *goroutines += one.growth.objects_per_op,
                kind if kind.is_bytes() => *bytes += one.growth.bytes_per_op,
                _ => {}
            }
        }
    }
    grown
}

/// The results of a benchmark, and of those in it. What is no line of results is none.
fn measured(output: &str, benchmark: &str) -> Vec<Measured> {
    let result = |line: &str| {
        let mut words = line.split_whitespace();
        let name = words.next().filter(|name| is_within(name, benchmark))?;
        let operations = words.next()?.parse().ok()?;
        let mut values = Vec::new();
        while let (Some(value), Some(unit)) = (words.next(), words.next()) {
            values.push((value.parse().ok()?, unit.to_owned()));
        }
        Some(Measured { name: name.to_owned(), operations, values })
    };
    output.lines().filter_map(result).collect()
}

/// `BenchmarkX`, `BenchmarkX-8`, `BenchmarkX/y-8` are of `BenchmarkX`.
fn is_within(name: &str, benchmark: &str) -> bool {
    name.strip_prefix(benchmark).is_some_and(|rest| {
        rest.is_empty()
            || rest.starts_with('/')
            || rest.strip_prefix('-').is_some_and(|n| n.parse::<u32>().is_ok())
    })
}

/// What a test said when it failed: its line and the lines under it, which are indented.
#[must_use]
pub fn failure(output: &str, test: &str) -> Option<String> {
    let head = format!("--- FAIL: {test} (");
    let mut lines = output.lines().skip_while(|line| !line.starts_with(&head));
    let first = lines.next()?;
    let under = lines.take_while(|line| line.starts_with("    ") || line.starts_with('\t'));
    Some(std::iter::once(first).chain(under).collect::<Vec<_>>().join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_of_a_benchmark_are_read_with_those_in_it_and_nothing_else() {
        let output = "goos: linux\nBenchmarkA-2 \t 100\t 166.8 ns/op\t 331 B/op\nBenchmarkA/x-2 7 1 ns/op\nBenchmarkAB-2 100 1 ns/op\nBenchmarkA-2 broken\n";
        let told = measured(output, "BenchmarkA");
        assert_eq!(told.iter().map(|one| &*one.name).collect::<Vec<_>>(), ["BenchmarkA-2", "BenchmarkA/x-2"]);
        assert_eq!(told[0].operations, 100);
        assert_eq!(told[0].values, [(166.8, "ns/op".to_owned()), (331.0, "B/op".to_owned())]);
    }

    #[test]
    fn a_failure_is_the_tests_own_lines() {
        let output = "noise\n--- FAIL: TestAB (0.00s)\n    a_test.go:3: no\n--- FAIL: TestA (0.01s)\n    --- FAIL: TestA/x (0.00s)\n        a_test.go:9: boom\n        more\nFAIL\n";
        let told = failure(output, "TestA").expect("it failed");
        assert!(told.starts_with("--- FAIL: TestA (0.01s)\n    --- FAIL: TestA/x"), "{told}");
        assert!(told.ends_with("        more"), "{told}");
        assert_eq!(failure(output, "TestB"), None);
    }
}
