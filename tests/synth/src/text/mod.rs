//! The text form of a trace, line by line, to bytes.
//!
//! ```text
//! generation 1                    # of the batches that follow
//! thread 10 at=1000               # a batch of events; `length=N` claims another size
//!   +5 GoCreate g=7 stack="main.f a.go:3; main.main a.go:9"   @created
//!   GoBlock reason="sleep"        # one tick later unless `+N` says otherwise
//!   bytes 0xff 3 "text"           # anything
//!   varint 300
//! strings                         # a table; likewise `stacks`, `samples`
//!   string 3 "main.f"             # `length=N` claims another size
//! stacks
//!   stack 6 0x4010 3 4 41         # frames of pc, function, file, line; `frames=N` claims another number
//! samples
//!   sample at=7 thread=10 p=0 g=1 stack=6
//! sync                            # `frequency N` and `clocks DELTA MONO SEC NSEC` follow
//! experiment 1 thread=10          # a batch of an experiment: `bytes`, `varint`
//! end                             # tables of what stood in quotes; sync, if there was none; mark
//! ```
//!
//! Also `mark` (the end of a generation alone), `raw …` (bytes between batches) and `cut N` (the
//! last bytes of what is written so far are gone). `none` is all bits set. A label, `@name`, is the
//! offset of what its line writes, or of the end of the file after `cut`; `@file` is 0.

mod pool;
mod tokens;

use std::collections::BTreeMap;

use self::pool::Pool;
use self::tokens::{Line, Value};
use crate::table::{Arg, event_type, mark, state};
use crate::trace::{NO_THREAD, sound_sync, stack_entry, string_entry, varint};

/// A trace and where its labels are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoded {
    /// The file.
    pub bytes: Vec<u8>,
    /// Offsets in it.
    pub labels: BTreeMap<String, u64>,
}

/// What a line cannot mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextError {
    /// From 1.
    pub line: usize,
    /// A fragment of a sentence.
    pub message: String,
}

/// Writes the trace of Go 1.`minor` that the text describes.
///
/// # Errors
/// Names the first line that makes no sense.
pub fn encode(text: &str, minor: u32) -> Result<Encoded, TextError> {
    let mut writer = Writer::new(minor);
    for (number, text) in (1..).zip(text.lines()) {
        let written = Line::parse(text).and_then(|line| writer.line(&line));
        written.map_err(|message| TextError { line: number, message })?;
    }
    writer.close();
    Ok(Encoded { bytes: writer.bytes, labels: writer.labels })
}

struct Writer {
    minor: u32,
    bytes: Vec<u8>,
    labels: BTreeMap<String, u64>,
    generation: u64,
    /// Of the generation's first batch: what tables get, so that they do not count as earlier.
    first_time: Option<u64>,
    synced: bool,
    pool: Pool,
    open: Option<Open>,
}

/// The batch that lines add to.
struct Open {
    header: Vec<u8>,
    length: Option<u64>,
    body: Vec<u8>,
    labels: Vec<(String, usize)>,
}

impl Writer {
    fn new(minor: u32) -> Self {
        Self {
            minor,
            bytes: format!("go 1.{minor} trace\0\0\0").into_bytes(),
            labels: BTreeMap::from([("file".to_owned(), 0)]),
            generation: 1,
            first_time: None,
            synced: false,
            pool: Pool::default(),
            open: None,
        }
    }

    fn line(&mut self, line: &Line) -> Result<(), String> {
        match line.verb() {
            "" if line.words.is_empty() && line.pairs.is_empty() => Ok(()),
            "generation" | "end" | "mark" | "raw" | "cut" => self.between(line),
            "thread" | "strings" | "stacks" | "samples" | "sync" | "experiment" => self.begin(line),
            _ => self.within(line),
        }
    }

    /// What stands between batches.
    fn between(&mut self, line: &Line) -> Result<(), String> {
        self.close();
        self.label(line);
        line.only(&[])?;
        match line.verb() {
            "generation" => {
                self.generation = one_number(line)?;
                self.first_time = None;
                self.synced = false;
            }
            "end" => self.end(),
            "mark" => self.bytes.push(mark::END),
            "raw" => bytes_of(line, &mut self.bytes)?,
            _ => {
                let n = usize::try_from(one_number(line)?).map_err(|_| "too many bytes".to_owned())?;
                self.bytes.truncate(self.bytes.len().saturating_sub(n));
                self.label(line);
            }
        }
        Ok(())
    }

