//! Holds what the runs of a scenario reported against what is true of it.
//!
//! Input: the contract, the known gaps, the runs. Output: a [`Tally`]. Must not excuse anything but through a gap.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use super::cases::{Case, Leak};
use super::gaps::Gap;
use super::sighting::{Found, Sighting};

/// A leak that is there, and in how many runs it was seen.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Truth {
    #[serde(flatten)]
    pub(super) leak: Leak,
    /// Runs that found a leak of its kind.
    pub(super) found: u32,
    /// Runs that laid it at the right function.
    pub(super) right_site: u32,
    /// It is known not to be found.
    pub(super) known_gap: bool,
}

/// A finding that is none, or at the wrong function.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Accusation {
    pub(super) kind: String,
    pub(super) function: String,
    pub(super) runs: u32,
    /// It is known to be made.
    pub(super) known_gap: bool,
}

/// How a scenario went.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Tally {
    pub(super) scenario: String,
    pub(super) runs: u32,
    pub(super) truths: Vec<Truth>,
    pub(super) accusations: Vec<Accusation>,
    /// Runs without any finding.
    pub(super) silent: u32,
    /// Runs that came to nothing or were not sure, and why.
    pub(super) doubts: Vec<String>,
    /// What is not as the list of known gaps says.
    pub(super) complaints: Vec<String>,
    /// Where to look into that.
    pub(super) captures: Vec<String>,
    #[serde(rename = "seconds", serialize_with = "seconds")]
    pub(super) took: Duration,
}

fn seconds<S: serde::Serializer>(took: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(took.as_secs_f64())
}

impl Tally {
    /// One line for people.
    pub(super) fn line(&self) -> String {
        let truths = self.truths.iter().map(|truth| {
            let gap = if truth.known_gap { " (known gap)" } else { "" };
            format!("{} {}/{}{gap}", truth.leak.words(), truth.right_site, self.runs)
        });
        let accusations = self.accusations.iter().map(|accusation| {
            let gap = if accusation.known_gap { " (known gap)" } else { "" };
            format!(
                "WRONG: {} at {} {}/{}{gap}",
                accusation.kind, accusation.function, accusation.runs, self.runs
            )
        });
        let said: Vec<String> = truths.chain(accusations).collect();
        let verdict = if self.complaints.is_empty() { "ok  " } else { "FAIL" };
        let said = if said.is_empty() { "silent".to_owned() } else { said.join("; ") };
        format!("{verdict} {}: {said}", self.scenario)
    }
}

/// Judges.
pub(super) fn tally(case: &Case, gaps: &[&Gap], sightings: &[Sighting], took: Duration) -> Tally {
    let runs = count(sightings.len());
    let truths = truths(case, gaps, sightings);
    let accusations = accusations(&truths, gaps, sightings);
    let doubts: Vec<String> = sightings.iter().filter_map(doubt).collect();
    let mut complaints: Vec<String> = doubts.clone();
    complaints.extend(truths.iter().filter_map(|truth| missed(truth, gaps, runs)));
    complaints.extend(accusations.iter().filter(|accusation| !accusation.known_gap).map(|accusation| {
        format!("{} at {} is no leak or not the line at fault", accusation.kind, accusation.function)
    }));
    complaints.extend(gaps.iter().filter_map(|gap| closed(gap, &accusations)));
    if complaints.is_empty() && gaps.is_empty() {
        complaints.extend(sightings.iter().filter_map(objection));
    }
    let captures = if complaints.is_empty() { Vec::new() } else { looked_into(case, sightings) };
    let silent =
        count(sightings.iter().filter(|run| run.failure.is_none() && run.findings.is_empty()).count());
    Tally {
        scenario: case.name.clone(),
        runs,
        truths,
        accusations,
        silent,
        doubts,
        complaints,
        captures,
        took,
    }
}

/// The right findings, and yet the scenario's contract is not kept: another holder than it names, or fewer bytes.
fn objection(run: &Sighting) -> Option<String> {
    run.objection.as_ref().map(|said| format!("its contract is not kept: {said}"))
}

