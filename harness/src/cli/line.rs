//! What a line of progress says, for a terminal of any width.
//!
//! Input: how far the steps are, and columns. Output: one or two lines that are never wider. On a narrow terminal the bar
//! gives way first, then details that are said last; what a step is called is shortened in its middle, since its beginning
//! tells the variant and its end the mode and the repeat. Must not print, nor know a clock.

use std::time::Duration;

use super::pace::{left_words, span_words};

/// Columns of the bar: this share of the terminal's, within these bounds.
const BAR_SHARE: usize = 5;
const BAR_LEAST: usize = 8;
const BAR_MOST: usize = 24;
/// A narrower terminal has no bar: the count says the same.
const BAR_FROM: usize = 56;
/// Columns of what is being done, so that lines of a log and of a terminal stand below each other.
const WHAT: usize = 8;
/// Where the second line begins; on a narrow terminal further left.
const BELOW: usize = WHAT + 1;
const BELOW_NARROW: usize = 2;

/// How far the steps are.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Line<'a> {
    /// `build`
    pub(super) what: &'a str,
    /// Steps that have ended, and all.
    pub(super) steps: (usize, usize),
    /// How much of the work is done, 0 to 1.
    pub(super) share: f64,
    pub(super) elapsed: Duration,
    /// Until the end, where that is known.
    pub(super) left: Option<Duration>,
    /// What the step is called.
    pub(super) step: &'a str,
}

impl Line<'_> {
    /// The line, of at most `columns`.
    pub(super) fn fitted(&self, columns: usize) -> String {
        let (done, all) = self.steps;
        let mut line = format!("{:>WHAT$} ", self.what);
        if columns >= BAR_FROM {
            let width = (columns / BAR_SHARE).clamp(BAR_LEAST, BAR_MOST);
            line += &format!("[{}] ", bar(self.share, width));
        }
        line += &format!("{done}/{all} {}{}", span_words(self.elapsed), left_words(self.left));
        // Whoever has no room for the blanks before it has none for the name.
        let room = columns.saturating_sub(line.chars().count() + 2);
        match shortened(self.step, room) {
            step if step.is_empty() => cut(&line, columns),
            step => format!("{line}  {step}"),
        }
    }
}

/// A line of a step of which no bar can be drawn: ` debug | 12 s  goroutine 7`. The sign turns with the time, so that one
/// sees that it is alive.
pub(super) fn activity(what: &str, elapsed: Duration, how_far: &str, columns: usize) -> String {
    const TURNS: [char; 4] = ['|', '/', '-', '\\'];
    const TURN: u128 = 200; // milliseconds
    let turn = usize::try_from(elapsed.as_millis() / TURN).unwrap_or_default() % TURNS.len();
    let sign = TURNS.get(turn).copied().unwrap_or(' ');
    let line = format!("{what:>WHAT$} {sign} {}", span_words(elapsed));
    let room = columns.saturating_sub(line.chars().count() + 2);
    match cut(how_far, room) {
        words if words.is_empty() => cut(&line, columns),
        words => format!("{line}  {words}"),
    }
}

/// `====>   `
fn bar(share: f64, width: usize) -> String {
    let filled = ((share.clamp(0.0, 1.0) * width as f64) as usize).min(width);
    let head = if filled > 0 && filled < width { ">" } else { "" };
    let body = "=".repeat(filled.saturating_sub(head.len()));
    format!("{:<width$}", format!("{body}{head}"))
}

/// A name within `room`, without its middle if it is longer; nothing where no part of it would tell it from others.
fn shortened(name: &str, room: usize) -> String {
    const TELLING: usize = 6;
    let length = name.chars().count();
    if length <= room {
        return name.to_owned();
    }
    if room < TELLING {
        return String::new();
    }
    let (begin, end) = ((room - 1) / 2, room / 2);
    let begin: String = name.chars().take(begin).collect();
    let end: String = name.chars().skip(length - end).collect();
    format!("{begin}~{end}")
}

fn cut(text: &str, columns: usize) -> String {
    text.chars().take(columns).collect()
}

/// Something to say of a step, in many words and in few.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Detail {
    pub(super) long: String,
    pub(super) short: String,
}

