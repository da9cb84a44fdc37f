//! The summary held to what it must be on traces recorded by real Go: parts add up to wholes.

use super::*;
use crate::model::Nanoseconds;
use crate::model::trace::{BlockingSite, Lives, StateTimes};

const RECORDED: [&str; 6] = [
    "mixed-go1.23.12.trace",
    "mixed-go1.25.4.trace",
    "mixed-go1.26.8.trace",
    "mixed-go1.27.4.trace",
    "cpu-go1.27.4.trace",
    "alloc-go1.26.8.trace",
];

/// Bytes of a recorded trace.
fn fixture(name: &str) -> Vec<u8> {
    let path = format!("{}/../fixtures/traces/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The summary of a window, and every goroutine's life.
fn summarized(name: &str, window: Option<Window>) -> (TraceSummary, Vec<GoroutineExample>) {
    let data = fixture(name);
    let mut reader = Reader::new(name, &data).unwrap();
    let mut lives = Vec::new();
    let mut listener = |life: &GoroutineExample| lives.push(life.clone());
    let options = Options { window, lives: Some(&mut listener), ..Options::default() };
    let summary = summarize(&mut reader, options);
    assert_eq!(summary.facts.problems, Vec::<String>::new(), "{name}");
    (summary, lives)
}

#[test]
fn print_it() {
    for name in RECORDED {
        let (s, _) = summarized(name, None);
        println!("{name}\n{}", serde_json::to_string_pretty(&s).unwrap());
    }
}
