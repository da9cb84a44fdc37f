//! Splits a profile into its top-level fields and decodes each message on its own.
//!
//! Going field by field is what gives problems an offset, lets one bad message cost just itself, and
//! keeps the number of messages within a limit before they are held. Nothing is looked up here.

use std::sync::Arc;

use prost::Message;

use super::problems::Problems;
use super::profile::Limits;
use super::wire;

/// A message and the offset at which its field begins.
#[derive(Debug)]
pub(super) struct At<T> {
    pub(super) offset: u64,
    pub(super) value: T,
}

/// The fields of a profile, unresolved.
#[derive(Debug, Default)]
pub(super) struct Scanned {
    pub(super) sample_types: Vec<At<wire::ValueType>>,
    pub(super) samples: Vec<At<wire::Sample>>,
    pub(super) mappings: Vec<At<wire::Mapping>>,
    pub(super) locations: Vec<At<wire::Location>>,
    pub(super) functions: Vec<At<wire::Function>>,
    pub(super) strings: Vec<Arc<str>>,
    pub(super) period_type: Option<At<wire::ValueType>>,
    pub(super) comments: Vec<i64>,
    pub(super) drop_frames: i64,
    pub(super) keep_frames: i64,
    pub(super) time_nanos: i64,
    pub(super) duration_nanos: i64,
    pub(super) period: i64,
    pub(super) default_sample_type: i64,
    pub(super) doc_url: i64,
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

/// Reads all fields up to the end, to a limit, or to damage after which no field can be found.
pub(super) fn scan(bytes: &[u8], limits: &Limits, problems: &mut Problems) -> Scanned {
    let mut scan = Scan { out: Scanned::default(), limits, elements: 0, offset: 0, problems };
    let mut rest = bytes;
    while !rest.is_empty() {
        scan.offset = (bytes.len() - rest.len()) as u64;
        if scan.elements > limits.elements {
            let found = format!("more before offset {:#x}", scan.offset);
            scan.problem("profile", &format!("at most {} messages and parts", limits.elements), found);
            break;
        }
        let Some((number, field)) = take_field(&mut rest) else {
            scan.problem("field", "a whole protobuf field", shown(rest));
            break;
        };
        scan.field(number, &field);
    }
    scan.out
}

/// A field's content by wire type.
#[derive(Debug)]
enum Field<'a> {
    Varint(u64),
    Bytes(&'a [u8]),
    Fixed,
}

/// Takes one field off the front; `None` when it is not whole or of no known wire type (`rest` then
/// stays where it is).
fn take_field<'a>(rest: &mut &'a [u8]) -> Option<(u64, Field<'a>)> {
    let mut r = *rest;
    let key = take_varint(&mut r)?;
    let field = match key & 7 {
        0 => Field::Varint(take_varint(&mut r)?),
        1 => take_fixed(&mut r, 8)?,
        2 => {
            let length = usize::try_from(take_varint(&mut r)?).ok()?;
            let (content, after) = r.split_at_checked(length)?;
            r = after;
            Field::Bytes(content)
        }
        5 => take_fixed(&mut r, 4)?,
        _ => return None,
    };
    *rest = r;
    Some((key >> 3, field))
}

fn take_fixed<'a>(rest: &mut &'a [u8], length: usize) -> Option<Field<'a>> {
    *rest = rest.get(length..)?;
    Some(Field::Fixed)
}

/// Base-128, least significant group first, at most ten bytes.
fn take_varint(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for (i, byte) in rest.iter().take(10).enumerate() {
        let group = u64::from(byte & 0x7f);
        if i == 9 && group > 1 {
            return None;
        }
        value |= group << (7 * i);
        if byte & 0x80 == 0 {
            *rest = rest.get(i + 1..)?;
            return Some(value);
        }
    }
    None
}

fn shown(bytes: &[u8]) -> String {
    let head = bytes.get(..8).unwrap_or(bytes);
    format!("{} bytes beginning {head:02x?}", bytes.len())
}

struct Scan<'a> {
    out: Scanned,
    limits: &'a Limits,
    /// Messages and their repeated parts so far.
    elements: usize,
    /// Where the present field begins.
    offset: u64,
    problems: &'a mut Problems,
}

impl Scan<'_> {
    fn problem(&mut self, structure: &str, expected: &str, found: String) {
        self.problems.add(self.offset, structure, expected, found);
    }

    fn field(&mut self, number: u64, field: &Field<'_>) {
        let name = usize::try_from(number).ok().and_then(|n| FIELDS.get(n)).copied();
        match (name, field) {
            // A field of a later version.
            (None, _) => {}
            (Some(name), Field::Bytes(bytes)) if bytes.len() > self.limits.message => {
                let expected = format!("at most {} bytes", self.limits.message);
                self.problem(name, &expected, format!("{} bytes", bytes.len()));
            }
            (Some(name), Field::Bytes(bytes)) => self.bytes(number, name, bytes),
            (Some(name), Field::Varint(value)) => self.varint(number, name, value.cast_signed()),
            (Some(name), Field::Fixed) => self.wrong_type(name, "a fixed-size number"),
        }
    }

    fn wrong_type(&mut self, name: &str, found: &str) {
        self.problem(name, "the wire type of profile.proto", found.to_owned());
    }

    fn varint(&mut self, number: u64, name: &str, value: i64) {
        let out = &mut self.out;
        match number {
            7 => out.drop_frames = value,
            8 => out.keep_frames = value,
            9 => out.time_nanos = value,
            10 => out.duration_nanos = value,
            12 => out.period = value,
            13 => {
                out.comments.push(value);
                self.elements += 1;
            }
            14 => out.default_sample_type = value,
            15 => out.doc_url = value,
            _ => self.wrong_type(name, "a number"),
        }
    }

    fn bytes(&mut self, number: u64, name: &str, bytes: &[u8]) {
        self.elements += 1;
        match number {
            1 => {
                let message = self.decode(name, bytes);
                self.out.sample_types.extend(message);
            }
            2 => {
                let message = self.decode::<wire::Sample>(name, bytes);
                let parts = |m: &At<wire::Sample>| {
                    m.value.location_id.len() + m.value.value.len() + m.value.label.len()
                };
                self.elements += message.as_ref().map_or(0, parts);
                self.out.samples.extend(message);
            }
            3 => {
                let message = self.decode(name, bytes);
                self.out.mappings.extend(message);
            }
            4 => {
                let message = self.decode::<wire::Location>(name, bytes);
                self.elements += message.as_ref().map_or(0, |m| m.value.line.len());
                self.out.locations.extend(message);
            }
            5 => {
                let message = self.decode(name, bytes);
                self.out.functions.extend(message);
            }
            6 => self.string(bytes),
            11 => {
                if let Some(message) = self.decode(name, bytes) {
                    self.out.period_type = Some(message);
                }
            }
            13 => self.packed_comments(bytes),
            _ => self.wrong_type(name, "bytes"),
        }
    }

    fn decode<T: Message + Default>(&mut self, name: &str, bytes: &[u8]) -> Option<At<T>> {
        match T::decode(bytes) {
            Ok(value) => Some(At { offset: self.offset, value }),
            Err(error) => {
                self.problem(name, "a sound message", error.to_string());
                None
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
        }
        self.out.strings.push(text.into());
    }

    fn packed_comments(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let Some(value) = take_varint(&mut bytes) else {
                self.problem("comment", "packed numbers", shown(bytes));
                return;
            };
            self.out.comments.push(value.cast_signed());
            self.elements += 1;
        }
    }
}
