//! What the bytes of a binary are.

use object::{Object as _, ObjectSection as _};

use super::{Records, against};
use crate::model::Bytes;
use crate::model::lab::OfVariant;
use crate::model::lab::size::{SectionSize, SizeAnswer, SizeDifference, SizeFacts};

/// The answer, from the bytes of each variant's binary.
#[must_use]
pub fn answer(records: Records<'_, Vec<u8>>) -> SizeAnswer {
    let of = |(variant, data): &(String, Vec<u8>)| OfVariant { variant: variant.clone(), of: facts(data) };
    let variants: Vec<OfVariant<SizeFacts>> = records.of.iter().map(of).collect();
    let differences = against(&variants, records.reference, differ);
    let largest = variants.iter().max_by_key(|facts| facts.of.total);
    let headline = largest.map_or_else(
        || "nothing was built".to_owned(),
        |facts| format!("{} bytes in the largest variant, {}", facts.of.total.0, facts.variant),
    );
    SizeAnswer { headline, variants, differences, expected: Vec::new(), not_run: Vec::new() }
}

fn facts(data: &[u8]) -> SizeFacts {
    let total = Bytes(data.len() as u64);
    let Ok(file) = object::File::parse(data) else { return SizeFacts { total, sections: Vec::new() } };
    let sections = file.sections().filter_map(|section| {
        let (_, size) = section.file_range()?;
        Some(SectionSize { name: section.name().unwrap_or_default().to_owned(), size: Bytes(size) })
    });
    let mut sections: Vec<SectionSize> = sections.collect();
    sections.sort_by(|a, b| b.size.cmp(&a.size).then_with(|| a.name.cmp(&b.name)));
    SizeFacts { total, sections }
}

fn differ(base: &SizeFacts, other: &SizeFacts) -> Option<SizeDifference> {
    let signed = |size: Bytes| i64::try_from(size.0).unwrap_or(i64::MAX);
    let total = signed(other.total) - signed(base.total);
    (base != other).then_some(SizeDifference { total })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_binary_has_a_size_and_no_sections() {
        let records = [("a".to_owned(), vec![0; 7]), ("b".to_owned(), vec![0; 9])];
        let answer = answer(Records { of: &records, reference: "a" });
        assert_eq!(answer.of("a").expect("facts").total, Bytes(7));
        assert_eq!(answer.differences[0].of.total, 2);
        assert_eq!(answer.headline, "9 bytes in the largest variant, b");
    }
}
