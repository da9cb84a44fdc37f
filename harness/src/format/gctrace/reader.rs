//! Walks over a shared stderr file and picks the runtime's lines out of it.
//!
//! One pass, no copy: a record's text is a slice of the input. Never goes back before the position
//! at which a line stopped fitting, so reading takes time linear in the file.

use super::anomaly::{Anomalies, AnomalyKind, Log};
use super::grammar::{self, Cursor, Fail, Why};
use super::record::Record;
use crate::format::Problem;
use crate::model::GcCycle;

/// Longest piece of text in one record.
const MAX_TEXT: usize = 64 * 1024;

/// Bytes of a file shown in a problem.
const SHOWN: usize = 24;

/// Iterates over the records of a file.
#[derive(Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    /// A record that was found right after a piece of text and comes next.
    found: Option<Record<'a>>,
    last: Option<GcCycle>,
    log: Log,
}

/// What lies at a position.
enum Seen<'a> {
    Line { record: Record<'a>, end: usize },
    Broken { kind: AnomalyKind, fail: Fail },
    Nothing,
}

impl<'a> Reader<'a> {
    /// Reads `bytes`, which problems will call `file`.
    #[must_use]
    pub fn new(file: &str, bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, found: None, last: None, log: Log::new(file) }
    }

    /// Anomalies met so far, by kind.
    #[must_use]
    pub fn anomalies(&self) -> &Anomalies {
        self.log.anomalies()
    }

    /// Anomalies so far that lost data or contradict the rest, the first hundred of them in words.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        self.log.problems()
    }

    fn starts_line(&self, at: usize) -> bool {
        at == 0 || self.bytes.get(at - 1) == Some(&b'\n')
    }

    /// Looks for one of the runtime's lines at `at`.
    fn look(&self, at: usize) -> Seen<'a> {
        match self.bytes.get(at) {
            Some(b'g') => self.cycle(at),
            Some(b's') => self.scavenge(at),
            Some(b'G') => self.forced_by_timer(at),
            Some(b'p') => self.pacer(at),
            _ => Seen::Nothing,
        }
    }

    fn cycle(&self, at: usize) -> Seen<'a> {
        let mut c = Cursor::new(self.bytes, at);
        let n = match grammar::cycle_head(&mut c) {
            Ok(n) => n,
            Err(fail) => return self.broken_head(at, "gc ", fail),
        };
        match grammar::cycle_rest(&mut c, at, n) {
            Ok(line) => Seen::Line { record: Record::Cycle(line), end: c.at() },
            Err(fail) => broken(fail),
        }
    }

    fn scavenge(&self, at: usize) -> Seen<'a> {
        let mut c = Cursor::new(self.bytes, at);
        let work = match grammar::scavenge_head(&mut c) {
            Ok(work) => work,
            Err(fail) => return self.broken_head(at, "scav ", fail),
        };
        match grammar::scavenge_rest(&mut c, at, work) {
            Ok(line) => Seen::Line { record: Record::Scavenge(line), end: c.at() },
            Err(fail) => broken(fail),
        }
    }

    /// A head that does not fit is a broken line only if it starts a line, went on for a number and
    /// does not read like prose ("gc 3 took long"); otherwise it is somebody's text.
    fn broken_head(&self, at: usize, name: &str, fail: Fail) -> Seen<'a> {
        let has_number = fail.at > at + name.len() || fail.why == Why::Overflow;
        let prose = fail.why == Why::Mismatch && self.bytes.get(fail.at) == Some(&b' ');
        if self.starts_line(at) && has_number && !prose { broken(fail) } else { Seen::Nothing }
    }

    /// The notice has no field to tell it from prose, so inside a line it must end that line.
    fn forced_by_timer(&self, at: usize) -> Seen<'a> {
        let mut c = Cursor::new(self.bytes, at);
        if !c.take("GC forced") {
            return Seen::Nothing;
        }
        let ends_line = matches!(self.bytes.get(c.at()), None | Some(b'\n' | b'\r'));
        if !self.starts_line(at) && !ends_line {
            return Seen::Nothing;
        }
        Seen::Line { record: Record::ForcedByTimer { offset: at as u64 }, end: c.at() }
    }

    fn pacer(&self, at: usize) -> Seen<'a> {
        let mut c = Cursor::new(self.bytes, at);
        if !self.starts_line(at) || !c.take("pacer: ") {
            return Seen::Nothing;
        }
        let rest = self.bytes.iter().skip(at).take(MAX_TEXT);
        let end = at + rest.take_while(|byte| **byte != b'\n').count();
        let with_line_end = (end + usize::from(self.bytes.get(end) == Some(&b'\n'))).min(at + MAX_TEXT);
        let bytes = self.bytes.get(at..with_line_end).unwrap_or_default();
        Seen::Line { record: Record::Pacer { offset: at as u64, bytes }, end: with_line_end }
    }

    /// Accepts a line: looks at how it ends and, for a cycle, at its number.
    fn accept(&mut self, record: &Record<'a>, end: usize) {
        self.at = if matches!(record, Record::Pacer { .. }) { end } else { self.line_end(end) };
        if let Record::Cycle(line) = record {
            self.follow(line.offset, line.n);
        }
    }

    /// Position after the line end at `end`.
    fn line_end(&mut self, end: usize) -> usize {
        let rest = self.bytes.get(end..).unwrap_or_default();
        let (kind, length) = match rest {
            [b'\n', ..] => return end + 1,
            [b'\r', b'\n', ..] => (AnomalyKind::CarriageReturn, 2),
            [] => (AnomalyKind::Unterminated, 0),
            _ => (AnomalyKind::GluedAfter, 0),
        };
        self.note(kind, end, "a line end");
        end + length
    }

    /// Compares a cycle's number with the one before it.
    fn follow(&mut self, offset: u64, n: GcCycle) {
        let expected = self.last.map_or(1, |last| last.0.saturating_add(1));
        let kind = match self.last {
            None if n.0 > 1 => Some(AnomalyKind::StartsLate),
            Some(_) if n.0 > expected => Some(AnomalyKind::CycleGap),
            Some(last) if n == last => Some(AnomalyKind::CycleRepeat),
            Some(last) if n < last => Some(AnomalyKind::CycleBackwards),
            _ => None,
        };
        if let Some(kind) = kind {
            let offset = usize::try_from(offset).unwrap_or(usize::MAX);
            self.log.note(kind, offset, &format!("cycle {expected}"), format!("cycle {n}"));
        }
        self.last = Some(n);
    }

    /// Notes an anomaly at `at`, quoting what lies there.
    fn note(&mut self, kind: AnomalyKind, at: usize, expected: &str) {
        let rest = self.bytes.get(at..).unwrap_or_default();
        let shown = rest.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let shown = shown.get(..SHOWN).unwrap_or(shown);
        let found = match rest {
            [] => "the end of the file".to_owned(),
            _ => format!("{:?}", String::from_utf8_lossy(shown)),
        };
        self.log.note(kind, at, expected, found);
    }

    /// Text from `from` up to `to`.
    fn text(&self, from: usize, to: usize) -> Record<'a> {
        Record::Text { offset: from as u64, bytes: self.bytes.get(from..to).unwrap_or_default() }
    }
}

