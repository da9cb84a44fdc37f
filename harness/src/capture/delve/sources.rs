//! Lines of the program's source, and the two names that a file has: where it lies, and what a build with `-trimpath` calls it.

use std::collections::HashMap;
use std::fs;

use camino::{Utf8Path, Utf8PathBuf};

use crate::model::debug::Place;

/// Largest file that is read, bytes, and longest line that is shown, characters.
const LARGEST: u64 = 4 << 20;
const LONGEST: usize = 160;

/// Sources of the main module.
#[derive(Debug, Default)]
pub(super) struct Sources {
    dir: Utf8PathBuf,
    module: String,
    read: HashMap<String, Option<String>>,
}

impl Sources {
    pub(super) fn new(dir: &Utf8Path, module: &str) -> Self {
        Self { dir: dir.to_owned(), module: module.to_owned(), read: HashMap::new() }
    }

    /// What Delve has to put in the place of what in the program's names of files, to find one that the user names in a build with `-trimpath`.
    pub(super) fn rules(&self) -> Vec<[String; 2]> {
        if self.module.is_empty() { Vec::new() } else { vec![[self.module.clone(), self.dir.to_string()]] }
    }

    /// The line of a place, if it can be read.
    pub(super) fn line(&mut self, place: &Place) -> Option<String> {
        let path = self.path(&place.file)?;
        let text = self.read.entry(place.file.clone()).or_insert_with(|| read(&path));
        let nth = usize::try_from(place.line).ok()?.checked_sub(1)?;
        let line = text.as_ref()?.lines().nth(nth)?.trim();
        Some(line.chars().take(LONGEST).collect()).filter(|line: &String| !line.is_empty())
    }

    /// Where a file of the main module lies.
    fn path(&self, file: &str) -> Option<Utf8PathBuf> {
        let trimmed = file.strip_prefix(&self.module).and_then(|rest| rest.strip_prefix('/'));
        let trimmed = trimmed.filter(|_| !self.module.is_empty()).map(|rest| self.dir.join(rest));
        trimmed.or_else(|| Utf8Path::new(file).starts_with(&self.dir).then(|| file.into()))
    }
}

fn read(path: &Utf8Path) -> Option<String> {
    let is_small = fs::metadata(path).is_ok_and(|data| data.is_file() && data.len() <= LARGEST);
    if is_small { fs::read_to_string(path).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_found_under_both_names_of_its_file() {
        let dir = tempfile::tempdir().expect("a directory");
        let dir = Utf8PathBuf::try_from(dir.path().to_owned()).expect("UTF-8");
        fs::create_dir_all(dir.join("in")).expect("a directory");
        fs::write(dir.join("in/a.go"), "package in\n\n\tx := 1\n").expect("a file");
        let mut sources = Sources::new(&dir, "example.com/m");
        let mut at =
            |file: &str, line| sources.line(&Place { file: file.to_owned(), line, ..Place::default() });
        assert_eq!(at("example.com/m/in/a.go", 3).as_deref(), Some("x := 1"));
        assert_eq!(at(dir.join("in/a.go").as_str(), 1).as_deref(), Some("package in"));
        for (file, line) in [
            ("example.com/m/in/a.go", 0),
            ("example.com/m/in/a.go", 2),
            ("runtime/x.go", 1),
            ("/etc/passwd", 1),
        ] {
            assert_eq!(at(file, line), None, "{file}:{line}");
        }
        assert_eq!(sources.rules(), [["example.com/m".to_owned(), dir.to_string()]]);
        assert!(Sources::default().rules().is_empty());
    }
}
