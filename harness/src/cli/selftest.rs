//! `harness selftest`: is the gate alive? A leak that must be found, its twin that must not be accused, and a leak planted
//! by the probe.

use camino::{Utf8Path, Utf8PathBuf};

use super::args::{self, Format};
use super::builds::build_all;
use super::error::CliError;
use super::{Context, pipeline, reproduce, scenarios};
use crate::baseline::{self, FindingGroup};
use crate::capture::Store;
use crate::model::{LeakKind, Outcome, PLANTED};
use crate::report::selftest::{GateCheck, SelfTest};
use crate::scenario::{self, CheckpointSpec, Expect, Scenario, Twin, Variant};
use crate::toolchain::{self, Built, Toolchain};

/// Objects of a kilobyte that are planted at each checkpoint, at least.
const PLANT: u64 = 16;
/// Planted bytes per operation: four times what counts as growth unless a scenario asks for more.
const PLANTED_PER_OP: u64 = 4;
/// Captures of self-tests that are kept.
const KEPT: usize = 4;

pub(super) fn command(args: &args::SelfTest, context: &Context) -> Result<Outcome, CliError> {
    let scenario = scenarios::resolve(&args.scenario, &context.environment.dir)?;
    let store = Store::below(&scenarios::root(&scenario, &context.environment.dir))?;
    let _lock = store.lock(&scenario.name)?;
    let toolchain = Toolchain::find(&context.environment)?;
    let bench = Bench { store: &store, toolchain: &toolchain, context };
    let leaking = leaking(&scenario);
    let twin = bench.twin(&scenario)?;
    let mut checks = vec![bench.leak(&leaking)?];
    if let Some((twin, words)) = &twin {
        checks.push(bench.silent(twin, words)?);
    }
    let (healthy, words) =
        twin.unwrap_or_else(|| (leaking, "the scenario itself, it names no twin".to_owned()));
    checks.extend(bench.planted(&healthy, &words, args.plant)?);
    store.rotate(&name(&scenario), KEPT)?;
    let outcome = SelfTest::new(&scenario.name, checks);
    let text = match args.format {
        Format::Json => outcome.to_json().map_err(anyhow::Error::from)?,
        Format::Terminal => context.console.fitted(outcome.to_terminal(&context.console.look())),
    };
    context.console.print(&text)?;
    Ok(if context.interrupt.is_set() { Outcome::Interrupted } else { outcome.outcome })
}

/// Captures of a self-test are none of the scenario's.
fn name(scenario: &Scenario) -> String {
    format!("{}.selftest", scenario.name)
}

/// The scenario in the first variant in which all its leaks are expected, as exact and short as can be.
fn leaking(scenario: &Scenario) -> Scenario {
    let mut scenario = scenario.clone();
    scenario.name = name(&scenario);
    reproduce::one_variant(&mut scenario);
    reproduce::shorten(&mut scenario);
    scenario
}

/// What the checks are made with.
struct Bench<'a> {
    store: &'a Store,
    toolchain: &'a Toolchain,
    context: &'a Context,
}

