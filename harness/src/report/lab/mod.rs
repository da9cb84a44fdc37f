//! What the build lab came to, as a document, for a terminal, and as JSON: one file a topic.
//!
//! Input: what each variant was built into, and the answers of `lab`. Output: text. Pure.

mod benchstat;
mod code;
mod cross;
mod debug;
mod linkage;
mod modules;
mod reproducible;
mod runs;
mod size;
mod tags;
mod time;

use std::fmt::Write;

use comfy_table::CellAlignment;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Look;
use super::terminal::{grid::Grid, text};
use crate::model::lab::debug::DebugAnswer;
use crate::model::lab::linkage::LinkageAnswer;
use crate::model::lab::reproducible::ReproducibleAnswer;
use crate::model::lab::{
    Answer, Expected, NotRun, Topic, code::CodeAnswer, cross::CrossAnswer, modules::ModulesAnswer,
    runs::RunsAnswer, size::SizeAnswer, tags::TagsAnswer, time::TimeAnswer,
};
use crate::model::{Nanoseconds, Outcome};
use crate::toolchain::{BuildFacts, BuildFailure};

pub use benchstat::benchstat;
pub(in crate::report) use benchstat::{Header, benchmark_name};

/// Version of the document.
const LAB_FORMAT: u32 = 1;

/// The document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LabReport {
    /// Version of this form.
    pub format: u32,
    /// Version of the harness.
    pub harness: String,
    /// The scenario.
    pub scenario: String,
    /// The outcome.
    pub outcome: Outcome,
    /// The process's exit code.
    pub exit_code: u8,
    /// One line.
    pub headline: String,
    /// What other variants are compared with.
    pub reference: String,
    /// The builds, in the scenario's order.
    pub builds: Vec<LabBuild>,
    /// The answers, by topic.
    pub answers: Answers,
}

/// One variant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LabBuild {
    /// Its name.
    pub variant: String,
    /// What it was built into.
    pub built: Option<BuildFacts>,
    /// Why it was not.
    pub failure: Option<BuildFailure>,
}

/// Answers, each if it was asked for.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Answers {
    /// Which files each variant takes in, and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<TagsAnswer>,
    /// Where a build's time goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<TimeAnswer>,
    /// What the compiler decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<CodeAnswer>,
    /// What the file is made of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<SizeAnswer>,
    /// What works with more and less debug information.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub debug_info: Option<DebugAnswer>,
    /// What it needs of the machine that it runs on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub linkage: Option<LinkageAnswer>,
    /// Which modules it is made of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub modules: Option<ModulesAnswer>,
    /// Whether it comes out the same again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reproducible: Option<ReproducibleAnswer>,
    /// Whether it does the same on other systems and processors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cross: Option<CrossAnswer>,
    /// What its runs cost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runs: Option<RunsAnswer>,
}

/// What all answers have, whatever they are about.
pub(in crate::report) struct Common<'a> {
    pub(in crate::report) topic: Topic,
    pub(in crate::report) headline: &'a str,
    pub(in crate::report) expected: &'a [Expected],
    pub(in crate::report) not_run: &'a [NotRun],
    /// Tables and details.
    pub(in crate::report) body: String,
}

