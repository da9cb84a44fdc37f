//! Progress over a number of steps: a live line with the time that is left on a terminal, a line per step in a log.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressState, ProgressStyle};

use super::console::Console;
use super::line::{Detail, Line, details};
use super::lines::room;
use super::pace::Pace;

/// Between two changes of the line.
const REDRAW_EVERY: Duration = Duration::from_millis(200);

/// Progress over steps.
#[derive(Debug)]
pub(super) struct Progress<'c> {
    console: &'c Console,
    bar: ProgressBar,
    live: bool,
    what: String,
    total: usize,
    begin: Instant,
    shown: Shown,
}

/// What the line shows. Whoever has it may say how a step goes.
#[derive(Debug, Clone)]
pub(super) struct Shown(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    pace: Pace,
    done: usize,
    /// What is under way.
    steps: Vec<String>,
    details: Vec<Detail>,
}

impl Shown {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How the step goes, for a second line.
    pub(super) fn tell(&self, details: Vec<Detail>) {
        self.lock().details = details;
    }

    fn line(&self, what: &str, total: usize, elapsed: Duration) -> String {
        let state = self.lock();
        let (share, left) = (state.pace.share(), state.pace.left(elapsed));
        let step = state.steps.join(", ");
        let line = Line { what, steps: (state.done, total), share, elapsed, left, step: &step };
        let columns = room();
        match state.details.as_slice() {
            [] => line.fitted(columns),
            told => format!("{}\n{}", line.fitted(columns), details(told, columns)),
        }
    }
}

impl<'c> Progress<'c> {
    /// One that is `live`, or one for a log.
    pub(super) fn new(console: &'c Console, what: &str, (total, pace): (usize, Pace), live: bool) -> Self {
        let state = State { pace, done: 0, steps: Vec::new(), details: Vec::new() };
        let shown = Shown(Arc::new(Mutex::new(state)));
        let begin = Instant::now();
        let bar = if live { console.bar() } else { ProgressBar::hidden() };
        let (told, name) = (shown.clone(), what.to_owned());
        let line = move |_: &ProgressState, out: &mut dyn std::fmt::Write| {
            let _ = out.write_str(&told.line(&name, total, begin.elapsed()));
        };
        if let Ok(style) = ProgressStyle::with_template("{line}") {
            bar.set_style(style.with_key("line", line));
        }
        if live {
            bar.enable_steady_tick(REDRAW_EVERY);
        }
        Self { console, bar, live, what: what.to_owned(), total, begin, shown }
    }

    /// What is shown, for somebody who says how a step goes; nothing without a terminal.
    pub(super) fn shown(&self) -> Option<Shown> {
        self.live.then(|| self.shown.clone())
    }

    /// The begin of the next step, after all others.
    pub(super) fn begin(&self, step: &str) {
        let mut state = self.shown.lock();
        state.steps = vec![step.to_owned()];
        state.details.clear();
    }

    /// The begin of a step beside others. May come from several threads.
    pub(super) fn begin_beside(&self, step: &str) {
        self.shown.lock().steps.push(step.to_owned());
    }

    /// The end of a step that began beside others.
    pub(super) fn end_beside(&self, step: &str) {
        self.shown.lock().steps.retain(|under_way| under_way != step);
    }

    /// Of the `nth` step this share is done, 0 to 1. May come from several threads.
    pub(super) fn part(&self, nth: usize, share: f64) {
        self.shown.lock().pace.part(nth, share, self.begin.elapsed());
    }

    /// The end of the `nth` step, which is not worth a line in a log. May come from several threads.
    pub(super) fn tick(&self, nth: usize) {
        let mut state = self.shown.lock();
        state.pace.end(nth, self.begin.elapsed());
        state.done += 1;
    }

    /// The end of the next step.
    pub(super) fn end(&self, step: &str) {
        let nth = self.shown.lock().done;
        self.tick(nth);
        if !self.live {
            self.console.say(&format!("{:>8} [{}/{}] {step}", self.what, nth + 1, self.total));
        }
    }
}

impl Drop for Progress<'_> {
    fn drop(&mut self) {
        self.console.remove(&self.bar);
    }
}
