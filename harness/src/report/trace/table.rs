//! Lists of figures with a place in the program behind them. Figures are columns; the text after them is never cut:
//! where it does not fit it goes below its figures.

use std::fmt::Write as _;

use crate::report::Look;
use crate::report::terminal::text;

/// Blanks before a text that goes below its figures, or explains the row.
const INDENT: usize = 6;

/// A list.
#[derive(Debug, Default)]
pub(in crate::report) struct Table {
    header: Vec<&'static str>,
    rows: Vec<Row>,
}

/// A row: figures, what they are of, and more about it on lines below.
#[derive(Debug, Default)]
pub(in crate::report) struct Row {
    pub(in crate::report) figures: Vec<String>,
    pub(in crate::report) text: String,
    pub(in crate::report) details: Vec<String>,
}

impl Table {
    /// Names of the figures, and last of the text.
    pub(in crate::report) fn new<const N: usize>(header: [&'static str; N]) -> Self {
        Self { header: header.to_vec(), rows: Vec::new() }
    }

    pub(in crate::report) fn row<const N: usize>(&mut self, figures: [String; N], text: String) -> &mut Row {
        self.rows.push(Row { figures: figures.to_vec(), text, details: Vec::new() });
        let last = self.rows.len() - 1;
        &mut self.rows[last]
    }

    pub(in crate::report) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Appends the list to `out`.
    pub(in crate::report) fn write(&self, out: &mut String, look: &Look) {
        if self.rows.is_empty() {
            return;
        }
        let n_figures = self.header.len().saturating_sub(1);
        let widths: Vec<usize> = (0..n_figures).map(|column| self.width(column)).collect();
        let used: usize = widths.iter().map(|width| width + 2).sum();
        let room = usize::from(look.width).saturating_sub(used + 2);
        let header: Vec<String> = self.header.iter().map(|&name| name.to_owned()).collect();
        let (names, last) = header.split_at(n_figures);
        let _ = writeln!(out, "{}", look.faint((figures(names, &widths) + "  " + &last.concat()).trim_end()));
        // All details stand in the same column, so that they can be read down.
        let fits = |text: &String| text.chars().count() <= room;
        let beside = self.rows.iter().all(|row| fits(&row.text) && row.details.iter().all(fits));
        let below = if beside { used + 2 } else { INDENT };
        for row in &self.rows {
            let columns = figures(&row.figures, &widths);
            let (first, rest) =
                if fits(&row.text) { (row.text.as_str(), "") } else { ("", row.text.as_str()) };
            let _ = writeln!(out, "{}", format!("{columns}  {first}").trim_end());
            self::below(out, rest, INDENT, look, |line| line.to_owned());
            for detail in &row.details {
                self::below(out, detail, below, look, |line| look.faint(line));
            }
        }
    }

    fn width(&self, column: usize) -> usize {
        let cells = self.rows.iter().filter_map(|row| row.figures.get(column));
        let widest = cells.map(|cell| cell.chars().count()).max().unwrap_or(0);
        widest.max(self.header[column].chars().count())
    }
}

/// Lines of a text below its row, those that go on indented more.
fn below(out: &mut String, text: &str, indent: usize, look: &Look, paint: impl Fn(&str) -> String) {
    let width = usize::from(look.width).saturating_sub(indent + 2);
    for (number, line) in text::wrap(text, width).iter().enumerate() {
        let indent = indent + if number > 0 { 2 } else { 0 };
        let _ = writeln!(out, "{:indent$}{}", "", paint(line));
    }
}

fn figures(cells: &[String], widths: &[usize]) -> String {
    cells.iter().zip(widths).map(|(cell, &width)| format!("  {cell:>width$}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOOK: Look = Look { width: 40, color: false, verbose: false };

    #[test]
    fn figures_are_columns_and_the_text_follows_them() {
        let mut table = Table::new(["n", "total", "where"]);
        table.row(["1".into(), "10 ms".into()], "main.f".into());
        table.row(["200".into(), "5 ms".into()], "main.g".into()).details.push("by main.h".into());
        let mut out = String::new();
        table.write(&mut out, &LOOK);
        assert_eq!(
            out,
            "    n  total  where\n    1  10 ms  main.f\n  200   5 ms  main.g\n              by main.h\n"
        );
    }

    #[test]
    fn a_text_too_long_for_the_line_goes_below_it_whole() {
        let mut table = Table::new(["n", "where"]);
        let long = "example.com/very/long/path.(*Type).Method";
        table.row(["1".into()], long.into());
        let mut out = String::new();
        table.write(&mut out, &LOOK);
        assert_eq!(out, format!("  n  where\n  1\n      {long}\n"));
    }

    #[test]
    fn an_empty_list_has_no_header() {
        let mut out = String::new();
        Table::new(["n", "where"]).write(&mut out, &LOOK);
        assert_eq!(out, "");
    }
}
