//! A directory laid out like the repository, in which the binary runs.

use std::fs::{self, File};
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use camino::{Utf8Path, Utf8PathBuf};

use crate::binary::repository;
use crate::{Ended, Process, harness_binary, processes};

/// Variable that marks every process of a bench.
const MARK: &str = "HARNESS_TEST_MARK";

/// Longest run of the binary before a test gives up: an empty Go cache and a busy machine.
const DEADLINE: Duration = Duration::from_secs(600);

/// The scenario of [`Bench::with_module`].
const MODULE_SCENARIO: &str = r#"
[workload]
module = "../NAME"
[workload.checkpoint]
on = "call"
func = "main.handle"
every = 100
[build]
cgo = false
[capture]
modes = ["step"]
repeat = 1
heap_dump = "off"
"#;

/// The program of [`Bench::with_hostile_name`]: a line directive names a file whatever it likes.
const HOSTILE: &str = "package main

var kept [][]byte

func main() {
	for range 1000 {
		handle()
	}
}

//line FILE:1
//go:noinline
func handle() { kept = append(kept, make([]byte, 256)) }
";

/// A bench to run the binary on. Its directory goes with it; so does whatever still runs there.
#[derive(Debug)]
pub struct Bench {
    directory: tempfile::TempDir,
    root: Utf8PathBuf,
    mark: String,
}

