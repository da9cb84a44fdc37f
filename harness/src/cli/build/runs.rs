//! Runs: every variant's own binary, several times, in turns.

use super::Bench;
use crate::cli::error::CliError;
use crate::cli::measure::measured;
use crate::lab;
use crate::lab::runs::Runs;
use crate::model::lab::NotRun;
use crate::model::lab::runs::RunsAnswer;
use crate::toolchain::Built;
use crate::toolchain::lab::Subject;

pub(super) fn answer(bench: &Bench<'_>) -> Result<RunsAnswer, CliError> {
    let mut not_run = Vec::new();
    let mut runners: Vec<(&Subject<'_>, &Built, Runs)> = Vec::new();
    for subject in &bench.subjects {
        let needs = match subject.built {
            None => Some("a build that succeeds".to_owned()),
            Some(built) => built.facts.runner.needs(&built.facts.target()),
        };
        match (subject.built, needs) {
            (Some(built), None) => {
                let emulator = built.facts.runner.emulator().map(|emulator| emulator.name.clone());
                runners.push((subject, built, Runs { emulator, ..Runs::default() }));
            }
            (_, needs) => not_run.push(note(subject, needs.unwrap_or_default())),
        }
    }
    let why = rounds(bench, &mut runners)?;
    let (mut records, mut failures) = (Vec::new(), why.into_iter());
    for (subject, _, runs) in runners {
        let why = failures.next().flatten();
        if let (true, Some(why)) = (runs.measured.is_empty(), why) {
            not_run.push(note(subject, format!("runs that succeed: {why}")));
        }
        records.push((subject.variant.name.clone(), runs));
    }
    let mut answer = lab::runs::answer(bench.records(&records));
    answer.not_run = not_run;
    Ok(answer)
}

fn note(subject: &Subject<'_>, needs: String) -> NotRun {
    NotRun { variant: subject.variant.name.clone(), what: "runs".to_owned(), needs }
}

/// All rounds: each has a run of every variant, every other round in the opposite order, so that a machine that slows down
/// or warms up does so for all of them. The first one warms caches and does not count. Tells how each last failed.
fn rounds(
    bench: &Bench<'_>,
    runners: &mut [(&Subject<'_>, &Built, Runs)],
) -> Result<Vec<Option<String>>, CliError> {
    let mut failed: Vec<Option<String>> = vec![None; runners.len()];
    let rounds = bench.repeat.saturating_add(1);
    let total = runners.len().saturating_mul(usize::try_from(rounds).unwrap_or(usize::MAX));
    let progress = bench.context.console.progress(total, "runs");
    let mut made = 0;
    for round in 0..rounds {
        let mut order: Vec<usize> = (0..runners.len()).collect();
        if round % 2 == 1 {
            order.reverse();
        }
        for at in order {
            let Some((subject, built, runs)) = runners.get_mut(at) else { continue };
            let name = &subject.variant.name;
            progress.begin(name);
            let root = subject.out.join("runs");
            let run = measured(subject.scenario, (name, built), (round, &root), bench.context)?;
            match run {
                Ok(run) => runs.measured.extend((round > 0).then_some(run)),
                Err(why) => {
                    runs.failed += usize::from(round > 0);
                    failed[at] = Some(why);
                }
            }
            progress.tick(made);
            made += 1;
        }
        bench.context.console.mention(&format!("{:>8} round {round} of {}", "runs", bench.repeat));
    }
    Ok(failed)
}