    fn end(&mut self) {
        for table in self.pool.tables() {
            self.batch(table);
        }
        if !self.synced {
            self.batch(sound_sync(self.minor));
        }
        if self.minor >= 26 {
            self.bytes.push(mark::END);
        }
    }

    /// A batch of no thread.
    fn batch(&mut self, body: Vec<u8>) {
        let mut header = vec![mark::BATCH];
        let time = self.first_time.unwrap_or(0);
        [self.generation, NO_THREAD, time].iter().for_each(|&number| varint(&mut header, number));
        self.open = Some(Open { header, length: None, body, labels: Vec::new() });
        self.close();
    }

    /// Opens a batch.
    fn begin(&mut self, line: &Line) -> Result<(), String> {
        self.close();
        self.label(line);
        line.only(&["at", "length", "thread", "generation"])?;
        let verb = line.verb();
        let time = match verb {
            "thread" => line.number("at", 0)?,
            _ => line.number("at", self.first_time.unwrap_or(0))?,
        };
        self.first_time.get_or_insert(time);
        self.synced |= verb == "sync";
        let mut header = vec![mark::BATCH];
        let mut thread = line.number("thread", NO_THREAD)?;
        match verb {
            "thread" => thread = one_number(line)?,
            "experiment" => {
                let number = u8::try_from(one_number(line)?).map_err(|_| "no such experiment")?;
                header = vec![mark::EXPERIMENT, number];
            }
            _ => {}
        }
        let generation = line.number("generation", self.generation)?;
        [generation, thread, time].iter().for_each(|&number| varint(&mut header, number));
        let length = line.pair("length").map(Value::number).transpose()?;
        self.open = Some(Open { header, length, body: self.first_byte(verb), labels: Vec::new() });
        Ok(())
    }

    /// What tells the kind of a batch.
    fn first_byte(&self, verb: &str) -> Vec<u8> {
        match verb {
            "strings" => vec![mark::STRINGS],
            "stacks" => vec![mark::STACKS],
            "samples" => vec![mark::SAMPLES],
            "sync" if self.minor >= 25 => vec![mark::SYNC],
            _ => Vec::new(),
        }
    }

    /// Adds to the open batch.
    fn within(&mut self, line: &Line) -> Result<(), String> {
        let Some(open) = &mut self.open else {
            return Err(format!("`{}` outside of a batch", line.verb()));
        };
        if let Some(label) = &line.label {
            open.labels.push((label.clone(), open.body.len()));
        }
        let body = &mut open.body;
        match line.verb() {
            "bytes" => bytes_of(line, body),
            "varint" => numbers_after(None, line, body),
            "string" => string_line(line, body),
            "stack" => stack_line(line, body),
            "sample" => sample_line(line, body),
            "frequency" => numbers_after(Some(mark::FREQUENCY), line, body),
            "clocks" => numbers_after(Some(mark::CLOCKS), line, body),
            _ => event_line(line, body, &mut self.pool),
        }
    }

    fn close(&mut self) {
        let Some(open) = self.open.take() else { return };
        self.bytes.extend_from_slice(&open.header);
        varint(&mut self.bytes, open.length.unwrap_or(open.body.len() as u64));
        let start = self.bytes.len();
        for (label, offset) in open.labels {
            self.labels.insert(label, (start + offset) as u64);
        }
        self.bytes.extend_from_slice(&open.body);
    }

    fn label(&mut self, line: &Line) {
        if let Some(label) = &line.label {
            self.labels.insert(label.clone(), self.bytes.len() as u64);
        }
    }
}

fn one_number(line: &Line) -> Result<u64, String> {
    match line.numbers()?[..] {
        [number] => Ok(number),
        _ => Err(format!("`{}` takes one number", line.verb())),
    }
}

/// Bytes by number, and texts.
fn bytes_of(line: &Line, out: &mut Vec<u8>) -> Result<(), String> {
    for word in line.words.iter().skip(1) {
        match word {
            Value::Quoted(text) => out.extend_from_slice(text.as_bytes()),
            number => out.push(u8::try_from(number.number()?).map_err(|_| "a byte is 0 to 255")?),
        }
    }
    Ok(())
}

/// The line's numbers, after a byte that tells what they are.
fn numbers_after(first: Option<u8>, line: &Line, out: &mut Vec<u8>) -> Result<(), String> {
    out.extend(first);
    line.numbers()?.iter().for_each(|&number| varint(out, number));
    Ok(())
}

fn string_line(line: &Line, out: &mut Vec<u8>) -> Result<(), String> {
    line.only(&["length"])?;
    let [_, id, Value::Quoted(text)] = &line.words[..] else {
        return Err("`string ID \"text\"` expected".to_owned());
    };
    string_entry(out, id.number()?, line.number("length", text.len() as u64)?, text.as_bytes());
    Ok(())
}

