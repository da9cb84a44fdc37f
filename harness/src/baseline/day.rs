//! A day of the calendar, UTC: until when a leak is accepted.
//!
//! Nothing here looks at a clock. The day that a run is judged on is the one on which its capture began, so that
//! analysing a capture again comes to the same.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::WallTime;

/// A day, `2027-03-01`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("format" = "date"))]
pub struct Day(Date);

impl Day {
    /// The day of a moment.
    #[must_use]
    pub fn of(at: WallTime) -> Self {
        let time = jiff::Timestamp::from_nanosecond(i128::from(at.0)).unwrap_or_default();
        Self(time.to_zoned(TimeZone::UTC).date())
    }
}

impl FromStr for Day {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // The parser alone would take a time of day, too, and drop it.
        let date = Date::from_str(text).ok().filter(|date| date.to_string() == text);
        date.map(Self).ok_or_else(|| format!("`{text}` is no day; write it like 2027-03-01"))
    }
}

impl TryFrom<String> for Day {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Day> for String {
    fn from(day: Day) -> Self {
        day.to_string()
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_written_one_way_and_sorted_by_time() {
        let day = |text: &str| text.parse::<Day>();
        assert_eq!(day("2027-03-01").unwrap().to_string(), "2027-03-01");
        assert!(day("2027-03-01").unwrap() < day("2027-10-01").unwrap());
        for wrong in ["2027-02-30", "2027-3-1", "01.03.2027", "2027-03-01T12:00", "", "tomorrow"] {
            assert!(day(wrong).unwrap_err().contains("2027-03-01"), "{wrong}");
        }
    }

    #[test]
    fn the_day_of_a_moment_is_that_of_greenwich() {
        let noon = 43_200_000_000_000;
        assert_eq!(Day::of(WallTime(noon)).to_string(), "1970-01-01");
        assert_eq!(Day::of(WallTime(3 * noon - 1)).to_string(), "1970-01-02");
    }
}
