//! One cause, one finding: what is handed to a library, and kept by what the library allocates for that call.
//!
//! Input: heap drafts, and the first dump. Output: the drafts without those that hang on another one, whose memory is that
//! one's evidence. If the library let its entry go, what is in it would go, too: the line that hands it over is at
//! fault, not the one that made it. Within the user's own code either line may be, and both are told.
//!
//! A draft hangs on another one when nearly all of it is reached through objects that the other's call allocated, with
//! nothing in between that does not grow, and a whole number of its objects, a small one, comes with each of the other's.
//! The other's figures stay its own, so that they compare with those of a baseline; its sentence says what it keeps.

use super::case::Case;
use super::draft::{Draft, MAX_LINES, SiteGrowth};
use super::{fold, holders, keepers, words};
use crate::model::heap::{HeapSummary, RetainingPath};
use crate::model::{Frame, LeakKind};

/// Objects in each of the container's, at most: of more, nearly any rate is a whole number.
const MANY: i64 = 8;

/// Folds the heap drafts among `drafts`.
pub(super) fn fold(case: &Case<'_>, mut drafts: Vec<Draft>) -> Vec<Draft> {
    let Some(summary) = keepers::whole_dump(case) else { return drafts };
    let found: Vec<bool> =
        drafts.iter().map(|draft| draft.kind == LeakKind::Heap && draft.is_found(case)).collect();
    let growing = Growing { drafts: &drafts, found: &found };
    let above: Vec<Option<usize>> =
        (0..drafts.len()).map(|place| container(place, &growing, summary)).collect();
    let tops: Vec<Option<usize>> = (0..drafts.len()).map(|place| top(place, &above)).collect();
    for (place, top) in tops.iter().enumerate() {
        if let Some(top) = *top {
            let inner = drafts[place].clone();
            keep(&mut drafts[top], &inner);
        }
    }
    drafts.into_iter().zip(tops).filter(|(_, top)| top.is_none()).map(|(draft, _)| draft).collect()
}

/// The outermost container, unless two contain each other.
fn top(place: usize, above: &[Option<usize>]) -> Option<usize> {
    let ways = std::iter::successors(above[place], |&at| above[at]);
    let way: Vec<usize> = ways.take(above.len()).collect();
    way.last().copied().filter(|&last| above[last].is_none())
}

/// The drafts, and which of them are heap findings: what is too little to be one takes nothing.
struct Growing<'a> {
    drafts: &'a [Draft],
    found: &'a [bool],
}

impl Growing<'_> {
    fn found(&self) -> impl Iterator<Item = (usize, &Draft)> {
        self.drafts.iter().enumerate().zip(self.found).filter(|(_, found)| **found).map(|(draft, _)| draft)
    }
}

/// The draft that the one at this place hangs on.
fn container(place: usize, growing: &Growing<'_>, summary: &HeapSummary) -> Option<usize> {
    let (_, draft) = growing.found().find(|(at, _)| *at == place)?;
    let drafts = growing.drafts;
    let held = holders::sites_of(draft, summary);
    let mut by = vec![0u64; drafts.len()];
    for path in held.iter().flat_map(|site| &site.paths) {
        if let Some(nearest) = nearest(path, draft, growing) {
            by[nearest] = by[nearest].saturating_add(path.held.bytes.0);
        }
    }
    let (most, bytes) = by.into_iter().enumerate().max_by_key(|(_, bytes)| *bytes)?;
    let is_all = bytes > 0 && keepers::is_nearly(bytes, &held);
    Some(most).filter(|&most| is_all && comes_with(draft, &drafts[most]))
}

/// The first on the way up whose line is not the draft's own.
fn nearest(path: &RetainingPath, draft: &Draft, growing: &Growing<'_>) -> Option<usize> {
    let (_, between) = path.steps.split_last()?;
    let mut sites = between.iter().rev().filter_map(|step| step.site.as_ref());
    let other = sites.find(|site| !is_at(draft, site))?;
    let hands_over = |draft: &Draft| draft.cause.is_in_library() && is_at(draft, other);
    growing.found().find(|(_, draft)| hands_over(draft)).map(|(place, _)| place)
}

/// Whether a draft grows at the line.
fn is_at(draft: &Draft, line: &Frame) -> bool {
    let sites = draft.first().into_iter().flat_map(|run| &run.sites);
    sites.flat_map(keepers::down_to_blamed).any(|at| at.line == line.line && at.file == line.file)
}

/// Each of the draft's sites has a small whole number of objects for each of one of the other's.
fn comes_with(draft: &Draft, other: &Draft) -> bool {
    let sites = |draft| Draft::first(draft).into_iter().flat_map(|run| run.counted());
    let with = |site: &SiteGrowth| {
        let mut others = other.first().into_iter().flat_map(|run| &run.sites).map(|of| of.gained_objects);
        others.any(|of| {
            let few = site.gained_objects <= of.saturating_mul(MANY);
            few && fold::commensurate(site.gained_objects, of)
        })
    };
    sites(draft).all(with)
}

/// Makes a draft's memory the evidence of the one it hangs on.
fn keep(container: &mut Draft, inner: &Draft) {
    let Some(first) = inner.first() else { return };
    let mut sites: Vec<&SiteGrowth> = first.sites.iter().collect();
    sites.sort_by_key(|site| (site.class, std::cmp::Reverse(site.trend.gained)));
    container.further.extend(sites.iter().take(MAX_LINES).map(|site| site.evidence()));
    if let Some(main) = inner.main_site() {
        let more = words::bytes(first.per_operation());
        let kept = format!(", and keeps {more} per operation allocated at {}", main.blamed);
        container.detail.push_str(&kept);
    }
}
