//! `manifest.json`: what a capture directory holds and how it came about.

use std::collections::BTreeMap;

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};

use super::inputs::Inputs;
use crate::model::{Bytes, Escape, Nanoseconds, RunId, WallTime};
use crate::scenario::Scenario;
use crate::toolchain::{BuildFacts, BuildFailure, SectionFacts};

/// Version of the manifest and of the directory's layout. A reader refuses a newer one.
pub const MANIFEST_FORMAT: u32 = 1;

/// The manifest.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Manifest {
    /// [`MANIFEST_FORMAT`].
    pub format: u32,
    /// Version of the harness that wrote it.
    pub harness: String,
    /// When the capture began.
    pub created: WallTime,
    /// How far it got.
    pub status: CaptureStatus,
    /// What was asked for, resolved.
    pub scenario: Scenario,
    /// Where it ran.
    pub machine: Machine,
    /// Everything that went in; captures of older harnesses do not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inputs: Option<Inputs>,
    /// The capture that this one repeats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replay: Option<Replay>,
    /// Builds, in variant order.
    pub builds: Vec<BuildRecord>,
    /// What the scenario asks of its builds and what came of that, `lab.json`: the document that `harness build` prints.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lab: Option<FileRecord>,
    /// Runs, in the order they were made.
    pub runs: Vec<RunRecord>,
    /// Parallel tests by variant, where some are judged as a group.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parallel: BTreeMap<String, Vec<String>>,
    /// Tests by variant that ended a survey, one each, in that order.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub left_out: BTreeMap<String, Vec<String>>,
    /// The repeat under the debugger, if one was wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub debug: Option<DebugRun>,
}

/// A repeat under the debugger. It is none of [`Manifest::runs`]: nothing is measured in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "debug", rename_all = "kebab-case")]
pub enum DebugRun {
    /// There was none.
    NotMade {
        /// Why, and what helps.
        why: String,
    },
    /// It was made; what it showed is a file in the variant's directory.
    Made {
        /// The variant.
        variant: String,
        /// The file.
        file: FileRecord,
    },
}

/// A capture that repeats another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replay {
    /// Where that one lay.
    pub of: Utf8PathBuf,
    /// Digest of what went into it, if it tells.
    pub digest: Option<String>,
    /// Differences that make it another program or load, which the user did not mind, in words.
    pub changed: Vec<String>,
    /// Other differences: the harness, the environment, the machine.
    pub conditions: Vec<String>,
}

/// How far a capture got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CaptureStatus {
    /// Still going on, or the harness was killed.
    Running,
    /// All builds and runs were made (whatever came of them).
    Complete,
    /// Ctrl-C or a termination signal.
    Interrupted,
}

/// The machine.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// `linux`.
    pub os: String,
    /// `x86_64`.
    pub arch: String,
    /// Kernel release.
    pub kernel: String,
    /// What its processors call themselves, if they tell.
    #[serde(default)]
    pub cpu: Option<String>,
    /// Usable processors.
    pub cpus: u32,
    /// Physical memory.
    pub memory: Bytes,
}

/// One variant's build.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct BuildRecord {
    /// The variant.
    pub variant: String,
    /// What came of it.
    pub outcome: BuildOutcome,
    /// Symbols and debug information of the probed binary, a gzipped ELF file in the variant's directory.
    #[serde(default)]
    pub symbols: Option<FileRecord>,
    /// Where the sections of the probed binary lie, if `symbols` are of another binary.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sections: Vec<SectionFacts>,
    /// What the compiler says of values of the main module that it puts on the heap.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub escapes: Vec<Escape>,
    /// What became of the run under AddressSanitizer, if one was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asan: Option<AsanRecord>,
    /// What became of the run whose code was counted, if one was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cover: Option<CoverRecord>,
}

/// The run of a build with `-cover`. It is none of [`Manifest::runs`]: nothing is measured in it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "cover", rename_all = "kebab-case")]
pub enum CoverRecord {
    /// There was none.
    NotRun {
        /// Why, and what helps.
        why: String,
    },
    /// It was made; `covmeta.*` and `covcounters.*` are Go's, `cover.out` is for `go tool cover`. Its id is that of a natural run.
    Ran(Box<RunRecord>),
}

/// The run of a build with `-asan`. It is none of [`Manifest::runs`]: nothing is measured in it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "asan", rename_all = "kebab-case")]
pub enum AsanRecord {
    /// There was none.
    NotRun {
        /// Why, and what helps.
        why: String,
    },
    /// It was made; LeakSanitizer's report is in its `stderr.txt`. Its id is that of a plain run.
    Ran(Box<RunRecord>),
}

/// What came of a build.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum BuildOutcome {
    /// Built.
    Built(Box<BuildFacts>),
    /// Not built.
    Failed(BuildFailure),
}

/// One run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RunRecord {
    /// Which.
    pub id: RunId,
    /// Its directory, relative to the manifest.
    pub dir: Utf8PathBuf,
    /// Program and arguments.
    pub argv: Vec<String>,
    /// Environment added to the harness's own (GODEBUG, GOGC, … and the scenario's).
    pub env: BTreeMap<String, String>,
    /// When it began.
    pub started: WallTime,
    /// Wall-clock time.
    pub wall: Nanoseconds,
    /// CPU time in user and kernel mode.
    pub user: Nanoseconds,
    /// See `user`.
    pub system: Nanoseconds,
    /// Peak resident set size.
    pub peak_rss: Bytes,
    /// How it ended.
    pub end: End,
    /// The end counts as the success of the workload.
    pub ok: bool,
    /// What the user should know of it, in words: settings that gave way, a program that ended too early.
    #[serde(default)]
    pub notes: Vec<String>,
    /// Files it left, by name.
    pub files: Vec<FileRecord>,
}

impl RunRecord {
    /// Of a run of which nothing was measured.
    #[must_use]
    pub fn unmeasured(id: RunId, dir: Utf8PathBuf, (end, ok): (End, bool)) -> Self {
        Self {
            id,
            dir,
            argv: Vec::new(),
            env: BTreeMap::new(),
            started: WallTime(0),
            wall: Nanoseconds(0),
            user: Nanoseconds(0),
            system: Nanoseconds(0),
            peak_rss: Bytes(0),
            end,
            ok,
            notes: Vec::new(),
            files: Vec::new(),
        }
    }
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "how", rename_all = "kebab-case")]
pub enum End {
    /// Exit code.
    Exited {
        /// The code.
        code: i32,
    },
    /// Killed by a signal that the harness did not send.
    Signalled {
        /// The signal's number.
        signal: i32,
    },
    /// Stopped by the harness as planned, after the last round.
    Stopped,
    /// Ran into its deadline; `gentle` when it ended within the grace period.
    TimedOut {
        /// Ended on the gentle stop.
        gentle: bool,
    },
    /// The user interrupted the harness.
    Interrupted,
    /// The driver failed; its exit code and the tail of its output.
    DriverFailed {
        /// What it said.
        detail: String,
    },
    /// Could not be started at all.
    NotStarted {
        /// Why.
        detail: String,
    },
}

/// A file of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRecord {
    /// Name within the run's directory: `gctrace.txt`, `trace.out`, `probe.rec`, `stdout.txt`,
    /// `stderr.txt`, `heap-9.dump`; within the capture `lab.json`.
    pub name: String,
    /// Size.
    pub size: Bytes,
    /// BLAKE3, hex.
    pub hash: String,
}
