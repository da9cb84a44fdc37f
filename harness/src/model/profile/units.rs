//! Values as pprof prints them: scaled to a unit, with the unit behind.
//!
//! Units, names and rounding are those of pprof's internal/measurement, so that figures can be compared as text.

use std::borrow::Cow;

/// A unit, other words for it, and how many of the smallest unit it has.
type Unit = (&'static str, &'static [&'static str], f64);

/// Units that can be converted into each other, and the one that a value is in when no other is asked for.
struct Family {
    units: &'static [Unit],
    default: (&'static str, f64),
}

const KIB: f64 = 1024.0;

const FAMILIES: [Family; 3] = [
    Family {
        units: &[
            ("B", &["b", "byte"], 1.0),
            ("kB", &["kb", "kbyte", "kilobyte"], KIB),
            ("MB", &["mb", "mbyte", "megabyte"], KIB * KIB),
            ("GB", &["gb", "gbyte", "gigabyte"], KIB * KIB * KIB),
            ("TB", &["tb", "tbyte", "terabyte"], KIB * KIB * KIB * KIB),
            ("PB", &["pb", "pbyte", "petabyte"], KIB * KIB * KIB * KIB * KIB),
        ],
        default: ("B", 1.0),
    },
    Family {
        units: &[
            ("ns", &["ns", "nanosecond"], 1.0),
            ("us", &["μs", "us", "microsecond"], 1e3),
            ("ms", &["ms", "millisecond"], 1e6),
            ("s", &["s", "sec", "second"], 1e9),
            ("hrs", &["hour", "hr"], 3.6e12),
        ],
        default: ("s", 1e9),
    },
    Family {
        units: &[
            ("n*GCU", &["nanogcu"], 1e-9),
            ("u*GCU", &["microgcu"], 1e-6),
            ("m*GCU", &["milligcu"], 1e-3),
            ("GCU", &["gcu"], 1.0),
            ("k*GCU", &["kilogcu"], 1e3),
            ("M*GCU", &["megagcu"], 1e6),
            ("G*GCU", &["gigagcu"], 1e9),
            ("T*GCU", &["teragcu"], 1e12),
            ("P*GCU", &["petagcu"], 1e15),
        ],
        default: ("GCU", 1.0),
    },
];

impl Family {
    fn unit(&self, name: &str) -> Option<&'static Unit> {
        let lower = name.to_lowercase();
        let singular = if lower.len() > 2 { lower.strip_suffix('s').unwrap_or(&lower) } else { &lower };
        self.units.iter().find(|(_, aliases, _)| aliases.contains(&singular))
    }

    /// The largest unit of which there is at least one.
    fn largest(&self, value: f64) -> Option<(f64, &'static str)> {
        let fits = self.units.iter().filter(|(.., factor)| value / factor >= 1.0);
        let (name, _, factor) = fits.max_by(|a, b| a.2.total_cmp(&b.2))?;
        Some((value / factor, name))
    }

    fn convert(&self, value: i64, from: &str, to: &str) -> Option<(f64, &'static str)> {
        let (.., factor) = self.unit(from)?;
        let value = value as f64 * factor;
        let default = (value / self.default.1, self.default.0);
        if is_automatic(to) {
            return Some(self.largest(value).unwrap_or(default));
        }
        Some(self.unit(to).map_or(default, |(name, _, factor)| (value / factor, *name)))
    }
}

fn is_automatic(unit: &str) -> bool {
    matches!(unit, "minimum" | "auto")
}

/// `value` in the unit `to`, and that unit's name; empty where it says nothing (`count`). `minimum` and `auto` mean the
/// largest unit of which there is at least one.
#[must_use]
pub fn scale<'u>(value: i64, from: &str, to: &'u str) -> (f64, Cow<'u, str>) {
    if let (true, Some(positive)) = (value < 0, value.checked_neg()) {
        let (scaled, unit) = scale(positive, from, to);
        return (-scaled, unit);
    }
    if let Some((scaled, unit)) = FAMILIES.iter().find_map(|family| family.convert(value, from, to)) {
        return (scaled, unit.into());
    }
    let says_nothing = matches!(to, "count" | "sample" | "unit") || is_automatic(to);
    (value as f64, if says_nothing { "" } else { to }.into())
}

/// Whether values in these units can be compared.
#[must_use]
pub fn are_compatible(a: &str, b: &str) -> bool {
    a == b || FAMILIES.iter().any(|family| family.unit(a).is_some() && family.unit(b).is_some())
}

/// `1.50kB`: two digits after the point, none if they are zeros.
#[must_use]
pub fn label(value: i64, from: &str, to: &str) -> String {
    let (scaled, unit) = scale(value, from, to);
    let digits = format!("{scaled:.2}");
    let digits = digits.strip_suffix(".00").unwrap_or(&digits);
    if matches!(digits, "0" | "-0") { "0".to_owned() } else { format!("{digits}{unit}") }
}

/// `12.34%`, `0.056%`, `  100%`: at least six characters.
#[must_use]
pub fn percentage(value: i64, total: i64) -> String {
    let ratio = if total == 0 { 0.0 } else { (value as f64 / total as f64).abs() * 100.0 };
    match ratio {
        99.95..=100.05 => "  100%".to_owned(),
        1.0.. => format!("{ratio:5.2}%"),
        _ => format!("{:>5}%", two_digits(ratio)),
    }
}

/// A number below 1 with two significant digits, as C's `%.2g`.
fn two_digits(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let text = format!("{value:.1e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let mantissa = mantissa.trim_end_matches('0').trim_end_matches('.');
    if exponent < -4 {
        return format!("{mantissa}e-{:02}", -exponent);
    }
    let digits = mantissa.replace('.', "");
    match usize::try_from(-exponent) {
        Ok(0) => mantissa.to_owned(),
        Ok(places) => format!("0.{}{digits}", "0".repeat(places - 1)),
        Err(_) => mantissa.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_take_the_largest_unit_of_which_there_is_one() {
        for (value, unit, text) in [
            (0, "bytes", "0"),
            (1023, "bytes", "1023B"),
            (1536, "bytes", "1.50kB"),
            (-3 << 20, "bytes", "-3MB"),
            (1_500_000_000, "nanoseconds", "1.50s"),
            (10, "ms", "10ms"),
            (7, "count", "7"),
            (i64::MIN, "bytes", "-9223372036854775808B"),
        ] {
            assert_eq!(label(value, unit, "auto"), text, "{value} {unit}");
        }
        assert_eq!(label(1536, "bytes", "MB"), "0");
        assert_eq!(label(15_360, "bytes", "MB"), "0.01MB");
        assert_eq!(label(1536, "bytes", "B"), "1536B");
        assert_eq!(label(5, "widgets", "kg"), "5kg");
        assert_eq!(label(1536, "bytes", "lightyears"), "1536B", "what is no such unit is the default one");
    }

    #[test]
    fn percentages_have_two_digits_at_least() {
        for (value, total, text) in [
            (0, 5, "    0%"),
            (1, 3, "33.33%"),
            (100_000, 100_001, "  100%"),
            (1, 1000, "  0.1%"),
            (56, 100_000, "0.056%"),
            (12, 100_000_000, "1.2e-05%"),
            (1, 10_000_000, "1e-05%"),
            (999, 100_000, "    1%"),
            (-3, 2, "150.00%"),
            (5, 0, "    0%"),
        ] {
            assert_eq!(percentage(value, total), text, "{value} of {total}");
        }
    }
}
