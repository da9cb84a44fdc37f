//! Decodes `probe.rec`, the file in which the probe inside the measured program writes what it reads.
//!
//! Input: the file's bytes. Output: typed [`Record`]s in file order, and the [`Problem`]s met. The
//! file is the magic `hprobe\0` and a version byte, then frames: kind (1 byte), payload length (u32,
//! little-endian), payload, CRC-32 (IEEE, little-endian) of all of these. The probe writes each frame
//! with one system call, so a killed program leaves whole frames and perhaps a torn last one.
//!
//! A frame whose checksum is wrong is skipped and reported; two in a row end the reading, since then
//! it is a length that can't be trusted. This module scales, joins and judges nothing.

mod cursor;
mod record;
mod skim;
mod spec;
#[cfg(test)]
mod tests;

pub use record::{
    Bucket, Cause, Checkpoint, Coverage, End, GoroutineGroup, GoroutineLeak, GoroutineText, Goroutines,
    HeapDump, MemProfile, MetricName, MetricValue, Metrics, ProbeError, ProbeMode, Process, ProcessDetails,
    ProfileAge, Record, StackDef, StackId, Start, Test, Text, TraceStarted,
};

pub use skim::{Skimmed, skim};

use super::Problem;
use cursor::Cursor;
use spec::{Context, SPECS};

/// First bytes of the file; the version follows.
pub const MAGIC: &[u8; 7] = b"hprobe\0";

/// The version of the format that this decoder reads and the embedded probe writes.
pub const VERSION: u8 = 1;

/// Kind byte and length before a payload.
const FRAME_HEAD: usize = 5;
/// Checksum after it.
const FRAME_TAIL: usize = 4;

/// Iterates over the records of a file.
pub struct Reader<'a> {
    file: String,
    bytes: &'a [u8],
    at: usize,
    context: Context,
    problems: Vec<Problem>,
    bad_frames_in_a_row: u32,
}

/// A frame whose length fits the file.
struct RawFrame<'a> {
    kind: u8,
    payload: &'a [u8],
    sound: bool,
}

impl<'a> Reader<'a> {
    /// Reads `bytes`, which problems will call `file`. A file that is not the probe's, or of another
    /// version, yields no records and a problem.
    #[must_use]
    pub fn new(file: &str, bytes: &'a [u8]) -> Self {
        let mut reader = Self {
            file: file.to_owned(),
            bytes,
            at: MAGIC.len() + 1,
            context: Context::default(),
            problems: Vec::new(),
            bad_frames_in_a_row: 0,
        };
        reader.check_header();
        reader
    }

    /// What could not be read so far.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// What could not be read, when the iteration is over.
    #[must_use]
    pub fn into_problems(self) -> Vec<Problem> {
        self.problems
    }

    fn check_header(&mut self) {
        let found = match self.bytes.strip_prefix(MAGIC) {
            Some([VERSION, ..]) => return,
            Some([version, ..]) => format!("version {version}"),
            _ => format!("{:?}", String::from_utf8_lossy(&self.bytes[..self.bytes.len().min(8)])),
        };
        self.problem(0, "file header", format!("`hprobe` version {VERSION}"), found);
        self.at = self.bytes.len();
    }

    fn problem(&mut self, at: usize, structure: &str, expected: String, found: String) {
        let file = self.file.clone();
        self.problems.push(Problem {
            file,
            offset: at as u64,
            structure: structure.to_owned(),
            expected,
            found,
        });
    }

    /// The next frame, or `None` at the end of what can be read.
    fn frame(&mut self) -> Option<RawFrame<'a>> {
        let rest = self.bytes.get(self.at..).filter(|rest| !rest.is_empty())?;
        let frame = split_frame(rest);
        if frame.is_none() {
            let expected = "a whole frame".to_owned();
            self.problem(self.at, "frame", expected, format!("{} bytes at the end of the file", rest.len()));
            self.at = self.bytes.len();
        }
        frame
    }

    /// Notes a frame with a wrong checksum; the second in a row ends the reading.
    fn distrust(&mut self, frame: &RawFrame<'a>) {
        let found = format!("another one over {} bytes", frame.payload.len());
        self.problem(self.at, name_of(frame.kind), "a matching checksum".to_owned(), found);
        self.bad_frames_in_a_row += 1;
        if self.bad_frames_in_a_row > 1 {
            self.at = self.bytes.len();
        }
    }

    /// The record in a sound frame.
    fn record(&mut self, frame: &RawFrame<'a>, start: usize) -> Option<Record<'a>> {
        let Some(spec) = SPECS.iter().find(|spec| spec.kind == frame.kind) else {
            self.problem(start, "frame", "a known kind".to_owned(), format!("kind {}", frame.kind));
            return None;
        };
        match (spec.read)(&mut Cursor::new(frame.payload), &mut self.context) {
            Ok(record) => Some(record),
            Err(error) => {
                self.problem(start + FRAME_HEAD + error.at, spec.name, error.expected, error.found);
                None
            }
        }
    }
}

impl<'a> Iterator for Reader<'a> {
    type Item = Record<'a>;

    fn next(&mut self) -> Option<Record<'a>> {
        while let Some(frame) = self.frame() {
            let start = self.at;
            let size = FRAME_HEAD + frame.payload.len() + FRAME_TAIL;
            if !frame.sound {
                self.distrust(&frame);
                self.at = self.at.saturating_add(size).min(self.bytes.len());
                continue;
            }
            self.bad_frames_in_a_row = 0;
            self.at += size;
            if let Some(record) = self.record(&frame, start) {
                return Some(record);
            }
        }
        None
    }
}

/// The frame at the beginning of `rest`, if all of it is there.
fn split_frame(rest: &[u8]) -> Option<RawFrame<'_>> {
    let (head, body) = rest.split_first_chunk::<FRAME_HEAD>()?;
    let [kind, length @ ..] = *head;
    let length = usize::try_from(u32::from_le_bytes(length)).ok()?;
    let payload = body.get(..length)?;
    let (tail, _) = body.get(length..)?.split_first_chunk::<FRAME_TAIL>()?;
    let mut crc = flate2::Crc::new();
    crc.update(head);
    crc.update(payload);
    Some(RawFrame { kind, payload, sound: crc.sum() == u32::from_le_bytes(*tail) })
}

fn name_of(kind: u8) -> &'static str {
    SPECS.iter().find(|spec| spec.kind == kind).map_or("frame", |spec| spec.name)
}
