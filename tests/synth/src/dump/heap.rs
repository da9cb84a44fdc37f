//! Random heaps of which everything is known, and the dumps that a Go program with them would write.
//!
//! Objects lie in spans of equal slots as the runtime's do. Slots that nothing holds are free ones that
//! the runtime still lists: they have no sample, and what they contain is old.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::{Dump, Frame, Goroutine, Machine};
use crate::random::Random;

/// Sizes of slots, as Go's small size classes are, and one that takes spans of its own.
const SLOT_SIZES: [u64; 10] = [16, 24, 32, 48, 64, 96, 128, 512, 1024, 40_960];

/// Bytes of a span, unless its one object is larger.
const SPAN: u64 = 8192;

/// Where the heap begins on machines of 8-byte pointers and others.
const HEAP_START: [u64; 2] = [0xc0_0000_0000, 0x1000_0000];

/// Where variables and types are.
const DATA: u64 = 0x52_0000;
const BSS: u64 = 0x53_0000;
const BUCKETS: u64 = 0x7f_0000;

/// What kind of heap is wanted.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Equal seeds make equal heaps.
    pub seed: u64,
    /// Of the dumped program.
    pub machine: Machine,
    /// Slots, live or free.
    pub n_objects: usize,
    /// Goroutines, each with one to four frames.
    pub n_goroutines: usize,
    /// Global variables that hold something.
    pub n_globals: usize,
    /// Places that allocate.
    pub n_sites: usize,
}

impl Default for Plan {
    fn default() -> Self {
        let machine = Machine::AMD64;
        Self { seed: 0, machine, n_objects: 300, n_goroutines: 5, n_globals: 12, n_sites: 7 }
    }
}

/// A pointer from one piece of memory into an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edge {
    /// Bytes from the start of the memory that holds it.
    pub offset: u64,
    /// The object's place in [`Heap::objects`].
    pub to: usize,
    /// Bytes into that object.
    pub interior: u64,
}

/// An object, or a slot that is free.
#[derive(Debug, Clone)]
pub struct Object {
    /// Of its slot.
    pub address: u64,
    /// Of its slot.
    pub size: u64,
    /// By offset.
    pub edges: Vec<Edge>,
    /// Slots that hold nil.
    pub nils: Vec<u64>,
    /// Place in [`Heap::sites`].
    pub site: usize,
    /// Whether a root leads to it.
    pub is_live: bool,
}

/// A variable that holds a pointer.
#[derive(Debug, Clone, Copy)]
pub struct Global {
    /// Whether it has a first value (data) or not (bss).
    pub is_data: bool,
    /// Of the variable.
    pub address: u64,
    /// What it holds; the offset is from the start of its segment.
    pub edge: Edge,
}

/// A frame and what it holds.
#[derive(Debug, Clone)]
pub struct Call {
    /// The function.
    pub function: String,
    /// Of its locals.
    pub edges: Vec<Edge>,
}

/// A place that allocates.
#[derive(Debug, Clone)]
pub struct Site {
    /// Of the bucket.
    pub bucket: u64,
    /// Function, file, line, innermost first.
    pub stack: Vec<(String, String, u64)>,
}

/// A heap.
#[derive(Debug, Clone)]
pub struct Heap {
    machine: Machine,
    end: u64,
    /// By address.
    pub objects: Vec<Object>,
    /// Those that hold something.
    pub globals: Vec<Global>,
    /// Calls of each goroutine, innermost first; ids count from 1.
    pub goroutines: Vec<Vec<Call>>,
    /// Objects with a finalizer; its closure is the second.
    pub finalizers: Vec<(usize, usize)>,
    /// Where objects were allocated.
    pub sites: Vec<Site>,
}

impl Plan {
    /// Makes it.
    #[must_use]
    pub fn make(&self) -> Heap {
        Maker { random: Random::new(self.seed), plan: *self }.make()
    }
}

struct Maker {
    random: Random,
    plan: Plan,
}

impl Maker {
    fn make(mut self) -> Heap {
        let (mut objects, end) = self.slots();
        self.link(&mut objects);
        let globals = self.globals(&objects);
        let goroutines = (0..self.plan.n_goroutines).map(|id| self.goroutine(id, &objects)).collect();
        let finalizers = self.finalizers(&objects);
        let sites = (0..self.plan.n_sites.max(1)).map(site).collect();
        let mut heap =
            Heap { machine: self.plan.machine, end, objects, globals, goroutines, finalizers, sites };
        heap.find_live();
        heap
    }

    fn heap_start(&self) -> u64 {
        HEAP_START[usize::from(self.plan.machine.pointer_size == 4)]
    }

