//! Runs one command to completion: output captured up to a limit, a deadline, and an end for the
//! whole process group on timeout or interrupt.
//!
//! Input: a [`Command`], word by word, with its full environment. Output: a [`Finished`].
//! Shared by `toolchain` and `capture`. Must not use a shell, read the environment or print, and
//! leaves no process of the group behind.

use std::collections::BTreeMap;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::ExitStatus;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use std::{fmt, io};

use camino::Utf8PathBuf;
use rustix::process::{Pid, Signal, kill_process_group};

use super::captured::{Captured, Collector};

/// How often a wait looks at the interrupt flag.
const POLL: Duration = Duration::from_millis(20);
/// How long output may still trickle in after the group is dead (a process that left the group can
/// hold the pipe open for ever).
const DRAIN: Duration = Duration::from_secs(1);

/// The user's wish to stop, set by a signal handler and looked at by whoever waits.
#[derive(Debug, Clone, Default)]
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Asks everybody who holds a clone to stop.
    pub fn trigger(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Whether to stop.
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

/// A command, never seen by a shell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// Program: a path, or a name to look up in `env`'s PATH.
    pub program: String,
    /// Its arguments.
    pub args: Vec<String>,
    /// Working directory.
    pub dir: Utf8PathBuf,
    /// The whole environment: nothing is inherited.
    pub env: BTreeMap<String, String>,
}

impl Command {
    /// Program and arguments in one list, as a manifest records them.
    #[must_use]
    pub fn words(&self) -> Vec<String> {
        std::iter::once(&self.program).chain(&self.args).cloned().collect()
    }
}

/// Limits of one command.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Time it may take.
    pub deadline: Duration,
    /// Time between SIGTERM and SIGKILL to the group.
    pub grace: Duration,
    /// Bytes kept of each output stream, half from its start and half from its end.
    pub output: usize,
}

impl Limits {
    /// `deadline`, two seconds of grace, 1 MiB of each stream.
    #[must_use]
    pub fn within(deadline: Duration) -> Self {
        Self { deadline, grace: Duration::from_secs(2), output: 1 << 20 }
    }
}

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// With an exit code.
    Exited(i32),
    /// By a signal that was not ours.
    Signalled(i32),
    /// Stopped at the deadline.
    TimedOut,
    /// Stopped because the user asked.
    Interrupted,
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited(code) => write!(f, "exit code {code}"),
            Self::Signalled(signal) => write!(f, "signal {signal}"),
            Self::TimedOut => f.write_str("its deadline"),
            Self::Interrupted => f.write_str("an interrupt"),
        }
    }
}

/// A command that has ended, with all of its process group.
#[derive(Debug, Clone)]
pub struct Finished {
    /// How.
    pub end: Ended,
    /// Standard output.
    pub stdout: Captured,
    /// Standard error.
    pub stderr: Captured,
    /// Wall-clock time.
    pub wall: Duration,
}

impl Finished {
    /// Exit code 0.
    #[must_use]
    pub fn ok(&self) -> bool {
        self.end == Ended::Exited(0)
    }
}

/// The command could not be run at all.
#[derive(Debug, thiserror::Error)]
#[error("could not run `{program}` in `{dir}`")]
pub struct ProcessError {
    /// The program.
    pub program: String,
    /// Its working directory.
    pub dir: Utf8PathBuf,
    /// Why.
    #[source]
    pub source: io::Error,
}

/// Runs `command` until it ends, its deadline passes or `interrupt` is set. Standard input is empty.
///
/// # Errors
/// When the program cannot be started or waited for; a non-zero exit is a [`Finished`].
pub fn run(command: &Command, limits: &Limits, interrupt: &Interrupt) -> Result<Finished, ProcessError> {
    run_io(command, limits, interrupt).map_err(|source| ProcessError {
        program: command.program.clone(),
        dir: command.dir.clone(),
        source,
    })
}

fn run_io(command: &Command, limits: &Limits, interrupt: &Interrupt) -> io::Result<Finished> {
    let started = Instant::now();
    let (out_reader, out_writer) = io::pipe()?;
    let (err_reader, err_writer) = io::pipe()?;
    let expression = duct::cmd(&command.program, &command.args)
        .dir(&command.dir)
        .full_env(&command.env)
        .stdin_null()
        .stdout_file(out_writer)
        .stderr_file(err_writer)
        .unchecked()
        .before_spawn(|child| {
            child.process_group(0);
            Ok(())
        });
    let handle = expression.start()?;
    // Our copies of the write ends must go, or the readers never see the end.
    drop(expression);
    let stdout = Collector::start(out_reader, limits.output);
    let stderr = Collector::start(err_reader, limits.output);
    let end = wait(&handle, started + limits.deadline, limits.grace, interrupt)?;
    let until = Instant::now() + DRAIN;
    Ok(Finished { end, stdout: stdout.finish(until), stderr: stderr.finish(until), wall: started.elapsed() })
}

