//! Tables that fit a width: columns that do not are put into a further table below, after the first column
//! again. No cell is cut or wrapped. Columns of words stand on the left, those of figures on the right.

use comfy_table::{CellAlignment, Table, presets};

/// Blanks around the content of a cell.
const PADDING: usize = 2;

/// A table for whoever has no report: the first column is text, the others hold figures.
#[must_use]
pub fn table(header: &[&str], rows: &[Vec<String>], width: u16) -> String {
    Grid { header, rows, first: CellAlignment::Left }.render(width)
}

/// Without the columns of which nothing is known in any row.
pub(in crate::report) fn known<'h>(
    header: &[&'h str],
    rows: &[Vec<String>],
) -> (Vec<&'h str>, Vec<Vec<String>>) {
    let is_known =
        |column: usize| column == 0 || rows.iter().filter_map(|row| row.get(column)).any(|cell| cell != "-");
    let kept: Vec<usize> = (0..header.len()).filter(|column| is_known(*column)).collect();
    let row = |row: &Vec<String>| kept.iter().filter_map(|column| row.get(*column).cloned()).collect();
    (kept.iter().filter_map(|column| header.get(*column).copied()).collect(), rows.iter().map(row).collect())
}

/// A table of text; every row is as long as the header.
pub(in crate::report) struct Grid<'a> {
    pub(in crate::report) header: &'a [&'a str],
    pub(in crate::report) rows: &'a [Vec<String>],
    /// Alignment of the first column.
    pub(in crate::report) first: CellAlignment,
}

impl Grid<'_> {
    /// Lines of the table, or of several.
    pub(in crate::report) fn render(&self, width: u16) -> String {
        let parts = self.split(usize::from(width));
        let tables: Vec<String> = parts.iter().map(|columns| self.table(columns)).collect();
        tables.join("\n\n")
    }

    /// Columns of each table.
    fn split(&self, width: usize) -> Vec<Vec<usize>> {
        let widths: Vec<usize> = (0..self.header.len()).map(|column| self.width_of(column)).collect();
        let mut parts: Vec<Vec<usize>> = Vec::new();
        let mut used = 0;
        for column in 1..widths.len() {
            match parts.last_mut() {
                Some(part) if used + widths[column] <= width => part.push(column),
                _ => {
                    parts.push(vec![0, column]);
                    used = widths[0];
                }
            }
            used += widths[column];
        }
        parts
    }

    fn width_of(&self, column: usize) -> usize {
        let cells = self.rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        let header = self.header[column].chars().count();
        cells.max().unwrap_or(0).max(header) + PADDING
    }

    /// Words to the left, figures to the right, and likewise a column of which nothing is known.
    fn alignment(&self, column: usize) -> CellAlignment {
        let cells = || self.rows.iter().filter_map(|row| row.get(column)).map(String::as_str);
        let is_figure = |cell: &str| {
            cell.trim_start_matches(['+', '-', '<', '~']).starts_with(|c: char| c.is_ascii_digit())
        };
        let is_word = |cell: &str| cell.starts_with(|c: char| c.is_alphabetic());
        match cells().any(is_word) && !cells().any(is_figure) {
            true => CellAlignment::Left,
            false => CellAlignment::Right,
        }
    }

    fn table(&self, columns: &[usize]) -> String {
        let mut table = Table::new();
        table.load_style(presets::NOTHING).force_no_tty();
        table.set_header(columns.iter().map(|column| self.header[*column]));
        for row in self.rows {
            table.add_row(columns.iter().filter_map(|column| row.get(*column)));
        }
        for (place, column) in table.column_iter_mut().enumerate() {
            column.set_cell_alignment(if place == 0 { self.first } else { self.alignment(columns[place]) });
        }
        let text = table.to_string();
        text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_that_do_not_fit_go_into_a_second_table() {
        let rows = [vec!["default".to_owned(), "1.0 MiB".to_owned(), "2.0 s".to_owned()]];
        let grid = Grid { header: &["variant", "size", "build"], rows: &rows, first: CellAlignment::Left };
        assert_eq!(grid.render(80), " variant     size  build\n default  1.0 MiB  2.0 s");
        assert_eq!(
            grid.render(20),
            " variant     size\n default  1.0 MiB\n\n variant  build\n default  2.0 s"
        );
    }

    #[test]
    fn words_stand_on_the_left_and_figures_on_the_right_of_their_columns() {
        let row = |cells: [&str; 4]| cells.map(str::to_owned).to_vec();
        let rows = [row(["a", "none", "-", "+1.5 %"]), row(["b", "DWARF", "-", "FAILED"])];
        let grid =
            Grid { header: &["x", "debug", "gone", "change"], rows: &rows, first: CellAlignment::Left };
        let expected = " x  debug  gone  change\n a  none      -  +1.5 %\n b  DWARF     -  FAILED";
        assert_eq!(grid.render(80), expected);
    }

    #[test]
    fn a_column_of_which_nothing_is_known_is_left_out_and_the_first_never_is() {
        let rows = [["-", "-", "1"], ["-", "-", "-"]].map(|row| row.map(str::to_owned).to_vec());
        let (header, rows) = known(&["run", "natural", "step"], &rows);
        assert_eq!((header, rows[0].join(" ")), (vec!["run", "step"], "- 1".to_owned()));
    }

    #[test]
    fn a_width_too_small_for_anything_still_shows_everything() {
        let rows = [vec!["a".to_owned(), "b".to_owned()]];
        let grid = Grid { header: &["x", "y"], rows: &rows, first: CellAlignment::Right };
        assert_eq!(grid.render(0), " x  y\n a  b");
    }
}
