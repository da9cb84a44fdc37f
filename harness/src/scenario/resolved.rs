//! The resolved form of a scenario: every default filled in, every path absolute.
//!
//! It is written into a capture's manifest, so that a capture can be analysed without the file.

use std::collections::BTreeMap;

use camino::Utf8PathBuf;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::delve::Delve;
use super::gotest::{Kind, TestSpec};
use super::lab::Lab;
use crate::model::{Confidence, LeakKind, Mode};

/// A scenario, ready to run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scenario {
    /// Its name; the file's stem by default.
    pub name: String,
    /// One line for `harness list`.
    pub description: String,
    /// The file it came from; empty for a scenario made up from a package path.
    pub path: Utf8PathBuf,
    /// What runs.
    pub workload: Workload,
    /// In which builds. Never empty; names are unique.
    pub variants: Vec<Variant>,
    /// How it is observed.
    pub capture: CaptureSpec,
    /// What must be found. `None`: only the baseline judges.
    pub expect: Option<Expect>,
    /// The twin without the leak.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub twin: Option<Twin>,
    /// Accepted baseline, whether or not the file exists yet.
    pub baseline: Utf8PathBuf,
    /// When a noisy metric or a known leak counts as worse.
    pub thresholds: Thresholds,
    /// Leaks that are reported and do not judge.
    #[serde(default)]
    pub exemptions: Exemptions,
    /// What is asked of the builds themselves.
    #[serde(default)]
    pub lab: Lab,
    /// What is looked at under the debugger.
    #[serde(default)]
    pub delve: Delve,
}

/// The program and its load.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Workload {
    /// A program, or tests or benchmarks.
    #[serde(default, skip_serializing_if = "Kind::is_usual")]
    pub kind: Kind,
    /// Directory of the Go module.
    pub module: Utf8PathBuf,
    /// Package to build, as `go build` takes it (`./cmd/server`).
    pub package: String,
    /// Arguments of the program.
    pub args: Vec<String>,
    /// Environment added for the program.
    pub env: BTreeMap<String, String>,
    /// What `{ops}` stands for in `args`, `env` and the driver's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operations: Option<u64>,
    /// Working directory of the program.
    pub dir: Utf8PathBuf,
    /// File fed to standard input; empty input by default.
    pub stdin: Option<Utf8PathBuf>,
    /// Deadline of one run, milliseconds.
    pub timeout_ms: u64,
    /// Time between the gentle and the hard stop, milliseconds.
    pub grace_ms: u64,
    /// Exit codes that mean success (0 by default).
    pub exit_codes: Vec<i32>,
    /// Where live memory is compared.
    pub checkpoint: CheckpointSpec,
    /// Load from outside, for a program that serves until it is stopped.
    pub driver: Option<Driver>,
    /// Which tests or benchmarks run, and how.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test: Option<TestSpec>,
    /// What runs the program.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exec: Vec<String>,
}

/// What a workload's number of operations is written as.
pub const OPERATIONS: &str = "{ops}";

impl Workload {
    /// A word of the program's or the driver's, with the number of operations put in.
    #[must_use]
    pub fn filled(&self, word: &str) -> String {
        match self.operations {
            Some(operations) => word.replace(OPERATIONS, &operations.to_string()),
            None => word.to_owned(),
        }
    }
}

impl Scenario {
    /// How large a run is, if the scenario tells: operations, or rounds of the driver.
    #[must_use]
    pub fn size(&self) -> Option<(&'static str, u64)> {
        let rounds = || self.workload.driver.as_ref().map(|driver| ("rounds", u64::from(driver.rounds)));
        self.workload.operations.map(|operations| ("operations", operations)).or_else(rounds)
    }

    /// The same with another size, and checkpoints closer together in proportion: as many as before.
    #[must_use]
    pub fn with_size(&self, size: u64) -> Self {
        let mut scenario = self.clone();
        let Some((_, before)) = self.size() else { return scenario };
        if scenario.workload.operations.is_none() {
            if let Some(driver) = &mut scenario.workload.driver {
                driver.rounds = u32::try_from(size).unwrap_or(u32::MAX);
            }
            return scenario;
        }
        scenario.workload.operations = Some(size);
        let scaled = |every: u64| {
            let exact = u128::from(every) * u128::from(size) / u128::from(before.max(1));
            u64::try_from(exact).unwrap_or(u64::MAX).max(1)
        };
        match &mut scenario.workload.checkpoint {
            CheckpointSpec::Call { every, .. } => *every = scaled(*every),
            CheckpointSpec::Interval { every_ms } => *every_ms = scaled(*every_ms),
            CheckpointSpec::Signal
            | CheckpointSpec::Round
            | CheckpointSpec::Gc
            | CheckpointSpec::Exit
            | CheckpointSpec::Test => {}
        }
        scenario
    }
}