impl<'a> Iterator for Reader<'a> {
    type Item = Record<'a>;

    fn next(&mut self) -> Option<Record<'a>> {
        if let Some(record) = self.found.take() {
            return Some(record);
        }
        let from = self.at;
        let mut at = from;
        while at < self.bytes.len() && at - from < MAX_TEXT {
            match self.look(at) {
                Seen::Line { record, end } => {
                    if !self.starts_line(at) && at > from {
                        self.note(AnomalyKind::GluedBefore, from, "the begin of a line");
                    }
                    self.accept(&record, end);
                    if at == from {
                        return Some(record);
                    }
                    self.found = Some(record);
                    return Some(self.text(from, at));
                }
                Seen::Broken { kind, fail } => {
                    self.note(kind, fail.at, fail.wanted);
                    at = fail.at.max(at + 1);
                }
                Seen::Nothing if self.bytes[at] == b'\n' => {
                    at += 1;
                    break;
                }
                Seen::Nothing => at += 1,
            }
        }
        self.at = at;
        (at > from).then(|| self.text(from, at))
    }
}

fn broken<'a>(fail: Fail) -> Seen<'a> {
    let kind = match fail.why {
        Why::Mismatch => AnomalyKind::Torn,
        Why::End => AnomalyKind::Truncated,
        Why::Overflow => AnomalyKind::Overflow,
    };
    Seen::Broken { kind, fail }
}
