//! Splits a profile into its top-level fields and puts their numbers into lists.
//!
//! Going field by field is what gives problems an offset, lets one bad message cost just itself, and keeps what is
//! held within a limit. Nothing is looked up here but the numbers of locations, which would have to be gone through
//! again otherwise.

use super::ids::Ids;
use super::inflate::Sink;
use super::message::{self, Field, SampleParts, Unsound};
use super::profile::{Limits, LocationId};
use super::strings::Strings;
use crate::format::problems::Problems;
use crate::format::wire::{Wire, WireError};

/// Numbers of a message, and the offset at which its field begins.
#[derive(Debug, Clone, Copy)]
pub(super) struct At<T> {
    pub(super) offset: u64,
    pub(super) value: T,
}

/// A sample: where it begins in the file, and where it ends in the lists.
#[derive(Debug, Clone, Copy)]
pub(super) struct RawSample {
    pub(super) offset: u64,
    pub(super) stack_end: u32,
    pub(super) values_end: u32,
    pub(super) labels_end: u32,
}

/// A location: its numbers, and its lines in the list of all.
#[derive(Debug, Clone, Copy)]
pub(super) struct RawLocation {
    pub(super) numbers: [u64; 5],
    pub(super) lines: (u32, u32),
}

/// The fields of a profile, unresolved.
#[derive(Debug)]
pub(super) struct Scanned {
    pub(super) sample_types: Vec<At<[u64; 2]>>,
    pub(super) samples: Vec<RawSample>,
    pub(super) stacks: Vec<LocationId>,
    pub(super) values: Vec<i64>,
    pub(super) labels: Vec<[u64; 4]>,
    /// Numbers of the locations, by id.
    pub(super) location_ids: Ids,
    pub(super) mappings: Vec<At<[u64; 10]>>,
    pub(super) locations: Vec<At<RawLocation>>,
    pub(super) lines: Vec<[u64; 3]>,
    pub(super) functions: Vec<At<[u64; 5]>>,
    pub(super) strings: Strings,
    pub(super) period_type: Option<At<[u64; 2]>>,
    pub(super) comments: Vec<u64>,
    /// Fields that are one number, by field number.
    pub(super) numbers: [u64; 16],
}

impl SampleParts for Scanned {
    #[inline(always)]
    fn location(&mut self, id: u64) {
        self.stacks.push(LocationId(self.location_ids.number(id)));
    }

    #[inline(always)]
    fn value(&mut self, value: i64) {
        self.values.push(value);
    }

    fn label(&mut self, label: [u64; 4]) {
        self.labels.push(label);
    }
}

impl Scanned {
    fn new() -> Self {
        Self {
            sample_types: Vec::new(),
            samples: Vec::new(),
            stacks: Vec::new(),
            values: Vec::new(),
            labels: Vec::new(),
            location_ids: Ids::default(),
            mappings: Vec::new(),
            locations: Vec::new(),
            lines: Vec::new(),
            functions: Vec::new(),
            strings: Strings::bare(),
            period_type: None,
            comments: Vec::new(),
            numbers: [0; 16],
        }
    }

    fn n_elements(&self) -> usize {
        let in_samples = self.samples.len() + self.stacks.len() + self.values.len() + self.labels.len();
        let in_tables = self.locations.len() + self.lines.len() + self.functions.len() + self.strings.len();
        in_samples + in_tables + self.sample_types.len() + self.mappings.len() + self.comments.len()
    }
}

/// Names of the fields by number, for problems.
const FIELDS: [&str; 16] = [
    "field 0",
    "sample_type",
    "sample",
    "mapping",
    "location",
    "function",
    "string_table",
    "drop_frames",
    "keep_frames",
    "time_nanos",
    "duration_nanos",
    "period_type",
    "period",
    "comment",
    "default_sample_type",
    "doc_url",
];

/// Reads fields as they come.
#[derive(Debug)]
pub(super) struct Scan<'a> {
    pub(super) out: Scanned,
    limits: &'a Limits,
    /// Of the bytes that come next.
    base: u64,
    /// Where the present field begins.
    offset: u64,
    /// Bytes to be passed over: the rest of a field that is too long.
    skip: u64,
    done: bool,
    pub(super) problems: Problems,
}

impl Sink for Scan<'_> {
    fn take(&mut self, bytes: &[u8], is_last: bool) -> usize {
        if self.done {
            return bytes.len();
        }
        let skipped = usize::try_from(self.skip).unwrap_or(usize::MAX).min(bytes.len());
        self.skip -= skipped as u64;
        let mut wire = Wire::at(bytes, skipped);
        while !wire.is_empty() && !self.done {
            let start = wire.pos();
            self.offset = self.base + start as u64;
            if self.out.n_elements() > self.limits.elements {
                let found = format!("more before offset {:#x}", self.offset);
                self.problem(
                    "profile",
                    &format!("at most {} messages and parts", self.limits.elements),
                    found,
                );
                self.done = true;
                break;
            }
            match self.field(&mut wire) {
                Ok(()) => {}
                Err(Unsound::Number(WireError::End)) if !is_last => {
                    wire = Wire::at(bytes, start);
                    if !self.pass_over(wire) {
                        break;
                    }
                    wire = Wire::at(bytes, bytes.len());
                }
                Err(_) => {
                    self.problem("field", "a whole protobuf field", shown(&bytes[start..]));
                    self.done = true;
                }
            }
        }
        self.base += wire.pos() as u64;
        wire.pos()
    }

    fn is_done(&self) -> bool {
        self.done
    }
}

