//! Bytes of a trace, batch after batch, right or wrong as the caller says.

use crate::table::{event_type, mark};

/// All bits set: no thread.
pub const NO_THREAD: u64 = u64::MAX;

/// A trace under construction.
#[derive(Debug, Clone)]
pub struct Trace {
    bytes: Vec<u8>,
    minor: u32,
}

/// Events of one thread (or a table) under construction.
#[derive(Debug, Default, Clone)]
pub struct Body(pub(crate) Vec<u8>);

/// Appends an unsigned LEB128 number.
pub fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value > 0x7f {
        out.push((value % 128) as u8 | 0x80);
        value /= 128;
    }
    out.push(value as u8);
}

impl Body {
    /// An event with its arguments, the time difference first.
    ///
    /// # Panics
    /// When no event has that name: the test is wrong.
    #[must_use]
    #[allow(clippy::panic, reason = "a test that names no event is to be told at once")]
    pub fn event(mut self, name: &str, args: &[u64]) -> Self {
        let Some(event) = event_type(name) else { panic!("no event `{name}`") };
        self.0.push(event.number);
        args.iter().for_each(|&arg| varint(&mut self.0, arg));
        self
    }

    /// Bytes as they are.
    #[must_use]
    pub fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }
}

impl Trace {
    /// Begins a trace of Go 1.`minor`.
    #[must_use]
    pub fn new(minor: u32) -> Self {
        Self { bytes: format!("go 1.{minor} trace\0\0\0").into_bytes(), minor }
    }

    /// A batch.
    #[must_use]
    pub fn batch(mut self, generation: u64, thread: u64, time: u64, body: Body) -> Self {
        self.bytes.push(mark::BATCH);
        for number in [generation, thread, time, body.0.len() as u64] {
            varint(&mut self.bytes, number);
        }
        self.bytes.extend_from_slice(&body.0);
        self
    }

    /// The string table.
    #[must_use]
    pub fn strings(self, generation: u64, strings: &[(u64, &str)]) -> Self {
        self.strings_at(generation, 0, strings)
    }

    pub(crate) fn strings_at(self, generation: u64, time: u64, strings: &[(u64, &str)]) -> Self {
        let mut body = vec![mark::STRINGS];
        for &(id, text) in strings {
            string_entry(&mut body, id, text.len() as u64, text.as_bytes());
        }
        self.batch(generation, NO_THREAD, time, Body(body))
    }

    /// The stack table: frames are pc, function, file, line.
    #[must_use]
    pub fn stacks(self, generation: u64, stacks: &[(u64, &[[u64; 4]])]) -> Self {
        self.stacks_at(generation, 0, stacks)
    }

    pub(crate) fn stacks_at(self, generation: u64, time: u64, stacks: &[(u64, &[[u64; 4]])]) -> Self {
        let mut body = vec![mark::STACKS];
        for &(id, frames) in stacks {
            stack_entry(&mut body, id, frames.len() as u64, frames);
        }
        self.batch(generation, NO_THREAD, time, Body(body))
    }

    /// What ends a sound generation: frequency, clocks and mark as the version has them. A tick is
    /// a nanosecond.
    #[must_use]
    pub fn end(self, generation: u64) -> Self {
        let body = Body(sound_sync(self.minor));
        let mut ended = self.batch(generation, NO_THREAD, 0, body);
        if ended.minor >= 26 {
            ended.bytes.push(mark::END);
        }
        ended
    }

    /// Bytes as they are.
    #[must_use]
    pub fn raw(mut self, bytes: &[u8]) -> Self {
        self.bytes.extend_from_slice(bytes);
        self
    }

    /// The file.
    #[must_use]
    pub fn bytes(self) -> Vec<u8> {
        self.bytes
    }
}

pub(crate) fn string_entry(out: &mut Vec<u8>, id: u64, len: u64, text: &[u8]) {
    out.push(mark::STRING);
    varint(out, id);
    varint(out, len);
    out.extend_from_slice(text);
}

pub(crate) fn stack_entry(out: &mut Vec<u8>, id: u64, n_frames: u64, frames: &[[u64; 4]]) {
    out.push(mark::STACK);
    varint(out, id);
    varint(out, n_frames);
    frames.iter().flatten().for_each(|&field| varint(out, field));
}

/// A sync batch as the version has it, of a clock whose ticks are nanoseconds.
pub(crate) fn sound_sync(minor: u32) -> Vec<u8> {
    sound_sync_at(minor, 1_000_000_000)
}

pub(crate) fn sound_sync_at(minor: u32, frequency: u64) -> Vec<u8> {
    let mut sync = Vec::new();
    if minor >= 25 {
        sync.push(mark::SYNC);
    }
    sync.push(mark::FREQUENCY);
    varint(&mut sync, frequency);
    if minor >= 25 {
        sync.push(mark::CLOCKS);
        [5, 1000, 7, 9].iter().for_each(|&number| varint(&mut sync, number));
    }
    sync
}
