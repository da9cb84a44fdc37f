//! Runs that failed, each way of failing said once.
//!
//! Input: a capture's runs, and what its programs said last. Output: reasons for the verdict, in words that end with what to
//! do. It judges no leaks.

use crate::baseline::Verdict;
use crate::capture::{self, CaptureDir, End, RunRecord};
use crate::diagnose::TOO_FEW;
use crate::model::Outcome;
use crate::report;
use crate::scenario::{CheckpointSpec, Workload};

/// What failed, in the order of the runs.
pub(super) fn failed_runs(dir: &CaptureDir) -> Vec<(Outcome, String)> {
    let manifest = dir.manifest();
    // The user's own impatience is no failure of the program's.
    let failed = manifest.runs.iter().filter(|run| !run.ok && run.end != End::Interrupted);
    let said = failed.map(|run| Failed::new(run, capture::failure_text(dir.root(), run)));
    let reason = |same: &Vec<Failed<'_>>| (Outcome::WorkloadFailed, words(same, &manifest.scenario.workload));
    alike(said.collect()).iter().map(reason).collect()
}

/// A run that failed, and what it said last.
struct Failed<'a> {
    run: &'a RunRecord,
    end: String,
    tail: String,
}

impl<'a> Failed<'a> {
    fn new(run: &'a RunRecord, tail: String) -> Self {
        Self { run, end: report::end_words(&run.end), tail }
    }

    /// The runtime's own first word on why it died.
    fn died_of(&self) -> Option<&str> {
        self.tail.lines().find(|line| line.starts_with("panic:") || line.starts_with("fatal error:"))
    }

    fn is_like(&self, other: &Self) -> bool {
        self.run.id.variant == other.run.id.variant
            && self.end == other.end
            && self.died_of() == other.died_of()
    }
}

/// Runs of one variant that failed in the same way, together: modes and repeats mostly fail alike.
fn alike(failed: Vec<Failed<'_>>) -> Vec<Vec<Failed<'_>>> {
    let mut groups: Vec<Vec<Failed<'_>>> = Vec::new();
    for one in failed {
        match groups.iter_mut().find(|group| group.first().is_some_and(|first| first.is_like(&one))) {
            Some(group) => group.push(one),
            None => groups.push(vec![one]),
        }
    }
    groups
}

fn words(same: &[Failed<'_>], workload: &Workload) -> String {
    let Some((first, others)) = same.split_first() else { return String::new() };
    let mut text = format!("{}: {}", first.run.dir, first.end);
    match others {
        [] => {}
        [one] => text.push_str(&format!("; so did {}", one.run.dir)),
        [one, ..] => text.push_str(&format!("; so did {} more: {}, …", others.len(), one.run.dir)),
    }
    if !first.tail.is_empty() {
        text.push('\n');
        text.push_str(first.tail.trim_end());
    }
    text.extend(advice(&first.run.end, workload).map(|advice| format!("\nhint: {advice}")));
    text
}

/// What may mend it.
fn advice(end: &End, workload: &Workload) -> Option<&'static str> {
    let is_driven = workload.driver.is_some();
    match end {
        End::TimedOut { .. } if is_driven => {
            Some("`timeout` in [workload] is for all rounds together; or one of them never ends")
        }
        End::TimedOut { .. } => Some(
            "a program that serves until it is stopped needs load from outside: `harness init PACKAGE` writes rounds \
             of it; one that ends by itself may need a longer `timeout` in [workload]",
        ),
        End::Exited { .. } if workload.args.is_empty() && !is_driven => {
            Some("it was called without arguments; `args` in [workload] gives it some")
        }
        _ => None,
    }
}

/// Tells a verdict that had too few checkpoints how a run gets more.
pub(super) fn advise(verdict: &mut Verdict, workload: &Workload) {
    let Some(advice) = more_checkpoints(&workload.checkpoint) else { return };
    for reason in verdict.reasons.iter_mut().filter(|reason| reason.text.contains(TOO_FEW)) {
        reason.text.push_str(&format!("\nhint: {advice}"));
    }
}

fn more_checkpoints(spec: &CheckpointSpec) -> Option<&'static str> {
    match spec {
        CheckpointSpec::Call { .. } => Some(
            "give the program more work, or a smaller `every` in [workload.checkpoint]: a tenth of the calls that a run \
             makes; the first and the last checkpoint are not compared",
        ),
        CheckpointSpec::Interval { .. } => Some(
            "it ended too soon for checkpoints by time: give it more work, or name in [workload.checkpoint] the function \
             that runs once per operation, which `harness init PACKAGE` looks for",
        ),
        CheckpointSpec::Round => Some("more `rounds` in [workload.driver]"),
        CheckpointSpec::Signal | CheckpointSpec::Gc | CheckpointSpec::Exit => Some(
            "`harness init PACKAGE` looks for a function that runs once per operation: its calls make checkpoints",
        ),
        CheckpointSpec::Test => None,
    }
}

