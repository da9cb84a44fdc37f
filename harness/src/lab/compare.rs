//! Variants against a reference.

use crate::model::lab::OfVariant;

/// What is known of each variant, in the scenario's order, and which one the others are compared with.
#[derive(Debug, Clone, Copy)]
pub struct Records<'a, T> {
    /// By variant; a variant of which nothing could be had is not there.
    pub of: &'a [(String, T)],
    /// Name of the reference.
    pub reference: &'a str,
}

/// Compares every other variant with the reference; those that do not differ (`None`) are left out.
pub fn against<T, D>(
    facts: &[OfVariant<T>],
    reference: &str,
    mut differ: impl FnMut(&T, &T) -> Option<D>,
) -> Vec<OfVariant<D>> {
    let Some(base) = facts.iter().find(|facts| facts.variant == reference) else { return Vec::new() };
    let others = facts.iter().filter(|facts| facts.variant != reference);
    let differences = others.filter_map(|other| {
        let of = differ(&base.of, &other.of)?;
        Some(OfVariant { variant: other.variant.clone(), of })
    });
    differences.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn others_are_compared_with_the_reference_and_equal_ones_are_left_out() {
        let facts =
            [("a", 1), ("b", 3), ("c", 1)].map(|(name, of)| OfVariant { variant: name.to_owned(), of });
        let rise = |base: &i32, other: &i32| (base != other).then(|| other - base);
        assert_eq!(against(&facts, "a", rise), [OfVariant { variant: "b".to_owned(), of: 2 }]);
        assert_eq!(against(&facts, "gone", rise), []);
    }
}
