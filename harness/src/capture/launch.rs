//! One run from start to record: the program, its driver, its deadline, what it left behind.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};

use super::child::{Child, Death, Ended, ProbeSignal, Start};
use super::driver::{CHECKPOINT, Rounds, Stopped};
use super::error::{CaptureError, io as at};
use super::gotest;
use super::manifest::{End, FileRecord, RunRecord};
use super::mode;
use super::ready;
use super::session::now;
use crate::model::{Bytes, Mode, Nanoseconds, RunId};
use crate::scenario::{CheckpointSpec, Driver, Kind, Ready, Scenario};
use crate::toolchain::{Built, Emulator, Interrupt, PATIENCE_FACTOR};

/// Longest deadline and grace there is, so that no sum with a time overflows.
const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);

/// What a run needs.
pub(super) struct Launch<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) built: &'a Built,
    pub(super) id: &'a RunId,
    /// Root of the capture, and the run's directory below it.
    pub(super) root: &'a Utf8Path,
    pub(super) dir: Utf8PathBuf,
    /// The harness's own environment.
    pub(super) env: &'a BTreeMap<String, String>,
    pub(super) interrupt: &'a Interrupt,
    pub(super) purpose: Purpose<'a>,
    /// What is known of a binary's tests.
    pub(super) tests: gotest::Known<'a>,
}

