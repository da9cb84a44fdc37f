//! A profile, the limits of reading one, and why reading can fail altogether.

use std::sync::Arc;

use super::samples::Samples;
use super::strings::{StringId, Strings};
use crate::format::Problem;
use crate::model::{Nanoseconds, WallTime};

/// Stands for a function that the profile refers to and does not hold.
pub const UNKNOWN: &str = "<unknown>";

/// A profile. Every number in it leads somewhere.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Profile {
    /// What it is of.
    pub header: Header,
    /// Its texts.
    pub strings: Strings,
    /// Files mapped into the process; the first is the program.
    pub mappings: Vec<Mapping>,
    /// Functions, by [`FunctionId`].
    pub functions: Vec<Function>,
    /// Locations, by [`LocationId`].
    pub locations: Vec<Location>,
    /// Lines of all locations, see [`Profile::lines_of`].
    pub lines: Vec<Line>,
    /// Stacks and values.
    pub samples: Samples,
}

/// What stands beside the samples.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Header {
    /// What the values of a sample mean, in their order (`inuse_space` in `bytes`).
    pub sample_types: Vec<ValueType>,
    /// The sample type shown when none is asked for; mostly empty.
    pub default_sample_type: Arc<str>,
    /// Kind of event between two samples.
    pub period_type: Option<ValueType>,
    /// Events between two samples, in `period_type`'s unit (524288 for Go's default heap profile).
    pub period: i64,
    /// When it was taken.
    pub time: Option<WallTime>,
    /// Time it covers.
    pub duration: Option<Nanoseconds>,
    /// Regular expression of frames that a viewer drops together with their callees; mostly empty.
    pub drop_frames: Arc<str>,
    /// Regular expression of frames kept although `drop_frames` matches them.
    pub keep_frames: Arc<str>,
    /// Free text.
    pub comments: Vec<Arc<str>>,
    /// Where the profile is documented; mostly empty.
    pub doc_url: Arc<str>,
}

/// What a value counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueType {
    /// `alloc_objects`, `inuse_space`, `goroutine`.
    pub kind: Arc<str>,
    /// `count`, `bytes`, `nanoseconds`.
    pub unit: Arc<str>,
}

/// A file mapped into the process.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Mapping {
    /// Where it begins in memory.
    pub start: u64,
    /// Where it ends.
    pub limit: u64,
    /// Where it begins in the file.
    pub offset: u64,
    /// The file's path on the machine where it ran.
    pub file: StringId,
    /// Its build id in hex.
    pub build_id: StringId,
    /// Functions, files, lines and inlined calls are known of its locations.
    pub has: [bool; 4],
}

/// Index of a [`Function`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FunctionId(pub u32);

/// A function.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Function {
    /// Its name as people read it.
    pub name: StringId,
    /// Its name as the linker knows it; of Go's the same.
    pub system_name: StringId,
    /// Its source file.
    pub file: StringId,
    /// The line of its `func`.
    pub start_line: i64,
}

/// Index of a [`Location`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocationId(pub u32);

/// An address in a stack.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Location {
    /// Index of its mapping.
    pub mapping: Option<u32>,
    /// The address.
    pub address: u64,
    /// Its lines in [`Profile::lines`]: where they begin, and how many they are.
    pub lines: (u32, u32),
    /// Other locations have the same code.
    pub is_folded: bool,
}

/// A line of a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Line {
    /// The function.
    pub function: FunctionId,
    /// Line in its file.
    pub line: i64,
    /// Column, mostly 0.
    pub column: i64,
}

/// A stack and what was counted there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample<'a> {
    /// Innermost location first.
    pub stack: &'a [LocationId],
    /// One value per sample type. Signed: the difference of two profiles is a profile.
    pub values: &'a [i64],
    /// Labels in the file's order.
    pub labels: &'a [Label],
}

/// A label of a sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Label {
    /// Its key; `bytes` in a heap profile is the size of an object.
    pub key: StringId,
    /// Its value.
    pub value: LabelValue,
}

/// A label's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LabelValue {
    /// A text, never empty on the wire.
    Text(StringId),
    /// A number.
    Number {
        /// The number.
        value: i64,
        /// Its unit; empty where the key says it all.
        unit: StringId,
    },
}

impl Profile {
    /// The lines of a location: inlined calls first, the function that holds the address last. None of one that was
    /// not symbolised.
    #[must_use]
    pub fn lines_of(&self, location: &Location) -> &[Line] {
        let (start, len) = (location.lines.0 as usize, location.lines.1 as usize);
        self.lines.get(start..start.saturating_add(len)).unwrap_or_default()
    }
}

/// What a file may make the reader hold in memory. Beyond a limit reading stops with a problem, and what was read
/// before stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes after decompression.
    pub decompressed: u64,
    /// Bytes of a single message or string; a larger one is skipped.
    pub message: usize,
    /// Messages, strings, locations, values and labels, all together.
    pub elements: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { decompressed: 1 << 30, message: 1 << 20, elements: 48 << 20 }
    }
}

/// A profile and what was wrong with its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    /// What could be read.
    pub profile: Profile,
    /// What could not, the first hundred in words. Offsets count decompressed bytes, except for damage to the
    /// compression itself.
    pub problems: Vec<Problem>,
    /// Further problems.
    pub unlisted_problems: u64,
}

/// Nothing at all could be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The file has no bytes.
    #[error("profile `{file}` is empty")]
    Empty {
        /// The file.
        file: String,
    },
    /// The text form of a profile.
    #[error("`{file}` is text, not a protobuf profile\nhint: take it with `debug=0`")]
    Text {
        /// The file.
        file: String,
    },
    /// Something else that Go programs leave.
    #[error("`{file}` is {what}, not a pprof profile\nhint: {hint}")]
    Other {
        /// The file.
        file: String,
        /// What it is.
        what: &'static str,
        /// What can be done with it.
        hint: &'static str,
    },
    /// Without a sample type no value means anything.
    #[error("`{file}` is not a pprof profile: it has no sample type{}", first_problem(.problems))]
    NoSampleType {
        /// The file.
        file: String,
        /// What was met on the way.
        problems: Vec<Problem>,
    },
}

fn first_problem(problems: &[Problem]) -> String {
    problems.first().map(|problem| format!(" ({problem})")).unwrap_or_default()
}
