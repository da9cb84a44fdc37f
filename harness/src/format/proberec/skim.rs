//! The newest checkpoint in a file that is being written, without reading what lies between.
//!
//! Input: the bytes from where the last look ended. Output: a checkpoint, if one was met, and how far that is. Only heads of
//! frames are looked at: a checkpoint refers to nothing before it. What is not whole yet is looked at the next time.

use super::cursor::Cursor;
use super::record::{Checkpoint, Record};
use super::spec::{Context, SPECS};
use super::{FRAME_HEAD, FRAME_TAIL, MAGIC, split_frame};

/// The kind of a checkpoint's record.
const CHECKPOINT: u8 = 12;

/// What a look brought.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Skimmed {
    /// The last checkpoint that was met.
    pub checkpoint: Option<Checkpoint>,
    /// How many bytes are done with; may be more than there were.
    pub used: u64,
}

/// Looks at `bytes`, which begin `at` a frame, or the file.
#[must_use]
pub fn skim(bytes: &[u8], at: u64) -> Skimmed {
    let mut seen = Skimmed { checkpoint: None, used: if at == 0 { MAGIC.len() as u64 + 1 } else { 0 } };
    while let Some(rest) = usize::try_from(seen.used).ok().and_then(|used| bytes.get(used..)) {
        let Some((&[kind, ref length @ ..], _)) = rest.split_first_chunk::<FRAME_HEAD>() else { break };
        let length = u64::from(u32::from_le_bytes(*length));
        if kind == CHECKPOINT {
            let Some(frame) = split_frame(rest) else { break };
            if frame.sound {
                seen.checkpoint = checkpoint(frame.payload).or(seen.checkpoint);
            }
        }
        seen.used += (FRAME_HEAD + FRAME_TAIL) as u64 + length;
    }
    seen
}

fn checkpoint(payload: &[u8]) -> Option<Checkpoint> {
    let spec = SPECS.iter().find(|spec| spec.kind == CHECKPOINT)?;
    match (spec.read)(&mut Cursor::new(payload), &mut Context::default()) {
        Ok(Record::Checkpoint(checkpoint)) => Some(checkpoint),
        _ => None,
    }
}
