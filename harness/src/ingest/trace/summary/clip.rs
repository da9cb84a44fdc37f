//! The part of the trace that is summed up, and the rule that makes adjacent parts add up: time
//! counts as far as it lies inside, an event counts where it happened.

use crate::model::trace::Window;
use crate::model::{Nanoseconds, TraceTime};

/// From `begin` on, before `end`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clip {
    /// The trace's first event.
    pub(super) first: TraceTime,
    pub(super) begin: TraceTime,
    pub(super) end: TraceTime,
}

impl Clip {
    /// The window, or all, of a trace that begins at `first`.
    pub(super) fn new(first: TraceTime, window: Option<Window>) -> Self {
        let at = |since: Nanoseconds| first.plus(since.max(Nanoseconds(0)));
        let end = window.and_then(|window| window.to).map_or(TraceTime(i64::MAX), at);
        let begin = window.map_or(first, |window| at(window.from));
        Self { first, begin, end: end.max(begin) }
    }

    /// Whether an event of this time is inside. Those after the end are not asked about.
    #[inline]
    pub(super) fn contains(&self, at: TraceTime) -> bool {
        at >= self.begin
    }

    /// The part of a stay that lies inside; `None` if it was over before.
    #[inline]
    pub(super) fn stay(&self, since: TraceTime, until: TraceTime) -> Option<Stayed> {
        // What was so when the trace began has no begin of its own. No event but the first sync has
        // the time of that, so the comparison tells them apart.
        let begun = since >= self.begin && since > self.first;
        let time = until.since(since.max(self.begin));
        (time.0 > 0 || begun).then_some(Stayed { begun, time })
    }
}

/// A stay in a state, as far as it lies inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stayed {
    /// Whether it began inside.
    pub(super) begun: bool,
    pub(super) time: Nanoseconds,
}

/// Adds time to a sum.
#[inline]
pub(super) fn add(sum: &mut Nanoseconds, time: Nanoseconds) {
    sum.0 = sum.0.saturating_add(time.0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stay_counts_as_begun_in_one_of_two_adjacent_windows_and_its_time_in_both() {
        let window = |from, to| Window { from: Nanoseconds(from), to: Some(Nanoseconds(to)) };
        let (one, two) = (
            Clip::new(TraceTime(1000), Some(window(0, 50))),
            Clip::new(TraceTime(1000), Some(window(50, 100))),
        );
        let stayed = |begun, time| Some(Stayed { begun, time: Nanoseconds(time) });
        assert_eq!(one.stay(TraceTime(1020), one.end), stayed(true, 30));
        assert_eq!(two.stay(TraceTime(1020), TraceTime(1070)), stayed(false, 20));
        assert_eq!(two.stay(TraceTime(1050), TraceTime(1070)), stayed(true, 20), "a window has its begin");
        assert_eq!(two.stay(TraceTime(1020), TraceTime(1050)), None);
    }

    #[test]
    fn what_was_so_when_the_trace_began_did_not_begin_in_it() {
        let all = Clip::new(TraceTime(1000), None);
        let stayed = all.stay(TraceTime(1000), TraceTime(1010));
        assert_eq!(stayed, Some(Stayed { begun: false, time: Nanoseconds(10) }));
    }

    #[test]
    fn windows_beyond_all_numbers_are_empty_or_open_and_do_not_overflow() {
        let window = Window { from: Nanoseconds(i64::MAX), to: Some(Nanoseconds(5)) };
        let clip = Clip::new(TraceTime(7), Some(window));
        assert_eq!((clip.begin, clip.end), (TraceTime(i64::MAX), TraceTime(i64::MAX)));
        let before = Window { from: Nanoseconds(-9), to: None };
        assert_eq!(Clip::new(TraceTime(7), Some(before)).begin, TraceTime(7));
    }
}
