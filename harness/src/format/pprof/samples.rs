//! Samples in flat lists: no sample has an allocation of its own, and those with the same stack may share it.

use super::profile::{Label, LocationId, Sample};

/// Index of a stack in [`Samples`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StackId(pub u32);

/// Stacks with what was counted there.
#[derive(Debug, Clone, Default)]
pub struct Samples {
    /// Locations of all stacks.
    locations: Vec<LocationId>,
    /// Where each stack ends in `locations`.
    stack_ends: Vec<u32>,
    /// As many for each sample as there are sample types.
    values: Vec<i64>,
    labels: Vec<Label>,
    list: Vec<Entry>,
}

/// A sample's stack, and where its labels end.
#[derive(Debug, Clone, Copy)]
struct Entry {
    stack: StackId,
    labels_end: u32,
}

/// Equal if the samples are, whether they share stacks or not.
impl PartialEq for Samples {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Samples {}

impl Samples {
    /// Samples of their own stacks each, by where their stacks and labels end in the lists. Lists stay below 2^32 by
    /// the limits of reading.
    pub(super) fn from_lists(
        locations: Vec<LocationId>,
        values: Vec<i64>,
        labels: Vec<Label>,
        ends: impl Iterator<Item = (u32, u32)>,
    ) -> Self {
        let mut samples = Self { locations, values, labels, ..Self::default() };
        for (stack_end, labels_end) in ends {
            samples.list.push(Entry { stack: StackId(samples.stack_ends.len() as u32), labels_end });
            samples.stack_ends.push(stack_end);
        }
        samples
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Locations of all stacks together.
    #[must_use]
    pub fn n_locations(&self) -> usize {
        self.locations.len()
    }

    /// How many stacks there are; samples may share them, and of some that were dropped the stack is left.
    #[must_use]
    pub fn n_stacks(&self) -> usize {
        self.stack_ends.len()
    }

    /// Values of all samples, as many for each as there are sample types.
    #[must_use]
    pub fn values(&self) -> &[i64] {
        &self.values
    }

    /// The same, to be changed.
    pub fn values_mut(&mut self) -> &mut [i64] {
        &mut self.values
    }

    /// One of them, if `index` is below [`Samples::len`].
    #[must_use]
    pub fn get(&self, index: usize) -> Option<Sample<'_>> {
        let (stack, values, labels) = self.parts(index)?;
        Some(Sample { stack: self.stack(stack)?, values, labels })
    }

    /// Locations of a stack, innermost first.
    #[must_use]
    pub fn stack(&self, id: StackId) -> Option<&[LocationId]> {
        self.locations.get(self.range(id)?)
    }

    /// The same, to be changed for all samples that have it.
    pub fn stack_mut(&mut self, id: StackId) -> Option<&mut [LocationId]> {
        let range = self.range(id)?;
        self.locations.get_mut(range)
    }

    fn range(&self, StackId(id): StackId) -> Option<std::ops::Range<usize>> {
        let end = *self.stack_ends.get(id as usize)? as usize;
        let before = id.checked_sub(1).and_then(|before| self.stack_ends.get(before as usize));
        Some(before.map_or(0, |before| *before as usize)..end)
    }

    /// All of them, in the file's order.
    pub fn iter(&self) -> impl Iterator<Item = Sample<'_>> {
        (0..self.len()).filter_map(|index| self.get(index))
    }

    /// Appends one. All must have the same number of values.
    pub fn push(&mut self, sample: Sample<'_>) {
        let stack = self.push_stack(sample.stack);
        self.push_with(stack, sample.values, sample.labels);
    }

    /// Appends a stack that has no sample yet.
    pub fn push_stack(&mut self, stack: &[LocationId]) -> StackId {
        self.locations.extend_from_slice(stack);
        self.stack_ends.push(self.locations.len() as u32);
        StackId(self.stack_ends.len() as u32 - 1)
    }

    /// Appends a sample of a stack that is there.
    pub fn push_with(&mut self, stack: StackId, values: &[i64], labels: &[Label]) {
        self.values.extend_from_slice(values);
        self.labels.extend_from_slice(labels);
        self.list.push(Entry { stack, labels_end: self.labels.len() as u32 });
    }

    /// A sample without the locations of its stack.
    #[must_use]
    pub fn parts(&self, index: usize) -> Option<(StackId, &[i64], &[Label])> {
        let entry = self.list.get(index)?;
        let before = index.checked_sub(1).and_then(|before| self.list.get(before));
        let labels = before.map_or(0, |before| before.labels_end as usize);
        let n_types = self.values.len() / self.list.len();
        let values = self.values.get(index * n_types..(index + 1) * n_types)?;
        Some((entry.stack, values, self.labels.get(labels..entry.labels_end as usize)?))
    }

    /// Takes the stacks away: all of them, without any sample. Here [`Samples::parts`] are left.
    #[must_use]
    pub fn take_stacks(&mut self) -> Self {
        let (locations, stack_ends) =
            (std::mem::take(&mut self.locations), std::mem::take(&mut self.stack_ends));
        Self { locations, stack_ends, ..Self::default() }
    }

    /// Makes all samples anew: `change` appends values and labels, and says whether there is one at all. Stacks are
    /// left as they are.
    pub fn rewrite(&mut self, mut change: impl FnMut(Sample<'_>, &mut Vec<i64>, &mut Vec<Label>) -> bool) {
        let (mut values, mut labels) =
            (Vec::with_capacity(self.values.len()), Vec::with_capacity(self.labels.len()));
        let mut list = Vec::with_capacity(self.list.len());
        for (sample, entry) in self.iter().zip(&self.list) {
            let (n_values, n_labels) = (values.len(), labels.len());
            if change(sample, &mut values, &mut labels) {
                list.push(Entry { labels_end: labels.len() as u32, ..*entry });
            } else {
                values.truncate(n_values);
                labels.truncate(n_labels);
            }
        }
        (self.values, self.labels, self.list) = (values, labels, list);
    }

    /// Drops samples.
    pub fn retain(&mut self, keep: impl Fn(&Sample<'_>) -> bool) {
        if self.iter().all(|sample| keep(&sample)) {
            return;
        }
        self.rewrite(|sample, values, labels| {
            values.extend_from_slice(sample.values);
            labels.extend_from_slice(sample.labels);
            keep(&sample)
        });
    }
}
