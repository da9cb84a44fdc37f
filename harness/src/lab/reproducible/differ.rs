//! How two programs differ, and why: the likely cause is the first row of a table that what differs speaks for.

use std::sync::LazyLock;

use regex::Regex;
use rustc_hash::FxHashSet;

use crate::format::binary::{Text, Texts};
use crate::model::lab::reproducible::{BinaryDifference, SectionDifference, ShownDifference};

/// Places in a section that are looked at for a cause.
const MOST_LOOKS: usize = 64;
/// Printable bytes on both sides of a difference that are taken along.
const AROUND: usize = 96;
/// Length of a word.
const WORD: std::ops::Range<usize> = 6..4096;
/// Bytes that belong to one difference although they are the same.
const NEAR: usize = 16;
/// Sections that follow from all others: what they hold is a hash of what went in.
const BUILD_IDS: [&str; 2] = [".note.go.buildid", ".note.gnu.build-id"];

/// Directories of the builds that are compared.
#[derive(Debug, Clone, Copy)]
pub(super) struct Places<'a>(pub(super) &'a [&'a str]);

/// Two texts at one place.
struct Pair<'a> {
    section: &'a str,
    before: String,
    after: String,
}

/// A row: what speaks for it, in words, and what to do.
struct Cause {
    speaks: fn(&Pair<'_>, Places<'_>) -> bool,
    words: &'static str,
    remedy: &'static str,
}

/// What makes builds differ, the most telling first.
const CAUSES: [Cause; 6] = [
    Cause {
        speaks: |pair, _| {
            either(pair, |text| {
                text.contains("vcs.revision=") || text.contains("vcs.modified=") || text.contains("vcs.time=")
            })
        },
        words: "the stamp of the version control system",
        remedy: "build from a clean checkout of the same revision, or with `buildvcs = false`",
    },
    Cause {
        speaks: |pair, Places(places)| either(pair, |text| places.iter().any(|place| text.contains(place))),
        words: "paths of the directory it was built in",
        remedy: "`trimpath = true`; for C also `CGO_CFLAGS=-ffile-prefix-map=OLD=NEW`",
    },
    Cause {
        speaks: |pair, _| both(pair, |text| text.contains("/go-build")),
        words: "paths of the go command's temporary directory",
        remedy: "`trimpath = true`; in C no __FILE__ of what cgo generates",
    },
    Cause {
        speaks: |pair, _| both(pair, has_time),
        words: "a time: __DATE__ or __TIME__ of C, generated code, or `-X`",
        remedy: "take the time from the commit (SOURCE_DATE_EPOCH for C), or leave it out",
    },
    Cause {
        speaks: |pair, _| pair.section.contains("debug"),
        words: "debug information",
        remedy: "`trimpath = true`, or `-ldflags=-w`",
    },
    Cause {
        speaks: |pair, _| BUILD_IDS.contains(&pair.section),
        words: "nothing but the build id, which tells apart what went in",
        remedy: "`trimpath = true`, or `-ldflags=-buildid=`",
    },
];

const UNKNOWN: (&str, &str) = (
    "something that no rule here knows",
    "compare what the compiler is given: `go build -x -a` in both circumstances; maps that generated code is written from have no order",
);

fn either(pair: &Pair<'_>, speaks: impl Fn(&str) -> bool) -> bool {
    speaks(&pair.before) || speaks(&pair.after)
}

fn both(pair: &Pair<'_>, speaks: impl Fn(&str) -> bool) -> bool {
    speaks(&pair.before) && speaks(&pair.after)
}

/// A time of day or a date stands in it.
pub(super) fn has_time(text: &str) -> bool {
    static TIME: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"\d\d:\d\d:\d\d|\b20\d\d-\d\d-\d\d|[A-Z][a-z]{2} [ \d]\d 20\d\d|\b20\d{6}[T-]?\d{4,6}\b|^1[5-9]\d{8}$").ok()
    });
    TIME.as_ref().is_some_and(|time| time.is_match(text))
}

