//! Objects of the second half of a dump, read by a second thread meanwhile.
//!
//! Where that began is a guess until the first thread comes there. Input: both readers. Output: the same as if one had
//! read all; what was read ahead is thrown away if the guess was wrong.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use super::{Collected, LOOK_EVERY, MAX_NUMBER, OnProgress};
use crate::format::heapdump::{Reader, Record};

/// How far the reading ahead is, and whether it shall end.
#[derive(Debug, Default)]
pub(super) struct Pace {
    bytes: AtomicU64,
    objects: AtomicU64,
    is_over: AtomicBool,
}

impl Pace {
    pub(super) fn bytes(&self) -> u64 {
        self.bytes.load(Relaxed)
    }

    pub(super) fn objects(&self) -> u64 {
        self.objects.load(Relaxed)
    }
}

impl Collected {
    /// Reads up to where `ahead` stands, which reads on from there meanwhile, and takes over what that has read.
    pub(super) fn read_with(
        &mut self,
        reader: &mut Reader<'_>,
        mut ahead: Reader<'_>,
        progress: OnProgress<'_>,
    ) {
        let (pace, start) = (Pace::default(), ahead.position());
        let mut part = Self { heap: self.heap, layout: self.layout, ..Self::default() };
        std::thread::scope(|scope| {
            let pace = &pace;
            let other = scope.spawn(move || {
                let past = part.read_objects(&mut ahead, pace);
                (part, past)
            });
            self.read(reader, start, pace, progress);
            let is_there = reader.position() == start && self.stopped.is_none();
            pace.is_over.store(!is_there, Relaxed);
            // What is not taken over, for whatever reason, is read after all.
            if let (Ok((part, past)), true) = (other.join(), is_there)
                && self.take_over(part)
            {
                reader.seek(past);
            }
        });
    }

    /// Reads to the first record that is no object; returns where that is.
    fn read_objects(&mut self, reader: &mut Reader<'_>, pace: &Pace) -> u64 {
        let start = reader.position();
        for n_objects in 1u64.. {
            let position = reader.position();
            let Some(Record::Object(object)) = reader.next_record() else { return position };
            self.index.add(object.address.0, object.memory.size(), position);
            self.object(&object);
            if n_objects.is_multiple_of(LOOK_EVERY) {
                pace.bytes.store(position - start, Relaxed);
                pace.objects.store(n_objects, Relaxed);
                if pace.is_over.load(Relaxed) || self.is_full() {
                    break;
                }
            }
        }
        reader.position()
    }

    /// Adds the objects of `part`, unless they are too many.
    fn take_over(&mut self, mut part: Self) -> bool {
        let fits = |ours: usize, theirs: usize| ours + theirs < MAX_NUMBER;
        if !fits(self.addresses.len(), part.addresses.len()) || !fits(self.slots.len(), part.slots.len()) {
            return false;
        }
        let (n_objects, n_slots) = (self.addresses.len() as u32, self.slots.len() as u32);
        // One after the other, so that of each there are two for a moment only.
        join(&mut self.addresses, &mut part.addresses);
        self.sizes.join(part.sizes);
        part.slot_ends.iter_mut().for_each(|end| *end += n_slots);
        join(&mut self.slot_ends, &mut part.slot_ends);
        join(&mut self.slots, &mut part.slots);
        join(&mut self.marks, &mut part.marks);
        part.wide.iter_mut().for_each(|wide| wide.object += n_objects);
        join(&mut self.wide, &mut part.wide);
        self.index.join(part.index);
        true
    }
}

