//! Replaces indices and ids by what they stand for.
//!
//! Every reference is checked. One that leads nowhere becomes [`UNKNOWN`] (or an empty text) and a problem, so that a
//! sample keeps its values and totals stay right.

use std::sync::Arc;

use super::ids::Ids;
use super::inflate::pour;
use super::profile::{
    Error, Function, FunctionId, Header, Label, LabelValue, Limits, Line, Location, Mapping, Profile, Read,
    Sample, UNKNOWN, ValueType,
};
use super::samples::Samples;
use super::scan::{At, RawLocation, RawSample, Scan, Scanned};
use super::strings::{StringId, Strings};
use crate::format::problems::Problems;
use crate::model::{Nanoseconds, WallTime};

/// What a file that is no profile begins with, what it then is, and what helps.
const OTHERS: [(&[u8], &str, &str); 5] = [
    (b"go 1.", "an execution trace", "look into it with `harness inspect trace`"),
    (b"go1.", "a heap dump", "look into it with `harness inspect dump`"),
    (b"\x7fELF", "a program", "give the profile that it wrote"),
    (b"MZ", "a program", "give the profile that it wrote"),
    (b"\xcf\xfa\xed\xfe", "a program", "give the profile that it wrote"),
];

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
        let mut scan = Scan::new(limits);
        let mut problems = Problems::default();
        pour(bytes, limits.decompressed, &mut scan, &mut problems);
        let Scan { out, problems: mut met, .. } = scan;
        problems.append(&mut met);
        if out.sample_types.is_empty() {
            problems.name_file(file);
            return Err(nothing(file, bytes, problems));
        }
        let profile = resolve(out, &mut problems);
        problems.name_file(file);
        let (listed, unlisted_problems) = (problems.listed().to_vec(), problems.unlisted());
        Ok(Read { profile, problems: listed, unlisted_problems })
    }
}

fn nothing(file: &str, bytes: &[u8], problems: Problems) -> Error {
    use std::io::Read as _;
    let mut head = [0; 64];
    let len = match bytes.starts_with(&[0x1f, 0x8b]) {
        true => flate2::bufread::GzDecoder::new(bytes).read(&mut head).unwrap_or(0),
        false => std::io::Read::read(&mut &*bytes, &mut head).unwrap_or(0),
    };
    let head = &head[..len];
    let file = file.to_owned();
    if let Some((_, what, hint)) = OTHERS.iter().find(|(magic, ..)| head.starts_with(magic)) {
        return Error::Other { file, what, hint };
    }
    let printable = |byte: &u8| matches!(byte, b' '..=b'~' | b'\n' | b'\r' | b'\t');
    if !head.is_empty() && head.iter().all(printable) {
        return Error::Text { file };
    }
    Error::NoSampleType { file, problems: problems.listed().to_vec() }
}

fn resolve(mut scanned: Scanned, problems: &mut Problems) -> Profile {
    if scanned.strings.is_empty() {
        scanned.strings.push("");
    }
    // Index 0 means "none" wherever it stands.
    let mut tables = Tables { len: scanned.strings.len() as u64, problems };
    let header = header(&scanned, &mut tables);
    let mut strings = std::mem::replace(&mut scanned.strings, Strings::bare());
    let (mappings, mapping_ids) = mappings(&scanned.mappings, &mut tables);
    let (mut functions, function_ids) = functions(&scanned.functions, &mut tables);
    let mut lines =
        Lines { ids: &function_ids, functions: &mut functions, strings: &mut strings, unknown: None };
    let mut lines_read = Vec::with_capacity(scanned.lines.len());
    let mut locations = vec![None; scanned.location_ids.len()];
    for at in &scanned.locations {
        let start = lines_read.len();
        let (from, len) = (at.value.lines.0 as usize, at.value.lines.1 as usize);
        for line in scanned.lines.get(from..from + len).unwrap_or_default() {
            lines_read.push(lines.line(at.offset, line, &mut tables));
        }
        let location = location(at, (start as u32, len as u32), &mapping_ids, &mut tables);
        place(at, location, &mut locations, &mut scanned.location_ids, &mut tables);
    }
    let unknown = locations.iter().any(Option::is_none).then(|| lines.unknown());
    if let Some(function) = unknown {
        missing(&locations, &scanned, &mut tables);
        let line = (lines_read.len() as u32, 1);
        lines_read.push(Line { function, line: 0, column: 0 });
        locations.iter_mut().filter(|slot| slot.is_none()).for_each(|slot| {
            *slot = Some(Location { lines: line, ..Location::default() });
        });
    }
    let samples = samples(scanned, header.sample_types.len(), &mut tables);
    let locations = locations.into_iter().flatten().collect();
    Profile { header, strings, mappings, functions, locations, lines: lines_read, samples }
}

