//! Dumps of any length, written as they are made: what the reader and the graph are timed with.
//!
//! The program that they would be of has caches: each a global with a table, whose chains of entries
//! hold a key, a value with a buffer, and a node that points back and to a node elsewhere. All addresses
//! follow from an entry's number, so that nothing has to be remembered.

use std::io::{self, Write};

use super::{Dump, Frame, Goroutine, Machine};

const HEAP: u64 = 0xc0_0000_0000;
const BSS: u64 = 0x53_0000;

/// Entries whose objects of one size lie together. All of their spans are whole pages of 8 KiB then.
const BLOCK: u64 = 512;

/// Sizes of an entry's objects.
const SIZES: [u64; 5] = [64, 32, 96, 48, 48];
const ENTRY: usize = 0;
const KEY: usize = 1;
const VALUE: usize = 2;
const BUFFER: usize = 3;
const NODE: usize = 4;

/// Entries of a chain.
const CHAIN: u64 = 16;

/// What kind of dump is wanted.
#[derive(Debug, Clone, Copy)]
pub struct Big {
    /// Objects, rounded up to whole blocks.
    pub n_objects: u64,
    /// Caches.
    pub n_globals: u64,
    /// Goroutines, each of which holds an entry.
    pub n_goroutines: u64,
    /// One of so many objects has a sample; 1 for all.
    pub sampling: u64,
}

/// What is in a dump.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// All are reachable.
    pub n_objects: u64,
    /// Of all objects.
    pub bytes: u64,
    /// Pointers from object to object that are not nil.
    pub n_edges: u64,
    /// Samples.
    pub n_samples: u64,
}

impl Big {
    /// A dump of about so many bytes, with as many objects as a dump of 1.9 GB has 29 million.
    #[must_use]
    pub fn of_bytes(bytes: u64) -> Self {
        Self { n_objects: bytes / 72, n_globals: 100, n_goroutines: 1000, sampling: 512 }
    }

    /// Writes it.
    pub fn write(&self, out: impl Write) -> io::Result<Written> {
        let n_blocks = self.n_objects.div_ceil(BLOCK * SIZES.len() as u64).max(self.n_globals.max(1));
        let layout = Layout::new(n_blocks, self.n_globals.max(1));
        let mut writer = Writer {
            dump: Dump::to(out)?,
            layout,
            written: Written { n_objects: 0, bytes: 0, n_edges: 0, n_samples: 0 },
        };
        writer.write(self)?;
        Ok(writer.written)
    }
}

/// Where everything is.
#[derive(Debug, Clone, Copy)]
struct Layout {
    n_entries: u64,
    n_globals: u64,
    entries_per_global: u64,
}

impl Layout {
    fn new(n_blocks: u64, n_globals: u64) -> Self {
        let entries_per_global = n_blocks.div_ceil(n_globals) * BLOCK;
        let n_entries = n_blocks * BLOCK;
        Self { n_entries, n_globals: n_entries.div_ceil(entries_per_global), entries_per_global }
    }

    const BLOCK_LEN: u64 = BLOCK * (SIZES[0] + SIZES[1] + SIZES[2] + SIZES[3] + SIZES[4]);

    fn object(kind: usize, entry: u64) -> u64 {
        let before: u64 = SIZES[..kind].iter().sum();
        HEAP + entry / BLOCK * Self::BLOCK_LEN + before * BLOCK + entry % BLOCK * SIZES[kind]
    }

    /// Tables come after all blocks.
    fn table(self, global: u64) -> u64 {
        HEAP + self.n_entries / BLOCK * Self::BLOCK_LEN + global * self.table_len()
    }

    /// In whole pages.
    fn table_len(self) -> u64 {
        (self.entries_per_global / CHAIN * 8).next_multiple_of(8192)
    }

    fn end(self) -> u64 {
        self.table(self.n_globals).next_multiple_of(64 << 20)
    }

    /// What the words of an object point to, by word, and for how many words a pointer is possible.
    fn words(self, kind: usize, entry: u64) -> ([u64; 4], &'static [u64]) {
        let chained = !(entry + 1).is_multiple_of(CHAIN) && entry + 1 < self.n_entries;
        match kind {
            ENTRY => {
                let next = if chained { Self::object(ENTRY, entry + 1) } else { 0 };
                (
                    [Self::object(KEY, entry), Self::object(VALUE, entry), next, Self::object(NODE, entry)],
                    &[0, 16, 24, 32],
                )
            }
            VALUE => ([Self::object(BUFFER, entry), Self::object(NODE, entry), 0, 0], &[0, 24, 48]),
            NODE => {
                let far = entry.wrapping_mul(0x9e37_79b9_7f4a_7c15) % self.n_entries;
                ([Self::object(NODE, far), Self::object(ENTRY, entry), 0, 0], &[0, 8])
            }
            _ => ([0; 4], &[]),
        }
    }
}

