//! What a build's time goes into, and why packages of one variant are not those of another.

use camino::Utf8PathBuf;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Answer;
use crate::model::Nanoseconds;

/// The answer on time.
pub type TimeAnswer = Answer<TimeFacts, TimeDifference>;

/// Builds of a variant that were timed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TimeFacts {
    /// With the build cache as it is, right after the variant was built.
    pub warm: BuildTime,
    /// With an empty build cache of its own, if that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cold: Option<BuildTime>,
}

/// One `go build`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BuildTime {
    /// The whole command.
    pub wall: Nanoseconds,
    /// Of it: finding and reading packages, before anything is built. `None` if the command's trace does not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loading: Option<Nanoseconds>,
    /// Packages that the program is made of.
    pub packages: u32,
    /// Of these, those that a command was run for; the others came from the cache.
    pub compiled: u32,
    /// Commands that compile, added up.
    pub compile: Nanoseconds,
    /// Commands that link; 0 if there was nothing to link.
    pub link: Nanoseconds,
    /// Processor time of all commands.
    pub cpu: Nanoseconds,
    /// The longest chain of actions of which each waits for the one before: with any number of processors it takes no
    /// less. Steps in order.
    pub critical: Vec<Step>,
    /// All steps of the chain.
    pub critical_time: Nanoseconds,
    /// Time that actions were ready and waited for a processor, added up.
    pub waited: Nanoseconds,
    /// Actions at work at a time: action time over the time in which there were any.
    pub parallelism: f64,
    /// The same of each tenth of that time.
    pub parallelism_over_time: Vec<f64>,
    /// Packages that were compiled, slowest first.
    pub slowest: Vec<PackageTime>,
    /// What the go command wrote.
    pub files: TimeFiles,
}

/// An action in a chain.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Step {
    /// In the go command's words: `build`, `link`, `cgo run`, ….
    pub action: String,
    /// Its package.
    pub package: String,
    /// From its start to its end.
    pub took: Nanoseconds,
}

/// A package that was compiled.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PackageTime {
    /// Its import path.
    pub package: String,
    /// Its commands' time.
    pub took: Nanoseconds,
    /// Their processor time.
    pub cpu: Nanoseconds,
    /// Commands.
    pub commands: u32,
}

/// Files that were kept of a build.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TimeFiles {
    /// The executed commands, as `go build -x` prints them.
    #[schemars(with = "String")]
    pub commands: Utf8PathBuf,
    /// `go build -debug-actiongraph`
    #[schemars(with = "String")]
    pub graph: Utf8PathBuf,
    /// `go build -debug-trace`, for a viewer of Chrome traces.
    #[schemars(with = "String")]
    pub trace: Utf8PathBuf,
}

/// What a variant cannot share with the reference, by the keys of the go command's build cache.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TimeDifference {
    /// Packages that are the same.
    pub shared: u32,
    /// Packages that both have and that are compiled anew.
    pub anew: Vec<Anew>,
    /// Packages that the reference does not have.
    pub added: Vec<String>,
    /// Packages that the reference alone has.
    pub removed: Vec<String>,
    /// What else than packages is different for the linker, in words.
    pub link: Vec<String>,
}

/// A package that is compiled anew.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Anew {
    /// Its import path.
    pub package: String,
    /// What is different for it, in words: `gcflags [] -> [-l]`. Empty if that is only what it imports.
    pub because: Vec<String>,
    /// What it imports that is another one.
    pub imports: Vec<String>,
}
