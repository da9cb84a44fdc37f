//! The report in words and tables for the page: the same words that a terminal shows, taken apart.

use serde::Serialize;

use super::builds::BuildsView;
use super::debug::DebugView;

use crate::model::heap::PathStep;
use crate::model::{
    Alignment, Evidence, Frame, LeakKind, ModuleTable, Owner, Retained, RunId, is_inside_of_map,
};
use crate::report::terminal::{
    coverage, cycles, findings, minimised, notes, replay, retained, tests_table, text, variants,
};
use crate::report::{Look, Report, ReportedFinding, RunAlignment, VariantCoverage, VariantReport};

/// Everything is to be told: the page folds what is long.
const LOOK: Look = Look { width: 200, color: false, verbose: true };

/// Bytes that the evidence of all findings takes, at most.
const EVIDENCE: usize = 1 << 20;

/// The report for the page.
#[derive(Debug, Serialize)]
pub(super) struct View {
    harness: String,
    scenario: String,
    description: String,
    outcome: &'static str,
    passed: bool,
    headline: String,
    reasons: Vec<String>,
    /// Where the capture lies; empty for files of somebody's.
    capture: String,
    /// Names and values.
    facts: Vec<(&'static str, String)>,
    variants: Vec<String>,
    pub(super) findings: Vec<FindingView>,
    tables: Vec<TableView>,
    lists: Vec<ListView>,
    texts: Vec<ListView>,
    /// What was asked of the builds.
    builds: Option<BuildsView>,
    /// The repeat under the debugger.
    debug: Option<DebugView>,
}

#[derive(Debug, Serialize)]
pub(super) struct FindingView {
    fingerprint: String,
    kind: &'static str,
    /// Its growth is one of bytes.
    bytes: bool,
    site: String,
    function: String,
    place: String,
    growth: String,
    since: Option<u64>,
    standing: String,
    /// Somebody has to look at it.
    pending: bool,
    sentence: String,
    confidence: &'static str,
    missing: Vec<String>,
    variants: Vec<String>,
    pub(super) notes: Vec<String>,
    pub(super) evidence: Vec<EvidenceView>,
}

#[derive(Debug, Default, Serialize)]
pub(super) struct EvidenceView {
    title: String,
    unit: String,
    values: Vec<i64>,
    frames: Vec<FrameView>,
    path: Option<PathView>,
}

#[derive(Debug, Serialize)]
struct FrameView {
    text: String,
    /// Code of the user's module or of a library of theirs.
    own: bool,
}

/// Who holds what grows, from the root.
#[derive(Debug, Serialize)]
struct PathView {
    root: String,
    /// Bytes that the root, or the container that all of it is in, keeps.
    retains: Option<u64>,
    steps: Vec<StepView>,
    held: (u64, u64),
    notes: Vec<String>,
    others: Vec<(String, u64)>,
}

#[derive(Debug, Serialize)]
struct StepView {
    text: String,
    count: u64,
    bytes: u64,
}

#[derive(Debug, Serialize)]
struct TableView {
    title: String,
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

/// Lines, or a text of several.
#[derive(Debug, Serialize)]
struct ListView {
    title: String,
    lines: Vec<String>,
}

impl View {
    pub(super) fn of(report: &Report) -> Self {
        let modules =
            report.variants.iter().find_map(|variant| Some(variant.build.as_ref()?.modules.clone()));
        let modules = modules.unwrap_or_default();
        Self {
            harness: report.harness.clone(),
            scenario: report.scenario.clone(),
            description: report.description.clone(),
            outcome: report.verdict.outcome.word(),
            passed: report.verdict.outcome == crate::model::Outcome::Pass,
            headline: report.verdict.headline.clone(),
            reasons: report.verdict.reasons.iter().map(|reason| reason.text.clone()).collect(),
            capture: if report.inputs.is_empty() { report.capture.to_string() } else { String::new() },
            facts: facts(report),
            variants: report.variants.iter().map(|variant| variant.name.clone()).collect(),
            findings: findings_of(report, &modules),
            tables: tables(report),
            lists: lists(report),
            texts: texts(report),
            builds: super::builds::view(report),
            debug: super::debug::view(report),
        }
    }
}

/// All findings, the first with what shows them, as long as there is room for it.
fn findings_of(report: &Report, modules: &ModuleTable) -> Vec<FindingView> {
    let mut room = EVIDENCE;
    let mut views = Vec::new();
    for reported in &report.findings {
        let mut view = FindingView::of(reported, report, modules);
        let taken = serde_json::to_string(&view.evidence).map_or(0, |json| json.len());
        if let Some(left) = room.checked_sub(taken) {
            room = left;
        } else {
            room = 0;
            view.evidence.clear();
            view.notes.push(format!(
                "the page has no room for the evidence of so many findings: harness analyze {} --format json has it",
                report.capture
            ));
        }
        views.push(view);
    }
    views
}

fn facts(report: &Report) -> Vec<(&'static str, String)> {
    let conditions = &report.conditions;
    let capture = &report.capture;
    let mut facts = vec![
        ("Go", conditions.go.clone()),
        ("target", format!("{}/{}", conditions.goos, conditions.goarch)),
        (
            "machine",
            format!("{} processors, {}", conditions.cpus, conditions.cpu.as_deref().unwrap_or("unknown")),
        ),
        ("baseline", if report.has_baseline { "compared with it" } else { "none" }.to_owned()),
        ("capture", capture.to_string()),
        ("again", format!("harness analyze {capture}")),
    ];
    facts.extend(report.inputs_digest.clone().map(|digest| ("digest of inputs", digest)));
    facts.extend(minimised(report).map(|words| ("fewest operations", words)));
    facts.extend(report.replay.iter().map(|replayed| ("replayed", replay::summary(replayed))));
    if !report.inputs.is_empty() {
        facts.retain(|(name, _)| !["capture", "again", "baseline", "machine"].contains(name));
    }
    facts.retain(|(_, value)| !value.is_empty() && value != "/");
    facts
}

impl FindingView {
    fn of(reported: &ReportedFinding, report: &Report, modules: &ModuleTable) -> Self {
        let finding = &reported.group.finding;
        let place = if finding.file.is_empty() {
            String::new()
        } else {
            format!("{}:{}", finding.file, finding.site.line)
        };
        let mut notes = String::new();
        findings::by_variant(&mut notes, reported);
        findings::reproduced(&mut notes, reported, report);
        findings::decided(&mut notes, reported);
        Self {
            fingerprint: finding.fingerprint.clone(),
            kind: finding.kind.word(),
            bytes: finding.kind.is_bytes(),
            site: text::short(&finding.site.function).to_owned(),
            function: finding.site.function.to_string(),
            place,
            growth: growth(finding.kind, findings::growth(finding)),
            since: finding.since_cycle.map(|cycle| cycle.0),
            standing: findings::standing(reported, report.has_baseline),
            pending: reported.is_pending(),
            sentence: finding.sentence.clone(),
            confidence: finding.confidence.word(),
            missing: finding.missing.iter().map(|one| format!("{}: {}", one.source, one.why)).collect(),
            variants: reported.group.variants.clone(),
            notes: notes.lines().map(|line| line.trim().to_owned()).collect(),
            evidence: finding.evidence.iter().map(|one| EvidenceView::of(one, modules)).collect(),
        }
    }
}

/// Two figures are told apart by more than blanks.
fn growth(kind: LeakKind, words: String) -> String {
    if kind == LeakKind::Heap { words.replace("  ", ", ") } else { words }
}

impl EvidenceView {
    fn of(evidence: &Evidence, modules: &ModuleTable) -> Self {
        let whole =
            |values: &[u64]| values.iter().map(|value| i64::try_from(*value).unwrap_or(i64::MAX)).collect();
        let (unit, values, stack): (&str, Vec<i64>, &[Frame]) = match evidence {
            Evidence::Allocation { stack, inuse_space, .. } => ("B", whole(inuse_space), stack),
            Evidence::Goroutines { created_by, alive, .. } => ("goroutines", whole(alive), created_by),
            Evidence::Figures { unit, values, stack, .. } => (unit, values.clone(), stack),
            Evidence::Calls { stack, calls } => ("calls", whole(calls), stack),
            Evidence::Blocked { stack, .. } | Evidence::Lost { stack, .. } => ("", Vec::new(), stack),
            Evidence::Retained(_) | Evidence::Ages(_) | Evidence::Note { .. } => ("", Vec::new(), &[]),
        };
        let frame = |frame: &Frame| FrameView {
            text: text::frame(frame),
            own: matches!(modules.owner(&frame.function), Owner::MainModule | Owner::Dependency),
        };
        let path = match evidence {
            Evidence::Retained(retained) => Some(PathView::of(retained)),
            _ => None,
        };
        Self {
            title: findings::title(evidence),
            unit: unit.to_owned(),
            values,
            frames: stack.iter().map(frame).collect(),
            path,
        }
    }
}

impl PathView {
    fn of(of: &Retained) -> Self {
        let told = |step: &&PathStep| !step.type_name.as_deref().is_some_and(is_inside_of_map);
        let steps = of.path.steps.iter().filter(told).map(|step| StepView {
            text: retained::step(step),
            count: step.count,
            bytes: step.object_size.0.saturating_mul(step.count.max(1)),
        });
        let freed = of.retained.map(|count| retained::freed(count, of.looks_like));
        Self {
            root: retained::root(&of.path.root),
            retains: of.retained.map(|count| count.bytes.0),
            steps: steps.collect(),
            held: (of.held.bytes.0, of.held.objects.0),
            notes: freed.into_iter().chain(of.growth.map(retained::growth)).collect(),
            others: of.others.iter().map(|other| (other.name.clone(), other.held.bytes.0)).collect(),
        }
    }
}

fn tables(report: &Report) -> Vec<TableView> {
    let header = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    let mut tables = Vec::new();
    if report.inputs.is_empty() {
        let rows = report.variants.iter().map(variants::row).collect();
        tables.push(TableView {
            title: "Variants compared".to_owned(),
            header: header(&variants::HEADER),
            rows,
        });
    } else {
        let row = |input: &crate::report::ReportedInput| {
            vec![input.file.clone(), input.kind.clone(), input.contents.clone()]
        };
        let rows = report.inputs.iter().map(row).collect();
        tables.push(TableView { title: "Files".to_owned(), header: header(&["file", "is", "has"]), rows });
    }
    tables.extend(growth_by_variant(report));
    tables.extend(tests(report));
    tables.extend(report.coverage.iter().filter_map(coverage));
    let rows: Vec<Vec<String>> = report.variants.iter().filter_map(build).collect();
    if !rows.is_empty() {
        let words = [
            "variant", "Go", "target", "settings", "size", "probed", "symbols", "linked", "built in", "hash",
        ];
        tables.push(TableView { title: "Build facts".to_owned(), header: header(&words), rows });
    }
    tables
}

/// What each leak comes to in each variant; nothing to compare with a single one.
fn growth_by_variant(report: &Report) -> Option<TableView> {
    if report.variants.len() < 2 || report.findings.is_empty() {
        return None;
    }
    let mut header = vec!["leak".to_owned()];
    header.extend(report.variants.iter().map(|variant| variant.name.clone()));
    let row = |one: &ReportedFinding| {
        let finding = &one.group.finding;
        let mut row = vec![format!("{} {}", finding.kind.word(), text::short(&finding.site.function))];
        for variant in &report.variants {
            let of = one.group.by_variant.iter().find(|of| of.variant == variant.name);
            row.push(of.map_or_else(
                || "-".to_owned(),
                |of| findings::per_op(finding.kind, of.growth.bytes_per_op, of.growth.objects_per_op),
            ));
        }
        row
    };
    let rows = report.findings.iter().map(row).collect();
    Some(TableView { title: "Leaks by variant".to_owned(), header, rows })
}

fn tests(report: &Report) -> Option<TableView> {
    let first = report.tests.first()?;
    let packages = report.tests.iter().any(|test| test.package != first.package);
    let variants = report.tests.iter().any(|test| test.variant != first.variant);
    let rows =
        report.tests.iter().map(|test| tests_table::row(test, packages, variants && !packages)).collect();
    Some(TableView { title: "Tests".to_owned(), header: tests_table::header(report), rows })
}

/// How much of each package ran.
fn coverage(of: &VariantCoverage) -> Option<TableView> {
    let facts = of.facts.as_ref()?;
    let header = ["package", "statements that ran", "functions called"].map(str::to_owned).to_vec();
    let rows = facts.packages.iter().map(|package| {
        let called = format!("{} of {}", package.functions.ran, package.functions.of);
        vec![package.package.to_string(), coverage::percent(package.statements), called]
    });
    Some(TableView { title: format!("Coverage of {}", of.variant), header, rows: rows.collect() })
}

/// Code that allocates and did not run: what the scenario cannot have tried.
fn gaps(report: &Report) -> Vec<String> {
    let mut lines = Vec::new();
    for of in &report.coverage {
        let Some(facts) = &of.facts else {
            lines.extend(of.not_run.iter().map(|why| format!("{}: {why}", of.variant)));
            continue;
        };
        lines.extend(facts.no_untried.clone());
        lines.extend(facts.untried.iter().map(coverage::line));
    }
    lines.dedup();
    lines
}

fn build(variant: &VariantReport) -> Option<Vec<String>> {
    let build = variant.build.as_ref()?;
    let settings = build.plain.settings.iter().filter(|(name, _)| {
        name.starts_with('-') && !["-buildmode", "-compiler"].contains(&name.as_str())
            || *name == "CGO_ENABLED"
    });
    let settings: Vec<String> = settings.map(|(name, value)| format!("{name}={value}")).collect();
    let symbols = match (build.plain.symbols, build.plain.dwarf) {
        (true, true) => "symbols, DWARF",
        (true, false) => "symbols",
        (false, true) => "DWARF",
        (false, false) => "stripped",
    };
    let linked = if build.plain.static_link { "statically" } else { "dynamically" };
    let hash: String = build.plain.hash.chars().take(12).collect();
    let ms = build.build_ms.0.saturating_add(build.build_ms.1);
    Some(vec![
        variant.name.clone(),
        build.go.version.clone(),
        build.target(),
        settings.join(" "),
        text::bytes(build.plain.size),
        text::bytes(build.probed.size),
        symbols.to_owned(),
        linked.to_owned(),
        format!("{:.1} s", ms as f64 / 1000.0),
        hash,
    ])
}

fn lists(report: &Report) -> Vec<ListView> {
    let mut baseline = report.idle_thresholds.clone();
    baseline.extend(report.not_comparable.clone());
    if report.has_baseline {
        baseline.extend(notes::figures(report, &LOOK));
        baseline.extend(notes::too_few(report));
    }
    let fixed = report.fixed.iter().map(|fixed| {
        format!(
            "{} leak at {} {}: accepted before, not found now",
            fixed.kind.word(),
            fixed.site,
            fixed.place
        )
    });
    let mut problems: Vec<String> = report.problems.iter().map(ToString::to_string).collect();
    if report.unlisted_problems > 0 {
        problems.push(format!("{} more", report.unlisted_problems));
    }
    let inconclusive = report.variants.iter().flat_map(|variant| {
        variant
            .inconclusive
            .iter()
            .map(move |why| format!("no finding would not mean no leak: {why} [{}]", variant.name))
    });
    let doubts = inconclusive.chain(notes::doubts(report)).collect();
    let lists = [
        ("Fixed", fixed.collect()),
        ("Confidence, and what was missing", doubts),
        ("How gctrace and execution trace were joined", joined(report)),
        ("Coverage gaps: code that allocates and was not tried", gaps(report)),
        ("What the collector shows", notes::observations(report)),
        ("Against the baseline", baseline),
        ("Suppressions that nothing needed", report.unused_suppressions.clone()),
        ("What could not be read", problems),
        ("What the observed build changes", notes::differences(report)),
    ];
    let list = |(title, lines): (&str, Vec<String>)| ListView { title: title.to_owned(), lines };
    lists.into_iter().filter(|(_, lines)| !lines.is_empty()).map(list).collect()
}

fn joined(report: &Report) -> Vec<String> {
    let is_joined = |of: &&RunAlignment| of.alignment != Alignment::NotNeeded;
    let line = |of: &RunAlignment| {
        let RunId { variant, mode, repeat, test } = &of.run;
        let test = test.as_ref().map_or_else(String::new, |test| format!(" of {test}"));
        format!("{variant}, {} run {repeat}{test}: {}", mode.word(), cycles::alignment(of))
    };
    report.alignments.iter().filter(is_joined).map(line).collect()
}

/// What failed builds and runs said.
fn texts(report: &Report) -> Vec<ListView> {
    let mut texts = Vec::new();
    for variant in &report.variants {
        if let Some(failure) = &variant.failure {
            let mut lines: Vec<String> = failure.output.lines().map(str::to_owned).collect();
            lines.extend(failure.hint.iter().map(|hint| format!("hint: {hint}")));
            texts.push(ListView { title: format!("Build of {} failed", variant.name), lines });
        }
        for run in variant.runs.iter().filter(|run| !run.ok) {
            let title = format!("{}, {} run {} failed", variant.name, run.run.mode.word(), run.run.repeat);
            texts.push(ListView { title, lines: run.end.lines().map(str::to_owned).collect() });
        }
    }
    texts
}
