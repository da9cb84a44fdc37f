//! What a repeat under the debugger showed.

use camino::Utf8PathBuf;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A program that ran under Delve.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DebugRecord {
    /// Delve's version.
    pub delve: String,
    /// The Go that compiled the program, as the program says.
    pub go: String,
    /// Breakpoints, in the order they were asked for.
    pub breakpoints: Vec<BreakpointRecord>,
    /// What was seen at them, in order.
    pub hits: Vec<Hit>,
    /// Goroutines that were there when the program was about to end (or hung, or crashed), alike ones together, most first.
    pub goroutines: Vec<StoppedGroup>,
    /// Goroutines that were not looked at, there being too many.
    pub unseen_goroutines: u64,
    /// How it ended.
    pub end: DebugEnd,
    /// A core file, if the program crashed or hung.
    #[schemars(with = "Option<String>")]
    pub core: Option<Utf8PathBuf>,
    /// What the user should know.
    pub notes: Vec<String>,
}

/// How a program under the debugger ended.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "how")]
pub enum DebugEnd {
    /// Nobody knows.
    #[default]
    Unknown,
    /// With an exit code.
    Exited {
        /// The code; negative: the signal that ended it.
        code: i64,
    },
    /// It panicked, or the runtime gave up (all goroutines asleep, out of memory, concurrent map writes).
    Crashed {
        /// What it said.
        message: String,
        /// Where.
        stack: Vec<Place>,
    },
    /// It was stopped at its deadline.
    TimedOut,
    /// It was stopped since enough was seen.
    Stopped,
}

/// A breakpoint, and what came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BreakpointRecord {
    /// As asked for: a function, or a file with a line.
    pub at: String,
    /// Its condition.
    pub when: Option<String>,
    /// Where that is.
    pub place: Option<Place>,
    /// Why it could not be set, or why it stopped nothing.
    pub problem: Option<String>,
    /// How often it was reached.
    pub reached: u64,
    /// It was taken away after so many hits as were wanted.
    pub spent: bool,
}

/// A place in the source.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Place {
    /// Function, with its package.
    pub function: String,
    /// File.
    pub file: String,
    /// Line.
    pub line: u32,
}

/// A stop at a breakpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Hit {
    /// Which breakpoint, by its place in the list.
    pub breakpoint: usize,
    /// The goroutine.
    pub goroutine: i64,
    /// Where it stopped.
    pub place: Place,
    /// What a log point says, with the values in it.
    pub text: Option<String>,
    /// Values that were asked for; arguments, if none were.
    pub values: Vec<Value>,
    /// Its stack, innermost first.
    pub stack: Vec<Place>,
}

/// A value of the program, in words.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Value {
    /// Name or expression.
    pub name: String,
    /// Its type.
    pub of: String,
    /// What it is, cut where it is large.
    pub text: String,
    /// Why it could not be read.
    pub unreadable: Option<String>,
}

/// Goroutines that were started at one place and wait at one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StoppedGroup {
    /// How many.
    pub count: u64,
    /// How many of them the runtime has proved to be leaked.
    pub leaked: u64,
    /// What they wait for, as the runtime says (`chan receive`); empty if they run.
    pub waits: String,
    /// Where they are, in the user's code.
    pub at: Place,
    /// The `go` statement that started them.
    pub created: Place,
    /// The function that they run.
    pub start: Place,
    /// Some of them, looked at closely.
    pub samples: Vec<StoppedGoroutine>,
}

/// A goroutine that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StoppedGoroutine {
    /// Its id.
    pub id: i64,
    /// What it waits on (`s.events: chan Event, 0 of 1 buffered`), if that can be told.
    pub waits_on: Option<String>,
    /// Its stack, innermost first, the runtime's own frames left out.
    pub frames: Vec<StoppedFrame>,
}

/// A frame with what is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StoppedFrame {
    /// Where.
    pub place: Place,
    /// Arguments.
    pub arguments: Vec<Value>,
    /// Local variables.
    pub locals: Vec<Value>,
}
