//! OpenMetrics text (the standard of that name, version 1.0).
//!
//! Two texts, since who takes pushed or collected metrics refuses times, and who fills in history needs them: figures as
//! they are now, and the cycles of all runs at their time. The Pushgateway and the node exporter's textfile collector read the
//! older Prometheus text only: the figures are gauges, which are the same in both.

use std::fmt::{Display, Write};

use super::{RunCycles, harmless};
use crate::model::{Bytes, Cell, CycleRow, OUTCOMES, RunId};
use crate::report::{Report, ReportedFinding, RunReport};

/// Labels by name.
type Labels<'a> = Vec<(&'a str, String)>;

/// Metric families, all of them gauges: of each its name, what it is, then its points.
#[derive(Default)]
struct Text(String);

impl Text {
    fn family(&mut self, name: &str, help: &str) {
        let _ = writeln!(self.0, "# TYPE {name} gauge");
        for unit in ["bytes", "seconds"] {
            if name.ends_with(&format!("_{unit}")) {
                let _ = writeln!(self.0, "# UNIT {name} {unit}");
            }
        }
        let _ = writeln!(self.0, "# HELP {name} {}", escaped(help));
    }

    fn point(&mut self, name: &str, labels: &Labels<'_>, value: impl Display) {
        let labels: Vec<String> =
            labels.iter().map(|(key, value)| format!("{key}=\"{}\"", escaped(value))).collect();
        let _ = writeln!(self.0, "{name}{{{}}} {value}", labels.join(","));
    }

    /// A gauge, unless there are no points.
    fn gauge<'a, V: Display>(
        &mut self,
        (name, help): (&str, &str),
        points: impl IntoIterator<Item = (Labels<'a>, V)>,
    ) {
        let mut points = points.into_iter().peekable();
        if points.peek().is_some() {
            self.family(name, help);
        }
        points.for_each(|(labels, value)| self.point(name, &labels, value));
    }

    fn finish(mut self) -> String {
        self.0.push_str("# EOF\n");
        self.0
    }
}

fn escaped(text: &str) -> String {
    harmless(text).replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

fn seconds(nanoseconds: i64) -> f64 {
    nanoseconds as f64 / 1e9
}

fn kebab(value: impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

/// Verdict, findings, figures, runs, and where the heap was at the end: without times.
#[must_use]
pub fn openmetrics(report: &Report, runs: &[RunCycles]) -> String {
    let mut text = Text::default();
    capture(&mut text, report);
    findings(&mut text, report);
    figures(&mut text, report);
    of_runs(&mut text, report);
    heaps(&mut text, report, runs);
    text.finish()
}

fn capture(text: &mut Text, report: &Report) {
    let scenario = || ("scenario", report.scenario.clone());
    let conditions = &report.conditions;
    let labels = vec![
        scenario(),
        ("harness", report.harness.clone()),
        ("go", conditions.go.clone()),
        ("goos", conditions.goos.clone()),
        ("goarch", conditions.goarch.clone()),
        ("inputs_digest", report.inputs_digest.clone().unwrap_or_default()),
    ];
    text.gauge(("harness_capture_info", "What was judged."), [(labels, 1)]);
    let outcomes = OUTCOMES.iter().map(|(outcome, ..)| {
        let labels = vec![scenario(), ("outcome", kebab(outcome))];
        (labels, u8::from(report.verdict.outcome == *outcome))
    });
    text.gauge(("harness_verdict", "1 for what it came to, 0 for the rest."), outcomes);
    let exit_code = [(vec![scenario()], report.verdict.exit_code)];
    text.gauge(("harness_exit_code", "Exit code of harness run."), exit_code);
}

fn findings(text: &mut Text, report: &Report) {
    let scenario = || ("scenario", report.scenario.clone());
    let counts = report
        .variants
        .iter()
        .map(|variant| (vec![scenario(), ("variant", variant.name.clone())], variant.n_findings));
    text.gauge(("harness_leaks", "Leaks found in a variant."), counts);
    let labels = |finding: &ReportedFinding, variant: &str| -> Labels<'_> {
        let found = &finding.group.finding;
        vec![
            scenario(),
            ("variant", variant.to_owned()),
            ("kind", found.kind.word().to_owned()),
            ("fingerprint", found.fingerprint.clone()),
            ("function", found.site.function.to_string()),
            ("file", found.file.clone()),
            ("standing", kebab(finding.compared.standing)),
        ]
    };
    let growth = |is_bytes: bool| {
        let wanted = report.findings.iter().filter(move |one| one.group.finding.kind.is_bytes() == is_bytes);
        wanted.flat_map(move |finding| {
            finding.group.by_variant.iter().map(move |one| {
                let growth = &one.growth;
                let value = if is_bytes { growth.bytes_per_op } else { growth.objects_per_op };
                (labels(finding, &one.variant), value)
            })
        })
    };
    let name = "harness_leak_growth_bytes_per_operation";
    text.gauge((name, "Bytes by which a leak grows with an operation."), growth(true));
    let name = "harness_leak_growth_per_operation";
    text.gauge(
        (name, "Goroutines, descriptors or threads by which a leak grows with an operation."),
        growth(false),
    );
}

fn figures(text: &mut Text, report: &Report) {
    let labels = |variant: &str, name: &str, unit: &str| -> Labels<'_> {
        vec![
            ("scenario", report.scenario.clone()),
            ("variant", variant.to_owned()),
            ("figure", name.to_owned()),
            ("figure_unit", unit.to_owned()),
        ]
    };
    let all = || {
        let of = |one: &'_ crate::baseline::MetricComparison| {
            labels(&one.variant, &one.metric.name, &one.metric.unit)
        };
        report.metrics.iter().map(move |one| (of(one), one))
    };
    let measured = all().filter_map(|(labels, one)| Some((labels, one.metric.median()?)));
    text.gauge(("harness_figure", "Median of a figure over the repeats."), measured);
    let accepted = all().filter_map(|(labels, one)| Some((labels, one.accepted?)));
    text.gauge(("harness_figure_accepted", "What the baseline has of it."), accepted);
}

