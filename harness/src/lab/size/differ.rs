//! Two binaries -> what changed.

use std::collections::BTreeMap;

use super::Whole;
use super::facts::{KEPT, Named};
use crate::model::Bytes;
use crate::model::lab::size::{Change, NameSource, SizeDifference};

/// What is different in `other`.
pub(super) fn differ(base: &Whole, other: &Whole) -> SizeDifference {
    let code_only = [base, other].iter().any(|whole| whole.facts.names < NameSource::Twin);
    let packages = |whole: &Whole| {
        let size = |package: &crate::model::lab::size::PackageSize| match code_only {
            true => package.code,
            false => package.own(),
        };
        whole.facts.packages.iter().map(|package| (package.package.clone(), size(package))).collect()
    };
    let classes =
        |whole: &Whole| whole.facts.classes.iter().map(|class| (class.words(), class.size)).collect();
    let sections = |whole: &Whole| {
        whole.facts.sections.iter().map(|section| (section.name.clone(), section.size)).collect()
    };
    let mut symbols = changes(symbols(&base.symbols, code_only), symbols(&other.symbols, code_only));
    let n_symbols = symbols.len() as u64;
    symbols.truncate(KEPT);
    SizeDifference {
        total: other.facts.total.since(base.facts.total),
        classes: changes(classes(base), classes(other)),
        sections: changes(sections(base), sections(other)),
        packages: changes(packages(base), packages(other)),
        symbols,
        n_symbols,
        code_only,
    }
}

/// Type arguments are not in the names of the function table: functions are compared without them.
fn symbols(named: &[Named], code_only: bool) -> BTreeMap<String, Bytes> {
    let mut sizes: BTreeMap<String, Bytes> = BTreeMap::new();
    for named in named.iter().filter(|named| named.code || !code_only) {
        *sizes.entry(named.name.clone()).or_default() += Bytes(named.size);
    }
    sizes
}

/// What is not the same, the largest change first.
fn changes(base: BTreeMap<String, Bytes>, mut other: BTreeMap<String, Bytes>) -> Vec<Change> {
    let mut changes: Vec<Change> = base
        .into_iter()
        .map(|(name, size)| Change { variant: other.remove(&name), reference: Some(size), name })
        .collect();
    changes.extend(other.into_iter().map(|(name, size)| Change {
        name,
        reference: None,
        variant: Some(size),
    }));
    changes.retain(|change| change.by() != 0);
    changes
        .sort_by(|a, b| b.by().unsigned_abs().cmp(&a.by().unsigned_abs()).then_with(|| a.name.cmp(&b.name)));
    changes
}
