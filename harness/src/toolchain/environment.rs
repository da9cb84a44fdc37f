//! The harness's own environment, handed in: no module but `cli` reads it from the process.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};

/// Environment variables and working directory of the harness.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Environment {
    /// Variables.
    pub vars: BTreeMap<String, String>,
    /// Working directory, absolute.
    pub dir: Utf8PathBuf,
}

impl Environment {
    /// From name and value pairs; those that are not UTF-8 are left out by the caller.
    #[must_use]
    pub fn new(vars: impl IntoIterator<Item = (String, String)>, dir: impl Into<Utf8PathBuf>) -> Self {
        Self { vars: vars.into_iter().collect(), dir: dir.into() }
    }

    /// A variable that is set and not empty.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.vars.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Directories of PATH, in order.
    pub(super) fn path(&self) -> Vec<&Utf8Path> {
        self.get("PATH")
            .map(|path| path.split(':').filter(|dir| !dir.is_empty()).map(Utf8Path::new).collect())
            .unwrap_or_default()
    }

    /// The file that a program's name stands for.
    #[must_use]
    pub fn which(&self, program: &str) -> Option<Utf8PathBuf> {
        self.path().into_iter().map(|dir| dir.join(program)).find(|file| is_executable(file))
    }

    /// Where what can be made again is kept: `$XDG_CACHE_HOME/harness`, `~/.cache/harness`, or a
    /// directory under the temporary one when there is no home.
    #[must_use]
    pub fn cache_dir(&self) -> Utf8PathBuf {
        let xdg = self.get("XDG_CACHE_HOME").map(Utf8PathBuf::from).filter(|dir| dir.is_absolute());
        xdg.or_else(|| self.get("HOME").map(|home| Utf8Path::new(home).join(".cache")))
            .unwrap_or_else(|| Utf8Path::new(self.get("TMPDIR").unwrap_or("/tmp")).to_owned())
            .join("harness")
    }
}

/// A file that may be run by somebody.
pub(super) fn is_executable(file: &Utf8Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cache_is_where_xdg_says_unless_that_is_relative() {
        let with = |pairs: &[(&str, &str)]| {
            let vars = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            Environment::new(vars, "/").cache_dir()
        };
        assert_eq!(with(&[("XDG_CACHE_HOME", "/x"), ("HOME", "/h")]), "/x/harness");
        assert_eq!(with(&[("XDG_CACHE_HOME", "x"), ("HOME", "/h")]), "/h/.cache/harness");
        assert_eq!(with(&[]), "/tmp/harness");
    }
}
