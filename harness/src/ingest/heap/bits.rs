//! A set of numbers, a bit for each: of tens of millions of nodes it stays in the processor's cache, where an array by
//! node would be looked up in memory.

/// See the module.
#[derive(Debug, Clone, Default)]
pub(super) struct Bits(Vec<u64>);

impl Bits {
    /// The empty set of numbers below `n`.
    pub(super) fn new(n: usize) -> Self {
        Self(vec![0; n.div_ceil(64)])
    }

    #[inline]
    pub(super) fn has(&self, number: u32) -> bool {
        self.0[number as usize / 64] >> (number % 64) & 1 != 0
    }

    #[inline]
    pub(super) fn add(&mut self, number: u32) {
        self.0[number as usize / 64] |= 1 << (number % 64);
    }

    /// Puts `number` in; whether it was not.
    #[inline]
    pub(super) fn is_new(&mut self, number: u32) -> bool {
        let word = &mut self.0[number as usize / 64];
        let before = *word;
        *word |= 1 << (number % 64);
        *word != before
    }

    /// Its numbers, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        (0u32..).zip(&self.0).flat_map(|(place, &word)| ones(word).map(move |bit| place * 64 + bit))
    }
}

fn ones(mut word: u64) -> impl Iterator<Item = u32> {
    std::iter::from_fn(move || {
        let bit = word.trailing_zeros();
        word &= word.wrapping_sub(1);
        (bit < 64).then_some(bit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn it_has_what_was_put_in_in_order(numbers in prop::collection::vec(0u32..2000, 0..800)) {
            let (mut bits, mut expected) = (Bits::new(2000), BTreeSet::new());
            for &number in &numbers {
                prop_assert_eq!(bits.has(number), expected.contains(&number));
                prop_assert_eq!(bits.is_new(number), expected.insert(number));
            }
            let sorted: Vec<u32> = expected.iter().copied().collect();
            prop_assert_eq!(bits.iter().collect::<Vec<_>>(), &sorted[..]);
        }
    }
}
