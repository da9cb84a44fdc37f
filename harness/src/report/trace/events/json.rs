//! An event as one object of JSON on a line:
//!
//! ```json
//! {"time":1234567,"m":3,"p":0,"g":17,"kind":"GoBlock","reason":"chan receive","at":{"function":"main.worker","file":"/src/main.go","line":42}}
//! ```
//!
//! `time` is nanoseconds since the trace began. `m`, `p` and `g` are absent where there is none. `at` is the innermost
//! frame that is not the runtime's; with stacks, `stack` has all of them.

use super::fields::{Fields, fields};
use super::line::{digits, shown};
use super::{EventStyle, kind_name};
use crate::format::exectrace::{Event, EventKind, FrameView, Reader, StackId, StringId, TypeId};

pub(super) fn write(
    out: &mut Vec<u8>,
    event: &Event,
    kind: &EventKind,
    reader: &Reader<'_>,
    style: &EventStyle,
) {
    out.extend_from_slice(b"{\"time\":");
    digits(out, u64::try_from(event.time.since(style.start).0).unwrap_or(0));
    let mut object = Object { out, reader };
    if let Some(thread) = event.thread() {
        object.number("m", thread.0);
    }
    if let Some(proc) = event.proc() {
        object.number("p", proc.0);
    }
    if let Some(goroutine) = event.goroutine() {
        object.number("g", goroutine.0);
    }
    object.word("kind", kind_name(kind));
    fields(kind, &mut object);
    object.stack(event.stack(), style.stacks);
    out.extend_from_slice(b"}\n");
}

struct Object<'o, 'a> {
    out: &'o mut Vec<u8>,
    reader: &'o Reader<'a>,
}

impl Object<'_, '_> {
    fn name(&mut self, name: &str) {
        self.out.extend_from_slice(b",\"");
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
    }

    fn stack(&mut self, id: StackId, whole: bool) {
        let Some(stack) = self.reader.stack(id).filter(|stack| !stack.is_empty()) else { return };
        if !whole {
            if let Some(at) = shown(stack.frames()) {
                self.name("at");
                frame(self.out, &at);
            }
            return;
        }
        self.name("stack");
        for (n, of) in stack.frames().enumerate() {
            self.out.push(if n == 0 { b'[' } else { b',' });
            frame(self.out, &of);
        }
        self.out.push(b']');
    }
}

impl Fields for Object<'_, '_> {
    fn number(&mut self, name: &'static str, value: u64) {
        self.name(name);
        digits(self.out, value);
    }

    fn word(&mut self, name: &'static str, value: &'static str) {
        self.name(name);
        quoted(self.out, value);
    }

    fn string(&mut self, name: &'static str, value: StringId) {
        if let Some(text) = self.reader.string(value) {
            self.name(name);
            quoted(self.out, text);
        }
    }

    fn start(&mut self, stack: StackId) {
        if let Some(first) = self.reader.stack(stack).and_then(|stack| stack.frames().next()) {
            self.name("start");
            frame(self.out, &first);
        }
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

fn frame(out: &mut Vec<u8>, frame: &FrameView<'_>) {
    out.extend_from_slice(b"{\"function\":");
    quoted(out, frame.function);
    out.extend_from_slice(b",\"file\":");
    quoted(out, frame.file);
    out.extend_from_slice(b",\"line\":");
    digits(out, u64::from(frame.line));
    out.push(b'}');
}

/// A string has a JSON form, and a vector takes all that is written: this cannot fail.
fn quoted(out: &mut Vec<u8>, text: &str) {
    let _ = serde_json::to_writer(out, text);
}
