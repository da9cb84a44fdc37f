//! What is kept of a process's output stream: its start and its end, within a fixed number of bytes.
//!
//! Input: the read end of a pipe. Must not block its caller beyond the given moment, since a stray
//! process may hold the pipe open.

use std::collections::VecDeque;
use std::io::{PipeReader, Read};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Instant;

/// Captured output.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Captured {
    head: Vec<u8>,
    tail: VecDeque<u8>,
    total: u64,
    half: usize,
}

impl Captured {
    /// Keeps at most `limit` bytes.
    fn with_limit(limit: usize) -> Self {
        Self { half: limit / 2, ..Self::default() }
    }

    fn push(&mut self, bytes: &[u8]) {
        self.total += bytes.len() as u64;
        let room = self.half.saturating_sub(self.head.len()).min(bytes.len());
        self.head.extend_from_slice(&bytes[..room]);
        self.tail.extend(&bytes[room..]);
        let excess = self.tail.len().saturating_sub(self.half);
        self.tail.drain(..excess);
    }

    /// Bytes that were not kept.
    #[must_use]
    pub fn left_out(&self) -> u64 {
        self.total - (self.head.len() + self.tail.len()) as u64
    }

    /// As text; invalid UTF-8 is replaced, and a gap is told.
    #[must_use]
    pub fn text(&self) -> String {
        let tail: Vec<u8> = self.tail.iter().copied().collect();
        match self.left_out() {
            0 => String::from_utf8_lossy(&[self.head.as_slice(), &tail].concat()).into_owned(),
            n => {
                let (head, tail) = (String::from_utf8_lossy(&self.head), String::from_utf8_lossy(&tail));
                format!("{head}\n[… {n} bytes left out …]\n{tail}")
            }
        }
    }
}

/// Reads a pipe on a thread of its own.
pub(super) struct Collector {
    kept: Arc<Mutex<Captured>>,
    done: Receiver<()>,
}

impl Collector {
    pub(super) fn start(pipe: PipeReader, limit: usize) -> Self {
        let kept = Arc::new(Mutex::new(Captured::with_limit(limit)));
        let (sender, done) = channel();
        let target = Arc::clone(&kept);
        thread::spawn(move || {
            drain(pipe, &target);
            // Nobody listens any more when the wait was given up.
            let _ = sender.send(());
        });
        Self { kept, done }
    }

    /// What came until the pipe's end, or until `deadline`.
    pub(super) fn finish(self, deadline: Instant) -> Captured {
        // An error is a timeout (or a reader that is gone): what has come is what there is.
        let _ = self.done.recv_timeout(deadline.saturating_duration_since(Instant::now()));
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn drain(mut pipe: PipeReader, target: &Mutex<Captured>) {
    let mut buffer = vec![0; 16 << 10];
    while let Ok(n @ 1..) = pipe.read(&mut buffer) {
        target.lock().unwrap_or_else(PoisonError::into_inner).push(&buffer[..n]);
    }
}
