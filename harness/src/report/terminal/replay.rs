//! Whether a repeat of an earlier capture came to the same.

use std::fmt::Write;

use super::{Look, text};
use crate::report::{Replayed, Report};

/// Lines of a list that are shown.
const SHOWN: usize = 8;

pub(super) fn write(out: &mut String, report: &Report, look: &Look) {
    let Some(replay) = &report.replay else { return };
    let _ = writeln!(out, "  replayed: {}", text::clean(&summary(replay)));
    list(out, look, "other result", &replay.differs);
    list(out, look, "OTHER INPUT", &replay.changed);
    list(out, look, "other conditions", &replay.conditions);
}

pub(in crate::report) fn summary(replay: &Replayed) -> String {
    let of = replay.digest.as_deref().unwrap_or("a capture that does not tell its inputs");
    if let Some(why) = &replay.not_compared {
        return format!("{of}; results are not compared: {why}");
    }
    let Replayed { same_findings, equal_figures, differs, .. } = replay;
    let (findings, figures) = (plural(*same_findings, "finding"), plural(*equal_figures, "exact figure"));
    let inputs = if replay.changed.is_empty() { "" } else { " although the inputs are not" };
    match differs.len() {
        0 if *same_findings == 0 => format!("{of}: again no findings, all {figures} equal{inputs}"),
        0 => format!("{of}: same {findings}, all {figures} equal{inputs}"),
        n => {
            format!("{of}: NOT the same, {} ({findings} the same, {figures} equal)", plural(n, "difference"))
        }
    }
}

fn plural(n: usize, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}

fn list(out: &mut String, look: &Look, what: &str, lines: &[String]) {
    let most = if look.verbose { lines.len() } else { SHOWN };
    for line in lines.iter().take(most) {
        let _ = writeln!(out, "  - {what}: {}", text::clean(line));
    }
    if lines.len() > most {
        let _ = writeln!(out, "  - {what}: {} more, -v shows them", lines.len() - most);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeat_says_what_is_the_same_and_what_is_not() {
        let same = Replayed {
            digest: Some("3fa9".to_owned()),
            same_findings: 2,
            equal_figures: 5,
            ..Replayed::default()
        };
        assert_eq!(summary(&same), "3fa9: same 2 findings, all 5 exact figures equal");
        let forced = Replayed { changed: vec!["package m has changed".to_owned()], ..same.clone() };
        assert!(summary(&forced).ends_with("equal although the inputs are not"));
        let other = Replayed { differs: vec!["x".to_owned()], ..same };
        assert_eq!(
            summary(&other),
            "3fa9: NOT the same, 1 difference (2 findings the same, 5 exact figures equal)"
        );
    }
}
