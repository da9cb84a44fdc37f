//! Figures and names as people read them.

use std::fmt::Write;

use crate::model::{Bytes, Frame, Nanoseconds, binary_units};

/// On a narrower terminal than this, nothing is broken sooner.
const LEAST: usize = 40;

/// Without control characters: a name from a program could otherwise move the cursor or worse. Directional
/// marks that would reorder a line are shown too.
pub(in crate::report) fn clean(text: &str) -> String {
    let harmful = |c: char| {
        c.is_control()
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{61c}')
    };
    text.chars().flat_map(|c| if harmful(c) { c.escape_unicode().collect() } else { vec![c] }).collect()
}

/// Text of several lines without control characters, for whatever else is printed.
#[must_use]
pub fn clean_lines(text: &str) -> String {
    text.lines().map(|line| clean(&line.replace('\t', "    "))).collect::<Vec<_>>().join("\n")
}

/// `4.2 KiB`; below a kibibyte whole bytes.
#[must_use]
pub fn bytes(size: Bytes) -> String {
    scaled(size.0 as f64)
}

/// Bytes per operation, with its sign.
pub(in crate::report) fn bytes_per_op(value: f64) -> String {
    let sign = if value < 0.0 { "-" } else { "+" };
    format!("{sign}{}/op", scaled(value.abs()))
}

/// As [`bytes`], of an average or a rate.
pub(in crate::report) fn scaled(value: f64) -> String {
    binary_units(value)
}

/// `12 ms`, `1.25 s`, `830 us`.
pub(in crate::report) fn span(time: Nanoseconds) -> String {
    time.to_string()
}

/// A count per operation: `1`, `0.2`, `2.25`.
pub(in crate::report) fn rate(value: f64) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Breaks `text` between words into lines of at most `width`, where words are not longer.
pub(in crate::report) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut used = 0;
    // Blanks stay with the word after them: some of them are columns.
    for word in text.split_inclusive(' ') {
        let length = word.trim_end().chars().count();
        match lines.last_mut() {
            Some(line) if used + length <= width => line.push_str(word),
            _ => {
                used = 0;
                lines.push(word.to_owned());
            }
        }
        used += word.chars().count();
    }
    lines.iter_mut().for_each(|line| line.truncate(line.trim_end().len()));
    lines
}

/// What a line begins with that holds something to be copied. It stays whole: what a terminal breaks by itself is
/// copied in one piece.
const TO_COPY: [&str; 8] =
    ["capture  ", "again  ", "repeat  ", "trace  ", "decide  ", "again: ", "hint: harness ", "hint: go "];

/// Text that begins behind `head`, and goes on below its own beginning. Where there is no width a line stays whole.
#[must_use]
pub fn hanging(head: &str, text: &str, width: Option<u16>) -> String {
    let indent = head.chars().count();
    let room = width.map(|width| usize::from(width).saturating_sub(indent)).filter(|room| *room >= LEAST / 2);
    let lines = room.map_or_else(|| vec![text.to_owned()], |room| wrap(text, room));
    format!("{head}{}", lines.join(&format!("\n{}", " ".repeat(indent)))).trim_end().to_owned()
}

/// Breaks lines that are wider than a terminal between words; what follows is indented below its beginning. What stands
/// between backticks is not broken, to be copied in one piece. Where there is no terminal a line stays whole, so that
/// a search finds it.
#[must_use]
pub fn wrapped(text: &str, width: u16) -> String {
    let width = usize::from(width).max(LEAST);
    let mut out = String::with_capacity(text.len());
    for line in text.lines() {
        if TO_COPY.iter().any(|begin| line.starts_with(begin)) {
            let _ = writeln!(out, "{line}");
            continue;
        }
        let indent = line.len() - line.trim_start_matches([' ', '-']).len();
        let (head, rest) = line.split_at(indent);
        let is_item = head.ends_with("- ");
        let below = " ".repeat(if is_item { indent } else { indent + 2 });
        let (mut used, mut is_below) = (indent, false);
        out.push_str(head);
        for word in pieces(rest) {
            let length = columns(word.trim_end());
            if used + length > width && used > below.len() {
                out.truncate(out.trim_end().len());
                out.push('\n');
                out.push_str(&below);
                (used, is_below) = (below.len(), true);
            }
            if is_below && word == " " {
                continue; // between columns, of which this line is the next
            }
            is_below = false;
            out.push_str(word);
            used += columns(word);
        }
        out.push('\n');
    }
    out
}

/// Words with the blank behind them; several as one where they stand between backticks.
fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let (mut begin, mut is_quoted) = (0, false);
    for (at, c) in text.char_indices() {
        // One that nothing closes is no quote.
        if c == '`' {
            is_quoted = !is_quoted && text.get(at + 1..).is_some_and(|rest| rest.contains('`'));
        }
        if c == ' ' && !is_quoted {
            pieces.extend(text.get(begin..=at));
            begin = at + 1;
        }
    }
    pieces.extend(text.get(begin..).filter(|last| !last.is_empty()));
    pieces
}

