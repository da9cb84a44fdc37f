//! Who opened the descriptors that stay open.
//!
//! Three inputs tell. Objects of `os.file` and `net.netFD` stand for a descriptor each, and live until it is closed
//! (by a finalizer if need be), so a stack at which ever more of them live is one whose descriptors stay open: exact,
//! in step runs. Calls that open without such an object (`syscall.Dup`) are in the trace by stack, but so are those
//! whose descriptor was closed elsewhere: they are asked for what the objects leave unexplained. And where the object's
//! stack is a library's goroutine's, the trace's calls tell who created that.

use std::collections::BTreeMap;

use super::case::{Case, Judged};
use super::heap;
use super::outside::{called, calls};
use super::points::Points;
use super::trend::{gained, steady};
use crate::model::{Bytes, CallEffect, CallSite, Evidence, Frame, Owner, SiteClass, Stack, package_of};

/// The functions that allocate the object of a descriptor (`os/file_unix.go`, `net/fd_unix.go`, Go 1.22-1.27), and the
/// least size of that object: smaller ones beside it stand for nothing.
const WRAPPERS: [&str; 2] = ["os.newFile", "net.newFD"];
const LEAST_WRAPPER: Bytes = Bytes(64);
/// Packages whose descriptors have such an object.
const WRAPPING: [&str; 3] = ["os", "net", "internal/poll"];
/// Names of calls that make two descriptors.
const PAIRS: [&str; 3] = ["pipe", "pipe2", "socketpair"];

/// A stack whose descriptors stay open.
#[derive(Debug, Clone)]
pub(super) struct Opener {
    /// Innermost first, with the creation of its goroutine behind it where that is needed.
    pub stack: Stack,
    /// Descriptors that it opened and that are open, or calls, at each point.
    pub values: Vec<u64>,
    /// It accepts connections.
    pub accepts: bool,
    /// The calls that show it; objects that stand for descriptors otherwise.
    called: Option<Evidence>,
}

impl Opener {
    pub fn gained(&self) -> i64 {
        gained(&self.values)
    }

    /// What shows it.
    pub fn evidence(&self) -> Evidence {
        self.called.clone().unwrap_or_else(|| Evidence::Figures {
            what: format!("descriptors opened there and still open, by their {}", object(&self.stack)),
            unit: "descriptors".to_owned(),
            values: self.values.iter().map(|value| i64::try_from(*value).unwrap_or(i64::MAX)).collect(),
            stack: self.stack.to_vec(),
        })
    }
}

/// Openers that account for `missing` more descriptors, most first.
pub(super) fn find(case: &Case<'_>, judged: &Judged<'_>, points: &Points, missing: i64) -> Vec<Opener> {
    let exact = heap::exact_points(judged);
    let wrapped = if exact == *points { wrappers(judged, points) } else { Vec::new() };
    let wrapped = fitting(case, judged, points, wrapped, missing);
    let left = missing.saturating_sub(wrapped.iter().map(Opener::gained).sum());
    let mut all = wrapped;
    if left * 20 > missing {
        let with_object = all.is_empty() && exact != *points;
        all.extend(callers(judged, points, left, with_object));
    }
    all.sort_by_key(|opener| std::cmp::Reverse(opener.gained()));
    all
}

/// One of the stacks, if it alone explains the growth (objects may be kept of descriptors that are closed), or else all.
fn fitting(
    case: &Case<'_>,
    judged: &Judged<'_>,
    points: &Points,
    wrapped: Vec<Opener>,
    missing: i64,
) -> Vec<Opener> {
    let too_many = wrapped.iter().map(Opener::gained).sum::<i64>() > missing + missing / 20;
    let near = |opener: &&Opener| (opener.gained() - missing).abs() * 20 <= missing;
    let alone = wrapped.iter().find(near).filter(|_| too_many).cloned();
    let chosen = alone.map_or(wrapped, |opener| vec![opener]);
    chosen.into_iter().map(|opener| with_creator(case, judged, points, opener)).collect()
}

