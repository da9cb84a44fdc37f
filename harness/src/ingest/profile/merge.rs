//! Merges tables and samples: what is the same in several profiles is there once.
//!
//! Samples are the same if their stacks and labels are. Stacks are the same if functions, lines and addresses are,
//! wherever the program was loaded.

use std::hash::{Hash as _, Hasher as _};
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHasher};

use super::combine::{CombineError, check_equal};
use crate::format::pprof::{
    Function, FunctionId, Header, Interner, Label, LabelValue, Line, Location, LocationId, Mapping, Profile,
    Samples, StackId, StringId,
};
use crate::model::{Nanoseconds, WallTime};

const NONE: u32 = u32::MAX;

/// Size to which mappings are rounded before they are compared.
const PAGE: u64 = 0x1000;

pub(super) fn merge(sources: Vec<Profile>) -> Result<Profile, CombineError> {
    let header = header(&sources)?;
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

/// Numbers by the hash of what they stand for.
#[derive(Debug, Default)]
struct Index {
    first: FxHashMap<u64, u32>,
    /// The next number with the same hash.
    next: Vec<u32>,
}

impl Index {
    /// What is the same among the numbers with this hash; if nothing is, `number` is entered.
    fn find_or_enter(&mut self, hash: u64, number: u32, is_same: impl Fn(u32) -> bool) -> Option<u32> {
        let mut at = *self.first.entry(hash).or_insert(number);
        while at != number {
            if is_same(at) {
                return Some(at);
            }
            let place = at as usize;
            if self.next.len() <= place {
                self.next.resize(place + 1, NONE);
            }
            match self.next.get_mut(place) {
                Some(next) if *next == NONE => {
                    *next = number;
                    return None;
                }
                Some(next) => at = *next,
                None => return None,
            }
        }
        None
    }
}

/// Samples of a stack that are looked through before any is hashed. Most stacks have one or two, and a table of all
/// samples is what merging would wait for; with labels of requests a stack may have many.
const LOOKED_THROUGH: usize = 4;

/// Samples by their stack.
#[derive(Debug, Default)]
struct OfStack {
    /// By stack: its first sample.
    first: Vec<u32>,
    /// By sample: the next one of the same stack, as far as they are looked through.
    next: Vec<u32>,
    /// The others, by stack and labels.
    others: Index,
}

impl OfStack {
    fn has(&self, stack: StackId) -> bool {
        self.first.get(stack.0 as usize).is_some_and(|first| *first != NONE)
    }

    /// What is the same among the samples of this stack; if none is, `new` is entered.
    fn find_or_enter(
        &mut self,
        stack: StackId,
        new: u32,
        is_same: impl Fn(u32) -> bool,
        hash: impl FnOnce() -> u64,
    ) -> Option<u32> {
        let place = stack.0 as usize;
        if self.first.len() <= place {
            self.first.resize(place + 1, NONE);
        }
        if self.next.len() <= new as usize {
            self.next.resize(new as usize + 1, NONE);
        }
        let mut at = self.first.get(place).copied().unwrap_or(NONE);
        if at == NONE {
            self.first[place] = new;
            return None;
        }
        for n_seen in 1..=LOOKED_THROUGH {
            if is_same(at) {
                return Some(at);
            }
            if n_seen == LOOKED_THROUGH {
                break;
            }
            let next = &mut self.next[at as usize];
            if *next == NONE {
                *next = new;
                return None;
            }
            at = *next;
        }
        self.others.find_or_enter(hash(), new, is_same)
    }
}

/// Merged tables, and how to find what is in them.
struct Merger {
    out: Profile,
    strings: Interner,
    functions: FxHashMap<Function, FunctionId>,
    locations: FxHashMap<LocationKey, LocationId>,
    mappings: FxHashMap<(u64, u64, StringId), u32>,
    stacks: Index,
    of_stack: OfStack,
}

/// Numbers of a source's things in the merged tables, as they are asked for.
struct Known {
    strings: Vec<u32>,
    functions: Vec<u32>,
    locations: Vec<u32>,
    /// With what has to be added to addresses.
    mappings: Vec<Option<(u32, u64)>>,
}

/// A source's stacks.
#[derive(Debug, Default)]
struct Stacks {
    /// Their merged numbers, as they are asked for.
    merged: Vec<u32>,
    /// The stacks themselves, unless they are the merged ones already.
    others: Option<Samples>,
    /// The merged number that was found last.
    last: u32,
    /// Room for one.
    locations: Vec<LocationId>,
}

impl Merger {
    fn new(header: Header) -> Self {
        Self {
            out: Profile { header, ..Profile::default() },
            strings: Interner::default(),
            functions: FxHashMap::default(),
            locations: FxHashMap::default(),
            mappings: FxHashMap::default(),
            stacks: Index::default(),
            of_stack: OfStack::default(),
        }
    }

    fn add(&mut self, mut source: Profile) {
        let mut known = Known {
            strings: vec![NONE; source.strings.len()],
            functions: vec![NONE; source.functions.len()],
            locations: vec![NONE; source.locations.len()],
            mappings: vec![None; source.mappings.len()],
        };
        if self.mappings.is_empty() && !source.mappings.is_empty() {
            // The first mapping is the program's.
            self.mapping(0, &source, &mut known);
        }
        let mut stacks = Stacks { merged: vec![NONE; source.samples.n_stacks()], ..Stacks::default() };
        let taken = source.samples.take_stacks();
        if self.out.samples.n_stacks() == 0 {
            // The first source's stacks stay where they are.
            self.stacks.first.reserve(taken.n_stacks());
            self.out.samples = taken;
        } else {
            stacks.others = Some(taken);
        }
        let mut labels = Vec::new();
        for index in 0..source.samples.len() {
            let Some((id, values, own)) = source.samples.parts(index) else { continue };
            if values.iter().all(|value| *value == 0) {
                continue;
            }
            let stack = self.stack(id, &source, &mut known, &mut stacks);
            self.labels(own, &source, &mut known, &mut labels);
            self.sample(stack, values, &labels);
        }
    }

    fn finish(mut self) -> Profile {
        self.out.strings = self.strings.finish();
        self.out.samples.retain(|sample| sample.values.iter().any(|value| *value != 0));
        self.out
    }

    /// The merged number of a source's stack.
    fn stack(&mut self, id: StackId, source: &Profile, known: &mut Known, stacks: &mut Stacks) -> StackId {
        let place = id.0 as usize;
        if let Some(&merged) = stacks.merged.get(place).filter(|merged| **merged != NONE) {
            return StackId(merged);
        }
        let is_first = stacks.others.is_none();
        let own = stacks.others.as_ref().unwrap_or(&self.out.samples).stack(id).unwrap_or_default();
        let mut locations = std::mem::take(&mut stacks.locations);
        locations.clear();
        locations.extend_from_slice(own);
        for id in &mut locations {
            *id = match known.locations.get(id.0 as usize) {
                Some(&number) if number != NONE => LocationId(number),
                _ => self.location(*id, source, known),
            };
        }
        let merged = if is_first {
            self.in_place(id, &locations)
        } else {
            self.found(&locations, StackId(stacks.last.wrapping_add(1)))
        };
        (stacks.last, stacks.locations) = (merged.0, locations);
        if let Some(slot) = stacks.merged.get_mut(place) {
            *slot = merged.0;
        }
        merged
    }

    /// A stack of the first source with its merged locations, or the same one met before.
    fn in_place(&mut self, id: StackId, locations: &[LocationId]) -> StackId {
        let samples = &mut self.out.samples;
        if let Some(stack) = samples.stack_mut(id) {
            stack.copy_from_slice(locations);
        }
        let is_same = |at| samples.stack(StackId(at)) == Some(locations);
        self.stacks.find_or_enter(hash(locations), id.0, is_same).map_or(id, StackId)
    }

    /// A stack of a further source. Profiles of one process mostly have theirs in the same order: `guess` is the one
    /// after the last.
    fn found(&mut self, locations: &[LocationId], guess: StackId) -> StackId {
        let samples = &mut self.out.samples;
        // A stack without a sample was never met: it may not have its merged locations yet.
        if self.of_stack.has(guess) && samples.stack(guess) == Some(locations) {
            return guess;
        }
        let new = samples.n_stacks() as u32;
        let is_same = |at| samples.stack(StackId(at)) == Some(locations);
        let found = self.stacks.find_or_enter(hash(locations), new, is_same);
        found.map_or_else(|| samples.push_stack(locations), StackId)
    }

    fn sample(&mut self, stack: StackId, values: &[i64], labels: &[Label]) {
        let samples = &mut self.out.samples;
        let is_same =
            |at: u32| samples.parts(at as usize).is_some_and(|(one, _, own)| one == stack && own == labels);
        let found = self
            .of_stack
            .find_or_enter(stack, samples.len() as u32, is_same, || hash_of_sample(stack, labels));
        let Some(found) = found else { return samples.push_with(stack, values, labels) };
        let sums = samples.values_mut().get_mut(found as usize * values.len()..).unwrap_or_default();
        sums.iter_mut().zip(values).for_each(|(sum, value)| *sum = sum.wrapping_add(*value));
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
            let text = |label: &Label| self.strings.get(label.key);
            out.sort_by(|a, b| is_number(a).cmp(&is_number(b)).then_with(|| text(a).cmp(text(b))));
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

fn hash(stack: &[LocationId]) -> u64 {
    let mut hasher = FxHasher::default();
    stack.iter().for_each(|id| hasher.write_u32(id.0));
    hasher.finish()
}

fn hash_of_sample(stack: StackId, labels: &[Label]) -> u64 {
    let mut hasher = FxHasher::default();
    stack.hash(&mut hasher);
    labels.iter().for_each(|label| label.hash(&mut hasher));
    hasher.finish()
}
