//! Which stacks call functions that open or close something outside of Go's heap, and how often by each checkpoint.
//!
//! A system call's or cgo call's begin carries the caller's stack. A stack of a library's goroutine has no line of
//! the user's, so behind it comes the stack on which the goroutine was created, and so on from child to parent.
//! What a call is for is told by the name of the innermost function alone (`model::CallEffect`): its arguments and
//! result are not in the trace. System calls that do not block (`socket`, `pipe2`, `epoll_create1`, `inotify_init1`)
//! go through `syscall.RawSyscall`, which the runtime does not trace (Go 1.22-1.27); a probed build has those of package
//! syscall traced (`go/instrument/rawcalls.go`), not those of golang.org/x/sys.

use std::collections::HashMap;

use crate::format::exectrace::{Event, EventKind, Names, Reader, StackId};
use crate::model::{CallEffect, CallSite, Stack};

use super::chains::{ChainId, Chains};

/// Stacks that are told apart; further ones are not counted.
const MAX_SITES: usize = 1 << 14;

/// Counts calls.
#[derive(Debug, Default)]
pub(super) struct Calls {
    sites: Vec<CallSite>,
    counts: Vec<u64>,
    site_of: HashMap<(Stack, ChainId), u32>,
    /// Ids of this generation that were resolved already; `None` is of no interest.
    known: HashMap<(StackId, ChainId), Option<u32>>,
    n_checkpoints: usize,
}

impl Calls {
    /// Stack ids are about to mean something else.
    pub(super) fn new_generation(&mut self) {
        self.known.clear();
    }

    /// Notes how many calls there were.
    pub(super) fn checkpoint(&mut self) {
        for (site, count) in self.sites.iter_mut().zip(&self.counts) {
            site.calls_at.push(*count);
        }
        self.n_checkpoints += 1;
    }

    /// Looks at one event.
    pub(super) fn event(
        &mut self,
        event: &Event,
        chains: &Chains<'_>,
        (reader, names): (&Reader<'_>, &mut Names),
    ) {
        if !matches!(event.kind(), EventKind::GoSyscallBegin) {
            return;
        }
        let key = (event.stack(), chains.of(event.goroutine()));
        let site = match self.known.get(&key) {
            Some(known) => *known,
            None => {
                let site = self.site(names.stack(reader.stack(key.0)), key.1, chains);
                self.known.insert(key, site);
                site
            }
        };
        if let Some(count) = site.and_then(|site| self.counts.get_mut(site as usize)) {
            *count += 1;
        }
    }

    fn site(&mut self, stack: Stack, chain: ChainId, chains: &Chains<'_>) -> Option<u32> {
        let effect = CallEffect::of(&stack)?;
        let key = (stack, chain);
        if let Some(known) = self.site_of.get(&key) {
            return Some(*known);
        }
        let index = u32::try_from(self.sites.len()).ok().filter(|_| self.sites.len() < MAX_SITES)?;
        let creation = chains.frames(chain);
        self.sites.push(CallSite {
            effect,
            stack: key.0.iter().chain(creation.iter()).cloned().collect(),
            own: key.0.len(),
            calls_at: vec![0; self.n_checkpoints],
        });
        self.counts.push(0);
        self.site_of.insert(key, index);
        Some(index)
    }

    /// All call sites.
    pub(super) fn finish(self) -> Vec<CallSite> {
        self.sites
    }
}

#[cfg(test)]
mod tests {
    use harness_synth::encode;

    use super::super::fold;
    use crate::ingest::Watch;
    use crate::model::{CallEffect, ModuleTable, MonotonicTime};

    /// A goroutine of a library that opens a file twice, reads, and closes once; it was created by one that the user's
    /// line created. The second checkpoint is after the end.
    const LIBRARY: &str = r#"
thread 10 at=1000
  +10 ProcStatus p=0 state=running
  +10 GoStatus g=1 m=10 state=running
  +10 GoCreate g=7 start="lib.run l.go:1" stack="lib.New l.go:3; main.open a.go:9"
  +10 GoBlock reason="chan receive" stack="main.main a.go:10"
  +10 GoStart g=7 seq=1
  +10 GoCreate g=8 start="lib.read l.go:30" stack="lib.run l.go:5"
  +10 GoBlock reason="select" stack="lib.run l.go:6"
  +10 GoStart g=8 seq=1
  +10 GoSyscallBegin seq=1 stack="syscall.openat s.go:1; lib.read l.go:31"
  +10 GoSyscallEnd
  +10 GoSyscallBegin seq=2 stack="syscall.read s.go:1; lib.read l.go:32"
  +10 GoSyscallEnd
  +100 GoSyscallBegin seq=3 stack="syscall.openat s.go:1; lib.read l.go:31"
  +10 GoSyscallEnd
  +10 GoSyscallBegin seq=4 stack="syscall.Close s.go:1; lib.read l.go:33"
  +10 GoSyscallEnd
end
"#;

    #[test]
    fn calls_are_counted_by_stack_with_the_creation_of_their_goroutine_behind_it() {
        let trace = encode(LIBRARY, 23).unwrap_or_else(|error| panic!("{error:?}"));
        let moments = [MonotonicTime(1150), MonotonicTime(9000)];
        let piece = fold(("t", &trace.bytes), &moments, &ModuleTable::default(), Watch::NONE).unwrap();
        let [opens, closes] = &piece.calls[..] else { panic!("{:?}", piece.calls) };
        assert_eq!((opens.effect, &opens.calls_at[..]), (CallEffect::Opens, &[1, 2][..]));
        assert_eq!((closes.effect, &closes.calls_at[..]), (CallEffect::Closes, &[0, 1][..]));
        let functions: Vec<&str> = opens.stack.iter().map(|frame| &*frame.function).collect();
        assert_eq!(functions, ["syscall.openat", "lib.read", "lib.run", "lib.New", "main.open"]);
        assert_eq!(opens.own, 2);
    }
}
