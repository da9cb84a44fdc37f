//! What users of the decoder hold: the events one by one, and what their ids mean.

use std::path::Path;
use std::sync::Arc;

use super::allocfree::{AllocInfo, AllocType};
use super::engine::{Chunk, Engine};
use super::event::Event;
use super::feed::{Ahead, Feed, Source};
use super::ids::{KEPT, StackId, StringId, TypeId};
use super::pipe::Pipe;
use super::problems::Problems;
use super::stack::StackView;
use super::version::{HEADER_LEN, OpenError, Version};
use crate::format::{Input, Problem};

/// Files from this length on are decoded and ordered by threads of their own.
const MIN_LEN_FOR_THREADS: u64 = 1 << 20;

/// Events that are handed on together within a thread: they stay in its cache.
const BATCH_AT_ONCE: usize = 1 << 10;

/// And from one thread to another: enough that waking it costs little.
const BATCH_AHEAD: usize = 1 << 13;

/// Reads one trace.
#[derive(Debug)]
pub struct Reader<'a> {
    file: String,
    version: Version,
    len: u64,
    back: Back<'a>,
    chunk: Chunk,
    next: usize,
    /// Names that outlive their generation, by number.
    names: Vec<Arc<str>>,
    problems: Problems,
}

/// What is done ahead of the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Threads {
    Decode,
    DecodeAndOrder,
}

/// Who makes the chunks.
#[derive(Debug)]
enum Back<'a> {
    AtOnce(Box<Engine<'a>>),
    Ahead(Pipe),
    /// Nobody: there are no more.
    Over,
}

impl<'a> Reader<'a> {
    /// Reads a trace that is in memory. `file` names it in problems.
    pub fn new(file: &str, data: &'a [u8]) -> Result<Self, OpenError> {
        let input = Input::Bytes(data);
        let version = version(file, &input)?;
        Ok(Self::at_once(file, version, input))
    }

    fn at_once(file: &str, version: Version, input: Input<'a>) -> Self {
        let len = input.len();
        let source = Source::new(input, version, BATCH_AT_ONCE);
        let engine = Engine::new(Feed::AtOnce(source), BATCH_AT_ONCE);
        Self::with(file, version, len, Back::AtOnce(Box::new(engine)))
    }

    fn with(file: &str, version: Version, len: u64, back: Back<'a>) -> Self {
        Self {
            file: file.to_owned(),
            version,
            len,
            back,
            chunk: Chunk::default(),
            next: 0,
            names: Vec::new(),
            problems: Problems::default(),
        }
    }

    /// The version of the format.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    /// Shows all events that are left to `visit`, which may be quicker than to ask for them one by
    /// one: what it does not look at of an event is not put together. What ids mean cannot be asked
    /// meanwhile.
    pub fn for_each(&mut self, mut visit: impl FnMut(Event)) {
        let back = std::mem::replace(&mut self.back, Back::Over);
        let begun = self.chunk.events.get(self.next..).unwrap_or_default();
        begun.iter().for_each(|&event| visit(event));
        self.next = self.chunk.events.len();
        match back {
            Back::AtOnce(engine) if !self.chunk.last => {
                let mut problems = engine.visit(visit);
                problems.name_file(&self.file);
                self.problems.append(&mut problems);
                self.chunk.last = true;
            }
            back => {
                self.back = back;
                while let Some(event) = self.next_event() {
                    visit(event);
                }
            }
        }
    }

    /// The next event, `None` at the end of the trace or of what could be read of it.
    #[inline]
    pub fn next_event(&mut self) -> Option<Event> {
        loop {
            if let Some(&event) = self.chunk.events.get(self.next) {
                self.next += 1;
                return Some(event);
            }
            if !self.next_chunk() {
                return None;
            }
        }
    }

    /// False when there was a last one.
    #[cold]
    fn next_chunk(&mut self) -> bool {
        if self.chunk.last {
            return false;
        }
        match &mut self.back {
            Back::AtOnce(engine) => engine.fill(&mut self.chunk),
            Back::Ahead(pipe) => pipe.next(&mut self.chunk),
            Back::Over => return false,
        }
        self.next = 0;
        for (name, text) in self.chunk.names.drain(..) {
            let name = name as usize;
            if name >= self.names.len() {
                self.names.resize_with(name + 1, Arc::default);
            }
            self.names[name] = text;
        }
        self.chunk.problems.name_file(&self.file);
        self.problems.append(&mut self.chunk.problems);
        true
    }