/// What a run is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose<'a> {
    /// To be looked at as its mode says.
    Observed,
    /// To find lost memory of C: this program is run instead, under AddressSanitizer.
    Sanitized(&'a Utf8Path),
    /// To count what runs of the code: this program is run instead, with its probe.
    Covered(&'a Utf8Path),
    /// To be measured: the plain program, with gctrace alone.
    Measured,
}

impl Launch<'_> {
    /// Runs the program. The outcome, whatever it is, is the record.
    pub(super) fn run(self) -> Result<RunRecord, CaptureError> {
        let directory = self.root.join(&self.dir);
        fresh(&directory)?;
        let (mut added, mut notes) =
            mode::environment(self.scenario, &self.built.facts, self.id, &directory, self.env);
        if let Some(emulator) = self.emulator() {
            added.extend(emulator.env.clone());
            notes.push(format!(
                "under {}: deadlines are {PATIENCE_FACTOR} times as long, figures of the process are the emulator's",
                emulator.name
            ));
        }
        match self.purpose {
            Purpose::Observed => {}
            Purpose::Sanitized(_) => mode::sanitize(&mut added, self.env),
            Purpose::Covered(_) => mode::count(&mut added, &directory),
            Purpose::Measured => mode::trace_gc(&mut added, self.env),
        }
        let started = now();
        let clock = Instant::now();
        let watched = match self.start(&directory, &added) {
            Ok(child) => self.attend(child, clock, &directory),
            Err(error) => Watched::unseen(error.to_string()),
        };
        notes.extend(watched.note);
        let ended = watched.ended.as_ref();
        let wall = ended.map_or_else(|| clock.elapsed(), |ended| ended.at.saturating_duration_since(clock));
        let usage = ended.map(|ended| &ended.usage.rusage);
        Ok(RunRecord {
            id: self.id.clone(),
            argv: self.argv(),
            env: added,
            started,
            wall: span(wall),
            user: usage.map(|usage| span(usage.utime)).unwrap_or_default(),
            system: usage.map(|usage| span(usage.stime)).unwrap_or_default(),
            peak_rss: ended.map(|ended| ended.peak_rss).unwrap_or_default(),
            ok: watched.ok,
            end: watched.end,
            notes,
            files: files(&directory)?,
            dir: self.dir,
        })
    }

    fn probed(&self) -> bool {
        self.id.mode != Mode::Plain
    }

    fn program(&self) -> &Utf8Path {
        match self.purpose {
            Purpose::Sanitized(other) | Purpose::Covered(other) => other,
            Purpose::Observed if self.probed() => &self.built.probed,
            Purpose::Observed | Purpose::Measured => &self.built.plain,
        }
    }

    fn emulator(&self) -> Option<&Emulator> {
        self.built.facts.runner.emulator()
    }

    /// What is started: the program, or an emulator with the program among its arguments.
    fn argv(&self) -> Vec<String> {
        let exec = &self.scenario.workload.exec[..];
        let prefix = self.emulator().map_or(exec, |emulator| &emulator.words);
        let own = std::iter::once(self.program().to_string()).chain(self.args());
        prefix.iter().cloned().chain(own).collect()
    }

    /// A time that the program is given: more of it under an emulator.
    fn patience(&self, ms: u64) -> Duration {
        limited(ms.saturating_mul(self.emulator().map_or(1, |_| PATIENCE_FACTOR)))
    }

    /// Why it is not started at all.
    fn refused(&self) -> io::Result<()> {
        self.built.facts.refusal().map_or(Ok(()), |why| Err(io::Error::new(io::ErrorKind::Unsupported, why)))
    }

    /// The program's arguments, with the number of operations put in.
    fn args(&self) -> Vec<String> {
        let workload = &self.scenario.workload;
        let mut flags = gotest::flags(workload, self.id, self.tests);
        if matches!(self.purpose, Purpose::Covered(_)) && workload.kind != Kind::Binary {
            flags.push(format!("-test.gocoverdir={}", self.root.join(&self.dir)));
        }
        flags.into_iter().chain(workload.args.iter().map(|word| workload.filled(word))).collect()
    }

    /// Where the program starts: tests do in the directory of their package, unless the scenario names another.
    fn directory(&self) -> &Utf8Path {
        let workload = &self.scenario.workload;
        let is_usual = workload.dir == workload.module;
        if workload.kind != Kind::Binary && is_usual { &self.built.dir } else { &workload.dir }
    }

    fn start(&self, directory: &Utf8Path, added: &BTreeMap<String, String>) -> io::Result<Child> {
        self.refused()?;
        let workload = &self.scenario.workload;
        if let Some(Driver { ready: Ready::Tcp(address), .. }) = &workload.driver
            && ready::accepts(address)
        {
            // The load would go to the other program, and its success be taken for ours.
            let message = format!("something else listens on `{address}` already");
            return Err(io::Error::new(io::ErrorKind::AddrInUse, message));
        }
        let mut env = self.env.clone();
        env.extend(added.clone());
        // Descriptor 2 is the runtime's channel when it traces its GC; the probe takes os.Stderr elsewhere.
        let stderr = if self.probed() { "gctrace.txt" } else { "stderr.txt" };
        let argv = self.argv();
        let (program, args) = argv.split_first().map_or(("", &[][..]), |(first, rest)| (first, rest));
        Child::start(&Start {
            program: Utf8Path::new(program),
            args,
            dir: self.directory(),
            env: env.into_iter().collect(),
            stdin: workload.stdin.as_deref(),
            stdout: directory.join("stdout.txt"),
            stderr: directory.join(stderr),
            shift: self.emulator().map_or(0, Emulator::signal_shift),
            death: Death::Sure,
        })
        .map_err(|error| io::Error::new(error.kind(), format!("`{}`: {error}", self.program())))
    }

    /// Stays with the program until it has ended.
    fn attend(&self, child: Child, clock: Instant, directory: &Utf8Path) -> Watched {
        let stopped = match &self.scenario.workload.driver {
            None => self.wait(&child),
            Some(driver) => self.rounds(driver, clock, directory).drive(&child),
        };
        let end = self.stop(&child, &stopped);
        let ended = match child.finish() {
            Ok(ended) => ended,
            Err(error) => return Watched::unseen(format!("lost sight of it: {error}")),
        };
        let end = end.unwrap_or_else(|| own_end(&ended));
        let note = match &stopped {
            Err(Stopped::Early(what)) => Some(format!("the program ended before {what}")),
            _ => None,
        };
        Watched { ok: self.is_ok(&end) && note.is_none(), end, note, ended: Some(ended) }
    }

    fn rounds<'a>(&'a self, driver: &'a Driver, clock: Instant, directory: &'a Utf8Path) -> Rounds<'a> {
        let checkpoints = self.probed() && self.scenario.workload.checkpoint == CheckpointSpec::Round;
        let deadline = clock + self.patience(self.scenario.workload.timeout_ms);
        Rounds {
            driver,
            workload: &self.scenario.workload,
            env: self.env,
            run: directory,
            checkpoints,
            deadline,
            interrupt: self.interrupt,
        }
    }

    fn wait(&self, child: &Child) -> Result<(), Stopped> {
        if child.wait_for(self.patience(self.scenario.workload.timeout_ms), || self.interrupt.is_set()) {
            return Err(Stopped::Ended);
        }
        Err(if self.interrupt.is_set() { Stopped::Interrupted } else { Stopped::Deadline })
    }

    /// Ends a program that did not end by itself; `None` if it did.
    fn stop(&self, child: &Child, stopped: &Result<(), Stopped>) -> Option<End> {
        let grace = self.patience(self.scenario.workload.grace_ms);
        match stopped {
            Err(Stopped::Ended | Stopped::Early(_)) => None,
            // As planned: what the last checkpoint has to say is worth a wait.
            Ok(()) => {
                self.ask_to_end(child, Some(grace.max(CHECKPOINT)), grace);
                Some(End::Stopped)
            }
            Err(Stopped::Deadline) => {
                Some(End::TimedOut { gentle: self.ask_to_end(child, Some(grace), grace) })
            }
            Err(Stopped::Failed(detail)) => {
                self.ask_to_end(child, Some(grace), grace);
                Some(End::DriverFailed { detail: detail.clone() })
            }
            // The user waits.
            Err(Stopped::Interrupted) => {
                self.ask_to_end(child, None, grace);
                Some(End::Interrupted)
            }
        }
    }

    /// First asks the probe to finish, if it gets the time, then the program to end; tells whether one of them
    /// helped. What is left is killed by [`Child::finish`].
    fn ask_to_end(&self, child: &Child, probe: Option<Duration>, grace: Duration) -> bool {
        if let Some(time) = probe.filter(|_| self.probed()) {
            child.tell(ProbeSignal::Finish);
            if child.wait_for(time, || self.interrupt.is_set()) {
                return true;
            }
        }
        child.terminate();
        child.wait_for(grace, || false)
    }

    fn is_ok(&self, end: &End) -> bool {
        match end {
            End::Exited { code } => self.scenario.workload.exit_codes.contains(code),
            End::Stopped => true,
            _ => false,
        }
    }
}

