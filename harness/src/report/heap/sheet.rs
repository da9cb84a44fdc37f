//! The text as it grows.

use std::fmt::Write as _;

use crate::report::Look;
use crate::report::terminal::text;
use crate::report::trace::table::Table;

pub(super) struct Sheet<'l> {
    out: String,
    pub(super) look: &'l Look,
    /// Rows of each list.
    pub(super) rows: usize,
    /// All parts, with hints to the options that show more.
    pub(super) is_page: bool,
}

impl<'l> Sheet<'l> {
    pub(super) fn new(look: &'l Look, rows: usize, is_page: bool) -> Self {
        Self { out: String::new(), look, rows, is_page }
    }

    pub(super) fn finish(self) -> String {
        self.out
    }

    /// The first line.
    pub(super) fn title(&mut self, title: &str) {
        let _ = writeln!(self.out, "{}", self.look.heading(&text::clean(title)));
    }

    /// A blank line and a heading; `flag` is the option that shows more of it.
    pub(super) fn heading(&mut self, title: &str, flag: &str) {
        let hint = match self.is_page && !flag.is_empty() {
            true => format!("  {}", self.look.faint(&format!("({flag} shows more)"))),
            false => String::new(),
        };
        let _ = writeln!(self.out, "\n{}{hint}", self.look.heading(title));
    }

    pub(super) fn line(&mut self, line: &str) {
        self.indented(2, line, |line| line.to_owned());
    }

    pub(super) fn faint(&mut self, line: &str) {
        let look = self.look;
        self.indented(2, line, |line| look.faint(line));
    }

    pub(super) fn warning(&mut self, line: &str) {
        self.indented(2, &format!("! {line}"), |line| line.to_owned());
    }

    /// Lines of a text with so many blanks before, and two more from the second on.
    pub(super) fn indented(&mut self, indent: usize, line: &str, paint: impl Fn(&str) -> String) {
        if line.is_empty() {
            self.out.push('\n');
            return;
        }
        let width = usize::from(self.look.width).saturating_sub(indent + 2);
        for (number, line) in text::wrap(&text::clean(line), width).iter().enumerate() {
            let indent = indent + if number > 0 { 2 } else { 0 };
            let _ = writeln!(self.out, "{:indent$}{}", "", paint(line));
        }
    }

    /// A line that is not broken.
    pub(super) fn raw(&mut self, line: &str) {
        let _ = writeln!(self.out, "{}", line.trim_end());
    }

    /// The list, and how many rows of `total` it does not show.
    pub(super) fn table(&mut self, table: &Table, total: usize) {
        table.write(&mut self.out, self.look);
        self.more(total);
    }

    pub(super) fn more(&mut self, total: usize) {
        if total > self.rows {
            self.faint(&format!("… {} more, --top N shows N of {total}", total - self.rows));
        }
    }
}
