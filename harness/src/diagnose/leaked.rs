//! Rule: goroutines that the runtime's own leak detection proved to be blocked for good.
//!
//! Its profile is taken at the very end, when `main` may have returned: a pool of workers whose
//! channel only `main` held is then "leaked" too, and is no leak. So where growth could be measured, the
//! profile confirms what grows and nothing else; where not, many goroutines of one creation site
//! are a finding of their own.

use super::case::{Case, Judged};
use super::draft::{Draft, RunGrowth, SiteGrowth};
use super::identity::{Blame, Cause};
use super::trend::{Pattern, Trend};
use super::{RunEvidence, draft};
use crate::model::{Bytes, Confidence, Evidence, Frame, LeakKind, LeakedGoroutines, SiteClass, Stack};

/// Fewer leaked goroutines than this, of which growth is not known, are taken for a pool.
const MANY: u64 = 10;

/// Confirms goroutine drafts, and adds those that only the profile shows.
pub(super) fn run(case: &Case<'_>, drafts: &mut Vec<Draft>) {
    for run in case.runs {
        for group in run.pieces.leaked.iter().flatten() {
            let Some((cause, stack)) = creation(case, group) else { continue };
            let known = drafts
                .iter_mut()
                .find(|draft| draft.kind == LeakKind::Goroutine && draft.cause.same_function(&cause));
            match known {
                Some(draft) => confirm(draft, group),
                None if group.count >= MANY && !growth_was_measured(case) => {
                    drafts.extend(alone(case, run, group, (cause, stack)));
                }
                None => {}
            }
        }
    }
}

/// Who created them: the trace's stack, or the frame that the text has.
fn creation(case: &Case<'_>, group: &LeakedGoroutines) -> Option<(Cause, Stack)> {
    let stack: Stack = match (&group.creation, &group.created_by) {
        (Some(stack), _) => stack.clone(),
        (None, Some(frame)) => std::iter::once(frame.clone()).collect(),
        (None, None) => return None,
    };
    Some((Blame::of(case.build, &stack)?.cause(case.build), stack))
}

fn growth_was_measured(case: &Case<'_>) -> bool {
    let measured =
        |judged: &Judged<'_>| judged.points.are_enough() && !judged.run.pieces.goroutines.groups.is_empty();
    case.best().iter().any(measured)
}

/// The runtime's proof takes the place of what the trace saw last of the same goroutines.
fn confirm(draft: &mut Draft, group: &LeakedGoroutines) {
    if draft.proved == 0 {
        draft.further.retain(|evidence| !matches!(evidence, Evidence::Blocked { .. }));
    }
    draft.proved = draft.proved.max(group.count);
    let known = draft.further.iter_mut().find_map(|evidence| match evidence {
        Evidence::Blocked { stack, wait, count, .. }
            if stack[..] == group.stack[..] && *wait == group.wait =>
        {
            Some(count)
        }
        _ => None,
    });
    match known {
        Some(count) => *count = (*count).max(group.count), // the same place in another run
        None => draft.further.push(blocked(group)),
    }
}

fn blocked(group: &LeakedGoroutines) -> Evidence {
    Evidence::Blocked {
        wait: group.wait.clone(),
        stack: group.stack.to_vec(),
        count: group.count,
        proved: true,
    }
}

/// A finding whose growth is taken from the count at the end.
fn alone(
    case: &Case<'_>,
    run: &RunEvidence<'_>,
    group: &LeakedGoroutines,
    (cause, stack): (Cause, Stack),
) -> Option<Draft> {
    let (_, blamed, library) = draft::blame(case, &stack)?;
    // One checkpoint, which mostly is the one at the end, counts nothing that could be called an operation.
    let checkpoints = &run.pieces.checkpoints;
    let operations = checkpoints.last().filter(|_| checkpoints.len() > 1).map_or(0, |last| last.operations.0);
    let gained = i64::try_from(group.count).unwrap_or(i64::MAX);
    let trend = Trend { pattern: Pattern::Steady, gained, operations, last: group.count, since: 0 };
    let unknown = || Frame { function: "?".into(), file: "?".into(), line: 0 };
    let site = SiteGrowth {
        class: SiteClass::User,
        start: Some(group.stack.last().cloned().unwrap_or_else(unknown)),
        stack,
        blamed,
        library,
        object_size: Bytes(0),
        values: vec![group.count],
        objects: vec![group.count],
        gained_objects: gained, // there was none before the first operation
        trend,
        since_cycle: None,
    };
    let mut draft = Draft::new(LeakKind::Goroutine, cause, 1, Confidence::Medium);
    draft.runs.push(RunGrowth { repeat: run.id.repeat, sites: vec![site] });
    draft.limit(Confidence::Medium, "trace", "growth could not be measured: the count is the one at the end");
    confirm(&mut draft, group);
    Some(draft)
}
