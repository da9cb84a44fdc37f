//! The lines of a report.
//!
//! `Direct leak of 8192 byte(s) in 2 object(s) allocated from:`, then frames in one of these forms (the file may have a column,
//! the module a build id behind it), then `SUMMARY: AddressSanitizer: 8192 byte(s) leaked in 2 allocation(s).`:
//!
//! ```text
//!     #1 0x54ce97 in sign /src/main.go:12
//!     #1 0x54ce97 in sign (/bin/program+0x54ce97)
//!     #1 0x54ce97  (/bin/program+0x54ce97)
//! ```

use super::NativeFrame;

/// What a line is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Header {
    None,
    /// It begins as one, and does not go on as one.
    Broken,
    Leak {
        direct: bool,
        bytes: u64,
        objects: u64,
    },
}

const KINDS: [(&str, bool); 2] = [("Direct leak of ", true), ("Indirect leak of ", false)];

pub(super) fn header(line: &str) -> Header {
    // A line of the program's that has no end may stand before it.
    let found = KINDS.iter().find_map(|(words, direct)| Some((line.split_once(words)?.1, *direct)));
    let Some((rest, direct)) = found.filter(|(rest, _)| rest.contains(" byte(s)")) else {
        return Header::None;
    };
    let figures = || {
        let (bytes, rest) = rest.split_once(" byte(s) in ")?;
        let (objects, rest) = rest.split_once(" object(s) allocated from:")?;
        rest.is_empty().then_some(())?;
        Some(Header::Leak { direct, bytes: bytes.parse().ok()?, objects: objects.parse().ok()? })
    };
    figures().unwrap_or(Header::Broken)
}

/// Bytes and allocations.
pub(super) fn summary(line: &str) -> Option<(u64, u64)> {
    let (_, rest) = line.split_once("SUMMARY: ")?;
    let (_, rest) = rest.split_once("Sanitizer: ")?;
    let (bytes, rest) = rest.split_once(" byte(s) leaked in ")?;
    Some((bytes.parse().ok()?, rest.split_once(" allocation(s)")?.0.parse().ok()?))
}

pub(super) fn frame(line: &str) -> Option<NativeFrame<'_>> {
    let rest = line.trim_start().strip_prefix('#')?;
    let (number, rest) = rest.split_once(' ')?;
    number.parse::<u32>().ok()?;
    let (address, rest) = rest.trim_start().split_once(' ')?;
    address.starts_with("0x").then_some(())?;
    let rest = rest.trim_end();
    match rest.strip_prefix("in ") {
        Some(named) => Some(named_frame(named)),
        None => Some(NativeFrame { function: module(rest.trim_start())?, file: "", line: 0 }),
    }
}

/// `/bin/program+0x54ce97` of `(/bin/program+0x54ce97) (BuildId: 01ab)`.
fn module(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('(')?;
    let inner = inner.split_once(" (BuildId: ").map_or(inner, |(module, _)| module);
    inner.strip_suffix(')').filter(|module| module.contains("+0x"))
}

fn named_frame(text: &str) -> NativeFrame<'_> {
    let of_module = text.match_indices(" (").find(|(at, _)| module(&text[at + 1..]).is_some());
    if let Some((at, _)) = of_module {
        return NativeFrame { function: text[..at].trim_end(), file: "", line: 0 };
    }
    // Names of C++ have spaces, and so may a file's; only a file begins with a slash.
    let split = text.find(" /").or_else(|| text.rfind(' '));
    let placed = split.and_then(|at| Some((&text[..at], place(&text[at + 1..])?)));
    match placed {
        Some((function, (file, line))) => NativeFrame { function, file, line },
        None => NativeFrame { function: text, file: "", line: 0 },
    }
}

/// `FILE:LINE`, or `FILE:LINE:COLUMN`.
fn place(text: &str) -> Option<(&str, u32)> {
    let (before, last) = text.rsplit_once(':')?;
    let last = last.parse::<u32>().ok()?;
    match before.rsplit_once(':').and_then(|(file, line)| Some((file, line.parse::<u32>().ok()?))) {
        Some(placed) => Some(placed),
        None => Some((before, last)),
    }
}
