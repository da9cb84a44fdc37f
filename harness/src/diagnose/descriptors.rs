//! Rule: open descriptors grow at every checkpoint after warm-up.
//!
//! `/proc/self/fd` tells how many of which kind there are, exactly; `openers` tells who opened them. Both ends of a
//! connection within the process are one leak: accepted sockets that grow as dialled ones do are laid at the dialling
//! line. What nobody is known to have opened is reported without a line, not left out.

use super::case::{Case, Judged};
use super::draft::{self, Draft, SiteGrowth};
use super::identity::Cause;
use super::openers::{self, Opener};
use super::outside::{at_points, figures, growth, have, sum, trend_of};
use super::trend::steady;
use crate::model::{Confidence, Evidence, LeakKind, OpenDescriptors};

/// Of the growth, what is left when the openers are subtracted counts from a tenth of it on.
const UNEXPLAINED: i64 = 10;

/// Whether any run tells of open descriptors.
pub(super) fn is_told(case: &Case<'_>) -> bool {
    have(case.best(), |checkpoint| checkpoint.process?.open)
}

/// Finds growing kinds in the runs that tell most.
pub(super) fn run(case: &Case<'_>, drafts: &mut Vec<Draft>) {
    let head = (
        LeakKind::Descriptors,
        draft::repeats(case.best(), |judged| open(judged).is_some()),
        Confidence::High,
    );
    let first_new = drafts.len();
    for judged in case.best() {
        let Some(open) = open(judged) else { continue };
        let found = found(case, judged, &open);
        let (sites, evidence): (Vec<_>, Vec<_>) = found.into_iter().unzip();
        let causes: Vec<Cause> = sites.iter().map(|(cause, _)| cause.clone()).collect();
        draft::collect(drafts, head, judged.run.id.repeat, sites);
        let new = drafts.get_mut(first_new..).unwrap_or_default();
        for (cause, (detail, further)) in causes.iter().zip(evidence) {
            for draft in new.iter_mut().filter(|draft| draft.cause == *cause && draft.runs.len() == 1) {
                draft.detail.clone_from(&detail);
                draft.further.extend(further.iter().cloned());
            }
        }
    }
    for draft in drafts.get_mut(first_new..).unwrap_or_default() {
        doubt(case, draft);
    }
}

fn open(judged: &Judged<'_>) -> Option<Vec<OpenDescriptors>> {
    at_points(judged, &judged.points, |checkpoint| checkpoint.process?.open)
        .filter(|_| judged.points.are_enough())
}

type Found = ((Cause, SiteGrowth), (String, Vec<Evidence>));

fn found(case: &Case<'_>, judged: &Judged<'_>, open: &[OpenDescriptors]) -> Vec<Found> {
    let operations = judged.points.operations();
    let total: Vec<u64> = open.iter().map(OpenDescriptors::total).collect();
    let Some(trend) = steady(&total, &operations) else { return Vec::new() };
    let (kinds, mut shown) = grown_kinds(open, &operations);
    shown.push(figures("open descriptors at each checkpoint, by the system", "descriptors", total.clone()));
    let all = openers::find(case, judged, &judged.points, trend.gained);
    let explained: i64 = all.iter().map(Opener::gained).sum();
    let mut found = Vec::new();
    for (opener, peers) in joined(all) {
        let values =
            sum(std::iter::once(&opener.values).chain(peers.iter().map(|peer| &peer.values)), total.len());
        let both =
            if peers.is_empty() { "" } else { ", half of them the accepted ends of the same connections" };
        let evidence = std::iter::once(&opener).chain(&peers).map(Opener::evidence);
        let further = shown.iter().cloned().chain(evidence).collect();
        let trend = trend_of(&values, &operations);
        let site = growth(case, Some(&opener.stack), values, (&judged.points, trend));
        found.push((site, (format!(" ({kinds}{both})"), further)));
    }
    let left = trend.gained.saturating_sub(explained);
    if left * UNEXPLAINED > trend.gained {
        let values = if found.is_empty() { total } else { rest(&total, &found) };
        let trend = trend_of(&values, &operations);
        let site = growth(case, None, values, (&judged.points, trend));
        found.push((site, (format!(" ({kinds})"), shown)));
    }
    found
}

/// What is left of the total when that of all sites is subtracted.
fn rest(total: &[u64], found: &[Found]) -> Vec<u64> {
    let sites = sum(found.iter().map(|((_, site), _)| &site.values), total.len());
    total.iter().zip(sites).map(|(all, known)| all.saturating_sub(known)).collect()
}

/// Openers, each with the accepting ones that are the other ends of its connections.
fn joined(all: Vec<Opener>) -> Vec<(Opener, Vec<Opener>)> {
    let (accepting, mut others): (Vec<Opener>, Vec<Opener>) =
        all.into_iter().partition(|opener| opener.accepts);
    others.sort_by_key(|opener| std::cmp::Reverse(opener.gained()));
    let mut joined: Vec<(Opener, Vec<Opener>)> =
        others.into_iter().map(|opener| (opener, Vec::new())).collect();
    for peer in accepting {
        let same = |(opener, peers): &&mut (Opener, Vec<Opener>)| {
            peers.is_empty() && (opener.gained() - peer.gained()).abs() * 10 <= peer.gained()
        };
        match joined.iter_mut().find(same) {
            Some((_, peers)) => peers.push(peer),
            None => joined.push((peer, Vec::new())),
        }
    }
    joined
}

/// The kinds that grow, in words, and their figures.
fn grown_kinds(open: &[OpenDescriptors], operations: &[u64]) -> (String, Vec<Evidence>) {
    let (mut words, mut shown) = (Vec::new(), Vec::new());
    for place in 0..OpenDescriptors::default().kinds().len() {
        let values: Vec<u64> = open.iter().filter_map(|open| Some(open.kinds().get(place)?.2)).collect();
        let name = OpenDescriptors::default().kinds().get(place).map_or("", |(_, many, _)| many);
        if steady(&values, operations).is_some() {
            words.push(name);
            shown.push(figures(&format!("{name} among the open descriptors"), "descriptors", values));
        }
    }
    let words = if words.is_empty() { "of changing kinds".to_owned() } else { words.join(" and ") };
    (words, if shown.len() > 1 { shown } else { Vec::new() })
}

/// What speaks against being sure of the line.
fn doubt(case: &Case<'_>, draft: &mut Draft) {
    let no_line = draft.main_site().is_some_and(|site| site.stack.is_empty());
    if no_line {
        let why = if case.best().iter().any(|judged| judged.run.pieces.calls.is_some()) {
            "no call that opens them is in it: `pipe2`, `socket` and others that do not block are not traced"
        } else {
            "there is none, so that nobody is known to have opened them"
        };
        draft.limit(Confidence::Medium, "trace", why);
    } else if case.step.is_empty() {
        draft.limit(
            Confidence::Medium,
            "step run",
            "there is none: the line is that of as many calls that open",
        );
    }
}
