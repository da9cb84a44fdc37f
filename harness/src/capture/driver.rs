//! Load from outside, for a program that serves until it is stopped.

use std::collections::BTreeMap;
use std::io::Write;
use std::time::{Duration, Instant};
use std::{fs, thread};

use camino::Utf8Path;

use super::child::ProbeSignal;
use super::mode::RUN_MARK;
use super::ready::Lookout;
use crate::scenario::{Driver, Ready, Workload};
use crate::toolchain::Interrupt;
use crate::toolchain::process::{self, Command, Ended, Limits};

/// How often readiness and records are looked at.
const LOOK: Duration = Duration::from_millis(20);
/// Records that have not grown for this long are complete.
const QUIET: Duration = Duration::from_millis(150);
/// Longest wait for a checkpoint's records: a GC of a large heap, and a dump of it.
pub(super) const CHECKPOINT: Duration = Duration::from_secs(30);
/// How long a program may take to be seen as ended after its load has noticed.
const LAST_WORDS: Duration = Duration::from_millis(300);

/// A program that is driven.
pub(super) trait Driven {
    /// Whether it has ended.
    fn has_ended(&self) -> bool;
    /// Waits for its end, at most this long.
    fn wait_for_end(&self, time: Duration);
    /// Sends it one of the probe's signals.
    fn tell(&self, signal: ProbeSignal);
}

/// What drives a run.
pub(super) struct Rounds<'a> {
    pub(super) driver: &'a Driver,
    /// Whose number of operations the driver's words may have.
    pub(super) workload: &'a Workload,
    /// The harness's own environment.
    pub(super) env: &'a BTreeMap<String, String>,
    /// Directory of the run.
    pub(super) run: &'a Utf8Path,
    /// The probe takes a checkpoint after each round.
    pub(super) checkpoints: bool,
    pub(super) deadline: Instant,
    pub(super) interrupt: &'a Interrupt,
}

/// Why driving stopped before its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stopped {
    /// The program ended by itself, and nothing was left for it to do.
    Ended,
    /// The program ended by itself too early: before what.
    Early(String),
    /// The deadline of the run.
    Deadline,
    /// The user.
    Interrupted,
    /// The driver.
    Failed(String),
}

impl Stopped {
    /// An end of the program is too early for `what`.
    fn before(self, what: &str) -> Self {
        if self == Self::Ended { Self::Early(what.to_owned()) } else { self }
    }
}

impl Rounds<'_> {
    /// Waits until the program is ready, then loads it round by round.
    pub(super) fn drive(&self, child: &impl Driven) -> Result<(), Stopped> {
        let rounds = self.driver.rounds;
        self.wait_ready(child).map_err(|stopped| stopped.before("it was ready"))?;
        for round in 1..=rounds {
            self.round(round, child)
                .map_err(|stopped| stopped.before(&format!("round {round} of {rounds} had ended")))?;
            let rest = self.rest_after_round(child);
            // A program may end with the last of its load.
            rest.map_err(|stopped| match round == rounds {
                true => stopped,
                false => stopped.before(&format!("round {} of {rounds} had begun", round + 1)),
            })?;
        }
        Ok(())
    }

    fn rest_after_round(&self, child: &impl Driven) -> Result<(), Stopped> {
        self.rest(Duration::from_millis(self.driver.settle_ms), child)?;
        if self.checkpoints {
            self.checkpoint(child)?;
        }
        // Not every load notices that its server is gone.
        self.alive(child)
    }

    fn alive(&self, child: &impl Driven) -> Result<(), Stopped> {
        match () {
            () if self.interrupt.is_set() => Err(Stopped::Interrupted),
            () if child.has_ended() => Err(Stopped::Ended),
            () if Instant::now() >= self.deadline => Err(Stopped::Deadline),
            () => Ok(()),
        }
    }

    fn rest(&self, time: Duration, child: &impl Driven) -> Result<(), Stopped> {
        let began = Instant::now();
        while began.elapsed() < time {
            self.alive(child)?;
            thread::sleep(LOOK.min(time.saturating_sub(began.elapsed())));
        }
        Ok(())
    }

    fn wait_ready(&self, child: &impl Driven) -> Result<(), Stopped> {
        if let Ready::AfterMs(time) = self.driver.ready {
            self.rest(Duration::from_millis(time), child)?;
        }
        let lookout = Lookout::new(&self.driver.ready, self.run);
        while !lookout.is_ready() {
            self.alive(child)?;
            thread::sleep(LOOK);
        }
        // Who said so may be another than the program, or have been it with its last words.
        self.alive(child)
    }

    fn round(&self, round: u32, child: &impl Driven) -> Result<(), Stopped> {
        let number = round.to_string();
        let mut words =
            self.driver.command.iter().map(|word| self.workload.filled(word).replace("{round}", &number));
        let program = words.next().ok_or_else(|| Stopped::Failed("the driver has no command".to_owned()))?;
        // A path is meant from the driver's own directory, as a shell there would take it.
        let program =
            if program.contains('/') { self.driver.dir.join(program).into_string() } else { program };
        let mut env = self.env.clone();
        let added = self.driver.env.iter();
        env.extend(added.map(|(name, value)| (name.clone(), self.workload.filled(value))));
        // What a round leaves running, out of its group, is then found with the program's own.
        env.insert(RUN_MARK.to_owned(), self.run.to_string());
        let command = Command { program, args: words.collect(), dir: self.driver.dir.clone(), env };
        let left = self.deadline.saturating_duration_since(Instant::now());
        let done = process::run(&command, &Limits::within(left), self.interrupt)
            .map_err(|error| Stopped::Failed(format!("{error}: {}", error.source)))?;
        let output = format!("{}{}", done.stdout.text(), done.stderr.text());
        self.keep(&output);
        match done.end {
            Ended::Exited(0) => Ok(()),
            Ended::TimedOut => Err(Stopped::Deadline),
            Ended::Interrupted => Err(Stopped::Interrupted),
            end => {
                // A load without its server fails before the server's end can be seen.
                child.wait_for_end(LAST_WORDS);
                self.alive(child)?;
                let tail: Vec<&str> = output.lines().rev().take(10).collect();
                let tail: Vec<&str> = tail.into_iter().rev().collect();
                Err(Stopped::Failed(format!("round {round} ended with {end}\n{}", tail.join("\n"))))
            }
        }
    }

    /// What the driver says is a help in trouble, not evidence: failing to keep it harms nothing.
    fn keep(&self, output: &str) {
        let path = self.run.join("driver.txt");
        let file = fs::OpenOptions::new().create(true).append(true).open(path);
        let _ = file.and_then(|mut file| file.write_all(output.as_bytes()));
    }

    /// Asks for a checkpoint and waits until its records are written.
    fn checkpoint(&self, child: &impl Driven) -> Result<(), Stopped> {
        let size = || fs::metadata(self.run.join("probe.rec")).map_or(0, |data| data.len());
        let before = size();
        child.tell(ProbeSignal::Checkpoint);
        let (asked, mut last, mut since) = (Instant::now(), before, Instant::now());
        loop {
            self.alive(child)?;
            let now = size();
            if now != last {
                (last, since) = (now, Instant::now());
            } else if now > before && since.elapsed() >= QUIET {
                return Ok(());
            }
            if asked.elapsed() > CHECKPOINT {
                return Err(Stopped::Failed("the probe took no checkpoint for 30 s".to_owned()));
            }
            thread::sleep(LOOK);
        }
    }
}
