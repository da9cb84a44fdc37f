//! One step for `git bisect run`, which has checked a commit out already.
//!
//! git takes 0 for good, 125 for neither, 128 and more for an end of the search, and everything else for bad: so whatever
//! keeps us from judging is 125, or 130.

use super::args::Bisect;
use super::bench::{Bench, Shown};
use super::question::On;
use super::with_variant;
use crate::capture::Store;
use crate::cli::error::CliError;
use crate::cli::{Context, args, console, reproduce, scenarios};
use crate::lab::bisect::{Limit, Seen};
use crate::model::{Outcome, stats};

pub(super) fn command(args: &Bisect, context: &Context) -> Outcome {
    if let Err(error) = answerable(&args.on) {
        console::complain(&format!("error: {}", error.message()));
        return Outcome::Interrupted; // no commit has an answer, so the search is over
    }
    let judged = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| judge(args, context)));
    match judged {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(CliError::Interrupted)) => Outcome::Interrupted,
        Err(_) => {
            console::complain("error: this is a bug in the harness; the search ends here");
            Outcome::Interrupted
        }
        Ok(Err(error)) => {
            console::complain(&format!("error: {}", error.message()));
            Outcome::Skip
        }
    }
}

/// A step sees one end alone.
fn answerable(on: &On) -> Result<(), CliError> {
    match on {
        On::Figure(_, Limit::Half | Limit::Share(_)) => Err(CliError::usage(
            "a step has no other end to compare a figure with",
            "name the value from which on it is bad: `--on size:8MB`",
        )),
        On::Figure(_, Limit::Amount(_)) | On::Finding(_) | On::Verdict => Ok(()),
    }
}

fn judge(args: &Bisect, context: &Context) -> Result<Outcome, CliError> {
    let mut scenario = scenarios::resolve(&args.scenario, &context.environment.dir)?;
    let store = Store::below(&scenarios::root(&scenario, &context.environment.dir))?;
    let _lock = store.lock(&scenario.name)?;
    match &args.variant {
        None => reproduce::one_variant(&mut scenario),
        Some(name) => scenarios::select(&mut scenario, &args::Variants { variants: vec![name.clone()] })?,
    }
    let variant = scenario.variants.first().cloned();
    let variant =
        variant.ok_or_else(|| CliError::usage("the scenario has no variant", "see `harness check`"))?;
    let bench = Bench { args, store: &store, context, trials: Vec::new() };
    let shown = bench.show("the sources as they are", &with_variant(&scenario, variant))?;
    let outcome = outcome(&args.on, &shown);
    let word = match outcome {
        Outcome::Pass => "good",
        Outcome::Leak => "bad",
        _ => "neither good nor bad",
    };
    let mut text = format!("{word}: {}\n", bench.words(&shown));
    if let Ok(Seen::Findings(all)) = &shown {
        text.extend(all.iter().map(|one| format!("  {}  [{}]\n", one.sentence, one.fingerprint)));
    }
    context.console.print(&context.console.fitted(text))?;
    Ok(outcome)
}

fn outcome(on: &On, shown: &Shown) -> Outcome {
    let Ok(seen) = shown else { return Outcome::Skip };
    let is_bad = match (on, seen) {
        (On::Finding(only), Seen::Findings(all)) => {
            all.iter().any(|one| only.as_ref().is_none_or(|prefix| one.fingerprint.starts_with(prefix)))
        }
        (On::Figure(_, Limit::Amount(limit)), Seen::Figure(values)) => {
            stats::median(values).is_some_and(|value| value >= *limit)
        }
        (_, Seen::Verdict(Outcome::Pass)) => false,
        (_, Seen::Verdict(Outcome::Leak)) => true,
        _ => return Outcome::Skip,
    };
    if is_bad { Outcome::Leak } else { Outcome::Pass }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::bisect::SeenFinding;

    #[test]
    fn what_cannot_be_judged_is_neither_for_git() {
        let code = |on: &str, shown: Shown| outcome(&on.parse().expect("a question"), &shown).exit_code();
        assert_eq!(code("finding", Err("does not build".to_owned())), 125);
        assert_eq!(code("verdict", Ok(Seen::Verdict(Outcome::WorkloadFailed))), 125);
        assert_eq!(code("verdict", Ok(Seen::Verdict(Outcome::Leak))), 1);
        let leak = SeenFinding { fingerprint: "ab12".to_owned(), sentence: String::new() };
        let leaks = || Ok(Seen::Findings(vec![leak.clone()]));
        assert_eq!(
            [code("finding", leaks()), code("finding:ab", leaks()), code("finding:cd", leaks())],
            [1, 1, 0]
        );
        assert_eq!(code("size:8", Ok(Seen::Figure(vec![8.0]))), 1);
        assert_eq!(code("size:9", Ok(Seen::Figure(vec![8.0]))), 0);
    }

    #[test]
    fn a_figure_needs_a_value_since_there_is_no_other_end() {
        for (on, is_answerable) in
            [("size", false), ("size:5%", false), ("size:8MB", true), ("finding", true)]
        {
            assert_eq!(answerable(&on.parse().expect("a question")).is_ok(), is_answerable, "{on}");
        }
    }
}
