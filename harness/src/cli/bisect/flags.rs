//! Which flags of two variants did it.

use super::bench::Bench;
use super::{report, rule, with_variant};
use crate::cli::error::CliError;
use crate::lab::bisect::{Atom, apply, atoms, minimal};
use crate::report::bisect::{BisectReport, Culprit};
use crate::scenario::{Scenario, Variant};

pub(super) fn search(bench: &mut Bench<'_>, scenario: &Scenario) -> Result<BisectReport, CliError> {
    let (good_name, bad_name) = (name(&bench.args.good), name(&bench.args.bad));
    let (good, bad) = (find(scenario, &good_name)?, find(scenario, &bad_name)?);
    let atoms = atoms(&good.build, &bad.build);
    if atoms.is_empty() {
        let what = format!("variants `{good_name}` and `{bad_name}` are built in the same way");
        return Err(CliError::usage(what, "`harness bisect --good REV --bad REV` looks for a commit"));
    }
    // Under the good variant's name throughout, so that what the scenario expects of it stays.
    let with = |changes: &[&Atom]| {
        let build = apply(&good.build, &bad.build, changes);
        with_variant(scenario, Variant { name: good.name.clone(), build, package: good.package.clone() })
    };
    let all: Vec<&Atom> = atoms.iter().collect();
    let shown = bench.show(&good_name, &with(&[]))?;
    let of_bad = bench.show(&bad_name, &with(&all))?;
    let rule = rule(bench, (&good_name, shown), (&bad_name, of_bad))?;
    let found = minimal(atoms.len(), |set| {
        bench.interrupted()?;
        let changes: Vec<&Atom> = set.iter().filter_map(|at| atoms.get(*at)).collect();
        bench.trial(&words(&changes), &with(&changes), &rule)
    })?;
    let culprits = found.changes.iter().filter_map(|at| atoms.get(*at)).map(|atom| atom.words.clone());
    let mut report = report(bench, scenario, Culprit::Flags(culprits.collect()), rule);
    if found.untold > 0 {
        report.notes.push(format!(
            "{} of the smaller sets could not be judged: not all of these changes may be needed for this, but to build or to run",
            found.untold
        ));
    }
    Ok(report)
}

fn words(changes: &[&Atom]) -> String {
    changes.iter().map(|atom| atom.words.as_str()).collect::<Vec<_>>().join(" + ")
}

fn name(end: &Option<String>) -> String {
    end.clone().unwrap_or_default()
}

fn find<'a>(scenario: &'a Scenario, name: &str) -> Result<&'a Variant, CliError> {
    scenario.variants.iter().find(|variant| variant.name == name).ok_or_else(|| {
        let known: Vec<&str> = scenario.variants.iter().map(|variant| variant.name.as_str()).collect();
        let what = format!("scenario `{}` has no variant `{name}`", scenario.name);
        CliError::usage(what, format!("it has {}", known.join(", ")))
    })
}
