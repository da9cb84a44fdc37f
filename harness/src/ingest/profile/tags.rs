//! Sums by label.

use std::collections::BTreeMap;

use super::tagfilter::key_units;
use super::view::View;
use crate::format::pprof::{LabelValue, StringId};
use crate::model::profile::{ProfileTag, units};

impl View<'_> {
    /// What was counted with each value of each label, keys by name. `unit` is the one in which numbers are shown.
    #[must_use]
    pub fn tags(&self, unit: &str) -> Vec<ProfileTag> {
        let strings = &self.profile.strings;
        let key_units = key_units(self.profile);
        let mut sums: BTreeMap<&str, BTreeMap<String, i64>> = BTreeMap::new();
        // Numbers of one key and value are written out once.
        let mut by_value: BTreeMap<(StringId, Value), i64> = BTreeMap::new();
        for shown in &self.samples {
            let Some((sample, _)) = self.sample(shown) else { continue };
            let value = self.value(&sample);
            for label in sample.labels {
                let own = match label.value {
                    LabelValue::Number { value: 0, unit: StringId::EMPTY } => continue,
                    LabelValue::Number { value, .. } => Value::Number(value),
                    LabelValue::Text(text) => Value::Text(text),
                };
                let sum = by_value.entry((label.key, own)).or_default();
                *sum = sum.wrapping_add(value);
            }
        }
        for ((key, own), value) in by_value {
            let key = strings.get(key);
            let text = match own {
                Value::Text(text) => strings.get(text).to_owned(),
                Value::Number(number) => {
                    units::label(number, key_units.get(key).map_or("", |unit| unit), unit)
                }
            };
            let sum = sums.entry(key).or_default().entry(text).or_default();
            *sum = sum.wrapping_add(value);
        }
        sums.into_iter().map(|(key, values)| tag(key, values)).collect()
    }
}

/// A label's value, without a number's unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Value {
    Text(StringId),
    Number(i64),
}

fn tag(key: &str, values: BTreeMap<String, i64>) -> ProfileTag {
    let total = values.values().fold(0i64, |sum, value| sum.wrapping_add(*value));
    let mut values: Vec<(String, i64)> = values.into_iter().collect();
    // By name already.
    values.sort_by_key(|(_, value)| std::cmp::Reverse(value.wrapping_abs()));
    ProfileTag { key: key.to_owned(), values, total }
}
