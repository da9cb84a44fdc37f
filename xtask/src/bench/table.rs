//! The figures as a Markdown table for the README.
//!
//! Input: medians. Output: text. Must not measure or compare anything but one median with another.

use std::time::Duration;

use super::process::Usage;

/// What one reader made of one trace.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) reader: &'static str,
    pub(crate) median: Usage,
}

/// A trace, and who read it: first of all the one that the others are compared with.
#[derive(Debug)]
pub(crate) struct Comparison {
    pub(crate) trace: String,
    pub(crate) bytes: u64,
    pub(crate) events: u64,
    pub(crate) rows: Vec<Row>,
}

const HEAD: &str = "\
| Trace | Read by | Time | Events/s | Processor time | Peak memory | Speed |
|---|---|--:|--:|--:|--:|--:|
";

/// The table, and under it how it came about.
pub(crate) fn markdown(comparisons: &[Comparison], runs: u32, machine: &str) -> String {
    let mut text = HEAD.to_owned();
    for comparison in comparisons {
        let first = comparison.rows.first().map_or(Duration::ZERO, |row| row.median.wall);
        for (index, row) in comparison.rows.iter().enumerate() {
            let trace = if index == 0 { title(comparison) } else { String::new() };
            text += &line(&trace, row, comparison.events, first);
        }
    }
    text + &format!("\nMedians of {runs} runs each, taken in turns on the same file: {machine}.\n")
}

fn title(comparison: &Comparison) -> String {
    let Comparison { trace, bytes, events, .. } = comparison;
    format!("{trace}: {} MB, {} M events", bytes >> 20, millions(*events as f64))
}

fn line(trace: &str, row: &Row, events: u64, first: Duration) -> String {
    let Usage { wall, cpu, peak_rss } = row.median;
    let seconds = wall.as_secs_f64().max(f64::MIN_POSITIVE);
    format!(
        "| {trace} | {} | {:.2} s | {} M | {:.2} s | {} MB | {:.1}× |\n",
        row.reader,
        wall.as_secs_f64(),
        millions(events as f64 / seconds),
        cpu.as_secs_f64(),
        peak_rss >> 20,
        first.as_secs_f64() / seconds,
    )
}

fn millions(n: f64) -> String {
    format!("{:.1}", n / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_reader_of_a_trace_is_the_measure_of_the_others() {
        let row = |reader, millis, mb: u64| Row {
            reader,
            median: Usage {
                wall: Duration::from_millis(millis),
                cpu: Duration::from_millis(2 * millis),
                peak_rss: mb << 20,
            },
        };
        let comparison = Comparison {
            trace: "mix".to_owned(),
            bytes: 21 << 20,
            events: 4_000_000,
            rows: vec![row("Go", 2000, 100), row("ours", 250, 20)],
        };
        let expected = format!(
            "{HEAD}\
             | mix: 21 MB, 4.0 M events | Go | 2.00 s | 2.0 M | 4.00 s | 100 MB | 1.0× |\n\
             |  | ours | 0.25 s | 16.0 M | 0.50 s | 20 MB | 8.0× |\n\n\
             Medians of 3 runs each, taken in turns on the same file: a machine.\n"
        );
        assert_eq!(markdown(&[comparison], 3, "a machine"), expected);
    }
}