impl Answers {
    /// All of them, in the order of topics, with their tables.
    pub(in crate::report) fn all(&self, look: &Look) -> Vec<Common<'_>> {
        let time = self.time.as_ref().map(|answer| common(Topic::Time, answer, time::body(answer, look)));
        let code = self.code.as_ref().map(|answer| common(Topic::Code, answer, code::body(answer, look)));
        let size = self.size.as_ref().map(|answer| common(Topic::Size, answer, size::body(answer, look)));
        let debug_info = self
            .debug_info
            .as_ref()
            .map(|answer| common(Topic::DebugInfo, answer, debug::body(answer, look)));
        let linkage =
            self.linkage.as_ref().map(|answer| common(Topic::Linkage, answer, linkage::body(answer, look)));
        let modules =
            self.modules.as_ref().map(|answer| common(Topic::Modules, answer, modules::body(answer, look)));
        let reproducible = self
            .reproducible
            .as_ref()
            .map(|answer| common(Topic::Reproducible, answer, reproducible::body(answer, look)));
        let tags = self.tags.as_ref().map(|answer| common(Topic::Tags, answer, tags::body(answer, look)));
        let cross = self.cross.as_ref().map(|answer| common(Topic::Cross, answer, cross::body(answer, look)));
        let runs = self.runs.as_ref().map(|answer| common(Topic::Runs, answer, runs::body(answer, look)));
        [time, code, size, debug_info, linkage, modules, reproducible, tags, cross, runs]
            .into_iter()
            .flatten()
            .collect()
    }

    /// Compact, as a part of a run's report: answers, and what does not hold or could not be asked.
    pub(in crate::report) fn in_report(&self, scenario: &str, look: &Look) -> String {
        let all = self.all(look);
        let mut out = format!("\n{}\n", look.heading("Builds"));
        for common in &all {
            section(&mut out, common, look, look.verbose);
        }
        let words: Vec<&str> = all.iter().map(|common| common.topic.word()).collect();
        let (words, scenario) = (words.join(","), text::clean(scenario));
        let _ = writeln!(out, "  more: harness build {scenario} --show {words}");
        out
    }

    /// What does not hold, in words.
    #[must_use]
    pub fn broken(&self) -> Vec<String> {
        let broken = self.expected().into_iter().filter(|(_, line)| !line.holds);
        broken.map(|(_, line)| words(&line)).collect()
    }

    fn expected(&self) -> Vec<(Topic, Expected)> {
        let look = Look { width: 100, color: false, verbose: false };
        let all = self.all(&look).into_iter();
        all.flat_map(|common| common.expected.iter().map(move |line| (common.topic, line.clone()))).collect()
    }
}

fn common<F, D>(topic: Topic, answer: &Answer<F, D>, body: String) -> Common<'_> {
    let Answer { headline, expected, not_run, .. } = answer;
    Common { topic, headline, expected, not_run, body }
}

/// Reads what [`LabReport::to_json`] wrote.
///
/// # Errors
/// When it is something else, or of a newer harness; in words.
pub fn read(json: &[u8]) -> Result<LabReport, String> {
    let report: LabReport = serde_json::from_slice(json).map_err(|error| error.to_string())?;
    match report.format {
        LAB_FORMAT => Ok(report),
        other => Err(format!("a document of form {other}; this harness reads form {LAB_FORMAT}")),
    }
}

/// The JSON schema of the document.
#[must_use]
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(LabReport).to_value()
}

impl LabReport {
    /// From builds and answers.
    #[must_use]
    pub fn new(scenario: &str, reference: &str, builds: Vec<LabBuild>, answers: Answers) -> Self {
        let failed: Vec<&str> =
            builds.iter().filter(|build| build.built.is_none()).map(|build| build.variant.as_str()).collect();
        let expected = answers.expected();
        let broken: Vec<&(Topic, Expected)> = expected.iter().filter(|(_, line)| !line.holds).collect();
        let n = builds.len();
        let variants = text::counted(n as u64, "variant");
        let (outcome, headline) = match (failed.as_slice(), broken.as_slice()) {
            ([], []) if expected.is_empty() => (Outcome::Pass, format!("{variants} built")),
            ([], []) => (Outcome::Pass, format!("{variants} built, and all that is expected of them holds")),
            ([], [(_, first), ..]) => {
                let more = if broken.len() > 1 { &format!(" and {} more", broken.len() - 1) } else { "" };
                (Outcome::Leak, format!("{}{more}", words(first)))
            }
            (failed, _) => {
                let of = if failed.len() == n {
                    "none".to_owned()
                } else {
                    format!("{} of {n}", n - failed.len())
                };
                (Outcome::BuildFailed, format!("{of} built; failed: {}", failed.join(", ")))
            }
        };
        Self {
            format: LAB_FORMAT,
            harness: env!("CARGO_PKG_VERSION").to_owned(),
            scenario: scenario.to_owned(),
            outcome,
            exit_code: outcome.exit_code(),
            headline,
            reference: reference.to_owned(),
            builds,
            answers,
        }
    }

