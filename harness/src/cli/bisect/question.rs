//! What is asked of every trial, as typed.

use std::str::FromStr;

use crate::lab::bisect::Limit;
use crate::model::lab::runs::{FIGURES, Figure, Unit};

/// Words for a size beside the figures of runs.
const SIZE: &str = "size";

/// What flips.
#[derive(Debug, Clone, PartialEq)]
pub enum On {
    /// A leak; with the first digits of its fingerprint, if it has to be that one.
    Finding(Option<String>),
    /// The scenario's verdict.
    Verdict,
    /// A figure.
    Figure(Measure, Limit),
}

/// Which figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// Of the binary.
    Size,
    /// Of its runs.
    Run(Figure),
}

impl Measure {
    pub(super) fn unit(self) -> Unit {
        match self {
            Self::Size => Unit::Bytes,
            Self::Run(figure) => figure.row().unit,
        }
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Size => SIZE,
            Self::Run(figure) => figure.row().word,
        }
    }
}

impl On {
    /// For people.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Finding(None) => "finding".to_owned(),
            Self::Finding(Some(prefix)) => format!("finding {prefix}"),
            Self::Verdict => "verdict".to_owned(),
            Self::Figure(measure, _) => measure.word().to_owned(),
        }
    }
}

impl FromStr for On {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (word, limit) = text.split_once(':').map_or((text, None), |(word, limit)| (word, Some(limit)));
        match (word, limit) {
            ("finding", prefix) => return Ok(Self::Finding(prefix.map(str::to_owned))),
            ("verdict", None) => return Ok(Self::Verdict),
            _ => {}
        }
        let figure = FIGURES.iter().find(|row| row.word == word).map(|row| Measure::Run(row.figure));
        let measure = figure.or((word == SIZE).then_some(Measure::Size)).ok_or_else(unknown)?;
        let limit = limit.map_or(Some(Limit::Half), |limit| parse(limit, measure.unit()));
        limit.map(|limit| Self::Figure(measure, limit)).ok_or_else(|| bad_limit(measure.unit()))
    }
}

fn unknown() -> String {
    let figures: Vec<&str> = FIGURES.iter().map(|row| row.word).collect();
    format!("there are `finding`, `verdict`, `{SIZE}`, `{}`", figures.join("`, `"))
}

fn bad_limit(unit: Unit) -> String {
    let example = match unit {
        Unit::Bytes => "`5%`, `100KB`, `1.5MiB` or a number of bytes",
        Unit::Nanoseconds => "`5%`, `20ms`, `1.5s` or a number of nanoseconds",
        Unit::Count => "`5%` or a number",
    };
    format!("a change is {example}")
}

/// Units of sizes and times, longer names first.
const UNITS: [(Unit, &str, f64); 12] = [
    (Unit::Bytes, "KiB", 1024.0),
    (Unit::Bytes, "MiB", 1_048_576.0),
    (Unit::Bytes, "GiB", 1_073_741_824.0),
    (Unit::Bytes, "KB", 1e3),
    (Unit::Bytes, "MB", 1e6),
    (Unit::Bytes, "GB", 1e9),
    (Unit::Bytes, "B", 1.0),
    (Unit::Nanoseconds, "ns", 1.0),
    (Unit::Nanoseconds, "us", 1e3),
    (Unit::Nanoseconds, "ms", 1e6),
    (Unit::Nanoseconds, "s", 1e9),
    (Unit::Nanoseconds, "m", 6e10),
];

fn parse(text: &str, unit: Unit) -> Option<Limit> {
    let number = |text: &str| text.trim().parse::<f64>().ok().filter(|n| n.is_finite() && *n > 0.0);
    if let Some(percent) = text.strip_suffix('%') {
        return Some(Limit::Share(number(percent)? / 100.0));
    }
    let of_unit = UNITS.iter().filter(|(of, ..)| *of == unit);
    let scaled =
        of_unit.filter_map(|(_, word, factor)| Some(number(text.strip_suffix(word)?)? * factor)).next();
    scaled.or_else(|| number(text)).map(Limit::Amount)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(text: &str) -> Result<On, String> {
        text.parse()
    }

    #[test]
    fn what_flips_is_read_with_the_change_that_counts() {
        assert_eq!(on("finding"), Ok(On::Finding(None)));
        assert_eq!(on("finding:830c"), Ok(On::Finding(Some("830c".into()))));
        assert_eq!(on("verdict"), Ok(On::Verdict));
        assert_eq!(on("size"), Ok(On::Figure(Measure::Size, Limit::Half)));
        assert_eq!(on("size:5%"), Ok(On::Figure(Measure::Size, Limit::Share(0.05))));
        assert_eq!(on("size:1.5MiB"), Ok(On::Figure(Measure::Size, Limit::Amount(1_572_864.0))));
        assert_eq!(on("wall:20ms"), Ok(On::Figure(Measure::Run(Figure::Wall), Limit::Amount(2e7))));
        assert_eq!(on("gc-count:3"), Ok(On::Figure(Measure::Run(Figure::GcCount), Limit::Amount(3.0))));
    }

    #[test]
    fn what_is_no_question_is_refused_with_those_there_are() {
        assert!(on("sise").is_err_and(|why| why.contains("`size`, `wall`")));
        for text in ["size:", "size:-1", "size:x", "size:5ms", "gc-count:1KB", "verdict:1", "wall:nan"] {
            assert!(on(text).is_err(), "{text}");
        }
    }
}