fn wait(
    handle: &duct::Handle,
    deadline: Instant,
    grace: Duration,
    interrupt: &Interrupt,
) -> io::Result<Ended> {
    let group = handle.pids().first().and_then(|pid| Pid::from_raw(i32::try_from(*pid).ok()?));
    let end = loop {
        if let Some(output) = handle.wait_timeout(POLL)? {
            break ended(output.status);
        }
        let end = match (interrupt.is_set(), Instant::now() >= deadline) {
            (true, _) => Ended::Interrupted,
            (false, true) => Ended::TimedOut,
            (false, false) => continue,
        };
        signal_group(group, Signal::TERM);
        handle.wait_timeout(grace)?;
        break end;
    };
    // Also after a normal end: what a finished command left running would outlive us.
    signal_group(group, Signal::KILL);
    handle.wait()?;
    Ok(end)
}

/// Sends `signal` to a process group, which may be gone already.
fn signal_group(group: Option<Pid>, signal: Signal) {
    if let Some(group) = group {
        // ESRCH is the wished-for state.
        let _ = kill_process_group(group, signal);
    }
}

fn ended(status: ExitStatus) -> Ended {
    match (status.code(), status.signal()) {
        (Some(code), _) => Ended::Exited(code),
        (None, signal) => Ended::Signalled(signal.unwrap_or(0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str, deadline_ms: u64, interrupt: &Interrupt) -> Finished {
        let command = Command {
            program: "/bin/sh".into(),
            args: vec!["-c".into(), script.into()],
            dir: "/".into(),
            env: BTreeMap::from([("PATH".into(), "/usr/bin:/bin".into()), ("ONLY".into(), "this".into())]),
        };
        let limits = Limits {
            deadline: Duration::from_millis(deadline_ms),
            grace: Duration::from_millis(300),
            output: 64,
        };
        run(&command, &limits, interrupt).expect("starts")
    }

    /// Whether the process is still there after the moment that dying takes (a pipe's end is seen
    /// before its writer is a zombie).
    fn alive(pid: &str) -> bool {
        let stat = format!("/proc/{}/stat", pid.trim());
        (0..100).all(|_| {
            std::thread::sleep(POLL);
            // A zombie that its new parent has not reaped yet is as good as gone.
            std::fs::read_to_string(&stat).is_ok_and(|stat| !stat.contains(") Z "))
        })
    }

    #[test]
    fn output_exit_code_and_exact_environment_are_returned() {
        let done = sh("echo $ONLY$HOME; echo oops >&2; exit 3", 5000, &Interrupt::default());
        assert_eq!(done.end, Ended::Exited(3));
        assert_eq!(done.stdout.text(), "this\n");
        assert_eq!(done.stderr.text(), "oops\n");
    }

    #[test]
    fn deadline_ends_the_whole_group_even_if_it_ignores_the_gentle_stop() {
        let done = sh("trap '' TERM; sleep 60 & echo $!; wait; sleep 60", 200, &Interrupt::default());
        assert_eq!(done.end, Ended::TimedOut);
        assert!(!alive(&done.stdout.text()), "grandchild survived");
        assert!(done.wall < Duration::from_secs(5));
    }

    #[test]
    fn what_a_finished_command_leaves_running_is_ended() {
        let done = sh("sleep 60 & echo $!", 5000, &Interrupt::default());
        assert_eq!(done.end, Ended::Exited(0));
        assert!(!alive(&done.stdout.text()));
        assert!(done.wall < Duration::from_secs(5));
    }

    #[test]
    fn interrupt_ends_it_before_the_deadline() {
        let interrupt = Interrupt::default();
        let other = interrupt.clone();
        let thread = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(100));
            other.trigger();
        });
        let done = sh("sleep 60", 50_000, &interrupt);
        thread.join().expect("thread");
        assert_eq!(done.end, Ended::Interrupted);
    }

    #[test]
    fn signal_of_its_own_is_told_apart() {
        assert_eq!(sh("kill -SEGV $$", 5000, &Interrupt::default()).end, Ended::Signalled(11));
    }

    #[test]
    fn long_output_keeps_its_start_and_its_end() {
        let done = sh("echo begin; seq 10000; echo end", 5000, &Interrupt::default());
        let text = done.stdout.text();
        assert!(text.starts_with("begin\n") && text.ends_with("end\n"), "{text}");
        assert!(text.contains("bytes left out"), "{text}");
        assert!(text.len() < 200, "{}", text.len());
    }

    #[test]
    fn program_that_does_not_exist_is_an_error_with_its_name() {
        let command = Command {
            program: "no-such-program-here".into(),
            args: Vec::new(),
            dir: "/".into(),
            env: BTreeMap::new(),
        };
        let limits = Limits::within(Duration::from_secs(5));
        let error = run(&command, &limits, &Interrupt::default()).expect_err("not there");
        assert_eq!(error.to_string(), "could not run `no-such-program-here` in `/`");
    }
}
