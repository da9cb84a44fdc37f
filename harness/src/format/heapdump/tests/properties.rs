//! What holds for any bytes whatever, asked of the decoder's public face alone: the fuzz target
//! includes this file, too.

use std::fs::File;
use std::io::{self, Seek as _, Write as _};

use super::api::{Memory, Reader, Record};
use super::input::Input;

/// So little of a file is in memory that many objects are larger.
const WINDOW: usize = 1000;

/// Reads all of it from memory and from `file`, which is used again and again, and checks everything on
/// the way.
///
/// # Panics
/// When something does not hold.
pub(super) fn hold(data: &[u8], file: &File) {
    let Ok(mut whole) = Reader::new("t", data) else { return };
    let input = Input::File { file: written(file, data).unwrap(), len: data.len() as u64, damage: None };
    let mut pieces = Reader::with_window("t", input, WINDOW).unwrap();
    let (mut n_records, mut before) = (0, 0);
    loop {
        let (record, piece) = (whole.next_record(), pieces.next_record());
        if record.is_none() || piece.is_none() {
            assert!(record.is_none() || short_of_window(&pieces), "{record:?} and in pieces nothing");
            break;
        }
        n_records += 1;
        let record = record.unwrap();
        alike(&record, &piece.unwrap());
        sound(&record, n_records, data.len() as u64);
        assert!(whole.position() > before && whole.position() <= whole.len());
        before = whole.position();
    }
    ended(whole, n_records);
}

fn written(mut file: &File, data: &[u8]) -> io::Result<File> {
    file.rewind()?;
    file.write_all(data)?;
    file.try_clone()
}

/// The only reason to read less of a file than of bytes.
fn short_of_window(pieces: &Reader<'_>) -> bool {
    let expected = format!("at most {WINDOW} bytes");
    pieces.problems().iter().any(|problem| problem.expected == expected)
}

fn memory<'r>(record: &Record<'r>) -> Option<Memory<'r>> {
    match record {
        Record::Object(object) => Some(object.memory),
        Record::Frame(frame) => Some(frame.memory),
        Record::Segment(segment) => Some(segment.memory),
        _ => None,
    }
}

fn alike(record: &Record<'_>, piece: &Record<'_>) {
    assert_eq!(record, piece);
    let (Some(one), Some(other)) = (memory(record), memory(piece)) else { return };
    assert_eq!(one.file_offset(), other.file_offset());
    let middle = one.size() / 2;
    let (mut buffer, mut buffer2) = (Vec::new(), Vec::new());
    assert_eq!(one.read(middle, 20, &mut buffer).unwrap(), other.read(middle, 20, &mut buffer2).unwrap());
}

/// A record takes three bytes at least, and what it holds stands in the file.
fn sound(record: &Record<'_>, n_records: u64, len: u64) {
    assert!(3 * n_records <= len, "{n_records} records of {len} bytes");
    assert_eq!(n_records == 1, matches!(record, Record::Params(_)), "parameters come first, and once");
    if let Record::Bucket(bucket) = record {
        assert!(bucket.stack.len() as u64 <= len / 3);
    }
    let Some(memory) = memory(record) else { return };
    assert!(memory.file_offset() + memory.size() <= len);
    assert_eq!(memory.contents().map(|contents| contents.len() as u64), Some(memory.size()));
    let n_slots = memory.slots().inspect(|slot| assert!(slot.offset < memory.size())).count() as u64;
    assert!(2 * n_slots <= len - memory.file_offset() - memory.size());
    assert!(!memory.is_pointer_free() || n_slots == 0);
}

/// The end stays the end, there is one reason for it at most, and from the beginning all is the same.
fn ended(mut reader: Reader<'_>, n_records: u64) {
    while reader.next_record().is_some() {}
    assert!(reader.next_record().is_none());
    let problems = reader.problems().to_vec();
    assert!(problems.len() <= 1, "{problems:?}");
    for problem in &problems {
        assert!(problem.offset <= reader.len() && problem.to_string().len() < 1024, "{problem}");
    }
    reader.rewind();
    let n_again = std::iter::from_fn(|| reader.next_record().map(|_| ())).count() as u64;
    assert!(n_again >= n_records && reader.problems() == problems, "{n_again} after {n_records}");
}