/// What came of watching a program.
struct Watched {
    end: End,
    ok: bool,
    note: Option<String>,
    ended: Option<Ended>,
}

impl Watched {
    fn unseen(detail: String) -> Self {
        Self { end: End::NotStarted { detail }, ok: false, note: None, ended: None }
    }
}

/// An empty directory. What a killed harness left in it would be taken for this run's: the probe does not write where
/// there are records already.
fn fresh(directory: &Utf8Path) -> Result<(), CaptureError> {
    if directory.exists() {
        fs::remove_dir_all(directory).map_err(at("remove", directory))?;
    }
    fs::create_dir_all(directory).map_err(at("create", directory))
}

fn limited(ms: u64) -> Duration {
    Duration::from_millis(ms).min(YEAR)
}

fn own_end(ended: &Ended) -> End {
    match ended.code {
        Ok(code) => End::Exited { code },
        Err(signal) => End::Signalled { signal },
    }
}

fn span(time: Duration) -> Nanoseconds {
    Nanoseconds(i64::try_from(time.as_nanos()).unwrap_or(i64::MAX))
}

/// What lies in a run's directory, by name.
fn files(directory: &Utf8Path) -> Result<Vec<FileRecord>, CaptureError> {
    let mut found = Vec::new();
    for entry in directory.read_dir_utf8().map_err(at("read", directory))? {
        let path = entry.map_err(at("read", directory))?.into_path();
        if path.is_file() {
            found.push(file_record(&path)?);
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

/// Name, size and hash of a file.
pub(super) fn file_record(path: &Utf8Path) -> Result<FileRecord, CaptureError> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_mmap(path).map_err(at("read", path))?;
    let hash = hasher.finalize().to_hex().to_string();
    let name = path.file_name().unwrap_or_default().to_owned();
    Ok(FileRecord { name, size: Bytes(hasher.count()), hash })
}
