//! Patterns under `[baseline]` that would silence the program itself: a gate that passes whatever leaks.
//!
//! Input: the patterns, the module's directory. Output: what to refuse. A `third_party` pattern may match no package of
//! the module; a suppression may match some function of it, which is what it is for, but not every one.

use camino::Utf8Path;

use super::diagnostic::Diagnostic;
use super::document::Document;
use super::file::BaselineFile;
use super::resolved::Suppression;
use crate::model::matches;

/// Directories in which Go sees no packages of the module.
const PASSED_OVER: [&str; 2] = ["vendor", "testdata"];
/// Levels of directories that are looked at.
const DEPTH: usize = 12;
/// Something that no pattern names.
const ANY: &str = "\u{1}";

/// The module's path, as go.mod in `dir` says it.
#[must_use]
pub fn module_name(dir: &Utf8Path) -> Option<String> {
    let text = std::fs::read_to_string(dir.join("go.mod")).ok()?;
    let mut named = text.lines().filter_map(|line| {
        let rest = line.trim_start().strip_prefix("module")?;
        rest.starts_with(char::is_whitespace).then(|| rest.split_whitespace().next()).flatten()
    });
    named.next().map(|name| name.trim_matches(['"', '`']).to_owned())
}

/// Patterns that silence the module in `dir`, each at its place.
pub(super) fn check(
    baseline: &BaselineFile,
    dir: &Utf8Path,
    document: &Document<'_>,
    found: &mut Vec<Diagnostic>,
) {
    let Some(module) = module_name(dir) else { return };
    let mut packages = Vec::new();
    if !baseline.third_party.is_empty() {
        collect(dir, &module, DEPTH, &mut packages);
    }
    for (index, pattern) in baseline.third_party.iter().enumerate() {
        let own: Vec<&String> = packages.iter().filter(|package| is_listed(pattern, package)).collect();
        let Some(first) = own.first() else { continue };
        let others = if own.len() > 1 { format!(" and {} more", own.len() - 1) } else { String::new() };
        let span = document.value(&["baseline", "third_party", &index.to_string()]);
        let message =
            format!("`{pattern}` is no third party: it matches the program's own package `{first}`{others}");
        let help = "name libraries; what your own code leaks is accepted by `harness baseline accept`, or suppressed with \
                    a reason by `[[baseline.suppress]]`";
        found.push(Diagnostic::new(span, message).help(help));
    }
    for (index, suppression) in baseline.suppress.iter().enumerate() {
        if silences(suppression, &module) {
            let span = document.value(&["baseline", "suppress", &index.to_string()]);
            let message = "this suppression matches whatever the program leaks";
            found.push(
                Diagnostic::new(span, message).help("name the function, creator or path that it is for"),
            );
        }
    }
}

/// Functions of package main are called `main.…`, whatever its import path.
fn is_listed(pattern: &str, package: &str) -> bool {
    matches(pattern, package) || matches(pattern, "main")
}

/// Whether it fits what nobody has thought of: of package main or of another one. `main.main` is on every stack of the
/// main goroutine, and a suppression looks at whole stacks.
fn silences(Suppression { function, creator, path, .. }: &Suppression, module: &str) -> bool {
    let given = [function, creator, path].into_iter().flatten().any(|pattern| !pattern.is_empty());
    let fits = |pattern: &Option<String>, all: &[String]| {
        pattern.as_ref().is_none_or(|pattern| all.iter().any(|text| matches(pattern, text)))
    };
    let main = [format!("main.{ANY}"), "main.main".to_owned()];
    let other = [format!("{module}/{ANY}.{ANY}")];
    let file = [format!("{ANY}.go"), format!("{ANY}/{ANY}.go")];
    let whole = |functions: &[String]| fits(function, functions) && fits(creator, functions);
    given && fits(path, &file) && (whole(&main) || whole(&other)) // one that names nothing is refused for that
}

/// Packages of a module by their directories, nested modules aside.
fn collect(dir: &Utf8Path, package: &str, depth: usize, packages: &mut Vec<String>) {
    let Ok(entries) = dir.read_dir_utf8() else { return };
    let mut entries: Vec<_> = entries.filter_map(Result::ok).collect();
    entries.sort_by(|a, b| a.file_name().cmp(b.file_name()));
    let is_source = |name: &str| name.ends_with(".go") && !name.ends_with("_test.go");
    if entries.iter().any(|entry| is_source(entry.file_name())) {
        packages.push(package.to_owned());
    }
    for entry in entries {
        let (name, path) = (entry.file_name(), entry.path());
        let is_dir = entry.file_type().is_ok_and(|kind| kind.is_dir()); // links are not followed, nor does Go
        let is_passed_over = name.starts_with(['.', '_']) || PASSED_OVER.contains(&name);
        if is_dir && !is_passed_over && depth > 0 && !path.join("go.mod").is_file() {
            collect(path, &format!("{package}/{name}"), depth - 1, packages);
        }
    }
}
