//! Pointers to references: which object does each slot's value lie in?
//!
//! Input: objects by address and their slots. Output: rows of references from object to object, without those to itself
//! and those to nothing, each with its mark. The most expensive step that can be divided: threads take ranges of
//! objects.

use super::arrange::Arranged;
use super::marks::Mark;
use super::objects::Objects;

/// Not worth another thread.
const FEW_SLOTS: usize = 1 << 16;

/// Rows of references, one per object.
#[derive(Debug, Default)]
pub(super) struct Resolved {
    /// One more than there are objects.
    pub(super) starts: Vec<u32>,
    pub(super) targets: Vec<u32>,
    pub(super) marks: Vec<Mark>,
}

/// A pointer is held to point to where an object begins up to so many bytes into its slot: objects of more than 512
/// bytes with pointers have a header there (Go 1.22 and later).
const HEADER_LEN: u64 = 8;

/// The object that `value` points into, and what is seen of it.
#[inline]
pub(super) fn target(objects: &Objects, value: u64, mark: Mark) -> Option<(u32, Mark)> {
    let object = objects.find(value)?;
    let interior = value - objects.address(object) > HEADER_LEN;
    Some((object, if interior { mark.interior() } else { mark }))
}

/// Resolves all slots and frees them.
pub(super) fn resolve(arranged: &mut Arranged) -> Resolved {
    let slots = std::mem::take(&mut arranged.slots);
    let marks = std::mem::take(&mut arranged.marks);
    let starts = std::mem::take(&mut arranged.slot_starts);
    let threads = match slots.len() {
        0..FEW_SLOTS => 1,
        _ => std::thread::available_parallelism().map_or(1, |n| n.get().min(8)),
    };
    let objects = &arranged.objects;
    let ranges = ranges(&starts, threads);
    let parts: Vec<Resolved> = std::thread::scope(|scope| {
        let part = |range: &(u32, u32)| part(objects, &starts, &slots, &marks, *range);
        let others: Vec<_> = ranges.iter().skip(1).map(|range| scope.spawn(move || part(range))).collect();
        let first = ranges.first().map(part);
        first.into_iter().chain(others.into_iter().filter_map(|thread| thread.join().ok())).collect()
    });
    join(parts, objects.len())
}

/// Ranges of objects with about as many slots each.
fn ranges(starts: &[u32], n: usize) -> Vec<(u32, u32)> {
    let n_objects = starts.len().saturating_sub(1);
    let total = starts.last().copied().unwrap_or(0) as usize;
    let bound =
        |part: usize| starts.partition_point(|&start| (start as usize) < total * part / n).min(n_objects);
    (0..n)
        .map(|part| {
            let from = if part == 0 { 0 } else { bound(part) };
            let to = if part + 1 == n { n_objects } else { bound(part + 1) };
            (from as u32, to.max(from) as u32)
        })
        .collect()
}

fn part(
    objects: &Objects,
    starts: &[u32],
    slots: &[u64],
    marks: &[Mark],
    (from, to): (u32, u32),
) -> Resolved {
    let n_slots = (starts[to as usize] - starts[from as usize]) as usize;
    let mut part = Resolved {
        starts: Vec::with_capacity((to - from) as usize),
        targets: Vec::with_capacity(n_slots),
        marks: Vec::with_capacity(n_slots),
    };
    for object in from..to {
        part.starts.push(part.targets.len() as u32);
        let row = starts[object as usize] as usize..starts[object as usize + 1] as usize;
        for (&value, &mark) in slots[row.clone()].iter().zip(&marks[row]) {
            if let Some((target, mark)) = target(objects, value, mark)
                && target != object
            {
                part.targets.push(target);
                part.marks.push(mark);
            }
        }
    }
    part
}

/// The rows of all parts, and the end of the last.
fn join(parts: Vec<Resolved>, n_objects: u32) -> Resolved {
    let mut parts = parts.into_iter();
    let mut all = parts.next().unwrap_or_default();
    all.starts.reserve_exact((n_objects as usize + 1).saturating_sub(all.starts.len()));
    for part in parts {
        let before = all.targets.len() as u32;
        all.starts.extend(part.starts.iter().map(|start| start + before));
        all.targets.extend_from_slice(&part.targets);
        all.marks.extend_from_slice(&part.marks);
    }
    all.starts.push(all.targets.len() as u32);
    all
}
