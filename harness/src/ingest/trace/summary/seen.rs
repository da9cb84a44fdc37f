//! One event as the folds get it.

use super::clip::Clip;
use super::texts::Texts;
use crate::format::exectrace::{Event, EventKind, Reader};

/// An event with what it takes to understand it.
pub(super) struct Seen<'s, 'a> {
    pub(super) event: &'s Event,
    /// The event's, worked out once.
    pub(super) kind: &'s EventKind,
    pub(super) reader: &'s Reader<'a>,
    /// Stacks and strings as numbers that outlive the generation.
    pub(super) texts: &'s mut Texts,
    pub(super) clip: Clip,
}

impl Seen<'_, '_> {
    /// Whether the event counts, rather than only tells in which state the window begins.
    #[inline]
    pub(super) fn counts(&self) -> bool {
        self.clip.contains(self.event.time)
    }

    /// Number of the event's stack.
    #[inline]
    pub(super) fn stack(&mut self) -> u32 {
        self.texts.stack(self.event.stack(), self.reader)
    }
}
