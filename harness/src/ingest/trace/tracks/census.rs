//! How many goroutines of a set are in each state over time.

use super::series::{Series, sum};
use crate::model::trace::tracks::{Content, Track, Unit};
use crate::model::{Point, TraceTime};

/// What a goroutine is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Running,
    Runnable,
    Waiting,
    Syscall,
}

const STATES: [(State, &str); 4] = [
    (State::Running, "running"),
    (State::Runnable, "runnable"),
    (State::Waiting, "waiting"),
    (State::Syscall, "in system calls"),
];

/// One state.
#[derive(Debug, Clone)]
struct Count {
    now: i64,
    over_time: Series,
    /// Of those that turned out to have been in the state since the trace began: how many of them
    /// had turned out so by when.
    late: i64,
    late_over_time: Series,
}

/// All states.
#[derive(Debug, Clone)]
pub(super) struct Census([Count; 4]);

impl Census {
    /// `room`: steps of time that are told apart.
    pub(super) fn new(room: usize) -> Self {
        let count =
            || Count { now: 0, over_time: Series::new(room), late: 0, late_over_time: Series::new(room) };
        Self([count(), count(), count(), count()])
    }

    /// A goroutine comes to be in a state.
    #[inline]
    pub(super) fn enter(&mut self, state: State, at: TraceTime) {
        self.change(state, 1, at);
    }

    /// It leaves it.
    #[inline]
    pub(super) fn leave(&mut self, state: State, at: TraceTime) {
        self.change(state, -1, at);
    }

    #[inline]
    fn change(&mut self, state: State, by: i64, at: TraceTime) {
        let count = &mut self.0[state as usize];
        count.now += by;
        count.over_time.set(at, count.now);
    }

    /// One turns out to have been in a state since the trace began.
    pub(super) fn enter_late(&mut self, state: State, at: TraceTime) {
        self.change(state, 1, at);
        let count = &mut self.0[state as usize];
        count.late += 1;
        count.late_over_time.set(at, -count.late);
    }

    /// Counters of the states that occurred; `begin` is the trace's.
    pub(super) fn finish(self, begin: TraceTime, name: impl Fn(&str) -> String, about: &str) -> Vec<Track> {
        let track = |(state, points): (&str, Vec<Point>)| {
            let content = Content::Counter { unit: Unit::Count, points };
            Track { name: name(state), about: about.to_owned(), content }
        };
        self.points(begin).map(track).collect()
    }

    /// The states that occurred, in words, and how many were in each over time; `begin` is the trace's.
    pub(super) fn points(self, begin: TraceTime) -> impl Iterator<Item = (&'static str, Vec<Point>)> {
        let points = move |(count, (_, state)): (Count, (State, &'static str))| {
            let mut late = vec![(begin, count.late)];
            late.extend(
                count.late_over_time.finish().into_iter().map(|(at, value)| (at, count.late + value)),
            );
            let points = sum(count.over_time.finish(), late);
            points.iter().any(|point| point.1 != 0).then_some((state, points))
        };
        self.0.into_iter().zip(STATES).filter_map(points)
    }

    /// How many there were over time, whatever they did.
    pub(super) fn total(self, begin: TraceTime) -> Vec<Point> {
        self.points(begin).map(|(_, points)| points).reduce(sum).unwrap_or_default()
    }
}
