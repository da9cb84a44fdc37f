//! Replaces indices and ids by what they stand for.
//!
//! Every reference is checked. One that leads nowhere becomes [`UNKNOWN`] (or an empty text) and a
//! problem, so that a sample keeps its values and totals stay right.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use super::inflate::inflate;
use super::problems::Problems;
use super::profile::{Binary, Error, Label, LabelValue, Limits, Profile, Read, Sample, UNKNOWN, ValueType};
use super::scan::{At, Scanned, scan};
use super::wire;
use crate::model::{Frame, Nanoseconds, Stack, WallTime};

impl Profile {
    /// Reads `bytes`, which problems will call `file`, within the default [`Limits`].
    ///
    /// # Errors
    /// When nothing can be read: see [`Error`].
    pub fn read(file: &str, bytes: &[u8]) -> Result<Read, Error> {
        Self::read_within(file, bytes, &Limits::default())
    }

    /// Reads `bytes` within `limits`.
    ///
    /// # Errors
    /// When nothing can be read: see [`Error`].
    pub fn read_within(file: &str, bytes: &[u8], limits: &Limits) -> Result<Read, Error> {
        if bytes.is_empty() {
            return Err(Error::Empty { file: file.to_owned() });
        }
        let mut problems = Problems::new(file);
        let wire = inflate(bytes, limits.decompressed, &mut problems);
        let scanned = scan(&wire, limits, &mut problems);
        if scanned.sample_types.is_empty() {
            return Err(nothing(file, &wire, problems));
        }
        let profile = resolve(scanned, limits, &mut problems);
        Ok(Read { profile, problems: problems.finish() })
    }
}

fn nothing(file: &str, wire: &[u8], problems: Problems) -> Error {
    let file = file.to_owned();
    let head = wire.get(..64).unwrap_or(wire);
    let printable = |byte: &u8| matches!(byte, b' '..=b'~' | b'\n' | b'\r' | b'\t');
    if !head.is_empty() && head.iter().all(printable) {
        return Error::Text { file };
    }
    Error::NoSampleType { file, problems: problems.finish() }
}

fn resolve(scanned: Scanned, limits: &Limits, problems: &mut Problems) -> Profile {
    let mut strings = Strings { table: &scanned.strings, empty: "".into(), problems };
    let types = scanned.sample_types.iter();
    let mut profile = Profile {
        sample_types: types.map(|at| strings.value_type(at)).collect(),
        default_sample_type: some(strings.get(0, "default_sample_type", scanned.default_sample_type)),
        binary: scanned.mappings.first().and_then(|at| strings.binary(at)),
        period_type: scanned.period_type.as_ref().map(|at| strings.value_type(at)),
        period: scanned.period,
        time: Some(WallTime(scanned.time_nanos)).filter(|time| time.0 != 0),
        duration: Some(Nanoseconds(scanned.duration_nanos)).filter(|span| span.0 != 0),
        drop_frames: strings.get(0, "drop_frames", scanned.drop_frames),
        keep_frames: strings.get(0, "keep_frames", scanned.keep_frames),
        comments: scanned.comments.iter().map(|index| strings.get(0, "comment", *index)).collect(),
        doc_url: strings.get(0, "doc_url", scanned.doc_url),
        samples: Vec::new(),
    };
    let functions = functions(&scanned.functions, &mut strings);
    let locations = locations(&scanned.locations, &functions, strings.problems);
    let mut stacks = Stacks { locations, known: HashMap::new(), frames_left: limits.frames };
    for at in &scanned.samples {
        let found = at.value.value.len();
        if found != profile.sample_types.len() {
            let expected = format!("{} values", profile.sample_types.len());
            strings.problems.add(at.offset, "sample", &expected, format!("{found}"));
            continue;
        }
        let Some(stack) = stacks.get(at, strings.problems) else {
            let expected = format!("at most {} frames in all stacks", limits.frames);
            strings.problems.add(at.offset, "sample", &expected, "more".to_owned());
            break;
        };
        let labels = strings.labels(at);
        profile.samples.push(Sample { values: at.value.value.clone(), stack, labels });
    }
    profile
}

fn some(text: Arc<str>) -> Option<Arc<str>> {
    Some(text).filter(|text| !text.is_empty())
}

/// The string table.
struct Strings<'a> {
    table: &'a [Arc<str>],
    empty: Arc<str>,
    problems: &'a mut Problems,
}

