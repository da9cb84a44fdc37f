//! What a module has to observe, and what a scenario for one of its programs could say: asked of `go/instrument`, which reads the
//! sources without types.
//!
//! Input: a directory, a package. Output: packages, and guesses with their reasons. Changes nothing.

use camino::{Utf8Path, Utf8PathBuf};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::build::Toolchain;
use super::error::BuildError;
use super::helper::Helper;
use super::process::Interrupt;
use super::select::{Choice, select};

/// A module's packages that are programs or have tests.
#[derive(Debug, Deserialize)]
pub struct Survey {
    /// Directory of the module.
    pub module: Utf8PathBuf,
    /// Its path; empty when it has no package of either kind.
    pub path: String,
    /// The packages; all that were asked for, if they were named.
    pub packages: Vec<Surveyed>,
}

/// A package.
#[derive(Debug, Clone, Deserialize)]
pub struct Surveyed {
    /// Import path.
    pub import_path: String,
    /// As `go build` takes it in the module's directory: `./cmd/server`.
    pub word: String,
    /// It is a `package main`.
    pub program: bool,
    /// Files with tests.
    pub test_files: u64,
}

/// Guesses about a program.
#[derive(Debug, Default, Deserialize)]
pub struct Proposal {
    /// Functions that seem to run once per operation, the best first.
    pub candidates: Vec<Candidate>,
    /// Where it takes load from outside.
    #[serde(default)]
    pub listens: Option<Listening>,
    /// The flag that says how many operations it makes.
    #[serde(default)]
    pub size: Option<SizeFlag>,
}

/// A function that may stand for an operation.
#[derive(Debug, Deserialize)]
pub struct Candidate {
    /// Its name, as the Go runtime spells it.
    pub func: String,
    /// Its file and line.
    pub place: String,
    /// What speaks for it.
    pub why: Vec<String>,
    /// Calls in a run, 0 if the sources do not say it.
    pub turns: u64,
    /// Calls are as many as the size flag says.
    pub flagged: bool,
}

/// Where a program takes load from outside.
#[derive(Debug, Deserialize)]
pub struct Listening {
    /// What it speaks there.
    pub kind: Protocol,
    /// An address that can be dialled; empty if the sources do not say it.
    pub address: String,
    /// File and line of the call that listens.
    pub place: String,
    /// Over TLS.
    pub tls: bool,
    /// A registered pattern of an HTTP server; empty if none is seen.
    pub route: String,
    /// The environment's variable that the port comes from, if nothing else says it.
    #[serde(default)]
    pub env: String,
}

/// What a server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// HTTP.
    Http,
    /// gRPC.
    Grpc,
    /// Something over TCP.
    Tcp,
}

/// A flag of the program.
#[derive(Debug, Deserialize)]
pub struct SizeFlag {
    /// Its name, without `-`.
    pub name: String,
    /// Its value when it is not given, 0 if that is not a literal.
    #[serde(rename = "default")]
    pub fallback: u64,
}

/// The packages that `pattern` stands for in `dir`; all of the module around it without one.
///
/// # Errors
/// When there is no module, or what the go command said.
pub fn survey(
    toolchain: &Toolchain,
    dir: &Utf8Path,
    pattern: Option<&str>,
    interrupt: &Interrupt,
) -> Result<Survey, BuildError> {
    asked(toolchain, "survey", (dir, pattern.unwrap_or_default()), interrupt)
}

/// What a scenario for the program `package` of the module in `dir` could say.
///
/// # Errors
/// What the go command or the parser said.
pub fn propose(
    toolchain: &Toolchain,
    dir: &Utf8Path,
    package: &str,
    interrupt: &Interrupt,
) -> Result<Proposal, BuildError> {
    asked(toolchain, "propose", (dir, package), interrupt)
}

fn asked<T: DeserializeOwned>(
    toolchain: &Toolchain,
    question: &str,
    (dir, package): (&Utf8Path, &str),
    interrupt: &Interrupt,
) -> Result<T, BuildError> {
    let environment = toolchain.environment();
    let cache = environment.cache_dir();
    let choice =
        Choice { found: toolchain.go(), toolchain: None, env: &environment.vars, module: dir, cache: &cache };
    let go = select(&choice, interrupt)?;
    let helper = Helper::build(&go, &cache, interrupt)?;
    let options = [("go", go.bin.as_str()), ("dir", dir.as_str()), ("package", package)];
    let mut args = vec![question.to_owned()];
    args.extend(options.map(|(name, value)| format!("-{name}={value}")));
    helper.ask(&go, args, dir, interrupt)
}
