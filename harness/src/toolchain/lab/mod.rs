//! What the build lab asks the tools: one file a topic.
//!
//! Input: a [`Subject`], a variant that was built (or was not). Output: records as the tools gave them, bytes or files below
//! [`Subject::out`]; what they mean is for `format` and `lab`. A tool that is missing is said in the record, never an error.
//! Must not change the user's files.

mod assembly;
mod code;
pub mod debug;
pub mod linkage;
pub mod modules;
pub mod reproducible;
mod size;
pub mod tags;
pub mod time;

use camino::Utf8PathBuf;

use super::build::{BuildDirs, Toolchain, check_main};
use super::built::Built;
use super::environment::Environment;
use super::error::BuildError;
use super::flags;
use super::go::{Go, MAX_ANSWER, finish, finish_within};
use super::package;
use super::process::{Command, Finished, Interrupt};
use crate::scenario::{Scenario, Variant};

pub use assembly::{Disassembly, disassembly};
pub use code::{CodeRecord, Said, code};
pub use size::{SizeRecord, size};

/// A variant that is asked about.
#[derive(Debug)]
pub struct Subject<'a> {
    /// The scenario.
    pub scenario: &'a Scenario,
    /// The variant.
    pub variant: &'a Variant,
    /// Its binaries; `None` if it does not build.
    pub built: Option<&'a Built>,
    /// The Go that builds it, with its environment.
    pub go: Go,
    /// Path of the main module; empty outside of one.
    pub module: String,
    /// Import path of the program.
    pub import_path: String,
    /// Directory for records, of this variant alone: `.harness/build/SCENARIO/VARIANT/lab`.
    pub out: Utf8PathBuf,
    /// Where the user works.
    pub environment: &'a Environment,
    /// Asks to stop.
    pub interrupt: &'a Interrupt,
}

impl Toolchain {
    /// A variant to ask about.
    ///
    /// # Errors
    /// When its Go cannot be had, or there is no such program.
    pub fn subject<'a>(
        &'a self,
        (scenario, variant): (&'a Scenario, &'a Variant),
        built: Option<&'a Built>,
        dirs: &BuildDirs,
        interrupt: &'a Interrupt,
    ) -> Result<Subject<'a>, BuildError> {
        let go = self.go_of(scenario, variant, dirs, interrupt)?;
        let (workload, spec) = (&scenario.workload, &variant.build);
        let main = match package::list(&go, workload, spec, &workload.package, interrupt) {
            // What is wrong may be what the lab is asked about.
            Err(BuildError::Failed(failure)) => package::list_alone(&go, workload, spec, interrupt)
                .map_err(|_| BuildError::Failed(failure))?,
            listed => listed?,
        };
        check_main(&go, &main, &scenario.workload)?;
        Ok(Subject {
            scenario,
            variant,
            built,
            module: main.module_path().to_owned(),
            import_path: main.import_path,
            out: dirs.out.join(&variant.name).join("lab"),
            go,
            environment: self.environment(),
            interrupt,
        })
    }
}

/// The bytes of a variant's own binary.
///
/// # Errors
/// When it does not build, or cannot be read.
pub fn binary(subject: &Subject<'_>) -> Result<Vec<u8>, BuildError> {
    let built = subject.built()?;
    std::fs::read(&built.plain).map_err(BuildError::file("read", &built.plain))
}

impl<'a> Subject<'a> {
    /// Its binaries.
    ///
    /// # Errors
    /// When it does not build.
    pub(super) fn built(&self) -> Result<&'a Built, BuildError> {
        self.built.ok_or_else(|| BuildError::Unsupported {
            what: "a variant that builds (its failure is told above)".to_owned(),
            hint: None,
        })
    }

    /// Words of `go build` for it, between `build` and the package, without `-o`.
    fn words(&self) -> Result<Vec<String>, BuildError> {
        flags::words(&self.variant.build, &self.module)
    }

    /// A command of its Go in the module's directory.
    fn go(&self, args: Vec<String>) -> Command {
        self.go.command(args, &self.scenario.workload.module)
    }

    /// A tool of this machine, such as `objcopy`; `None` if it is not here.
    fn tool(&self, name: &str, args: Vec<String>) -> Option<Command> {
        let program = self.environment.which(name)?.into_string();
        Some(Command { program, args, dir: self.out.clone(), env: self.environment.vars.clone() })
    }

    /// Runs a command to its end, whatever its exit code, within so many seconds.
    fn finish(&self, command: &Command, seconds: u64) -> Result<Finished, BuildError> {
        finish(command, seconds, self.interrupt)
    }

    /// As [`Subject::finish`], for a command whose output is an answer of some length: none of it is left out, short of
    /// what no such answer is as large as.
    fn finish_long(&self, command: &Command, seconds: u64) -> Result<Finished, BuildError> {
        finish_within(command, seconds, MAX_ANSWER, self.interrupt)
    }
}