/// Columns on a terminal: what a colour is set with has none.
fn columns(word: &str) -> usize {
    let escapes = |part: &str| part.split_once('m').map_or(0, |(_, shown)| shown.chars().count());
    let mut parts = word.split('\u{1b}');
    parts.next().map_or(0, |plain| plain.chars().count()) + parts.map(escapes).sum::<usize>()
}

/// `1,234,567`: digits in groups of three.
#[must_use]
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 goroutine`, `2 goroutines`.
#[must_use]
pub fn counted(number: u64, what: &str) -> String {
    format!("{} {what}{}", count(number), if number == 1 { "" } else { "s" })
}

/// `cache.(*Cache).Put  cache.go:44`
pub(in crate::report) fn frame(frame: &Frame) -> String {
    let file = frame.file.rsplit('/').next().unwrap_or(&frame.file);
    clean(&format!("{}  {file}:{}", short(&frame.function), frame.line))
}

/// Without the directories of the import path.
pub(in crate::report) fn short(function: &str) -> &str {
    let bare = function.find('[').unwrap_or(function.len());
    function[..bare].rfind('/').map_or(function, |slash| &function[slash + 1..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_short_and_exact_where_they_can_be() {
        assert_eq!(bytes(Bytes(1023)), "1023 B");
        assert_eq!(bytes(Bytes(1536)), "1.5 KiB");
        assert_eq!(bytes_per_op(256.0), "+256 B/op");
        assert_eq!((rate(1.0), rate(0.2), rate(2.25)), ("1".into(), "0.2".into(), "2.25".into()));
        assert_eq!(span(Nanoseconds(1_250_000_000)), "1.25 s");
    }

    #[test]
    fn counts_have_groups_of_digits_and_a_plural() {
        assert_eq!(
            (count(7), count(1_234), count(12_345_678)),
            ("7".into(), "1,234".into(), "12,345,678".into())
        );
        assert_eq!((counted(1, "event"), counted(0, "event")), ("1 event".into(), "0 events".into()));
    }

    #[test]
    fn text_breaks_between_words_and_long_words_stay_whole() {
        assert_eq!(wrap("ab cd  ef", 6), ["ab cd", "ef"]);
        assert_eq!(wrap("ab cd  ef", 9), ["ab cd  ef"]);
        assert_eq!(wrap("a-very-long-word b", 4), ["a-very-long-word", "b"]);
        assert!(wrap("", 4).is_empty());
    }

    #[test]
    fn a_description_goes_on_below_its_beginning() {
        let text = "a program full of things that look like leaks";
        let expected = " healthy  a program full of things\n          that look like leaks";
        assert_eq!(hanging(" healthy  ", text, Some(36)), expected);
        assert_eq!(hanging(" healthy  ", text, None), format!(" healthy  {text}"));
        assert_eq!(hanging(" healthy  ", "", Some(36)), " healthy");
    }

    #[test]
    fn lines_wider_than_the_terminal_are_broken_below_their_beginning_and_no_word_is_lost() {
        let line = "  - the quick brown fox jumps over the lazy dog and runs away";
        let broken = wrapped(&format!("{line}\nshort\n"), 40);
        let expected = "  - the quick brown fox jumps over the\n    lazy dog and runs away\nshort\n";
        assert_eq!(broken, expected);
        let columns = format!("    {}  beyond  it\n", "z".repeat(36));
        assert_eq!(wrapped(&columns, 40), format!("    {}\n      beyond  it\n", "z".repeat(36)));
        let row = "         1       +0  393 us\n";
        assert_eq!(wrapped(row, 60), row, "a column is as wide as it is");
        let coloured = wrapped(&format!("\u{1b}[1m{}\u{1b}[0m\n", "x".repeat(40)), 40);
        assert_eq!(coloured.lines().count(), 1, "{coloured:?}");
        let quoted = "hint: write it, before anything else, with `harness baseline accept it`\n";
        let expected = "hint: write it, before anything else,\n  with `harness baseline accept it`\n";
        assert_eq!(wrapped(quoted, 40), expected, "a command is copied in one piece");
        let command = "again    harness analyze /somewhere/far/away/the-capture\n";
        assert_eq!(wrapped(command, 40), command);
        let long = format!("{}\n", "y".repeat(90));
        assert_eq!(wrapped(&long, 40), long);
    }

    #[test]
    fn a_hostile_name_cannot_reach_the_terminal() {
        assert_eq!(clean("a\u{1b}[2Jb\u{202e}"), "a\\u{1b}[2Jb\\u{202e}");
    }

    #[test]
    fn functions_lose_directories_but_not_type_arguments() {
        assert_eq!(short("example.com/a/b.(*T).M"), "b.(*T).M");
        assert_eq!(short("example.com/a/b.F[go/x.T]"), "b.F[go/x.T]");
    }
}
