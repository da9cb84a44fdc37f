//! Whether builds come out the same again, and what they tell of the machine they were made on.
//!
//! ```text
//! differ   two programs -> the sections that differ and the likely cause, by a table
//! leaks    directories of this machine in a program, and where
//! values   what `-X` should have set, held against the program
//! ```

mod differ;
mod leaks;
mod values;

use super::{Records, against};
use crate::format::binary::{LinkedStrings, Texts};
use crate::model::lab::reproducible::{
    Attempt, BinaryDifference, Circumstance, LinkedValue, ReproducibleAnswer, ReproducibleFacts,
};
use crate::model::lab::{Expected, NotRun, OfVariant};
use crate::scenario::LabExpect;

use differ::Places;

/// What is known of a variant.
#[derive(Debug, Clone, Default)]
pub struct Record {
    /// The program.
    pub binary: Vec<u8>,
    /// BLAKE3 of it, hex.
    pub hash: String,
    /// What `go version -m` reads back.
    pub metadata: std::collections::BTreeMap<String, String>,
    /// Built again.
    pub attempts: Vec<Again>,
    /// What was not tried, and what that needs.
    pub not_tried: Vec<(Circumstance, String)>,
    /// Directories of this machine: what each is to the build, and where.
    pub roots: Vec<(&'static str, String)>,
    /// Values that `-X` should set: variable and text.
    pub wanted: Vec<(String, String)>,
    /// Strings that are set in the program; none if it cannot be had with symbols.
    pub strings: Option<LinkedStrings>,
    /// Import path of the program.
    pub import_path: String,
}

/// A build in other circumstances.
#[derive(Debug, Clone)]
pub struct Again {
    /// Which.
    pub circumstance: Circumstance,
    /// What was different, in words.
    pub how: String,
    /// The program.
    pub binary: Vec<u8>,
    /// Packages that were compiled for it.
    pub compiled: u64,
    /// Directories that only this attempt has.
    pub places: Vec<String>,
}

/// The answer.
#[must_use]
pub fn answer(records: Records<'_, Record>, expect: &LabExpect) -> ReproducibleAnswer {
    let of = |(variant, record): &(String, Record)| OfVariant { variant: variant.clone(), of: facts(record) };
    let variants: Vec<OfVariant<ReproducibleFacts>> = records.of.iter().map(of).collect();
    ReproducibleAnswer {
        headline: headline(&variants),
        differences: against(&variants, records.reference, compared),
        expected: variants.iter().flat_map(|facts| expected(facts, expect)).collect(),
        not_run: not_tried(records.of),
        variants,
    }
}

/// What was not tried; once for all variants if it is the same of all.
fn not_tried(records: &[(String, Record)]) -> Vec<NotRun> {
    let line = |variant: &str, (circumstance, needs): &(Circumstance, String)| NotRun {
        variant: variant.to_owned(),
        what: format!("a build {}", tried(*circumstance)),
        needs: needs.clone(),
    };
    let is_common =
        |one: &(Circumstance, String)| records.iter().all(|(_, record)| record.not_tried.contains(one));
    let first = records.first().map(|(_, record)| record.not_tried.as_slice()).unwrap_or_default();
    let common = first.iter().filter(|one| is_common(one)).map(|one| line("", one));
    let others = records.iter().flat_map(|(variant, record)| {
        record.not_tried.iter().filter(|one| !is_common(one)).map(|one| line(variant, one))
    });
    common.chain(others).collect()
}

fn tried(circumstance: Circumstance) -> &'static str {
    match circumstance {
        Circumstance::Again => "again",
        Circumstance::Elsewhere => "in another directory",
        Circumstance::Environment => "in another environment",
        Circumstance::Cold => "with an empty cache",
    }
}

fn headline(variants: &[OfVariant<ReproducibleFacts>]) -> String {
    let (same, not): (Vec<_>, Vec<_>) = variants.iter().partition(|facts| facts.of.is_reproducible);
    let names = same.iter().map(|facts| facts.variant.as_str()).collect::<Vec<_>>().join(", ");
    match (same.as_slice(), not.as_slice()) {
        ([], []) => "nothing was built".to_owned(),
        (_, []) => format!("reproducible: {names}"),
        (same, [first, rest @ ..]) => {
            let same = if same.is_empty() { "none" } else { &names };
            let more = if rest.is_empty() { String::new() } else { format!(" (and {} more)", rest.len()) };
            format!("reproducible: {same}; {}: {}{more}", first.variant, first.of.verdict)
        }
    }
}

