//! One running program: started in a process group of its own, stopped for sure, its usage read.

use std::fs::{File, OpenOptions};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child as Process, Command, Stdio};
use std::time::{Duration, Instant};
use std::{fs, io};

use camino::{Utf8Path, Utf8PathBuf};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, kill_process_group, waitid};
use wait4::{ResUse, Wait4};

use super::mode::RUN_MARK;
use super::peak::Peak;
use crate::model::Bytes;

/// How often a wait looks around.
pub(super) const POLL: Duration = Duration::from_millis(5);

/// The probe's signals, see `go/probe/doc.go`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ProbeSignal {
    /// Take a checkpoint.
    Checkpoint,
    /// Take the last checkpoint and exit with code 0.
    Finish,
}

impl ProbeSignal {
    fn number(self) -> i32 {
        // Real-time signals that neither Go nor a C library uses; elsewhere SIGUSR2 and SIGINFO.
        let (checkpoint, finish) = if cfg!(target_os = "linux") { (43, 44) } else { (31, 29) };
        match self {
            Self::Checkpoint => checkpoint,
            Self::Finish => finish,
        }
    }
}

/// What to start.
#[derive(Debug)]
pub(super) struct Start<'a> {
    pub(super) program: &'a Utf8Path,
    pub(super) args: &'a [String],
    pub(super) dir: &'a Utf8Path,
    /// The whole environment.
    pub(super) env: Vec<(String, String)>,
    pub(super) stdin: Option<&'a Utf8Path>,
    pub(super) stdout: Utf8PathBuf,
    /// Opened for appending: the runtime and others write to it side by side.
    pub(super) stderr: Utf8PathBuf,
}

/// A started program. Dropping it ends its group.
#[derive(Debug)]
pub(super) struct Child {
    process: Process,
    pid: Option<Pid>,
    mark: String,
    reaped: bool,
    peak: Peak,
}

/// A program that has ended.
#[derive(Debug)]
pub(super) struct Ended {
    /// Exit code, or the signal that ended it.
    pub(super) code: Result<i32, i32>,
    pub(super) usage: ResUse,
    pub(super) peak_rss: Bytes,
}

impl Child {
    pub(super) fn start(start: &Start<'_>) -> io::Result<Self> {
        let stdin = match start.stdin {
            Some(path) => Stdio::from(File::open(path)?),
            None => Stdio::null(),
        };
        let mark = start.env.iter().find(|(name, _)| name == RUN_MARK);
        let process = Command::new(start.program)
            .args(start.args)
            .current_dir(start.dir)
            .env_clear()
            .envs(start.env.iter().cloned())
            .stdin(stdin)
            .stdout(File::create(&start.stdout)?)
            .stderr(OpenOptions::new().create(true).append(true).open(&start.stderr)?)
            .process_group(0)
            .spawn()?;
        let pid = i32::try_from(process.id()).ok().and_then(Pid::from_raw);
        let mark = mark.map(|(name, value)| format!("{name}={value}")).unwrap_or_default();
        let peak = Peak::new(process.id());
        Ok(Self { process, pid, mark, reaped: false, peak })
    }

    /// Whether it has ended; it is not reaped, so its id stays its own.
    pub(super) fn has_ended(&self) -> bool {
        self.peak.look();
        let Some(pid) = self.pid else { return true };
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
        !matches!(waitid(WaitId::Pid(pid), options), Ok(None))
    }

    /// Waits up to `time`; `stop` can end the wait. Tells whether it has ended.
    pub(super) fn wait_for(&self, time: Duration, stop: impl Fn() -> bool) -> bool {
        let until = Instant::now() + time;
        while !self.has_ended() {
            if Instant::now() >= until || stop() {
                return false;
            }
            std::thread::sleep(POLL);
        }
        true
    }

    /// Sends one of the probe's signals to the program alone.
    pub(super) fn tell(&self, signal: ProbeSignal) {
        // SAFETY of the number: it is a constant above, within the range of real-time signals.
        #[allow(unsafe_code, reason = "rustix has no safe name for a real-time signal")]
        let signal = unsafe { Signal::from_raw_unchecked(signal.number()) };
        if let Some(pid) = self.pid {
            let _ = kill_process(pid, signal); // it may have ended
        }
    }

    /// Asks the group to end.
    pub(super) fn terminate(&self) {
        if let Some(pid) = self.pid {
            let _ = kill_process_group(pid, Signal::TERM);
        }
    }

    /// Ends whatever is left of it, and reads what it used.
    pub(super) fn finish(mut self) -> io::Result<Ended> {
        self.kill();
        let done = self.process.wait4()?;
        self.reaped = true;
        let code = done.status.code().ok_or_else(|| done.status.signal().unwrap_or(0));
        let peak_rss = self.peak.of(done.rusage.maxrss);
        Ok(Ended { code, usage: done, peak_rss })
    }

    fn kill(&self) {
        if let Some(pid) = self.pid {
            let _ = kill_process_group(pid, Signal::KILL);
        }
        kill_marked(&self.mark);
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        if !self.reaped {
            self.kill();
            let _ = self.process.wait();
        }
    }
}

/// Ends processes that left the group but carry the run's mark in their environment (Linux).
fn kill_marked(mark: &str) {
    let Ok(processes) = fs::read_dir("/proc") else { return };
    for process in processes.flatten() {
        let pid = process.file_name().to_str().and_then(|name| name.parse().ok()).and_then(Pid::from_raw);
        let Some(pid) = pid.filter(|_| !mark.is_empty()) else { continue };
        let environment = fs::read(process.path().join("environ")).unwrap_or_default();
        if environment.split(|byte| *byte == 0).any(|variable| variable == mark.as_bytes()) {
            let _ = kill_process(pid, Signal::KILL);
        }
    }
}
