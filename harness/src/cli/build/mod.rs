//! `harness build`: builds a scenario's variants, and asks of them what the user wants to know.
//!
//! One file a topic: it has the tools asked of every variant, and hands the records on to `lab`.

mod code;
mod cross;
mod debug;
mod in_run;
mod linkage;
mod modules;
mod reproducible;
mod runs;
mod size;
mod tags;
mod time;

pub(super) use in_run::document;

use super::args::{self, Format};
use super::builds::build_all;
use super::error::CliError;
use super::{Context, files, scenarios};
use crate::capture::{self, Store};
use crate::lab::Records;
use crate::model::Outcome;
use crate::model::lab::{NotRun, TOPICS, Topic};
use crate::report::lab::{Answers, LabBuild, LabReport, benchstat};
use crate::scenario::{LabExpect, Scenario};
use crate::toolchain::lab::Subject;
use crate::toolchain::{BuildDirs, BuildError, BuildFailure, Built, Toolchain};

/// What the topics are asked with.
struct Bench<'a> {
    scenario: &'a Scenario,
    store: &'a Store,
    builds: &'a [LabBuild],
    subjects: Vec<Subject<'a>>,
    reference: String,
    /// Runs of every variant, where runs are asked about.
    repeat: u32,
    expect: &'a LabExpect,
    context: &'a Context,
    /// The function whose machine code is wanted.
    function: Option<&'a str>,
}

/// Records of the variants that have them, and why others have none.
struct Asked<T> {
    records: Vec<(String, T)>,
    not_run: Vec<NotRun>,
}

/// Builds, asks, prints.
pub(super) fn command(args: &args::Build, context: &Context) -> Result<Outcome, CliError> {
    let mut scenario = scenarios::resolve(&args.scenario, &context.environment.dir)?;
    scenarios::select(&mut scenario, &args.variants)?;
    scenario.lab.cold |= args.cold;
    let reference = reference(&scenario, args.against.as_deref())?;
    let toolchain = Toolchain::find(&context.environment)?.anew(args.rebuild);
    let store = Store::below(&scenarios::root(&scenario, &context.environment.dir))?;
    let _lock = store.lock(&scenario.name)?;
    let mut builds = Vec::new();
    let built = build_all(&scenario, &toolchain, &store, context, |variant, result| {
        builds.push(told(variant, &result));
        Ok(())
    })?;
    if context.interrupt.is_set() {
        return Err(CliError::Interrupted);
    }
    let dirs = BuildDirs { out: store.builds(&scenario.name), cache: context.environment.cache_dir() };
    let topics = topics(args, &scenario);
    let subjects = match topics.is_empty() {
        true => Vec::new(),
        false => subjects(&scenario, &toolchain, &built, &dirs, context)?,
    };
    let expect = &scenario.lab.expect;
    let bench = Bench {
        scenario: &scenario,
        store: &store,
        builds: &builds,
        subjects,
        reference: reference.clone(),
        repeat: args.repeat,
        expect,
        context,
        function: args.func.as_deref(),
    };
    let answers = bench.answers(&topics)?;
    for export in &args.export {
        write(export, &bench, &answers)?;
    }
    let report = LabReport::new(&scenario.name, &reference, builds, answers);
    let text = match args.format {
        Format::Json => report.to_json().map_err(anyhow::Error::from)?,
        Format::Terminal => context.console.fitted(report.to_terminal(&context.console.look())),
    };
    context.console.print(&text)?;
    Ok(report.outcome)
}

/// What a build came to.
pub(super) fn told(variant: &str, result: &Result<&Built, BuildFailure>) -> LabBuild {
    let (built, failure) = match result {
        Ok(built) => (Some(built.facts.clone()), None),
        Err(failure) => (None, Some(failure.clone())),
    };
    LabBuild { variant: variant.to_owned(), built, failure }
}

/// Writes an answer for another tool.
fn write(export: &args::Export, bench: &Bench<'_>, answers: &Answers) -> Result<(), CliError> {
    let args::Export::Benchstat(path) = export;
    let Some(runs) = &answers.runs else { return Ok(()) };
    let package = bench.subjects.first().map_or("", |subject| subject.import_path.as_str());
    let text = benchstat(&bench.scenario.name, package, capture::machine().cpus, runs);
    files::save(path, text.as_bytes(), bench.context)
}

