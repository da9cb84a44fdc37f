//! Builds and runs one trial, and tells what it shows.

use camino::Utf8PathBuf;

use super::args::Bisect;
use super::question::{Measure, On};
use crate::capture::{self, Store};
use crate::cli::error::CliError;
use crate::cli::measure::measured;
use crate::cli::{Context, pipeline, reproduce};
use crate::lab::bisect::{Judged, Rule, Seen, SeenFinding};
use crate::lab::runs::{Runs, facts};
use crate::model::lab::runs::Unit;
use crate::model::{Bytes, Nanoseconds, stats};
use crate::report::bisect::{Trial, TrialJudged};
use crate::report::{self, bytes_text};
use crate::scenario::Scenario;
use crate::toolchain::{BuildDirs, BuildError, Built, Toolchain};

/// Captures of a search that are kept.
const KEPT: usize = 2;

/// What trials are made with.
pub(super) struct Bench<'a> {
    pub(super) args: &'a Bisect,
    pub(super) store: &'a Store,
    pub(super) context: &'a Context,
    /// Every trial so far.
    pub(super) trials: Vec<Trial>,
}

/// What a trial shows, or why it cannot be told.
pub(super) type Shown = Result<Seen, String>;

impl Bench<'_> {
    /// Makes a trial of a scenario with one variant; `what` it is, for who waits.
    pub(super) fn show(&self, what: &str, scenario: &Scenario) -> Result<Shown, CliError> {
        let progress = self.context.console.progress(1, "bisect");
        progress.begin(what);
        let mut scenario = scenario.clone();
        if let On::Finding(_) = self.args.on {
            reproduce::shorten(&mut scenario);
        }
        let built = match self.build(&scenario)? {
            Ok(built) => built,
            Err(why) => return Ok(Err(why)),
        };
        if let Some(why) = built.facts.refusal() {
            return Ok(Err(why));
        }
        match self.args.on {
            On::Figure(Measure::Size, _) => Ok(Ok(Seen::Figure(vec![built.facts.plain.size.0 as f64]))),
            On::Figure(Measure::Run(figure), _) => {
                let runs = self.measure(&scenario, &built)?;
                let sample = facts(&runs).sample(figure).map(|sample| sample.values.clone());
                Ok(sample.map(Seen::Figure).ok_or_else(|| "its runs failed".to_owned()))
            }
            On::Finding(_) | On::Verdict => self.judge(&scenario, built),
        }
    }

    /// A fresh look at Go for every trial: what one has read of the sources is not so of the next commit's.
    fn build(&self, scenario: &Scenario) -> Result<Result<Built, String>, CliError> {
        let (environment, interrupt) = (&self.context.environment, &self.context.interrupt);
        let dirs = BuildDirs { out: self.store.builds(&scenario.name), cache: environment.cache_dir() };
        let toolchain = Toolchain::find(environment)?;
        let Some(variant) = scenario.variants.first() else { return Ok(Err("no variant".to_owned())) };
        let built = match self.args.on {
            On::Figure(..) => toolchain.build_plain(scenario, variant, &dirs, interrupt),
            On::Finding(_) | On::Verdict => toolchain.build(scenario, variant, &dirs, interrupt),
        };
        match built {
            Ok(built) => Ok(Ok(built)),
            Err(BuildError::Interrupted) => Err(CliError::Interrupted),
            Err(BuildError::Failed(failure)) => {
                let first =
                    failure.output.lines().find(|line| !line.trim().is_empty() && !line.starts_with('#'));
                Ok(Err(format!("does not build: {}", first.unwrap_or_default().trim())))
            }
            Err(error) => {
                let message = CliError::from(error).message();
                Ok(Err(format!("does not build: {}", message.lines().next().unwrap_or_default())))
            }
        }
    }

    fn measure(&self, scenario: &Scenario, built: &Built) -> Result<Runs, CliError> {
        let root = self.store.builds(&scenario.name).join("runs");
        let mut runs = Runs::default();
        for repeat in 0..=self.args.repeat {
            let name = scenario.variants.first().map_or("", |variant| variant.name.as_str());
            if let Ok(run) = measured(scenario, (name, built), (repeat, &root), self.context)? {
                runs.measured.extend((repeat > 0).then_some(run)); // the first one warms up
            }
        }
        Ok(runs)
    }

    fn judge(&self, scenario: &Scenario, built: Built) -> Result<Shown, CliError> {
        let name = scenario.variants.first().map(|variant| variant.name.clone()).unwrap_or_default();
        let root = reproduce::capture(self.store, scenario, &[(name, built)], self.context)?;
        self.interrupted()?;
        let dir = capture::open(&root)?;
        if let Some(run) = dir.manifest().runs.iter().find(|run| !run.ok) {
            return Ok(Err(format!("its run failed: {}", report::end_words(&run.end))));
        }
        let accepted = pipeline::accepted(&dir, None)?;
        let analysis = pipeline::analyse(&dir, accepted.as_ref(), self.context)?;
        self.store.rotate(&scenario.name, KEPT)?;
        if self.args.on == On::Verdict {
            return Ok(Ok(Seen::Verdict(analysis.report.verdict.outcome)));
        }
        let judges = analysis.report.findings.iter().filter(|finding| finding.compared.is_pending());
        let seen = judges.map(|finding| SeenFinding {
            fingerprint: finding.group.finding.fingerprint.clone(),
            sentence: finding.group.finding.sentence.clone(),
        });
        Ok(Ok(Seen::Findings(seen.collect())))
    }

    pub(super) fn interrupted(&self) -> Result<(), CliError> {
        if self.context.interrupt.is_set() { Err(CliError::Interrupted) } else { Ok(()) }
    }

    /// Makes a trial, judges it and tells of it.
    pub(super) fn trial(&mut self, what: &str, scenario: &Scenario, rule: &Rule) -> Result<Judged, CliError> {
        let shown = self.show(what, scenario)?;
        let judged = shown.as_ref().map_or(Judged::Skip, |seen| rule.judge(seen));
        self.tell(what, &shown, judged);
        Ok(judged)
    }

    /// Keeps a trial, and tells of it.
    pub(super) fn tell(&mut self, what: &str, shown: &Shown, judged: Judged) {
        let judged = match judged {
            Judged::Good => TrialJudged::Good,
            Judged::Bad => TrialJudged::Bad,
            Judged::Skip => TrialJudged::Skipped,
        };
        let seen = self.words(shown);
        self.context.console.say(&format!("{:>8} {what}: {seen}  {}", "bisect", judged.word()));
        self.trials.push(Trial { what: what.to_owned(), seen, judged });
    }

    pub(super) fn words(&self, shown: &Shown) -> String {
        match (shown, &self.args.on) {
            (Err(why), _) => why.clone(),
            (Ok(Seen::Findings(all)), _) => match all.as_slice() {
                [] => "no leak".to_owned(),
                [one] => format!("1 leak [{}]", short(&one.fingerprint)),
                all => {
                    let prints: Vec<&str> = all.iter().map(|one| short(&one.fingerprint)).collect();
                    format!("{} leaks [{}]", all.len(), prints.join(", "))
                }
            },
            (Ok(Seen::Verdict(outcome)), _) => format!("{} ({})", outcome.word(), outcome.exit_code()),
            (Ok(Seen::Figure(values)), On::Figure(measure, _)) => figure(values, measure.unit()),
            (Ok(Seen::Figure(values)), _) => figure(values, Unit::Count),
        }
    }
}

fn short(fingerprint: &str) -> &str {
    fingerprint.get(..8).unwrap_or(fingerprint)
}

fn figure(values: &[f64], unit: Unit) -> String {
    let value = stats::median(values).unwrap_or_default();
    match unit {
        Unit::Bytes => bytes_text(Bytes(value as u64)),
        Unit::Nanoseconds => Nanoseconds(value as i64).to_string(),
        Unit::Count => format!("{value}"),
    }
}

/// A directory that goes with the value.
pub(super) fn directory() -> Result<(tempfile::TempDir, Utf8PathBuf), CliError> {
    let failed = |error: std::io::Error| {
        let what = format!("could not make a directory for the commits' sources: {error}");
        CliError::usage(what, "set TMPDIR to a directory you may write to")
    };
    let dir = tempfile::Builder::new().prefix("harness-bisect-").tempdir().map_err(failed)?;
    let path = dir.path().canonicalize().map_err(failed)?;
    let path = Utf8PathBuf::try_from(path).map_err(|error| {
        CliError::usage(error.to_string(), "set TMPDIR to a directory whose name is UTF-8")
    })?;
    Ok((dir, path))
}
