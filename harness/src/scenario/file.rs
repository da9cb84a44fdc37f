//! The file form of a scenario: what the TOML says, before defaults. The JSON schema is made from
//! these types, and the check walks the text against that schema.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::delve::Delve;
use super::duration::Milliseconds;
use super::gotest::{Kind, TestFile};
use super::keys::{BuildKeys, Matrix};
use super::lab::Lab;
use super::resolved::{ExpectedLeak, HeapDump, Suppression, Thresholds};
use crate::model::Mode;

/// A harness scenario: a Go program, its builds, how it is observed and what must be found.
/// Paths are relative to the file's directory.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ScenarioFile {
    /// Name; the file's name without `.toml` by default.
    pub name: Option<String>,
    /// One line for `harness list`.
    pub description: Option<String>,
    /// The program and its load.
    pub workload: WorkloadFile,
    /// Build inputs of every variant.
    #[serde(default)]
    pub build: BuildKeys,
    /// Builds to compare. Without any and without `[matrix]` there is one, `default`.
    #[serde(default)]
    pub variant: Vec<VariantFile>,
    /// Builds to compare, as a cross product.
    pub matrix: Option<Matrix>,
    /// How runs are observed.
    #[serde(default)]
    pub capture: CaptureFile,
    /// The contract. Without it only the baseline judges.
    pub expect: Option<ExpectFile>,
    /// What shows that the gate is alive: the twin without the leak.
    pub control: Option<ControlFile>,
    /// The accepted baseline.
    #[serde(default)]
    pub baseline: BaselineFile,
    /// What counts as growth and as worse.
    #[serde(default)]
    pub thresholds: Thresholds,
    /// What is asked of the builds themselves.
    #[serde(default)]
    pub lab: Lab,
    /// What is looked at under the debugger.
    #[serde(default)]
    pub delve: Delve,
}

/// The program and its load.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WorkloadFile {
    /// What is run: a built program, or the tests or benchmarks of packages.
    #[serde(default)]
    pub kind: Kind,
    /// Directory of the Go module; by default the nearest one upward that has a go.mod.
    pub module: Option<String>,
    /// Package to build, as `go build` takes it; the module's root by default. For tests and benchmarks it may stand for
    /// several (`./...`).
    pub package: Option<String>,
    /// Arguments of the program.
    #[serde(default)]
    pub args: Vec<String>,
    /// Environment added for the program.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// Operations of a run: what `{ops}` stands for in `args`, `env` and the driver's `command` and `env`.
    /// `run --minimise` looks for the fewest.
    #[schemars(range(min = 1))]
    pub operations: Option<u64>,
    /// Working directory of the program; the module's directory by default.
    pub dir: Option<String>,
    /// File for standard input; empty input by default.
    pub stdin: Option<String>,
    /// Deadline of one run; `60s` by default.
    pub timeout: Option<Milliseconds>,
    /// Time between the gentle and the hard stop; `5s` by default.
    pub grace: Option<Milliseconds>,
    /// Exit codes that mean success; `[0]` by default.
    pub exit_codes: Option<Vec<i32>>,
    /// Where live memory is compared; after each round with a driver, else every `250ms`.
    pub checkpoint: Option<CheckpointFile>,
    /// Load from outside, for a program that serves until it is stopped.
    pub driver: Option<DriverFile>,
    /// Which tests or benchmarks run, and how.
    pub test: Option<TestFile>,
    /// Program and arguments that run the program, as `go test -exec` takes them: an emulator, a container's entry, `nice`.
    #[serde(default)]
    pub exec: Vec<String>,
}

/// Where live memory is compared.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CheckpointFile {
    /// What makes a checkpoint.
    pub on: On,
    /// With `on = "call"`: the function, as the Go runtime spells it (`main.(*Server).handle`).
    pub func: Option<String>,
    /// With `on = "call"`: entries between checkpoints. With `on = "interval"`: the period,
    /// `250ms` by default.
    pub every: Option<Every>,
}

/// What makes a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum On {
    /// Every so many entries of a function.
    Call,
    /// SIGUSR2 from whoever drives the program.
    Signal,
    /// Time.
    Interval,
    /// The end of a round of the driver.
    Round,
    /// The end of a GC cycle of the program's own.
    Gc,
    /// The end of the program.
    Exit,
    /// The end of an iteration of a test: what `kind = "test"` and `kind = "bench"` have.
    Test,
}

