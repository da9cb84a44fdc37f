//! Whoever wants to know how far the reading of files is, and may end it.
//!
//! A share of the whole is told, 0 to 1, now and then. What is read after an end is partial: who ended it knows.

use std::fmt;
use std::ops::ControlFlow;

/// Events or records between two words.
pub(super) const EVERY: u64 = 1 << 14;

type Told<'a> = &'a dyn Fn(f64) -> ControlFlow<()>;

/// The watch over a piece of work, or a part of it.
#[derive(Clone, Copy)]
pub struct Watch<'a> {
    told: Option<Told<'a>>,
    from: f64,
    to: f64,
}

impl<'a> Watch<'a> {
    /// Nobody's.
    pub const NONE: Watch<'static> = Watch { told: None, from: 0.0, to: 1.0 };

    /// Of the whole work.
    #[must_use]
    pub fn new(told: Told<'a>) -> Self {
        Self { told: Some(told), from: 0.0, to: 1.0 }
    }

    /// Watches over parts of this one, as long as their weights tell.
    pub(super) fn split<const N: usize>(self, weights: [u64; N]) -> [Self; N] {
        let total = weights.iter().map(|weight| *weight as f64).sum::<f64>().max(1.0);
        let mut before = 0.0;
        weights.map(|weight| {
            let after = before + weight as f64;
            let place = |sum: f64| self.from + (self.to - self.from) * sum / total;
            let part = Self { told: self.told, from: place(before), to: place(after) };
            before = after;
            part
        })
    }

    /// So much of this part is done.
    pub(super) fn at(&self, done: u64, of: u64) -> ControlFlow<()> {
        let share = (done as f64 / of.max(1) as f64).min(1.0);
        self.told.map_or(ControlFlow::Continue(()), |told| told(self.from + (self.to - self.from) * share))
    }
}

impl fmt::Debug for Watch<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Watch({} to {})", self.from, self.to)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    #[test]
    fn parts_add_up_to_the_whole_and_an_end_is_passed_on() {
        let shares = RefCell::new(Vec::new());
        let told = |share: f64| {
            shares.borrow_mut().push(share);
            if share < 1.0 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        };
        let [first, second] = Watch::new(&told).split([1, 3]);
        let [_, last] = second.split([1, 1]);
        assert!(first.at(5, 10).is_continue() && second.at(0, 10).is_continue());
        assert!(last.at(0, 9).is_continue() && last.at(12, 9).is_break());
        assert_eq!(*shares.borrow(), [0.125, 0.25, 0.625, 1.0]);
        assert!(Watch::NONE.at(1, 0).is_continue());
    }
}