    /// For programs, see `harness schema build`.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub fn to_json(&self) -> serde_json::Result<String> {
        crate::report::json::document(self)
    }

    /// For people.
    #[must_use]
    pub fn to_terminal(&self, look: &Look) -> String {
        let word = look.outcome(self.outcome);
        let mut out = String::new();
        let (name, headline) = (text::clean(&self.scenario), text::clean(&self.headline));
        let _ = writeln!(out, "{word} {name}: {headline}\n");
        let _ = writeln!(out, "{}\n", self.overview(look));
        self.failures(&mut out);
        for common in self.answers.all(look) {
            section(&mut out, &common, look, true);
            out.push('\n');
        }
        if look.verbose {
            self.commands(&mut out);
        }
        out
    }

    fn overview(&self, look: &Look) -> String {
        let base = self.builds.iter().find(|build| build.variant == self.reference);
        let base = base.and_then(|build| build.built.as_ref()).map(|facts| facts.plain.size.0);
        let rows: Vec<Vec<String>> =
            self.builds.iter().map(|build| row(build, base, &self.reference)).collect();
        let header =
            ["variant", "size", "against", "debug info", "linked", "PIE", "built in", "Go", "target"];
        Grid { header: &header, rows: &rows, first: CellAlignment::Left }.render(look.width)
    }

    fn failures(&self, out: &mut String) {
        for build in &self.builds {
            let Some(failure) = &build.failure else { continue };
            let _ = writeln!(out, "{}: FAILED", text::clean(&build.variant));
            if !failure.command.is_empty() {
                let _ = writeln!(out, "  {}", text::clean(&failure.command.join(" ")));
            }
            let _ = writeln!(out, "{}", text::clean_lines(failure.output.trim_end()));
            if let Some(hint) = &failure.hint {
                let _ = writeln!(out, "hint: {}", text::clean(hint));
            }
            out.push('\n');
        }
    }

    /// What was run, and what is different when it is observed.
    fn commands(&self, out: &mut String) {
        for build in &self.builds {
            let Some(facts) = &build.built else { continue };
            let _ =
                writeln!(out, "{}: {}", text::clean(&build.variant), text::clean(&facts.command.join(" ")));
            let _ = writeln!(out, "  BLAKE3 {}", facts.plain.hash);
            for words in &facts.differences {
                let _ = writeln!(out, "  when observed: {}", text::clean(words));
            }
            for words in &facts.notes {
                let _ = writeln!(out, "  note: {}", text::clean(words));
            }
        }
    }
}

/// In percent, or in bytes where these would round to nothing.
fn change(base: u64, size: u64) -> String {
    const LEAST: f64 = 0.05;
    let percent = (size as f64 / base as f64 - 1.0) * 100.0;
    match () {
        () if size == base => "=".to_owned(),
        () if percent.abs() < LEAST => format!("{:+} B", i128::from(size) - i128::from(base)),
        () => format!("{percent:+.1} %"),
    }
}

