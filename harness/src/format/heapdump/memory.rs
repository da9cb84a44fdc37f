//! Contents of an object, a frame or a segment, and the pointers among them.
//!
//! Both lists are read where they stand. What is larger than the reader's window is not brought into
//! memory: its slots come through windows of their own.

use std::fmt;
use std::io;

use super::layout::Layout;
use super::window::Window;
use super::wire::{Wire, WireError};
use crate::format::Input;
use crate::model::Address;

/// The only kind of field since Go 1.5: a pointer.
pub(super) const FIELD_POINTER: u8 = 1;

/// What ends a list of fields.
pub(super) const FIELD_END: u8 = 0;

/// Bytes of each window of a large memory.
const FAR_LEN: usize = 64 << 10;

/// Where the contents and the fields of a memory stand in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Extent {
    pub(super) contents_at: u64,
    pub(super) size: u64,
    pub(super) fields_at: u64,
    /// Without the mark that ends them.
    pub(super) fields_len: u64,
}

/// A piece of the program's memory with what the runtime knows of the pointers in it.
#[derive(Clone, Copy)]
pub struct Memory<'r> {
    extent: Extent,
    layout: Layout,
    contents: Option<&'r [u8]>,
    fields: Option<&'r [u8]>,
    input: &'r Input<'r>,
}

/// A word that holds a pointer (or nil).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    /// Bytes from the start of the memory.
    pub offset: u64,
    /// Where it points to.
    pub value: Address,
}

impl<'r> Memory<'r> {
    #[inline]
    pub(super) fn new(extent: Extent, layout: Layout, input: &'r Input<'r>, window: &'r Window) -> Self {
        let contents = window.slice(input, extent.contents_at, extent.size);
        let fields = window.slice(input, extent.fields_at, extent.fields_len);
        Self { extent, layout, contents, fields, input }
    }

    /// Bytes that it holds.
    #[inline]
    #[must_use]
    pub fn size(&self) -> u64 {
        self.extent.size
    }

    /// Where its contents stand in the (unpacked) file.
    #[inline]
    #[must_use]
    pub fn file_offset(&self) -> u64 {
        self.extent.contents_at
    }

    /// Whether it has no slots.
    #[inline]
    #[must_use]
    pub fn is_pointer_free(&self) -> bool {
        self.extent.fields_len == 0
    }

    /// All of its contents, unless they are so many (a megabyte) that the reader has not got them in
    /// memory. [`Memory::read`] gives those piece by piece.
    #[inline]
    #[must_use]
    pub fn contents(&self) -> Option<&'r [u8]> {
        self.contents
    }

    /// The `len` bytes from `offset`, fewer where the memory ends. `buffer` holds them if they have to be
    /// copied.
    pub fn read<'s>(&'s self, offset: u64, len: usize, buffer: &'s mut Vec<u8>) -> io::Result<&'s [u8]> {
        let left = self.extent.size.saturating_sub(offset);
        let len = usize::try_from(left).unwrap_or(usize::MAX).min(len);
        match self.contents {
            Some(contents) if len > 0 => {
                let start = contents.len() - usize::try_from(left).unwrap_or(contents.len());
                Ok(&contents[start..start + len])
            }
            Some(_) => Ok(&[]),
            None => self.input.read(self.extent.contents_at.saturating_add(offset), len, buffer),
        }
    }

    /// Its slots by increasing offset, nil ones too. A frame can have slots that lie outside of it: they
    /// are left out.
    #[inline]
    #[must_use]
    pub fn slots(&self) -> Slots<'r> {
        let source = match (self.contents, self.fields) {
            (Some(contents), Some(fields)) => Source::Near { fields: Wire::new(fields), contents },
            _ => Source::Far(Box::new(Far::new(self.extent, self.input))),
        };
        Slots { layout: self.layout, source }
    }
}

impl fmt::Debug for Memory<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes at file offset {:#x}", self.size(), self.file_offset())
    }
}

/// By what they say, wherever it stands.
impl PartialEq for Memory<'_> {
    fn eq(&self, other: &Self) -> bool {
        let bytes = |memory: &Self| memory.read(0, usize::MAX, &mut Vec::new()).map(<[u8]>::to_vec).ok();
        self.size() == other.size() && bytes(self) == bytes(other) && self.slots().eq(other.slots())
    }
}

/// See [`Memory::slots`].
#[derive(Debug)]
pub struct Slots<'r> {
    layout: Layout,
    source: Source<'r>,
}

#[derive(Debug)]
enum Source<'r> {
    Near { fields: Wire<'r>, contents: &'r [u8] },
    Far(Box<Far<'r>>),
}

impl Iterator for Slots<'_> {
    type Item = Slot;

    #[inline]
    fn next(&mut self) -> Option<Slot> {
        loop {
            let (offset, value) = match &mut self.source {
                Source::Near { fields, contents } => {
                    let offset = pointer_field(fields).ok()??;
                    (offset, self.layout.pointer(contents, offset))
                }
                Source::Far(far) => {
                    let offset = far.next_offset()?;
                    (offset, far.pointer(self.layout, offset))
                }
            };
            if let Some(value) = value {
                return Some(Slot { offset, value });
            }
        }
    }
}

/// The offset of the next field, `None` at the mark that ends them or at one of another kind. Moves only
/// past what it has read whole.
#[inline(always)]
pub(super) fn pointer_field(fields: &mut Wire<'_>) -> Result<Option<u64>, WireError> {
    let mut ahead = *fields;
    if ahead.byte()? != FIELD_POINTER {
        return Ok(None);
    }
    let offset = ahead.varint()?;
    *fields = ahead;
    Ok(Some(offset))
}

/// Fields and contents of a memory that is larger than the reader's window.
#[derive(Debug)]
struct Far<'r> {
    input: &'r Input<'r>,
    extent: Extent,
    /// Where the next field stands in the file.
    at: u64,
    fields: Window,
    contents: Window,
}

impl<'r> Far<'r> {
    fn new(extent: Extent, input: &'r Input<'r>) -> Self {
        let at = extent.fields_at;
        Self { input, extent, at, fields: Window::new(FAR_LEN), contents: Window::new(FAR_LEN) }
    }

    /// The reader has checked the list: it ends early only if the file has changed since.
    fn next_offset(&mut self) -> Option<u64> {
        if self.at >= self.extent.fields_at + self.extent.fields_len {
            return None;
        }
        loop {
            let mut wire = Wire::new(self.fields.rest(self.input, self.at));
            if let Ok(offset) = pointer_field(&mut wire) {
                self.at += wire.pos() as u64;
                return offset;
            }
            if !self.fields.can_grow(self.input, self.at) {
                return None;
            }
            self.fields.move_to(self.input, self.at).ok()?;
        }
    }

    fn pointer(&mut self, layout: Layout, offset: u64) -> Option<Address> {
        if !layout.fits(offset, self.extent.size) {
            return None;
        }
        let at = self.extent.contents_at + offset;
        if self.contents.slice(self.input, at, layout.pointer_size.into()).is_none() {
            self.contents.move_to(self.input, at).ok()?;
        }
        layout.pointer(self.contents.rest(self.input, at), 0)
    }
}
