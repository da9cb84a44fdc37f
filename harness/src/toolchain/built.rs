//! What a build came to: data that goes into the manifest and the report.

use std::collections::BTreeMap;

use camino::Utf8PathBuf;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::emulator::Runner;
use super::inputs::Part;
use crate::model::{Bytes, Escape, ModuleTable};

/// A variant's two binaries.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Built {
    /// The user's own build: sizes are read off it, plain runs run it.
    pub plain: Utf8PathBuf,
    /// The same with the probe (and the checkpoint hook) in an overlay.
    pub probed: Utf8PathBuf,
    /// Symbols and debug information of the probed binary, packed; `None` if there are none.
    pub symbols: Option<Utf8PathBuf>,
    /// Where the sections of the probed binary lie, if the symbols are of a twin in which they may lie elsewhere.
    pub sections: Vec<SectionFacts>,
    /// What the compiler says of values of the main module that it puts on the heap.
    pub escapes: Vec<Escape>,
    /// The program built with `-asan`, or why it is not; `None` if nobody asked.
    pub asan: Option<Result<Utf8PathBuf, String>>,
    /// The program built with `-cover` and the probe, or why it is not; `None` if nobody asked.
    #[serde(default)]
    pub covered: Option<Result<Utf8PathBuf, String>>,
    /// What it is made of, the probe aside.
    pub inputs: Vec<Part>,
    /// What is known of it.
    pub facts: BuildFacts,
    /// Directory of its package.
    #[serde(default)]
    pub dir: Utf8PathBuf,
    /// It was made before, and nothing that goes into it has changed.
    #[serde(skip)]
    pub reused: bool,
}

/// Facts of a build, as recorded.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BuildFacts {
    /// The Go that built it.
    pub go: GoInfo,
    /// The user's `go build` command, word by word.
    pub command: Vec<String>,
    /// Environment set for it.
    pub env: BTreeMap<String, String>,
    /// The user's binary.
    pub plain: BinaryFacts,
    /// The probed binary.
    pub probed: BinaryFacts,
    /// Import path of the package whose tests it runs, if it is a test binary.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub package: String,
    /// Modules, from the build info.
    pub modules: ModuleTable,
    /// Wall-clock time of the plain and of the probed build, milliseconds; small when up to date.
    pub build_ms: (u64, u64),
    /// What differs between the two builds, in words (overlay, GOEXPERIMENT, link flags dropped).
    pub differences: Vec<String>,
    /// What the user should know: settings in the environment that contradict the scenario, ….
    pub notes: Vec<String>,
    /// The heap dumper could be patched for this Go.
    pub heap_dump: bool,
    /// Why the globals of a heap dump have no names, if so.
    #[serde(default)]
    pub no_symbols: Option<String>,
    /// The goroutineleak profile is available in the probed build.
    pub goroutine_leak: bool,
    /// How its programs run on the machine that built them.
    #[serde(default, skip_serializing_if = "Runner::is_native")]
    pub runner: Runner,
}

impl BuildFacts {
    /// `linux/arm64`.
    #[must_use]
    pub fn target(&self) -> String {
        format!("{}/{}", self.go.goos, self.go.goarch)
    }

    /// Why its programs cannot be run here, in words; `None` if they can.
    #[must_use]
    pub fn refusal(&self) -> Option<String> {
        self.runner.refusal(&self.target())
    }
}

/// A Go toolchain.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GoInfo {
    /// `go1.26.8`.
    pub version: String,
    /// Its GOROOT.
    pub goroot: String,
    /// Target as built.
    pub goos: String,
    /// Target as built.
    pub goarch: String,
    /// Settings of `go env` that change a build and are not the default (GOFLAGS, CC, …).
    pub settings: BTreeMap<String, String>,
}

/// What was read back from a binary.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BinaryFacts {
    /// File size.
    pub size: Bytes,
    /// BLAKE3 of the file, hex.
    pub hash: String,
    /// `build` lines of `go version -m` (`-trimpath` = `true`, `vcs.revision`, …).
    pub settings: BTreeMap<String, String>,
    /// Has DWARF.
    pub dwarf: bool,
    /// Has a symbol table.
    pub symbols: bool,
    /// Needs no dynamic loader.
    pub static_link: bool,
    /// Position independent.
    pub pie: bool,
}

/// A section that is loaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SectionFacts {
    /// `.data`
    pub name: String,
    /// Where the file wants it.
    pub address: u64,
    /// In bytes.
    pub size: u64,
}

/// A build that failed, as the Go user knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BuildFailure {
    /// The command, word by word.
    pub command: Vec<String>,
    /// What the compiler or linker printed.
    pub output: String,
    /// What to do next.
    pub hint: Option<String>,
}
