//! The resolved form of a profile, the limits of reading one, and why reading can fail altogether.

use std::sync::Arc;

use crate::format::Problem;
use crate::model::{Nanoseconds, Stack, WallTime};

/// Stands for a function or file that the profile refers to and does not hold.
pub const UNKNOWN: &str = "<unknown>";

/// A profile without tables: every sample says all there is to say about it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Profile {
    /// What the values of a sample mean, in their order (`inuse_space` in `bytes`).
    pub sample_types: Vec<ValueType>,
    /// The sample type shown when none is asked for.
    pub default_sample_type: Option<Arc<str>>,
    /// Samples in the file's order.
    pub samples: Vec<Sample>,
    /// The program itself: the profile's first mapping.
    pub binary: Option<Binary>,
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

/// A stack and what was counted there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// One value per sample type. Signed: the difference of two profiles is a profile.
    pub values: Vec<i64>,
    /// Innermost frame first; inlined calls are frames of their own.
    pub stack: Stack,
    /// Labels in the file's order.
    pub labels: Vec<Label>,
}

/// A label of a sample.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Its key; `bytes` in a heap profile is the size of an object.
    pub key: Arc<str>,
    /// Its value.
    pub value: LabelValue,
}

/// A label's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LabelValue {
    /// A text, never empty on the wire.
    Text(Arc<str>),
    /// A number.
    Number {
        /// The number.
        value: i64,
        /// Its unit; empty where the key says it all.
        unit: Arc<str>,
    },
}

/// The profiled program.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Binary {
    /// Its path on the machine where it ran.
    pub file: Arc<str>,
    /// Its GNU build id in hex; empty if it has none.
    pub build_id: Arc<str>,
}

/// What a file may make the reader hold in memory. Beyond a limit reading stops with a problem, and
/// what was read before stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes after decompression.
    pub decompressed: u64,
    /// Bytes of a single message or string; a larger one is skipped.
    pub message: usize,
    /// Messages, strings, locations, values and labels, all together.
    pub elements: usize,
    /// Frames of all distinct stacks together.
    pub frames: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { decompressed: 256 << 20, message: 1 << 20, elements: 16 << 20, frames: 16 << 20 }
    }
}

/// A profile and what was wrong with its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    /// What could be read.
    pub profile: Profile,
    /// What could not, the first hundred in words. Offsets count decompressed bytes, except for
    /// damage to the compression itself.
    pub problems: Vec<Problem>,
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
