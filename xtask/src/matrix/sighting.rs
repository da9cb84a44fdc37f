//! What one run of the harness reported, as far as the matrix asks.
//!
//! Input: a report in JSON. Output: its findings by kind and function. Must not take the report's own word for whether
//! a finding was expected.

use std::path::PathBuf;

use serde::Deserialize;

/// One run.
#[derive(Debug, Clone, Default)]
pub(super) struct Sighting {
    /// Kind and function of each finding.
    pub(super) findings: Vec<Found>,
    /// Nothing could be judged: a build or run failed, or the report cannot be read.
    pub(super) failure: Option<String>,
    /// The harness could not be sure.
    pub(super) doubt: Option<String>,
    /// What the harness says instead of being content.
    pub(super) objection: Option<String>,
    /// Where it is kept, if there is something to look into.
    pub(super) capture: Option<PathBuf>,
}

/// A finding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Found {
    pub(super) kind: String,
    pub(super) function: String,
}

#[derive(Deserialize)]
struct Report {
    verdict: Verdict,
    findings: Vec<Finding>,
}

#[derive(Deserialize)]
struct Verdict {
    outcome: String,
    headline: String,
}

#[derive(Deserialize)]
struct Finding {
    kind: String,
    site: Site,
}

#[derive(Deserialize)]
struct Site {
    function: String,
}

impl Sighting {
    /// Reads a report.
    pub(super) fn read(text: &str) -> Self {
        let report: Report = match serde_json::from_str(text) {
            Ok(report) => report,
            Err(error) => return Self::failed(format!("no report: {error}")),
        };
        let Verdict { outcome, headline } = report.verdict;
        let mut findings: Vec<Found> = report
            .findings
            .into_iter()
            .map(|finding| Found { kind: finding.kind, function: finding.site.function })
            .collect();
        findings.sort();
        findings.dedup();
        let judged = matches!(outcome.as_str(), "pass" | "leak" | "inconclusive");
        Self {
            findings,
            doubt: (outcome == "inconclusive").then(|| headline.clone()),
            objection: (outcome == "leak").then(|| headline.clone()),
            failure: (!judged).then_some(headline),
            capture: None,
        }
    }

    /// A run that came to nothing.
    pub(super) fn failed(why: String) -> Self {
        Self { failure: Some(why), ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(outcome: &str) -> String {
        format!(
            r#"{{"verdict": {{"outcome": "{outcome}", "headline": "words"}},
                "findings": [{{"kind": "heap", "site": {{"function": "main.f"}}}}]}}"#
        )
    }

    #[test]
    fn findings_count_whatever_the_verdict_is() {
        for (outcome, doubt, failure) in [
            ("pass", false, false),
            ("leak", false, false),
            ("inconclusive", true, false),
            ("build-failed", false, true),
        ] {
            let sighting = Sighting::read(&report(outcome));
            assert_eq!((sighting.doubt.is_some(), sighting.failure.is_some()), (doubt, failure), "{outcome}");
            assert_eq!(sighting.findings, [Found { kind: "heap".into(), function: "main.f".into() }]);
        }
    }

    #[test]
    fn what_is_no_report_is_a_failure() {
        assert!(Sighting::read("").failure.is_some());
    }
}
