//! The process table: who belongs to a test run, and who is still there.
//!
//! A process belongs to a run when it carries the run's mark in its environment, which children
//! inherit, or when its executable or an argument lies in the run's directory, which catches one
//! whose environment was cleared.

use std::fs;

use anyhow::{Context, Result};
use camino::Utf8Path;

/// A live process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// Process id.
    pub pid: u32,
    /// Arguments, joined with blanks.
    pub command: String,
}

/// Live processes of the run with this mark or in this directory, by pid, without ourselves.
pub(crate) fn belonging_to(mark: &str, directory: &Utf8Path) -> Result<Vec<Process>> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").context("no process table")? {
        // Processes come and go meanwhile: what cannot be read any more is gone.
        let Ok(entry) = entry else { continue };
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        if pid != std::process::id() {
            found.extend(member(pid, mark, directory));
        }
    }
    found.sort_by_key(|process: &Process| process.pid);
    Ok(found)
}

fn member(pid: u32, mark: &str, directory: &Utf8Path) -> Option<Process> {
    // Zombies have no command line any more; they wait for their parent and hold nothing.
    let arguments = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let words: Vec<String> =
        arguments.split(|byte| *byte == 0).map(|word| String::from_utf8_lossy(word).into_owned()).collect();
    let command = words.join(" ").trim().to_owned();
    let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    let marked = environment.split(|byte| *byte == 0).any(|variable| variable == mark.as_bytes());
    let executable = fs::read_link(format!("/proc/{pid}/exe")).unwrap_or_default();
    let inside =
        executable.starts_with(directory) || words.iter().any(|word| word.starts_with(directory.as_str()));
    (!command.is_empty() && (marked || inside)).then_some(Process { pid, command })
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};
    use std::time::Duration;

    use super::*;

    /// The process as the table shows it. A program that was just started may still be on its way
    /// in, and has neither arguments nor environment until it is there.
    fn await_process(mark: &str, directory: &Utf8Path) -> Vec<Process> {
        for _ in 0..500 {
            let found = belonging_to(mark, directory).unwrap();
            if !found.is_empty() {
                return found;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Vec::new()
    }

    #[test]
    fn a_process_is_found_by_its_mark_until_it_ends() {
        let mark = format!("HARNESS_TEST_MARK=processes-{}", std::process::id());
        let (name, value) = mark.split_once('=').unwrap();
        let nowhere = Utf8Path::new("/nonexistent-directory");
        let mut child = Command::new("sleep").arg("60").env(name, value).spawn().unwrap();

        let found = await_process(&mark, nowhere);
        child.kill().unwrap();
        child.wait().unwrap();

        assert_eq!(found, [Process { pid: child.id(), command: "sleep 60".to_owned() }]);
        assert_eq!(belonging_to(&mark, nowhere).unwrap(), []);
    }

    #[test]
    fn a_process_without_the_mark_is_found_by_its_directory() {
        let directory = tempfile::tempdir().unwrap();
        let path = Utf8Path::from_path(directory.path()).unwrap();
        let script = path.join("wait.sh");
        fs::write(&script, "read line\n").unwrap();
        let mut child = Command::new("sh").arg(&script).env_clear().stdin(Stdio::piped()).spawn().unwrap();

        let found = await_process("NO_SUCH=mark", path);
        child.kill().unwrap();
        child.wait().unwrap();

        assert_eq!(found.iter().map(|process| process.pid).collect::<Vec<_>>(), [child.id()]);
    }
}
