//! Texts and stacks that a generation's events name in words: gets them ids and, at the
//! generation's end, tables.

use crate::table::mark;
use crate::trace::{stack_entry, string_entry};

/// Texts and stacks named so far in this generation.
#[derive(Debug, Default)]
pub(super) struct Pool {
    strings: Vec<String>,
    stacks: Vec<Vec<Frame>>,
    /// Each frame's place is its pc.
    frames: Vec<Frame>,
}

type Frame = (String, String, u64);

impl Pool {
    /// Id of a text.
    pub(super) fn string(&mut self, text: &str) -> u64 {
        place(&mut self.strings, text.to_owned())
    }

    /// Id of a stack: `function file:line; function file:line`, innermost first.
    pub(super) fn stack(&mut self, text: &str) -> Result<u64, String> {
        let frames = text.split(';').map(|frame| parse_frame(frame.trim()));
        let frames = frames.collect::<Option<Vec<_>>>();
        let frames = frames.ok_or_else(|| format!("frames are `function file:line; …`, found `{text}`"))?;
        for (function, file, _) in &frames {
            self.string(function);
            self.string(file);
        }
        Ok(place(&mut self.stacks, frames))
    }

    /// Bodies of the tables, and forgets all. None for a table that is not needed.
    pub(super) fn tables(&mut self) -> impl Iterator<Item = Vec<u8>> + use<> {
        let Self { mut strings, stacks, mut frames } = std::mem::take(self);
        let mut stack_table = vec![mark::STACKS];
        for (id, stack) in (1u64..).zip(&stacks) {
            let frames: Vec<_> =
                stack.iter().map(|frame| encoded(frame, &mut strings, &mut frames)).collect();
            stack_entry(&mut stack_table, id, frames.len() as u64, &frames);
        }
        let mut string_table = vec![mark::STRINGS];
        for (id, text) in (1u64..).zip(&strings) {
            string_entry(&mut string_table, id, text.len() as u64, text.as_bytes());
        }
        [string_table, stack_table].into_iter().filter(|table| table.len() > 1)
    }
}

fn encoded(frame: &Frame, strings: &mut Vec<String>, frames: &mut Vec<Frame>) -> [u64; 4] {
    let (function, file, line) = frame;
    let pc = 0x40_0000 + place(frames, frame.clone());
    [pc, place(strings, function.clone()), place(strings, file.clone()), *line]
}

fn parse_frame(text: &str) -> Option<Frame> {
    let (function, place) = text.split_once(' ')?;
    let (file, line) = place.rsplit_once(':')?;
    Some((function.to_owned(), file.to_owned(), line.parse().ok()?))
}

/// Where it is, counted from 1; added at the end if it is not there.
fn place<T: PartialEq>(all: &mut Vec<T>, item: T) -> u64 {
    let found = all.iter().position(|known| *known == item);
    let index = found.unwrap_or_else(|| {
        all.push(item);
        all.len() - 1
    });
    index as u64 + 1
}