fn run_labels(scenario: &str, run: &RunId) -> Labels<'static> {
    let mut labels = vec![
        ("scenario", scenario.to_owned()),
        ("variant", run.variant.to_string()),
        ("mode", run.mode.word().to_owned()),
        ("repeat", run.repeat.to_string()),
    ];
    labels.extend(run.test.as_deref().map(|test| ("test", test.to_owned())));
    labels
}

/// Name, what it is, and its value of a run.
type RunGauge = (&'static str, &'static str, fn(&RunReport) -> f64);

const RUN_GAUGES: [RunGauge; 4] = [
    ("harness_run_ok", "The run went well.", |run| f64::from(u8::from(run.ok))),
    ("harness_run_wall_seconds", "Wall-clock time of a run.", |run| seconds(run.wall.0)),
    ("harness_run_cpu_seconds", "CPU time of a run.", |run| seconds(run.cpu.0)),
    ("harness_run_peak_rss_bytes", "Peak resident set size of a run.", |run| run.peak_rss.0 as f64),
];

fn of_runs(text: &mut Text, report: &Report) {
    let runs = || report.variants.iter().flat_map(|variant| &variant.runs);
    for (name, help, value) in RUN_GAUGES {
        let points = runs().map(|run| (run_labels(&report.scenario, &run.run), value(run)));
        text.gauge((name, help), points);
    }
}

/// Name, what it is, and its value of a run's cycles.
type HeapGauge = (&'static str, &'static str, fn(&RunCycles) -> Option<u64>);

const HEAP_GAUGES: [HeapGauge; 4] = [
    ("harness_gc_cycles", "GC cycles of a run.", |run| Some(run.rows.len() as u64)),
    ("harness_heap_live_bytes", "Heap marked live by the last cycle of a run.", |run| {
        last(run, |row| row.heap_live)
    }),
    ("harness_heap_goal_bytes", "Goal of the last cycle of a run.", |run| last(run, |row| row.goal)),
    ("harness_heap_peak_bytes", "Largest heap of a run at a cycle.", |run| Some(run.peak_heap()?.0)),
];

fn last(run: &RunCycles, of: fn(&CycleRow) -> Option<Cell<Bytes>>) -> Option<u64> {
    run.rows.iter().rev().find_map(of).map(|cell| cell.value.0)
}

fn heaps(text: &mut Text, report: &Report, runs: &[RunCycles]) {
    let seen = || runs.iter().filter(|run| !run.rows.is_empty());
    for (name, help, value) in HEAP_GAUGES {
        let points = seen().filter_map(|run| Some((run_labels(&report.scenario, &run.run), value(run)?)));
        text.gauge((name, help), points);
    }
}

/// Name, what it is, and its value of a cycle.
type CycleGauge = (&'static str, &'static str, fn(&CycleRow) -> Option<f64>);

const CYCLE_GAUGES: [CycleGauge; 8] = [
    ("harness_cycle", "Number of the GC cycle.", |row| Some(row.cycle.0 as f64)),
    ("harness_cycle_heap_start_bytes", "Heap at the begin of a cycle.", |row| size(row.heap_start)),
    ("harness_cycle_heap_live_bytes", "Heap marked live by a cycle.", |row| size(row.heap_live)),
    ("harness_cycle_goal_bytes", "Heap goal of a cycle.", |row| size(row.goal)),
    ("harness_cycle_inuse_space_bytes", "Bytes in use by the memory profile.", |row| size(row.inuse_space)),
    ("harness_cycle_stw_seconds", "Time that a cycle stopped the world.", |row| {
        Some(seconds(row.stw?.value.0))
    }),
    ("harness_cycle_mark_seconds", "Time that a cycle marked.", |row| Some(seconds(row.mark?.value.0))),
    ("harness_cycle_goroutines", "Goroutines at the end of a cycle.", |row| {
        Some(row.goroutines?.value as f64)
    }),
];

fn size(cell: Option<Cell<Bytes>>) -> Option<f64> {
    cell.map(|cell| cell.value.0 as f64)
}

/// The cycles of all runs, each at its time; those without one are left out.
#[must_use]
pub fn cycles_openmetrics(scenario: &str, runs: &[RunCycles]) -> String {
    let mut text = Text::default();
    for (name, help, value) in CYCLE_GAUGES {
        let points = runs.iter().flat_map(|run| {
            // Times have to rise from point to point.
            let mut before = i64::MIN;
            run.rows.iter().filter_map(move |row| {
                let at = run.wall(row.begin?.value)?.0;
                let value = value(row).filter(|_| at > before)?;
                before = at;
                let stamp = format!("{}.{:09}", at.div_euclid(1_000_000_000), at.rem_euclid(1_000_000_000));
                Some((run_labels(scenario, &run.run), format!("{value} {stamp}")))
            })
        });
        text.gauge((name, help), points);
    }
    text.finish()
}
