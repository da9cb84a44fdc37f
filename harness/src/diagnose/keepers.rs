//! Which leaked goroutines keep what a site allocates, by the retaining paths of a heap dump.
//!
//! Input: a growing site, the summary of a dump, the goroutine drafts. Output: the draft whose goroutines keep nearly all
//! of it, if one does. Must not decide what becomes of the site (`fold`).
//!
//! That a path begins at a leaked goroutine is not enough. A cache that all of them merely point to is not theirs: it
//! would fill without them, too, and only happens to be reached from their stacks first. So every step has to be the
//! goroutines' own: there are about as many objects as goroutines, or fewer, but then they grow with them. What is
//! shared is one, or a fixed number of shards.
//!
//! A map that lists what leaked goroutines keep (a server's connections, by the goroutines that serve them) grows since
//! they leak, whoever holds it: it is theirs if nearly all that is in it is reached from them before it is from the map,
//! one for each of them. A map of anything else has its own entries on its own paths.
//!
//! A dump has the shortest path to an object, and it may be reached on another one, too. What a global or a goroutine
//! that does not leak reaches first, by more than [`REST`], stays a finding of its own.

use super::case::Case;
use super::draft::{Draft, SiteGrowth};
use super::{fold, holders};
use crate::model::heap::{Entries, HeapSummary, HeldSite, PathStep, RetainingPath, RootKind};
use crate::model::{Frame, SiteClass, is_inside_of_map};

/// Part of a site's bytes that others than leaked goroutines may hold.
const REST: f64 = 0.1;
/// Goroutines for each object of a step, at most: two may share what was made for one call (a sender and a receiver).
const SHARE: u64 = 2;
/// The same where the step's own site grows: not each call makes one.
const GROWING_SHARE: u64 = 10;
/// Fewer goroutines than this cannot tell their own from what they share.
const FEW: u64 = 5;

/// What a dump tells of one site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kept {
    /// There is no dump, or not all of it.
    Unknown,
    /// Nothing in the dump reaches any of its objects, but what may be a pointer on a stack.
    NotSeen,
    /// Somebody else holds a part of it.
    ByOthers,
    /// The goroutines of the draft at this place keep most of it, and leaked ones nearly all.
    By(usize),
}

/// The dump, and what is known of those that may keep memory.
pub(super) struct Keepers<'a> {
    summary: Option<&'a HeapSummary>,
    /// Where memory grows, as a path's steps name it.
    growing: Vec<Frame>,
}

impl<'a> Keepers<'a> {
    /// Of the first run that has a dump; `heap` are the drafts of what grows.
    pub fn new(case: &Case<'a>, heap: &[Draft]) -> Self {
        let sites = heap.iter().filter_map(Draft::first).flat_map(|run| &run.sites);
        let growing = sites.flat_map(down_to_blamed).cloned().collect();
        Self { summary: whole_dump(case), growing }
    }

    /// Who keeps the site's objects; `leaking` are goroutine drafts.
    pub fn of(&self, site: &SiteGrowth, leaking: &[Draft]) -> Kept {
        let Some(summary) = self.summary else { return Kept::Unknown };
        let held = holders::at(site, summary);
        let total: u64 = held.iter().map(|site| site.held.bytes.0).sum();
        let mut by = vec![0u64; leaking.len()];
        for path in held.iter().flat_map(|site| &site.paths) {
            let is_theirs = |draft: &Draft| self.is_own(path, site, draft);
            if let Some(place) = leaking.iter().position(is_theirs) {
                by[place] = by[place].saturating_add(path.held.bytes.0);
            }
        }
        let most = by.iter().enumerate().max_by_key(|(_, bytes)| **bytes);
        let theirs: u64 = by.iter().sum();
        let paths = held.iter().flat_map(|site| &site.paths);
        let guessed: u64 =
            paths.filter(|path| path.root.kind == RootKind::Stack).map(|path| path.held.bytes.0).sum();
        if let Some(place) = leaking.iter().position(|draft| lists(&held, draft)) {
            return Kept::By(place);
        }
        match most {
            Some((place, bytes)) if *bytes > 0 && is_nearly(theirs, &held) => Kept::By(place),
            _ if total <= guessed => Kept::NotSeen,
            _ => Kept::ByOthers,
        }
    }