/// The variant that others are compared with.
fn reference(scenario: &Scenario, named: Option<&str>) -> Result<String, CliError> {
    let names: Vec<&str> = scenario.variants.iter().map(|variant| variant.name.as_str()).collect();
    match named {
        None => Ok(names.first().copied().unwrap_or_default().to_owned()),
        Some(name) if names.contains(&name) => Ok(name.to_owned()),
        Some(name) => Err(CliError::usage(
            format!("there is no variant `{name}` to compare with"),
            format!("there are {}", names.join(", ")),
        )),
    }
}

/// What is asked: what the command line says, or the scenario; and what has to hold, wanted or not.
fn topics(args: &args::Build, scenario: &Scenario) -> Vec<Topic> {
    let wanted = args.topics().unwrap_or_else(|| scenario.lab.show.clone());
    let must = scenario.lab.expect.topics();
    let export: Vec<Topic> = args.export.iter().map(|_| Topic::Runs).collect();
    let asked = TOPICS.iter().map(|(topic, ..)| *topic);
    let of_function = Vec::from_iter(args.func.as_ref().map(|_| Topic::Code));
    asked
        .filter(|topic| [&wanted, &must, &export, &of_function].iter().any(|all| all.contains(topic)))
        .collect()
}

/// Variants to ask about; those whose Go or package cannot be had are told of by their build already.
fn subjects<'a>(
    scenario: &'a Scenario,
    toolchain: &'a Toolchain,
    built: &'a [(String, Built)],
    dirs: &BuildDirs,
    context: &'a Context,
) -> Result<Vec<Subject<'a>>, CliError> {
    let mut subjects = Vec::new();
    for variant in &scenario.variants {
        let built = built.iter().find(|(name, _)| *name == variant.name).map(|(_, built)| built);
        match toolchain.subject((scenario, variant), built, dirs, &context.interrupt) {
            Ok(subject) => subjects.push(subject),
            Err(BuildError::Interrupted) => return Err(CliError::Interrupted),
            Err(error) => context.console.mention(&format!("{}: {error}", variant.name)),
        }
    }
    Ok(subjects)
}

impl Bench<'_> {
    fn answers(&self, topics: &[Topic]) -> Result<Answers, CliError> {
        let mut answers = Answers::default();
        for topic in topics {
            match topic {
                Topic::Time => answers.time = Some(time::answer(self)?),
                Topic::Code => answers.code = Some(code::answer(self)?),
                Topic::Size => answers.size = Some(size::answer(self, self.expect)?),
                Topic::DebugInfo => answers.debug_info = Some(debug::answer(self)?),
                Topic::Modules => answers.modules = Some(modules::answer(self)?),
                Topic::Linkage => answers.linkage = Some(linkage::answer(self)?),
                Topic::Reproducible => answers.reproducible = Some(reproducible::answer(self)?),
                Topic::Cross => answers.cross = Some(cross::answer(self)?),
                Topic::Runs => answers.runs = Some(runs::answer(self)?),
                Topic::Tags => answers.tags = Some(tags::answer(self, self.expect)?),
            }
        }
        Ok(answers)
    }

    /// Asks about every variant, with progress. What cannot be asked of one is told, and does not stop the others.
    fn ask<T>(
        &self,
        topic: Topic,
        mut question: impl FnMut(&Subject<'_>) -> Result<T, BuildError>,
    ) -> Result<Asked<T>, CliError> {
        let progress = self.context.console.progress(self.subjects.len(), topic.word());
        let mut asked = Asked { records: Vec::new(), not_run: Vec::new() };
        for subject in &self.subjects {
            let name = &subject.variant.name;
            progress.begin(name);
            match question(subject) {
                Ok(record) => asked.records.push((name.clone(), record)),
                Err(BuildError::Interrupted) => return Err(CliError::Interrupted),
                Err(error) => {
                    let needs = CliError::from(error).message();
                    let lines: Vec<&str> =
                        needs.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
                    let needs = lines.join("; ").replace("hint: ", "");
                    asked.not_run.push(NotRun {
                        variant: name.clone(),
                        what: topic.word().to_owned(),
                        needs,
                    });
                }
            }
            progress.end(name);
        }
        Ok(asked)
    }

    fn records<'a, T>(&'a self, of: &'a [(String, T)]) -> Records<'a, T> {
        Records { of, reference: &self.reference }
    }
}
