//! What a failed program said last.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use camino::Utf8Path;

use super::manifest::RunRecord;

/// Lines and bytes shown of each stream.
const MAX_LINES: usize = 40;
const MAX_BYTES: usize = 8 << 10;
/// Bytes looked at: the stacks of many goroutines may follow a panic's first line.
const LOOKED_AT: u64 = 8 << 20;

/// What is noted of a run, then the ends of what the program wrote, stream by stream; gctrace's lines, which share a file with the
/// runtime's last words, are left out.
#[must_use]
pub fn failure_text(root: &Utf8Path, run: &RunRecord) -> String {
    let mut text: String = run.notes.iter().map(|note| format!("{note}\n")).collect();
    for name in ["stderr.txt", "gctrace.txt", "stdout.txt", "driver.txt"] {
        // A file that is not there has nothing to say.
        let bytes = end_of(&root.join(&run.dir).join(name), LOOKED_AT).unwrap_or_default();
        let tail = tail(&bytes);
        if !tail.is_empty() {
            text.push_str(&format!("--- {}/{name}\n{tail}\n", run.dir));
        }
    }
    text
}

fn end_of(path: &Utf8Path, most: u64) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    let from = file.metadata()?.len().saturating_sub(most);
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    file.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn tail(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let is_gctrace = |line: &&str| line.starts_with("gc ") && line.contains(" ms clock, ");
    // A panic says the most in its first lines, an endless log in its last.
    let lines = folded(text.lines().filter(|line| !is_gctrace(line)));
    let from = lines.iter().position(|line| line.starts_with("panic:") || line.starts_with("fatal error:"));
    let from = from.unwrap_or(lines.len().saturating_sub(MAX_LINES));
    let mut shown = lines[from..].iter().take(MAX_LINES).map(String::as_str).collect::<Vec<_>>().join("\n");
    let mut end = shown.len().min(MAX_BYTES);
    while !shown.is_char_boundary(end) {
        end -= 1;
    }
    shown.truncate(end);
    shown
}

/// Lines that repeat the one before are counted: a driver of a hundred requests says the same a hundred times.
fn folded<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut counted: Vec<(&str, usize)> = Vec::new();
    for line in lines {
        match counted.last_mut() {
            Some((last, n)) if *last == line => *n += 1,
            _ => counted.push((line, 1)),
        }
    }
    let words = |(line, n): &(&str, usize)| match n {
        1 => (*line).to_owned(),
        _ if line.is_empty() => String::new(),
        n => format!("{line} ({n} times)"),
    };
    counted.iter().map(words).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_repeats_is_shown_once_and_counted() {
        let log = format!("start\n{}end\n", "curl: (7) refused\n".repeat(100));
        assert_eq!(tail(log.as_bytes()), "start\ncurl: (7) refused (100 times)\nend");
    }

    #[test]
    fn a_panic_is_shown_from_its_first_line_without_gctrace() {
        let log = "working\n".repeat(100);
        let text =
            format!("{log}gc 1 @0.1s 0%: 0+0+0 ms clock, 0 ms cpu\npanic: boom\n\ngoroutine 1 [running]:\n");
        assert_eq!(tail(text.as_bytes()), "panic: boom\n\ngoroutine 1 [running]:");
    }

    #[test]
    fn a_long_log_is_shown_by_its_end() {
        let log: String = (0..1000).map(|n| format!("line {n}\n")).collect();
        let shown = tail(log.as_bytes());
        assert!(shown.starts_with("line 960\n") && shown.ends_with("line 999"), "{shown}");
    }

    #[test]
    fn of_a_huge_log_only_the_end_is_read() {
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        io::Write::write_all(&mut file, b"0123456789").expect("writes");
        let path = Utf8Path::from_path(file.path()).expect("a name in UTF-8");
        assert_eq!(end_of(path, 4).expect("reads"), b"6789");
        assert_eq!(end_of(path, 40).expect("reads"), b"0123456789");
    }
}
