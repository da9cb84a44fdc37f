//! Bytes of a heap dump, record after record, right or wrong as the caller says.
//!
//! ```text
//! heap     random heaps of which everything is known
//! big      dumps of any length
//! parts    any dump taken apart, changed at random, and joined again
//! ```
//!
//! Written from `runtime/heapdump.go`: a tag and then fields, each an unsigned LEB128 number, a length
//! with bytes, or a list of `1 OFFSET` that a 0 ends.

mod big;
mod heap;
mod parts;

use std::io::{self, Write};

use crate::trace::varint;

pub use big::{Big, Written};
pub use heap::{Call, Edge, Global, Heap, Object, Plan, Site};
pub use parts::DumpParts;

/// The machine that the dumped program ran on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Machine {
    /// Bytes of a pointer.
    pub pointer_size: u8,
    /// Whether the most significant byte comes first.
    pub big_endian: bool,
}

impl Machine {
    /// What most programs run on.
    pub const AMD64: Self = Self { pointer_size: 8, big_endian: false };

    /// All kinds that there are.
    pub const ALL: [Self; 4] = [
        Self::AMD64,
        Self { pointer_size: 8, big_endian: true },
        Self { pointer_size: 4, big_endian: false },
        Self { pointer_size: 4, big_endian: true },
    ];

    /// Puts a pointer at `offset` of `memory`.
    ///
    /// # Panics
    /// When it does not fit: the test is wrong.
    pub fn put(self, memory: &mut [u8], offset: usize, pointer: u64) {
        let size = usize::from(self.pointer_size);
        for (i, byte) in memory[offset..offset + size].iter_mut().enumerate() {
            let place = if self.big_endian { size - 1 - i } else { i };
            *byte = (pointer >> (8 * place)) as u8;
        }
    }
}

/// A goroutine as a dump has it.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "named as the runtime names them")]
pub struct Goroutine<'t> {
    pub address: u64,
    pub sp: u64,
    pub id: u64,
    pub gopc: u64,
    pub status: u64,
    pub is_system: bool,
    pub wait_since: u64,
    pub wait_reason: &'t str,
    pub ctxt: u64,
    pub m: u64,
    pub first_defer: u64,
    pub first_panic: u64,
}

/// A frame as a dump has it.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "named as the runtime names them")]
pub struct Frame<'t> {
    pub sp: u64,
    pub depth: u64,
    pub child_sp: u64,
    pub contents: &'t [u8],
    pub entry: u64,
    pub pc: u64,
    pub continpc: u64,
    pub function: &'t str,
    pub pointers: &'t [u64],
}

/// A dump on its way to a file, or into memory.
#[derive(Debug, Clone)]
pub struct Dump<W = Vec<u8>> {
    out: W,
    record: Vec<u8>,
}

impl Dump {
    /// Begins a dump in memory, without its parameters.
    #[must_use]
    pub fn new() -> Self {
        Self { out: b"go1.7 heap dump\n".to_vec(), record: Vec::new() }
    }

    /// The dump, without a mark at its end unless that was written.
    #[must_use]
    pub fn bytes(self) -> Vec<u8> {
        self.out
    }
}

impl Default for Dump {
    fn default() -> Self {
        Self::new()
    }
}

/// Each of these writes one record. In memory nothing fails.
#[allow(missing_docs, reason = "one record each, named as the runtime names them")]
impl<W: Write> Dump<W> {
    /// Begins a dump that is written as it is made.
    pub fn to(mut out: W) -> io::Result<Self> {
        out.write_all(b"go1.7 heap dump\n")?;
        Ok(Self { out, record: Vec::new() })
    }

    fn write(&mut self) -> io::Result<()> {
        self.out.write_all(&self.record)?;
        self.record.clear();
        Ok(())
    }

    fn numbers(&mut self, numbers: &[u64]) {
        numbers.iter().for_each(|&number| varint(&mut self.record, number));
    }

    fn bytes_with_length(&mut self, bytes: &[u8]) {
        varint(&mut self.record, bytes.len() as u64);
        self.record.extend_from_slice(bytes);
    }

    fn fields(&mut self, offsets: &[u64]) {
        for &offset in offsets {
            self.numbers(&[1, offset]);
        }
        self.numbers(&[0]);
    }

    pub fn params(&mut self, machine: Machine, heap: std::ops::Range<u64>) -> io::Result<()> {
        let size = machine.pointer_size.into();
        self.numbers(&[6, machine.big_endian.into(), size, heap.start, heap.end]);
        self.bytes_with_length(b"amd64");
        self.bytes_with_length(b"go1.26.8");
        self.numbers(&[2]);
        self.write()
    }

    pub fn type_(&mut self, address: u64, size: u64, name: &str, is_pointer: bool) -> io::Result<()> {
        self.numbers(&[3, address, size]);
        self.bytes_with_length(name.as_bytes());
        self.numbers(&[is_pointer.into()]);
        self.write()
    }

