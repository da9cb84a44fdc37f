//! Starting a tool: what is started is said first, and the tool's output goes straight through.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// Root of the work tree.
pub(crate) fn root() -> &'static Path {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest)
}

/// A message to whoever runs the chore.
#[expect(clippy::print_stderr, reason = "the one place of xtask that prints")]
pub(crate) fn say(message: &str) {
    eprintln!("{message}");
}

/// What a test run does about goldens that differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Goldens {
    /// Fail.
    Compare,
    /// Take what the code now does for right.
    Accept,
}

/// A tool about to be started.
#[derive(Debug, Clone)]
pub(crate) struct Command {
    program: OsString, // a `PathBuf` without a slash would mean `./NAME` to duct
    arguments: Vec<OsString>,
    environment: Vec<(&'static str, OsString)>,
    removed: Vec<&'static str>,
    directory: PathBuf,
}

impl Command {
    pub(crate) fn new(program: impl Into<OsString>) -> Self {
        Self {
            program: program.into(),
            arguments: Vec::new(),
            environment: Vec::new(),
            removed: Vec::new(),
            directory: root().to_owned(),
        }
    }

    pub(crate) fn args<I: IntoIterator<Item: Into<OsString>>>(mut self, arguments: I) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    pub(crate) fn arg(self, argument: impl Into<OsString>) -> Self {
        self.args([argument])
    }

    pub(crate) fn env(mut self, name: &'static str, value: impl Into<OsString>) -> Self {
        self.environment.push((name, value.into()));
        self
    }

    pub(crate) fn env_remove(mut self, name: &'static str) -> Self {
        self.removed.push(name);
        self
    }

    pub(crate) fn dir(mut self, directory: impl Into<PathBuf>) -> Self {
        self.directory = directory.into();
        self
    }

    /// Runs it with our own standard streams; fails unless it ends with code 0.
    pub(crate) fn run(&self) -> Result<()> {
        say(&format!("$ {}", self.line()));
        let status = self
            .expression()
            .unchecked()
            .run()
            .with_context(|| format!("cannot start `{}`", self.program.display()))?
            .status;
        if !status.success() {
            bail!("`{}` failed ({status})", self.line());
        }
        Ok(())
    }

    /// Runs it and returns what it wrote to standard output, trimmed.
    pub(crate) fn read(&self) -> Result<String> {
        self.expression().read().with_context(|| format!("`{}`", self.line()))
    }

    /// Runs it and returns what it wrote to standard output, whatever code it ended with. What it says on standard
    /// error is not shown.
    pub(crate) fn read_any(&self) -> Result<String> {
        self.expression().unchecked().stderr_null().read().with_context(|| format!("`{}`", self.line()))
    }

    /// As [`Command::read`], without any terminal: neither does it ask one for its width, nor is the end of what it wrote cut.
    pub(crate) fn read_alone(&self) -> Result<String> {
        let read = self.expression().stdin_null().stderr_null().stdout_capture().run();
        let done = read.with_context(|| format!("`{}`", self.line()))?;
        String::from_utf8(done.stdout).with_context(|| format!("`{}`", self.line()))
    }

    /// It can be started and ends with code 0. What it prints does not matter.
    pub(crate) fn succeeds(&self) -> bool {
        self.expression().stdout_null().stderr_null().run().is_ok()
    }

    fn expression(&self) -> duct::Expression {
        let mut expression = duct::cmd(&self.program, &self.arguments).dir(&self.directory);
        for (name, value) in &self.environment {
            expression = expression.env(name, value);
        }
        for name in &self.removed {
            expression = expression.env_remove(name);
        }
        expression
    }

    /// As one would type it, relative to the root.
    fn line(&self) -> String {
        let directory = match self.directory.strip_prefix(root()) {
            Ok(inside) if !inside.as_os_str().is_empty() => format!("cd {} && ", inside.display()),
            _ => String::new(),
        };
        let environment = self.environment.iter().map(|(name, value)| format!("{name}={}", value.display()));
        let program = Path::new(&self.program).file_name().unwrap_or(&self.program);
        let words: Vec<String> =
            environment.chain([program.display().to_string()]).chain(shortened(&self.arguments)).collect();
        directory + &words.join(" ")
    }
}

/// Arguments for display; a list of many files is cut.
fn shortened(arguments: &[OsString]) -> Vec<String> {
    const MOST: usize = 12;
    let mut words: Vec<String> = arguments.iter().take(MOST).map(|word| word.display().to_string()).collect();
    if arguments.len() > MOST {
        words.push(format!("… ({} more)", arguments.len() - MOST));
    }
    words
}

/// Cargo, the one that runs us.
pub(crate) fn cargo<const N: usize>(arguments: [&str; N]) -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    Command::new(program).args(arguments)
}

/// `cargo test --workspace`: the one way in which `test`, `ci` and `bless` run the tests.
pub(crate) fn cargo_test(goldens: Goldens) -> Command {
    let command = cargo(["test", "--workspace"]);
    match goldens {
        Goldens::Compare => command.env("INSTA_UPDATE", "no").env_remove("SNAPSHOTS"),
        Goldens::Accept => command.env("INSTA_UPDATE", "always").env("SNAPSHOTS", "overwrite"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_tool_is_an_error_that_names_it() {
        let error = Command::new("sh").args(["-c", "exit 3"]).run().unwrap_err().to_string();
        assert!(error.contains("`sh -c exit 3` failed"), "{error}");
    }

    #[test]
    fn a_missing_tool_is_an_error_that_names_it() {
        let error = Command::new("no-such-tool-anywhere").run().unwrap_err().to_string();
        assert!(error.contains("cannot start `no-such-tool-anywhere`"), "{error}");
    }

    #[test]
    fn only_bless_lets_goldens_be_rewritten() {
        assert!(cargo_test(Goldens::Compare).line().contains("INSTA_UPDATE=no"));
        assert!(!cargo_test(Goldens::Compare).line().contains("overwrite"));
        assert!(cargo_test(Goldens::Accept).line().contains("SNAPSHOTS=overwrite"));
    }

    #[test]
    fn long_argument_lists_are_cut_for_display_only() {
        let words = shortened(&vec![OsString::from("x"); 40]);
        assert_eq!(words.len(), 13);
        assert_eq!(words[12], "… (28 more)");
    }
}
