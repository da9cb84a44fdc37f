//! Heap profiles as snapshots by site, and goroutine profiles as counts by stack.
//!
//! Input: profiles in pprof's format. Output: stacks with values, and the moment each profile was taken. A heap profile
//! of Go is scaled by whoever wrote it: its figures stand for all objects, not for those that were sampled.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::format::pprof::{LabelValue, LocationId, Profile, Sample};
use crate::ingest::sites;
use crate::model::{Bytes, Frame, ModuleTable, Objects, Site, SiteUse, Stack};

/// A profile with its stacks resolved.
#[derive(Debug)]
pub(super) struct Resolved {
    /// When it was taken, nanoseconds since 1970, if it tells.
    pub(super) at: Option<i64>,
    /// One in so many bytes was sampled; 0 if unknown.
    pub(super) period: u64,
    pub(super) build_id: String,
    samples: Vec<Counted>,
}

#[derive(Debug)]
struct Counted {
    stack: Vec<Frame>,
    values: [i64; 4],
    object_size: u64,
}

/// The sample types of a heap profile, in the order of `Counted::values`. Of other profiles the first value counts.
const HEAP: [&str; 4] = ["alloc_objects", "alloc_space", "inuse_objects", "inuse_space"];

impl Resolved {
    pub(super) fn of(profile: &Profile) -> Self {
        let header = &profile.header;
        let columns = HEAP.map(|name| header.sample_types.iter().position(|one| &*one.kind == name));
        let frames = Frames::of(profile);
        let samples = profile.samples.iter().map(|sample| Counted {
            stack: frames.stack(profile, sample.stack),
            object_size: object_size(profile, &sample),
            values: columns.map(|column| sample.values.get(column.unwrap_or(0)).copied().unwrap_or(0)),
        });
        let build_id = profile.mappings.first().map(|mapping| profile.strings.get(mapping.build_id));
        Self {
            at: header.time.map(|time| time.0).filter(|time| *time > 0),
            period: u64::try_from(header.period).unwrap_or(0),
            build_id: build_id.unwrap_or_default().to_owned(),
            samples: samples.collect(),
        }
    }

    pub(super) fn stacks(&self) -> impl Iterator<Item = (&[Frame], u64)> {
        self.samples.iter().map(|one| (&*one.stack, whole(one.values[0])))
    }

    /// In-use memory by site.
    pub(super) fn sites(&self, modules: &ModuleTable) -> BTreeMap<Arc<Site>, SiteUse> {
        let mut by_site: BTreeMap<Arc<Site>, SiteUse> = BTreeMap::new();
        for one in &self.samples {
            let site = sites::site(modules, &one.stack, Bytes(one.object_size));
            let [alloc_objects, alloc_space, inuse_objects, inuse_space] = one.values.map(whole);
            let total = by_site.entry(Arc::new(site)).or_default();
            total.alloc_objects += Objects(alloc_objects);
            total.alloc_space += Bytes(alloc_space);
            total.inuse_objects += Objects(inuse_objects);
            total.inuse_space += Bytes(inuse_space);
        }
        by_site
    }
}

/// Values of a difference may be negative; what is not there is nothing.
fn whole(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

/// Go labels samples of a heap profile with the size of the objects.
fn object_size(profile: &Profile, sample: &Sample<'_>) -> u64 {
    let size = sample.labels.iter().find_map(|label| match label.value {
        LabelValue::Number { value, .. } if profile.strings.get(label.key) == "bytes" => Some(value),
        _ => None,
    });
    whole(size.unwrap_or(0))
}

/// Names of functions and files, made once.
struct Frames {
    names: Vec<(Arc<str>, Arc<str>)>,
}

impl Frames {
    fn of(profile: &Profile) -> Self {
        let text = |id| Arc::from(profile.strings.get(id));
        let names = profile.functions.iter().map(|function| (text(function.name), text(function.file)));
        Self { names: names.collect() }
    }

    /// Inlined calls are frames of their own.
    fn stack(&self, profile: &Profile, stack: &[LocationId]) -> Vec<Frame> {
        let locations = stack.iter().filter_map(|id| profile.locations.get(id.0 as usize));
        let lines = locations.flat_map(|location| profile.lines_of(location));
        let frame = |line: &crate::format::pprof::Line| {
            let (function, file) = self.names.get(line.function.0 as usize)?.clone();
            Some(Frame { function, file, line: u32::try_from(line.line).unwrap_or(0) })
        };
        lines.filter_map(frame).collect()
    }
}

/// What a goroutine waits for, by the runtime's functions at the top of its stack.
const WAITS: &[(&str, &str)] = &[
    ("runtime.chanrecv", "chan receive"),
    ("runtime.chansend", "chan send"),
    ("runtime.selectgo", "select"),
    ("runtime.block", "select (no cases)"),
    ("runtime.netpollblock", "IO wait"),
    ("internal/poll.runtime_pollWait", "IO wait"),
    ("time.Sleep", "sleep"),
    ("sync.runtime_notifyListWait", "sync.Cond.Wait"),
    ("sync.runtime_SemacquireWaitGroup", "sync.WaitGroup.Wait"),
    ("sync.runtime_SemacquireRWMutex", "sync.RWMutex"),
    ("sync.runtime_SemacquireMutex", "sync.Mutex.Lock"),
    ("internal/sync.runtime_SemacquireMutex", "sync.Mutex.Lock"),
    ("sync.runtime_Semacquire", "semacquire"),
];

/// See [`WAITS`]; empty if it waits for nothing that is known.
pub(super) fn wait_of(stack: &[Frame]) -> &'static str {
    let at_top = stack.iter().take(8);
    let mut found = at_top.filter_map(|frame| {
        WAITS.iter().find(|(prefix, _)| frame.function.starts_with(prefix)).map(|(_, words)| *words)
    });
    found.next().unwrap_or("")
}

/// A stack without the frames that Go itself starts goroutines and waits with.
pub(super) fn own_part(modules: &ModuleTable, stack: &[Frame]) -> Stack {
    sites::site(modules, stack, Bytes(0)).stack
}