fn stack_line(line: &Line, out: &mut Vec<u8>) -> Result<(), String> {
    line.only(&["frames"])?;
    let numbers = line.numbers()?;
    let Some((&id, fields)) = numbers.split_first() else { return Err("`stack ID …` expected".to_owned()) };
    let (frames, []) = fields.as_chunks::<4>() else {
        return Err("a frame is four numbers: pc, function, file, line".to_owned());
    };
    stack_entry(out, id, line.number("frames", frames.len() as u64)?, frames);
    Ok(())
}

fn sample_line(line: &Line, out: &mut Vec<u8>) -> Result<(), String> {
    let keys = ["at", "thread", "p", "g", "stack"];
    line.only(&keys)?;
    out.push(mark::SAMPLE);
    for key in keys {
        varint(out, line.number(key, 0)?);
    }
    Ok(())
}

/// `[+DELTA] Name key=value …`
fn event_line(line: &Line, out: &mut Vec<u8>, pool: &mut Pool) -> Result<(), String> {
    let (delta, name) = match line.verb().strip_prefix('+') {
        None => (1, line.verb()),
        Some(_) => (delta(line.verb())?, word(line.words.get(1))),
    };
    let event = event_type(name).ok_or_else(|| format!("no event or directive `{name}`"))?;
    let keys: Vec<_> = event.args.iter().map(|(key, _)| *key).collect();
    line.only(&keys)?;
    out.push(event.number);
    varint(out, delta);
    for &(key, arg) in event.args {
        varint(out, line.pair(key).map_or(Ok(0), |value| argument(arg, value, pool))?);
    }
    Ok(())
}

fn delta(word: &str) -> Result<u64, String> {
    word[1..].parse().map_err(|_| format!("a number of ticks expected, found `{word}`"))
}

fn word(value: Option<&Value>) -> &str {
    match value {
        Some(Value::Word(word)) => word,
        _ => "",
    }
}

fn argument(arg: Arg, value: &Value, pool: &mut Pool) -> Result<u64, String> {
    match (arg, value) {
        (Arg::Text, Value::Quoted(text)) => Ok(pool.string(text)),
        (Arg::Stack, Value::Quoted(frames)) => pool.stack(frames),
        (_, Value::Word(word)) => state(arg, word).map_or_else(|| value.number(), Ok),
        _ => value.number(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Body, Trace};

    #[test]
    fn a_text_becomes_the_bytes_that_calls_would_write() {
        let text = r#"
            generation 1
            thread 10 at=1000          # comment
              ProcStatus p=0 state=running
              +5 GoBlock reason="sleep" @block
            end"#;
        let body = Body::default().event("ProcStatus", &[1, 0, 1]).event("GoBlock", &[5, 1, 0]);
        for minor in [22, 26] {
            let encoded = encode(text, minor).unwrap();
            let expected = Trace::new(minor).batch(1, 10, 1000, body.clone()).bytes();
            assert_eq!(encoded.bytes[..expected.len()], expected);
            assert_eq!(encoded.labels["block"], expected.len() as u64 - 4);
            assert!(encoded.bytes.windows(7).any(|bytes| bytes == b"\x01\x05sleep"));
        }
    }

    #[test]
    fn lies_about_lengths_raw_bytes_and_cuts_are_written_as_told() {
        let text = "thread 1 length=300\n bytes 0xff \"ab\"\nraw 7\nexperiment 2 thread=3 at=4\n varint 128\ncut 1 @end";
        let encoded = encode(text, 22).unwrap();
        assert_eq!(encoded.bytes[16..], [1, 1, 1, 0, 0xac, 2, 0xff, b'a', b'b', 7, 49, 2, 1, 3, 4, 2, 128]);
        assert_eq!(encoded.labels["end"], encoded.bytes.len() as u64);
    }

    #[test]
    fn a_line_that_means_nothing_is_named() {
        let wrong = [
            ("thread 1\n GoStrat g=1", "no event or directive `GoStrat`"),
            ("thread 1\n GoStart goroutine=1", "no key `goroutine` here; known are g, seq"),
            ("GoStart g=1", "`GoStart` outside of a batch"),
            ("stacks\n stack 1 2 3", "a frame is four numbers: pc, function, file, line"),
        ];
        for (text, message) in wrong {
            let line = text.lines().count();
            assert_eq!(encode(text, 22), Err(TextError { line, message: message.to_owned() }));
        }
    }
}
