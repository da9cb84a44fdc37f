//! How a run goes while it goes: cycles, live heap, goroutines, operations, read from the files that it writes.
//!
//! Input: the run's directory. Output: a line below that of the progress. Only on a terminal, and only the ends of files
//! are read, now and then: the run does not notice.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};

use super::line::Detail;
use super::progress::Shown;
use crate::format::gctrace::{Reader, Record};
use crate::format::proberec::{Checkpoint, skim};
use crate::ingest::{GCTRACE_FILE, PROBE_FILE};
use crate::model::Bytes;
use crate::report::{bytes_text, counted_text};

/// Between two looks.
const EVERY: Duration = Duration::from_millis(300);
/// Bytes of gctrace that are read in a look: some hundred lines.
const TAIL: u64 = 32 << 10;
/// Bytes of records that are read in a step, and steps in a look.
const STEP: u64 = 64 << 10;
const STEPS: usize = 1000;

/// Looks at a run until it is dropped.
#[derive(Debug)]
pub(super) struct Live {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Live {
    /// Looks at the run in `dir` and tells `shown`.
    pub(super) fn new(dir: &Utf8Path, shown: Shown) -> Self {
        let (stop, stopped) = mpsc::channel();
        let mut seen = Seen::of(dir);
        let look = move || {
            while stopped.recv_timeout(EVERY) == Err(RecvTimeoutError::Timeout) {
                shown.tell(seen.look());
            }
        };
        // Without a thread there is no message.
        let thread = std::thread::Builder::new().name("live".to_owned()).spawn(look).ok();
        Self { stop: Some(stop), thread }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        drop(self.stop.take());
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

/// What was seen of a run.
#[derive(Debug, Default)]
struct Seen {
    dir: Utf8PathBuf,
    /// Where in the probe's records to go on.
    at: u64,
    checkpoint: Option<Checkpoint>,
}

impl Seen {
    fn of(dir: &Utf8Path) -> Self {
        Self { dir: dir.to_owned(), ..Self::default() }
    }

    /// Looks again. A file that is not there yet, or cannot be read, has nothing to say.
    fn look(&mut self) -> Vec<Detail> {
        let mut told = Vec::new();
        let mut tell = |long: String, short: String| told.push(Detail { long, short });
        if let Some((cycle, live)) = last_cycle(&self.dir.join(GCTRACE_FILE)).ok().flatten() {
            let (cycles, live) = (counted_text(cycle, "GC cycle"), bytes_text(live));
            tell(cycles, counted_text(cycle, "GC"));
            tell(format!("live heap {live}"), format!("{live} live"));
        }
        let _ = self.go_on();
        if let Some(checkpoint) = &self.checkpoint {
            let goroutines = checkpoint.goroutines.saturating_sub(checkpoint.own_goroutines);
            let (goroutines, operations) = (counted_text(goroutines, "goroutine"), checkpoint.operations.0);
            tell(goroutines.clone(), goroutines);
            tell(counted_text(operations, "operation"), counted_text(operations, "op"));
        }
        told
    }

    /// Reads on in the probe's records.
    fn go_on(&mut self) -> io::Result<()> {
        let mut file = File::open(self.dir.join(PROBE_FILE))?;
        for _ in 0..STEPS {
            let mut bytes = Vec::new();
            file.seek(SeekFrom::Start(self.at))?;
            (&mut file).take(STEP).read_to_end(&mut bytes)?;
            let seen = skim(&bytes, self.at);
            self.checkpoint = seen.checkpoint.or(self.checkpoint.take());
            if seen.used == 0 || bytes.is_empty() {
                break;
            }
            self.at = self.at.saturating_add(seen.used);
        }
        Ok(())
    }
}

/// Number and live heap of the last cycle that gctrace tells of.
fn last_cycle(path: &Utf8Path) -> io::Result<Option<(u64, Bytes)>> {
    let mut file = File::open(path)?;
    let from = file.metadata()?.len().saturating_sub(TAIL);
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    file.take(TAIL).read_to_end(&mut bytes)?;
    // The last line may be half written, the first half read.
    let end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |place| place + 1);
    let begin =
        if from == 0 { 0 } else { bytes.iter().position(|byte| *byte == b'\n').map_or(end, |at| at + 1) };
    let lines = bytes.get(begin..end).unwrap_or_default();
    let cycles = Reader::new(GCTRACE_FILE, lines).filter_map(|record| match record {
        Record::Cycle(line) => Some((line.n.0, line.heap_marked.floor())),
        _ => None,
    });
    Ok(cycles.last())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorded() -> camino::Utf8PathBuf {
        Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/captures/proberec")
    }

    #[test]
    fn a_growing_file_is_told_by_its_last_whole_line() {
        let dir = tempfile::tempdir().unwrap();
        let dir = Utf8Path::from_path(dir.path()).unwrap();
        assert_eq!(Seen::of(dir).look(), [], "nothing is there yet");
        let line = |n: u32, live: u32| {
            format!(
                "gc {n} @0.{n}00s 2%: 0.030+0.82+0.003 ms clock, 0.060+0.10/0.73/0.20+0.006 ms cpu, 4->5->{live} MB, 5 MB goal, 0 MB stacks, 0 MB globals, 2 P\n"
            )
        };
        let text = line(1, 3) + &line(2, 4) + "gc 3 @0.300s 2%: 0.0";
        std::fs::write(dir.join(GCTRACE_FILE), text).unwrap();
        let told = Seen::of(dir).look();
        let long: Vec<&str> = told.iter().map(|detail| detail.long.as_str()).collect();
        let short: Vec<&str> = told.iter().map(|detail| detail.short.as_str()).collect();
        assert_eq!((long, short), (vec!["2 GC cycles", "live heap 4.0 MiB"], vec!["2 GCs", "4.0 MiB live"]));
    }

    #[test]
    fn records_are_read_on_from_where_the_last_look_ended() {
        let whole = std::fs::read(recorded().join("step-go1.27.4.rec")).unwrap();
        let dir = tempfile::tempdir().unwrap();
        let dir = Utf8Path::from_path(dir.path()).unwrap();
        let mut seen = Seen::of(dir);
        for end in [0, 5, 900, whole.len() / 2, whole.len() / 2 + 1, whole.len()] {
            std::fs::write(dir.join(PROBE_FILE), &whole[..end]).unwrap();
            seen.look();
        }
        let records = crate::format::proberec::Reader::new("sample.rec", &whole);
        let last = records.filter_map(|record| match record {
            crate::format::proberec::Record::Checkpoint(checkpoint) => Some(checkpoint),
            _ => None,
        });
        assert_eq!(seen.checkpoint, last.last());
        assert!(seen.checkpoint.is_some());
    }
}
