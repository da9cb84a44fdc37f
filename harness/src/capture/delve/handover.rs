//! Delve for somebody else: its own terminal, or an editor. Breakpoints are set, the program stands at its start.
//!
//! Input: the plan of a session; output: how it ended. Nobody is waited for longer than a deadline, except a person at a terminal.

use std::fmt::Write as _;
use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::error::DelveError;
use super::server::{Debuggee, Listen, Server};
use super::session::DebugPlan;
use crate::scenario::DelveBreak;

/// Where a person's program speaks to.
const TERMINAL: &str = "/dev/tty";
/// How often it is looked whether an editor has gone.
const POLL: Duration = Duration::from_millis(100);

/// How a server for an editor ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Served {
    /// The editor, or the program, has ended it.
    Ended,
    /// The time was over.
    TimedOut,
    /// The user had enough.
    Interrupted,
}

/// Gives the terminal to Delve's own client, with the program under it, until that ends. Ctrl-C is the client's.
///
/// # Errors
/// When Delve does not come up.
pub fn interactive(plan: &DebugPlan<'_>) -> Result<(), DelveError> {
    fresh(plan)?;
    let stdin = plan.workload.stdin.iter().map(|path| format!("stdin:{path}"));
    let outputs = ["stdout", "stderr"].map(|stream| format!("{stream}:{TERMINAL}"));
    let redirects = stdin.chain(outputs).collect();
    let server = Server::start(&Debuggee { redirects, ..plan.debuggee() }, Listen::Privately)?;
    let address = server.address(&|| plan.interrupt.is_set())?;
    let commands = plan.out.join("init.dlv");
    let written = fs::write(&commands, init(plan.breaks, &plan.sources().rules()));
    written.map_err(|source| DelveError::Io { what: "write", path: commands.clone(), source })?;
    // In our own process group, the terminal's foreground, so that Ctrl-C and Ctrl-Z reach it: the first has it halt the program,
    // the second stops us both. We take no notice of the first. The server and the program are in groups of their own: neither
    // key reaches them, their output on the terminal is a background's, and the program reads nothing there.
    let mut client = Command::new(plan.dlv);
    client.args(["connect", &address, "--init", commands.as_str()]).stdin(Stdio::inherit());
    let ended = client.status().map_err(DelveError::Start);
    server.end();
    ended.map(|_| ())
}

/// Serves an editor until it goes away; `listening` is told the address.
///
/// # Errors
/// When Delve does not come up.
pub fn serve(
    plan: &DebugPlan<'_>,
    listening: impl FnOnce(&str) -> Result<(), DelveError>,
) -> Result<Served, DelveError> {
    fresh(plan)?;
    let server = Server::start(&plan.debuggee(), Listen::OnLoopback)?;
    let address = server.address(&|| plan.interrupt.is_set())?;
    listening(&address)?;
    let end = Instant::now() + plan.deadline;
    let served = loop {
        if server.child.wait_for(POLL, || false) {
            break Served::Ended;
        }
        if plan.interrupt.is_set() {
            break Served::Interrupted;
        }
        if Instant::now() >= end {
            break Served::TimedOut;
        }
    };
    server.end_now();
    Ok(served)
}

fn fresh(plan: &DebugPlan<'_>) -> Result<(), DelveError> {
    let _ = fs::remove_dir_all(plan.out); // there may be none
    let made = fs::create_dir_all(plan.out);
    made.map_err(|source| DelveError::Io { what: "create", path: plan.out.to_owned(), source })
}

/// Breakpoints in the words of Delve's terminal.
fn init(breaks: &[DelveBreak], rules: &[[String; 2]]) -> String {
    let mut out = String::new();
    for [from, to] in rules {
        let _ = writeln!(out, "config substitute-path {from:?} {to:?}");
    }
    for (nth, wanted) in breaks.iter().enumerate() {
        let name = format!("b{}", nth + 1);
        let _ = writeln!(out, "break {name} {}", wanted.at);
        for (option, condition) in [("", &wanted.when), ("-hitcount ", &wanted.hits)] {
            if let Some(condition) = condition {
                let _ = writeln!(out, "condition {option}{name} {condition}");
            }
        }
        for expression in wanted.expressions() {
            let _ = writeln!(out, "on {name} print {expression}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn breakpoints_are_told_in_the_words_of_delve_s_terminal() {
        let wanted = DelveBreak {
            at: "main.handle".to_owned(),
            when: Some("n == 7".to_owned()),
            hits: Some("> 2".to_owned()),
            show: vec!["n".to_owned(), "len(s)".to_owned()],
            ..DelveBreak::default()
        };
        let rules = [["example.com/m".to_owned(), "/home/u/a b".to_owned()]];
        assert_eq!(
            init(&[wanted], &rules),
            "config substitute-path \"example.com/m\" \"/home/u/a b\"\nbreak b1 main.handle\ncondition b1 n == 7\ncondition -hitcount b1 > 2\non b1 print n\non b1 print len(s)\n"
        );
    }
}
