//! Encodes a profile and gzips it.
//!
//! The same profile gives the same bytes on every machine: tables keep their order, and the gzip header carries no
//! time.

use std::io::Write as _;

use flate2::{Compression, GzBuilder};
use rustc_hash::FxHashMap;

use super::profile::{Label, LabelValue, Location, LocationId, Mapping, Profile, ValueType};
use super::strings::Strings;

/// The gzipped profile.
#[must_use]
pub fn write(profile: &Profile) -> Vec<u8> {
    let mut encoder = GzBuilder::new().write(Vec::new(), Compression::default());
    // Writing to a Vec does not fail.
    let written = encoder.write_all(&write_plain(profile)).and_then(|()| encoder.finish());
    written.unwrap_or_default()
}

/// The profile's protobuf bytes. Ids are indices plus 1.
#[must_use]
pub fn write_plain(profile: &Profile) -> Vec<u8> {
    let mut texts = Texts::new(&profile.strings);
    let mut out = Message::default();
    header(profile, &mut texts, &mut out);
    let (mut part, mut inner) = (Message::default(), Message::default());
    for sample in profile.samples.iter() {
        part.packed(1, sample.stack.iter().map(|id| id_of(*id)));
        part.packed(2, sample.values.iter().map(|value| value.cast_unsigned()));
        for label in sample.labels {
            self::label(label, &mut inner);
            part.nest(3, &mut inner);
        }
        out.nest(2, &mut part);
    }
    for (mapping, id) in profile.mappings.iter().zip(1..) {
        self::mapping(mapping, id, &mut part);
        out.nest(3, &mut part);
    }
    for (location, id) in profile.locations.iter().zip(0..) {
        self::location(profile, location, id_of(LocationId(id)), &mut part);
        out.nest(4, &mut part);
    }
    for (function, id) in profile.functions.iter().zip(1..) {
        let names = [function.name, function.system_name, function.file].map(|id| u64::from(id.0));
        part.numbers([id, names[0], names[1], names[2], function.start_line.cast_unsigned()]);
        out.nest(5, &mut part);
    }
    for text in profile.strings.iter().chain(texts.more.iter().copied()) {
        out.bytes(6, text.as_bytes());
    }
    out.0
}

fn id_of(location: LocationId) -> u64 {
    u64::from(location.0) + 1
}

fn header<'a>(profile: &'a Profile, texts: &mut Texts<'a>, out: &mut Message) {
    let header = &profile.header;
    let mut part = Message::default();
    let mut value_type = |kind: &'a ValueType, field, texts: &mut Texts<'a>, out: &mut Message| {
        part.numbers([texts.index(&kind.kind), texts.index(&kind.unit)]);
        out.nest(field, &mut part);
    };
    header.sample_types.iter().for_each(|kind| value_type(kind, 1, texts, out));
    header.period_type.iter().for_each(|kind| value_type(kind, 11, texts, out));
    out.number(7, texts.index(&header.drop_frames));
    out.number(8, texts.index(&header.keep_frames));
    out.number(9, header.time.map_or(0, |time| time.0.cast_unsigned()));
    out.number(10, header.duration.map_or(0, |span| span.0.cast_unsigned()));
    out.number(12, header.period.cast_unsigned());
    if !header.comments.is_empty() {
        out.packed(13, header.comments.iter().map(|comment| texts.index(comment)));
    }
    out.number(14, texts.index(&header.default_sample_type));
    out.number(15, texts.index(&header.doc_url));
}

fn label(label: &Label, out: &mut Message) {
    let key = u64::from(label.key.0);
    out.numbers(match label.value {
        LabelValue::Text(text) => [key, u64::from(text.0), 0, 0],
        LabelValue::Number { value, unit } => [key, 0, value.cast_unsigned(), u64::from(unit.0)],
    });
}

fn mapping(mapping: &Mapping, id: u64, out: &mut Message) {
    let Mapping { start, limit, offset, file, build_id, has } = *mapping;
    let [functions, files, lines, inlined] = has.map(u64::from);
    let (file, build_id) = (u64::from(file.0), u64::from(build_id.0));
    out.numbers([id, start, limit, offset, file, build_id, functions, files, lines, inlined]);
}

fn location(profile: &Profile, location: &Location, id: u64, out: &mut Message) {
    out.numbers([id, location.mapping.map_or(0, |mapping| u64::from(mapping) + 1), location.address]);
    let mut inner = Message::default();
    for line in profile.lines_of(location) {
        let function = u64::from(line.function.0) + 1;
        inner.numbers([function, line.line.cast_unsigned(), line.column.cast_unsigned()]);
        out.nest(4, &mut inner);
    }
    out.number(5, u64::from(location.is_folded));
}

/// Indices of the header's texts, which are no strings of the table.
#[derive(Debug)]
struct Texts<'a> {
    indices: FxHashMap<&'a str, u64>,
    /// Those that the table lacks.
    more: Vec<&'a str>,
    len: u64,
}

impl<'a> Texts<'a> {
    fn new(strings: &'a Strings) -> Self {
        let mut indices = FxHashMap::default();
        for (text, index) in strings.iter().zip(0..) {
            indices.entry(text).or_insert(index);
        }
        Self { indices, more: Vec::new(), len: strings.len() as u64 }
    }

    fn index(&mut self, text: &'a str) -> u64 {
        if text.is_empty() {
            return 0;
        }
        *self.indices.entry(text).or_insert_with(|| {
            self.more.push(text);
            self.len += 1;
            self.len - 1
        })
    }
}

/// A protobuf message under construction.
#[derive(Debug, Default)]
struct Message(Vec<u8>);

impl Message {
    fn raw(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    /// A number; zero is left out, as proto3 has it.
    fn number(&mut self, field: u64, value: u64) {
        if value != 0 {
            self.raw(field << 3);
            self.raw(value);
        }
    }

    /// Numbers of fields 1, 2, and so on.
    fn numbers<const N: usize>(&mut self, values: [u64; N]) {
        for (value, field) in values.into_iter().zip(1..) {
            self.number(field, value);
        }
    }

    fn bytes(&mut self, field: u64, content: &[u8]) {
        self.raw(field << 3 | 2);
        self.raw(content.len() as u64);
        self.0.extend_from_slice(content);
    }

    /// A message within this one; it is empty afterwards.
    fn nest(&mut self, field: u64, inner: &mut Self) {
        self.bytes(field, &inner.0);
        inner.0.clear();
    }

    fn packed(&mut self, field: u64, values: impl Iterator<Item = u64>) {
        let mut inner = Self::default();
        values.for_each(|value| inner.raw(value));
        self.nest(field, &mut inner);
    }
}