    /// The stack with this id; `None` if the event has none, if its generation is over, or if the
    /// file lost it.
    #[must_use]
    pub fn stack(&self, id: StackId) -> Option<StackView<'_>> {
        self.chunk.tables.stack(id)
    }

    /// The string with this id, likewise.
    #[must_use]
    pub fn string(&self, id: StringId) -> Option<&str> {
        if let Some(name) = id.wire_in(KEPT) {
            return self.names.get(usize::try_from(name).ok()?).map(AsRef::as_ref);
        }
        self.chunk.tables.string(id)
    }

    /// The Go type with this id, likewise.
    #[must_use]
    pub fn alloc_type(&self, id: TypeId) -> Option<AllocType<'_>> {
        self.chunk.tables.alloc_type(id)
    }

    /// How to turn the AllocFree experiment's ids into addresses, once the trace has said so.
    #[must_use]
    pub fn alloc_info(&self) -> Option<AllocInfo> {
        self.chunk.tables.alloc_info
    }

    /// What could not be read up to about this event, in the order it was met; the first hundred.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        self.problems.listed()
    }

    /// How many more there were.
    #[must_use]
    pub fn unlisted_problems(&self) -> u64 {
        self.problems.unlisted()
    }

    /// Length of the trace in bytes, unpacked.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether there is nothing in it; a trace has a header at least.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Bytes of events that were read so far, to show progress by.
    #[must_use]
    pub fn position(&self) -> u64 {
        if self.chunk.last { self.len } else { self.chunk.n_bytes.min(self.len) }
    }
}

impl Reader<'static> {
    /// Opens a trace file (`-` for standard input, gzip or not) and reads it in pieces: memory does
    /// not grow with its length. Threads decode and order ahead of the caller.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        let (file, input) = open(path)?;
        Self::from_input(&file, input)
    }

    /// Likewise, for a caller who does less with an event than it costs to hand it from one thread
    /// to another: events are ordered on the caller's.
    pub fn open_to_scan(path: &Path) -> Result<Self, OpenError> {
        let (file, input) = open(path)?;
        Self::with_threads(&file, input, Threads::Decode)
    }

    /// Reads a trace from where its bytes come from. `file` names it in problems.
    pub fn from_input(file: &str, input: Input<'static>) -> Result<Self, OpenError> {
        Self::with_threads(file, input, Threads::DecodeAndOrder)
    }

    fn with_threads(file: &str, input: Input<'static>, threads: Threads) -> Result<Self, OpenError> {
        let version = version(file, &input)?;
        match input.len() < MIN_LEN_FOR_THREADS {
            true => Ok(Self::at_once(file, version, input)),
            false => Self::ahead(file, version, input, threads)
                .map_err(|error| OpenError::unreadable(file, &error)),
        }
    }

    fn ahead(file: &str, version: Version, input: Input<'static>, threads: Threads) -> std::io::Result<Self> {
        let len = input.len();
        let feed = Feed::Ahead(Ahead::spawn(Source::new(input, version, BATCH_AHEAD))?);
        let back = match threads {
            Threads::Decode => Back::AtOnce(Box::new(Engine::new(feed, BATCH_AT_ONCE))),
            Threads::DecodeAndOrder => Back::Ahead(Pipe::spawn(Engine::new(feed, BATCH_AHEAD))?),
        };
        Ok(Self::with(file, version, len, back))
    }

    /// As [`Reader::open`], by threads even if the file is small.
    #[cfg(test)]
    pub(super) fn open_ahead(path: &Path, threads: Threads) -> Self {
        let (file, input) = open(path).unwrap();
        Self::ahead(&file, version(&file, &input).unwrap(), input, threads).unwrap()
    }
}

fn open(path: &Path) -> Result<(String, Input<'static>), OpenError> {
    let file = path.display().to_string();
    let input = Input::open(path).map_err(|error| OpenError::unreadable(&file, &error))?;
    Ok((file, input))
}

fn version(file: &str, input: &Input<'_>) -> Result<Version, OpenError> {
    let mut buffer = Vec::new();
    let head = input.read(0, HEADER_LEN, &mut buffer).map_err(|error| OpenError::unreadable(file, &error))?;
    Version::from_header(file, head)
}
