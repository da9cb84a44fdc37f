//! One running program: started in a process group of its own, stopped for sure, its usage read.

use std::cell::Cell;
use std::fs::{File, OpenOptions};
use std::os::fd::OwnedFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child as Process, Command, Stdio};
use std::time::{Duration, Instant};
use std::{fs, io};

use camino::{Utf8Path, Utf8PathBuf};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, kill_process_group, waitid};
use wait4::{ResUse, Wait4};

use super::driver::Driven;
use super::mode::RUN_MARK;
use super::peak::Peak;
use super::raw;
use crate::model::Bytes;

/// How often a wait looks around, beside being woken by the end of the program.
const POLL: Duration = Duration::from_millis(10);
/// Most looks for processes that left the group, a moment apart.
const LOOKS: u32 = 50;

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
    /// What real-time signals are moved up by on their way to the program.
    pub(super) shift: i32,
    /// What it gets when we are gone.
    pub(super) death: Death,
}

/// How a program is ended when the harness is gone without a word (Linux).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Death {
    /// SIGKILL.
    Sure,
    /// SIGTERM: a debugger ends its program only if it can still do something.
    Gentle,
}

/// A started program. Dropping it ends its group.
#[derive(Debug)]
pub(super) struct Child {
    process: Process,
    pid: Option<Pid>,
    mark: String,
    shift: i32,
    /// Becomes readable when the program ends; `None` where the system has no such thing.
    handle: Option<OwnedFd>,
    /// When its end was first seen.
    seen: Cell<Option<Instant>>,
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
    /// When; what it left behind was ended afterwards.
    pub(super) at: Instant,
}

impl Child {
    /// Starts a program, which ends with the calling thread at the latest (Linux).
    pub(super) fn start(start: &Start<'_>) -> io::Result<Self> {
        let stdin = match start.stdin {
            Some(path) => Stdio::from(File::open(path)?),
            None => Stdio::null(),
        };
        let mark = start.env.iter().find(|(name, _)| name == RUN_MARK);
        let mut command = Command::new(start.program);
        command
            .args(start.args)
            .current_dir(start.dir)
            .env_clear()
            .envs(start.env.iter().cloned())
            .stdin(stdin)
            .stdout(File::create(&start.stdout)?)
            .stderr(OpenOptions::new().create(true).append(true).open(&start.stderr)?)
            .process_group(0);
        raw::end_with_us(&mut command, if start.death == Death::Sure { Signal::KILL } else { Signal::TERM });
        let process = command.spawn()?;
        let pid = i32::try_from(process.id()).ok().and_then(Pid::from_raw);
        let mark = mark.map(|(name, value)| format!("{name}={value}")).unwrap_or_default();
        let peak = Peak::new(process.id());
        Ok(Self {
            process,
            pid,
            mark,
            shift: start.shift,
            handle: pid.and_then(handle),
            seen: Cell::new(None),
            reaped: false,
            peak,
        })
    }

    /// Whether it has ended; it is not reaped, so its id stays its own.
    pub(super) fn has_ended(&self) -> bool {
        self.peak.look();
        if self.seen.get().is_none() && !self.runs() {
            self.seen.set(Some(Instant::now()));
        }
        self.seen.get().is_some()
    }

    fn runs(&self) -> bool {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
        self.pid.is_some_and(|pid| matches!(waitid(WaitId::Pid(pid), options), Ok(None)))
    }

    /// Waits up to `time`; `stop` can end the wait. Tells whether it has ended.
    pub(super) fn wait_for(&self, time: Duration, stop: impl Fn() -> bool) -> bool {
        let began = Instant::now();
        while !self.has_ended() {
            let left = time.saturating_sub(began.elapsed());
            if left.is_zero() || stop() {
                return false;
            }
            self.pause(POLL.min(left));
        }
        true
    }

    /// Rests for `time`, or until it has ended.
    fn pause(&self, time: Duration) {
        #[cfg(target_os = "linux")]
        if let Some(handle) = &self.handle {
            use rustix::event::{PollFd, PollFlags, Timespec, poll};
            let mut waited = [PollFd::new(handle, PollFlags::IN)];
            let time = Timespec { tv_sec: 0, tv_nsec: time.subsec_nanos().into() };
            let _ = poll(&mut waited, Some(&time)); // a signal of ours: the caller looks again anyway
            return;
        }
        std::thread::sleep(time);
    }

    /// Sends one of the probe's signals to the program alone.
    pub(super) fn tell(&self, signal: ProbeSignal) {
        if let Some(pid) = self.pid {
            tell(pid, signal, self.shift);
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
        self.has_ended();
        self.kill();
        let done = self.process.wait4()?;
        self.reaped = true;
        let at = self.seen.get().unwrap_or_else(Instant::now);
        let code = done.status.code().ok_or_else(|| done.status.signal().unwrap_or(0));
        let peak_rss = self.peak.of(done.rusage.maxrss);
        Ok(Ended { code, usage: done, peak_rss, at })
    }

    fn kill(&self) {
        if let Some(pid) = self.pid {
            let _ = kill_process_group(pid, Signal::KILL);
        }
        kill_marked(&self.mark);
    }
}

impl Driven for Child {
    fn has_ended(&self) -> bool {
        Self::has_ended(self)
    }

    fn wait_for_end(&self, time: Duration) {
        self.wait_for(time, || false);
    }

    fn tell(&self, signal: ProbeSignal) {
        Self::tell(self, signal);
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

/// Sends a process one of the probe's signals.
pub(super) fn tell(pid: Pid, signal: ProbeSignal, shift: i32) {
    let _ = kill_process(pid, raw::signal(signal.number() + shift)); // it may have ended
}

/// A descriptor that tells when the process ends.
#[cfg(target_os = "linux")]
fn handle(pid: Pid) -> Option<OwnedFd> {
    rustix::process::pidfd_open(pid, rustix::process::PidfdFlags::empty()).ok()
}

/// See the other one.
#[cfg(not(target_os = "linux"))]
fn handle(_pid: Pid) -> Option<OwnedFd> {
    None
}

/// Ends processes that left the group but carry the run's mark in their environment (Linux). One that forks can be
/// missed, and so can its child: hence again until a look finds none.
pub(super) fn kill_marked(mark: &str) {
    for _ in 0..LOOKS {
        let found = if mark.is_empty() { Vec::new() } else { marked(mark) };
        if found.is_empty() {
            return;
        }
        for pid in found {
            let _ = kill_process(pid, Signal::KILL); // it may have ended
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn marked(mark: &str) -> Vec<Pid> {
    let has_mark = |process: &fs::DirEntry| {
        let environment = fs::read(process.path().join("environ")).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|variable| variable == mark.as_bytes())
    };
    let pid = |process: fs::DirEntry| process.file_name().to_str()?.parse().ok().and_then(Pid::from_raw);
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    processes.filter(has_mark).filter_map(pid).filter(|pid| *pid != rustix::process::getpid()).collect()
}