/// How `after` differs from `before`.
pub(super) fn difference(before: &Texts<'_>, after: &Texts<'_>, places: Places<'_>) -> BinaryDifference {
    let pairs = paired(before, after);
    let mut differing: Vec<(&Text<'_>, &[u8])> =
        pairs.into_iter().filter(|(text, other)| text.bytes.as_ref() != *other).collect();
    // Build ids and the file's own tables follow from all others: they come last.
    differing.sort_by_key(|(text, _)| (!text.is_section, BUILD_IDS.contains(&text.name.as_str())));
    let sections = differing.iter().map(|(text, other)| SectionDifference {
        name: text.name.clone(),
        bytes: unequal(&text.bytes, other),
        size: text.bytes.len().max(other.len()) as u64,
    });
    let sections: Vec<SectionDifference> = sections.collect();
    let (section, offset) = differing.first().map_or((String::new(), 0), |(text, other)| {
        (text.name.clone(), first(&text.bytes, other, 0).unwrap_or(0) as u64)
    });
    let looks: Vec<Pair<'_>> = differing.iter().flat_map(|(text, other)| looks(text, other)).collect();
    let found = CAUSES
        .iter()
        .find_map(|cause| Some((cause, looks.iter().find(|pair| (cause.speaks)(pair, places))?)));
    let (cause, remedy) = found.as_ref().map_or(UNKNOWN, |(cause, _)| (cause.words, cause.remedy));
    let shown = found.map(|(_, pair)| pair).or(looks.first()).map(|pair| ShownDifference {
        section: pair.section.to_owned(),
        before: pair.before.clone(),
        after: pair.after.clone(),
    });
    BinaryDifference { section, offset, sections, cause: cause.to_owned(), remedy: remedy.to_owned(), shown }
}

/// Parts of the same name, the nth with the nth; one that only one file has is beside nothing.
fn paired<'a>(before: &'a Texts<'_>, after: &'a Texts<'_>) -> Vec<(&'a Text<'a>, &'a [u8])> {
    fn nth<'t>(texts: &'t Texts<'_>, name: &str, nth: usize) -> Option<&'t [u8]> {
        texts.parts.iter().filter(|part| part.name == name).nth(nth).map(|part| part.bytes.as_ref())
    }
    let rank = |parts: &[Text<'_>], at: usize| {
        parts.iter().take(at).filter(|part| parts.get(at).is_some_and(|own| own.name == part.name)).count()
    };
    let ours = before
        .parts
        .iter()
        .enumerate()
        .map(|(at, part)| (part, nth(after, &part.name, rank(&before.parts, at)).unwrap_or_default()));
    let theirs = after
        .parts
        .iter()
        .enumerate()
        .filter(|(at, part)| nth(before, &part.name, rank(&after.parts, *at)).is_none());
    ours.chain(theirs.map(|(_, part)| (part, &[][..]))).collect()
}

/// Bytes that are not the same.
fn unequal(before: &[u8], after: &[u8]) -> u64 {
    let changed = before.iter().zip(after).filter(|(a, b)| a != b).count();
    (changed + before.len().abs_diff(after.len())) as u64
}

/// The first place from `at` on where they differ.
fn first(before: &[u8], after: &[u8], at: usize) -> Option<usize> {
    let (ours, theirs) = (before.get(at..)?, after.get(at..)?);
    let place = ours.iter().zip(theirs).position(|(a, b)| a != b);
    let end = (ours.len() != theirs.len()).then(|| ours.len().min(theirs.len()));
    place.or(end).map(|place| at + place)
}

/// What stands where they differ. When one is longer, what follows the first place is moved: then the words that only one of
/// them has say more.
fn looks<'a>(text: &'a Text<'_>, other: &[u8]) -> Vec<Pair<'a>> {
    let is_moved = text.bytes.len() != other.len();
    let most = if is_moved { 1 } else { MOST_LOOKS };
    let mut pairs = Vec::new();
    let mut at = 0;
    while let Some(place) = first(&text.bytes, other, at).filter(|_| pairs.len() < most) {
        let (before, after) = (printable(&text.bytes, place), printable(other, place));
        at = place + before.len().max(after.len()).max(1) + NEAR;
        pairs.push(Pair { section: &text.name, before, after });
    }
    if is_moved {
        pairs.extend(own_words(&text.name, &text.bytes, other));
    }
    pairs
}

/// Words that only the one or only the other has, the nth beside the nth.
fn own_words<'a>(section: &'a str, before: &[u8], after: &[u8]) -> Vec<Pair<'a>> {
    let (ours, theirs) = (words(before), words(after));
    let only = |some: &[&[u8]], others: &[&[u8]]| {
        let others: FxHashSet<&[u8]> = others.iter().copied().collect();
        let only = some.iter().filter(|word| !others.contains(*word)).take(MOST_LOOKS);
        only.map(|word| String::from_utf8_lossy(word).into_owned()).collect::<Vec<_>>()
    };
    let (before, after) = (only(&ours, &theirs), only(&theirs, &ours));
    let n = before.len().max(after.len());
    let nth = |words: &[String], at: usize| words.get(at).cloned().unwrap_or_default();
    (0..n).map(|at| Pair { section, before: nth(&before, at), after: nth(&after, at) }).collect()
}