/// Checks of indices.
struct Tables<'a> {
    /// Length of the string table.
    len: u64,
    problems: &'a mut Problems,
}

impl Tables<'_> {
    /// The string that `structure` at `offset` refers to.
    #[inline]
    fn string(&mut self, offset: u64, structure: &str, index: u64) -> StringId {
        if index < self.len {
            return StringId(index as u32);
        }
        let expected = format!("a string index below {}", self.len);
        self.problems.add(offset, structure, &expected, index.cast_signed().to_string());
        StringId::EMPTY
    }

    /// Enters an id; one that is 0 or taken is a problem, and the first one stands.
    fn enter(&mut self, offset: u64, structure: &str, id: u64, ids: &mut Ids) -> bool {
        if id == 0 {
            self.problems.add(offset, structure, "an id above 0", "0");
            return false;
        }
        if ids.get(id).is_some() {
            self.problems.add(offset, structure, "an id of its own", format!("{id} again"));
            return false;
        }
        ids.number(id);
        true
    }
}

fn header(scanned: &Scanned, tables: &mut Tables<'_>) -> Header {
    let strings = &scanned.strings;
    let mut text =
        |structure: &str, index: u64| -> Arc<str> { strings.get(tables.string(0, structure, index)).into() };
    let numbers = &scanned.numbers;
    let default_sample_type = text("default_sample_type", numbers[14]);
    let (drop_frames, keep_frames) = (text("drop_frames", numbers[7]), text("keep_frames", numbers[8]));
    let comments = scanned.comments.iter().map(|index| text("comment", *index)).collect();
    let doc_url = text("doc_url", numbers[15]);
    let mut value_type = |at: &At<[u64; 2]>| {
        let mut text = |index| strings.get(tables.string(at.offset, "value type", index)).into();
        ValueType { kind: text(at.value[0]), unit: text(at.value[1]) }
    };
    Header {
        sample_types: scanned.sample_types.iter().map(&mut value_type).collect(),
        default_sample_type,
        period_type: scanned.period_type.as_ref().map(&mut value_type),
        period: numbers[12].cast_signed(),
        time: Some(WallTime(numbers[9].cast_signed())).filter(|time| time.0 != 0),
        duration: Some(Nanoseconds(numbers[10].cast_signed())).filter(|span| span.0 != 0),
        drop_frames,
        keep_frames,
        comments,
        doc_url,
    }
}

fn mappings(list: &[At<[u64; 10]>], tables: &mut Tables<'_>) -> (Vec<Mapping>, Ids) {
    let (mut mappings, mut ids) = (Vec::new(), Ids::default());
    for &At { offset, value: [id, start, limit, in_file, file, build_id, has @ ..] } in list {
        if tables.enter(offset, "mapping", id, &mut ids) {
            let mut string = |index| tables.string(offset, "mapping", index);
            let (file, build_id) = (string(file), string(build_id));
            let has = has.map(|flag| flag != 0);
            mappings.push(Mapping { start, limit, offset: in_file, file, build_id, has });
        }
    }
    (mappings, ids)
}

fn functions(list: &[At<[u64; 5]>], tables: &mut Tables<'_>) -> (Vec<Function>, Ids) {
    let (mut functions, mut ids) = (Vec::with_capacity(list.len()), Ids::default());
    for &At { offset, value: [id, name, system_name, file, start_line] } in list {
        if tables.enter(offset, "function", id, &mut ids) {
            let mut string = |index| tables.string(offset, "function", index);
            let (name, system_name, file) = (string(name), string(system_name), string(file));
            functions.push(Function { name, system_name, file, start_line: start_line.cast_signed() });
        }
    }
    (functions, ids)
}

/// Resolves lines.
struct Lines<'a> {
    ids: &'a Ids,
    functions: &'a mut Vec<Function>,
    strings: &'a mut Strings,
    /// The function that stands for those that are not there.
    unknown: Option<FunctionId>,
}

