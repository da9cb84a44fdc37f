//! The one place that prints. Standard output is the report or data, standard error is progress and messages.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::args::{Color, Output};
use super::error::CliError;
use super::pace::Pace;
use super::progress::Progress;
use crate::report::{Look, clean_lines, in_ascii, wrapped};
use crate::toolchain::Environment;

/// Columns when nobody tells: enough for the tables, as in a CI log.
const DEFAULT_WIDTH: u16 = 110;

/// Between two changes of a line on a terminal.
const REDRAW_EVERY: Duration = Duration::from_millis(200);
/// Between two lines of progress in a log.
const LOG_EVERY: Duration = Duration::from_secs(5);

/// Standard output and error.
#[derive(Debug)]
pub struct Console {
    output: Output,
    no_color: bool,
    /// More than ASCII can be shown.
    has_unicode: bool,
}

impl Console {
    pub(super) fn new(output: Output, environment: &Environment) -> Self {
        // no-color.org: an empty value is no wish.
        let asked = environment.get("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = environment.get("TERM").is_some_and(|terminal| terminal == "dumb");
        // As setlocale(3) looks: the first that is set decides.
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| {
            environment.get(name).filter(|value| !value.is_empty()).map(str::to_ascii_lowercase)
        });
        let is_utf8 = locale.is_some_and(|name| name.contains("utf-8") || name.contains("utf8"));
        Self { output, no_color: asked || dumb, has_unicode: is_utf8 && !dumb }
    }

    pub(super) fn look(&self) -> Look {
        let color = match self.output.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => io::stdout().is_terminal() && !self.no_color,
        };
        let width = console_width().unwrap_or(DEFAULT_WIDTH).max(60);
        Look { width, color, verbose: self.output.verbose }
    }

    /// Somebody looks at standard output as it comes.
    pub(super) fn is_terminal(&self) -> bool {
        io::stdout().is_terminal()
    }

    /// A report with no line wider than the terminal, if there is one, and with nothing that it cannot show.
    pub(super) fn fitted(&self, text: String) -> String {
        let text = if self.has_unicode { text } else { in_ascii(&text) };
        console_width().map_or_else(|| text.clone(), |width| wrapped(&text, width))
    }

    /// Prints data. A reader that has gone away (`| head`) is no error of ours.
    pub(super) fn print(&self, text: &str) -> Result<(), CliError> {
        let mut out = io::stdout().lock();
        match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(CliError::Output(error)),
            _ => Ok(()),
        }
    }

    /// Prints a part of a long output. False when the reader has gone away and more is of no use.
    pub(super) fn stream(&self, part: &[u8]) -> Result<bool, CliError> {
        match io::stdout().lock().write_all(part) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
            Err(error) => Err(CliError::Output(error)),
        }
    }

    /// Prints a message, unless the user wants none.
    pub(super) fn say(&self, text: &str) {
        if !self.output.quiet {
            complain(text);
        }
    }

    /// A message for those who want to know everything.
    pub(super) fn mention(&self, text: &str) {
        if self.output.verbose {
            complain(text);
        }
    }

    /// A long step after which something is printed.
    pub(super) fn activity(&self, what: &str) -> Activity<'_> {
        let way = if io::stderr().is_terminal() { Way::Line } else { Way::Log };
        Activity::new(self, what, if self.output.quiet { Way::None } else { way })
    }

    /// A long step that prints all the time. Data that scrolls by on a terminal is progress enough, and would be torn
    /// by a line of it.
    pub(super) fn activity_beside_data(&self, what: &str) -> Activity<'_> {
        if io::stdout().is_terminal() { Activity::new(self, what, Way::None) } else { self.activity(what) }
    }

    /// Progress over `total` steps.
    pub(super) fn progress(&self, total: usize, what: &str) -> Progress<'_> {
        self.paced_progress((total, Pace::even(total)), what)
    }

    /// Progress over steps of whose lengths something is known.
    pub(super) fn paced_progress(&self, steps: (usize, Pace), what: &str) -> Progress<'_> {
        let live = io::stderr().is_terminal() && !self.output.quiet;
        Progress::new(self, what, steps, live)
    }
}

/// Writes to standard error; there is nobody to tell if that fails. Names in messages may come from a program or a
/// capture of somebody else's.
pub(super) fn complain(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", clean_lines(text));
}

fn console_width() -> Option<u16> {
    let size = rustix::termios::tcgetwinsize(io::stdout()).ok()?;
    (size.ws_col > 0).then_some(size.ws_col)
}

/// A long step of unknown length: a live line on a terminal; in a log a line now and then, none if it is short.
#[derive(Debug)]
pub(super) struct Activity<'c> {
    console: &'c Console,
    bar: ProgressBar,
    way: Way,
    what: String,
    /// When to say something again.
    next: Instant,
}

/// How an activity shows itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
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
    fn new(console: &'c Console, what: &str, way: Way) -> Self {
        let is_line = way == Way::Line;
        let target = if is_line { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(None, target);
        if let Ok(style) = ProgressStyle::with_template("{prefix:>8} {spinner} {elapsed} {wide_msg}") {
            bar.set_style(style.tick_chars("|/-\\ "));
        }
        bar.set_prefix(what.to_owned());
        if is_line {
            bar.enable_steady_tick(REDRAW_EVERY);
        }
        Self { console, bar, way, what: what.to_owned(), next: Instant::now() + way.every() }
    }

    /// Says how far it is. May be called often.
    pub(super) fn at(&mut self, how_far: impl FnOnce() -> String) {
        let now = Instant::now();
        if now < self.next {
            return;
        }
        match self.way {
            Way::Line => self.bar.set_message(how_far()),
            Way::Log => self.console.say(&format!("{:>8} {}", self.what, how_far())),
            Way::None => {}
        }
        self.next = now + self.way.every();
    }
}

impl Drop for Activity<'_> {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
