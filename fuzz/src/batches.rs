//! Changes a trace batch by batch: lengths in headers stay true.
//!
//! Knows just enough of the format to find batches, and takes nothing from the reader that is
//! being tested.

use std::ops::Range;

/// Bytes of the file's header.
const HEADER_LEN: usize = 16;
/// Event types that begin a batch, and the one after which a byte for the experiment stands.
const EVENT_BATCH: u8 = 1;
const EXPERIMENTAL_BATCH: u8 = 49;
const END_OF_GENERATION: u8 = 52;

/// One batch or end mark.
struct Item {
    whole: Range<usize>,
    /// Where the number for the body's length begins.
    size_at: usize,
    body: Range<usize>,
}

/// Replaces the trace in `data[..size]` by a changed one; returns its size.
pub fn mutate(
    data: &mut [u8],
    size: usize,
    max_size: usize,
    seed: u32,
    change: fn(&mut [u8], usize, usize) -> usize,
) -> usize {
    let items = items(&data[..size]);
    if items.is_empty() {
        return change(data, size, max_size);
    }
    let choose = |salt: u32| (seed.wrapping_mul(2_654_435_761).rotate_left(salt) as usize) % items.len();
    let (one, other) = (&items[choose(3)], &items[choose(17)]);
    let mut changed = data[..size].to_vec();
    match seed % 8 {
        0 => drop(changed.drain(one.whole.clone())),
        1 => {
            let copy = data[one.whole.clone()].to_vec();
            changed.splice(other.whole.start..other.whole.start, copy);
        }
        2 => {
            let copy = data[one.whole.clone()].to_vec();
            changed.splice(other.whole.clone(), copy);
        }
        _ => {
            let body = changed_body(&data[one.body.clone()], change);
            let mut rest = varint(body.len());
            rest.extend(body);
            changed.splice(one.size_at..one.body.end, rest);
        }
    }
    changed.truncate(max_size.min(data.len()));
    data[..changed.len()].copy_from_slice(&changed);
    changed.len()
}

fn changed_body(body: &[u8], change: fn(&mut [u8], usize, usize) -> usize) -> Vec<u8> {
    let room = body.len() + 32;
    let mut changed = body.to_vec();
    changed.resize(room, 0);
    let len = change(&mut changed, body.len(), room);
    changed.truncate(len);
    changed
}

fn items(data: &[u8]) -> Vec<Item> {
    let mut items = Vec::new();
    let mut at = HEADER_LEN;
    while let Some(item) = item(data, at) {
        at = item.whole.end;
        items.push(item);
    }
    items
}

fn item(data: &[u8], start: usize) -> Option<Item> {
    let mut at = start + 1;
    match *data.get(start)? {
        END_OF_GENERATION => return Some(Item { whole: start..at, size_at: at, body: at..at }),
        EVENT_BATCH => {}
        EXPERIMENTAL_BATCH => at += 1,
        _ => return None,
    }
    for _ in ["generation", "thread", "time"] {
        number(data, &mut at)?;
    }
    let size_at = at;
    let size = usize::try_from(number(data, &mut at)?).ok()?;
    let end = at.checked_add(size).filter(|&end| end <= data.len())?;
    Some(Item { whole: start..end, size_at, body: at..end })
}

fn number(data: &[u8], at: &mut usize) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        let byte = *data.get(*at)?;
        *at += 1;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

fn varint(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push((value as u8) | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}
