//! Which modules variants are made of and why, whether `vendor/` is what it should be, whether they build without a network.

mod differ;
mod expected;
mod facts;
mod graph;
#[cfg(test)]
mod tests;
mod vendor;

use std::collections::BTreeSet;

use super::{Records, against};
use crate::format::golist;
use crate::model::lab::modules::{ModulesAnswer, ModulesDifference, ModulesFacts, VendorFacts, VendorState};
use crate::model::lab::{NotRun, OfVariant};
use crate::scenario::LabExpect;
use crate::toolchain::lab::modules::{GraphRecord, ModulesRecord};

/// The answer.
#[must_use]
pub fn answer(records: Records<'_, ModulesRecord>, expect: &LabExpect) -> ModulesAnswer {
    let variants: Vec<OfVariant<ModulesFacts>> = records
        .of
        .iter()
        .map(|(variant, record)| OfVariant { variant: variant.clone(), of: facts::facts(record) })
        .collect();
    let differences = against(&variants, records.reference, differ::differ);
    let expected = expected::expected(records.of, &variants, expect);
    let headline = headline(&variants, &differences);
    let not_run = records.of.iter().flat_map(|(variant, record)| not_run(variant, record));
    let not_run = once(not_run.collect(), variants.len());
    ModulesAnswer { headline, variants, differences, expected, not_run }
}

/// What could not be asked of a variant.
fn not_run(variant: &str, record: &ModulesRecord) -> Vec<NotRun> {
    let GraphRecord { modules, requirements, .. } = &*record.graph;
    let answers = [
        ("modules that no package comes from", modules.as_ref().err().cloned()),
        ("versions in conflict, cycles", requirements.as_ref().err().cloned()),
        ("retracted and deprecated modules", unasked(&record.graph, |_| true)),
        ("packages", record.program.packages.as_ref().err().cloned()),
    ];
    let failed = answers.into_iter().filter_map(|(what, why)| Some((what, why?)));
    failed
        .map(|(what, why)| NotRun {
            variant: variant.to_owned(),
            what: what.to_owned(),
            needs: format!("what the go command does not get: {}", first_lines(&why)),
        })
        .collect()
}

/// Why nobody knows of each of these modules whether its version was taken back.
fn unasked(graph: &GraphRecord, is_meant: impl Fn(&str) -> bool) -> Option<String> {
    let updates = match &graph.updates {
        Ok(updates) => golist::modules(updates),
        Err(why) => return Some(why.clone()),
    };
    let meant = updates.iter().filter(|module| is_meant(&module.path));
    let errors: Vec<&str> = meant.filter_map(|module| Some(module.error.as_ref()?.err.as_str())).collect();
    match errors.as_slice() {
        [] => None,
        [one] => Some((*one).to_owned()),
        [first, rest @ ..] => Some(format!("{} (and {} more)", first_lines(first), rest.len())),
    }
}

/// What all variants lack is told once.
fn once(all: Vec<NotRun>, n_variants: usize) -> Vec<NotRun> {
    let same = |one: &NotRun, other: &NotRun| (&one.what, &one.needs) == (&other.what, &other.needs);
    let mut told: Vec<NotRun> = Vec::new();
    for one in &all {
        if told.iter().any(|told| told.variant.is_empty() && same(told, one)) {
            continue;
        }
        let is_of_all = all.iter().filter(|other| same(one, other)).count() == n_variants;
        let variant = if is_of_all { String::new() } else { one.variant.clone() };
        told.push(NotRun { variant, ..one.clone() });
    }
    told
}

/// The first two lines in one: the go command breaks "X imports Y: why" after "imports".
fn first_lines(text: &str) -> String {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or_default();
    let is_begun = first.ends_with("imports") || first.ends_with(':');
    match lines.next().filter(|_| is_begun) {
        Some(second) => format!("{first} {second}"),
        None => first.to_owned(),
    }
}

fn headline(variants: &[OfVariant<ModulesFacts>], differences: &[OfVariant<ModulesDifference>]) -> String {
    let Some(first) = variants.first() else { return "nothing could be asked of any variant".to_owned() };
    let mut parts = Vec::new();
    let n = first.of.modules.len();
    let modules = counted(n, "module", "modules");
    parts.push(match differences.len() {
        0 if n == 0 => "no other module than its own".to_owned(),
        0 => format!("packages of {modules} beside its own"),
        differ => {
            format!("{differ} of {} variants have other modules than the reference", variants.len() - 1)
        }
    });
    parts.extend(of_vendor(variants));
    let withdrawn = variants.iter().flat_map(|facts| &facts.of.withdrawn).filter(|one| one.used);
    let retracted: BTreeSet<String> = withdrawn
        .filter(|one| one.retracted.is_some())
        .map(|one| format!("{} {}", one.module.path, one.module.version))
        .collect();
    if !retracted.is_empty() {
        parts.push(format!("retracted: {}", Vec::from_iter(retracted).join(", ")));
    }
    let is_broken = variants.iter().any(|facts| !facts.of.offline.builds && !facts.of.offline.builds_online);
    let needing: Vec<&str> = variants
        .iter()
        .filter(|facts| !facts.of.offline.builds)
        .map(|facts| facts.variant.as_str())
        .collect();
    parts.push(match needing.as_slice() {
        [] => "builds without a network".to_owned(),
        all if all.len() == variants.len() && is_broken => {
            "does not build, with or without a network".to_owned()
        }
        all if all.len() == variants.len() => "does not build without a network".to_owned(),
        some => format!("without a network not built: {}", some.join(", ")),
    });
    parts.join("; ")
}

/// The worst of what was found in `vendor/`.
fn of_vendor(variants: &[OfVariant<ModulesFacts>]) -> Option<String> {
    let vendors: Vec<&VendorFacts> = variants.iter().filter_map(|facts| facts.of.vendor.as_ref()).collect();
    let drifted = vendors.iter().find(|vendor| vendor.state == VendorState::Drifted);
    let unknown = vendors.iter().find(|vendor| vendor.state == VendorState::Unknown);
    match (drifted, unknown, vendors.first()) {
        (Some(drifted), ..) => Some(format!("vendor/ has drifted: {}", vendor::found(drifted))),
        (None, Some(_), _) => Some("vendor/ could not be compared with what it should be".to_owned()),
        (None, None, Some(_)) => Some("vendor/ is in sync".to_owned()),
        (None, None, None) => None,
    }
}

/// `1 module`, `2 modules`
fn counted(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}
