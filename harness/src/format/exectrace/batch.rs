//! Batches: the frames that a trace file is made of. Finds them; looks at no event.

use super::ids::ThreadId;
use super::spec;
use super::version::Version;
use super::wire::{Wire, WireError};

/// Largest body, fixed by the runtime.
pub(super) const MAX_BATCH_SIZE: u64 = 64 << 10;

/// Bytes that are enough for any header and the first byte of the body: two types of one byte and
/// four numbers of at most ten.
pub(super) const MAX_HEADER_LEN: usize = 2 + 4 * 10 + 1;

/// A batch of one thread, or of no thread for tables.
#[derive(Debug, Clone, Copy)]
pub(super) struct Batch {
    /// Offset of the header in the file.
    pub(super) offset: u64,
    /// Offsets of the body in the file.
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) thread: Option<ThreadId>,
    /// Ticks that the first event's delta counts from.
    pub(super) time: u64,
    /// 0 for none.
    pub(super) experiment: u8,
    /// What the body begins with; `None` if it is empty.
    pub(super) first: Option<u8>,
}

impl Batch {
    /// Bytes of the body.
    pub(super) fn len(&self) -> usize {
        // At most `MAX_BATCH_SIZE`.
        (self.end - self.start) as usize
    }
}

/// What stands at a position of the file.
#[derive(Debug, Clone, Copy)]
pub(super) enum Item {
    /// A batch of this generation; `missing` bytes of its body are cut off by the end of the file.
    Batch { generation: u64, batch: Batch, missing: u64 },
    /// The mark that ends a generation (Go >= 1.26).
    EndOfGeneration { end: u64 },
}

/// Why there is no item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BadBatch {
    pub(super) expected: &'static str,
    pub(super) found: String,
}

/// Reads the item at `offset` of a file of `file_len` bytes. `head` are its bytes from there:
/// [`MAX_HEADER_LEN`] or as many as the file has.
pub(super) fn read_item(head: &[u8], offset: u64, file_len: u64, version: Version) -> Result<Item, BadBatch> {
    let mut wire = Wire::new(head);
    let kind = header_number(wire.byte().map(u64::from), "an event type")?;
    let experiment = match u8::try_from(kind) {
        Ok(spec::END_OF_GENERATION) if version >= Version::Go126 => {
            return Ok(Item::EndOfGeneration { end: offset + 1 });
        }
        Ok(spec::EVENT_BATCH) => 0,
        Ok(spec::EXPERIMENTAL_BATCH) => wire.byte().map_err(|e| bad("an experiment", e.describe()))?,
        _ => return Err(bad("a batch (event type 1 or 49)", &format!("event type {kind}"))),
    };
    let generation = header_number(wire.varint(), "a generation number")?;
    let thread = thread_id(header_number(wire.varint(), "a thread id")?);
    let time = header_number(wire.varint(), "a time")?;
    let size = header_number(wire.varint(), "a size")?;
    if size > MAX_BATCH_SIZE {
        return Err(bad("a size of at most 65536 bytes", &format!("{size}")));
    }
    let start = offset + wire.pos() as u64;
    let len = size.min(file_len.saturating_sub(start));
    let first = head.get(wire.pos()).copied().filter(|_| len > 0);
    let batch = Batch { offset, start, end: start + len, thread, time, experiment, first };
    Ok(Item::Batch { generation, batch, missing: size - len })
}

/// A thread id as the wire has it: all bits set is none.
pub(super) fn thread_id(wire: u64) -> Option<ThreadId> {
    (wire != u64::MAX).then_some(ThreadId(wire))
}

fn header_number(read: Result<u64, WireError>, expected: &'static str) -> Result<u64, BadBatch> {
    read.map_err(|error| bad(expected, error.describe()))
}

fn bad(expected: &'static str, found: &str) -> BadBatch {
    BadBatch { expected, found: found.to_owned() }
}
