//! Takes gzip off a profile, up to a limit.
//!
//! Input: the file's bytes. Output: the protobuf bytes, borrowed if they were plain. A damaged stream
//! gives what came before the damage.

use std::borrow::Cow;
use std::io::Read as _;

use flate2::bufread::MultiGzDecoder;

use super::problems::Problems;

/// First bytes of every gzip member.
const MAGIC: [u8; 2] = [0x1f, 0x8b];

/// The protobuf bytes of `file`, at most `limit` of them.
pub(super) fn inflate<'a>(file: &'a [u8], limit: u64, problems: &mut Problems) -> Cow<'a, [u8]> {
    if !file.starts_with(&MAGIC) {
        return plain(file, limit, problems);
    }
    let mut bytes = Vec::new();
    let mut decoder = MultiGzDecoder::new(file);
    // One byte more than allowed tells "exactly at the limit" from "beyond it".
    let outcome = (&mut decoder).take(limit.saturating_add(1)).read_to_end(&mut bytes);
    let offset = (file.len() - decoder.get_ref().len()) as u64;
    if let Err(error) = outcome {
        problems.add(offset, "gzip stream", "intact compressed data", error.to_string());
    }
    if bytes.len() as u64 > limit {
        bytes.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        problems.add(offset, "gzip stream", &at_most(limit), "more".to_owned());
    }
    Cow::Owned(bytes)
}

fn plain<'a>(file: &'a [u8], limit: u64, problems: &mut Problems) -> Cow<'a, [u8]> {
    let limit_len = usize::try_from(limit).unwrap_or(usize::MAX);
    let Some(head) = file.get(..limit_len).filter(|head| head.len() < file.len()) else {
        return Cow::Borrowed(file);
    };
    problems.add(limit, "profile", &at_most(limit), format!("{} bytes", file.len()));
    Cow::Borrowed(head)
}

fn at_most(limit: u64) -> String {
    format!("at most {limit} bytes of profile")
}
