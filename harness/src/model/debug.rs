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
    /// Who waits for whom, as far as the variables of some goroutines tell.
    pub waits: Waits,
    /// How it ended.
    pub end: DebugEnd,
    /// The program that ran.
    #[schemars(with = "String")]
    pub program: Utf8PathBuf,
    /// A core file, if the program crashed or hung, or if one was asked for.
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
    /// It was stopped since its load had failed.
    LoadFailed {
        /// What the load said.
        detail: String,
    },
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
    /// That line of the source.
    pub source: Option<String>,
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
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StoppedGroup {
    /// How many.
    pub count: u64,
    /// Their ids.
    pub ids: Vec<i64>,
    /// How many of them the runtime has proved to be leaked.
    pub leaked: u64,
    /// What they wait for, as the runtime says (`chan receive`); empty if they run.
    pub waits: String,
    /// Where they are, in the user's code.
    pub at: Place,
    /// That line of the source.
    pub source: Option<String>,
    /// The `go` statement that started them.
    pub created: Place,
    /// The function that they run.
    pub start: Place,
    /// Some of them, looked at closely.
    pub samples: Vec<StoppedGoroutine>,
}

/// Who waits for whom. Variables tell who has a channel or a lock, which says nothing of what only the heap refers to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Waits {
    /// Goroutines whose variables were read.
    pub looked_at: u64,
    /// Goroutines that wait for each other in a circle, shortest first; none of them can go on.
    pub cycles: Vec<Vec<WaitStep>>,
    /// What is waited for, alike things together, most waiters first.
    pub things: Vec<WaitedThing>,
}

/// A goroutine in a circle, and what it waits for that the next one has.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WaitStep {
    /// The goroutine.
    pub goroutine: i64,
    /// What it wants with the thing: `to lock`, `to receive from`.
    pub wants: String,
    /// The thing, by the name that it has for it (`to.mu`), with its type.
    pub thing: String,
    /// Where it is.
    pub at: Place,
}

/// A channel, or something of package sync, that goroutines wait for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WaitedThing {
    /// How many alike there are: waited for at the same place, and known at the same places.
    pub alike: u64,
    /// Where the first of them is, in hex.
    pub address: String,
    /// Its type: `chan int`, `sync.Mutex`; empty if no variable has it.
    pub of: String,
    /// The name that a waiting goroutine has for it.
    pub name: Option<String>,
    /// How it is: `0 of 1 buffered`, `locked`, `2 to go`.
    pub state: String,
    /// What is wanted with it: `to receive from`.
    pub wants: String,
    /// The goroutines that wait for it, as far as they were looked at.
    pub waiting: Vec<i64>,
    /// Where they do.
    pub at: Place,
    /// Other goroutines that have it in their variables.
    pub known_to: Vec<i64>,
    /// Global variables that have it.
    pub globals: Vec<String>,
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
