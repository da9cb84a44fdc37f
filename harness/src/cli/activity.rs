//! A long step: a live line on a terminal; in a log a line now and then, none if it is short.
//!
//! Who is at work says how far it is, as often as it likes: in words, and as a share of the whole where there is one to
//! tell the time that is left from.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressState, ProgressStyle};

use super::console::Console;
use super::line::activity;
use super::lines::room;
use super::pace::{Pace, left_words};

/// Between two changes of a line on a terminal.
const REDRAW_EVERY: Duration = Duration::from_millis(200);
/// Between two lines of progress in a log.
const LOG_EVERY: Duration = Duration::from_secs(5);

/// A long step.
#[derive(Debug)]
pub(super) struct Activity<'c> {
    console: &'c Console,
    bar: ProgressBar,
    way: Way,
    what: String,
    begin: Instant,
    /// When to say something again.
    next: Instant,
    state: Arc<Mutex<State>>,
}

/// How far it is.
#[derive(Debug)]
struct State {
    words: String,
    pace: Pace,
}

impl State {
    /// `40% of the trace, 7 s left`
    fn words(&self, elapsed: Duration) -> String {
        format!("{}{}", self.words, left_words(self.pace.left(elapsed)))
    }
}

/// How an activity shows itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Line,
    Log,
    None,
}

impl Way {
    fn every(self) -> Duration {
        if self == Self::Log { LOG_EVERY } else { REDRAW_EVERY }
    }
}

impl<'c> Activity<'c> {
    pub(super) fn new(console: &'c Console, what: &str, way: Way) -> Self {
        let is_line = way == Way::Line;
        let bar = if is_line { console.bar() } else { ProgressBar::hidden() };
        let state = Arc::new(Mutex::new(State { words: String::new(), pace: Pace::even(1) }));
        let (begin, told, name) = (Instant::now(), Arc::clone(&state), what.to_owned());
        let line = move |_: &ProgressState, out: &mut dyn std::fmt::Write| {
            let elapsed = begin.elapsed();
            let words = told.lock().unwrap_or_else(PoisonError::into_inner).words(elapsed);
            let _ = out.write_str(&activity(&name, elapsed, &words, room()));
        };
        if let Ok(style) = ProgressStyle::with_template("{line}") {
            bar.set_style(style.with_key("line", line));
        }
        if is_line {
            bar.enable_steady_tick(REDRAW_EVERY);
        }
        Self { console, bar, way, what: what.to_owned(), begin, next: begin + way.every(), state }
    }

    /// Says what is being done, where nobody can say how far it is.
    pub(super) fn begin(&self, what: &str) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).words = what.to_owned();
    }

    /// Says how far it is. May be called often.
    pub(super) fn at(&mut self, how_far: impl FnOnce() -> String) {
        self.tell(None, how_far);
    }

    /// Says how far it is, and what share of the whole that is, 0 to 1. May be called often.
    pub(super) fn at_share(&mut self, share: f64, how_far: impl FnOnce() -> String) {
        self.tell(Some(share), how_far);
    }

    fn tell(&mut self, share: Option<f64>, how_far: impl FnOnce() -> String) {
        let now = Instant::now();
        if now < self.next || self.way == Way::None {
            return;
        }
        self.next = now + self.way.every();
        let elapsed = now.saturating_duration_since(self.begin);
        let words = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.words = how_far();
            share.into_iter().for_each(|share| state.pace.part(0, share, elapsed));
            state.words(elapsed)
        };
        if self.way == Way::Log {
            self.console.say(&format!("{:>8} {words}", self.what));
        }
    }
}

impl Drop for Activity<'_> {
    fn drop(&mut self) {
        self.console.remove(&self.bar);
    }
}