fn row(build: &LabBuild, base: Option<u64>, reference: &str) -> Vec<String> {
    let Some(facts) = &build.built else {
        let mut row = vec![text::clean(&build.variant), "FAILED".to_owned()];
        row.resize(9, "-".to_owned());
        return row;
    };
    let binary = &facts.plain;
    let against = match base {
        Some(base) if build.variant != reference && base > 0 => change(base, binary.size.0),
        _ => "-".to_owned(),
    };
    let debug = match (binary.dwarf, binary.symbols) {
        (true, _) => "DWARF",
        (false, true) => "symbols",
        (false, false) => "none",
    };
    vec![
        text::clean(&build.variant),
        text::bytes(binary.size),
        against,
        debug.to_owned(),
        if binary.static_link { "static" } else { "dynamic" }.to_owned(),
        if binary.pie { "yes" } else { "no" }.to_owned(),
        text::span(Nanoseconds(
            i64::try_from(facts.build_ms.0).unwrap_or(i64::MAX).saturating_mul(1_000_000),
        )),
        facts.go.version.trim_start_matches("go").to_owned(),
        format!("{}/{}", facts.go.goos, facts.go.goarch),
    ]
}

/// A line that does not hold.
fn words(line: &Expected) -> String {
    let of = if line.variant.is_empty() { String::new() } else { format!("{}: ", line.variant) };
    format!("{of}`{}` does not hold: {}", line.expected, line.found)
}

/// What could not be asked, and what that needs.
pub(in crate::report) fn not_run_words(line: &NotRun) -> String {
    let of = if line.variant.is_empty() { String::new() } else { format!(" of {}", line.variant) };
    format!("{}{of}: needs {}", line.what, line.needs)
}

/// One answer; `whole` with its tables and with what holds.
fn section(out: &mut String, common: &Common<'_>, look: &Look, whole: bool) {
    let title = look.heading(common.topic.word());
    let _ = writeln!(out, "{title}: {}", text::clean(common.headline));
    if whole && !common.body.is_empty() {
        let _ = writeln!(out, "{}", common.body.trim_end());
    }
    for line in common.expected.iter().filter(|line| whole || !line.holds) {
        let word = if line.holds { "holds" } else { "FAILS" };
        let of = if line.variant.is_empty() { String::new() } else { format!("{}: ", line.variant) };
        let words = format!("  {word}  {of}expected {}; found {}", line.expected, line.found);
        let _ = writeln!(out, "{}", text::clean(&words));
    }
    for line in common.not_run {
        let _ = writeln!(out, "  not run: {}", text::clean(&not_run_words(line)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built(variant: &str) -> LabBuild {
        LabBuild { variant: variant.to_owned(), built: Some(BuildFacts::default()), failure: None }
    }

    fn size(expected: Vec<Expected>) -> Answers {
        let headline = "as it is".to_owned();
        let (variants, differences, not_run) = (Vec::new(), Vec::new(), Vec::new());
        let size = Some(SizeAnswer { headline, variants, differences, expected, not_run });
        Answers { size, ..Answers::default() }
    }

    #[test]
    fn one_that_fails_is_told_beside_those_that_are_built() {
        let failure = BuildFailure {
            command: Vec::new(),
            output: "no C compiler".into(),
            hint: Some("get gcc".into()),
        };
        let lost = LabBuild { variant: "cgo".to_owned(), built: None, failure: Some(failure) };
        let report = LabReport::new("s", "a", vec![built("a"), lost], Answers::default());
        assert_eq!(
            (report.outcome, report.headline.as_str()),
            (Outcome::BuildFailed, "1 of 2 built; failed: cgo")
        );
        let shown = report.to_terminal(&Look { width: 100, color: false, verbose: false });
        assert!(shown.contains("cgo: FAILED\nno C compiler\nhint: get gcc"), "{shown}");
    }

    #[test]
    fn what_does_not_hold_is_the_outcome() {
        let line = Expected {
            variant: "a".into(),
            expected: "max_size = 3".into(),
            found: "4".into(),
            holds: false,
        };
        let report = LabReport::new("s", "a", vec![built("a")], size(vec![line.clone()]));
        assert_eq!((report.outcome, report.exit_code), (Outcome::Leak, 1));
        assert_eq!(report.headline, "a: `max_size = 3` does not hold: 4");
        let report = LabReport::new("s", "a", vec![built("a")], size(vec![Expected { holds: true, ..line }]));
        assert_eq!(report.outcome, Outcome::Pass);
    }
}
