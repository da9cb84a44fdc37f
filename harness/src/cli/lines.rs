//! Standard error as a place for lines of progress, which are written again and again.
//!
//! What is written in one go reaches the terminal in one go, so that nothing flickers. The last columns stay free: the
//! library that draws leaves the cursor behind a line, and there a terminal echoes `^C`; it would go on to the next line, and
//! the line would stay when it is taken away.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::sync::{Mutex, PoisonError};

use indicatif::TermLike;

/// Columns that stay free: those of `^C`, and one more, since some terminals go on to the next line from the last.
const FREE: u16 = 3;
/// Size where nobody tells: what terminals have had since they were made of paper.
const SIZE: (u16, u16) = (80, 24);

/// Columns and rows of the terminal, now: a window may change while a line is there.
fn size() -> (u16, u16) {
    let size = rustix::termios::tcgetwinsize(io::stderr()).ok().map(|size| (size.ws_col, size.ws_row));
    size.filter(|(columns, rows)| *columns > 0 && *rows > 0).unwrap_or(SIZE)
}

/// Columns that a line of progress has.
pub(super) fn room() -> usize {
    usize::from(size().0.saturating_sub(FREE))
}

/// What was written and has not reached the terminal.
#[derive(Debug, Default)]
pub(super) struct Stderr {
    pending: Mutex<String>,
}

impl Stderr {
    fn push(&self, text: &str) -> io::Result<()> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner).push_str(text);
        Ok(())
    }

    /// `n` of what ANSI calls a movement of the cursor. None is none: a terminal takes 0 for 1.
    fn go(&self, n: usize, direction: char) -> io::Result<()> {
        if n == 0 {
            return Ok(());
        }
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        write!(pending, "\u{1b}[{n}{direction}").map_err(io::Error::other)
    }
}

impl TermLike for Stderr {
    fn width(&self) -> u16 {
        size().0.saturating_sub(FREE)
    }

    fn height(&self) -> u16 {
        size().1
    }

    fn move_cursor_up(&self, n: usize) -> io::Result<()> {
        self.go(n, 'A')
    }

    fn move_cursor_down(&self, n: usize) -> io::Result<()> {
        self.go(n, 'B')
    }

    fn move_cursor_right(&self, n: usize) -> io::Result<()> {
        self.go(n, 'C')
    }

    fn move_cursor_left(&self, n: usize) -> io::Result<()> {
        self.go(n, 'D')
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.push(text)?;
        self.push("\n")
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        self.push(text)
    }

    fn clear_line(&self) -> io::Result<()> {
        self.push("\r\u{1b}[2K")
    }

    fn flush(&self) -> io::Result<()> {
        let text = std::mem::take(&mut *self.pending.lock().unwrap_or_else(PoisonError::into_inner));
        let mut stderr = io::stderr().lock();
        stderr.write_all(text.as_bytes())?;
        stderr.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_movement_writes_nothing_and_a_line_is_taken_away_from_its_beginning() {
        let stderr = Stderr::default();
        for n in [0, 3] {
            stderr.move_cursor_up(n).unwrap();
        }
        stderr.clear_line().unwrap();
        assert_eq!(*stderr.pending.lock().unwrap(), "\u{1b}[3A\r\u{1b}[2K");
    }
}