/// Where live memory is compared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "on", rename_all = "lowercase")]
pub enum CheckpointSpec {
    /// Every `every`-th entry of function `func`.
    Call {
        /// As the Go runtime spells it: `main.handle`, `main.(*Server).handle`.
        func: String,
        /// Entries between checkpoints, at least 1.
        every: u64,
    },
    /// On SIGUSR2 from whoever drives the program.
    Signal,
    /// Every `every_ms` milliseconds.
    Interval {
        /// Period in milliseconds.
        every_ms: u64,
    },
    /// After each round of the driver; needs `[workload.driver]`.
    Round,
    /// After each GC cycle of the program's own (natural mode only).
    Gc,
    /// Once, at the end.
    Exit,
    /// After each iteration of a test.
    Test,
}

/// A command that loads a serving program from outside.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Driver {
    /// Program and arguments of one round. `{round}` is replaced by the round's number, from 1.
    pub command: Vec<String>,
    /// Environment added for it.
    pub env: BTreeMap<String, String>,
    /// Working directory.
    pub dir: Utf8PathBuf,
    /// Number of rounds.
    pub rounds: u32,
    /// When the program can take load.
    pub ready: Ready,
    /// Rest between the end of a round and its checkpoint, milliseconds.
    pub settle_ms: u64,
}

/// When a serving program is ready.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Ready {
    /// A TCP address on this machine accepts connections (`127.0.0.1:4222`).
    Tcp(String),
    /// Standard output or standard error contains this text.
    Output(String),
    /// After so many milliseconds.
    AfterMs(u64),
}

/// One build of the program.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Variant {
    /// Unique name within the scenario; also a directory name.
    pub name: String,
    /// Inputs of `go build`.
    pub build: BuildSpec,
    /// The one of several packages whose tests or benchmarks it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub package: Option<String>,
}

/// Every input of `go build` that a variant can set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuildSpec {
    /// Words of `-ldflags`.
    pub ldflags: Vec<String>,
    /// Words of `-gcflags`.
    pub gcflags: Vec<String>,
    /// Package pattern that `gcflags` apply to: `MODULE/...` (filled in by `toolchain` when `None`), `all`, …
    pub gcflags_for: Option<String>,
    /// Words of `-asmflags`.
    pub asmflags: Vec<String>,
    /// Build tags.
    pub tags: Vec<String>,
    /// `-trimpath`.
    pub trimpath: bool,
    /// `-mod`: `vendor`, `mod`, `readonly`.
    pub mod_mode: Option<String>,
    /// `CGO_ENABLED`.
    pub cgo: Option<bool>,
    /// `-race`.
    pub race: bool,
    /// `-pgo`: `auto`, `off` or a profile's path.
    pub pgo: Option<String>,
    /// `GOOS`.
    pub goos: Option<String>,
    /// `GOARCH`.
    pub goarch: Option<String>,
    /// `go1.27.4`: that toolchain, through GOTOOLCHAIN.
    pub toolchain: Option<String>,
    /// `GOEXPERIMENT`.
    pub experiment: Vec<String>,
    /// `-buildvcs`: `true`, `false`, `auto`.
    pub buildvcs: Option<String>,
    /// Make a run of a build with `-cover`, for what runs of the code; the other builds are without.
    pub cover: bool,
    /// Static link: CGO off, or `-extldflags -static` with CGO on.
    pub static_link: bool,
    /// Debug information in the user's binary.
    pub debug: DebugInfo,
    /// Environment of the build (`GOAMD64`, `CC`, `GOFLAGS`, …).
    pub env: BTreeMap<String, String>,
}

/// Debug information of a variant's binary.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DebugInfo {
    /// As the linker writes it.
    #[default]
    Full,
    /// Kept in a file of its own (`objcopy --only-keep-debug`).
    Split,
    /// `-s -w`.
    Stripped,
}

/// Which runs have every allocation and free in their trace.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AllocFree {
    /// None.
    Off,
    /// The one whose heap is dumped: the dump's objects get types and ages from it.
    #[default]
    Dumped,
    /// All.
    On,
}

