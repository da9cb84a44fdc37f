//! Runs as Go's benchmark text, which `benchstat -col /variant` reads. Pure.
//!
//! The format is that of golang.org/x/perf/benchfmt: configuration lines, `Unit` lines, and a line a run. A name ends in the
//! number of processors, always: what would end in `-386` would else lose its end.

use std::fmt::Write;

use crate::model::lab::runs::{FIGURES, RunsAnswer};

/// The text; `package` is the program's import path.
#[must_use]
pub fn benchstat(scenario: &str, package: &str, cpus: u32, answer: &RunsAnswer) -> String {
    let mut out = format!("pkg: {package}\n{Header}");
    for facts in &answer.variants {
        let name = benchmark_name(scenario, &[("variant", &facts.variant)], cpus);
        for run in 0..facts.of.n {
            let values = FIGURES.iter().filter_map(|row| {
                let value = facts.of.sample(row.figure)?.values.get(run)?;
                Some(format!(" {value} {}", row.bench))
            });
            let _ = writeln!(out, "{name} 1{}", values.collect::<String>());
        }
    }
    out
}

/// What stands before runs: of each figure which side is the better one.
pub(in crate::report) struct Header;

impl std::fmt::Display for Header {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        FIGURES.iter().try_for_each(|row| writeln!(f, "Unit {} better=lower", row.bench))
    }
}

/// `BenchmarkLeakRepro/variant=default-8`
pub(in crate::report) fn benchmark_name(scenario: &str, keys: &[(&str, &str)], cpus: u32) -> String {
    let keys: String = keys.iter().map(|(key, value)| format!("/{key}={value}")).collect();
    format!("Benchmark{}{keys}-{}", camel(scenario), cpus.max(1))
}

/// `leak-repro` as `LeakRepro`: a benchmark's name begins with a capital and has no blanks.
fn camel(name: &str) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words
        .map(|word| {
            let mut chars = word.chars();
            chars.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(chars).collect::<String>()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::lab::runs::{Figure, RunsFacts, Sample, Unit};
    use crate::model::lab::{Answer, OfVariant};

    #[test]
    fn a_run_is_a_line_with_all_of_its_figures() {
        let sample = |figure: Figure, values: &[f64]| Sample {
            figure,
            unit: Unit::Count,
            median: 0.0,
            interval: None,
            values: values.to_vec(),
        };
        let figures = vec![sample(Figure::Wall, &[1234.0, 1250.0]), sample(Figure::GcCount, &[3.0, 4.0])];
        let of = RunsFacts { emulator: None, n: 2, failed: 0, figures };
        let answer = Answer {
            headline: String::new(),
            variants: vec![OfVariant { variant: "linux-386".to_owned(), of }],
            differences: Vec::new(),
            expected: Vec::new(),
            not_run: Vec::new(),
        };
        let text = benchstat("leak-repro", "example.com/m", 2, &answer);
        assert!(text.starts_with("pkg: example.com/m\nUnit ns/op better=lower\n"), "{text}");
        let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("Benchmark")).collect();
        assert_eq!(
            lines,
            [
                "BenchmarkLeakRepro/variant=linux-386-2 1 1234 ns/op 3 gc/op",
                "BenchmarkLeakRepro/variant=linux-386-2 1 1250 ns/op 4 gc/op",
            ]
        );
    }
}
