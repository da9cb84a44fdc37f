//! What ends a debugger and its program if the harness is killed without a word.
//!
//! A debugger that is ended while it takes a program up leaves that program running, so no signal of the kernel's is enough. A second
//! process of the harness waits for the end of a pipe that only the first one holds, and then ends whatever carries the mark.

use std::io::{self, Read};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};

use crate::capture::child::kill_marked;

/// The hidden command of the second process.
pub const GUARD: &str = "guard";

/// The second process. Dropping it lets it look around once more, and go.
pub(super) struct Guard(Child);

impl Guard {
    /// Starts it for a mark, as it stands in an environment: `NAME=value`.
    pub(super) fn start(mark: &str) -> io::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args([GUARD, mark]).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        command.process_group(0); // Ctrl-C on the terminal is for us
        command.spawn().map(Self)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait(); // it may be gone already
    }
}

/// What the second process does.
pub fn guard(mark: &str) {
    let mut ignored = [0; 64];
    let mut pipe = io::stdin().lock();
    while pipe.read(&mut ignored).is_ok_and(|n| n > 0) {}
    kill_marked(mark);
}