impl Strings<'_> {
    /// The string that `structure` at `offset` refers to.
    fn get(&mut self, offset: u64, structure: &str, index: i64) -> Arc<str> {
        if index == 0 {
            return Arc::clone(&self.empty);
        }
        let found = usize::try_from(index).ok().and_then(|index| self.table.get(index));
        if let Some(text) = found {
            return Arc::clone(text);
        }
        let expected = format!("a string index below {}", self.table.len());
        self.problems.add(offset, structure, &expected, index.to_string());
        Arc::clone(&self.empty)
    }

    fn value_type(&mut self, at: &At<wire::ValueType>) -> ValueType {
        let mut get = |index| self.get(at.offset, "value type", index);
        ValueType { kind: get(at.value.kind), unit: get(at.value.unit) }
    }

    /// `None` for a mapping that says nothing.
    fn binary(&mut self, at: &At<wire::Mapping>) -> Option<Binary> {
        let mut get = |index| self.get(at.offset, "mapping", index);
        let binary = Binary { file: get(at.value.filename), build_id: get(at.value.build_id) };
        Some(binary).filter(|binary| *binary != Binary::default())
    }

    fn labels(&mut self, at: &At<wire::Sample>) -> Vec<Label> {
        let label = |label: &wire::Label| {
            let mut get = |index| self.get(at.offset, "label", index);
            let value = match label.str {
                0 => LabelValue::Number { value: label.num, unit: get(label.num_unit) },
                text => LabelValue::Text(get(text)),
            };
            Label { key: get(label.key), value }
        };
        at.value.label.iter().map(label).collect()
    }
}

/// Name and file.
type Function = (Arc<str>, Arc<str>);

fn functions(list: &[At<wire::Function>], strings: &mut Strings<'_>) -> HashMap<u64, Function> {
    let mut functions = HashMap::new();
    for At { offset, value } in list {
        let name = match value.name {
            0 => strings.get(*offset, "function", value.system_name),
            name => strings.get(*offset, "function", name),
        };
        let file = strings.get(*offset, "function", value.filename);
        insert(&mut functions, (*offset, "function", value.id), (name, file), strings.problems);
    }
    functions
}

/// Frames of each location, innermost first.
fn locations(
    list: &[At<wire::Location>],
    functions: &HashMap<u64, Function>,
    problems: &mut Problems,
) -> HashMap<u64, Vec<Frame>> {
    let mut locations = HashMap::new();
    for At { offset, value } in list {
        let mut frames: Vec<_> =
            value.line.iter().map(|line| frame(*offset, *line, functions, problems)).collect();
        if frames.is_empty() {
            // Not symbolised: the address is all there is.
            frames.push(unnamed(&format!("{:#x}", value.address)));
        }
        insert(&mut locations, (*offset, "location", value.id), frames, problems);
    }
    locations
}

fn frame(
    offset: u64,
    line: wire::Line,
    functions: &HashMap<u64, Function>,
    problems: &mut Problems,
) -> Frame {
    let number = u32::try_from(line.line).unwrap_or_else(|_| {
        problems.add(offset, "location", "a line below 2^32", line.line.to_string());
        0
    });
    let Some((function, file)) = functions.get(&line.function_id) else {
        problems.add(offset, "location", "the id of a function", line.function_id.to_string());
        return Frame { line: number, ..unnamed(UNKNOWN) };
    };
    Frame { function: Arc::clone(function), file: Arc::clone(file), line: number }
}

fn unnamed(function: &str) -> Frame {
    Frame { function: function.into(), file: "".into(), line: 0 }
}

/// Enters `value` under an id; an id that is 0 or taken is a problem, and the first one stands.
fn insert<T>(
    map: &mut HashMap<u64, T>,
    (offset, structure, id): (u64, &str, u64),
    value: T,
    problems: &mut Problems,
) {
    if id == 0 {
        problems.add(offset, structure, "an id above 0", "0".to_owned());
        return;
    }
    match map.entry(id) {
        Entry::Occupied(_) => problems.add(offset, structure, "an id of its own", format!("{id} again")),
        Entry::Vacant(free) => {
            free.insert(value);
        }
    }
}

/// Stacks by their location ids: equal lists share one stack.
struct Stacks<'a> {
    locations: HashMap<u64, Vec<Frame>>,
    known: HashMap<&'a [u64], Stack>,
    frames_left: usize,
}

impl<'a> Stacks<'a> {
    /// The sample's stack, or `None` when it would exceed the limit of frames.
    fn get(&mut self, at: &'a At<wire::Sample>, problems: &mut Problems) -> Option<Stack> {
        let ids = at.value.location_id.as_slice();
        if let Some(stack) = self.known.get(ids) {
            return Some(Arc::clone(stack));
        }
        let length: usize = ids.iter().map(|id| self.locations.get(id).map_or(1, Vec::len)).sum();
        self.frames_left = self.frames_left.checked_sub(length)?;
        let mut frames = Vec::with_capacity(length);
        for id in ids {
            match self.locations.get(id) {
                Some(known) => frames.extend_from_slice(known),
                None => {
                    problems.add(at.offset, "sample", "the id of a location", id.to_string());
                    frames.push(unnamed(UNKNOWN));
                }
            }
        }
        let stack: Stack = frames.into();
        self.known.insert(ids, Arc::clone(&stack));
        Some(stack)
    }
}
