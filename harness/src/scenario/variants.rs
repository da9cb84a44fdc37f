//! `[build]`, `[[variant]]` and `[matrix]` -> the list of variants, each with where it came from.
//!
//! Variants stand in the order of the text, then the matrix' combinations, then its `include`.

use super::diagnostic::Diagnostic;
use super::document::Document;
use super::file::ScenarioFile;
use super::keys::{BuildKeys, Matrix};

/// Most variants of one scenario: more is a slip in a matrix rather than a wish.
const MAX_VARIANTS: usize = 256;
/// Longest name made from a combination, in bytes; file systems end at 255.
const MAX_NAME: usize = 100;

/// A variant before its keys are resolved.
pub(super) struct Draft {
    pub name: String,
    /// Path in the text of the table whose keys go before those of `[build]`.
    pub origin: Vec<String>,
    /// Merged with `[build]`.
    pub keys: BuildKeys,
}

impl Draft {
    /// Where `key` of this variant was given: in its own table, else in `[build]`.
    pub(super) fn key(&self, document: &Document<'_>, key: &str) -> std::ops::Range<usize> {
        let mut own: Vec<&str> = self.origin.iter().map(String::as_str).collect();
        own.push(key);
        if document.has(&own) { document.key(&own) } else { document.key(&["build", key]) }
    }
}

/// All variants of a file, and what is wrong with their names or the matrix.
pub(super) fn expand(file: &ScenarioFile, document: &Document<'_>) -> (Vec<Draft>, Vec<Diagnostic>) {
    let mut found = Vec::new();
    let mut drafts: Vec<Draft> = file
        .variant
        .iter()
        .enumerate()
        .map(|(index, variant)| Draft {
            name: variant.name.clone(),
            origin: vec!["variant".into(), index.to_string(), "build".into()],
            keys: variant.build.over(&file.build),
        })
        .collect();
    check_written_names(&drafts, document, &mut found);
    if let Some(matrix) = &file.matrix {
        drafts.extend(combinations(matrix, &file.build, document, &mut found));
    }
    if drafts.is_empty() && found.is_empty() {
        let keys = file.build.clone();
        drafts.push(Draft { name: "default".to_owned(), origin: vec!["build".into()], keys });
    }
    check_unique(&drafts, document, &mut found);
    (drafts, found)
}

fn combinations(
    matrix: &Matrix,
    base: &BuildKeys,
    document: &Document<'_>,
    found: &mut Vec<Diagnostic>,
) -> Vec<Draft> {
    let axes = matrix.axes();
    for (key, _) in axes.iter().filter(|(_, values)| *values == 0) {
        found.push(
            Diagnostic::new(document.value(&["matrix", key]), format!("axis `{key}` has no value"))
                .help("an axis without a value leaves no combination: drop it or give it one"),
        );
    }
    let size = axes.iter().try_fold(1_usize, |size, (_, values)| size.checked_mul(*values));
    if size.is_none_or(|size| size > MAX_VARIANTS) {
        let message = format!("the matrix has more than {MAX_VARIANTS} combinations");
        found.push(Diagnostic::new(document.key(&["matrix"]), message));
        return Vec::new();
    }
    // No axis: only what is included. The empty product would be a variant without a name.
    let mut all = if axes.is_empty() { Vec::new() } else { matrix.cross() };
    exclude(&mut all, matrix, document, found);
    let crossed = all.iter().map(|keys| (vec!["matrix".to_owned()], keys));
    let included = matrix
        .include
        .iter()
        .enumerate()
        .map(|(index, keys)| (vec!["matrix".to_owned(), "include".to_owned(), index.to_string()], keys));
    let drafts: Vec<Draft> = crossed
        .chain(included)
        .map(|(origin, keys)| Draft { name: safe_name(&keys.label()), origin, keys: keys.over(base) })
        .collect();
    if drafts.is_empty() && found.is_empty() {
        found.push(Diagnostic::new(document.key(&["matrix"]), "the matrix has no combination left"));
    }
    drafts
}

fn exclude(all: &mut Vec<BuildKeys>, matrix: &Matrix, document: &Document<'_>, found: &mut Vec<Diagnostic>) {
    let before = all.clone();
    for (index, filter) in matrix.exclude.iter().enumerate() {
        if !before.iter().any(|keys| keys.matches(filter)) {
            let span = document.value(&["matrix", "exclude", &index.to_string()]);
            found.push(
                Diagnostic::new(span, "this excludes no combination of the matrix")
                    .help("an entry must repeat values of the axes; keys that are no axes match nothing"),
            );
        }
        all.retain(|keys| !keys.matches(filter));
    }
}

fn check_written_names(drafts: &[Draft], document: &Document<'_>, found: &mut Vec<Diagnostic>) {
    for (index, draft) in drafts.iter().enumerate() {
        if !is_safe_name(&draft.name) {
            let span = document.value(&["variant", &index.to_string(), "name"]);
            found.push(unsafe_name(span, "a variant", &draft.name));
        }
    }
}

fn check_unique(drafts: &[Draft], document: &Document<'_>, found: &mut Vec<Diagnostic>) {
    for (index, draft) in drafts.iter().enumerate() {
        if drafts[..index].iter().any(|other| other.name == draft.name) {
            let span = match draft.origin.first().map(String::as_str) {
                Some("variant") => document.value(&["variant", &index.to_string(), "name"]),
                _ => document.key(&draft.origin.iter().map(String::as_str).collect::<Vec<_>>()),
            };
            found.push(Diagnostic::new(span, format!("two variants are named `{}`", draft.name)));
        }
    }
}

/// The refusal of a name that cannot be a directory.
pub(super) fn unsafe_name(span: std::ops::Range<usize>, of: &str, name: &str) -> Diagnostic {
    Diagnostic::new(span, format!("`{name}` cannot be the name of {of}"))
        .help(format!("it names a directory: up to {MAX_NAME} letters, digits and `.` `_` `-` `=` `+` `,`"))
}

/// Usable as the name of a directory everywhere, and readable in a command line.
#[must_use]
pub fn is_safe_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= MAX_NAME
        && !name.starts_with(['.', '-'])
        && name.chars().all(is_safe_char)
}

fn is_safe_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || "._-=+,".contains(c)
}

/// `label` with everything a directory's name should not have replaced by `_`; a long one is cut
/// and ends in a hash, so that it stays unique.
fn safe_name(label: &str) -> String {
    let safe: String = label.chars().map(|c| if is_safe_char(c) { c } else { '_' }).collect();
    if safe.len() <= MAX_NAME {
        return safe;
    }
    let hash = blake3::hash(label.as_bytes()).to_hex();
    format!("{}-{}", &safe[..MAX_NAME - 9], &hash[..8])
}