/// Printable text that is neither a few letters by chance nor all strings of a program in a row.
fn words(bytes: &[u8]) -> Vec<&[u8]> {
    bytes.split(|byte| !is_text(*byte)).filter(|word| WORD.contains(&word.len())).collect()
}

fn is_text(byte: u8) -> bool {
    byte.is_ascii_graphic() || matches!(byte, b' ' | b'\t' | b'\n')
}

/// The printable text around a place.
fn printable(bytes: &[u8], at: usize) -> String {
    let head = bytes.get(..at.min(bytes.len())).unwrap_or_default();
    let tail = bytes.get(at.min(bytes.len())..).unwrap_or_default();
    let before = head.iter().rev().take(AROUND).take_while(|byte| is_text(**byte)).count();
    let after = tail.iter().take(AROUND).take_while(|byte| is_text(**byte)).count();
    let text = bytes.get(head.len() - before..head.len() + after).unwrap_or_default();
    String::from_utf8_lossy(text).into_owned()
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;

    fn texts(parts: &[(&str, &'static [u8])]) -> Texts<'static> {
        let part = |(name, bytes): &(&str, &'static [u8])| Text {
            name: (*name).to_owned(),
            is_section: true,
            bytes: Cow::Borrowed(*bytes),
        };
        Texts { parts: parts.iter().map(part).collect() }
    }

    #[test]
    fn the_most_telling_cause_wins_over_the_first_section() {
        let before = texts(&[
            (".note.go.buildid", b"aaaa"),
            (".text", b"\x01\x02"),
            (".rodata", b"\0Nov 26 2026 10:11:12\0"),
        ]);
        let after = texts(&[
            (".note.go.buildid", b"bbbb"),
            (".text", b"\x01\x03"),
            (".rodata", b"\0Nov 26 2026 10:11:14\0"),
        ]);
        let difference = difference(&before, &after, Places(&["/home/me"]));
        assert_eq!((difference.section.as_str(), difference.offset), (".text", 1));
        assert!(difference.cause.starts_with("a time"), "{difference:?}");
        let shown = difference.shown.expect("text");
        assert_eq!((shown.section.as_str(), shown.after.as_str()), (".rodata", "Nov 26 2026 10:11:14"));
        assert_eq!(difference.sections.len(), 3);
        assert_eq!(difference.sections[1].bytes, 1, "one digit");
    }

    #[test]
    fn a_longer_path_is_found_behind_what_it_moves() {
        let before = texts(&[(".gopclntab", b"\x01\x02\0runtime/proc.go\0/home/me/app/main.go\0")]);
        let after = texts(&[(".gopclntab", b"\x01\x09\0runtime/proc.go\0/tmp/elsewhere/x/app/main.go\0")]);
        let difference = difference(&before, &after, Places(&["/home/me/app", "/tmp/elsewhere"]));
        assert!(difference.cause.starts_with("paths"), "{difference:?}");
        let shown = difference.shown.expect("text");
        assert_eq!(
            (shown.before.as_str(), shown.after.as_str()),
            ("/home/me/app/main.go", "/tmp/elsewhere/x/app/main.go")
        );
    }

    #[test]
    fn nothing_but_build_ids_is_a_cause_of_its_own_and_the_rest_is_not_guessed() {
        let (a, b) = (texts(&[(".note.go.buildid", b"aaaa")]), texts(&[(".note.go.buildid", b"bbbb")]));
        assert!(difference(&a, &b, Places(&[])).cause.contains("build id"));
        let (a, b) = (texts(&[(".text", b"\x01\x02\x03")]), texts(&[(".text", b"\x01\x02")]));
        let unknown = difference(&a, &b, Places(&[]));
        assert_eq!((unknown.cause.as_str(), unknown.sections[0].bytes), (UNKNOWN.0, 1));
    }

    #[test]
    fn times_are_told_from_versions() {
        for time in ["2026-11-26T10:00:00Z", "Nov 26 2026", "20261126-101500", "10:11:12", "1764151200"] {
            assert!(has_time(time), "{time}");
        }
        for other in ["1.2.3", "v0.0.1-rc1", "abcdef0123456789", "5433"] {
            assert!(!has_time(other), "{other}");
        }
    }
}
