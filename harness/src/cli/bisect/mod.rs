//! `harness bisect`: which flag between two variants, or which commit between two revisions, did it.

mod args;
mod bench;
mod commits;
mod flags;
mod question;
mod step;

use super::args::Format;
use super::error::CliError;
use super::{Context, scenarios};
use crate::capture::Store;
use crate::lab::bisect::{Judged, Rule};
use crate::model::Outcome;
use crate::report::bisect::{Asked, BisectReport, BroughtFinding};
use crate::scenario::{Scenario, Variant};

pub use args::Bisect;
use bench::{Bench, Shown};
use question::On;

pub(super) fn command(args: &Bisect, context: &Context) -> Result<Outcome, CliError> {
    if args.step {
        return Ok(step::command(args, context));
    }
    let scenario = scenarios::resolve(&args.scenario, &context.environment.dir)?;
    let store = Store::below(&scenarios::root(&scenario, &context.environment.dir))?;
    let _lock = store.lock(&scenario.name)?;
    let mut bench = Bench { args, store: &store, context, trials: Vec::new() };
    let report = match args.flags {
        true => flags::search(&mut bench, &scenario)?,
        false => commits::search(&mut bench, &scenario)?,
    };
    let text = match args.format {
        Format::Json => report.to_json().map_err(anyhow::Error::from)?,
        Format::Terminal => context.console.fitted(report.to_terminal(&context.console.look())),
    };
    context.console.print(&text)?;
    Ok(report.outcome)
}

/// The scenario with one variant, under a name of its own: its captures and builds are none of the scenario's.
fn with_variant(scenario: &Scenario, variant: Variant) -> Scenario {
    let mut scenario = scenario.clone();
    scenario.name = format!("{}.bisect", scenario.name);
    scenario.variants = vec![variant];
    scenario
}

/// The rule that the two ends give.
fn rule(bench: &mut Bench<'_>, good: (&str, Shown), bad: (&str, Shown)) -> Result<Rule, CliError> {
    let ends = match (&good.1, &bad.1) {
        (Ok(good), Ok(bad)) => (good, bad),
        (Err(why), _) => return Err(no_end("good", good.0, why)),
        (_, Err(why)) => return Err(no_end("bad", bad.0, why)),
    };
    let (limit, only) = match &bench.args.on {
        On::Figure(_, limit) => (*limit, None),
        On::Finding(only) => (crate::lab::bisect::Limit::Half, only.as_deref()),
        On::Verdict => (crate::lab::bisect::Limit::Half, None),
    };
    let rule = Rule::between(ends.0, ends.1, limit, only).map_err(|why| {
        let (good_words, bad_words) = (bench.words(&good.1), bench.words(&bad.1));
        let what = format!(
            "nothing flips between {} and {}: {} (good: {good_words}; bad: {bad_words})",
            good.0, bad.0, why.0
        );
        CliError::usage(what, "`--on` says what is asked, see `harness bisect --help`")
    })?;
    bench.tell(&format!("good: {}", good.0), &good.1, Judged::Good);
    bench.tell(&format!("bad: {}", bad.0), &bad.1, Judged::Bad);
    Ok(rule)
}

fn no_end(which: &str, name: &str, why: &str) -> CliError {
    CliError::usage(
        format!("the {which} end, {name}, cannot be judged: {why}"),
        "choose ends that build and run",
    )
}

/// The document of a search.
fn report(
    bench: &mut Bench<'_>,
    scenario: &Scenario,
    culprit: crate::report::bisect::Culprit,
    rule: Rule,
) -> BisectReport {
    let asked = Asked {
        scenario: scenario.name.clone(),
        question: bench.args.on.words(),
        good: bench.args.good.clone().unwrap_or_default(),
        bad: bench.args.bad.clone().unwrap_or_default(),
    };
    let findings = match rule {
        Rule::Finding(all) => all,
        Rule::Verdict { .. } | Rule::Figure { .. } => Vec::new(),
    };
    let findings = findings
        .into_iter()
        .map(|one| BroughtFinding { fingerprint: one.fingerprint, sentence: one.sentence })
        .collect();
    BisectReport::new(asked, culprit, std::mem::take(&mut bench.trials), findings)
}
