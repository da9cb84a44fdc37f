//! How long a dump's objects have lived: those of a trace with every allocation, found by their address.
//!
//! Input: a [`Heap`], and what the trace has alive at that moment. Output: [`Ages`] by site and by type, to be put into
//! a summary. Only objects that a root reaches count. What is older than the trace, or not in it, has no age: nothing
//! is guessed.

use rustc_hash::FxHashMap;

use super::analysis::Heap;
use super::objects::NONE;
use crate::ingest::trace::summary::LivingObjects;
use crate::model::Objects;
use crate::model::heap::{AgesBefore, HeapCount, HeapSummary, ObjectAges, site_signature};

/// Ages of the objects of one dump.
#[derive(Debug, Default)]
pub struct Ages {
    cycle: u64,
    sites: FxHashMap<String, ObjectAges>,
    types: FxHashMap<Option<String>, ObjectAges>,
}

/// Objects by birth, in order of it, and those older than the trace.
#[derive(Debug, Default)]
struct Tally {
    births: FxHashMap<u64, u64>,
    older: u64,
}

impl Tally {
    fn add(&mut self, birth: Option<u64>) {
        match birth {
            Some(birth) => *self.births.entry(birth).or_default() += 1,
            None => self.older += 1,
        }
    }

    fn finish(self, cycle: u64) -> ObjectAges {
        let mut births: Vec<(u64, u64)> = self.births.into_iter().collect();
        births.sort_unstable();
        ObjectAges::new(&births, Objects(self.older), cycle)
    }
}

impl Heap {
    /// Ages of its objects, of which `living` are those that the trace has alive when it was taken.
    #[must_use]
    pub fn ages(&self, living: &LivingObjects) -> Ages {
        let cycle = living.cycle();
        let mut by_site: FxHashMap<u32, Tally> = FxHashMap::default();
        let mut by_type: FxHashMap<u32, Tally> = FxHashMap::default();
        let objects = &self.graph().objects;
        for object in living.iter() {
            // What the trace has inside of an object of the dump was freed, and its memory used again.
            let begins = |number: &u32| objects.address(*number) == object.address;
            let found = objects.find(object.address).filter(begins);
            let Some(number) = found.filter(|&number| self.paths.is_reached(number)) else { continue };
            let Some(class) = self.classes.class(self.classes.of(number)) else { continue };
            let birth = object.age.map(|age| cycle.saturating_sub(age.into()));
            by_type.entry(class.type_).or_default().add(birth);
            if class.site != NONE {
                by_site.entry(class.site).or_default().add(birth);
            }
        }
        let type_name = |place: u32| self.classes.type_names.get(place as usize).cloned();
        let signature = |place: u32| {
            let site = self.classes.sites.get(place as usize)?;
            Some(site_signature(site.object_size, &site.stack))
        };
        let sites = by_site.into_iter();
        let types = by_type.into_iter();
        Ages {
            cycle,
            sites: sites.filter_map(|(of, tally)| Some((signature(of)?, tally.finish(cycle)))).collect(),
            types: types.map(|(of, tally)| (type_name(of), tally.finish(cycle))).collect(),
        }
    }
}

impl Ages {
    /// Puts them into the summary of the dump that they are of; `before` are those of an earlier dump of the same run.
    pub fn put_into(&self, summary: &mut HeapSummary, before: Option<&Self>) {
        for site in &mut summary.sites {
            let signature = site.signature();
            let earlier = before.map(|before| (before.cycle, before.sites.get(&signature)));
            site.ages = Some(self.complete(self.sites.get(&signature), site.held, earlier));
        }
        for row in &mut summary.types {
            let earlier = before.map(|before| (before.cycle, before.types.get(&row.name)));
            row.ages = Some(self.complete(self.types.get(&row.name), row.held, earlier));
        }
    }

    /// With the objects that have no age because the trace does not have them.
    fn complete(
        &self,
        ages: Option<&ObjectAges>,
        held: HeapCount,
        earlier: Option<(u64, Option<&ObjectAges>)>,
    ) -> ObjectAges {
        let mut ages = ages.cloned().unwrap_or(ObjectAges { cycle: self.cycle, ..ObjectAges::default() });
        ages.unseen = Objects(held.objects.0.saturating_sub(ages.objects().0));
        ages.before = earlier.map(|(cycle, ages)| match ages {
            Some(ages) => ages.as_before(),
            None => AgesBefore { cycle, ..AgesBefore::default() },
        });
        ages
    }
}

#[cfg(test)]
mod tests {
    use harness_synth::dump::{Dump, Machine};

    use crate::format::{exectrace, heapdump};
    use crate::ingest::heap::{Loaded, Options};
    use crate::ingest::trace::summary::living_objects;
    use crate::model::{Objects, TraceTime};

    #[test]
    fn an_object_has_one_age_however_many_the_trace_had_in_its_memory_before() {
        let trace = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/traces/alloc-go1.26.8.trace");
        let trace = std::fs::read(trace).unwrap();
        let mut trace = exectrace::Reader::new("trace", &trace).unwrap();
        let living = living_objects(&mut trace, &[TraceTime(i64::MAX)]).pop().unwrap();
        let node = living.iter().find(|object| object.type_name == Some("main.node")).unwrap().address;
        let len = 4096;
        let inside = living.iter().filter(|object| (node..node + len).contains(&object.address)).count();
        assert!(inside > 10, "{inside}");

        let mut dump = Dump::new();
        dump.params(Machine::AMD64, node..node + (1 << 20)).unwrap();
        dump.object(node, &vec![0; len as usize], &[]).unwrap();
        dump.other_root("a root", node).unwrap();
        dump.end().unwrap();
        let dump = dump.bytes();
        let mut reader = heapdump::Reader::new("dump", &dump).unwrap();
        let heap = Loaded::read(&mut reader, Options::default()).analyse(None);
        let mut summary = heap.summary(None);
        heap.ages(&living).put_into(&mut summary, None);
        let ages = summary.types[0].ages.as_ref().unwrap();
        assert_eq!((ages.objects(), ages.unseen), (Objects(1), Objects(0)), "{ages:?}");
    }
}