#[cfg(test)]
mod tests {
    use camino::Utf8Path;

    use super::*;
    use crate::baseline::{Cause, Reason};
    use crate::model::{Mode, RunId};
    use crate::scenario;

    fn run(mode: Mode, repeat: u32, end: End) -> RunRecord {
        let id = RunId { variant: "default".into(), mode, repeat, test: None };
        let dir = format!("default/{}-{repeat}", mode.word());
        RunRecord::unmeasured(id, dir.into(), (end, false))
    }

    fn told(runs: &[(RunRecord, &str)]) -> Vec<String> {
        let workload = scenario::for_package(Utf8Path::new("/"), ".").workload;
        let all = runs.iter().map(|(run, tail)| Failed::new(run, (*tail).to_owned()));
        alike(all.collect()).iter().map(|same| words(same, &workload)).collect()
    }

    #[test]
    fn runs_that_fail_alike_are_told_once_with_what_the_first_said() {
        let code = || End::Exited { code: 3 };
        let runs = [
            (run(Mode::Plain, 1, code()), "--- default/plain-1/stderr.txt\nno such flag"),
            (run(Mode::Natural, 1, code()), "--- default/natural-1/stderr.txt\nno such flag"),
            (run(Mode::Step, 1, code()), "--- default/step-1/stderr.txt\nno such flag"),
        ];
        assert_eq!(
            told(&runs),
            [
                "default/plain-1: exit code 3; so did 2 more: default/natural-1, …\n--- default/plain-1/stderr.txt\nno \
              such flag\nhint: it was called without arguments; `args` in [workload] gives it some"
            ]
        );
    }

    #[test]
    fn runs_that_die_of_different_things_are_told_apart() {
        let code = || End::Exited { code: 2 };
        let runs =
            [(run(Mode::Plain, 1, code()), "panic: one"), (run(Mode::Plain, 2, code()), "panic: another")];
        assert_eq!(told(&runs).len(), 2);
        let ends =
            [(run(Mode::Plain, 1, code()), ""), (run(Mode::Plain, 2, End::Signalled { signal: 9 }), "")];
        assert_eq!(told(&ends).len(), 2);
    }

    #[test]
    fn too_few_checkpoints_come_with_a_way_to_more_of_them() {
        let reason = |text: String| Reason { outcome: Outcome::Inconclusive, cause: Cause::Doubt, text };
        let mut verdict = Verdict {
            outcome: Outcome::Inconclusive,
            exit_code: 6,
            headline: String::new(),
            reasons: vec![
                reason(format!("heap growth by site: 5 {TOO_FEW}, there are 1")),
                reason("other".into()),
            ],
        };
        let mut workload = scenario::for_package(Utf8Path::new("/"), ".").workload;
        workload.checkpoint = CheckpointSpec::Round;
        advise(&mut verdict, &workload);
        assert!(verdict.reasons[0].text.ends_with("there are 1\nhint: more `rounds` in [workload.driver]"));
        assert_eq!(verdict.reasons[1].text, "other");
    }

    #[test]
    fn a_program_that_does_not_end_is_told_how_it_gets_load() {
        let told = told(&[(run(Mode::Plain, 1, End::TimedOut { gentle: true }), "")]);
        assert!(told[0].contains("\nhint: ") && told[0].contains("`harness init PACKAGE`"), "{told:?}");
    }
}