fn facts(record: &Record) -> ReproducibleFacts {
    let own = Texts::read(&record.binary);
    let attempts: Vec<Attempt> = record.attempts.iter().map(|again| attempt(record, &own, again)).collect();
    let is_reproducible = !attempts.is_empty() && attempts.iter().all(|attempt| attempt.difference.is_none());
    ReproducibleFacts {
        is_reproducible,
        verdict: verdict(&attempts),
        hash: record.hash.clone(),
        leaked: leaks::leaked(&own, &record.roots),
        in_traces: leaks::in_traces(&own, &record.import_path),
        metadata: record.metadata.clone(),
        values: values::values(&record.wanted, record.strings.as_ref()),
        warnings: warnings(record),
        attempts,
    }
}

fn attempt(record: &Record, own: &Texts<'_>, again: &Again) -> Attempt {
    let is_same = again.binary == record.binary;
    let roots: Vec<&str> = record.roots.iter().map(|(_, path)| path.as_str()).collect();
    let places: Vec<&str> = again.places.iter().map(String::as_str).chain(roots).collect();
    let difference =
        (!is_same).then(|| differ::difference(own, &Texts::read(&again.binary), Places(&places)));
    Attempt { circumstance: again.circumstance, how: again.how.clone(), compiled: again.compiled, difference }
}

fn verdict(attempts: &[Attempt]) -> String {
    let words = |attempts: &mut dyn Iterator<Item = &Attempt>| {
        attempts.map(|attempt| tried(attempt.circumstance)).collect::<Vec<_>>().join(", ")
    };
    let differs = attempts.iter().find_map(|attempt| Some((attempt, attempt.difference.as_ref()?)));
    match differs {
        _ if attempts.is_empty() => "not known: it was not built again".to_owned(),
        None => format!("the same bytes when built {}", words(&mut attempts.iter())),
        Some((first, BinaryDifference { section, cause, .. })) => {
            format!("not the same built {}: {section} differs, likely {cause}", tried(first.circumstance))
        }
    }
}

/// What comes out the same here and now and would not elsewhere or later.
fn warnings(record: &Record) -> Vec<String> {
    let mut words = Vec::new();
    if record.metadata.get("vcs.modified").is_some_and(|modified| modified == "true") {
        let revision = record.metadata.get("vcs.revision").map_or("", String::as_str);
        let short = revision.get(..12).unwrap_or(revision);
        words.push(format!("built from {short} with changes that are not committed: nobody can check that revision out and build this"));
    }
    let timed = record.wanted.iter().filter(|(_, value)| differ::has_time(value));
    words.extend(timed.map(|(name, value)| {
        format!("-X {name}={value} is a time: take it from the commit, or every build has another")
    }));
    words
}

fn compared(base: &ReproducibleFacts, other: &ReproducibleFacts) -> Option<Vec<String>> {
    let mut words = Vec::new();
    if base.is_reproducible != other.is_reproducible {
        words.push(if other.is_reproducible { "reproducible" } else { "no longer reproducible" }.to_owned());
    }
    let paths = |facts: &ReproducibleFacts| facts.leaked.iter().map(|path| path.count).sum::<u64>();
    if paths(base) != paths(other) {
        words.push(format!("paths of this machine in it: {} -> {}", paths(base), paths(other)));
    }
    if base.in_traces != other.in_traces {
        let trace =
            |facts: &ReproducibleFacts| facts.in_traces.clone().unwrap_or_else(|| "nothing".to_owned());
        words.push(format!("stack traces say {} -> {}", trace(base), trace(other)));
    }
    let keys: std::collections::BTreeSet<&String> =
        base.metadata.keys().chain(other.metadata.keys()).collect();
    for key in keys {
        let value = |facts: &ReproducibleFacts| facts.metadata.get(key).cloned();
        let (before, after) = (value(base), value(other));
        if before != after {
            let text = |value: Option<String>| value.unwrap_or_else(|| "not set".to_owned());
            words.push(format!("{key}: {} -> {}", text(before), text(after)));
        }
    }
    (!words.is_empty()).then_some(words)
}

