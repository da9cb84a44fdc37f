//! Several profiles to one: sources are added up, a base is subtracted.

use std::sync::Arc;

use super::merge::merge;
use crate::format::pprof::{Header, Label, LabelValue, Profile, ValueType};
use crate::model::profile::units;

/// The label of samples that come from the base.
const BASE_LABEL: (&str, &str) = ("pprof::base", "true");

/// What to do with a base.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Against {
    /// Subtract it: the profile is cumulative, and the base an earlier one of the same process. Percentages are of
    /// what is left.
    Base,
    /// Compare with it. Percentages are of the base.
    DiffBase,
}

/// Profiles that do not go together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CombineError {
    /// Nothing was given.
    #[error("no profile was given")]
    Nothing,
    /// They count different things.
    #[error("the profiles have no sample type in common: {0} and {1}")]
    NothingInCommon(String, String),
    /// Units or numbers of types differ.
    #[error("the profiles count different things: {0} and {1}")]
    Incompatible(String, String),
}

/// Adds profiles up, as `go tool pprof A B` does.
///
/// # Errors
/// When they count different things.
pub fn combine(mut profiles: Vec<Profile>) -> Result<Profile, CombineError> {
    if profiles.len() > 1 {
        common_sample_types(&mut profiles)?;
        common_units(&mut profiles)?;
        return merge(profiles);
    }
    profiles.pop().ok_or(CombineError::Nothing)
}

/// Subtracts `base` from `profile`. `normalize` scales the profile to the base's totals first.
///
/// # Errors
/// When they count different things.
pub fn compare(
    mut profile: Profile,
    mut base: Profile,
    against: Against,
    normalize: bool,
) -> Result<Profile, CombineError> {
    if against == Against::DiffBase {
        label_base(&mut base);
    }
    if normalize {
        self::normalize(&mut profile, &base)?;
    }
    let n_types = base.header.sample_types.len();
    scale(&mut base, &vec![-1.0; n_types]);
    combine(vec![profile, base])
}

/// The label that tells the base's samples from the others.
#[must_use]
pub fn diff_label() -> (&'static str, &'static str) {
    BASE_LABEL
}

/// Sets the label of the base in all samples.
fn label_base(profile: &mut Profile) {
    let Profile { strings, samples, .. } = profile;
    let (key, text) = (strings.find_or_push(BASE_LABEL.0), strings.find_or_push(BASE_LABEL.1));
    let mark = Label { key, value: LabelValue::Text(text) };
    let is_mark =
        |label: &Label| matches!(label.value, LabelValue::Text(_)) && strings.get(label.key) == BASE_LABEL.0;
    samples.rewrite(|sample, values, labels| {
        values.extend_from_slice(sample.values);
        labels.push(mark);
        labels.extend(sample.labels.iter().filter(|label| !is_mark(label)));
        true
    });
}

fn normalize(profile: &mut Profile, base: &Profile) -> Result<(), CombineError> {
    check_equal(&profile.header, &base.header)?;
    let ratio = |(own, base): (&i64, &i64)| if *own == 0 { 0.0 } else { *base as f64 / *own as f64 };
    let ratios: Vec<f64> = sums(profile).iter().zip(&sums(base)).map(ratio).collect();
    scale(profile, &ratios);
    Ok(())
}

/// Sum of each sample type's values.
pub(super) fn sums(profile: &Profile) -> Vec<i64> {
    let mut sums = vec![0i64; profile.header.sample_types.len()];
    if sums.is_empty() {
        return sums;
    }
    for values in profile.samples.values().chunks_exact(sums.len()) {
        for (sum, value) in sums.iter_mut().zip(values) {
            *sum = sum.wrapping_add(*value);
        }
    }
    sums
}

/// Multiplies the values of each type, rounding. Samples in which nothing that was scaled is left are dropped.
fn scale(profile: &mut Profile, ratios: &[f64]) {
    let is_one = |ratio: &f64| *ratio == 1.0;
    if ratios.is_empty() || ratios.iter().all(is_one) {
        return;
    }
    let mut has_zero = false;
    for values in profile.samples.values_mut().chunks_exact_mut(ratios.len()) {
        let mut is_left = false;
        for (value, ratio) in values.iter_mut().zip(ratios).filter(|(_, ratio)| !is_one(ratio)) {
            *value = scaled(*value, *ratio);
            is_left |= *value != 0;
        }
        has_zero |= !is_left;
    }
    if has_zero {
        let is_left = |values: &[i64]| values.iter().zip(ratios).any(|(v, ratio)| *v != 0 && !is_one(ratio));
        profile.samples.retain(|sample| is_left(sample.values));
    }
}

/// The integers that a float holds exactly.
const EXACT: u64 = 1 << 53;

fn scaled(value: i64, ratio: f64) -> i64 {
    if ratio == -1.0 && value.unsigned_abs() < EXACT {
        return -value;
    }
    // Saturates, where Go's conversion of what does not fit is not defined.
    (value as f64 * ratio).round() as i64
}