    /// Whether a path begins at leaked goroutines of the draft, and is theirs on the whole way.
    fn is_own(&self, path: &RetainingPath, end: &SiteGrowth, draft: &Draft) -> bool {
        let alike = path.root.goroutine.as_ref().map_or(0, |goroutine| goroutine.alike);
        let waits = path.steps.iter().take_while(|step| is_wait(step)).count();
        let steps = path.steps.get(waits..).unwrap_or_default();
        let between = steps.split_last().map_or(&[][..], |(_, between)| between);
        let ends = path.held.objects.0;
        // How many nodes of a list hang from the root is not known.
        let is_list = steps.first().is_some_and(|step| step.chain);
        alike >= FEW
            && !is_list
            && between.iter().all(|step| self.is_for_each(step, alike))
            && (ends.saturating_mul(SHARE) >= alike || grows_with(ends, end) || are_tables(between, end))
            && holders::is_of_draft(draft, &fold::starts(draft), &path.root)
    }

    fn is_for_each(&self, step: &PathStep, goroutines: u64) -> bool {
        let at_most = |each: u64| step.count.saturating_mul(each) >= goroutines;
        let same = |site: &Frame| self.growing.iter().any(|at| at.line == site.line && at.file == site.file);
        at_most(SHARE) || (at_most(GROWING_SHARE) && step.site.as_ref().is_some_and(same))
    }
}

/// Whether these are tables of maps that list what the draft's goroutines keep.
fn lists(held: &[&HeldSite], draft: &Draft) -> bool {
    let starts = fold::starts(draft);
    let entries = || held.iter().flat_map(|site| &site.entries);
    let all: u64 = entries().map(|of| of.objects.0).sum();
    let is_one_for_each = |of: &&Entries| {
        let Some(root) = &of.root else { return false };
        let alike = root.goroutine.as_ref().map_or(0, |goroutine| goroutine.alike);
        let (at_least, at_most) = (of.objects.0.saturating_mul(SHARE), alike.saturating_mul(SHARE));
        alike >= FEW
            && at_least >= alike
            && of.objects.0 <= at_most
            && holders::is_of_draft(draft, &starts, root)
    };
    let theirs: u64 = entries().filter(is_one_for_each).map(|of| of.objects.0).sum();
    theirs > 0 && theirs as f64 >= (1.0 - REST) * all as f64
}

/// What the runtime notes of a goroutine that waits. It is the goroutine's own, and used again and again, so that its
/// site tells nothing.
fn is_wait(step: &PathStep) -> bool {
    step.type_name.as_deref() == Some("runtime.sudog")
}

/// What is at the path's end are tables of the map before it. No two maps share them, however few they are.
fn are_tables(between: &[PathStep], end: &SiteGrowth) -> bool {
    let of_map = |name: &str| name.starts_with("map<") || name.starts_with("map[") || is_inside_of_map(name);
    let before = between.last().and_then(|step| step.type_name.as_deref());
    end.class == SiteClass::Map && before.is_some_and(of_map)
}

/// Most of the objects at a path's end came while it was measured: it is not one thing that becomes larger.
fn grows_with(ends: u64, site: &SiteGrowth) -> bool {
    let gained = u64::try_from(site.gained_objects).unwrap_or(0);
    ends >= FEW && gained.saturating_mul(2) >= ends
}

/// The frames of a site that a dump may name it by.
pub(super) fn down_to_blamed(site: &SiteGrowth) -> impl Iterator<Item = &Frame> {
    let place = site.stack.iter().position(|frame| *frame == site.blamed);
    site.stack.iter().take(place.map_or(0, |place| place + 1))
}

/// The dump of the first run that has one, if that was not cut off.
pub(super) fn whole_dump<'a>(case: &Case<'a>) -> Option<&'a HeapSummary> {
    let dump = case.best().iter().find_map(|judged| judged.run.pieces.heap.as_ref());
    dump.map(|heap| &heap.summary).filter(|summary| summary.totals.agreement.is_some())
}

/// Whether these bytes are nearly all of the sites'. What the summary does not list hangs as what it does list, if that
/// is the most of it.
pub(super) fn is_nearly(bytes: u64, held: &[&HeldSite]) -> bool {
    let total: u64 = held.iter().map(|site| site.held.bytes.0).sum();
    let unlisted: u64 = held.iter().map(|site| site.unlisted.bytes.0).sum();
    let listed = total.saturating_sub(unlisted);
    unlisted <= listed && bytes as f64 >= (1.0 - REST) * listed as f64
}
