//! Rule: living goroutines of a creation site grow at every checkpoint after warm-up.
//!
//! The trace counts what was created and what ended by creation stack and start function, so the
//! `go` statement's line is known even where the goroutine runs in a library.

use super::case::{Case, Judged};
use super::draft::{self, Draft, SiteGrowth};
use super::identity::Cause;
use super::points::Points;
use super::trend::steady;
use crate::model::{
    Bytes, Confidence, Evidence, Frame, GoroutineGroup, LeakKind, Owner, RunPieces, SiteClass, Stack,
};

/// Finds growing creation sites in the runs that tell most.
pub(super) fn run(case: &Case<'_>, drafts: &mut Vec<Draft>) {
    let enough =
        |judged: &Judged<'_>| judged.points.are_enough() && !judged.run.pieces.goroutines.groups.is_empty();
    let head = (LeakKind::Goroutine, draft::repeats(case.best(), enough), Confidence::High);
    let first_new = drafts.len();
    for judged in case.best() {
        let groups = &judged.run.pieces.goroutines.groups;
        let grown = groups.iter().filter_map(|group| grown(case, group, &judged.points)).collect();
        draft::collect(drafts, head, judged.run.id.repeat, grown);
    }
    for draft in drafts.iter_mut().skip(first_new) {
        draft.further = blocked(case, draft);
        if case.best().iter().any(|judged| !judged.run.pieces.goroutines.complete) {
            draft.limit(Confidence::Medium, "trace", "it lacks its beginning, its end, or events between");
        }
    }
}

fn grown(case: &Case<'_>, group: &GoroutineGroup, points: &Points) -> Option<(Cause, SiteGrowth)> {
    let alive: Option<Vec<u64>> =
        points.0.iter().map(|point| group.alive_at.get(point.place).copied()).collect();
    let alive = alive?;
    let trend = steady(&alive, &points.operations())?;
    let stack = creation(case, group);
    let (cause, blamed, library) = draft::blame(case, &stack)?;
    let library = library.or_else(|| standard(case, &stack, &blamed, &group.start));
    let site = SiteGrowth {
        class: SiteClass::User,
        stack,
        blamed,
        library,
        object_size: Bytes(0),
        start: Some(group.start.clone()),
        values: alive.clone(),
        objects: alive,
        gained_objects: trend.gained,
        since_cycle: draft::dated(points, &trend),
        trend,
    };
    Some((cause, site))
}

/// The creation stack without the runtime's own frames on top. When no frame of the user's or a
/// library's is on it (a library's goroutine creates others through the standard library), the
/// start function is the nearest there is.
pub(super) fn creation(case: &Case<'_>, group: &GoroutineGroup) -> Stack {
    let modules = case.build.modules;
    let is_runtime = |frame: &&Frame| modules.owner(&frame.function) == Owner::Runtime;
    let stack: Vec<Frame> = group.created_by.iter().skip_while(is_runtime).cloned().collect();
    if modules.user_frame(&stack).is_none()
        && modules.user_frame(std::slice::from_ref(&group.start)).is_some()
    {
        return std::iter::once(group.start.clone()).chain(stack).collect();
    }
    stack.into()
}

/// The function of the standard library that `blamed` called, of goroutines that run such code: theirs are to be ended
/// by what it returned. No part of the cause.
fn standard(case: &Case<'_>, stack: &[Frame], blamed: &Frame, start: &Frame) -> Option<Frame> {
    let is_standard = |frame: &Frame| case.build.modules.owner(&frame.function) == Owner::Std;
    let place = stack.iter().position(|frame| frame == blamed)?;
    let called = stack.get(place.checked_sub(1)?)?;
    (is_standard(start) && is_standard(called)).then(|| called.clone())
}

/// What the living goroutines of a draft's first run wait for.
fn blocked(case: &Case<'_>, draft: &Draft) -> Vec<Evidence> {
    let pieces = draft.first().and_then(|first| {
        let same = |judged: &&Judged<'_>| judged.run.id.repeat == first.repeat;
        case.best().iter().find(same).map(|judged| judged.run.pieces)
    });
    pieces.map_or_else(Vec::new, |pieces| waits(case, draft, pieces))
}

/// Others of one cause that do not grow (the one that accepts connections, beside those that serve them) wait as they
/// should.
pub(super) fn waits(case: &Case<'_>, draft: &Draft, pieces: &RunPieces) -> Vec<Evidence> {
    let sites = draft.first().map_or(&[][..], |run| &run.sites);
    let grows = |group: &&GoroutineGroup| {
        let stack = creation(case, group);
        sites.iter().any(|site| site.stack == stack && site.start.as_ref() == Some(&group.start))
    };
    let evidence = |group: &GoroutineGroup| {
        let (wait, stack) = group.blocked.as_ref()?;
        let count = group.created.saturating_sub(group.ended);
        Some(Evidence::Blocked { wait: wait.clone(), stack: stack.to_vec(), count, proved: false })
    };
    pieces.goroutines.groups.iter().filter(grows).filter_map(evidence).collect()
}
