//! Go releases by number: what the harness can count on in each.

use std::fmt;

/// A release of Go 1. A release candidate counts as its release, a development tree as its minor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Release {
    /// The 26 of `go1.26.8`.
    pub minor: u32,
    /// The 8 of `go1.26.8`.
    pub patch: u32,
}

impl Release {
    /// Oldest release that the probe works with: 1.22 has no `internal/runtime/exithook`.
    pub const OLDEST: Self = Self { minor: 23, patch: 0 };

    /// From `go1.26.8`, `go1.27rc1`, `devel go1.28-abc`, `go1.26.8 X:loopvar`.
    #[must_use]
    pub fn parse(version: &str) -> Option<Self> {
        let rest = version.split_once("go1.")?.1;
        let (minor, rest) = leading_number(rest)?;
        let patch = rest.strip_prefix('.').and_then(leading_number).map_or(0, |(patch, _)| patch);
        Some(Self { minor, patch })
    }

    /// The GOEXPERIMENT that the goroutineleak profile needs, when it is not built in.
    pub(super) fn goroutine_leak(self) -> GoroutineLeak {
        match self.minor {
            ..=25 => GoroutineLeak::Absent,
            26 => GoroutineLeak::Experiment("goroutineleakprofile"),
            27.. => GoroutineLeak::BuiltIn,
        }
    }
}

/// How a release comes by the goroutineleak profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum GoroutineLeak {
    /// Not at all.
    Absent,
    /// Under this GOEXPERIMENT.
    Experiment(&'static str),
    /// Always.
    BuiltIn,
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "go1.{}.{}", self.minor, self.patch)
    }
}

fn leading_number(text: &str) -> Option<(u32, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    Some((text[..end].parse().ok()?, &text[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_version_is_read() {
        for (text, expected) in [
            ("go1.26.8", Some((26, 8))),
            ("go1.27rc1", Some((27, 0))),
            ("go1.23", Some((23, 0))),
            ("devel go1.28-4d2b8a5 Mon", Some((28, 0))),
            ("go1.26.8 X:goroutineleakprofile", Some((26, 8))),
            ("go2", None),
            ("", None),
            ("go1.99999999999999", None),
        ] {
            let release = Release::parse(text).map(|release| (release.minor, release.patch));
            assert_eq!(release, expected, "{text}");
        }
        assert!(Release::parse("go1.22.12").expect("version") < Release::OLDEST);
    }
}
