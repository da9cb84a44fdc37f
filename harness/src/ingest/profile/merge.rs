//! Merges tables and samples: what is the same in several profiles is there once.
//!
//! Samples are the same if their stacks and labels are. Stacks are the same if functions, lines and addresses are,
//! wherever the program was loaded.

use std::hash::Hasher as _;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHasher};

use super::combine::{CombineError, check_equal};
use crate::format::pprof::{
    Function, FunctionId, Header, Interner, Label, LabelValue, Line, Location, LocationId, Mapping, Profile,
    Sample, StringId,
};
use crate::model::{Nanoseconds, WallTime};

const NONE: u32 = u32::MAX;

/// Size to which mappings are rounded before they are compared.
const PAGE: u64 = 0x1000;

pub(super) fn merge(sources: &[Profile]) -> Result<Profile, CombineError> {
    let header = header(sources)?;
    let mut merger = Merger::new(header);
    for source in sources {
        merger.add(source);
    }
    Ok(merger.finish())
}

fn header(sources: &[Profile]) -> Result<Header, CombineError> {
    let [first, others @ ..] = sources else { return Err(CombineError::Nothing) };
    others.iter().try_for_each(|other| check_equal(&first.header, &other.header))?;
    let mut header = first.header.clone();
    for other in others.iter().map(|other| &other.header) {
        let earlier = match (header.time, other.time) {
            (None, time) => time,
            // pprof takes a profile without a time for the earliest.
            (Some(_), None) => Some(WallTime(0)),
            (Some(a), Some(b)) => Some(a.min(b)),
        };
        header.time = earlier.filter(|time| time.0 != 0);
        let span =
            header.duration.map_or(0, |span| span.0).wrapping_add(other.duration.map_or(0, |span| span.0));
        header.duration = Some(Nanoseconds(span)).filter(|span| span.0 != 0);
        if header.period == 0 || header.period < other.period {
            header.period = other.period;
        }
        for comment in &other.comments {
            if !header.comments.contains(comment) {
                header.comments.push(Arc::clone(comment));
            }
        }
        for (own, other) in [
            (&mut header.default_sample_type, &other.default_sample_type),
            (&mut header.doc_url, &other.doc_url),
        ] {
            if own.is_empty() {
                own.clone_from(other);
            }
        }
    }
    Ok(header)
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct LocationKey {
    mapping: Option<u32>,
    address: u64,
    lines: Box<[Line]>,
    is_folded: bool,
}

/// Merged tables, and where the samples are by the hash of their stacks and labels.
struct Merger {
    out: Profile,
    strings: Interner,
    functions: FxHashMap<Function, FunctionId>,
    locations: FxHashMap<LocationKey, LocationId>,
    mappings: FxHashMap<(u64, u64, StringId), u32>,
    samples: FxHashMap<u64, u32>,
    /// The next sample with the same hash.
    next: Vec<u32>,
}

/// Numbers of a source's things in the merged tables, as they are asked for.
struct Known {
    strings: Vec<u32>,
    functions: Vec<u32>,
    locations: Vec<u32>,
    /// With what has to be added to addresses.
    mappings: Vec<Option<(u32, u64)>>,
}

impl Merger {
    fn new(header: Header) -> Self {
        Self {
            out: Profile { header, ..Profile::default() },
            strings: Interner::default(),
            functions: FxHashMap::default(),
            locations: FxHashMap::default(),
            mappings: FxHashMap::default(),
            samples: FxHashMap::default(),
            next: Vec::new(),
        }
    }

    fn add(&mut self, source: &Profile) {
        let mut known = Known {
            strings: vec![NONE; source.strings.len()],
            functions: vec![NONE; source.functions.len()],
            locations: vec![NONE; source.locations.len()],
            mappings: vec![None; source.mappings.len()],
        };
        if self.mappings.is_empty() && !source.mappings.is_empty() {
            // The first mapping is the program's.
            self.mapping(0, source, &mut known);
        }
        let (mut stack, mut labels) = (Vec::new(), Vec::new());
        for sample in source.samples.iter().filter(|sample| sample.values.iter().any(|value| *value != 0)) {
            stack.clear();
            for &id in sample.stack {
                stack.push(match known.locations.get(id.0 as usize) {
                    Some(&number) if number != NONE => LocationId(number),
                    _ => self.location(id, source, &mut known),
                });
            }
            self.labels(sample.labels, source, &mut known, &mut labels);
            self.sample(Sample { stack: &stack, values: sample.values, labels: &labels });
        }
    }

    fn finish(mut self) -> Profile {
        self.out.strings = self.strings.finish();
        let is_zero = |sample: &Sample<'_>| sample.values.iter().all(|value| *value == 0);
        if self.out.samples.iter().any(|sample| is_zero(&sample)) {
            let all = std::mem::take(&mut self.out.samples);
            all.iter().filter(|sample| !is_zero(sample)).for_each(|sample| self.out.samples.push(sample));
        }
        self.out
    }

    fn sample(&mut self, sample: Sample<'_>) {
        let (hash, index) = (hash(&sample), self.next.len() as u32);
        let mut at = *self.samples.entry(hash).or_insert(index);
        let samples = &mut self.out.samples;
        while at != index {
            let same = |found: Sample<'_>| found.stack == sample.stack && found.labels == sample.labels;
            if samples.get(at as usize).is_some_and(same) {
                let n_types = sample.values.len();
                let sums = samples.values_mut().get_mut(at as usize * n_types..).unwrap_or_default();
                sums.iter_mut().zip(sample.values).for_each(|(sum, value)| *sum = sum.wrapping_add(*value));
                return;
            }
            match self.next.get_mut(at as usize) {
                Some(next) if *next != NONE => at = *next,
                Some(next) => {
                    *next = index;
                    break;
                }
                None => break,
            }
        }
        self.next.push(NONE);
        samples.push(sample);
    }

    fn string(&mut self, id: StringId, source: &Profile, known: &mut Known) -> StringId {
        match known.strings.get_mut(id.0 as usize) {
            Some(number) if *number != NONE => StringId(*number),
            Some(number) => {
                let merged = self.strings.intern(source.strings.get(id));
                *number = merged.0;
                merged
            }
            None => StringId::EMPTY,
        }
    }

    /// Labels as pprof's maps hold them: those that say nothing left out, texts before numbers, by key.
    fn labels(&mut self, labels: &[Label], source: &Profile, known: &mut Known, out: &mut Vec<Label>) {
        out.clear();
        for label in labels {
            let value = match label.value {
                LabelValue::Number { value: 0, unit: StringId::EMPTY } => continue,
                LabelValue::Number { value, unit } => {
                    LabelValue::Number { value, unit: self.string(unit, source, known) }
                }
                LabelValue::Text(text) => LabelValue::Text(self.string(text, source, known)),
            };
            out.push(Label { key: self.string(label.key, source, known), value });
        }
        if out.len() > 1 {
            let is_number = |label: &Label| matches!(label.value, LabelValue::Number { .. });
            out.sort_by(|a, b| {
                let text = |label: &Label| self.strings.get(label.key);
                (is_number(a), text(a)).cmp(&(is_number(b), text(b)))
            });
        }
    }

    fn mapping(&mut self, index: u32, source: &Profile, known: &mut Known) -> Option<(u32, u64)> {
        let place = index as usize;
        if let Some(found) = known.mappings.get(place).copied().flatten() {
            return Some(found);
        }
        let mapping = *source.mappings.get(place)?;
        let [file, build_id] = [mapping.file, mapping.build_id].map(|id| self.string(id, source, known));
        let size = mapping.limit.wrapping_sub(mapping.start).wrapping_add(PAGE - 1) & !(PAGE - 1);
        let name = if build_id == StringId::EMPTY { file } else { build_id };
        let mappings = &mut self.out.mappings;
        let number = *self.mappings.entry((size, mapping.offset, name)).or_insert_with(|| {
            mappings.push(Mapping { file, build_id, ..mapping });
            mappings.len() as u32 - 1
        });
        let start = mappings.get(number as usize).map_or(0, |merged| merged.start);
        let found = Some((number, start.wrapping_sub(mapping.start)));
        if let Some(slot) = known.mappings.get_mut(place) {
            *slot = found;
        }
        found
    }

    fn location(&mut self, id: LocationId, source: &Profile, known: &mut Known) -> LocationId {
        let location = source.locations.get(id.0 as usize).copied().unwrap_or_default();
        let mapping = location.mapping.and_then(|index| self.mapping(index, source, known));
        let lines: Box<[Line]> =
            source.lines_of(&location).iter().map(|line| self.line(line, source, known)).collect();
        let address = location.address.wrapping_add(mapping.map_or(0, |(_, shift)| shift));
        let mapping = mapping.map(|(number, _)| number);
        let start = mapping.and_then(|number| self.out.mappings.get(number as usize)).map_or(0, |m| m.start);
        let is_folded = location.is_folded;
        let key = LocationKey { mapping, address: address.wrapping_sub(start), lines, is_folded };
        let out = &mut self.out;
        let merged = match self.locations.get(&key) {
            Some(merged) => *merged,
            None => {
                let lines = (out.lines.len() as u32, key.lines.len() as u32);
                out.lines.extend_from_slice(&key.lines);
                out.locations.push(Location { mapping, address, lines, is_folded });
                let merged = LocationId(out.locations.len() as u32 - 1);
                self.locations.insert(key, merged);
                merged
            }
        };
        if let Some(slot) = known.locations.get_mut(id.0 as usize) {
            *slot = merged.0;
        }
        merged
    }

    fn line(&mut self, line: &Line, source: &Profile, known: &mut Known) -> Line {
        Line { function: self.function(line.function, source, known), ..*line }
    }

    fn function(&mut self, id: FunctionId, source: &Profile, known: &mut Known) -> FunctionId {
        let place = id.0 as usize;
        if let Some(&number) = known.functions.get(place).filter(|number| **number != NONE) {
            return FunctionId(number);
        }
        let function = source.functions.get(place).copied().unwrap_or_default();
        let mut string = |id| self.string(id, source, known);
        let (name, system_name, file) =
            (string(function.name), string(function.system_name), string(function.file));
        let function = Function { name, system_name, file, ..function };
        let functions = &mut self.out.functions;
        let merged = *self.functions.entry(function).or_insert_with(|| {
            functions.push(function);
            FunctionId(functions.len() as u32 - 1)
        });
        if let Some(slot) = known.functions.get_mut(place) {
            *slot = merged.0;
        }
        merged
    }
}

fn hash(sample: &Sample<'_>) -> u64 {
    let mut hasher = FxHasher::default();
    sample.stack.iter().for_each(|id| hasher.write_u32(id.0));
    for label in sample.labels {
        std::hash::Hash::hash(label, &mut hasher);
    }
    hasher.finish()
}