fn expected(facts: &OfVariant<ReproducibleFacts>, expect: &LabExpect) -> Vec<Expected> {
    let OfVariant { variant, of } = facts;
    let line = |expected: &str, found: String, holds| Expected {
        variant: variant.clone(),
        expected: expected.to_owned(),
        found,
        holds,
    };
    let mut lines = Vec::new();
    if expect.reproducible == Some(true) {
        lines.push(line("reproducible = true", of.verdict.clone(), of.is_reproducible));
    }
    if expect.no_leaked_paths == Some(true) {
        let found = of.leaked.first().map_or("no path of this machine".to_owned(), |path| {
            format!("{} ({}) {} times, as in {}", path.path, path.what, path.count, path.example)
        });
        lines.push(line("no_leaked_paths = true", found, of.leaked.is_empty()));
    }
    if expect.linked_values == Some(true) {
        let wrong: Vec<&LinkedValue> = of.values.iter().filter(|value| value.why.is_some()).collect();
        let found = wrong.first().map_or(format!("{} as they should be", of.values.len()), |value| {
            format!("{}: {}", value.name, value.why.as_deref().unwrap_or_default())
        });
        lines.push(line("linked_values = true", found, wrong.is_empty()));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(binary: &[u8], again: &[u8]) -> Record {
        let again = Again {
            circumstance: Circumstance::Elsewhere,
            how: "in another directory".to_owned(),
            binary: again.to_vec(),
            compiled: 1,
            places: vec!["/tmp/elsewhere".to_owned()],
        };
        Record {
            binary: binary.to_vec(),
            attempts: vec![again],
            roots: vec![("the module", "/home/me/app".to_owned())],
            ..Record::default()
        }
    }

    fn ask(record: Record, expect: &LabExpect) -> ReproducibleAnswer {
        answer(Records { of: &[("v".to_owned(), record)], reference: "v" }, expect)
    }

    #[test]
    fn the_same_bytes_are_reproducible_and_nothing_built_again_is_not_known() {
        let all = LabExpect { reproducible: Some(true), no_leaked_paths: Some(true), ..LabExpect::default() };
        let answered = ask(record(b"abc", b"abc"), &all);
        assert!(answered.variants[0].of.is_reproducible && answered.expected.iter().all(|line| line.holds));
        let never = Record { attempts: Vec::new(), ..record(b"abc", b"abc") };
        let answered = ask(never, &all);
        assert!(!answered.variants[0].of.is_reproducible && !answered.expected[0].holds);
    }

    #[test]
    fn a_path_of_the_place_is_the_cause_and_what_is_expected_does_not_hold() {
        let all = LabExpect { reproducible: Some(true), no_leaked_paths: Some(true), ..LabExpect::default() };
        let answered = ask(record(b"\0/home/me/app/main.go\0", b"\0/tmp/elsewhere/m/main.go\0"), &all);
        let difference = answered.variants[0].of.attempts[0].difference.as_ref().expect("they differ");
        assert!(difference.cause.contains("path"), "{difference:?}");
        assert!(difference.remedy.contains("trimpath"), "{difference:?}");
        assert_eq!(answered.expected.iter().filter(|line| line.holds).count(), 0);
    }

    #[test]
    fn a_time_that_is_linked_in_and_an_uncommitted_change_are_warned_of() {
        let mut record = record(b"abc", b"abc");
        record.wanted = vec![("main.built".to_owned(), "2026-11-26T10:00:00Z".to_owned())];
        record.metadata = [("vcs.modified", "true"), ("vcs.revision", "0123456789abcdef")]
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into();
        let warnings = ask(record, &LabExpect::default()).variants[0].of.warnings.clone();
        assert!(warnings[0].contains("0123456789ab") && warnings[1].contains("main.built"), "{warnings:?}");
    }
}
