//! The dump as a whole, and whether its sums agree with what the runtime counted.

use crate::ingest::heap::analysis::{Heap, missing};
use crate::model::heap::{Agreement, DumpMemStats, HeapCount, HeapTotals};
use crate::model::{Bytes, GcCycle, MissingInput, Objects};

/// Part of the runtime's count that objects without a root or a sample, and memory that the dump does not list, may
/// make up: one in so many bytes, and so many at least.
const SLACK: (u64, i64) = (100, 64 << 10);

pub(super) struct Totals {
    pub(super) figures: HeapTotals,
}

impl Totals {
    pub(super) fn new(heap: &Heap) -> Self {
        let (graph, all) = (heap.graph(), &heap.loaded.all);
        let (mut reachable, mut garbage, mut dropped) = Default::default();
        for object in 0..graph.objects.len() {
            let count: &mut HeapCount = match heap.paths.is_reached(object) {
                true => &mut reachable,
                false if heap.classes.site(heap.classes.of(object)).is_some() => &mut garbage,
                false => &mut dropped,
            };
            count.objects += Objects(1);
            count.bytes += Bytes(graph.objects.size(object));
        }
        let params = all.params.as_ref();
        let mut figures = HeapTotals {
            go_version: params.map_or_else(String::new, |params| params.version.to_string()),
            goarch: params.map_or_else(String::new, |params| params.arch.to_string()),
            dump: heap.loaded.len,
            found: HeapCount {
                objects: reachable.objects + garbage.objects,
                bytes: reachable.bytes + garbage.bytes,
            },
            reachable,
            garbage,
            dropped,
            references: graph.edges.len() as u64 - graph.roots.holders.len() as u64,
            sampled: Objects(heap.classes.n_sampled),
            typed: Objects(heap.classes.n_typed),
            goroutines: all.goroutines.len() as u64,
            memstats: None,
            agreement: None,
        };
        if let Some(stats) = &all.mem_stats {
            figures.memstats = Some(DumpMemStats {
                heap_alloc: stats.heap_alloc,
                heap_objects: stats.heap_objects,
                heap_sys: stats.heap_sys,
                stack_inuse: stats.stack_inuse,
                sys: stats.sys,
                total_alloc: stats.total_alloc,
                num_gc: GcCycle(stats.num_gc),
            });
            let bytes = figures.found.bytes.since(stats.heap_alloc);
            let slack = (stats.heap_alloc.0 / SLACK.0).cast_signed().max(SLACK.1);
            // What was not sampled may be garbage: then the runtime counts more, by at most what was dropped.
            let holds =
                bytes <= slack && -bytes <= slack.saturating_add(figures.dropped.bytes.0.cast_signed());
            figures.agreement = Some(Agreement { bytes, holds });
        }
        Self { figures }
    }

    /// What could not be known.
    pub(super) fn missing(&self, heap: &Heap) -> Vec<MissingInput> {
        let mut list = heap.loaded.missing.clone();
        let figures = &self.figures;
        if figures.memstats.is_none() {
            list.push(missing("the runtime's own figures are missing: sums cannot be checked"));
        }
        let n = figures.found.objects.0;
        if figures.sampled.0 == 0 {
            list.push(missing("no object was sampled by the memory profile: allocation sites are not known"));
        } else if figures.sampled.0 * 10 < n * 9 {
            list.push(missing(&format!(
                "{} of {n} objects were sampled by the memory profile (GODEBUG=memprofilerate=1 samples all): the site of the others is not known, figures by site are of those sampled",
                figures.sampled
            )));
        }
        if figures.typed.0 == 0 {
            list.push(missing("types of objects are not known"));
        }
        list
    }
}