    /// All slots without what they hold, span after span, and where the last span ends.
    fn slots(&mut self) -> (Vec<Object>, u64) {
        let (mut objects, mut at) = (Vec::new(), self.heap_start());
        while objects.len() < self.plan.n_objects {
            at += SPAN * self.random.below(3);
            let large = self.random.once_in(8);
            let last = SLOT_SIZES.len() - 1;
            let size = SLOT_SIZES[if large { last } else { self.random.place(last) }];
            for slot in 0..(SPAN / size).max(1) {
                if objects.len() < self.plan.n_objects && !self.random.once_in(3) {
                    let site = self.random.place(self.plan.n_sites.max(1));
                    let (edges, nils) = (Vec::new(), Vec::new());
                    let address = at + slot * size;
                    objects.push(Object { address, size, edges, nils, site, is_live: false });
                }
            }
            at += SPAN * size.div_ceil(SPAN);
        }
        (objects, at)
    }

    /// Lets objects point to each other.
    fn link(&mut self, objects: &mut [Object]) {
        let sizes: Vec<u64> = objects.iter().map(|object| object.size).collect();
        for object in objects {
            let word = u64::from(self.plan.machine.pointer_size);
            let n_words = (object.size / word).min(1 + self.random.below(40));
            for offset in (0..n_words).map(|i| i * word) {
                match self.random.below(12) {
                    0..3 => object.edges.push(self.edge(offset, &sizes)),
                    3 => object.nils.push(offset),
                    _ => {}
                }
            }
        }
    }

    fn edge(&mut self, offset: u64, sizes: &[u64]) -> Edge {
        let to = self.random.place(sizes.len());
        let interior = if self.random.once_in(4) { self.random.below(sizes[to]) } else { 0 };
        Edge { offset, to, interior }
    }

    fn edge_into(&mut self, offset: u64, objects: &[Object]) -> Edge {
        let to = self.random.place(objects.len());
        Edge { offset, to, interior: 0 }
    }

    /// At most one in every fourth word of its segment.
    fn globals(&mut self, objects: &[Object]) -> Vec<Global> {
        if objects.is_empty() {
            return Vec::new();
        }
        let stride = 4 * u64::from(self.plan.machine.pointer_size);
        let n_globals = self.plan.n_globals as u64;
        let global = |i: u64| {
            let is_data = self.random.once_in(2);
            let edge = self.edge_into(i * stride, objects);
            let address = if is_data { DATA } else { BSS } + edge.offset;
            Global { is_data, address, edge }
        };
        (0..n_globals).map(global).collect()
    }

    fn goroutine(&mut self, id: usize, objects: &[Object]) -> Vec<Call> {
        let word = u64::from(self.plan.machine.pointer_size);
        let n_calls = 1 + self.random.below(4);
        let call = |call: u64| {
            let n_edges = if objects.is_empty() { 0 } else { self.random.below(3) };
            let edges = (0..n_edges).map(|i| self.edge_into(i * 2 * word, objects)).collect();
            Call { function: format!("main.worker{}.level{call}", id % 3), edges }
        };
        (0..n_calls).map(call).collect()
    }

    fn finalizers(&mut self, objects: &[Object]) -> Vec<(usize, usize)> {
        let n = objects.len();
        let some = |_| (self.random.place(n), self.random.place(n));
        (0..n / 100).map(some).collect()
    }
}

fn site(number: usize) -> Site {
    let frame = |function: String, line: u64| (function, "main.go".to_owned(), line);
    let line = 10 + number as u64;
    let stack = vec![
        frame(format!("main.make{number}"), line),
        frame("main.main".to_owned(), 100 + line),
        frame("runtime.main".to_owned(), 283),
    ];
    Site { bucket: BUCKETS + 64 * number as u64, stack }
}

