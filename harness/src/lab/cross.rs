//! Whether a program does the same on other systems and processors.
//!
//! Input: by variant, what it was built for, how it runs here, and the leaks it shows. Output: facts, and differences from
//! the reference. Pure.

use super::{Records, against};
use crate::model::Bytes;
use crate::model::lab::OfVariant;
use crate::model::lab::cross::{CrossAnswer, CrossDifference, CrossFacts, CrossLeak};
use crate::toolchain::{BuildFacts, Emulator};

/// Figures per operation that differ by less are the same: the rest of a division, and of a warm-up.
const SAME: f64 = 0.02;

/// What is known of a variant.
#[derive(Debug, Clone)]
pub struct Target {
    /// What it was built into, or why it was not.
    pub built: Result<BuildFacts, Failure>,
    /// Leaks that its run shows, or how that failed; `None` if it was not run.
    pub run: Option<Result<Vec<CrossLeak>, String>>,
}

/// A build that failed.
#[derive(Debug, Clone, Default)]
pub struct Failure {
    /// What it was to be, as far as the scenario says.
    pub target: String,
    /// Why, in a line.
    pub why: String,
}

/// The answer.
#[must_use]
pub fn answer(records: Records<'_, Target>) -> CrossAnswer {
    let of = |(variant, target): &(String, Target)| OfVariant { variant: variant.clone(), of: facts(target) };
    let variants: Vec<OfVariant<CrossFacts>> = records.of.iter().map(of).collect();
    let differences = against(&variants, records.reference, differ);
    let headline = headline(&variants, &differences, records.reference);
    CrossAnswer { headline, variants, differences, expected: Vec::new(), not_run: Vec::new() }
}

fn facts(target: &Target) -> CrossFacts {
    let (leaks, failed) = match &target.run {
        Some(Ok(leaks)) => (Some(leaks.clone()), None),
        Some(Err(why)) => (None, Some(why.clone())),
        None => (None, None),
    };
    match &target.built {
        Ok(built) => CrossFacts {
            target: built.target(),
            size: Some(Bytes(built.plain.size.0)),
            failure: None,
            emulator: built.runner.emulator().map(name),
            not_run: built.refusal(),
            failed,
            leaks,
        },
        Err(Failure { target, why }) => CrossFacts {
            target: target.clone(),
            size: None,
            failure: Some(why.clone()),
            emulator: None,
            not_run: None,
            failed,
            leaks,
        },
    }
}

/// `qemu-aarch64 7.2.22`: versions are told as a name and a number, and more that nobody needs.
fn name(emulator: &Emulator) -> String {
    let is_number = |word: &&str| word.trim_start_matches('v').starts_with(|c: char| c.is_ascii_digit());
    match emulator.version.split_whitespace().find(is_number) {
        Some(number) => format!("{} {number}", emulator.name),
        None => emulator.name.clone(),
    }
}

fn differ(base: &CrossFacts, other: &CrossFacts) -> Option<CrossDifference> {
    let (base, other) = (base.leaks.as_ref()?, other.leaks.as_ref()?);
    let find = |all: &'_ [CrossLeak], one: &CrossLeak| {
        all.iter().find(|leak| leak.kind == one.kind && leak.fingerprint == one.fingerprint).cloned()
    };
    let mut difference = CrossDifference::default();
    for leak in base {
        match find(other, leak) {
            None => difference.missing.push(leak.site.clone()),
            Some(there) => {
                difference.same += 1;
                difference.figures.extend(figure(leak, &there));
            }
        }
    }
    difference.more =
        other.iter().filter(|leak| find(base, leak).is_none()).map(|leak| leak.site.clone()).collect();
    Some(difference)
}

/// A leak's figures where they are others: of bytes, if it has any.
fn figure(base: &CrossLeak, other: &CrossLeak) -> Option<String> {
    let (of, unit): (fn(&CrossLeak) -> f64, &str) = match base.bytes_per_op == 0.0 {
        true => (|leak| leak.objects_per_op, "per operation"),
        false => (|leak| leak.bytes_per_op, "B/op"),
    };
    let (from, to) = (of(base), of(other));
    let is_same = (to - from).abs() <= from.abs() * SAME;
    (!is_same).then(|| format!("{}: {} -> {} {unit}", base.site, rounded(from), rounded(to)))
}

