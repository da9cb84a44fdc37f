//! A profile as it is looked at: one sample type, frames that a viewer drops left out, filters applied.
//!
//! The profile itself is not changed. Lines of locations are copied where a filter takes some away; stacks are kept as
//! the part of them that is shown.

use std::borrow::Cow;

use regex::Regex;

use super::names::{names, simplified};
use crate::format::pprof::{LabelValue, Line, LocationId, Profile, Sample};
use crate::model::profile::{ProfileFacts, SampleType};

/// A profile and what is shown of it.
#[derive(Debug)]
pub struct View<'p> {
    pub(super) profile: &'p Profile,
    /// Functions' names, by index.
    pub(super) names: Vec<Cow<'p, str>>,
    /// Index of the sample type that is shown.
    pub(super) shown: usize,
    /// Lines of all locations, as far as they are shown.
    pub(super) lines: Vec<Line>,
    /// What is shown of each location.
    pub(super) places: Vec<Place>,
    /// Samples that are shown.
    pub(super) samples: Vec<Shown>,
    /// What percentages are of.
    total: i64,
    is_diff: bool,
}

/// What is shown of a location.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// Its lines in [`View::lines`].
    pub(super) start: u32,
    pub(super) len: u32,
    /// Nothing at all, not even its address.
    pub(super) is_hidden: bool,
}

/// A sample that is shown, and the part of its stack.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shown {
    pub(super) index: u32,
    pub(super) start: u32,
    pub(super) end: u32,
}

/// A sample type that the profile does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no sample type is called `{wanted}`; there are {}", .known.join(", "))]
pub struct UnknownSampleType {
    /// What was asked for.
    pub wanted: String,
    /// What there is.
    pub known: Vec<String>,
}

impl<'p> View<'p> {
    /// Looks at one sample type: its name, its index, or the profile's default one (mostly the last). Frames that the
    /// profile says are of no interest (`drop_frames`) are left out.
    ///
    /// # Errors
    /// When there is no such sample type.
    pub fn new(profile: &'p Profile, sample_type: Option<&str>) -> Result<Self, UnknownSampleType> {
        let shown = sample_index(profile, sample_type)?;
        let places = profile.locations.iter().map(|location| {
            let (start, len) = location.lines;
            Place { start, len, is_hidden: false }
        });
        let samples = profile.samples.iter().zip(0..).map(|(sample, index)| Shown {
            index,
            start: 0,
            end: sample.stack.len() as u32,
        });
        let mut view = Self {
            profile,
            names: names(profile),
            shown,
            lines: profile.lines.clone(),
            places: places.collect(),
            samples: samples.collect(),
            total: 0,
            is_diff: false,
        };
        (view.total, view.is_diff) = view.count_total();
        view.drop_frames();
        Ok(view)
    }

    /// What the profile is of. Totals are of all samples, whatever filters are set.
    #[must_use]
    pub fn facts(&self) -> ProfileFacts {
        let (profile, header) = (self.profile, &self.profile.header);
        let text = |id| profile.strings.get(id).to_owned();
        let program = profile.mappings.first();
        let types = header.sample_types.iter().zip(super::combine::sums(profile));
        let period = header.period_type.as_ref().filter(|kind| !kind.kind.is_empty());
        ProfileFacts {
            program: program.map(|mapping| text(mapping.file)).unwrap_or_default(),
            build_id: program.map(|mapping| text(mapping.build_id)).unwrap_or_default(),
            time: header.time.map_or(0, |time| time.0),
            duration: header.duration.map_or(0, |span| span.0),
            comments: header.comments.iter().map(|comment| comment.to_string()).collect(),
            doc_url: header.doc_url.to_string(),
            samples: profile.samples.len() as u64,
            period: period
                .map(|kind| format!("{} {}/{}", header.period, kind.kind, kind.unit))
                .unwrap_or_default(),
            sample_types: types
                .map(|(one, sum)| SampleType { kind: one.kind.to_string(), unit: one.unit.to_string(), sum })
                .collect(),
            shown: self.shown,
            total: self.total,
            is_diff: self.is_diff,
        }
    }

    /// What percentages are of.
    #[must_use]
    pub fn total(&self) -> i64 {
        self.total
    }

    pub(super) fn name(&self, line: &Line) -> &str {
        self.names.get(line.function.0 as usize).map_or("", |name| name)
    }

    /// The lines of a location that are shown.
    pub(super) fn lines(&self, place: &Place) -> &[Line] {
        let start = place.start as usize;
        self.lines.get(start..start + place.len as usize).unwrap_or_default()
    }

