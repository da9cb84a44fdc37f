//! How often a leak reproduces: each repeat is judged by itself, and counted.
//!
//! Input: diagnoses of single repeats. Output: per finding and variant, seen in k of n runs, with Wilson's interval of
//! 95 % for the share of all runs that would show it. Must not decide whether k is enough: that is `verdict`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::group::Key;
use crate::model::{Diagnosis, Finding, LeakKind};

/// Quantile of the normal distribution for an interval of 95 %.
const Z_95: f64 = 1.959_964;

/// How often a leak was seen in a variant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Reproduction {
    /// Its class.
    pub kind: LeakKind,
    /// Its identity.
    pub fingerprint: String,
    /// The function it is laid at, and its place.
    pub site: String,
    /// See `site`.
    pub place: String,
    /// The variant.
    pub variant: String,
    /// Repeats that showed it.
    pub seen: u32,
    /// Repeats that were judged.
    pub runs: u32,
    /// Share of runs that show it, interval of 95 % (Wilson): from 0 to 1.
    pub interval: (f64, f64),
}

impl Reproduction {
    pub(super) fn key(&self) -> Key {
        (self.kind, self.fingerprint.clone())
    }

    /// `seen in 7 of 10 runs (40-89 %)`
    #[must_use]
    pub fn words(&self) -> String {
        let percent = |share: f64| (share * 100.0).round();
        let (low, high) = self.interval;
        format!("{} of {} runs ({}-{} %)", self.seen, self.runs, percent(low), percent(high))
    }
}

/// Counts over repeats, each of which has one diagnosis per variant that was judged in it.
#[must_use]
pub fn reproductions(repeats: &[Vec<Diagnosis>]) -> Vec<Reproduction> {
    let mut all: Vec<Reproduction> = Vec::new();
    for diagnosis in repeats.iter().flatten() {
        for finding in &diagnosis.findings {
            let known = all.iter_mut().find(|known| {
                known.variant == diagnosis.variant
                    && known.key() == (finding.kind, finding.fingerprint.clone())
            });
            match known {
                Some(known) => known.seen += 1,
                None => all.push(first(finding, &diagnosis.variant)),
            }
        }
    }
    for one in &mut all {
        let judged = repeats.iter().flatten().filter(|diagnosis| diagnosis.variant == one.variant);
        one.runs = u32::try_from(judged.count()).unwrap_or(u32::MAX);
        one.interval = wilson(one.seen, one.runs);
    }
    all
}

fn first(finding: &Finding, variant: &str) -> Reproduction {
    Reproduction {
        kind: finding.kind,
        fingerprint: finding.fingerprint.clone(),
        site: finding.site.function.to_string(),
        place: format!("{}:{}", finding.file, finding.site.line),
        variant: variant.to_owned(),
        seen: 1,
        runs: 0,
        interval: (0.0, 1.0),
    }
}

/// Wilson's score interval (1927) of a share of which `seen` of `runs` were counted.
fn wilson(seen: u32, runs: u32) -> (f64, f64) {
    if runs == 0 {
        return (0.0, 1.0);
    }
    let (n, share) = (f64::from(runs), f64::from(seen) / f64::from(runs));
    let square = Z_95 * Z_95;
    let middle = (share + square / (2.0 * n)) / (1.0 + square / n);
    let half = Z_95 / (1.0 + square / n) * (share * (1.0 - share) / n + square / (4.0 * n * n)).sqrt();
    ((middle - half).max(0.0), (middle + half).min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Published values: Brown, Cai and DasGupta 2001; R's `prop.test(correct = FALSE)`.
    #[test]
    fn the_interval_is_wilsons() {
        for (seen, runs, low, high) in
            [(10, 10, 0.7225, 1.0), (7, 10, 0.3968, 0.8922), (0, 10, 0.0, 0.2775), (1, 1, 0.2065, 1.0)]
        {
            let (a, b) = wilson(seen, runs);
            assert!((a - low).abs() < 1e-3 && (b - high).abs() < 1e-3, "{seen} of {runs}: {a} {b}");
        }
        assert_eq!(wilson(0, 0), (0.0, 1.0));
    }
}
