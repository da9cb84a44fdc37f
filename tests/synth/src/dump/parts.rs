//! A heap dump taken apart into numbers and bytes, changed at random, and joined again with lengths that
//! are right: for a search that would otherwise seldom get past the first change.

use crate::random::Random;
use crate::trace::varint;

/// Fields of each kind of record by tag: `n` a number, `b` bytes, `f` a list of fields, `s` a stack, `m`
/// statistics.
const FIELDS: [&str; 18] = [
    "",
    "nbf",
    "bn",
    "nnbn",
    "nnnnnnnnbnnnn",
    "nnnbnnnbf",
    "nnnnbbn",
    "nnnnn",
    "nn",
    "nnn",
    "m",
    "nnnnn",
    "nbf",
    "nbf",
    "nnnnnnn",
    "nnnnnn",
    "nnsnn",
    "nn",
];

/// Numbers of statistics.
const N_STATISTICS: usize = 24 + 256 + 1;

/// Numbers at which something can overflow or begin to be long on the wire.
const EDGES: [u64; 13] = [
    0,
    1,
    2,
    4,
    127,
    128,
    0xffff,
    1 << 31,
    u32::MAX as u64,
    1 << 60,
    i64::MAX as u64,
    u64::MAX - 7,
    u64::MAX,
];

/// A number, or bytes that stand behind their length.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Number(u64),
    Bytes(Vec<u8>),
}

/// A record: its tag and what follows.
type Record = Vec<Token>;

/// A dump taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DumpParts {
    header: Vec<u8>,
    records: Vec<Record>,
    /// What cannot be taken apart.
    rest: Vec<u8>,
}

impl DumpParts {
    /// Takes it apart as far as it is sound.
    #[must_use]
    pub fn split(bytes: &[u8]) -> Self {
        let (header, mut left) = bytes.split_at(bytes.len().min(16));
        let mut records = Vec::new();
        while let Some((record, after)) = split_record(left) {
            records.push(record);
            left = after;
        }
        Self { header: header.to_vec(), records, rest: left.to_vec() }
    }

    /// Joins it again.
    #[must_use]
    pub fn join(&self) -> Vec<u8> {
        let mut out = self.header.clone();
        for token in self.records.iter().flatten() {
            match token {
                Token::Number(number) => varint(&mut out, *number),
                Token::Bytes(bytes) => {
                    varint(&mut out, bytes.len() as u64);
                    out.extend_from_slice(bytes);
                }
            }
        }
        out.extend_from_slice(&self.rest);
        out
    }

    /// Keeps the first few records of each kind and shortens what is long in them.
    #[must_use]
    pub fn small(mut self, n_each: usize) -> Self {
        let mut n_seen = std::collections::BTreeMap::<u64, usize>::new();
        self.records.retain(|record| {
            let tag = if let Some(Token::Number(tag)) = record.first() { *tag } else { 0 };
            let seen = n_seen.entry(tag).or_default();
            *seen += 1;
            *seen <= n_each
        });
        self.records
            .retain(|record| record.iter().all(|token| !matches!(token, Token::Bytes(b) if b.len() > 2048)));
        self
    }

    /// Makes one change. `scramble` changes bytes where structure does not matter.
    pub fn mutate(&mut self, random: &mut Random, scramble: &mut dyn FnMut(&mut Vec<u8>)) {
        if self.records.is_empty() {
            return scramble(&mut self.rest);
        }
        let one = random.place(self.records.len());
        let other = random.place(self.records.len());
        match random.below(10) {
            0 => drop(self.records.remove(one)),
            1 => self.records.swap(one, other),
            2 => self.records.insert(other, self.records[one].clone()),
            3 => scramble(&mut self.rest),
            _ => change(&mut self.records[one], random, scramble),
        }
    }
}

fn change(record: &mut Record, random: &mut Random, scramble: &mut dyn FnMut(&mut Vec<u8>)) {
    let place = random.place(record.len());
    match &mut record[place] {
        Token::Bytes(bytes) => scramble(bytes),
        Token::Number(number) => match random.below(5) {
            0 => *number = number.wrapping_add(1),
            1 => *number = number.wrapping_sub(1),
            2 => *number = random.below(300),
            3 => *number = random.number() >> random.below(64),
            _ => *number = random.pick(&EDGES).copied().unwrap_or_default(),
        },
    }
}

/// The first record and what follows it, if there is a whole one.
fn split_record(bytes: &[u8]) -> Option<(Record, &[u8])> {
    let mut left = bytes;
    let tag = number(&mut left)?;
    let mut record = vec![Token::Number(tag)];
    for field in FIELDS.get(usize::try_from(tag).ok()?)?.bytes() {
        match field {
            b'n' => record.push(Token::Number(number(&mut left)?)),
            b'b' => record.push(Token::Bytes(bytes_with_length(&mut left)?)),
            b'f' => fields(&mut record, &mut left)?,
            b's' => stack(&mut record, &mut left)?,
            _ => {
                for _ in 0..N_STATISTICS {
                    record.push(Token::Number(number(&mut left)?));
                }
            }
        }
    }
    Some((record, left))
}

fn fields(record: &mut Record, left: &mut &[u8]) -> Option<()> {
    loop {
        let kind = number(left)?;
        record.push(Token::Number(kind));
        if kind == 0 {
            return Some(());
        }
        record.push(Token::Number(number(left)?));
    }
}

fn stack(record: &mut Record, left: &mut &[u8]) -> Option<()> {
    let n_frames = number(left)?;
    record.push(Token::Number(n_frames));
    for _ in 0..n_frames {
        record.push(Token::Bytes(bytes_with_length(left)?));
        record.push(Token::Bytes(bytes_with_length(left)?));
        record.push(Token::Number(number(left)?));
    }
    Some(())
}

fn number(left: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for place in 0..10 {
        let (&byte, rest) = left.split_first()?;
        *left = rest;
        value += u64::from(byte % 128).checked_shl(7 * place)?;
        if byte < 128 {
            return Some(value);
        }
    }
    None
}

fn bytes_with_length(left: &mut &[u8]) -> Option<Vec<u8>> {
    let len = usize::try_from(number(left)?).ok()?;
    let (bytes, rest) = left.split_at_checked(len)?;
    *left = rest;
    Some(bytes.to_vec())
}

#[cfg(test)]
mod tests {
    use super::super::{Machine, Plan};
    use super::*;

    #[test]
    fn a_dump_taken_apart_and_joined_is_the_same_whole_or_not() {
        let bytes = Plan { machine: Machine::ALL[1], ..Plan::default() }.make().dump();
        let parts = DumpParts::split(&bytes);
        assert!(parts.rest.is_empty() && parts.records.len() > 300, "{} records", parts.records.len());
        for len in [0, 5, 16, 17, 1000, bytes.len() - 1, bytes.len()] {
            assert_eq!(DumpParts::split(&bytes[..len]).join(), bytes[..len]);
        }
    }

    #[test]
    fn small_dumps_have_all_kinds_and_changes_change_them() {
        let parts = DumpParts::split(&Plan::default().make().dump());
        let small = parts.clone().small(3);
        assert!(small.join().len() < parts.join().len() / 4);
        let mut random = Random::new(1);
        let changed = (0..100).filter(|_| {
            let mut parts = small.clone();
            parts.mutate(&mut random, &mut |bytes| bytes.push(1));
            parts.join() != small.join()
        });
        assert!(changed.count() > 70);
    }
}