/// The second line: all details in many words where they fit, else in few, else the first of them.
pub(super) fn details(all: &[Detail], columns: usize) -> String {
    let below = if columns >= BAR_FROM { BELOW } else { BELOW_NARROW };
    let room = columns.saturating_sub(below);
    let joined = |words: &[&str]| words.join(", ");
    let long: Vec<&str> = all.iter().map(|detail| detail.long.as_str()).collect();
    let short: Vec<&str> = all.iter().map(|detail| detail.short.as_str()).collect();
    let fits = |words: &[&str]| joined(words).chars().count() <= room;
    let shown = match fits(&long) {
        true => joined(&long),
        false => {
            let n = (0..=short.len()).rev().find(|n| short.get(..*n).is_some_and(fits)).unwrap_or(0);
            joined(short.get(..n).unwrap_or_default())
        }
    };
    format!("{}{shown}", " ".repeat(below.min(columns)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIDTHS: [usize; 5] = [40, 60, 80, 120, 200];

    fn line(step: &str) -> Line<'_> {
        Line {
            what: "run",
            steps: (11, 18),
            share: 0.6,
            elapsed: Duration::from_secs(65),
            left: Some(Duration::from_secs(42)),
            step,
        }
    }

    fn told() -> Vec<Detail> {
        let both = [
            ("1,044 GC cycles", "1,044 GCs"),
            ("live heap 131.0 MiB", "131.0 MiB live"),
            ("12,201 goroutines", "12,201 goroutines"),
            ("1,800 operations", "1,800 ops"),
        ];
        both.map(|(long, short)| Detail { long: long.to_owned(), short: short.to_owned() }).to_vec()
    }

    #[test]
    fn no_line_is_wider_than_the_terminal_and_what_a_step_is_called_gives_way() {
        let shown = WIDTHS.map(|columns| line("no-inline step 1").fitted(columns));
        let expected = [
            "     run 11/18 65 s, 42 s left  no-~ep 1",
            "     run [======>     ] 11/18 65 s, 42 s left  no-inl~step 1",
            "     run [========>       ] 11/18 65 s, 42 s left  no-inline step 1",
            "     run [=============>          ] 11/18 65 s, 42 s left  no-inline step 1",
            "     run [=============>          ] 11/18 65 s, 42 s left  no-inline step 1",
        ];
        assert_eq!(shown, expected);
        for columns in 0..200 {
            for step in ["", "x", "TestServer/with_a_very_long_name_that_goes_on_and_on_and_on step 3"] {
                assert!(line(step).fitted(columns).chars().count() <= columns, "{columns} {step}");
            }
            assert!(details(&told(), columns).chars().count() <= columns, "{columns}");
        }
    }

    #[test]
    fn details_are_said_in_few_words_where_there_is_no_room_and_the_last_are_left_out() {
        let shown = [34, 40, 60, 80, 120].map(|columns| details(&told(), columns));
        let expected = [
            "  1,044 GCs, 131.0 MiB live",
            "  1,044 GCs, 131.0 MiB live",
            "         1,044 GCs, 131.0 MiB live, 12,201 goroutines",
            "         1,044 GCs, 131.0 MiB live, 12,201 goroutines, 1,800 ops",
            "         1,044 GC cycles, live heap 131.0 MiB, 12,201 goroutines, 1,800 operations",
        ];
        assert_eq!(shown, expected);
    }

    #[test]
    fn a_long_step_says_how_far_it_is_as_far_as_there_is_room() {
        let shown =
            |columns| activity("read", Duration::from_millis(2_500), "40% of the trace, 7 s left", columns);
        assert_eq!(shown(80), "    read | 2 s  40% of the trace, 7 s left");
        assert_eq!(shown(30), "    read | 2 s  40% of the tra");
        assert!((0..80).all(|columns| shown(columns).chars().count() <= columns));
    }

    #[test]
    fn a_bar_is_empty_before_anything_is_done_and_full_when_all_is() {
        assert_eq!([0.0, 0.5, 1.0, 7.0].map(|share| bar(share, 4)), ["    ", "=>  ", "====", "===="]);
        assert_eq!(bar(f64::NAN, 4), "    ");
    }
}
