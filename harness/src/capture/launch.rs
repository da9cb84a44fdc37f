//! One run from start to record: the program, its driver, its deadline, what it left behind.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};

use super::child::{Child, Ended, ProbeSignal, Start};
use super::driver::{Rounds, Stopped};
use super::error::{CaptureError, io as at};
use super::manifest::{End, FileRecord, RunRecord};
use super::mode;
use super::session::now;
use crate::model::{Bytes, Mode, Nanoseconds, RunId};
use crate::scenario::Scenario;
use crate::toolchain::{Built, Interrupt};

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
}

impl Launch<'_> {
    /// Runs the program. The outcome, whatever it is, is the record.
    pub(super) fn run(self) -> Result<RunRecord, CaptureError> {
        let directory = self.root.join(&self.dir);
        fs::create_dir_all(&directory).map_err(at("create", &directory))?;
        let godebug = self.env.get("GODEBUG").map(String::as_str);
        let added = mode::environment(self.scenario, &self.built.facts, self.id, &directory, godebug);
        let started = now();
        let clock = Instant::now();
        let (end, ended) = match self.start(&directory, &added) {
            Ok(child) => self.attend(child, clock, &directory),
            Err(error) => (End::NotStarted { detail: error.to_string() }, None),
        };
        let wall = span(clock.elapsed());
        let peak_rss = ended.as_ref().map(|ended| ended.peak_rss).unwrap_or_default();
        let usage = ended.map(|ended| ended.usage.rusage);
        Ok(RunRecord {
            id: self.id.clone(),
            argv: self.argv(),
            env: added,
            started,
            wall,
            user: usage.as_ref().map(|usage| span(usage.utime)).unwrap_or_default(),
            system: usage.as_ref().map(|usage| span(usage.stime)).unwrap_or_default(),
            peak_rss,
            ok: self.is_ok(&end),
            end,
            files: files(&directory)?,
            dir: self.dir,
        })
    }

    fn probed(&self) -> bool {
        self.id.mode != Mode::Plain
    }

    fn program(&self) -> &Utf8Path {
        if self.probed() { &self.built.probed } else { &self.built.plain }
    }

    fn argv(&self) -> Vec<String> {
        let program = self.program().to_string();
        std::iter::once(program).chain(self.scenario.workload.args.iter().cloned()).collect()
    }

    fn start(&self, directory: &Utf8Path, added: &BTreeMap<String, String>) -> io::Result<Child> {
        let workload = &self.scenario.workload;
        let mut env = self.env.clone();
        env.extend(added.clone());
        // Descriptor 2 is the runtime's channel when it traces its GC; the probe takes os.Stderr elsewhere.
        let stderr = if self.probed() { "gctrace.txt" } else { "stderr.txt" };
        Child::start(&Start {
            program: self.program(),
            args: &workload.args,
            dir: &workload.dir,
            env: env.into_iter().collect(),
            stdin: workload.stdin.as_deref(),
            stdout: directory.join("stdout.txt"),
            stderr: directory.join(stderr),
        })
    }

    /// Stays with the program until it has ended.
    fn attend(&self, child: Child, clock: Instant, directory: &Utf8Path) -> (End, Option<Ended>) {
        let workload = &self.scenario.workload;
        let limit = Duration::from_millis(workload.timeout_ms);
        let planned = match &workload.driver {
            None => self.wait(&child, limit),
            Some(driver) => {
                let rounds = Rounds {
                    driver,
                    env: self.env,
                    run: directory,
                    probed: self.probed(),
                    deadline: clock + limit,
                    interrupt: self.interrupt,
                };
                rounds.drive(&child)
            }
        };
        let end = match planned {
            Err(Stopped::Ended) => None,
            Ok(()) => Some(self.stop(&child, |_| End::Stopped)),
            Err(Stopped::Deadline) => Some(self.stop(&child, |gentle| End::TimedOut { gentle })),
            Err(Stopped::Interrupted) => Some(self.stop(&child, |_| End::Interrupted)),
            Err(Stopped::Failed(detail)) => Some(self.stop(&child, |_| End::DriverFailed { detail })),
        };
        match (child.finish(), end) {
            (Ok(ended), Some(end)) => (end, Some(ended)),
            (Ok(ended), None) => (own_end(&ended), Some(ended)),
            (Err(error), _) => (End::NotStarted { detail: format!("lost sight of it: {error}") }, None),
        }
    }

    fn wait(&self, child: &Child, limit: Duration) -> Result<(), Stopped> {
        if child.wait_for(limit, || self.interrupt.is_set()) {
            return Err(Stopped::Ended);
        }
        Err(if self.interrupt.is_set() { Stopped::Interrupted } else { Stopped::Deadline })
    }

    /// First asks the probe to finish, then the program to end; tells whether one of them helped. What is left is
    /// killed by [`Child::finish`].
    fn stop(&self, child: &Child, end: impl FnOnce(bool) -> End) -> End {
        let grace = Duration::from_millis(self.scenario.workload.grace_ms);
        let mut gone = false;
        if self.probed() {
            child.tell(ProbeSignal::Finish);
            gone = child.wait_for(grace, || false);
        }
        if !gone {
            child.terminate();
            gone = child.wait_for(grace, || false);
        }
        end(gone)
    }

    fn is_ok(&self, end: &End) -> bool {
        match end {
            End::Exited { code } => self.scenario.workload.exit_codes.contains(code),
            End::Stopped => true,
            _ => false,
        }
    }
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
        let Some(name) = path.file_name().filter(|_| path.is_file()) else { continue };
        let mut hasher = blake3::Hasher::new();
        hasher.update_mmap(&path).map_err(at("read", &path))?;
        let hash = hasher.finalize().to_hex().to_string();
        found.push(FileRecord { name: name.to_owned(), size: Bytes(hasher.count()), hash });
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}
