//! Rule: threads of the operating system grow at every checkpoint after warm-up.
//!
//! A thread stays for as long as a goroutine is locked to it, or sits in a system call or in C. The text of all
//! goroutines at the end tells which those are; the line is where they were created.

use super::case::{Case, Judged};
use super::draft::{self, Draft, SiteGrowth};
use super::identity::Cause;
use super::outside::{at_points, figures, growth, have};
use super::trend::steady;
use crate::model::{Confidence, Evidence, FinalGoroutines, Frame, LeakKind, Owner, Stack};

/// Whether any run tells of threads.
pub(super) fn is_told(case: &Case<'_>) -> bool {
    have(case.best(), |checkpoint| Some(checkpoint.process?.threads))
}

/// Finds growth in the runs that tell most.
pub(super) fn run(case: &Case<'_>, drafts: &mut Vec<Draft>) {
    let enough = |judged: &Judged<'_>| threads(judged).is_some();
    let head = (LeakKind::Threads, draft::repeats(case.best(), enough), Confidence::High);
    let first_new = drafts.len();
    for judged in case.best() {
        let Some((site, holder)) = grown(case, judged) else { continue };
        let cause = site.0.clone();
        draft::collect(drafts, head, judged.run.id.repeat, vec![site]);
        let new = drafts.get_mut(first_new..).unwrap_or_default();
        for draft in new.iter_mut().filter(|draft| draft.cause == cause && draft.runs.len() == 1) {
            describe(draft, judged, holder);
        }
    }
}

fn threads(judged: &Judged<'_>) -> Option<Vec<u64>> {
    at_points(judged, &judged.points, |checkpoint| Some(checkpoint.process?.threads))
        .filter(|_| judged.points.are_enough())
}

type Grown<'c> = ((Cause, SiteGrowth), Option<&'c FinalGoroutines>);

fn grown<'c>(case: &Case<'_>, judged: &'c Judged<'_>) -> Option<Grown<'c>> {
    let values = threads(judged)?;
    let trend = steady(&values, &judged.points.operations())?;
    let holder = holders(case, judged)
        .into_iter()
        .filter(|group| i64::try_from(group.ids.len()).is_ok_and(|n| n * 2 >= trend.gained))
        .max_by_key(|group| group.ids.len());
    let stack = holder.map(|group| creation(case, group));
    Some((growth(case, stack.as_deref(), values, (&judged.points, trend)), holder))
}

/// Goroutines of the end that keep a thread each, other than the runtime's and the standard library's own.
fn holders<'c>(case: &Case<'_>, judged: &'c Judged<'_>) -> Vec<&'c FinalGoroutines> {
    let all = judged.run.pieces.final_goroutines.as_deref().unwrap_or_default();
    let keeps = |group: &&FinalGoroutines| {
        (group.locked || group.state == "syscall")
            && draft::blame(case, &creation(case, group)).is_some_and(|(_, frame, _)| {
                matches!(case.build.modules.owner(&frame.function), Owner::MainModule | Owner::Dependency)
            })
    };
    all.iter().filter(keeps).collect()
}

/// Where goroutines were created: by the trace, or as far as their text tells.
pub(super) fn creation(case: &Case<'_>, group: &FinalGoroutines) -> Stack {
    let modules = case.build.modules;
    let is_runtime = |frame: &&Frame| modules.owner(&frame.function) == Owner::Runtime;
    match &group.creation {
        Some(stack) => stack.iter().skip_while(is_runtime).cloned().collect(),
        None => group.created_by.iter().cloned().collect(),
    }
}

fn describe(draft: &mut Draft, judged: &Judged<'_>, holder: Option<&FinalGoroutines>) {
    let values = threads(judged).unwrap_or_default();
    draft.further.push(figures("threads at each checkpoint, by the system", "threads", values));
    let Some(group) = holder else {
        draft.limit(
            Confidence::Medium,
            "goroutines",
            "none of them keeps a thread: these are threads that C code started, or that blocked for a while",
        );
        return;
    };
    let what = if group.locked { "locked to it" } else { "in a system call or in C" };
    draft.detail = format!(", each kept by a goroutine {what}, created");
    let wait =
        if group.locked { format!("{}, locked to its thread", group.state) } else { group.state.clone() };
    draft.further.push(Evidence::Blocked {
        wait,
        stack: group.stack.to_vec(),
        count: group.ids.len() as u64,
        proved: false,
    });
}
