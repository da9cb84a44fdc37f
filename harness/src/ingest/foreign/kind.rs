//! What a file is, by its content: names of files taken in production say little.
//!
//! Input: the bytes, unpacked. Output: a [`ForeignKind`], or in words what it is instead. Must not decode more than that
//! takes.

use crate::format::pprof;

/// First bytes of an execution trace and of a heap dump (`runtime/trace`, `runtime/heapdump.go`, Go 1.22-1.27).
const TRACE: (&[u8], &[u8]) = (b"go 1.", b" trace\0\0\0");
const HEAP_DUMP: &[u8] = b"go1.7 heap dump\n";
/// Begins of lines, and what a file with one of them is.
const LINES: &[(&[u8], ForeignKind)] = &[
    (b"goroutine profile: total ", ForeignKind::GoroutineCounts),
    (b"goroutine ", ForeignKind::GoroutineText),
];
/// Text forms that have no use here, and how to take the form that has.
const TEXTS: &[(&[u8], &str)] = &[
    (b"heap profile: ", "a heap profile in text form: take it without `debug=1`"),
    (b"--- mutex:", "a mutex profile: it tells nothing of memory"),
    (b"--- contention:", "a block profile: it tells nothing of memory"),
];

/// A file that somebody took in production.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ForeignKind {
    /// An execution trace.
    Trace,
    /// A heap profile in pprof's format.
    HeapProfile,
    /// A goroutine profile in pprof's format.
    GoroutineProfile,
    /// A profile in pprof's format that is too damaged to tell of what.
    DamagedProfile,
    /// Stacks of all goroutines as text (`debug=2`, or what SIGQUIT prints).
    GoroutineText,
    /// Goroutines counted by stack, as text (`debug=1`).
    GoroutineCounts,
    /// Text with gctrace's lines, whatever else is in it.
    Gctrace,
    /// What `debug.WriteHeapDump` wrote.
    HeapDump,
}

/// All that is accepted, for messages.
pub const ACCEPTED: &str = "execution traces, heap and goroutine profiles (pprof, not the text form of heap profiles), \
                            goroutine stacks as text, text with lines of gctrace, heap dumps; each also as .gz";

impl ForeignKind {
    /// For people.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Trace => "execution trace",
            Self::HeapProfile => "heap profile",
            Self::GoroutineProfile => "goroutine profile",
            Self::DamagedProfile => "damaged profile",
            Self::GoroutineText => "goroutine stacks",
            Self::GoroutineCounts => "goroutine counts",
            Self::Gctrace => "gctrace",
            Self::HeapDump => "heap dump",
        }
    }

    /// Several of them.
    pub(super) fn plural(self) -> String {
        let words = self.words();
        if words.ends_with('s') { words.to_owned() } else { format!("{words}s") }
    }

    /// Tells what `bytes` are; if nothing that is accepted, what they seem to be.
    ///
    /// # Errors
    /// What it is instead, or that nobody knows.
    pub fn of(bytes: &[u8]) -> Result<Self, String> {
        if bytes.is_empty() {
            return Err("empty".to_owned());
        }
        let is_trace = bytes.starts_with(TRACE.0)
            && bytes.get(..16).is_some_and(|head| head.windows(TRACE.1.len()).any(|part| part == TRACE.1));
        if is_trace {
            return Ok(Self::Trace);
        }
        if bytes.starts_with(HEAP_DUMP) {
            return Ok(Self::HeapDump);
        }
        if let Some((_, what)) = TEXTS.iter().find(|(start, _)| bytes.starts_with(start)) {
            return Err((*what).to_owned());
        }
        if has_gctrace(bytes) {
            return Ok(Self::Gctrace);
        }
        let begins = |start: &[u8]| bytes.split(|byte| *byte == b'\n').any(|line| is_header(line, start));
        if let Some((_, kind)) = LINES.iter().find(|(start, _)| begins(start)) {
            return Ok(*kind);
        }
        profile(bytes)
    }
}

/// `gc 12 @3.456s `: text of other writers may stand before and between.
fn has_gctrace(bytes: &[u8]) -> bool {
    bytes.split(|byte| *byte == b'\n').any(|line| {
        let Some(rest) = line.strip_prefix(b"gc ") else { return false };
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        digits > 0 && rest.get(digits..).is_some_and(|rest| rest.starts_with(b" @"))
    })
}

/// A line that begins with `start` and goes on with a number.
fn is_header(line: &[u8], start: &[u8]) -> bool {
    line.strip_prefix(start).and_then(<[u8]>::first).is_some_and(u8::is_ascii_digit)
}

/// A pprof profile, by its sample types. Only the small messages at its beginning are needed, but they may stand
/// anywhere in it.
fn profile(bytes: &[u8]) -> Result<ForeignKind, String> {
    let read = pprof::Profile::read("", bytes).map_err(|_| "nothing that is known".to_owned())?;
    let kinds: Vec<&str> = read.profile.header.sample_types.iter().map(|one| &*one.kind).collect();
    if kinds.contains(&"inuse_space") {
        Ok(ForeignKind::HeapProfile)
    } else if kinds.iter().any(|kind| kind.starts_with("goroutine")) {
        Ok(ForeignKind::GoroutineProfile)
    } else if !read.problems.is_empty() && kinds.iter().all(|kind| kind.is_empty()) {
        Ok(ForeignKind::DamagedProfile)
    } else if kinds.iter().all(|kind| kind.bytes().all(|byte| byte.is_ascii_graphic())) {
        Err(format!("a profile of {}, which tells nothing of memory", kinds.join(", ")))
    } else {
        Err("nothing that is known".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_told_by_their_content() {
        for (bytes, kind) in [
            (&b"go 1.26 trace\0\0\0rest"[..], ForeignKind::Trace),
            (b"go1.7 heap dump\nrest", ForeignKind::HeapDump),
            (b"listening\ngc 1 @0.012s 3%: 0.1+1", ForeignKind::Gctrace),
            (b"goroutine 1 [running]:\nmain.main()\n", ForeignKind::GoroutineText),
            (b"SIGQUIT: quit\n\ngoroutine 0 gp=0x1 m=0 [idle]:\n", ForeignKind::GoroutineText),
            (b"goroutine profile: total 3\n1 @ 0x1\n", ForeignKind::GoroutineCounts),
        ] {
            assert_eq!(ForeignKind::of(bytes), Ok(kind), "{}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn what_is_of_no_use_is_called_by_its_name() {
        for (bytes, words) in [
            (&b""[..], "empty"),
            (b"hello", "nothing that is known"),
            (b"gc went well @ noon", "nothing that is known"),
            (b"goroutines are fun", "nothing that is known"),
            (b"heap profile: 1: 2 [3: 4] @ heap/1048576\n", "debug=1"),
        ] {
            let error = ForeignKind::of(bytes).unwrap_err();
            assert!(error.contains(words), "{error}");
        }
    }
}
