//! CPU samples by stack.

use super::seen::Seen;
use super::table::Table;
use super::texts::Texts;
use crate::format::exectrace::EventKind;
use crate::model::trace::{SampleSummary, SampledStack};

/// Samples so far, by number of the stack.
#[derive(Debug, Default)]
pub(super) struct Samples(Table<u32, u64>);

impl Samples {
    pub(super) fn event(&mut self, seen: &mut Seen<'_, '_>) {
        if matches!(*seen.kind, EventKind::CpuSample) && seen.counts() {
            let stack = self.0.number(seen.stack());
            self.0.row(stack).into_iter().for_each(|count| *count += 1);
        }
    }

    pub(super) fn finish(self, texts: &Texts) -> SampleSummary {
        let sampled = |(stack, count)| SampledStack { stack: texts.stack_at(stack), count };
        let mut stacks: Vec<SampledStack> = self.0.into_rows().map(sampled).collect();
        stacks.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.stack.cmp(&b.stack)));
        SampleSummary { total: stacks.iter().map(|row| row.count).sum(), stacks }
    }
}
