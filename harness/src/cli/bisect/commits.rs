//! Which commit did it, in a working tree of our own that goes with the search.

use std::collections::BTreeSet;

use camino::Utf8Path;

use super::bench::{Bench, Shown, directory};
use super::{report, rule, with_variant};
use crate::cli::error::CliError;
use crate::cli::reproduce;
use crate::lab::bisect::{Candidate, History, Judged, Next, Rule};
use crate::report::bisect::{BisectReport, Culprit};
use crate::scenario::Scenario;
use crate::toolchain::{Commit, Repository};

/// What is checked out and tried.
struct Search<'a> {
    repository: &'a Repository<'a>,
    /// The scenario with one variant.
    scenario: Scenario,
    /// The working tree, always at the same place: what the go command has compiled for one commit it knows for the next.
    tree: &'a Utf8Path,
}

pub(super) fn search(bench: &mut Bench<'_>, scenario: &Scenario) -> Result<BisectReport, CliError> {
    let module = scenario.workload.module.clone();
    let (env, interrupt) = (&bench.context.environment.vars, &bench.context.interrupt);
    let repository = Repository::of(&module, env, interrupt)
        .map_err(|why| CliError::usage(why, "a search over commits needs the workload's git repository"))?;
    let end = |revision: &Option<String>| {
        let revision = revision.as_deref().unwrap_or_default();
        repository.commit(revision).map_err(|_| {
            CliError::usage(
                format!("`{revision}` is no commit of the repository of `{module}`"),
                "see `git log`; two variants are compared with --flags",
            )
        })
    };
    let (good, bad) = (end(&bench.args.good)?, end(&bench.args.bad)?);
    let common = common(&repository, &good, &bad)?;
    let (_guard, tree) = directory()?;
    let search = Search { repository: &repository, scenario: one_variant(bench, scenario)?, tree: &tree };
    let of_good = search.show(bench, &good)?;
    let of_bad = search.show(bench, &bad)?;
    let rule = rule(bench, (&words(&good), of_good), (&words(&bad), of_bad))?;
    search.check_common(bench, &common, &good, &rule)?;
    let culprit = search.narrow(bench, (good, bad), &rule)?;
    let mut report = report(bench, scenario, culprit, rule);
    if matches!(&report.culprit, Culprit::Commit(one) if one.is_merge) {
        report.notes.push("it is a merge, and each of its parents is good: they do it together".to_owned());
    }
    Ok(report)
}

impl Search<'_> {
    /// What a commit shows, or why it cannot be told.
    fn show(&self, bench: &Bench<'_>, commit: &Commit) -> Result<Shown, CliError> {
        bench.interrupted()?;
        let mut scenario = self.scenario.clone();
        let workload = &mut scenario.workload;
        let there = match self.repository.check_out(&commit.hash, self.tree) {
            Ok(there) => there,
            Err(why) => {
                bench.interrupted()?;
                return Ok(Err(why));
            }
        };
        if let Ok(inside) = workload.dir.strip_prefix(&workload.module) {
            workload.dir = there.join(inside);
        }
        workload.module = there;
        bench.show(&words(commit), &scenario)
    }

    /// Where neither end leads to the other, the leak may have been mended on the way to the good one: then no commit
    /// brought it on the way to the bad one.
    fn check_common(
        &self,
        bench: &mut Bench<'_>,
        common: &[String],
        good: &Commit,
        rule: &Rule,
    ) -> Result<(), CliError> {
        for hash in common.iter().filter(|hash| **hash != good.hash) {
            let commit = self.commit(hash)?;
            let shown = self.show(bench, &commit)?;
            let judged = shown.as_ref().map_or(Judged::Skip, |seen| rule.judge(seen));
            bench.tell(&words(&commit), &shown, judged);
            if judged == Judged::Bad {
                let what = format!(
                    "{}, from which both ends come, is bad already: it was mended on the way to {}",
                    words(&commit),
                    words(good)
                );
                return Err(CliError::usage(what, "name a good commit that leads to the bad one"));
            }
        }
        Ok(())
    }

    fn narrow(
        &self,
        bench: &mut Bench<'_>,
        (good, bad): (Commit, Commit),
        rule: &Rule,
    ) -> Result<Culprit, CliError> {
        let mut history = History { good: vec![good.hash], bad: bad.hash, skipped: BTreeSet::new() };
        loop {
            let lines = self.repository.candidates(&history.good, &history.bad);
            bench.interrupted()?;
            let lines = lines.map_err(no_answer)?;
            let candidates: Vec<Candidate> = lines.iter().filter_map(|line| Candidate::parse(line)).collect();
            let (hash, left) = match history.next(&candidates) {
                Next::Found => return Ok(Culprit::Commit(self.commit(&history.bad)?)),
                Next::Unsure(mut hashes) => {
                    hashes.push(history.bad);
                    let commits: Result<Vec<Commit>, CliError> =
                        hashes.iter().map(|hash| self.commit(hash)).collect();
                    return Ok(Culprit::OneOf(commits?));
                }
                Next::Try(hash, left) => (hash, left),
            };
            let commit = self.commit(&hash)?;
            let steps = if left == 1 { "1 step".to_owned() } else { format!("{left} steps") };
            bench.context.console.say(&format!("{:>8} about {steps} left", "bisect"));
            let shown = self.show(bench, &commit)?;
            let judged = shown.as_ref().map_or(Judged::Skip, |seen| rule.judge(seen));
            bench.tell(&words(&commit), &shown, judged);
            match judged {
                Judged::Good => history.good.push(hash),
                Judged::Bad => history.bad = hash,
                Judged::Skip => drop(history.skipped.insert(hash)),
            }
        }
    }

    fn commit(&self, hash: &str) -> Result<Commit, CliError> {
        self.repository.commit(hash).map_err(no_answer)
    }
}

/// git knew the commits a moment ago.
fn no_answer(why: String) -> CliError {
    CliError::usage(why, "is the repository being changed? Search again when it is not")
}

/// The last commits that both ends come from. Asked before anything is built: in this order ends may tell nothing.
fn common(repository: &Repository<'_>, good: &Commit, bad: &Commit) -> Result<Vec<String>, CliError> {
    let common = repository.common(&good.hash, &bad.hash);
    let common = common.map_err(|why| CliError::usage(why, "see `git log --graph`"))?;
    let hint = "to find what mended it, call the older commit good and ask for --on verdict";
    match (good.hash == bad.hash, common.contains(&bad.hash)) {
        (true, _) => Err(CliError::usage(
            format!("{} is both ends", words(good)),
            "name an older commit that is good, and a newer one that is bad",
        )),
        (false, true) => {
            let (bad, good) = (words(bad), words(good));
            let what = format!("{bad} comes before {good}: nothing in between can have brought it");
            Err(CliError::usage(what, hint))
        }
        (false, false) => Ok(common),
    }
}

fn one_variant(bench: &Bench<'_>, scenario: &Scenario) -> Result<Scenario, CliError> {
    let mut one = scenario.clone();
    match &bench.args.variant {
        None => reproduce::one_variant(&mut one),
        Some(name) => {
            let wanted = crate::cli::args::Variants { variants: vec![name.clone()] };
            crate::cli::scenarios::select(&mut one, &wanted)?;
        }
    }
    let variant = one.variants.pop();
    let variant =
        variant.ok_or_else(|| CliError::usage("the scenario has no variant", "see `harness check`"))?;
    Ok(with_variant(scenario, variant))
}

fn words(commit: &Commit) -> String {
    format!("{} {}", commit.short(), commit.subject)
}
