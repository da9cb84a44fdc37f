//! What one line allocates and hands to a library at another one, on made-up dumps: one finding, or two.

use super::tests::{Run, judge, stack};
use super::tests_holders::{count, dump, global, held, path};
use super::tests_keepers::step;
use crate::model::heap::{HeldSite, PathStep, RetainingPath};
use crate::model::{Evidence, Finding, Frame, SiteClass};

/// The line that hands it over, through a library.
const FILES: &[&str] = &["dep.org/lib.(*Bus).Subscribe 70", "main.file 12", "main.handle 32", "main.main 9"];
const FILLS: &[&str] = &["main.handle 31", "main.main 9"];

fn at(function: &str, line: u32) -> PathStep {
    let site = Frame { function: function.into(), file: "/src/app/app.go".into(), line };
    PathStep { site: Some(site), ..step(1000) }
}

/// A thousand objects of `site` behind these steps.
fn behind(site: &[&str], between: &[PathStep]) -> HeldSite {
    let steps = [between, &[step(1000)]].concat();
    let found = RetainingPath { steps, ..path(global("main.cache", "T"), count(1000, 256_000)) };
    HeldSite { stack: stack(site).to_vec(), ..held(vec![found]) }
}

fn found(fills: impl Fn(u64) -> u64, sites: Vec<HeldSite>) -> Vec<Finding> {
    found_beside(FILES, fills, sites)
}

fn found_beside(files: &[&str], fills: impl Fn(u64) -> u64, sites: Vec<HeldSite>) -> Vec<Finding> {
    let run = Run::step().site(SiteClass::User, 64, files, |i| i * 100);
    let mut run = run.site(SiteClass::User, 256, FILLS, fills);
    run.pieces.heap = Some(dump(sites, Vec::new()));
    judge(&[run]).findings
}

#[test]
fn what_an_entry_of_another_line_keeps_is_part_of_its_finding_and_changes_no_figure() {
    let findings = found(|i| i * 200, vec![behind(FILLS, &[at("main.file", 12)])]);
    let [finding] = findings.as_slice() else { panic!("{findings:?}") };
    assert_eq!((&*finding.site.function, finding.growth.bytes_per_op), ("main.file", 64.0));
    let told = ", and keeps 512 B per operation allocated at main.handle app.go:31";
    assert!(finding.sentence.ends_with(told), "{}", finding.sentence);
    let allocations = |evidence: &&Evidence| matches!(evidence, Evidence::Allocation { .. });
    assert_eq!(finding.evidence.iter().filter(allocations).count(), 2);
}

#[test]
fn what_is_not_behind_the_other_lines_objects_alone_stays_a_finding() {
    let filed = at("main.file", 12);
    let steady = at("main.table", 80);
    let none = behind(FILLS, &[]);
    let shared = behind(FILLS, &[filed.clone(), steady]);
    let mut partly = behind(FILLS, &[filed]);
    partly.held = count(1200, 307_200);
    partly.paths.push(path(global("main.other", "T"), count(200, 51_200)));
    for (site, why) in
        [(none, "no step"), (shared, "what does not grow is between"), (partly, "a sixth is not")]
    {
        assert_eq!(found(|i| i * 100, vec![site]).len(), 2, "{why}");
    }
}

#[test]
fn of_two_lines_of_the_users_own_either_may_be_at_fault() {
    let own = &FILES[1..];
    let behind = vec![behind(FILLS, &[at("main.file", 12)])];
    assert_eq!(found_beside(own, |i| i * 100, behind).len(), 2);
}

#[test]
fn rates_that_do_not_fit_are_two_causes() {
    let behind = || vec![behind(FILLS, &[at("main.file", 12)])];
    assert_eq!(found(|i| i * 130, behind()).len(), 2);
    assert_eq!(found(|i| i * 1000, behind()).len(), 2, "of so many, any rate fits");
}

#[test]
fn two_that_contain_each_other_stay_two() {
    let fills = ["dep.org/lib.(*Bus).Fill 90", FILLS[0], FILLS[1]];
    let run = Run::step().site(SiteClass::User, 64, FILES, |i| i * 100);
    let mut run = run.site(SiteClass::User, 256, &fills, |i| i * 100);
    let one = behind(&fills, &[at("main.file", 12)]);
    let other = behind(FILES, &[at("main.handle", 31)]);
    run.pieces.heap = Some(dump(vec![one.clone()], Vec::new()));
    assert_eq!(judge(&[run.clone()]).findings.len(), 1);
    run.pieces.heap = Some(dump(vec![one, other], Vec::new()));
    assert_eq!(judge(&[run]).findings.len(), 2);
}

#[test]
fn what_is_too_little_to_be_a_finding_takes_nothing() {
    let run = Run::step().site(SiteClass::User, 1, FILES, |i| i * 10);
    let mut run = run.site(SiteClass::User, 256, FILLS, |i| i * 10);
    run.pieces.heap = Some(dump(vec![behind(FILLS, &[at("main.file", 12)])], Vec::new()));
    let findings = judge(&[run]).findings;
    let sites: Vec<&str> = findings.iter().map(|finding| &*finding.site.function).collect();
    assert_eq!(sites, ["main.handle"]);
}
