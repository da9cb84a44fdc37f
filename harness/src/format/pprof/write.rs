//! Encodes a profile: interns strings, functions and locations, then gzips.
//!
//! The same profile gives the same bytes on every machine: ids follow first use, and the gzip header
//! carries no time.

use std::collections::HashMap;
use std::io::Write as _;
use std::sync::Arc;

use flate2::{Compression, GzBuilder};
use prost::Message;

use super::profile::{LabelValue, Profile, Sample, ValueType};
use super::wire;
use crate::model::Frame;

/// The id of the one mapping written.
const BINARY: u64 = 1;

/// The gzipped profile. Every frame gets a location of its own, so that calls which were inlined look
/// like calls; flat and cumulative values are the same.
#[must_use]
pub fn write(profile: &Profile) -> Vec<u8> {
    gzip(&encode(profile).encode_to_vec())
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzBuilder::new().write(Vec::new(), Compression::default());
    // Writing to a Vec does not fail.
    let written = encoder.write_all(bytes).and_then(|()| encoder.finish());
    written.unwrap_or_default()
}

fn encode(profile: &Profile) -> wire::Profile {
    let mut tables = Tables::new();
    let mut out = wire::Profile {
        sample_type: profile.sample_types.iter().map(|kind| tables.value_type(kind)).collect(),
        sample: profile.samples.iter().map(|sample| tables.sample(sample)).collect(),
        mapping: vec![tables.mapping(profile)],
        drop_frames: tables.string(&profile.drop_frames),
        keep_frames: tables.string(&profile.keep_frames),
        time_nanos: profile.time.map_or(0, |time| time.0),
        duration_nanos: profile.duration.map_or(0, |span| span.0),
        period_type: profile.period_type.as_ref().map(|kind| tables.value_type(kind)),
        period: profile.period,
        comment: profile.comments.iter().map(|comment| tables.string(comment)).collect(),
        default_sample_type: profile.default_sample_type.as_ref().map_or(0, |kind| tables.string(kind)),
        doc_url: tables.string(&profile.doc_url),
        ..wire::Profile::default()
    };
    out.location = tables.locations;
    out.function = tables.functions;
    out.string_table = tables.strings.list.iter().map(|text| (*text).to_owned()).collect();
    out
}

/// Everything written once, by first use.
struct Tables<'a> {
    strings: Strings<'a>,
    functions: Vec<wire::Function>,
    function_ids: HashMap<(&'a str, &'a str), u64>,
    locations: Vec<wire::Location>,
    location_ids: HashMap<&'a Frame, u64>,
}

/// The string table being built.
struct Strings<'a> {
    list: Vec<&'a str>,
    indices: HashMap<&'a str, i64>,
}

impl<'a> Tables<'a> {
    fn new() -> Self {
        Self {
            // Index 0 is the empty string by definition.
            strings: Strings { list: vec![""], indices: HashMap::from([("", 0)]) },
            functions: Vec::new(),
            function_ids: HashMap::new(),
            locations: Vec::new(),
            location_ids: HashMap::new(),
        }
    }

    fn string(&mut self, text: &'a Arc<str>) -> i64 {
        self.strings.index(text)
    }

    fn value_type(&mut self, kind: &'a ValueType) -> wire::ValueType {
        wire::ValueType { kind: self.string(&kind.kind), unit: self.string(&kind.unit) }
    }

    /// One mapping for the program. It is written even when nothing is known of it: without the flags
    /// that say "already symbolised", a viewer looks for a binary to read symbols from.
    fn mapping(&mut self, profile: &'a Profile) -> wire::Mapping {
        let binary = profile.binary.as_ref();
        wire::Mapping {
            id: BINARY,
            filename: binary.map_or(0, |binary| self.string(&binary.file)),
            build_id: binary.map_or(0, |binary| self.string(&binary.build_id)),
            has_functions: true,
            has_filenames: true,
            has_line_numbers: true,
            has_inline_frames: true,
            ..wire::Mapping::default()
        }
    }

    fn sample(&mut self, sample: &'a Sample) -> wire::Sample {
        wire::Sample {
            location_id: sample.stack.iter().map(|frame| self.location(frame)).collect(),
            value: sample.values.clone(),
            label: sample.labels.iter().map(|label| self.label(&label.key, &label.value)).collect(),
        }
    }

    fn label(&mut self, key: &'a Arc<str>, value: &'a LabelValue) -> wire::Label {
        let key = self.string(key);
        match value {
            LabelValue::Text(text) => wire::Label { key, str: self.string(text), ..Default::default() },
            LabelValue::Number { value, unit } => {
                wire::Label { key, num: *value, num_unit: self.string(unit), ..Default::default() }
            }
        }
    }

    fn location(&mut self, frame: &'a Frame) -> u64 {
        if let Some(id) = self.location_ids.get(frame) {
            return *id;
        }
        let line = wire::Line { function_id: self.function(frame), line: i64::from(frame.line) };
        let id = self.locations.len() as u64 + 1;
        self.locations.push(wire::Location { id, mapping_id: BINARY, address: 0, line: vec![line] });
        self.location_ids.insert(frame, id);
        id
    }

    fn function(&mut self, frame: &'a Frame) -> u64 {
        let key = (&*frame.function, &*frame.file);
        if let Some(id) = self.function_ids.get(&key) {
            return *id;
        }
        let name = self.string(&frame.function);
        let filename = self.string(&frame.file);
        let id = self.functions.len() as u64 + 1;
        self.functions.push(wire::Function { id, name, system_name: name, filename, start_line: 0 });
        self.function_ids.insert(key, id);
        id
    }
}

impl<'a> Strings<'a> {
    fn index(&mut self, text: &'a str) -> i64 {
        let list = &mut self.list;
        *self.indices.entry(text).or_insert_with(|| {
            list.push(text);
            (list.len() - 1) as i64
        })
    }
}
