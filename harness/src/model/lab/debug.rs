//! What still works with more or less debug information in a program, each tried.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Answer;
use crate::model::Bytes;

/// The answer on debug information; there are no differences but between kinds of one variant.
pub type DebugAnswer = Answer<DebugFacts, ()>;

/// What was tried of a variant.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DebugFacts {
    /// The program as it was built, and what was made of it.
    pub kinds: Vec<KindFacts>,
}

/// The program with some of its debug information.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KindFacts {
    /// `full`, `-s -w`, `strip`, ….
    pub kind: String,
    /// The program.
    pub size: Bytes,
    /// Debug information in a file of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub apart: Option<Bytes>,
    /// GNU build id, by which debuggers find that file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub build_id: Option<String>,
    /// What was tried with it.
    pub tried: Vec<Tried>,
}

/// One thing that was tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Tried {
    /// What.
    pub capability: Capability,
    /// Whether it works.
    pub result: TriedResult,
    /// What was seen, or what it needs.
    pub seen: String,
}

/// Whether something works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TriedResult {
    /// It names the line.
    Works,
    /// It does not.
    Fails,
    /// It could not be tried.
    NotRun,
}

/// What debug information is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Capability {
    /// Lines in the stack traces of the running program, which gets SIGQUIT.
    Traces,
    /// `go tool pprof -top` of a profile that has addresses alone.
    Profiles,
    /// Delve stops at `main.main` and tells the line.
    Breakpoint,
    /// Delve tells variables.
    Variables,
    /// `addr2line` of binutils.
    Addr2line,
    /// `go tool addr2line`.
    GoAddr2line,
    /// Names of functions for `nm`, `perf` and their like.
    Symbols,
}

/// Every capability with its words and the words for not having it.
pub const CAPABILITIES: [(Capability, &str, &str); 7] = [
    (Capability::Traces, "stack traces", "no lines"),
    (Capability::Profiles, "pprof", "no names"),
    (Capability::Breakpoint, "dlv break", "no stop"),
    (Capability::Variables, "dlv locals", "no variables"),
    (Capability::Addr2line, "addr2line", "no lines"),
    (Capability::GoAddr2line, "go addr2line", "no lines"),
    (Capability::Symbols, "nm, perf", "no names"),
];
