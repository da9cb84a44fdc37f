//! What the compiler made of the module's functions, and what is different in another variant.
//!
//! ```text
//! facts       the compiler's words and the linked program -> facts, by function
//! differ      facts of two variants -> what is different, in words
//! assembly    a disassembler's text -> instructions; two of them side by side
//! ```

mod assembly;
mod differ;
mod facts;

pub use assembly::add_assembly;

use super::{Records, against};
use crate::model::lab::OfVariant;
use crate::model::lab::code::{CodeAnswer, CodeDifference, CodeFacts};
use crate::toolchain::lab::CodeRecord;

/// The answer, from what the compiler said of each variant.
#[must_use]
pub fn answer(records: Records<'_, CodeRecord>) -> CodeAnswer {
    let of = |(variant, record): &(String, CodeRecord)| OfVariant {
        variant: variant.clone(),
        of: facts::facts(record),
    };
    let variants: Vec<OfVariant<CodeFacts>> = records.of.iter().map(of).collect();
    let differences = against(&variants, records.reference, differ::differ);
    let headline = headline(&variants, &differences, records.reference);
    CodeAnswer { headline, variants, differences, expected: Vec::new(), not_run: Vec::new() }
}

fn headline(
    variants: &[OfVariant<CodeFacts>],
    differences: &[OfVariant<CodeDifference>],
    reference: &str,
) -> String {
    let Some(first) = variants.first() else { return "the compiler could not be asked".to_owned() };
    if variants.len() > 1 && differences.is_empty() {
        return "the compiler decides alike in all variants".to_owned();
    }
    let one = |difference: &OfVariant<CodeDifference>| {
        let other = variants.iter().find(|facts| facts.variant == difference.variant)?;
        let base = variants.iter().find(|facts| facts.variant == reference)?;
        Some(format!("{}: {}", difference.variant, differ::in_short(&base.of, &other.of, &difference.of)))
    };
    let said: Vec<String> = differences.iter().filter_map(one).collect();
    if said.is_empty() {
        let totals = first.of.totals;
        return format!(
            "{} functions, {} of them may be inlined; {} values are made on the heap, {} bounds are checked",
            totals.functions, totals.inlinable, totals.escapes, totals.bounds_checks
        );
    }
    said.join("; ")
}

#[cfg(test)]
mod tests;
