//! Hands over a profile's protobuf bytes, with gzip taken off, part by part and up to a limit.
//!
//! Input: the file's bytes. Output: the protobuf bytes in order, to whoever reads them while the next are still being
//! decompressed on another thread. A damaged stream gives what came before the damage.

use std::io::Read as _;
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::thread;

use flate2::bufread::MultiGzDecoder;

use crate::format::problems::Problems;

/// First bytes of every gzip member.
const MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Decompressed at once: small enough for the next level of cache, so that the reader finds it there.
const PART: usize = 256 << 10;
/// Parts that wait to be read.
const N_WAITING: usize = 4;
/// A file this small is read before another thread has started.
const SMALL: usize = 64 << 10;

/// Who reads.
pub(super) trait Sink {
    /// Reads what it can of `bytes`, which end with the file if `is_last`; returns how much. What is left comes again,
    /// with more behind it.
    fn take(&mut self, bytes: &[u8], is_last: bool) -> usize;
    /// Wants no more.
    fn is_done(&self) -> bool;
}

/// Why the bytes end before the file does.
type Damage = Option<(u64, String, String)>;

/// Gives all protobuf bytes of `file` to `sink`, at most `limit` of them.
pub(super) fn pour(file: &[u8], limit: u64, sink: &mut impl Sink, problems: &mut Problems) {
    if !file.starts_with(&MAGIC) {
        let len = usize::try_from(limit).unwrap_or(usize::MAX).min(file.len());
        if len < file.len() {
            problems.add(limit, "profile", &at_most(limit), format!("{} bytes", file.len()));
        }
        sink.take(&file[..len], true);
        return;
    }
    let damage = if file.len() <= SMALL { alone(file, limit, sink) } else { together(file, limit, sink) };
    if let Some((offset, expected, found)) = damage {
        problems.add(offset, "gzip stream", &expected, found);
    }
}

fn at_most(limit: u64) -> String {
    format!("at most {limit} bytes of profile")
}

/// On this thread.
fn alone(file: &[u8], limit: u64, sink: &mut impl Sink) -> Damage {
    let mut pool = Pool::default();
    let damage = inflate(file, limit, &mut Vec::new, &mut |part| {
        pool.add(part, sink);
        !sink.is_done()
    });
    pool.finish(sink);
    damage
}

/// With another one that decompresses ahead.
fn together(file: &[u8], limit: u64, sink: &mut impl Sink) -> Damage {
    let (filled, parts) = sync_channel::<Vec<u8>>(N_WAITING);
    let (used, empty) = channel::<Vec<u8>>();
    thread::scope(|scope| {
        let name = thread::Builder::new().name("pprof-inflate".to_owned());
        match name.spawn_scoped(scope, move || ahead(file, limit, &filled, &empty)) {
            Ok(thread) => {
                let mut pool = Pool::default();
                while let Ok(part) = parts.recv() {
                    if let Some(part) = pool.add(part, sink) {
                        // Nobody fills parts again after the last one.
                        let _ = used.send(part);
                    }
                    if sink.is_done() {
                        break;
                    }
                }
                // The thread waits for nothing any more.
                drop(parts);
                pool.finish(sink);
                thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            }
            // No thread to be had.
            Err(_) => alone(file, limit, sink),
        }
    })
}

fn ahead(file: &[u8], limit: u64, filled: &SyncSender<Vec<u8>>, empty: &Receiver<Vec<u8>>) -> Damage {
    inflate(file, limit, &mut || empty.try_recv().unwrap_or_default(), &mut |part| filled.send(part).is_ok())
}

/// Decompresses part by part, until `give` is false.
fn inflate(
    file: &[u8],
    limit: u64,
    part: &mut dyn FnMut() -> Vec<u8>,
    give: &mut dyn FnMut(Vec<u8>) -> bool,
) -> Damage {
    let mut decoder = MultiGzDecoder::new(file);
    let mut left = limit;
    loop {
        let mut bytes = part();
        bytes.resize(PART, 0);
        let (len, error) = fill(&mut decoder, &mut bytes);
        let at = (file.len() - decoder.get_ref().len()) as u64;
        let allowed = usize::try_from(left).unwrap_or(usize::MAX).min(len);
        bytes.truncate(allowed);
        left -= allowed as u64;
        let is_wanted = give(bytes);
        if allowed < len {
            return Some((at, at_most(limit), "more".to_owned()));
        }
        if let Some(error) = error {
            return Some((at, "intact compressed data".to_owned(), error.to_string()));
        }
        if len < PART || !is_wanted {
            return None;
        }
    }
}

/// Fills `bytes`; less only at the end or before damage.
fn fill(decoder: &mut MultiGzDecoder<&[u8]>, bytes: &mut [u8]) -> (usize, Option<std::io::Error>) {
    let mut len = 0;
    while len < bytes.len() {
        match decoder.read(&mut bytes[len..]) {
            Ok(0) => break,
            Ok(more) => len += more,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return (len, Some(error)),
        }
    }
    (len, None)
}

/// What was decompressed and not read yet: less than a field, and a part.
#[derive(Debug, Default)]
struct Pool {
    bytes: Vec<u8>,
}

impl Pool {
    /// Adds a part and has it read. Returns a buffer to fill again.
    fn add(&mut self, part: Vec<u8>, sink: &mut impl Sink) -> Option<Vec<u8>> {
        let used = if self.bytes.is_empty() {
            std::mem::replace(&mut self.bytes, part)
        } else {
            self.bytes.extend_from_slice(&part);
            part
        };
        let read = sink.take(&self.bytes, false).min(self.bytes.len());
        self.bytes.drain(..read);
        (used.capacity() > 0).then_some(used)
    }

    fn finish(&mut self, sink: &mut impl Sink) {
        sink.take(&self.bytes, true);
    }
}
