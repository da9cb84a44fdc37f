//! `tagfocus` and `tagignore`: `key=regex[,regex]`, `regex`, or a range of numbers (`:64kb`, `4mb:`, `12kb:64mb`,
//! `32kb`), with a key before it or without.

use std::collections::BTreeMap;

use regex::Regex;

use super::filter::{FilterError, compile};
use super::view::View;
use crate::format::pprof::{LabelValue, Profile, Sample, StringId};
use crate::model::profile::units;

/// A filter of samples by their labels.
#[derive(Debug)]
pub(super) struct TagFilter {
    key: Option<String>,
    wanted: Wanted,
}

#[derive(Debug)]
enum Wanted {
    Range(Range, BTreeMap<String, String>),
    Texts(Vec<Regex>),
}

/// Numbers from one to another, both included, in a unit.
#[derive(Debug)]
struct Range {
    unit: String,
    from: f64,
    to: f64,
}

impl TagFilter {
    pub(super) fn new(
        option: &'static str,
        text: &str,
        view: &View<'_>,
    ) -> Result<Option<Self>, FilterError> {
        if text.is_empty() {
            return Ok(None);
        }
        let (key, value) = match text.split_once('=') {
            Some((key, value)) => (Some(key.to_owned()).filter(|key| !key.is_empty()), value),
            None => (None, text),
        };
        if let Some(range) = Range::parse(value) {
            let units = key_units(view.profile);
            return Ok(Some(Self { key, wanted: Wanted::Range(range, units) }));
        }
        let regexes: Result<Vec<_>, _> = value.split(',').map(|part| compile(option, part)).collect();
        // An empty expression matches anything.
        let anything = || compile(option, "^").ok().flatten();
        let texts = regexes?.into_iter().filter_map(|regex| regex.or_else(anything)).collect();
        Ok(Some(Self { key, wanted: Wanted::Texts(texts) }))
    }

    pub(super) fn takes(&self, profile: &Profile, sample: &Sample<'_>) -> bool {
        let strings = &profile.strings;
        let labels = || sample.labels.iter().map(|label| (strings.get(label.key), label.value));
        let texts = || {
            labels().filter_map(|(key, value)| match value {
                LabelValue::Text(text) => Some((key, strings.get(text))),
                LabelValue::Number { .. } => None,
            })
        };
        match (&self.wanted, &self.key) {
            (Wanted::Range(range, units), key) => labels().any(|(own, value)| match value {
                LabelValue::Number { value: 0, unit: StringId::EMPTY } | LabelValue::Text(_) => false,
                LabelValue::Number { value, .. } => {
                    let unit = units.get(own).map_or("", |unit| unit);
                    key.as_ref().is_none_or(|key| key == own) && range.has(value, unit)
                }
            }),
            (Wanted::Texts(regexes), Some(key)) => {
                texts().any(|(own, text)| own == key && regexes.iter().any(|regex| regex.is_match(text)))
            }
            (Wanted::Texts(regexes), None) => regexes
                .iter()
                .all(|regex| texts().any(|(own, text)| regex.is_match(&format!("{own}:{text}")))),
        }
    }
}

/// The unit of each key of numbers: the first that a label has, else what the key says.
pub(super) fn key_units(profile: &Profile) -> BTreeMap<String, String> {
    let mut units: BTreeMap<StringId, StringId> = BTreeMap::new();
    for label in profile.samples.iter().flat_map(|sample| sample.labels) {
        if let LabelValue::Number { value, unit } = label.value
            && (value != 0 || unit != StringId::EMPTY)
        {
            let known = units.entry(label.key).or_default();
            if *known == StringId::EMPTY {
                *known = unit;
            }
        }
    }
    let strings = &profile.strings;
    let named = units.into_iter().map(|(key, unit)| {
        let (key, unit) = (strings.get(key), strings.get(unit));
        let inferred = if matches!(key, "alignment" | "request") { "bytes" } else { key };
        (key.to_owned(), if unit.is_empty() { inferred } else { unit }.to_owned())
    });
    named.collect()
}

impl Range {
    fn parse(text: &str) -> Option<Self> {
        let (first, second) = match text.split_once(':') {
            Some((first, second)) => (first, Some(second)),
            None => (text, None),
        };
        let number = |text: &str| {
            let end = text.find(|c: char| !c.is_ascii_digit() && c != '+' && c != '-').unwrap_or(text.len());
            let (digits, unit) = text.split_at(end);
            let is_unit = unit.chars().all(|c| c.is_ascii_alphabetic());
            digits.parse::<i64>().ok().filter(|_| is_unit).map(|value| (value, unit.to_owned()))
        };
        let own = |(value, unit): (i64, String)| {
            let (scaled, name) = units::scale(value, &unit, &unit);
            (scaled, name.into_owned())
        };
        match (first, second) {
            (first, None) => {
                let (value, unit) = own(number(first)?);
                Some(Self { unit, from: value, to: value })
            }
            (first, Some("")) => {
                let (from, unit) = own(number(first)?);
                Some(Self { unit, from, to: f64::INFINITY })
            }
            ("", Some(second)) => {
                let (to, unit) = own(number(second)?);
                Some(Self { unit, from: f64::NEG_INFINITY, to })
            }
            (first, Some(second)) => {
                let (from, unit) = own(number(first)?);
                let (value, own_unit) = number(second)?;
                let (to, other) = units::scale(value, &own_unit, &unit);
                (other == unit.as_str()).then(|| Self { unit: unit.clone(), from, to })
            }
        }
    }

    fn has(&self, value: i64, unit: &str) -> bool {
        let (scaled, own) = units::scale(value, unit, &self.unit);
        own == self.unit.as_str() && (self.from..=self.to).contains(&scaled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_include_their_ends_and_convert_units() {
        let has = |text: &str, value, unit| Range::parse(text).unwrap().has(value, unit);
        assert!(has("32kb", 32768, "bytes") && !has("32kb", 32769, "bytes"));
        assert!(has(":64kb", 65536, "bytes") && !has(":64kb", 65537, "bytes"));
        assert!(has("4mb:", 4 << 20, "bytes") && !has("4mb:", 1, "bytes"));
        assert!(has("12kb:64mb", 1 << 20, "bytes") && !has("12kb:64mb", 5, "bytes"));
        assert!(!has("32kb", 32768, "ns"));
        for text in ["main.*", "a:b", "1x2", "kb:", "1kb:2s"] {
            assert!(Range::parse(text).is_none(), "{text}");
        }
    }
}