/// What was to be found, and what was found instead in the runs whose captures are kept.
fn looked_into(case: &Case, sightings: &[Sighting]) -> Vec<String> {
    let list = |words: Vec<String>| if words.is_empty() { "nothing".to_owned() } else { words.join("; ") };
    let expected = list(case.leaks.iter().map(Leak::words).collect());
    let look = |run: &Sighting| {
        let found =
            list(run.findings.iter().map(|found| format!("{} at {}", found.kind, found.function)).collect());
        let capture = run.capture.as_ref()?.display();
        Some(format!("expected {expected}, found {found}; look into it: harness analyze {capture}"))
    };
    sightings.iter().filter_map(look).collect()
}

/// The contract's leaks, and those that only the list of gaps knows.
fn truths(case: &Case, gaps: &[&Gap], sightings: &[Sighting]) -> Vec<Truth> {
    let missed: Vec<&Leak> = gaps.iter().filter_map(|gap| gap.misses.as_ref()).collect();
    let further = missed.iter().copied().filter(|leak| !case.leaks.contains(leak));
    let truth = |leak: &Leak| Truth {
        found: runs_with(sightings, |found| found.kind == leak.kind),
        right_site: runs_with(sightings, |found| leak.is(&found.kind, &found.function)),
        known_gap: missed.contains(&leak),
        leak: leak.clone(),
    };
    case.leaks.iter().chain(further).map(truth).collect()
}

fn runs_with(sightings: &[Sighting], wanted: impl Fn(&Found) -> bool) -> u32 {
    count(sightings.iter().filter(|run| run.findings.iter().any(&wanted)).count())
}

/// Findings that no truth stands for, each with the number of its runs.
fn accusations(truths: &[Truth], gaps: &[&Gap], sightings: &[Sighting]) -> Vec<Accusation> {
    let mut by_place: BTreeMap<Found, u32> = BTreeMap::new();
    let is_true = |found: &&Found| truths.iter().any(|truth| truth.leak.is(&found.kind, &found.function));
    for found in sightings.iter().flat_map(|run| &run.findings).filter(|found| !is_true(found)) {
        *by_place.entry(found.clone()).or_default() += 1;
    }
    let accusation = |(Found { kind, function }, runs)| {
        let known_gap =
            gaps.iter().any(|gap| gap.accuses.as_ref().is_some_and(|leak| leak.is(&kind, &function)));
        Accusation { kind, function, runs, known_gap }
    };
    by_place.into_iter().map(accusation).collect()
}

fn doubt(run: &Sighting) -> Option<String> {
    run.failure.clone().or_else(|| run.doubt.as_ref().map(|doubt| format!("inconclusive: {doubt}")))
}

/// A leak that was not found in every run, or a gap that is closed.
fn missed(truth: &Truth, gaps: &[&Gap], runs: u32) -> Option<String> {
    let words = truth.leak.words();
    let sometimes = gaps.iter().any(|gap| gap.sometimes && gap.misses.as_ref() == Some(&truth.leak));
    match (truth.known_gap, truth.right_site) {
        (false, right) if right < runs => Some(format!("{words} was found in {right} of {runs} runs")),
        (true, right) if right == runs && !sometimes => {
            Some(format!("{words} is found now: take it off the list of known gaps"))
        }
        _ => None,
    }
}

