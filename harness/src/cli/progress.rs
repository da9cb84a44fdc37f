//! Progress over a number of steps: a live line with the time that is left on a terminal, a line per step in a log.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use super::console::Console;
use super::pace::Pace;

/// The line, and the line with another below it.
const ONE_LINE: &str = "{prefix:>8} [{bar:16}] {pos}/{len} {elapsed}{left}  {wide_msg}";
const TWO_LINES: &str = "{prefix:>8} [{bar:16}] {pos}/{len} {elapsed}{left}  {step}\n         {wide_msg}";

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
    done: usize,
    clock: Clock,
    /// What the step is called, where a line below tells how it goes.
    step: Option<Arc<Mutex<String>>>,
}

/// What the line tells the time by.
#[derive(Debug, Clone)]
struct Clock {
    begin: Instant,
    pace: Arc<Mutex<Pace>>,
}

impl Clock {
    fn end(&self, nth: usize) {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner).end(nth, self.begin.elapsed());
    }

    fn words(&self) -> String {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner).words(self.begin.elapsed())
    }
}

impl<'c> Progress<'c> {
    /// One that is `live`, or one for a log.
    pub(super) fn new(console: &'c Console, what: &str, (total, pace): (usize, Pace), live: bool) -> Self {
        let bar = ProgressBar::new(total as u64);
        bar.set_draw_target(if live { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() });
        let clock = Clock { begin: Instant::now(), pace: Arc::new(Mutex::new(pace)) };
        let told = clock.clone();
        let left = move |_: &ProgressState, line: &mut dyn std::fmt::Write| {
            let _ = line.write_str(&told.words());
        };
        if let Ok(style) = ProgressStyle::with_template(ONE_LINE) {
            bar.set_style(style.with_key("left", left).progress_chars("=> "));
        }
        bar.set_prefix(what.to_owned());
        if live {
            bar.enable_steady_tick(REDRAW_EVERY);
        }
        Self { console, bar, live, what: what.to_owned(), total, done: 0, clock, step: None }
    }

    /// With a second line on a terminal, for somebody who says how a step goes.
    pub(super) fn with_details(mut self) -> Self {
        let step = Arc::new(Mutex::new(String::new()));
        let (told, shown) = (self.clock.clone(), Arc::clone(&step));
        let left = move |_: &ProgressState, line: &mut dyn std::fmt::Write| {
            let _ = line.write_str(&told.words());
        };
        let name = move |_: &ProgressState, line: &mut dyn std::fmt::Write| {
            let _ = line.write_str(&shown.lock().unwrap_or_else(PoisonError::into_inner));
        };
        if let Ok(style) = ProgressStyle::with_template(TWO_LINES) {
            self.bar.set_style(style.with_key("left", left).with_key("step", name).progress_chars("=> "));
        }
        self.step = self.live.then_some(step);
        self
    }

    /// The second line; nothing without a terminal.
    pub(super) fn details(&self) -> Option<ProgressBar> {
        self.step.as_ref().map(|_| self.bar.clone())
    }

    pub(super) fn begin(&self, step: &str) {
        let Some(name) = &self.step else { return self.bar.set_message(step.to_owned()) };
        step.clone_into(&mut name.lock().unwrap_or_else(PoisonError::into_inner));
        self.bar.set_message("");
    }

    /// The end of the `nth` step, which is not worth a line in a log. May come from several threads.
    pub(super) fn tick(&self, nth: usize, step: &str) {
        self.clock.end(nth);
        self.bar.set_message(step.to_owned());
        self.bar.inc(1);
    }

    /// The end of the next step.
    pub(super) fn end(&mut self, step: &str) {
        self.clock.end(self.done);
        self.done += 1;
        self.bar.inc(1);
        if !self.live {
            self.console.say(&format!("{:>8} [{}/{}] {step}", self.what, self.done, self.total));
        }
    }
}

impl Drop for Progress<'_> {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