    /// A sample and the shown part of its stack, hidden locations included.
    pub(super) fn sample(&self, shown: &Shown) -> Option<(Sample<'p>, &'p [LocationId])> {
        let sample = self.profile.samples.get(shown.index as usize)?;
        Some((sample, sample.stack.get(shown.start as usize..shown.end as usize)?))
    }

    pub(super) fn value(&self, sample: &Sample<'_>) -> i64 {
        sample.values.get(self.shown).copied().unwrap_or(0)
    }

    /// Sum of absolute values. If there are samples of a base to compare with, the sum of those.
    fn count_total(&self) -> (i64, bool) {
        let (key, text) = super::combine::diff_label();
        let strings = &self.profile.strings;
        let (mut total, mut base_total, mut is_diff) = (0i64, 0i64, false);
        for sample in self.profile.samples.iter() {
            let value = self.value(&sample).wrapping_abs();
            total = total.wrapping_add(value);
            let is_base = sample.labels.iter().any(|label| match label.value {
                LabelValue::Text(value) => strings.get(value) == text && strings.get(label.key) == key,
                LabelValue::Number { .. } => false,
            });
            if is_base {
                is_diff = true;
                base_total = base_total.wrapping_add(value);
            }
        }
        (if base_total > 0 { base_total } else { total }, is_diff)
    }

    /// Leaves out what the profile's own expressions say.
    fn drop_frames(&mut self) {
        let header = &self.profile.header;
        let whole = |pattern: &str| Regex::new(&format!("^({pattern})$")).ok();
        let Some(drop) = Some(&*header.drop_frames).filter(|pattern| !pattern.is_empty()).and_then(whole)
        else {
            return;
        };
        let keep = Some(&*header.keep_frames).filter(|pattern| !pattern.is_empty()).and_then(whole);
        let is_dropped = |name: &Cow<'_, str>| {
            let name = simplified(name);
            !name.is_empty() && drop.is_match(name) && !keep.as_ref().is_some_and(|keep| keep.is_match(name))
        };
        let dropped: Vec<bool> = self.names.iter().map(is_dropped).collect();
        self.prune(&dropped);
    }

    /// Takes away functions and what they called, but never what begins a stack.
    fn prune(&mut self, dropped: &[bool]) {
        /// What goes of a location: all of it and what is below it, or just what is below a line.
        #[derive(Clone, Copy, PartialEq)]
        enum Pruned {
            No,
            Whole,
            Beneath,
        }
        let is_dropped = |line: &Line| dropped.get(line.function.0 as usize).copied().unwrap_or(false);
        let mut pruned = vec![Pruned::No; self.places.len()];
        for (place, pruned) in self.places.iter_mut().zip(&mut pruned) {
            let start = place.start as usize;
            let lines = self.lines.get(start..start + place.len as usize).unwrap_or_default();
            match lines.iter().rposition(is_dropped) {
                None => {}
                Some(last) if last + 1 == lines.len() => *pruned = Pruned::Whole,
                Some(at) => {
                    *pruned = Pruned::Beneath;
                    place.start += at as u32 + 1;
                    place.len -= at as u32 + 1;
                }
            }
        }
        if pruned.iter().all(|one| *one == Pruned::No) {
            return;
        }
        for shown in &mut self.samples {
            let Some(sample) = self.profile.samples.get(shown.index as usize) else { continue };
            let stack =
                sample.stack.iter().map(|id| pruned.get(id.0 as usize).copied().unwrap_or(Pruned::No));
            // From the root: the first frames are kept even if they match.
            let mut from_root = stack.enumerate().rev().skip_while(|(_, one)| *one != Pruned::No);
            match from_root.find(|(_, one)| *one != Pruned::No) {
                Some((at, Pruned::Whole)) => shown.start = at as u32 + 1,
                Some((at, _)) => shown.start = at as u32,
                None => {}
            }
        }
    }
}

/// The sample type's index, by its name or its number.
fn sample_index(profile: &Profile, wanted: Option<&str>) -> Result<usize, UnknownSampleType> {
    let types = &profile.header.sample_types;
    let place = |kind: &str| types.iter().position(|one| &*one.kind == kind);
    let Some(wanted) = wanted else {
        let default = &profile.header.default_sample_type;
        let named = if default.is_empty() { None } else { place(default) };
        return Ok(named.unwrap_or(types.len().saturating_sub(1)));
    };
    let by_number = wanted.parse().ok().filter(|index: &usize| *index < types.len());
    // Profiles of old have `space` and `objects`.
    let without_inuse = wanted.strip_prefix("inuse_").unwrap_or(wanted);
    let by_name = types.iter().position(|one| &*one.kind == wanted || &*one.kind == without_inuse);
    by_number.or(by_name).ok_or_else(|| UnknownSampleType {
        wanted: wanted.to_owned(),
        known: types.iter().map(|one| one.kind.to_string()).collect(),
    })
}