fn rounded(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn headline(
    variants: &[OfVariant<CrossFacts>],
    differences: &[OfVariant<CrossDifference>],
    reference: &str,
) -> String {
    let is_other = |one: &&OfVariant<CrossDifference>| {
        !(one.of.missing.is_empty() && one.of.more.is_empty() && one.of.figures.is_empty())
    };
    let others: Vec<&str> = differences.iter().filter(is_other).map(|one| one.variant.as_str()).collect();
    let ran = variants.iter().filter(|facts| facts.of.leaks.is_some()).count();
    let built = variants.iter().filter(|facts| facts.of.failure.is_none()).count();
    let base =
        variants.iter().find(|facts| facts.variant == reference).and_then(|facts| facts.of.leaks.as_ref());
    let leaks = base.map_or_else(String::new, |leaks| match leaks.len() {
        0 => "none of them leaks".to_owned(),
        1 => "all of them show the same leak, with the same figures".to_owned(),
        n => format!("all of them show the same {n} leaks, with the same figures"),
    });
    let n = variants.len();
    let run = format!("{built} of {n} built, {ran} run here");
    match (base, others.as_slice()) {
        (None, _) => format!("{run}; {reference} was not run: there is nothing to compare with"),
        (Some(_), []) if ran > 1 => format!("{run}: {leaks}"),
        (Some(_), []) => run,
        (Some(_), others) => format!("{run}: {} not as {reference}", others.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::LeakKind;
    use crate::toolchain::GoInfo;

    fn leak(fingerprint: &str, bytes_per_op: f64) -> CrossLeak {
        CrossLeak {
            fingerprint: fingerprint.to_owned(),
            kind: LeakKind::Heap,
            site: format!("main.{fingerprint}"),
            bytes_per_op,
            objects_per_op: 1.0,
        }
    }

    fn target(goarch: &str, run: Option<Vec<CrossLeak>>) -> (String, Target) {
        let go = GoInfo { goos: "linux".to_owned(), goarch: goarch.to_owned(), ..GoInfo::default() };
        let built = Ok(BuildFacts { go, ..BuildFacts::default() });
        (goarch.to_owned(), Target { built, run: run.map(Ok) })
    }

    fn answer_of(records: &[(String, Target)]) -> CrossAnswer {
        answer(Records { of: records, reference: "amd64" })
    }

    #[test]
    fn the_same_leaks_with_the_same_figures_are_said_to_be_so() {
        let leaks = || Some(vec![leak("a", 208.0), leak("b", 96.0)]);
        let answer = answer_of(&[target("amd64", leaks()), target("arm64", leaks()), target("arm", None)]);
        assert_eq!(
            answer.headline,
            "3 of 3 built, 2 run here: all of them show the same 2 leaks, with the same figures"
        );
        assert_eq!(answer.differences[0].of.words(), "same 2 leaks, same figures");
        assert_eq!(answer.differences.len(), 1, "what was not run is compared with nothing");
    }

    #[test]
    fn what_is_not_the_same_is_told_by_its_site_and_figures() {
        let base = target("amd64", Some(vec![leak("a", 208.0), leak("b", 96.0)]));
        let other = target("arm", Some(vec![leak("a", 144.0), leak("c", 8.0)]));
        let answer = answer_of(&[base, other]);
        assert_eq!(
            answer.differences[0].of.words(),
            "1 leak the same, without that at main.b, and another at main.c, another figure (main.a: 208 -> 144 B/op)"
        );
        assert_eq!(answer.headline, "2 of 2 built, 2 run here: arm not as amd64");
    }

    #[test]
    fn a_target_that_does_not_exist_loses_nothing_of_the_others() {
        let failure = Failure { target: "windows/riscv64".to_owned(), why: "unsupported".to_owned() };
        let lost = ("lost".to_owned(), Target { built: Err(failure), run: None });
        let answer = answer_of(&[target("amd64", Some(Vec::new())), lost]);
        assert_eq!(answer.of("lost").expect("facts").failure.as_deref(), Some("unsupported"));
        assert_eq!(answer.headline, "1 of 2 built, 1 run here");
    }

    #[test]
    fn an_emulators_version_is_its_number() {
        let version = "qemu-aarch64 version 7.2.22 (Debian 1:7.2)".to_owned();
        let emulator = Emulator { name: "qemu-aarch64".to_owned(), version, ..Emulator::default() };
        assert_eq!(name(&emulator), "qemu-aarch64 7.2.22");
        let node = Emulator { name: "node".to_owned(), version: "v20.1.0".to_owned(), ..Emulator::default() };
        assert_eq!(name(&node), "node v20.1.0");
    }
}
