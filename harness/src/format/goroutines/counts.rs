//! Goroutines counted by stack, as `goroutine?debug=1` prints them (`runtime/pprof`, Go 1.19-1.27):
//!
//! ```text
//! goroutine profile: total 7
//! 5 @ 0x43 0x44
//! #       0x4700c5        main.(*Hub).deliver+0x25        /src/hub.go:42
//! ```
//!
//! Text in, stacks with their counts out. Lines that fit nowhere are passed over: `# labels:`, other writers' text.

use super::{MAX_FRAMES, TextFrame};

/// Stacks, innermost frame first, with the number of goroutines there.
#[must_use]
pub fn counts(text: &str) -> Vec<(u64, Vec<TextFrame<'_>>)> {
    let mut all: Vec<(u64, Vec<TextFrame<'_>>)> = Vec::new();
    for line in text.lines() {
        if let Some(count) = header(line) {
            all.push((count, Vec::new()));
        } else if let (Some(frame), Some((_, frames))) = (frame(line), all.last_mut())
            && frames.len() < MAX_FRAMES
        {
            frames.push(frame);
        }
    }
    all
}

/// `5 @ 0x43 0x44`
fn header(line: &str) -> Option<u64> {
    let (count, addresses) = line.split_once(" @ ")?;
    addresses.starts_with("0x").then(|| count.parse().ok()).flatten()
}

/// `#\t0x4700c5\tmain.run+0x25\t\t/src/hub.go:42`; columns are aligned with tabs.
fn frame(line: &str) -> Option<TextFrame<'_>> {
    let mut columns = line.strip_prefix("#\t0x")?.split('\t').skip(1).filter(|column| !column.is_empty());
    let function = columns.next()?;
    let function = function.rsplit_once("+0x").map_or(function, |(name, _)| name);
    let (file, number) = columns.next()?.rsplit_once(':')?;
    Some(TextFrame { function, file, line: number.trim_end().parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_frames_are_read_and_other_lines_passed_over() {
        let text = "goroutine profile: total 7\n5 @ 0x43 0x44\n# labels: {\"a\":\"b\"}\n\
                    #\t0x43\tmain.(*Hub).deliver+0x25\t\t/src/hub.go:42\n#\t0x44\tmain.run+0x1\t/src/m.go:3\n\n\
                    2 @ 0x50\nnoise\n";
        let all = counts(text);
        assert_eq!(all.len(), 2);
        let deliver = TextFrame { function: "main.(*Hub).deliver", file: "/src/hub.go", line: 42 };
        let run = TextFrame { function: "main.run", file: "/src/m.go", line: 3 };
        assert_eq!(all[0], (5, vec![deliver, run]));
        assert_eq!(all[1], (2, Vec::new()));
    }

    #[test]
    fn a_cut_text_gives_what_was_there() {
        let text = "1 @ 0x1\n#\t0x1\tmain.f+0x1\t/m.go:1\n";
        for end in 0..text.len() {
            assert!(counts(&text[..end]).len() <= 1);
        }
    }
}