impl Heap {
    /// Edges from outside of the heap: variables, frames, closures of finalizers and what those are for
    /// refers to (the runtime marks it; the object itself it does not, not even if that refers to itself: `scanobject`
    /// passes over such pointers, and 100 of 100 such objects were finalized by Go 1.23, 1.26 and 1.27).
    pub fn roots(&self) -> impl Iterator<Item = usize> + '_ {
        let globals = self.globals.iter().map(|global| global.edge.to);
        let frames = self.goroutines.iter().flatten().flat_map(|call| &call.edges).map(|edge| edge.to);
        let closures = self.finalizers.iter().map(|&(_, closure)| closure);
        let others = |&(object, _): &(usize, usize)| {
            self.objects[object].edges.iter().map(|edge| edge.to).filter(move |to| *to != object)
        };
        globals.chain(frames).chain(closures).chain(self.finalizers.iter().flat_map(others))
    }

    fn find_live(&mut self) {
        let mut todo: Vec<usize> = self.roots().collect();
        while let Some(object) = todo.pop() {
            if !std::mem::replace(&mut self.objects[object].is_live, true) {
                todo.extend(self.objects[object].edges.iter().map(|edge| edge.to));
            }
        }
        // An object with a finalizer is there until that has run.
        self.finalizers.iter().for_each(|&(object, _)| self.objects[object].is_live = true);
    }

    /// Number and bytes of the live objects, as the dump's statistics have them.
    #[must_use]
    pub fn live(&self) -> (u64, u64) {
        let live = self.objects.iter().filter(|object| object.is_live);
        live.fold((0, 0), |(n, bytes), object| (n + 1, bytes + object.size))
    }

    /// The dump.
    #[must_use]
    pub fn dump(&self) -> Vec<u8> {
        let mut dump = Dump::new();
        // Nothing fails in memory.
        let _ = self.write(&mut dump);
        dump.bytes()
    }

    /// Writes the dump.
    pub fn write<W: Write>(&self, dump: &mut Dump<W>) -> io::Result<()> {
        let start = HEAP_START[usize::from(self.machine.pointer_size == 4)];
        dump.params(self.machine, start..self.end)?;
        for object in &self.objects {
            let memory = self.memory(object.size, &object.edges);
            dump.object(object.address, &memory, &offsets(&object.edges, &object.nils))?;
        }
        self.write_goroutines(dump)?;
        dump.os_thread(0x50_0000, 0, 4711)?;
        self.write_segments(dump)?;
        for &(object, closure) in &self.finalizers {
            let [object, closure] = [object, closure].map(|place| self.objects[place].address);
            dump.finalizer([object, closure, 0x40_1000, 0x4a_0000, 0x4a_0000])?;
        }
        let (n_live, bytes) = self.live();
        let mut stats = [0; 24];
        (stats[0], stats[4], stats[6], stats[11]) = (bytes, n_live, bytes, n_live);
        dump.mem_stats(stats, 3)?;
        self.write_profile(dump)?;
        dump.end()
    }

    fn memory(&self, size: u64, edges: &[Edge]) -> Vec<u8> {
        let mut memory = vec![0; size as usize];
        for edge in edges {
            let value = self.objects[edge.to].address + edge.interior;
            self.machine.put(&mut memory, edge.offset as usize, value);
        }
        memory
    }

    fn write_goroutines<W: Write>(&self, dump: &mut Dump<W>) -> io::Result<()> {
        for (i, calls) in self.goroutines.iter().enumerate() {
            let id = i as u64 + 1;
            let (address, sp) = (0x60_0000 + id * 512, 0x2000_0000 + id * 8192);
            let g =
                Goroutine { address, sp, id, status: 4, wait_reason: "chan receive", ..Goroutine::default() };
            dump.goroutine(&g)?;
            for (depth, call) in calls.iter().enumerate() {
                let contents = self.memory(256, &call.edges);
                let (depth, function) = (depth as u64, call.function.as_str());
                let pointers = &offsets(&call.edges, &[]);
                let child_sp = if depth == 0 { 0 } else { sp + 256 * (depth - 1) };
                let (sp, entry) = (sp + 256 * depth, 0x40_0000);
                let pc = entry + 16;
                let continpc = pc;
                dump.frame(&Frame {
                    sp,
                    depth,
                    child_sp,
                    contents: &contents,
                    entry,
                    pc,
                    continpc,
                    function,
                    pointers,
                })?;
            }
        }
        Ok(())
    }

    fn write_segments<W: Write>(&self, dump: &mut Dump<W>) -> io::Result<()> {
        let word = u64::from(self.machine.pointer_size);
        let size = 4 * word * self.globals.len() as u64;
        for is_data in [true, false] {
            let here = self.globals.iter().filter(|global| global.is_data == is_data);
            let edges: Vec<Edge> = here.map(|global| global.edge).collect();
            let (memory, pointers) = (self.memory(size, &edges), offsets(&edges, &[]));
            match is_data {
                true => dump.data(DATA, &memory, &pointers)?,
                false => dump.bss(BSS, &memory, &pointers)?,
            }
        }
        Ok(())
    }

    /// A bucket for each site and size, as Go has them, and a sample for each live object.
    fn write_profile<W: Write>(&self, dump: &mut Dump<W>) -> io::Result<()> {
        let mut buckets: BTreeMap<(usize, u64), u64> = BTreeMap::new();
        for object in self.objects.iter().filter(|object| object.is_live) {
            *buckets.entry((object.site, object.size)).or_default() += 1;
        }
        for (&(site, size), &n) in &buckets {
            let stack = self.sites[site].stack.iter();
            let stack: Vec<_> =
                stack.map(|(function, file, line)| (&function[..], &file[..], *line)).collect();
            dump.bucket(self.bucket(site, size), size, &stack, [n + 2, 2])?;
        }
        for object in self.objects.iter().filter(|object| object.is_live) {
            dump.sample(object.address, self.bucket(object.site, object.size))?;
        }
        Ok(())
    }

    fn bucket(&self, site: usize, size: u64) -> u64 {
        self.sites[site].bucket + size * 0x1_0000
    }
}

/// All offsets in order.
fn offsets(edges: &[Edge], nils: &[u64]) -> Vec<u64> {
    let mut all: Vec<u64> = edges.iter().map(|edge| edge.offset).chain(nils.iter().copied()).collect();
    all.sort_unstable();
    all
}
