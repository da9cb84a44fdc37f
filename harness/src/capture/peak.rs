//! Peak resident set size of a program.
//!
//! The kernel's own figure (`ru_maxrss`) begins with the memory of whoever started the program: on Linux `execve` books the
//! high-water mark of the memory it replaces, which is ours. It counts only where it is larger than that; below, what was
//! seen in `/proc` while the program ran is the better figure, short of what it took in its last moments.

use std::cell::Cell;
use std::fs;
use std::time::{Duration, Instant};

use crate::model::Bytes;

/// Time between two looks.
const LOOK: Duration = Duration::from_millis(10);

/// What was seen so far.
#[derive(Debug)]
pub(super) struct Peak {
    status: String,
    own: u64,
    seen: Cell<u64>,
    last: Cell<Option<Instant>>,
}

impl Peak {
    /// For the process `pid`, just started.
    pub(super) fn new(pid: u32) -> Self {
        let own = high_water("/proc/self/status").unwrap_or(0);
        Self { status: format!("/proc/{pid}/status"), own, seen: Cell::new(0), last: Cell::new(None) }
    }

    /// Looks, unless it has just looked.
    pub(super) fn look(&self) {
        if self.last.get().is_some_and(|last| last.elapsed() < LOOK) {
            return;
        }
        self.last.set(Some(Instant::now()));
        // A process that is no more has no such line.
        self.seen.set(self.seen.get().max(high_water(&self.status).unwrap_or(0)));
    }

    /// The best figure, now that the process has ended with `ru_maxrss` bytes.
    pub(super) fn of(&self, maxrss: u64) -> Bytes {
        let seen = self.seen.get();
        Bytes(if maxrss > self.own || seen == 0 { maxrss } else { seen })
    }
}

/// `VmHWM` in bytes.
fn high_water(status: &str) -> Option<u64> {
    let text = fs::read_to_string(status).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_high_water_mark_is_read_in_bytes() {
        let own = high_water("/proc/self/status").expect("a status");
        assert!(own > 1 << 20 && own.is_multiple_of(1024));
        assert_eq!(high_water("/proc/self/nothing"), None);
    }
}
