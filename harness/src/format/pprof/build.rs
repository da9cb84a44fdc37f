//! Makes a profile from stacks of frames: interns strings, functions and locations.

use rustc_hash::FxHashMap;

use super::profile::{
    Function, FunctionId, Header, Label, LabelValue, Line, Location, LocationId, Mapping, Profile, Sample,
};
use super::strings::{StringId, Strings};
use crate::model::Frame;

/// A label as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Labelled<'a> {
    /// Key and text.
    Text(&'a str, &'a str),
    /// Key, number and the number's unit.
    Number(&'a str, i64, &'a str),
}

/// A profile under construction. With [`Builder::add`] every frame gets a location of its own, so that calls which were
/// inlined look like calls; flat and cumulative values are the same. [`Builder::add_calls`] tells them apart.
#[derive(Debug)]
pub struct Builder {
    profile: Profile,
    strings: Interner,
    functions: FxHashMap<Function, FunctionId>,
    locations: FxHashMap<(FunctionId, u32), LocationId>,
    /// Locations with inlined calls, by their lines.
    inlined: FxHashMap<Vec<Line>, LocationId>,
}

/// A call of a stack.
#[derive(Debug, Clone, Copy)]
pub struct Call<'f> {
    /// Where.
    pub frame: &'f Frame,
    /// The compiler put it into its caller, which is the next.
    pub inlined: bool,
}

impl Builder {
    /// One for samples with a value for each of the header's sample types. `program` is the path of the program, or
    /// empty. It has a mapping even so: without the flags that say "already symbolised", a viewer looks for a binary
    /// to read symbols from.
    #[must_use]
    pub fn new(header: Header, program: &str) -> Self {
        let mut strings = Interner::new(Strings::default());
        let file = strings.intern(program);
        let mapping = Mapping { file, has: [true; 4], ..Mapping::default() };
        let profile = Profile { header, mappings: vec![mapping], ..Profile::default() };
        Self {
            profile,
            strings,
            functions: FxHashMap::default(),
            locations: FxHashMap::default(),
            inlined: FxHashMap::default(),
        }
    }

    /// Adds a stack, innermost frame first, with its values (missing ones are 0, further ones are left out).
    pub fn add<'f>(
        &mut self,
        stack: impl IntoIterator<Item = &'f Frame>,
        values: &[i64],
        labels: &[Labelled<'_>],
    ) {
        let stack: Vec<LocationId> = stack.into_iter().map(|frame| self.location(frame)).collect();
        self.sample(&stack, values, labels);
    }

    /// Adds a stack whose inlined calls are known, otherwise as [`Builder::add`]: they share the location of the call that
    /// they were put into.
    pub fn add_calls<'f>(
        &mut self,
        stack: impl IntoIterator<Item = Call<'f>>,
        values: &[i64],
        labels: &[Labelled<'_>],
    ) {
        let (mut locations, mut waiting) = (Vec::new(), Vec::new());
        for Call { frame, inlined } in stack {
            if inlined || !waiting.is_empty() {
                waiting.push(self.line(frame));
            } else {
                locations.push(self.location(frame));
            }
            if !inlined && !waiting.is_empty() {
                locations.push(self.location_of(std::mem::take(&mut waiting)));
            }
        }
        if !waiting.is_empty() {
            locations.push(self.location_of(waiting));
        }
        self.sample(&locations, values, labels);
    }

    fn sample(&mut self, stack: &[LocationId], values: &[i64], labels: &[Labelled<'_>]) {
        let mut values = values.to_vec();
        values.resize(self.profile.header.sample_types.len(), 0);
        let label = |label: &Labelled<'_>| match *label {
            Labelled::Text(key, text) => {
                let (key, text) = (self.strings.intern(key), self.strings.intern(text));
                Label { key, value: LabelValue::Text(text) }
            }
            Labelled::Number(key, value, unit) => {
                let (key, unit) = (self.strings.intern(key), self.strings.intern(unit));
                Label { key, value: LabelValue::Number { value, unit } }
            }
        };
        let labels: Vec<Label> = labels.iter().map(label).collect();
        self.profile.samples.push(Sample { stack, values: &values, labels: &labels });
    }

    /// The profile.
    #[must_use]
    pub fn finish(self) -> Profile {
        Profile { strings: self.strings.strings, ..self.profile }
    }

    fn location(&mut self, frame: &Frame) -> LocationId {
        let function = self.function(frame);
        let Profile { locations, lines, .. } = &mut self.profile;
        *self.locations.entry((function, frame.line)).or_insert_with(|| {
            let place = (lines.len() as u32, 1);
            lines.push(Line { function, line: i64::from(frame.line), column: 0 });
            locations.push(Location { mapping: Some(0), lines: place, ..Location::default() });
            LocationId(locations.len() as u32 - 1)
        })
    }

    fn line(&mut self, frame: &Frame) -> Line {
        Line { function: self.function(frame), line: i64::from(frame.line), column: 0 }
    }

    /// The location that has these lines, inlined calls first.
    fn location_of(&mut self, of: Vec<Line>) -> LocationId {
        let Profile { locations, lines, .. } = &mut self.profile;
        *self.inlined.entry(of).or_insert_with_key(|of| {
            let place = (lines.len() as u32, of.len() as u32);
            lines.extend_from_slice(of);
            locations.push(Location { mapping: Some(0), lines: place, ..Location::default() });
            LocationId(locations.len() as u32 - 1)
        })
    }

    fn function(&mut self, frame: &Frame) -> FunctionId {
        let name = self.strings.intern(&frame.function);
        let file = self.strings.intern(&frame.file);
        // Without a linker's name beside it pprof takes a name for final. Otherwise it would look for C++ in it and take
        // away what stands in brackets.
        let function = Function { name, system_name: StringId::EMPTY, file, start_line: 0 };
        let functions = &mut self.profile.functions;
        *self.functions.entry(function).or_insert_with(|| {
            functions.push(function);
            FunctionId(functions.len() as u32 - 1)
        })
    }
}

/// Strings, each once.
#[derive(Debug, Default)]
pub struct Interner {
    strings: Strings,
    ids: FxHashMap<Box<str>, StringId>,
}

impl Interner {
    /// Goes on with a table.
    #[must_use]
    pub fn new(strings: Strings) -> Self {
        let mut ids = FxHashMap::default();
        for (text, id) in strings.iter().zip(0..) {
            ids.entry(text.into()).or_insert(StringId(id));
        }
        Self { strings, ids }
    }

    /// The string's number.
    pub fn intern(&mut self, text: &str) -> StringId {
        if let Some(id) = self.ids.get(text) {
            return *id;
        }
        let id = self.strings.push(text);
        self.ids.insert(text.into(), id);
        id
    }

    /// The string with a number.
    #[must_use]
    pub fn get(&self, id: StringId) -> &str {
        self.strings.get(id)
    }

    /// The table.
    #[must_use]
    pub fn finish(self) -> Strings {
        self.strings
    }
}
