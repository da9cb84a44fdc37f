//! The conservation gate: what the runtime counts as live and what the profile's sites add up to
//! differ by a constant, as long as the profile sees every object.

use crate::model::{Bytes, Checkpoint, Conservation, RunPieces};

/// Variation of the difference that is no loss of samples. Objects older than the profile (and the
/// probe's own) are the constant; measured to vary by nothing at all, so this is generous.
const TOLERANCE: u64 = 4096;

/// `None` where the profile is sampled or no checkpoint has both figures.
pub(super) fn check(pieces: &RunPieces) -> Option<Conservation> {
    if pieces.memprofile_rate != 1 {
        return None;
    }
    let differences: Vec<i64> =
        pieces.checkpoints.iter().filter_map(|point| difference(pieces, point)).collect();
    let (least, most) = (differences.iter().min()?, differences.iter().max()?);
    let holds = !pieces.memprofile_rate_changed && most.abs_diff(*least) <= TOLERANCE;
    Some(Conservation { differences, holds })
}

/// Live minus in use, where both are of the same cycle.
fn difference(pieces: &RunPieces, checkpoint: &Checkpoint) -> Option<i64> {
    let live = checkpoint.heap_live?;
    let snapshot = pieces.snapshots.iter().find(|snapshot| snapshot.checkpoint == Some(checkpoint.index))?;
    let cycle = snapshot.cycle?;
    if checkpoint.gc != (cycle, cycle) {
        return None;
    }
    let inuse: Bytes = snapshot.sites.values().map(|site| site.inuse_space).sum();
    Some(live.since(inuse))
}