struct Writer<W: Write> {
    dump: Dump<W>,
    layout: Layout,
    written: Written,
}

impl<W: Write> Writer<W> {
    fn write(&mut self, big: &Big) -> io::Result<()> {
        self.dump.params(Machine::AMD64, HEAP..self.layout.end())?;
        for block in 0..self.layout.n_entries / BLOCK {
            for kind in 0..SIZES.len() {
                (block * BLOCK..(block + 1) * BLOCK).try_for_each(|entry| self.object(kind, entry))?;
            }
        }
        (0..self.layout.n_globals).try_for_each(|global| self.table(global))?;
        self.goroutines(big.n_goroutines)?;
        self.globals()?;
        let mut stats = [0; 24];
        let Written { n_objects, bytes, .. } = self.written;
        (stats[0], stats[4], stats[6], stats[11]) = (bytes, n_objects, bytes, n_objects);
        self.dump.mem_stats(stats, 7)?;
        self.profile(big.sampling.max(1))?;
        self.dump.end()
    }

    fn object(&mut self, kind: usize, entry: u64) -> io::Result<()> {
        let mut memory = [0x61; 96];
        let (values, offsets) = self.layout.words(kind, entry);
        for (value, &offset) in values.iter().zip(offsets) {
            memory[offset as usize..offset as usize + 8].copy_from_slice(&value.to_le_bytes());
            self.written.n_edges += u64::from(*value != 0);
        }
        self.written.n_objects += 1;
        self.written.bytes += SIZES[kind];
        self.dump.object(Layout::object(kind, entry), &memory[..SIZES[kind] as usize], offsets)
    }

    /// The heads of a global's chains.
    fn table(&mut self, global: u64) -> io::Result<()> {
        let entries = self.entries(global);
        let mut memory = vec![0; self.layout.table_len() as usize];
        let mut offsets = Vec::new();
        for (i, head) in entries.step_by(CHAIN as usize).enumerate() {
            memory[i * 8..i * 8 + 8].copy_from_slice(&Layout::object(ENTRY, head).to_le_bytes());
            offsets.push(i as u64 * 8);
        }
        self.written.n_edges += offsets.len() as u64;
        self.written.n_objects += 1;
        self.written.bytes += memory.len() as u64;
        self.dump.object(self.layout.table(global), &memory, &offsets)
    }

    fn entries(&self, global: u64) -> std::ops::Range<u64> {
        let start = global * self.layout.entries_per_global;
        start..(start + self.layout.entries_per_global).min(self.layout.n_entries)
    }

    fn goroutines(&mut self, n: u64) -> io::Result<()> {
        for id in 1..=n {
            let sp = 0x7000_0000 + id * 8192;
            let g = Goroutine {
                address: 0x60_0000 + id * 512,
                sp,
                id,
                status: 4,
                wait_reason: "select",
                ..Goroutine::default()
            };
            self.dump.goroutine(&g)?;
            let held = Layout::object(ENTRY, id * 7919 % self.layout.n_entries);
            let mut contents = [0; 64];
            contents[16..24].copy_from_slice(&held.to_le_bytes());
            let (contents, entry, function) = (&contents[..], 0x40_0000, "main.serve");
            self.dump.frame(&Frame { sp, contents, entry, function, pointers: &[16], ..Frame::default() })?;
        }
        Ok(())
    }

    fn globals(&mut self) -> io::Result<()> {
        let n = self.layout.n_globals;
        let memory: Vec<u8> = (0..n).flat_map(|global| self.layout.table(global).to_le_bytes()).collect();
        let offsets: Vec<u64> = (0..n).map(|global| global * 8).collect();
        self.dump.data(0x52_0000, &[0; 64], &[])?;
        self.dump.bss(BSS, &memory, &offsets)
    }

    /// A bucket for each kind of object.
    fn profile(&mut self, sampling: u64) -> io::Result<()> {
        const FUNCTIONS: [&str; 5] =
            ["main.newEntry", "main.newKey", "main.newValue", "main.newBuffer", "main.newNode"];
        let bucket = |kind: usize| 0x7f_0000 + 64 * kind as u64;
        let n = self.layout.n_entries;
        for (kind, function) in FUNCTIONS.into_iter().enumerate() {
            let stack = [(function, "main.go", 10 + kind as u64), ("main.main", "main.go", 99)];
            self.dump.bucket(bucket(kind), SIZES[kind], &stack, [n.div_ceil(sampling), 0])?;
        }
        for kind in 0..SIZES.len() {
            for entry in (0..n).step_by(usize::try_from(sampling).unwrap_or(usize::MAX)) {
                self.written.n_samples += 1;
                self.dump.sample(Layout::object(kind, entry), bucket(kind))?;
            }
        }
        Ok(())
    }
}