impl On {
    /// As the file spells it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Signal => "signal",
            Self::Interval => "interval",
            Self::Round => "round",
            Self::Gc => "gc",
            Self::Exit => "exit",
            Self::Test => "test",
        }
    }
}

/// A number of calls, or a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum Every {
    /// Calls.
    Calls(u64),
    /// Period.
    Period(Milliseconds),
}

/// A command that loads a serving program from outside.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DriverFile {
    /// Program and arguments of one round. `{round}` becomes the round's number, from 1.
    #[schemars(length(min = 1))]
    pub command: Vec<String>,
    /// Environment added for it.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// Working directory; this file's directory by default.
    pub dir: Option<String>,
    /// Number of rounds; 10 by default.
    #[schemars(range(min = 1))]
    pub rounds: Option<u32>,
    /// When the program can take load; after `500ms` by default.
    pub ready: Option<ReadyFile>,
    /// Rest between the end of a round and its checkpoint; `200ms` by default.
    pub settle: Option<Milliseconds>,
}

/// When a serving program is ready: one of these.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReadyFile {
    /// A TCP address on this machine accepts connections (`127.0.0.1:4222`).
    pub tcp: Option<String>,
    /// Its output contains this text.
    pub output: Option<String>,
    /// So much time has passed.
    pub after: Option<Milliseconds>,
}

/// One build of the program.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct VariantFile {
    /// Unique name; also a directory name.
    pub name: String,
    /// Build inputs that differ from `[build]`, key by key: an array replaces the array there.
    #[serde(default)]
    pub build: BuildKeys,
}

/// How runs are observed.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct CaptureFile {
    /// Modes, in order; all three by default.
    #[schemars(length(min = 1))]
    pub modes: Option<Vec<Mode>>,
    /// Runs of each mode; 3 by default (a plain run is made once).
    #[schemars(range(min = 1, max = 1000))]
    pub repeat: Option<u32>,
    /// Execution trace; on by default.
    pub trace: Option<TraceFile>,
    /// Which heap dumps to write, in the first step run of a variant; `first-last` by default.
    pub heap_dump: Option<HeapDump>,
    /// Goroutineleak profile where the Go release has it; on by default.
    pub goroutine_leak: Option<bool>,
    /// Ask the compiler why values of the main module are on the heap: its packages are compiled once more whenever the
    /// program changes. On by default.
    pub escapes: Option<bool>,
    /// Make one more run, which nothing is measured in, of a build with `-asan`: LeakSanitizer tells which C function's memory
    /// is lost, with its line. For programs with cgo that end by themselves; needs Go 1.25 and gcc or clang with its
    /// sanitizer library. Off by default.
    pub asan: Option<bool>,
    /// One allocation in so many bytes is sampled in natural mode; 4096 by default.
    #[schemars(range(min = 1))]
    pub memprofile_rate: Option<u64>,
}

/// Execution trace, or a trace with more in it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum TraceFile {
    /// On or off.
    Switch(bool),
    /// On, with details.
    Details(TraceDetails),
}

/// Details of an execution trace.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TraceDetails {
    /// An event per allocation and free: `true` in every run, `false` in none. By default only the run whose heap is
    /// dumped has them: objects in the dump get their types and ages from it.
    pub alloc_free: Option<bool>,
}

/// The contract.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ExpectFile {
    /// Leaks that must be found in every variant; `[]`: none may be.
    pub leaks: Vec<ExpectedLeak>,
}

/// The accepted baseline.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct BaselineFile {
    /// Its file; `NAME.baseline.toml` beside this file by default.
    pub file: Option<String>,
    /// Import paths of libraries whose leaks are reported and do not judge (`github.com/x/*`).
    pub third_party: Vec<String>,
    /// Leaks that are reported and do not judge, each with the reason why.
    pub suppress: Vec<Suppression>,
}

/// What shows that the gate is alive.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ControlFile {
    /// The same program without the leak; nothing may be found in it. `harness selftest` runs both.
    pub twin: TwinFile,
}

/// Where the twin is: one of these.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct TwinFile {
    /// Another package of the module.
    pub package: Option<String>,
    /// The same package with these build tags.
    pub tags: Option<Vec<String>>,
    /// The module at another git revision: the commit that mended it.
    pub revision: Option<String>,
    /// A variant of this scenario.
    pub variant: Option<String>,
    /// Another scenario, by its file's path.
    pub scenario: Option<String>,
}