impl Lines<'_> {
    fn line(&mut self, offset: u64, &[id, line, column]: &[u64; 3], tables: &mut Tables<'_>) -> Line {
        let function = self.ids.get(id).map(FunctionId).unwrap_or_else(|| {
            tables.problems.add(offset, "location", "the id of a function", id.to_string());
            self.unknown()
        });
        Line { function, line: line.cast_signed(), column: column.cast_signed() }
    }

    fn unknown(&mut self) -> FunctionId {
        *self.unknown.get_or_insert_with(|| {
            let name = self.strings.push(UNKNOWN);
            self.functions.push(Function { name, system_name: name, ..Function::default() });
            FunctionId(self.functions.len() as u32 - 1)
        })
    }
}

fn location(at: &At<RawLocation>, lines: (u32, u32), mappings: &Ids, tables: &mut Tables<'_>) -> Location {
    let [_, mapping, address, _, folded] = at.value.numbers;
    let known = mappings.get(mapping);
    if mapping != 0 && known.is_none() {
        tables.problems.add(at.offset, "location", "the id of a mapping", mapping.to_string());
    }
    Location { mapping: known, address, lines, is_folded: folded != 0 }
}

/// Puts a location where samples refer to it.
fn place(
    at: &At<RawLocation>,
    location: Location,
    locations: &mut Vec<Option<Location>>,
    ids: &mut Ids,
    tables: &mut Tables<'_>,
) {
    let id = at.value.numbers[0];
    if id == 0 {
        tables.problems.add(at.offset, "location", "an id above 0", "0");
        return;
    }
    let number = ids.number(id) as usize;
    if number == locations.len() {
        locations.push(None);
    }
    match locations.get_mut(number) {
        Some(slot @ None) => *slot = Some(location),
        _ => tables.problems.add(at.offset, "location", "an id of its own", format!("{id} again")),
    }
}

/// Names the samples that refer to locations that are not there.
fn missing(locations: &[Option<Location>], scanned: &Scanned, tables: &mut Tables<'_>) {
    let mut start = 0;
    for sample in &scanned.samples {
        let end = sample.stack_end as usize;
        let stack = scanned.stacks.get(start..end).unwrap_or_default();
        start = end;
        let n = stack.iter().filter(|at| locations.get(at.0 as usize).is_none_or(Option::is_none)).count();
        if n > 0 {
            tables.problems.add(sample.offset, "sample", "ids of locations", format!("{n} that are none"));
        }
    }
}

/// The samples that have a value for each sample type.
fn samples(scanned: Scanned, n_types: usize, tables: &mut Tables<'_>) -> Samples {
    let Scanned { samples: raw, stacks, values, labels, .. } = scanned;
    let labels = self::labels(&raw, &labels, tables);
    let is_whole = |(i, sample): (usize, &RawSample)| sample.values_end as usize == (i + 1) * n_types;
    if raw.iter().enumerate().all(is_whole) {
        let ends = raw.iter().map(|sample| (sample.stack_end, sample.labels_end));
        return Samples::from_lists(stacks, values, labels, ends);
    }
    let mut samples = Samples::default();
    let (mut stack, mut value, mut label) = (0, 0, 0);
    for sample in &raw {
        let part = (stack..sample.stack_end, value..sample.values_end, label..sample.labels_end);
        (stack, value, label) = (sample.stack_end, sample.values_end, sample.labels_end);
        if part.1.len() != n_types {
            let expected = format!("{n_types} values");
            tables.problems.add(sample.offset, "sample", &expected, part.1.len().to_string());
            continue;
        }
        let range = |range: std::ops::Range<u32>| range.start as usize..range.end as usize;
        samples.push(Sample {
            stack: stacks.get(range(part.0)).unwrap_or_default(),
            values: values.get(range(part.1)).unwrap_or_default(),
            labels: labels.get(range(part.2)).unwrap_or_default(),
        });
    }
    samples
}

fn labels(samples: &[RawSample], labels: &[[u64; 4]], tables: &mut Tables<'_>) -> Vec<Label> {
    let mut out = Vec::with_capacity(labels.len());
    let mut start = 0;
    for sample in samples {
        let end = sample.labels_end as usize;
        for &[key, text, number, unit] in labels.get(start..end).unwrap_or_default() {
            let mut string = |index| tables.string(sample.offset, "label", index);
            let value = match text {
                0 => LabelValue::Number { value: number.cast_signed(), unit: string(unit) },
                text => LabelValue::Text(string(text)),
            };
            out.push(Label { key: string(key), value });
        }
        start = end;
    }
    out
}
