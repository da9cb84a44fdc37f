//! Progress over a number of steps: a live line with the time that is left on a terminal, a line per step in a log.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use super::console::Console;
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
    done: usize,
    clock: Clock,
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
        let template = "{prefix:>8} [{bar:16}] {pos}/{len} {elapsed}{left}  {wide_msg}";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.with_key("left", left).progress_chars("=> "));
        }
        bar.set_prefix(what.to_owned());
        if live {
            bar.enable_steady_tick(REDRAW_EVERY);
        }
        Self { console, bar, live, what: what.to_owned(), total, done: 0, clock }
    }

    /// The line, for somebody who says how a step goes; nothing without a terminal.
    pub(super) fn line(&self) -> Option<ProgressBar> {
        self.live.then(|| self.bar.clone())
    }

    pub(super) fn begin(&self, step: &str) {
        self.bar.set_message(step.to_owned());
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