fn kinds(header: &Header) -> String {
    let kinds: Vec<String> =
        header.sample_types.iter().map(|kind| format!("{}/{}", kind.kind, kind.unit)).collect();
    kinds.join(" ")
}

/// Leaves only the sample types that all profiles have, in the order of the first.
fn common_sample_types(profiles: &mut [Profile]) -> Result<(), CombineError> {
    let [first, others @ ..] = &*profiles else { return Err(CombineError::Nothing) };
    let has =
        |profile: &Profile, kind: &Arc<str>| profile.header.sample_types.iter().any(|one| one.kind == *kind);
    let common: Vec<Arc<str>> = first
        .header
        .sample_types
        .iter()
        .map(|one| Arc::clone(&one.kind))
        .filter(|kind| others.iter().all(|other| has(other, kind)))
        .collect();
    if common.is_empty() {
        let differs =
            others.iter().find(|other| !first.header.sample_types.iter().any(|one| has(other, &one.kind)));
        let other = differs.or(others.first()).map(|other| kinds(&other.header));
        return Err(CombineError::NothingInCommon(kinds(&first.header), other.unwrap_or_default()));
    }
    profiles.iter_mut().for_each(|profile| keep_types(profile, &common));
    Ok(())
}

fn keep_types(profile: &mut Profile, wanted: &[Arc<str>]) {
    let types = &profile.header.sample_types;
    let place = |kind: &Arc<str>| types.iter().position(|one| one.kind == *kind);
    let places: Vec<usize> = wanted.iter().filter_map(place).collect();
    if places.iter().copied().eq(0..types.len()) {
        return;
    }
    profile.samples.rewrite(|sample, values, labels| {
        values.extend(places.iter().map(|place| sample.values.get(*place).copied().unwrap_or(0)));
        labels.extend_from_slice(sample.labels);
        true
    });
    let header = &mut profile.header;
    if !wanted.contains(&header.default_sample_type) {
        header.default_sample_type = wanted.first().cloned().unwrap_or_default();
    }
    header.sample_types =
        places.iter().filter_map(|place| header.sample_types.get(*place)).cloned().collect();
}

/// Brings all to the finest unit of each type.
fn common_units(profiles: &mut [Profile]) -> Result<(), CombineError> {
    let periods: Vec<&ValueType> = profiles.iter().filter_map(|p| p.header.period_type.as_ref()).collect();
    let period = finest(&periods)?;
    let n_types = profiles.first().map_or(0, |profile| profile.header.sample_types.len());
    let mut finest_types = Vec::with_capacity(n_types);
    for place in 0..n_types {
        let types: Vec<&ValueType> =
            profiles.iter().filter_map(|p| p.header.sample_types.get(place)).collect();
        finest_types.extend(finest(&types)?);
    }
    for profile in profiles {
        let header = &mut profile.header;
        if let (Some(own), Some(common)) = (&mut header.period_type, &period) {
            header.period = units::scale(header.period, &own.unit, &common.unit).0 as i64;
            own.unit = Arc::clone(&common.unit);
        }
        let mut ratios = Vec::with_capacity(n_types);
        for (own, common) in header.sample_types.iter_mut().zip(&finest_types) {
            ratios.push(units::scale(1, &own.unit, &common.unit).0);
            own.unit = Arc::clone(&common.unit);
        }
        scale(profile, &ratios);
    }
    Ok(())
}

/// The type with the finest unit; none if there are not two to choose from.
fn finest(types: &[&ValueType]) -> Result<Option<ValueType>, CombineError> {
    let [first, others @ ..] = types else { return Ok(None) };
    if others.is_empty() {
        return Ok(None);
    }
    let mut finest = *first;
    for other in others {
        // `sample` and `samples` are the same.
        let same = |a: &str, b: &str| a.strip_suffix('s').unwrap_or(a) == b.strip_suffix('s').unwrap_or(b);
        if !same(&finest.kind, &other.kind) || !units::are_compatible(&finest.unit, &other.unit) {
            let shown = |one: &ValueType| format!("{}/{}", one.kind, one.unit);
            return Err(CombineError::Incompatible(shown(finest), shown(other)));
        }
        if units::scale(1, &other.unit, &finest.unit).0 < 1.0 {
            finest = other;
        }
    }
    Ok(Some(finest.clone()))
}

/// Fails unless both have the same period and sample types.
pub(super) fn check_equal(a: &Header, b: &Header) -> Result<(), CombineError> {
    let nothing = ValueType { kind: "".into(), unit: "".into() };
    let period = |header: &Header| header.period_type.clone().unwrap_or_else(|| nothing.clone());
    if period(a) != period(b) {
        let shown = |one: ValueType| format!("{}/{}", one.kind, one.unit);
        return Err(CombineError::Incompatible(shown(period(a)), shown(period(b))));
    }
    if a.sample_types != b.sample_types {
        return Err(CombineError::Incompatible(kinds(a), kinds(b)));
    }
    Ok(())
}