impl<'a> Scan<'a> {
    pub(super) fn new(limits: &'a Limits) -> Self {
        let problems = Problems::default();
        Self { out: Scanned::new(), limits, base: 0, offset: 0, skip: 0, done: false, problems }
    }

    fn problem(&mut self, structure: &str, expected: &str, found: String) {
        self.problems.add(self.offset, structure, expected, found);
    }

    /// Whether the field that begins here, and does not end here, is too long to be waited for. Then it is passed over.
    fn pass_over(&mut self, mut wire: Wire<'_>) -> bool {
        let (Ok(key), Ok(len)) = (wire.varint(), wire.varint()) else { return false };
        if key & 7 != 2 || len <= self.limits.message as u64 {
            return false;
        }
        self.too_long(key >> 3, len);
        self.skip = len.saturating_sub(wire.left() as u64);
        true
    }

    fn too_long(&mut self, number: u64, len: u64) {
        if let Some(name) = name(number) {
            let expected = format!("at most {} bytes", self.limits.message);
            self.problem(name, &expected, format!("{len} bytes"));
        }
    }

    #[inline]
    fn field(&mut self, wire: &mut Wire<'_>) -> Result<(), Unsound> {
        let key = wire.varint()?;
        let content = message::field(wire, key)?;
        let number = key >> 3;
        match (name(number), content) {
            // A field of a later version.
            (None, _) => {}
            (Some(_), Field::Bytes(bytes)) if bytes.len() > self.limits.message => {
                self.too_long(number, bytes.len() as u64);
            }
            (Some(_), Field::Bytes(bytes)) if number == 2 => self.sample(bytes),
            (Some(name), Field::Bytes(bytes)) => self.bytes(number, name, bytes),
            (Some(name), Field::Varint(value)) => self.varint(number, name, value),
            (Some(name), Field::Fixed) => self.wrong_type(name, "a fixed-size number"),
        }
        Ok(())
    }

    fn wrong_type(&mut self, name: &str, found: &str) {
        self.problem(name, "the wire type of profile.proto", found.to_owned());
    }

    fn varint(&mut self, number: u64, name: &str, value: u64) {
        match number {
            13 => self.out.comments.push(value),
            7..=10 | 12 | 14 | 15 => self.out.numbers[number as usize] = value,
            _ => self.wrong_type(name, "a number"),
        }
    }

    fn sample(&mut self, bytes: &[u8]) {
        let out = &mut self.out;
        let (stack, values, labels) = (out.stacks.len(), out.values.len(), out.labels.len());
        match message::sample(bytes, out) {
            // Lists stay below 2^32: elements are limited.
            Ok(()) => out.samples.push(RawSample {
                offset: self.offset,
                stack_end: out.stacks.len() as u32,
                values_end: out.values.len() as u32,
                labels_end: out.labels.len() as u32,
            }),
            Err(error) => {
                out.stacks.truncate(stack);
                out.values.truncate(values);
                out.labels.truncate(labels);
                self.problem("sample", "a sound message", error.describe());
            }
        }
    }

    fn bytes(&mut self, number: u64, name: &str, bytes: &[u8]) {
        let offset = self.offset;
        let out = &mut self.out;
        let read = match number {
            1 => message::numbers(bytes).map(|value| out.sample_types.push(At { offset, value })),
            3 => message::numbers(bytes).map(|value| out.mappings.push(At { offset, value })),
            4 => return self.location(bytes),
            5 => message::numbers(bytes).map(|value| out.functions.push(At { offset, value })),
            6 => return self.string(bytes),
            11 => message::numbers(bytes).map(|value| out.period_type = Some(At { offset, value })),
            13 => return self.packed_comments(bytes),
            _ => return self.wrong_type(name, "bytes"),
        };
        if let Err(error) = read {
            self.problem(name, "a sound message", error.describe());
        }
    }

    fn location(&mut self, bytes: &[u8]) {
        let out = &mut self.out;
        let start = out.lines.len();
        match message::location(bytes, |line| out.lines.push(line)) {
            Ok(numbers) => {
                let lines = (start as u32, (out.lines.len() - start) as u32);
                out.locations.push(At { offset: self.offset, value: RawLocation { numbers, lines } });
            }
            Err(error) => {
                out.lines.truncate(start);
                self.problem("location", "a sound message", error.describe());
            }
        }
    }

    /// Strings keep their place in the table even when they are not UTF-8.
    fn string(&mut self, bytes: &[u8]) {
        let text = String::from_utf8_lossy(bytes);
        if matches!(text, std::borrow::Cow::Owned(_)) {
            self.problem("string_table", "UTF-8", format!("{text:?}"));
        }
        if self.out.strings.is_empty() && !text.is_empty() {
            self.problem("string_table", "an empty first string", format!("{text:?}"));
            // What has no text refers to it, here and in what is written of this.
            self.out.strings.push("");
            return;
        }
        self.out.strings.push(&text);
    }

    fn packed_comments(&mut self, bytes: &[u8]) {
        let mut wire = Wire::new(bytes);
        while !wire.is_empty() {
            let Ok(value) = wire.varint() else {
                let rest = &bytes[wire.pos()..];
                self.problem("comment", "packed numbers", shown(rest));
                return;
            };
            self.out.comments.push(value);
        }
    }
}

fn name(number: u64) -> Option<&'static str> {
    usize::try_from(number).ok().and_then(|number| FIELDS.get(number)).copied()
}

fn shown(bytes: &[u8]) -> String {
    let head = bytes.get(..8).unwrap_or(bytes);
    format!("{} bytes beginning {head:02x?}", bytes.len())
}
