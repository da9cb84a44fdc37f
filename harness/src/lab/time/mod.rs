//! Where a build's time goes, and what variants do not share.

mod chain;
mod keys;
mod load;

use super::{Records, against};
use crate::format::buildtime::{Action, Graph, Spans, read_graph, read_keys, read_spans};
use crate::model::Nanoseconds;
use crate::model::lab::time::{BuildTime, PackageTime, TimeAnswer, TimeFacts, TimeFiles};
use crate::model::lab::{NotRun, OfVariant};
use crate::toolchain::lab::time::{TimeRecord, Timed};
use keys::Keys;

/// The span of the go command's trace in which packages are found and read.
const LOADING: &str = "load.PackagesAndErrors";

/// Actions that make no package: `unsafe` is in the compiler.
const NO_PACKAGE: [&str; 2] = ["link", "built-in"];

/// The answer.
#[must_use]
pub fn answer(records: Records<'_, TimeRecord>) -> TimeAnswer {
    let mut not_run = Vec::new();
    let mut told = Vec::new();
    for (variant, record) in records.of {
        let mut damage = Vec::new();
        let warm = build(&record.warm, &mut damage);
        let cold = record.cold.as_ref().map(|cold| build(cold, &mut damage));
        let keys =
            Keys { packages: read_keys(&record.keys, "build"), links: read_keys(&record.keys, "link") };
        not_run.extend(damage.into_iter().map(|problem| NotRun {
            variant: variant.clone(),
            what: "a part of its times".to_owned(),
            needs: format!("a Go whose files are known: {problem}"),
        }));
        told.push(OfVariant { variant: variant.clone(), of: (TimeFacts { warm, cold }, keys) });
    }
    let differences = against(&told, records.reference, |base, other| keys::differ(&base.1, &other.1));
    let variants: Vec<OfVariant<TimeFacts>> =
        told.into_iter().map(|told| OfVariant { variant: told.variant, of: told.of.0 }).collect();
    TimeAnswer { headline: headline(&variants), variants, differences, expected: Vec::new(), not_run }
}

fn build(timed: &Timed, damage: &mut Vec<String>) -> BuildTime {
    let Graph { actions, problems } = read_graph(timed.graph.0.as_str(), &timed.graph.1);
    let Spans { spans, problems: others } = read_spans(timed.trace.0.as_str(), &timed.trace.1);
    damage.extend(problems.iter().chain(&others).take(1).map(ToString::to_string));
    let is_link = |action: &&Action| action.mode == "link";
    let (n_packages, slowest) = packages(&actions);
    let critical = chain::longest(&actions);
    BuildTime {
        wall: timed.wall,
        loading: spans.iter().find(|span| span.name == LOADING).map(|span| span.took),
        packages: n_packages,
        compiled: u32::try_from(slowest.len()).unwrap_or(u32::MAX),
        compile: sum(slowest.iter().map(|package| package.took)),
        link: sum(actions.iter().filter(is_link).map(|action| action.real)),
        cpu: sum(actions.iter().map(|action| action.cpu)),
        critical_time: sum(critical.iter().map(|step| step.took)),
        critical,
        waited: load::waited(&actions),
        parallelism: load::parallelism(&actions),
        parallelism_over_time: load::over_time(&actions),
        slowest,
        files: TimeFiles {
            commands: timed.commands.clone(),
            graph: timed.graph.0.clone(),
            trace: timed.trace.0.clone(),
        },
    }
}

/// How many packages there are, and those that were compiled. A package's actions (compiling it, running cgo, compiling its C
/// files) count together.
fn packages(actions: &[Action]) -> (u32, Vec<PackageTime>) {
    let mut by_name = std::collections::BTreeMap::<&str, PackageTime>::new();
    let of_packages = actions.iter().filter(|action| !action.package.is_empty());
    for action in of_packages.filter(|action| !NO_PACKAGE.iter().any(|mode| action.mode.starts_with(mode))) {
        let package = by_name.entry(&action.package).or_default();
        package.package.clone_from(&action.package);
        package.took = sum([package.took, action.real]);
        package.cpu = sum([package.cpu, action.cpu]);
        package.commands = package.commands.saturating_add(action.n_commands);
    }
    let n = u32::try_from(by_name.len()).unwrap_or(u32::MAX);
    let mut compiled: Vec<PackageTime> =
        by_name.into_values().filter(|package| package.commands > 0).collect();
    compiled.sort_by(|a, b| b.took.cmp(&a.took).then_with(|| a.package.cmp(&b.package)));
    (n, compiled)
}

fn sum(times: impl IntoIterator<Item = Nanoseconds>) -> Nanoseconds {
    times.into_iter().fold(Nanoseconds(0), |sum, time| Nanoseconds(sum.0.saturating_add(time.0)))
}

fn headline(variants: &[OfVariant<TimeFacts>]) -> String {
    let range = |of: &dyn Fn(&TimeFacts) -> Option<Nanoseconds>| {
        let mut times: Vec<Nanoseconds> = variants.iter().filter_map(|facts| of(&facts.of)).collect();
        times.sort();
        match (times.first(), times.last()) {
            (Some(least), Some(most)) if least == most => Some(most.to_string()),
            (Some(least), Some(most)) => Some(format!("{least} to {most}")),
            _ => None,
        }
    };
    let Some(link) = range(&|facts| Some(facts.warm.link)) else { return "nothing was built".to_owned() };
    let compiled: u32 = variants.iter().map(|facts| facts.of.warm.compiled).sum();
    let most = variants.iter().map(|facts| facts.of.warm.packages).max().unwrap_or(0);
    let warm = match compiled {
        0 => format!("with a warm cache all {most} packages come from it, and linking takes {link}"),
        n => {
            format!("with a warm cache {n} of {most} packages are still compiled, and linking takes {link}")
        }
    };
    match range(&|facts| facts.cold.as_ref().map(|cold| cold.wall)) {
        Some(cold) => format!("{warm}; a build with an empty cache takes {cold}"),
        None => warm,
    }
}

#[cfg(test)]
mod tests;
