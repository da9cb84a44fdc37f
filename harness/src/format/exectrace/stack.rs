//! Call stacks as views into the generation's tables, and their way out into the model.

use std::collections::HashSet;
use std::sync::Arc;

use super::strings::Strings;
use super::wire::Wire;
use crate::model::{Frame, Stack};

/// Most frames the runtime ever records for one stack.
pub(super) const MAX_FRAMES: u64 = 128;

/// Text of a function or file whose string the file does not have (cut off, damaged).
pub(super) const UNKNOWN: &str = "?";

/// One stack of the table, still encoded: checked when the table was read, decoded when asked.
#[derive(Debug, Clone, Copy)]
pub(super) struct EncodedStack {
    pub(super) n_frames: u32,
    /// Where its frames stand among those of all stacks.
    pub(super) start: u32,
    pub(super) end: u32,
}

/// A stack of the current generation, innermost frame first.
#[derive(Debug, Clone, Copy)]
pub struct StackView<'r> {
    pub(super) n_frames: u32,
    pub(super) frames: &'r [u8],
    pub(super) strings: &'r Strings,
}

/// One frame of a [`StackView`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameView<'r> {
    /// Program counter (inlined calls share their caller's).
    pub pc: u64,
    /// Full Go symbol, `?` if the file lost it.
    pub function: &'r str,
    /// Source file, `?` if the file lost it.
    pub file: &'r str,
    /// Line, 0 when unknown.
    pub line: u32,
}

impl<'r> StackView<'r> {
    /// Number of frames.
    #[must_use]
    pub fn len(&self) -> usize {
        self.n_frames as usize
    }

    /// Whether there is no frame.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.n_frames == 0
    }

    /// The frames, innermost first.
    pub fn frames(&self) -> impl Iterator<Item = FrameView<'r>> + use<'r> {
        let strings = self.strings;
        let text = move |id| match id {
            0 => "", // the runtime's own way to say that it has no name
            _ => strings.get(id).unwrap_or(UNKNOWN),
        };
        let mut wire = Wire::new(self.frames);
        (0..self.n_frames).map_while(move |_| {
            let [pc, function, file, line] = read_frame(&mut wire)?;
            let line = u32::try_from(line).unwrap_or(0);
            Some(FrameView { pc, function: text(function), file: text(file), line })
        })
    }
}

/// The four numbers of a frame: pc, function string, file string, line.
pub(super) fn read_frame(wire: &mut Wire<'_>) -> Option<[u64; 4]> {
    let mut frame = [0; 4];
    for field in &mut frame {
        *field = wire.varint().ok()?;
    }
    Some(frame)
}

/// Names shared between stacks that leave the reader. Keep one for as long as the stacks should
/// share memory: a whole trace, or several.
#[derive(Debug, Default)]
pub struct Names {
    known: HashSet<Arc<str>>,
}

impl Names {
    /// `text`, shared with all earlier uses of the same text.
    pub fn intern(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.known.get(text) {
            return Arc::clone(known);
        }
        let new: Arc<str> = text.into();
        self.known.insert(Arc::clone(&new));
        new
    }

    /// The stack as the model has it; empty for `None`.
    pub fn stack(&mut self, view: Option<StackView<'_>>) -> Stack {
        let Some(view) = view else { return Stack::from([]) };
        view.frames().map(|frame| self.frame(frame)).collect()
    }

    fn frame(&mut self, frame: FrameView<'_>) -> Frame {
        Frame { function: self.intern(frame.function), file: self.intern(frame.file), line: frame.line }
    }
}