    pub fn itab(&mut self, address: u64, of: u64) -> io::Result<()> {
        self.numbers(&[8, address, of]);
        self.write()
    }

    pub fn object(&mut self, address: u64, contents: &[u8], pointers: &[u64]) -> io::Result<()> {
        self.numbers(&[1, address]);
        self.bytes_with_length(contents);
        self.fields(pointers);
        self.write()
    }

    pub fn other_root(&mut self, description: &str, to: u64) -> io::Result<()> {
        self.numbers(&[2]);
        self.bytes_with_length(description.as_bytes());
        self.numbers(&[to]);
        self.write()
    }

    pub fn goroutine(&mut self, g: &Goroutine<'_>) -> io::Result<()> {
        self.numbers(&[4, g.address, g.sp, g.id, g.gopc, g.status, g.is_system.into(), 0, g.wait_since]);
        self.bytes_with_length(g.wait_reason.as_bytes());
        self.numbers(&[g.ctxt, g.m, g.first_defer, g.first_panic]);
        self.write()
    }

    pub fn frame(&mut self, frame: &Frame<'_>) -> io::Result<()> {
        self.numbers(&[5, frame.sp, frame.depth, frame.child_sp]);
        self.bytes_with_length(frame.contents);
        self.numbers(&[frame.entry, frame.pc, frame.continpc]);
        self.bytes_with_length(frame.function.as_bytes());
        self.fields(frame.pointers);
        self.write()
    }

    /// Its own address, goroutine, sp, pc, function, code, link.
    pub fn defer(&mut self, numbers: [u64; 7]) -> io::Result<()> {
        self.numbers(&[14]);
        self.numbers(&numbers);
        self.write()
    }

    /// Its own address, goroutine, type and data of the argument, link.
    pub fn panic(&mut self, [address, goroutine, arg_type, arg_data, link]: [u64; 5]) -> io::Result<()> {
        self.numbers(&[15, address, goroutine, arg_type, arg_data, 0, link]);
        self.write()
    }

    pub fn os_thread(&mut self, address: u64, id: u64, os_id: u64) -> io::Result<()> {
        self.numbers(&[9, address, id, os_id]);
        self.write()
    }

    pub fn data(&mut self, address: u64, contents: &[u8], pointers: &[u64]) -> io::Result<()> {
        self.segment(12, address, contents, pointers)
    }

    pub fn bss(&mut self, address: u64, contents: &[u8], pointers: &[u64]) -> io::Result<()> {
        self.segment(13, address, contents, pointers)
    }

    fn segment(&mut self, tag: u64, address: u64, contents: &[u8], pointers: &[u64]) -> io::Result<()> {
        self.numbers(&[tag, address]);
        self.bytes_with_length(contents);
        self.fields(pointers);
        self.write()
    }

    /// Object, closure, code, type of the argument, type of the object.
    pub fn finalizer(&mut self, numbers: [u64; 5]) -> io::Result<()> {
        self.numbers(&[7]);
        self.numbers(&numbers);
        self.write()
    }

    /// Likewise.
    pub fn queued_finalizer(&mut self, numbers: [u64; 5]) -> io::Result<()> {
        self.numbers(&[11]);
        self.numbers(&numbers);
        self.write()
    }

    /// The 24 numbers before the pauses in the order of `runtime.MemStats`, and how many GC cycles there were.
    pub fn mem_stats(&mut self, numbers: [u64; 24], num_gc: u64) -> io::Result<()> {
        self.numbers(&[10]);
        self.numbers(&numbers);
        self.numbers(&std::array::from_fn::<u64, 256, _>(|cycle| cycle as u64 * 1000));
        self.numbers(&[num_gc]);
        self.write()
    }

    /// A frame is function, file, line.
    pub fn bucket(
        &mut self,
        id: u64,
        size: u64,
        stack: &[(&str, &str, u64)],
        counts: [u64; 2],
    ) -> io::Result<()> {
        self.numbers(&[16, id, size, stack.len() as u64]);
        for &(function, file, line) in stack {
            self.bytes_with_length(function.as_bytes());
            self.bytes_with_length(file.as_bytes());
            self.numbers(&[line]);
        }
        self.numbers(&counts);
        self.write()
    }

    pub fn sample(&mut self, object: u64, bucket: u64) -> io::Result<()> {
        self.numbers(&[17, object, bucket]);
        self.write()
    }

    /// Bytes as they are.
    pub fn raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.record.extend_from_slice(bytes);
        self.write()
    }

    /// The mark at the end.
    pub fn end(&mut self) -> io::Result<()> {
        self.numbers(&[0]);
        self.write()?;
        self.out.flush()
    }
}
