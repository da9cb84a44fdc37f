//! What the bytes of a binary are for, and what makes one larger than another.
//!
//! ```text
//! sort     what a range of the file, a symbol, a package counts as: tables
//! facts    contents of a file -> facts that add up to its size
//! differ   facts of two -> what changed
//! ```

mod differ;
mod facts;
mod sort;
#[cfg(test)]
mod tests;

use super::{Records, against};
use crate::format::binary::Contents;
use crate::model::lab::size::{SizeAnswer, SizeDifference, SizeFacts};
use crate::model::lab::{Expected, OfVariant};
use crate::model::{Bytes, ModuleTable, binary_units};
use crate::scenario::LabExpect;

/// What is known of a variant's binary.
#[derive(Debug, Clone, Default)]
pub struct Record {
    /// The file.
    pub contents: Contents,
    /// The same program with symbols, if this one has none.
    pub twin: Option<Contents>,
    /// Whose packages are whose.
    pub modules: ModuleTable,
}

/// Facts with all the names, which are too many for a document.
#[derive(Debug)]
struct Whole {
    facts: SizeFacts,
    symbols: Vec<facts::Named>,
}

/// The answer, from each variant's binary.
#[must_use]
pub fn answer(records: Records<'_, Record>, expect: &LabExpect) -> SizeAnswer {
    let of = |(variant, record): &(String, Record)| OfVariant {
        variant: variant.clone(),
        of: facts::whole(record),
    };
    let wholes: Vec<OfVariant<Whole>> = records.of.iter().map(of).collect();
    let differences = against(&wholes, records.reference, |base, other| Some(differ::differ(base, other)));
    let variants: Vec<OfVariant<SizeFacts>> =
        wholes.into_iter().map(|whole| OfVariant { variant: whole.variant, of: whole.of.facts }).collect();
    SizeAnswer {
        headline: headline(&variants, &differences, records.reference),
        expected: expected(&variants, expect),
        variants,
        differences,
        not_run: Vec::new(),
    }
}

/// What most of the reference is, and what the variant that differs most from it changed.
fn headline(
    variants: &[OfVariant<SizeFacts>],
    differences: &[OfVariant<SizeDifference>],
    reference: &str,
) -> String {
    let Some(base) = variants.iter().find(|facts| facts.variant == reference) else {
        return "there is nothing to compare with: the reference was not built".to_owned();
    };
    let total = base.of.total.0.max(1);
    let share = |size: Bytes| size.0.saturating_mul(100) / total;
    let largest: Vec<String> = base
        .of
        .classes
        .iter()
        .take(3)
        .map(|class| format!("{} {} %", class.words(), share(class.size)))
        .collect();
    let mut words =
        format!("{reference} is {}: {}", binary_units(base.of.total.0 as f64), largest.join(", "));
    let most = differences.iter().max_by_key(|difference| difference.of.total.unsigned_abs());
    if let Some(most) = most.filter(|most| most.of.total != 0) {
        let percent = most.of.total as f64 / total as f64 * 100.0;
        let causes: Vec<String> = most
            .of
            .classes
            .iter()
            .take(2)
            .map(|change| format!("{} {}", change.name, signed_bytes(change.by())))
            .collect();
        words += &format!("; {} {percent:+.1} % ({})", most.variant, causes.join(", "));
    }
    words
}

/// `+1.2 KiB`
pub(crate) fn signed_bytes(by: i64) -> String {
    format!("{}{}", if by < 0 { "-" } else { "+" }, binary_units(by.unsigned_abs() as f64))
}

fn expected(variants: &[OfVariant<SizeFacts>], expect: &LabExpect) -> Vec<Expected> {
    let Some(limit) = &expect.max_size else { return Vec::new() };
    let line = |facts: &OfVariant<SizeFacts>| Expected {
        variant: facts.variant.clone(),
        expected: format!("max_size = \"{limit}\""),
        found: format!("{} bytes", facts.of.total.0),
        holds: facts.of.total.0 <= limit.bytes(),
    };
    variants.iter().map(line).collect()
}