/// An accusation that is not made any more and still on the list.
fn closed(gap: &Gap, accusations: &[Accusation]) -> Option<String> {
    let leak = gap.accuses.as_ref().filter(|_| !gap.sometimes)?;
    let made = accusations.iter().any(|accusation| leak.is(&accusation.kind, &accusation.function));
    (!made).then(|| format!("{} is not reported any more: take it off the list of known gaps", leak.words()))
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leak(kind: &str, site: &str) -> Leak {
        Leak { kind: kind.into(), site: site.into() }
    }

    fn gap(text: &str) -> Gap {
        toml::from_str(&format!("scenario = \"s\"\nwhy = \"\"\n{text}")).unwrap()
    }

    fn judged(leaks: &[Leak], gaps: &[Gap], runs: &[&[(&str, &str)]]) -> Tally {
        let case = Case { name: "s".into(), file: "s.toml".into(), leaks: leaks.to_vec() };
        let found =
            |(kind, function): &(&str, &str)| Found { kind: (*kind).into(), function: (*function).into() };
        let sighting = |run: &&[(&str, &str)]| Sighting {
            findings: run.iter().map(found).collect(),
            ..Sighting::default()
        };
        let sightings: Vec<Sighting> = runs.iter().map(sighting).collect();
        tally(&case, &gaps.iter().collect::<Vec<_>>(), &sightings, Duration::ZERO)
    }

    #[test]
    fn a_leak_at_its_line_and_a_silent_twin_are_no_complaint() {
        let leaky = judged(&[leak("heap", "main.f")], &[], &[&[("heap", "main.f")]]);
        assert_eq!(leaky.complaints, Vec::<String>::new());
        let twin = judged(&[], &[], &[&[], &[]]);
        assert_eq!((twin.complaints.len(), twin.silent), (0, 2));
    }

    #[test]
    fn a_leak_at_another_line_is_found_but_neither_right_nor_excused() {
        let tally = judged(&[leak("heap", "main.f")], &[], &[&[("heap", "main.g")]]);
        assert_eq!((tally.truths[0].found, tally.truths[0].right_site), (1, 0));
        assert_eq!(tally.complaints.len(), 2, "{:?}", tally.complaints);
    }

    #[test]
    fn a_known_gap_excuses_what_it_names_and_nothing_else() {
        let gaps = [
            gap("misses = { kind = \"threads\", site = \"main.f\" }"),
            gap("accuses = { kind = \"heap\", site = \"lib.g\" }"),
        ];
        assert_eq!(judged(&[], &gaps, &[&[("heap", "lib.g")]]).complaints, Vec::<String>::new());
        assert_eq!(judged(&[], &gaps, &[&[("heap", "lib.g"), ("heap", "lib.h")]]).complaints.len(), 1);
    }

    #[test]
    fn a_gap_that_is_closed_is_a_complaint() {
        let gaps = [
            gap("misses = { kind = \"threads\", site = \"main.f\" }"),
            gap("accuses = { kind = \"heap\", site = \"lib.g\" }"),
        ];
        let tally = judged(&[], &gaps, &[&[("threads", "main.f")]]);
        assert_eq!(tally.complaints.len(), 2, "{:?}", tally.complaints);
    }

    #[test]
    fn a_complaint_says_what_was_expected_and_found_and_where_to_look() {
        let case = Case { name: "s".into(), file: "s.toml".into(), leaks: vec![leak("heap", "main.f")] };
        let run = Sighting { capture: Some("target/matrix/s-0".into()), ..Sighting::default() };
        let tally = tally(&case, &[], &[run], Duration::ZERO);
        assert_eq!(tally.complaints, ["heap at main.f was found in 0 of 1 runs"]);
        let told = "expected heap at main.f, found nothing; look into it: harness analyze target/matrix/s-0";
        assert_eq!(tally.captures, [told]);
    }

    #[test]
    fn the_right_findings_do_not_excuse_a_contract_that_is_not_kept() {
        let case = Case { name: "s".into(), file: "s.toml".into(), leaks: Vec::new() };
        let run = Sighting { objection: Some("held by somebody else".into()), ..Sighting::default() };
        let complaints = tally(&case, &[], &[run], Duration::ZERO).complaints;
        assert_eq!(complaints, ["its contract is not kept: held by somebody else"]);
    }

    #[test]
    fn a_run_that_came_to_nothing_is_a_complaint_even_where_nothing_was_to_be_found() {
        let case = Case { name: "s".into(), file: "s.toml".into(), leaks: Vec::new() };
        let tally = tally(&case, &[], &[Sighting::failed("it crashed".into())], Duration::ZERO);
        assert_eq!((tally.complaints.len(), tally.silent), (1, 0));
    }
}