/// How runs are observed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaptureSpec {
    /// Modes, in order, without repeats.
    pub modes: Vec<Mode>,
    /// Runs of each mode (a plain run is made once).
    pub repeat: u32,
    /// Execution trace.
    pub trace: bool,
    /// `traceallocfree=1`: an event per allocation and free in the trace.
    #[serde(default)]
    pub alloc_free: AllocFree,
    /// Which heap dumps to write.
    pub heap_dump: HeapDump,
    /// Take the goroutineleak profile where the Go release has it.
    pub goroutine_leak: bool,
    /// Ask the compiler why values of the main module are on the heap.
    #[serde(default)]
    pub escapes: bool,
    /// Make a run of a build with `-asan`, for leaks of C.
    #[serde(default, skip_serializing_if = "is_false")]
    pub asan: bool,
    /// Sampling rate of natural mode's memory profile, bytes (step mode is always 1).
    pub memprofile_rate: u64,
    /// Objects that the probe leaks before each checkpoint, for a self-test.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub plant: u64,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_false(flag: &bool) -> bool {
    !flag
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// Which heap dumps to write.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum HeapDump {
    /// None.
    Off,
    /// At one of the last checkpoints.
    Last,
    /// At the second checkpoint, after warm-up, and at one of the last: the difference is who grows.
    #[default]
    FirstLast,
}

/// The contract: what must be found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Expect {
    /// Leaks that must reproduce in every variant. Empty: none may be found, accepted or not.
    pub leaks: Vec<ExpectedLeak>,
}

/// The same program without the leak.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Twin {
    /// Another package of the module.
    Package(String),
    /// The same package with these build tags.
    Tags(Vec<String>),
    /// The module at another git revision.
    Revision(String),
    /// A variant of the scenario.
    Variant(String),
    /// Another scenario's file.
    Scenario(Utf8PathBuf),
}

/// One expected leak.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpectedLeak {
    /// Its class.
    pub kind: LeakKind,
    /// Function (`main.handle`), or file and line (`cache.go:35`), of the finding's site. A memory limit has none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub site: String,
    /// Who must hold it: a global (`main.cache`, `cache.entries`), the function of a goroutine
    /// (`main.main`), `timers`, `finalizers`. A leak that something else holds is not the expected one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_by: Option<String>,
    /// The test, fuzz test, example or benchmark that leaks; any by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test: Option<String>,
    /// Variants in which it must reproduce, and in no other; all of them by default.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variants: Vec<String>,
}

/// Leaks that are reported and do not judge.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exemptions {
    /// Import paths of libraries (`github.com/x/*`).
    pub third_party: Vec<String>,
    /// What is suppressed, each with a reason.
    pub suppress: Vec<Suppression>,
}

/// A leak that shall not judge. All that is given has to be so; `*` stands for any text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Suppression {
    /// Its class; any by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<LeakKind>,
    /// A function that allocates the memory or that the goroutine runs (`main.warm*`, `cache.(*Cache).Put`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function: Option<String>,
    /// A function on the stack that created the goroutine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub creator: Option<String>,
    /// File of the finding, from the module's root (`internal/legacy/*`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Why, for whoever reads the report.
    pub reason: String,
}

/// Limits of what counts as growth and as worse.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Thresholds {
    /// Growth below this many bytes per operation is noise (0.3 was measured on healthy programs).
    pub bytes_per_op: f64,
    /// Relative rise of a known leak or a noisy metric that counts as worse.
    pub relative: f64,
    /// Absolute rise of a noisy metric in bytes that must also be passed.
    pub absolute_bytes: u64,
    /// The confidence that a verdict has to have: what is less sure is inconclusive (exit code 6), a leak as well as
    /// its absence. `low` asks for nothing.
    pub confidence: Confidence,
    /// Thresholds of single metrics (`natural.peak_heap`), which then judge whatever their unit.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub metrics: BTreeMap<String, MetricThreshold>,
}

/// Which changes of a metric are worse. Where a relative and an absolute part are given, both have to be passed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MetricThreshold {
    /// A rise by more than this share of what was accepted is worse (0.1: ten percent).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rise: Option<f64>,
    /// A rise by more than this, in the metric's unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rise_absolute: Option<u64>,
    /// A fall by more than this share is worse, too; without it a fall is an improvement.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fall: Option<f64>,
    /// A fall by more than this, in the metric's unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fall_absolute: Option<u64>,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            bytes_per_op: 1.0,
            relative: 0.25,
            absolute_bytes: 1 << 20,
            confidence: Confidence::Low,
            metrics: BTreeMap::new(),
        }
    }
}
