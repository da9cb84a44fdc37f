//! An event as a line of text:
//!
//! ```text
//! 0.001234567 m=3 p=0 g=17 GoBlock reason="chan receive" at main.worker main.go:42
//! ```
//!
//! Five columns that are always there (`-` for none): seconds since the trace began, thread, processor, goroutine,
//! kind. Then the kind's own fields, then the innermost frame that is not the runtime's. With stacks, a line per frame
//! follows, indented by a tab. Everything that comes from the program is quoted or shown without control characters.

use std::io::Write as _;

use super::fields::{Fields, fields};
use super::{EventStyle, kind_name};
use crate::format::exectrace::{Event, EventKind, FrameView, Reader, StackId, StringId, TypeId};

pub(super) fn write(
    out: &mut Vec<u8>,
    event: &Event,
    kind: &EventKind,
    reader: &Reader<'_>,
    style: &EventStyle,
) {
    seconds(out, event.time.since(style.start).0);
    column(out, " m=", event.thread().map(|thread| thread.0));
    column(out, " p=", event.proc().map(|proc| proc.0));
    column(out, " g=", event.goroutine().map(|goroutine| goroutine.0));
    out.push(b' ');
    out.extend_from_slice(kind_name(kind).as_bytes());
    fields(kind, &mut Line { out, reader });
    let stack = reader.stack(event.stack());
    match stack {
        Some(stack) if style.stacks => {
            out.push(b'\n');
            stack.frames().for_each(|frame| whole_frame(out, &frame));
        }
        Some(stack) => {
            if let Some(frame) = shown(stack.frames()) {
                out.extend_from_slice(b" at ");
                short_frame(out, &frame);
            }
            out.push(b'\n');
        }
        None => out.push(b'\n'),
    }
}

/// The innermost frame outside of package runtime, else the innermost one.
pub(super) fn shown<'r>(mut frames: impl Iterator<Item = FrameView<'r>>) -> Option<FrameView<'r>> {
    let first = frames.next()?;
    if !is_runtimes(first.function) {
        return Some(first);
    }
    let other = frames.find(|frame| !is_runtimes(frame.function));
    // The runtime's goroutines can have a frame without a name, and none that says more.
    other.or(Some(first)).filter(|frame| !frame.function.is_empty())
}

fn is_runtimes(function: &str) -> bool {
    function.is_empty()
        || ["runtime.", "internal/runtime/", "sync.", "internal/sync."]
            .iter()
            .any(|package| function.starts_with(package))
}

struct Line<'o, 'a> {
    out: &'o mut Vec<u8>,
    reader: &'o Reader<'a>,
}

impl Line<'_, '_> {
    fn name(&mut self, name: &str) {
        self.out.push(b' ');
        self.out.extend_from_slice(name.as_bytes());
        self.out.push(b'=');
    }
}

impl Fields for Line<'_, '_> {
    fn number(&mut self, name: &'static str, value: u64) {
        self.name(name);
        digits(self.out, value);
    }

    fn word(&mut self, name: &'static str, value: &'static str) {
        self.name(name);
        self.out.extend_from_slice(value.as_bytes());
    }

    fn string(&mut self, name: &'static str, value: StringId) {
        if let Some(text) = self.reader.string(value) {
            self.name(name);
            quoted(self.out, text);
        }
    }

    fn start(&mut self, stack: StackId) {
        let Some(frame) = self.reader.stack(stack).and_then(|stack| stack.frames().next()) else { return };
        self.name("start");
        harmless(self.out, frame.function);
    }

    fn go_type(&mut self, of: TypeId) {
        if let Some(known) = self.reader.alloc_type(of) {
            let (name, size) = (known.name, known.size);
            self.name("type");
            quoted(self.out, name);
            self.number("size", size);
        }
    }
}

/// `12.000000345`; a time before the start, which only damage makes, as zero.
fn seconds(out: &mut Vec<u8>, nanoseconds: i64) {
    let ns = u64::try_from(nanoseconds).unwrap_or(0);
    digits(out, ns / 1_000_000_000);
    out.push(b'.');
    let mut fraction = [b'0'; 9];
    let mut rest = ns % 1_000_000_000;
    for digit in fraction.iter_mut().rev() {
        *digit = digit_of(rest);
        rest /= 10;
    }
    out.extend_from_slice(&fraction);
}

fn digit_of(number: u64) -> u8 {
    b'0' + (number % 10).to_le_bytes()[0]
}

pub(super) fn digits(out: &mut Vec<u8>, number: u64) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

fn column(out: &mut Vec<u8>, name: &str, id: Option<u64>) {
    out.extend_from_slice(name.as_bytes());
    match id {
        Some(id) => digits(out, id),
        None => out.push(b'-'),
    }
}

/// In quotes, with quotes, backslashes and control characters escaped as Rust and Go write them.
pub(super) fn quoted(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    match text.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\') {
        true => out.extend_from_slice(text.as_bytes()),
        // A vector takes all that is written.
        false => text.chars().for_each(|c| match c {
            '"' | '\\' => drop(write!(out, "\\{c}")),
            _ => drop(write!(out, "{}", Shown(c))),
        }),
    }
    out.push(b'"');
}

/// Without control characters.
fn harmless(out: &mut Vec<u8>, text: &str) {
    match text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        true => out.extend_from_slice(text.as_bytes()),
        false => text.chars().for_each(|c| drop(write!(out, "{}", Shown(c)))),
    }
}

struct Shown(char);

impl std::fmt::Display for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut buffer = [0; 4];
        f.write_str(&crate::report::terminal::text::clean(self.0.encode_utf8(&mut buffer)))
    }
}

fn short_frame(out: &mut Vec<u8>, frame: &FrameView<'_>) {
    harmless(out, frame.function);
    out.push(b' ');
    place(out, frame.file.rsplit('/').next().unwrap_or(frame.file), frame.line);
}

fn whole_frame(out: &mut Vec<u8>, frame: &FrameView<'_>) {
    out.push(b'\t');
    harmless(out, frame.function);
    out.push(b' ');
    place(out, frame.file, frame.line);
    out.push(b'\n');
}

fn place(out: &mut Vec<u8>, file: &str, line: u32) {
    harmless(out, file);
    out.push(b':');
    digits(out, u64::from(line));
}
