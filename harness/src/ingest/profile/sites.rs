//! Allocation sites: samples by the user's line and the stack that leads there.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::view::View;
use crate::format::pprof::{Line, LocationId, Sample};
use crate::ingest::sites::site;
use crate::model::profile::ProfileSite;
use crate::model::{Bytes, Frame, ModuleTable, Owner};

impl View<'_> {
    /// Sites, most first. Inlined calls are frames of their own; leading frames of the runtime are left out, so that a
    /// line has one site whatever way it took into the allocator.
    #[must_use]
    pub fn sites(&self, modules: &ModuleTable) -> Vec<ProfileSite> {
        let frames = Frames::new(self);
        let mut sites: BTreeMap<(Vec<Frame>, i64), ProfileSite> = BTreeMap::new();
        for shown in &self.samples {
            let Some((sample, stack)) = self.sample(shown) else { continue };
            let stack = frames.stack(self, stack);
            let Some(innermost) = stack.first() else { continue };
            let object_size = self.object_size(&sample);
            let size = Bytes(u64::try_from(object_size).unwrap_or(0));
            let stripped: Vec<Frame> = site(modules, &stack, size).stack.to_vec();
            let entry = sites.entry((stripped, object_size)).or_insert_with_key(|(stripped, _)| {
                let user = user(modules, stripped).unwrap_or(innermost).clone();
                ProfileSite {
                    value: 0,
                    values: vec![0; sample.values.len()],
                    object_size,
                    user,
                    stack: stripped.clone(),
                }
            });
            for (sum, value) in entry.values.iter_mut().zip(sample.values) {
                *sum = sum.wrapping_add(*value);
            }
        }
        let mut sites: Vec<ProfileSite> = sites.into_values().collect();
        sites.iter_mut().for_each(|site| site.value = site.values.get(self.shown).copied().unwrap_or(0));
        sites.retain(|site| site.value != 0);
        sites.sort_by_key(|site| std::cmp::Reverse(site.value.wrapping_abs()));
        sites
    }

    /// Go labels samples of a heap profile with the size of the objects.
    fn object_size(&self, sample: &Sample<'_>) -> i64 {
        use crate::format::pprof::LabelValue;
        let size = sample.labels.iter().find_map(|label| match label.value {
            LabelValue::Number { value, .. } if self.profile.strings.get(label.key) == "bytes" => Some(value),
            _ => None,
        });
        size.unwrap_or(0)
    }
}

/// The innermost frame that is not Go's own.
fn user<'a>(modules: &ModuleTable, stack: &'a [Frame]) -> Option<&'a Frame> {
    modules.user_frame(stack).or_else(|| {
        stack.iter().find(|frame| modules.owner(&frame.function) == Owner::Std).or_else(|| stack.first())
    })
}

/// Frames of lines, made once.
struct Frames {
    names: Vec<Arc<str>>,
    files: Vec<Arc<str>>,
}

impl Frames {
    fn new(view: &View<'_>) -> Self {
        let file = |function: &crate::format::pprof::Function| view.profile.strings.get(function.file).into();
        Self {
            names: view.names.iter().map(|name| name.as_ref().into()).collect(),
            files: view.profile.functions.iter().map(file).collect(),
        }
    }

    fn frame(&self, line: &Line) -> Option<Frame> {
        let at = line.function.0 as usize;
        Some(Frame {
            function: Arc::clone(self.names.get(at)?),
            file: Arc::clone(self.files.get(at)?),
            line: u32::try_from(line.line).unwrap_or(0),
        })
    }

    fn stack(&self, view: &View<'_>, stack: &[LocationId]) -> Vec<Frame> {
        let places = stack.iter().filter_map(|id| view.places.get(id.0 as usize));
        let lines = places.filter(|place| !place.is_hidden).flat_map(|place| view.lines(place));
        lines.filter_map(|line| self.frame(line)).collect()
    }
}
