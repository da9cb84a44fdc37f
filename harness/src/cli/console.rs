//! The one place that prints. Standard output is the report or data, standard error is progress and messages.

use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget};

use super::activity::{Activity, Way};
use super::args::{Color, Output};
use super::error::CliError;
use super::lines::Stderr;
use super::pace::Pace;
use super::progress::Progress;
use crate::report::{Look, clean_lines, in_ascii, wrapped};
use crate::toolchain::Environment;

/// Columns when nobody tells: enough for the tables, as in a CI log.
const DEFAULT_WIDTH: u16 = 110;

/// How often a second lines of progress are drawn, at most.
const DRAWS: u8 = 20;

/// Standard output and error.
#[derive(Debug)]
pub struct Console {
    output: Output,
    no_color: bool,
    /// More than ASCII can be shown.
    has_unicode: bool,
    /// Standard error is a terminal on which a line can be written again.
    is_live: bool,
    /// Lines of progress, one below the other. What else is written goes above them.
    lines: MultiProgress,
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
        // A dumb terminal cannot go back to the beginning of a line.
        let is_live = io::stderr().is_terminal() && !dumb;
        let target = match is_live && !output.quiet {
            true => ProgressDrawTarget::term_like_with_hz(Box::new(Stderr::default()), DRAWS),
            false => ProgressDrawTarget::hidden(),
        };
        let lines = MultiProgress::with_draw_target(target);
        Self { output, no_color: asked || dumb, has_unicode: is_utf8 && !dumb, is_live, lines }
    }

    pub(super) fn look(&self) -> Look {
        let color = match self.output.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => io::stdout().is_terminal() && !self.no_color,
        };
        let width = width(io::stdout()).unwrap_or(DEFAULT_WIDTH).max(60);
        Look { width, color, verbose: self.output.verbose }
    }

    /// Somebody looks at standard output as it comes.
    pub(super) fn is_terminal(&self) -> bool {
        io::stdout().is_terminal()
    }

    /// Columns of standard output, where it is a terminal.
    pub(super) fn width(&self) -> Option<u16> {
        width(io::stdout())
    }

    /// A report with no line wider than the terminal, if there is one, and with nothing that it cannot show.
    pub(super) fn fitted(&self, text: String) -> String {
        let text = if self.has_unicode { text } else { in_ascii(&text) };
        self.width().map_or_else(|| text.clone(), |width| wrapped(&text, width))
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
            self.lines.suspend(|| complain(text));
        }
    }

    /// A message for those who want to know everything.
    pub(super) fn mention(&self, text: &str) {
        if self.output.verbose {
            self.lines.suspend(|| complain(text));
        }
    }

    /// A long step after which something is printed.
    pub(super) fn activity(&self, what: &str) -> Activity<'_> {
        let way = if self.is_live { Way::Line } else { Way::Log };
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
        Progress::new(self, what, steps, self.is_live && !self.output.quiet)
    }

    /// A line of progress, below those that there are.
    pub(super) fn bar(&self) -> ProgressBar {
        self.lines.add(ProgressBar::no_length())
    }

    /// Takes a line away, and whatever it left on the terminal.
    pub(super) fn remove(&self, bar: &ProgressBar) {
        bar.finish_and_clear();
        self.lines.remove(bar);
    }
}

/// Writes to standard error; there is nobody to tell if that fails. Names in messages may come from a program or a
/// capture of somebody else's.
pub(super) fn complain(text: &str) {
    let text = clean_lines(text);
    let text = width(io::stderr()).map_or_else(|| format!("{text}\n"), |width| wrapped(&text, width));
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// Columns of a terminal; nothing of all else.
fn width(of: impl AsFd) -> Option<u16> {
    let size = rustix::termios::tcgetwinsize(of).ok()?;
    (size.ws_col > 0).then_some(size.ws_col)
}
