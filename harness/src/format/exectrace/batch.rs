//! Batches: the frames that a trace file is made of. Finds them; looks at no event.

use super::ids::ThreadId;
use super::spec;
use super::version::Version;
use super::wire::{Wire, WireError};

/// Largest body, fixed by the runtime.
pub(super) const MAX_BATCH_SIZE: u64 = 64 << 10;

/// A batch of one thread, or of no thread for tables.
#[derive(Debug, Clone, Copy)]
pub(super) struct Batch {
    /// Offset of the header in the file.
    pub(super) offset: usize,
    /// Offsets of the body in the file.
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) thread: Option<ThreadId>,
    /// Ticks that the first event's delta counts from.
    pub(super) time: u64,
    /// 0 for none.
    pub(super) experiment: u8,
}

/// What stands at a position of the file.
#[derive(Debug, Clone, Copy)]
pub(super) enum Item {
    /// A batch of this generation; `missing` bytes of its body are cut off by the end of the file.
    Batch { generation: u64, batch: Batch, missing: u64 },
    /// The mark that ends a generation (Go >= 1.26).
    EndOfGeneration { end: usize },
}

/// Why there is no item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BadBatch {
    pub(super) expected: &'static str,
    pub(super) found: String,
}

/// Reads the item at `pos`, which must be before the end of `data`.
pub(super) fn read_item(data: &[u8], pos: usize, version: Version) -> Result<Item, BadBatch> {
    let mut wire = Wire::at(data, pos);
    let kind = header_number(wire.byte().map(u64::from), "an event type")?;
    let experiment = match u8::try_from(kind) {
        Ok(spec::END_OF_GENERATION) if version >= Version::Go126 => {
            return Ok(Item::EndOfGeneration { end: wire.pos() });
        }
        Ok(spec::EVENT_BATCH) => 0,
        Ok(spec::EXPERIMENTAL_BATCH) if version >= Version::Go123 => {
            wire.byte().map_err(|e| bad("an experiment", e.describe()))?
        }
        _ => return Err(bad("a batch (event type 1 or 49)", &format!("event type {kind}"))),
    };
    let generation = header_number(wire.varint(), "a generation number")?;
    let thread = header_number(wire.varint(), "a thread id")?;
    let time = header_number(wire.varint(), "a time")?;
    let size = header_number(wire.varint(), "a size")?;
    if size > MAX_BATCH_SIZE {
        return Err(bad("a size of at most 65536 bytes", &format!("{size}")));
    }
    let start = wire.pos();
    let available = data.len() - start;
    let size = usize::try_from(size).map_err(|_| bad("a size", "one that fits no memory"))?;
    let len = size.min(available);
    let thread = thread_id(thread);
    let batch = Batch { offset: pos, start, end: start + len, thread, time, experiment };
    Ok(Item::Batch { generation, batch, missing: (size - len) as u64 })
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