impl Bench {
    /// An empty bench.
    ///
    /// # Errors
    /// When there is no room for it.
    pub fn new() -> Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let directory = tempfile::Builder::new().prefix("harness-e2e-").tempdir()?;
        let root = directory.path().canonicalize()?;
        let root = Utf8PathBuf::try_from(root).context("the temporary directory's name is not UTF-8")?;
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        Ok(Self { directory, root, mark: format!("{}-{count}", std::process::id()) })
    }

    /// A bench with a scenario of the repository and the program it runs.
    ///
    /// # Errors
    /// When one of them is not there.
    pub fn with_scenario(name: &str, program: &str) -> Result<Self> {
        let bench = Self::new()?;
        bench.program(program)?;
        bench.scenario(name)?;
        Ok(bench)
    }

    /// A bench with a module `example.com/NAME` of one file, and `scenarios/NAME.toml` over it: a step run with a
    /// checkpoint every hundredth call of `main.handle`, and what `more` says.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn with_module(name: &str, main: &str, more: &str) -> Result<Self> {
        let bench = Self::new()?;
        bench.write(format!("{name}/go.mod"), &format!("module example.com/{name}\n\ngo 1.23\n"))?;
        bench.write(format!("{name}/main.go"), main)?;
        let scenario = MODULE_SCENARIO.replace("NAME", name);
        bench.write(format!("scenarios/{name}.toml"), &format!("{scenario}{more}"))?;
        Ok(bench)
    }

    /// [`Bench::with_module`] named `evil`, which leaks 256 bytes an operation in a file whose name means harm.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn with_hostile_name(file: &str, more: &str) -> Result<Self> {
        Self::with_module("evil", &HOSTILE.replace("FILE", file), more)
    }

    /// The directory, which stands for the root of a user's repository.
    #[must_use]
    pub fn root(&self) -> &Utf8Path {
        &self.root
    }

    /// Copies `fixtures/programs/NAME` here, to the same place.
    ///
    /// # Errors
    /// When there is no such program.
    pub fn program(&self, name: &str) -> Result<Utf8PathBuf> {
        self.copy(&Utf8Path::new("fixtures/programs").join(name))
    }

    /// Copies `scenarios/NAME.toml` here, to the same place, with the twin `NAME-fixed.toml` that it may name; not its
    /// baseline.
    ///
    /// # Errors
    /// When there is no such scenario.
    pub fn scenario(&self, name: &str) -> Result<Utf8PathBuf> {
        let file = |name: &str| Utf8Path::new("scenarios").join(format!("{name}.toml"));
        let twin = file(&format!("{name}-fixed"));
        if repository().join(&twin).exists() {
            self.copy(&twin)?;
        }
        self.copy(&file(name))
    }

    fn copy(&self, inside: &Utf8Path) -> Result<Utf8PathBuf> {
        let (from, to) = (repository().join(inside), self.root.join(inside));
        copy_tree(&from, &to).with_context(|| format!("cannot copy `{from}`"))?;
        Ok(to)
    }

    /// Writes a file; its directory is made.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, inside: impl AsRef<Utf8Path>, text: &str) -> Result<Utf8PathBuf> {
        let path = self.root.join(inside);
        fs::create_dir_all(path.parent().unwrap_or(&self.root))?;
        fs::write(&path, text)?;
        Ok(path)
    }

    /// Replaces `from`, which must be there, by `to`, everywhere in a file.
    ///
    /// # Errors
    /// When the file is not there or does not contain `from`: a test that edits nothing would
    /// prove nothing.
    pub fn edit(&self, inside: impl AsRef<Utf8Path>, from: &str, to: &str) -> Result<()> {
        let path = self.root.join(inside);
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read `{path}`"))?;
        if !text.contains(from) {
            bail!("`{path}` does not contain `{from}`");
        }
        Ok(fs::write(&path, text.replace(from, to))?)
    }

    /// Runs the binary in the bench's root until it ends.
    ///
    /// # Errors
    /// When it cannot be started, or has not ended after ten minutes.
    pub fn run<I: IntoIterator<Item: AsRef<str>>>(&self, arguments: I) -> Result<Ended> {
        self.run_with(arguments, &[])
    }

    /// Runs the binary with more environment.
    ///
    /// # Errors
    /// See [`Bench::run`].
    pub fn run_with<I: IntoIterator<Item: AsRef<str>>>(
        &self,
        arguments: I,
        environment: &[(&str, &str)],
    ) -> Result<Ended> {
        self.run_fed(arguments, environment, Stdio::null())
    }

    /// Runs the binary with a file as its standard input.
    ///
    /// # Errors
    /// See [`Bench::run`].
    pub fn run_reading<I: IntoIterator<Item: AsRef<str>>>(&self, arguments: I, input: File) -> Result<Ended> {
        self.run_fed(arguments, &[], Stdio::from(input))
    }

    fn run_fed<I: IntoIterator<Item: AsRef<str>>>(
        &self,
        arguments: I,
        environment: &[(&str, &str)],
        input: Stdio,
    ) -> Result<Ended> {
        let arguments: Vec<String> = arguments.into_iter().map(|word| word.as_ref().to_owned()).collect();
        // Files, not pipes: a process that outlives the run would hold a pipe open, and the test
        // would wait for what it is there to find.
        let streams = tempfile::tempdir()?;
        let (stdout, stderr) = (streams.path().join("stdout"), streams.path().join("stderr"));
        let mut command = Command::new(harness_binary()?);
        command
            .args(&arguments)
            .current_dir(&self.root)
            .env(MARK, &self.mark)
            .env("NO_COLOR", "1")
            .envs(environment.iter().copied())
            .process_group(0)
            .stdin(input)
            .stdout(File::create(&stdout)?)
            .stderr(File::create(&stderr)?);
        let start = Instant::now();
        let (status, seen) = self.watch(&mut command)?;
        Ok(Ended {
            command: format!("harness {}", arguments.join(" ")),
            code: status.code(),
            stdout: String::from_utf8_lossy(&fs::read(&stdout)?).into_owned(),
            stderr: String::from_utf8_lossy(&fs::read(&stderr)?).into_owned(),
            took: start.elapsed(),
            seen,
        })
    }

    /// Starts the command and looks at the process table until it ends.
    fn watch(&self, command: &mut Command) -> Result<(ExitStatus, Vec<Process>)> {
        let mut child = command.spawn().context("cannot start the binary")?;
        let start = Instant::now();
        let mut seen: Vec<Process> = Vec::new();
        loop {
            if let Some(status) = child.try_wait()? {
                return Ok((status, seen));
            }
            if start.elapsed() > DEADLINE {
                child.kill()?;
                child.wait()?;
                bail!("`harness` has not ended after {DEADLINE:?}");
            }
            for process in self.processes()? {
                if process.pid != child.id() && !seen.contains(&process) {
                    seen.push(process);
                }
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// What marks a process as one of this bench's: for one that is started by hand.
    #[must_use]
    pub fn mark(&self) -> [(&'static str, &str); 1] {
        [(MARK, &self.mark)]
    }

    /// Live processes that were started here, by any number of steps.
    ///
    /// # Errors
    /// When there is no `/proc`.
    pub fn processes(&self) -> Result<Vec<Process>> {
        processes::belonging_to(&format!("{MARK}={}", self.mark), &self.root)
    }

    /// Waits a moment until nothing that was started here is alive.
    ///
    /// # Errors
    /// When something stays.
    pub fn nothing_runs(&self) -> Result<()> {
        let end = Instant::now() + Duration::from_secs(10);
        loop {
            let left = self.processes()?;
            if left.is_empty() {
                return Ok(());
            }
            ensure!(Instant::now() < end, "still there: {left:?}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Keeps the directory, for a look at it after a failure.
    #[must_use]
    pub fn keep(mut self) -> Utf8PathBuf {
        self.directory.disable_cleanup(true);
        self.root.clone()
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        for process in self.processes().unwrap_or_default() {
            // A failed test has said what stayed; nobody is left to tell whether this works.
            let _ = Command::new("sh").args(["-c", &format!("kill -KILL {}", process.pid)]).status();
        }
    }
}

fn copy_tree(from: &Utf8Path, to: &Utf8Path) -> Result<()> {
    if from.is_file() {
        fs::create_dir_all(to.parent().unwrap_or(to))?;
        fs::copy(from, to)?;
        return Ok(());
    }
    fs::create_dir_all(to)?;
    for entry in from.read_dir_utf8()? {
        let entry = entry?;
        copy_tree(entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
