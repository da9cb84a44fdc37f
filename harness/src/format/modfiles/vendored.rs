//! `vendor/modules.txt`: what `go mod vendor` says it copied, and why.
//!
//! ```text
//! ## workspace                         (first line, written by `go work vendor`)
//! # PATH VERSION [=> PATH [VERSION]]   a module
//! # PATH => PATH [VERSION]             a `replace` of all versions
//! ## explicit; go 1.21                 about the module: go.mod requires it, its own `go` line
//! example.com/dep/sub                  a package of the module
//! ```

use super::Module;
use crate::format::Problem;

/// What is in the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Vendored {
    /// Written by `go work vendor`.
    pub workspace: bool,
    /// Modules, in order.
    pub modules: Vec<VendoredModule>,
    /// Replacements of modules of which no package is copied, or of all versions of one.
    pub replaces: Vec<(Module, Module)>,
}

/// A module.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VendoredModule {
    /// Its path and version.
    pub module: Module,
    /// What takes its place.
    pub replace: Option<Module>,
    /// go.mod requires it.
    pub explicit: bool,
    /// The release of its own `go` line; empty if none is said.
    pub go: String,
    /// Packages that are copied.
    pub packages: Vec<String>,
}

/// Reads the file. Lines that are none of its kinds are problems.
#[must_use]
pub fn vendored(file: &str, text: &str) -> (Vendored, Vec<Problem>) {
    let mut read = Vendored::default();
    let mut problems = Vec::new();
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        if !take(&mut read, line.trim()) {
            problems.push(Problem {
                file: file.to_owned(),
                offset,
                structure: "line of modules.txt".to_owned(),
                expected: "`# MODULE VERSION`, `## …` or a package of the module above".to_owned(),
                found: format!("`{}`", line.trim()),
            });
        }
        offset += line.len() as u64;
    }
    (read, problems)
}

/// Takes a line in; `false` if it is none.
fn take(read: &mut Vendored, line: &str) -> bool {
    if line.is_empty() {
        return true;
    }
    if let Some(notes) = line.strip_prefix("## ") {
        return note(read, notes);
    }
    if let Some(words) = line.strip_prefix("# ") {
        return module(read, words);
    }
    match read.modules.last_mut() {
        Some(last) if !line.contains(char::is_whitespace) && !line.starts_with('#') => {
            last.packages.push(line.to_owned())
        }
        _ => return false,
    }
    true
}

fn note(read: &mut Vendored, notes: &str) -> bool {
    if notes == "workspace" {
        read.workspace = true;
        return true;
    }
    let Some(last) = read.modules.last_mut() else { return false };
    for note in notes.split(';').map(str::trim) {
        match note.strip_prefix("go ") {
            Some(release) => last.go = release.to_owned(),
            None => last.explicit |= note == "explicit", // what is unknown is for a later Go, as in the go command
        }
    }
    true
}

fn module(read: &mut Vendored, words: &str) -> bool {
    let (old, new) = match words.split_once(" => ") {
        Some((old, new)) => (Module::words(old), Module::words(new).map(Some)),
        None => (Module::words(words), Some(None)),
    };
    let (Some(module), Some(replace)) = (old, new) else { return false };
    match replace {
        Some(by) if module.version.is_empty() => read.replaces.push((module, by)),
        replace if !module.version.is_empty() => {
            read.modules.push(VendoredModule { module, replace, ..VendoredModule::default() });
        }
        _ => return false,
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# example.com/dep v1.0.0 => ../dep\n## explicit; go 1.23\nexample.com/dep\nexample.com/dep/sub\n# example.com/low v1.1.0\n## explicit\n# example.com/dep => ../dep\n# other.example v1.0.0 => fork.example v1.0.1\n";

    #[test]
    fn modules_have_their_notes_packages_and_replacements() {
        let (read, problems) = vendored("modules.txt", TEXT);
        assert_eq!((problems.as_slice(), read.workspace), ([].as_slice(), false));
        let told: Vec<String> = read
            .modules
            .iter()
            .map(|one| {
                format!(
                    "{} {:?} {} {} {:?}",
                    one.module,
                    one.replace.as_ref().map(ToString::to_string),
                    one.explicit,
                    one.go,
                    one.packages
                )
            })
            .collect();
        let expected = [
            "example.com/dep v1.0.0 Some(\"../dep\") true 1.23 [\"example.com/dep\", \"example.com/dep/sub\"]",
            "example.com/low v1.1.0 None true  []",
            "other.example v1.0.0 Some(\"fork.example v1.0.1\") false  []",
        ];
        assert_eq!(told, expected);
        assert_eq!(read.replaces, [(Module::new("example.com/dep", ""), Module::new("../dep", ""))]);
    }

    #[test]
    fn what_is_no_line_is_a_problem_with_its_offset_and_reading_goes_on() {
        let (read, problems) =
            vendored("m", "stray\n## workspace\n# a v1\n# \n# a b c\n<<<<<<< HEAD\np\n#p\n");
        assert!(read.workspace);
        assert_eq!(
            read.modules.iter().map(|one| one.packages.clone()).collect::<Vec<_>>(),
            [["p".to_owned()]]
        );
        let found: Vec<(u64, &str)> =
            problems.iter().map(|problem| (problem.offset, problem.found.as_str())).collect();
        assert_eq!(
            found,
            [(0, "`stray`"), (26, "`#`"), (29, "`# a b c`"), (37, "`<<<<<<< HEAD`"), (52, "`#p`")]
        );
    }

    #[test]
    fn no_cut_and_no_changed_byte_of_it_is_a_panic() {
        for at in 0..TEXT.len() {
            let _ = vendored("m", &TEXT[..at]);
            let mut bytes = TEXT.as_bytes().to_vec();
            bytes[at] = b' ';
            let _ = vendored("m", &String::from_utf8_lossy(&bytes));
        }
    }
}