impl Bench<'_> {
    /// The twin as a scenario in which nothing may be found, and in words.
    fn twin(&self, scenario: &Scenario) -> Result<Option<(Scenario, String)>, CliError> {
        let Some(twin) = &scenario.twin else { return Ok(None) };
        let mut like = leaking(scenario);
        let words = match twin {
            Twin::Package(package) => {
                like.workload.package.clone_from(package);
                format!("package {package}")
            }
            Twin::Tags(tags) => {
                like.variants.iter_mut().for_each(|variant| variant.build.tags.extend(tags.iter().cloned()));
                format!("tags {}", tags.join(","))
            }
            Twin::Variant(name) => {
                like.variants = vec![variant(scenario, name)?];
                format!("variant {name}")
            }
            Twin::Revision(revision) => {
                self.at_revision(&mut like, revision)?;
                format!("revision {revision}")
            }
            Twin::Scenario(path) => {
                like = leaking(&scenario::load(path)?);
                like.name = name(scenario);
                format!("scenario {}", path.file_stem().unwrap_or_default())
            }
        };
        like.expect = Some(Expect { leaks: Vec::new() });
        Ok(Some((like, words)))
    }

    fn at_revision(&self, scenario: &mut Scenario, revision: &str) -> Result<(), CliError> {
        let workload = &mut scenario.workload;
        let dir: Utf8PathBuf = self.store.builds(&format!("{}.revision", scenario.name));
        let environment = &self.context.environment;
        let there = toolchain::module_at(
            &workload.module,
            revision,
            &dir,
            &environment.vars,
            &self.context.interrupt,
        )
        .map_err(|why| {
            CliError::usage(format!("the twin's revision `{revision}`: {why}"), "see `git log`")
        })?;
        if let Ok(inside) = workload.dir.strip_prefix(&workload.module) {
            workload.dir = there.join(inside);
        }
        workload.module = there;
        Ok(())
    }

    /// Builds, runs once, and tells what is found.
    fn found(&self, scenario: &Scenario) -> Result<Result<Vec<FindingGroup>, Failed>, CliError> {
        let mut failed = None;
        let built: Vec<(String, Built)> =
            build_all(scenario, self.toolchain, self.store, self.context, |_, build| {
                failed = failed.take().or(build.err());
                Ok(())
            })?;
        if failed.is_some() {
            return Ok(Err(Failed { outcome: Outcome::BuildFailed, words: "it does not build".to_owned() }));
        }
        let root = reproduce::capture(self.store, scenario, &built, self.context)?;
        self.judge(&root)
    }

    fn judge(&self, root: &Utf8Path) -> Result<Result<Vec<FindingGroup>, Failed>, CliError> {
        let dir = crate::capture::open(root)?;
        if let Some(run) = dir.manifest().runs.iter().find(|run| !run.ok) {
            let words = format!("its run failed: {}", crate::report::end_words(&run.end));
            return Ok(Err(Failed { outcome: Outcome::WorkloadFailed, words }));
        }
        let mut groups = baseline::group(&pipeline::diagnoses_of(&dir, 1, self.context)?);
        groups.retain(|group| baseline::judges(group, &dir.manifest().scenario.exemptions));
        Ok(Ok(groups))
    }

    fn leak(&self, scenario: &Scenario) -> Result<GateCheck, CliError> {
        let found = self.found(scenario)?;
        let names: Vec<String> = scenario.variants.iter().map(|variant| variant.name.clone()).collect();
        let (seen, outcome) = match found {
            Err(failed) => (failed.words, failed.outcome),
            Ok(groups) => {
                let expected = baseline::expectations(scenario.expect.as_ref(), &groups, &names);
                let missed: Vec<&str> = expected
                    .iter()
                    .filter(|one| !one.missing_in.is_empty())
                    .map(|one| one.leak.site.as_str())
                    .collect();
                match missed.is_empty() {
                    true if groups.is_empty() => {
                        ("no leak: nothing shows that one would be found".to_owned(), Outcome::Leak)
                    }
                    true => (sites(&groups), Outcome::Pass),
                    false => (format!("not found: {}", missed.join(", ")), Outcome::Leak),
                }
            }
        };
        let of = format!("variant {}", names.join(", "));
        Ok(GateCheck {
            name: "leak".to_owned(),
            of,
            expected: "the expected leaks".to_owned(),
            seen,
            outcome,
        })
    }

    fn silent(&self, twin: &Scenario, words: &str) -> Result<GateCheck, CliError> {
        let (seen, outcome) = match self.found(twin)? {
            Err(failed) => (failed.words, failed.outcome),
            Ok(groups) if groups.is_empty() => ("nothing".to_owned(), Outcome::Pass),
            Ok(groups) => (format!("the twin is accused: {}", sites(&groups)), Outcome::DeadGate),
        };
        Ok(GateCheck {
            name: "twin".to_owned(),
            of: words.to_owned(),
            expected: "nothing".to_owned(),
            seen,
            outcome,
        })
    }

    /// The planted leak has two sides, and each is a check.
    fn planted(
        &self,
        healthy: &Scenario,
        words: &str,
        plant: Option<u64>,
    ) -> Result<Vec<GateCheck>, CliError> {
        let mut scenario = healthy.clone();
        scenario.capture.plant = plant.unwrap_or_else(|| amount(&scenario));
        let found = self.found(&scenario)?;
        let check = |(kind, name): (LeakKind, &str)| {
            let (seen, outcome) = match &found {
                Err(failed) => (failed.words.clone(), failed.outcome),
                Ok(groups) => {
                    let planted = |group: &&FindingGroup| {
                        group.finding.kind == kind && group.finding.site.function.starts_with(PLANTED)
                    };
                    match groups.iter().find(planted) {
                        Some(group) => (group.finding.site.function.to_string(), Outcome::Pass),
                        None => ("the planted leak is not found".to_owned(), Outcome::DeadGate),
                    }
                }
            };
            let of = words.to_owned();
            let expected = match kind {
                LeakKind::Goroutine => "1 goroutine per checkpoint".to_owned(),
                _ => format!("{} KiB per checkpoint", scenario.capture.plant),
            };
            GateCheck { name: format!("planted {name}"), of, expected, seen, outcome }
        };
        Ok([(LeakKind::Heap, "heap"), (LeakKind::Goroutine, "goroutine")].map(check).to_vec())
    }
}

/// Why there is nothing to judge.
struct Failed {
    outcome: Outcome,
    words: String,
}

fn variant(scenario: &Scenario, name: &str) -> Result<Variant, CliError> {
    let found = scenario.variants.iter().find(|variant| variant.name == name);
    found.cloned().ok_or_else(|| {
        let what = format!("the twin of `{}` is variant `{name}`, which it does not have", scenario.name);
        CliError::usage(what, "`[control] twin = { variant = … }` names one of its variants")
    })
}

/// More where a checkpoint stands for many operations: the rate is what is judged.
fn amount(scenario: &Scenario) -> u64 {
    match scenario.workload.checkpoint {
        CheckpointSpec::Call { every, .. } => (every.saturating_mul(PLANTED_PER_OP) / 1024).max(PLANT),
        _ => PLANT,
    }
}

fn sites(groups: &[FindingGroup]) -> String {
    let mut sites: Vec<&str> = groups.iter().map(|group| &*group.finding.site.function).collect();
    sites.dedup();
    let short = |site: &&str| site.rsplit('/').next().unwrap_or(site).to_owned();
    sites.iter().map(short).collect::<Vec<_>>().join(", ")
}