fn wrappers(judged: &Judged<'_>, points: &Points) -> Vec<Opener> {
    let mut all: BTreeMap<Stack, Vec<u64>> = BTreeMap::new();
    let snapshots = points.0.iter().filter_map(|point| judged.run.pieces.snapshots.get(point.snapshot?));
    for (nth, snapshot) in snapshots.enumerate() {
        let wraps = |stack: &Stack| stack.first().is_some_and(|top| WRAPPERS.contains(&&*top.function));
        let sites = snapshot.sites.iter().filter(|(site, _)| {
            site.class != SiteClass::Probe && site.object_size >= LEAST_WRAPPER && wraps(&site.stack)
        });
        for (site, used) in sites {
            let values = all.entry(site.stack.clone()).or_insert_with(|| vec![0; points.0.len()]);
            values.iter_mut().skip(nth).take(1).for_each(|value| *value += used.inuse_objects.0);
        }
    }
    let operations = points.operations();
    let grows = |(stack, values): (Stack, Vec<u64>)| {
        steady(&values, &operations)?;
        let accepts = stack.iter().any(|frame| frame.function.ends_with(").accept"));
        Some(Opener { stack, values, accepts, called: None })
    };
    all.into_iter().filter_map(grows).collect()
}

fn object(stack: &Stack) -> &'static str {
    let net = stack.first().is_some_and(|top| package_of(&top.function) == "net");
    if net { "net.netFD objects" } else { "os.File objects" }
}

/// Where the stack has no line of the user's: the creation of the goroutine that the trace saw call from there.
fn with_creator(case: &Case<'_>, judged: &Judged<'_>, points: &Points, opener: Opener) -> Opener {
    let has_user = |stack: &[Frame]| {
        stack.iter().any(|frame| case.build.modules.owner(&frame.function) == Owner::MainModule)
    };
    if has_user(&opener.stack) {
        return opener;
    }
    let root = opener.stack.last().map(|frame| &frame.function);
    let effects = [CallEffect::Opens, CallEffect::Uses, CallEffect::Accepts];
    let of_root = |site: &CallSite| {
        let own = site.stack.get(..site.own).unwrap_or_default();
        own.last().map(|frame| &frame.function) == root && has_user(&site.stack)
    };
    let all = calls(judged, points, &effects);
    let most = all.iter().filter(|(site, _)| of_root(site)).max_by_key(|(_, values)| gained(values));
    let Some((site, _)) = most else { return opener };
    let creation = site.stack.get(site.own..).unwrap_or_default();
    let stack = opener.stack.iter().chain(creation).cloned().collect();
    Opener { stack, ..opener }
}

/// Stacks whose calls account for `left` descriptors; with `with_object` also those of packages whose descriptors have
/// an object, when no profile of them is there.
fn callers(judged: &Judged<'_>, points: &Points, left: i64, with_object: bool) -> Vec<Opener> {
    let effects = if with_object {
        &[CallEffect::Opens, CallEffect::Uses, CallEffect::Accepts][..]
    } else {
        &[CallEffect::Opens, CallEffect::Uses][..]
    };
    let mut openers: Vec<Opener> = calls(judged, points, effects)
        .into_iter()
        .filter(|(site, _)| with_object || !is_wrapped(site))
        .map(|(site, values)| {
            let pair = PAIRS.iter().any(|name| {
                site.stack.first().is_some_and(|top| top.function.ends_with(&format!(".{name}")))
            });
            let called = Some(called(site, values.clone()));
            let values = if pair { values.iter().map(|value| value * 2).collect() } else { values };
            let accepts = site.effect == CallEffect::Accepts;
            Opener { stack: site.stack.clone(), values, accepts, called }
        })
        .collect();
    openers.sort_by_key(|opener| (opener.gained() - left).abs());
    let mut explained = 0;
    openers.retain(|opener| {
        let wanted = explained * 20 < left * 19 && opener.gained() <= left + left / 20;
        explained += if wanted { opener.gained() } else { 0 };
        wanted
    });
    openers
}

/// The call is one of a package whose descriptors have an object.
fn is_wrapped(site: &CallSite) -> bool {
    let own = site.stack.get(..site.own).unwrap_or_default();
    own.iter().any(|frame| WRAPPING.contains(&package_of(&frame.function)))
}
