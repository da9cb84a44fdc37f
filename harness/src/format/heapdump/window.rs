//! The part of a file that is in memory: all of what was given as bytes, else a piece that moves.

use std::io;

use crate::format::Input;

/// Bytes of a file that are held at a time. Records that hold no memory are far shorter.
pub(super) const WINDOW_LEN: usize = 1 << 20;

/// A piece of a file.
#[derive(Debug)]
pub(super) struct Window {
    buffer: Vec<u8>,
    start: u64,
    max_len: usize,
}

impl Window {
    pub(super) fn new(max_len: usize) -> Self {
        Self { buffer: Vec::new(), start: 0, max_len }
    }

    pub(super) fn max_len(&self) -> u64 {
        self.max_len as u64
    }

    /// The bytes from `at` to the end of the window; none if it does not reach there.
    #[inline]
    pub(super) fn rest<'s>(&'s self, input: &'s Input<'_>, at: u64) -> &'s [u8] {
        let (bytes, start) = self.bytes(input);
        let from = at.checked_sub(start).and_then(|from| usize::try_from(from).ok());
        from.and_then(|from| bytes.get(from..)).unwrap_or_default()
    }

    /// The `len` bytes from `at` if all of them are here.
    #[inline]
    pub(super) fn slice<'s>(&'s self, input: &'s Input<'_>, at: u64, len: u64) -> Option<&'s [u8]> {
        let (bytes, start) = self.bytes(input);
        let from = usize::try_from(at.checked_sub(start)?).ok()?;
        bytes.get(from..)?.get(..usize::try_from(len).ok()?)
    }

    #[inline]
    fn bytes<'s>(&'s self, input: &'s Input<'_>) -> (&'s [u8], u64) {
        match input {
            Input::Bytes(bytes) => (bytes, 0),
            Input::File { .. } => (&self.buffer, self.start),
        }
    }

    /// Whether the window, moved to `at`, would hold more than it does.
    pub(super) fn can_grow(&self, input: &Input<'_>, at: u64) -> bool {
        let wanted = (self.max_len as u64).min(input.len().saturating_sub(at));
        matches!(input, Input::File { .. }) && (self.rest(input, at).len() as u64) < wanted
    }

    /// Moves it to begin at `at`.
    pub(super) fn move_to(&mut self, input: &Input<'_>, at: u64) -> io::Result<()> {
        if let Input::File { .. } = input {
            self.start = at;
            input.read(at, self.max_len, &mut self.buffer)?;
        }
        Ok(())
    }
}
