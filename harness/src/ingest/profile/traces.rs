//! The samples one by one.

use std::collections::BTreeMap;

use super::nodes::{Granularity, Nodes};
use super::tagfilter::key_units;
use super::view::View;
use crate::format::pprof::{Label, LabelValue, StringId};
use crate::model::profile::ProfileTrace;

impl View<'_> {
    /// The samples that have a stack, in the profile's order, at most `top` of them.
    #[must_use]
    pub fn traces(&self, granularity: Granularity, inlines: bool, top: Option<usize>) -> Vec<ProfileTrace> {
        let nodes = Nodes::new(self, granularity, inlines, false);
        let names: Vec<String> = nodes.list.iter().map(|node| nodes.name(node)).collect();
        let units = key_units(self.profile);
        let trace = |shown| {
            let (sample, stack) = self.sample(shown)?;
            let frames = stack.iter().flat_map(|id| {
                let places = nodes.of(id.0);
                places.iter().enumerate().map(move |(i, node)| (*node, i + 1 < places.len()))
            });
            let stack: Vec<(String, bool)> = frames
                .filter_map(|(node, inline)| Some((names.get(node as usize)?.clone(), inline)))
                .collect();
            if stack.is_empty() {
                return None;
            }
            let (labels, numbers) = self.by_key(sample.labels, &units);
            Some(ProfileTrace { value: self.value(&sample), stack, labels, numbers })
        };
        self.samples.iter().filter_map(trace).take(top.unwrap_or(usize::MAX)).collect()
    }

    /// Labels by key.
    #[expect(clippy::type_complexity, reason = "the fields of a trace")]
    fn by_key(
        &self,
        labels: &[Label],
        units: &BTreeMap<String, String>,
    ) -> (Vec<(String, Vec<String>)>, Vec<(String, Vec<i64>, String)>) {
        let strings = &self.profile.strings;
        let (mut texts, mut numbers) =
            (BTreeMap::<&str, Vec<String>>::new(), BTreeMap::<&str, Vec<i64>>::new());
        for label in labels {
            let key = strings.get(label.key);
            match label.value {
                LabelValue::Text(text) => texts.entry(key).or_default().push(strings.get(text).to_owned()),
                LabelValue::Number { value: 0, unit: StringId::EMPTY } => {}
                LabelValue::Number { value, .. } => numbers.entry(key).or_default().push(value),
            }
        }
        let unit = |key: &str| units.get(key).cloned().unwrap_or_default();
        (
            texts.into_iter().map(|(key, values)| (key.to_owned(), values)).collect(),
            numbers.into_iter().map(|(key, values)| (key.to_owned(), values, unit(key))).collect(),
        )
    }
}
