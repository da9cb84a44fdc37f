//! What is wrong with a scenario file, and where: values first, text by a pure function.
//!
//! Must not print or colour; the cli does.

use std::fmt;
use std::ops::Range;

use camino::Utf8PathBuf;

/// One thing wrong with the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Bytes of the text it is about.
    pub span: Range<usize>,
    /// What is wrong, a lower-case fragment.
    pub message: String,
    /// What to write instead, when that is known.
    pub help: Option<String>,
}

impl Diagnostic {
    /// Without help.
    pub(super) fn new(span: Range<usize>, message: impl Into<String>) -> Self {
        Self { span, message: message.into(), help: None }
    }

    /// With help.
    pub(super) fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }
}

/// Line and column, both from 1; the column counts characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Line.
    pub line: usize,
    /// Column.
    pub column: usize,
}

/// A refused file with everything that is wrong with it, in the order of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// The file, as it was named by the caller.
    pub path: Utf8PathBuf,
    /// Its text.
    pub text: String,
    /// At least one.
    pub diagnostics: Vec<Diagnostic>,
}

impl Rejected {
    pub(super) fn new(
        path: impl Into<Utf8PathBuf>,
        text: impl Into<String>,
        mut diagnostics: Vec<Diagnostic>,
    ) -> Self {
        diagnostics.sort_by(|a, b| (a.span.start, &a.message).cmp(&(b.span.start, &b.message)));
        diagnostics.dedup();
        Self { path: path.into(), text: text.into(), diagnostics }
    }

    /// Where `diagnostic` begins.
    #[must_use]
    pub fn position(&self, diagnostic: &Diagnostic) -> Position {
        let before = self.before(diagnostic.span.start);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Position { line: before.matches('\n').count() + 1, column: before[line_start..].chars().count() + 1 }
    }

    /// The text up to `at`, or to the character boundary before it.
    fn before(&self, at: usize) -> &str {
        let at = at.min(self.text.len());
        let boundary = (0..=at).rev().find(|at| self.text.is_char_boundary(*at)).unwrap_or(0);
        &self.text[..boundary]
    }

    fn excerpt(&self, diagnostic: &Diagnostic, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let before = self.before(diagnostic.span.start);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = self.text[line_start..].lines().next().unwrap_or_default();
        let number = self.position(diagnostic).line.to_string();
        let margin = " ".repeat(number.len());
        // Tabs stay, so that the caret stands under its column however wide they are shown.
        let indent: String =
            before[line_start..].chars().map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
        let marked = self.before(diagnostic.span.end.min(line_start + line.len()));
        let width = marked.get(before.len()..).map_or(0, |text| text.chars().count()).max(1);
        writeln!(f, " {margin} |")?;
        writeln!(f, " {number} | {line}")?;
        writeln!(f, " {margin} | {indent}{}", "^".repeat(width))?;
        match &diagnostic.help {
            Some(help) => writeln!(f, " {margin} = help: {help}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for diagnostic in &self.diagnostics {
            let Position { line, column } = self.position(diagnostic);
            writeln!(f, "{}:{line}:{column}: {}", self.path, diagnostic.message)?;
            self.excerpt(diagnostic, f)?;
            writeln!(f)?;
        }
        let n = self.diagnostics.len();
        write!(f, "{n} {} in `{}`", if n == 1 { "error" } else { "errors" }, self.path)
    }
}

/// `did you mean …?` for the nearest of `known`, if one is near enough to be a slip.
pub(super) fn did_you_mean<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(given, known).map(|name| format!("did you mean `{name}`?"))
}

/// The nearest of `known`, if it is near enough to be a slip of the pen.
pub(super) fn nearest<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let folded = given.to_lowercase().replace('-', "_");
    known
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(&folded, &name.to_lowercase().replace('-', "_")), name))
        .filter(|(distance, name)| *distance <= (name.len().max(given.len()) / 3).max(1))
        .min()
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn caret_stands_under_the_column_after_tabs_and_wide_text() {
        let text = "a = 1\n\té = \"ü\" # end\n";
        let start = text.find("\"ü\"").expect("there");
        let rejected =
            Rejected::new("x.toml", text, vec![Diagnostic::new(start..start + 4, "wrong").help("say b")]);
        let expected = "x.toml:2:6: wrong\n   |\n 2 | \té = \"ü\" # end\n   | \t    ^^^\n   = help: say b\n\n\
                        1 error in `x.toml`";
        assert_eq!(rejected.to_string(), expected);
    }

    #[test]
    fn span_beyond_the_text_or_within_a_character_is_shown_all_the_same() {
        for span in [0..0, 1..2, 2..900, 900..901] {
            let rejected = Rejected::new("x", "é\nb", vec![Diagnostic::new(span, "m")]);
            assert!(rejected.to_string().contains("x:"), "{rejected}");
        }
    }

    #[test]
    fn suggestion_is_made_for_slips_only() {
        let known = ["trimpath", "tags", "race"];
        assert_eq!(nearest("trimpth", known), Some("trimpath"));
        assert_eq!(nearest("trim-path", known), Some("trimpath"));
        assert_eq!(nearest("tag", known), Some("tags"));
        assert_eq!(nearest("gadget", known), None);
    }
}