/// Moves all of `part` to the end of `all` and frees it.
fn join<T: Copy>(all: &mut Vec<T>, part: &mut Vec<T>) {
    all.reserve_exact(part.len());
    all.extend_from_slice(&std::mem::take(part));
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use harness_synth::dump::{Dump, Machine, Plan};
    use proptest::prelude::*;

    use super::super::collect_from;
    use super::*;
    use crate::ingest::heap::index::read_again;

    /// All that was collected, in words, and where in the file each object is found.
    fn collected(dump: &[u8], middle: Option<u64>) -> String {
        let mut reader = Reader::new("heap.dump", dump).unwrap();
        let mut all = collect_from(&mut reader, middle, &mut |_| ControlFlow::Continue(()));
        let mut index = std::mem::take(&mut all.index);
        index.sort();
        let is_there = all.addresses.iter().all(|&address| {
            let mut found = false;
            let one = std::iter::once(address);
            read_again(&mut reader, &index, one, |_| found = true);
            found
        });
        format!("{is_there} {:?} {all:?}", reader.problems())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn a_dump_is_the_same_wherever_a_second_thread_begins(seed in any::<u64>(), part in 0.0f64..1.0, cut in 0.5f64..1.3) {
            let mut dump = Plan { seed, ..Plan::default() }.make().dump();
            dump.truncate((dump.len() as f64 * cut) as usize);
            let middle = (dump.len() as f64 * part) as u64;
            let ahead = {
                let mut reader = Reader::new("heap.dump", &dump[..]).unwrap();
                reader.next_record();
                reader.ahead(middle).map(|ahead| ahead.position())
            };
            prop_assert!(ahead.is_none_or(|ahead| ahead >= middle));
            prop_assert_eq!(collected(&dump, Some(middle)), collected(&dump, None));
        }
    }

    #[test]
    fn objects_that_are_only_the_contents_of_one_are_not_taken_for_any() {
        let heap = 0xc0_0000_0000u64;
        let objects = |n: u64, from: u64| {
            let (header, mut dump) = (Dump::new().bytes(), Dump::new());
            (0..n).for_each(|i| dump.object(from + i * 16, &[0; 16], &[0, 8]).unwrap());
            dump.bytes().split_off(header.len())
        };
        let mut dump = Dump::new();
        dump.params(Machine::AMD64, heap..heap + (1 << 26)).unwrap();
        let inner = objects(1000, heap);
        dump.object(heap, &inner, &[]).unwrap();
        dump.raw(&objects(50, heap + (1 << 20))).unwrap();
        dump.end().unwrap();
        let dump = dump.bytes();
        let middle = inner.len() as u64 / 2;
        let mut reader = Reader::new("heap.dump", &dump[..]).unwrap();
        reader.next_record();
        let guessed = reader.ahead(middle).unwrap().position();
        assert!(guessed < inner.len() as u64, "the guess is wrong: {guessed}");
        let next = reader.position();
        assert_eq!(reader.ahead(next).map(|ahead| ahead.position()), Some(next), "here it is not");
        assert_eq!(collected(&dump, Some(middle)), collected(&dump, None));
    }

    #[test]
    fn objects_are_looked_for_in_few_places_however_many_seem_to_begin_one() {
        let heap = 0xc0_0000_0000u64;
        let with_decoys = |n: usize| {
            let (header, mut decoy) = (Dump::new().bytes(), Dump::new());
            decoy.object(heap, &[0; 16], &[]).unwrap();
            let mut decoy = decoy.bytes().split_off(header.len());
            *decoy.last_mut().unwrap() = 9; // a kind of field that there is not
            let mut dump = Dump::new();
            dump.params(Machine::AMD64, heap..heap + (1 << 26)).unwrap();
            dump.object(heap, &decoy.repeat(n), &[]).unwrap();
            (0..50).for_each(|i| dump.object(heap + (1 << 20) + i * 16, &[0; 16], &[]).unwrap());
            dump.end().unwrap();
            dump.bytes()
        };
        let is_found = |dump: &[u8]| {
            let mut reader = Reader::new("heap.dump", dump).unwrap();
            reader.next_record();
            let inside = reader.position() + 16;
            let found = reader.ahead(inside).is_some();
            assert_eq!(collected(dump, Some(inside)), collected(dump, None));
            found
        };
        assert_eq!([10, 1000].map(|n| is_found(&with_decoys(n))), [true, false]);
    }
}
