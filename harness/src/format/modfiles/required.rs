//! go.mod, as `go mod edit -json` tells it: lists that are empty are `null` there.

use serde::Deserialize;

use super::Module;

/// A go.mod.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct GoMod {
    /// The module.
    pub module: Named,
    /// The release of its `go` line; empty without one.
    pub go: String,
    require: Option<Vec<GoModRequire>>,
    replace: Option<Vec<GoModReplace>>,
}

/// A path, and a version if there is one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Named {
    /// Its path, or a directory.
    pub path: String,
    /// Its version.
    pub version: String,
}

/// A `require` line.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct GoModRequire {
    /// The module.
    #[serde(flatten)]
    pub of: Named,
    /// `// indirect`
    pub indirect: bool,
}

/// A `replace` line.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct GoModReplace {
    /// What is replaced: all versions if there is none.
    pub old: Named,
    /// By what: a directory if there is no version.
    pub new: Named,
}

impl Named {
    /// As a module.
    #[must_use]
    pub fn module(&self) -> Module {
        Module::new(&self.path, &self.version)
    }
}

impl GoMod {
    /// From the command's answer; `None` if it is none.
    #[must_use]
    pub fn read(json: &str) -> Option<Self> {
        serde_json::from_str(json).ok()
    }

    /// Modules that it requires.
    pub fn requires(&self) -> impl Iterator<Item = &GoModRequire> {
        self.require.iter().flatten()
    }

    /// Modules that it replaces.
    pub fn replaces(&self) -> impl Iterator<Item = &GoModReplace> {
        self.replace.iter().flatten()
    }

    /// Whether its `go` line is at least 1.`minor`.
    #[must_use]
    pub fn is_at_least(&self, minor: u32) -> bool {
        let mut parts = self.go.split(['.', 'r', 'b']);
        let number = |part: Option<&str>| part.and_then(|part| part.parse::<u32>().ok());
        match (number(parts.next()), number(parts.next())) {
            (Some(1), Some(own)) => own >= minor,
            (Some(major), _) => major > 1,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_may_be_null_and_versions_may_be_missing() {
        let text = r#"{"Module":{"Path":"m"},"Go":"1.23","Require":[{"Path":"d","Version":"v1.0.0","Indirect":true}],
            "Exclude":null,"Replace":[{"Old":{"Path":"d"},"New":{"Path":"../d"}}]}"#;
        let read = GoMod::read(text).expect("a go.mod");
        assert_eq!(read.module.path, "m");
        let requires: Vec<_> =
            read.requires().map(|one| (one.of.module().to_string(), one.indirect)).collect();
        assert_eq!(requires, [("d v1.0.0".to_owned(), true)]);
        let replaces: Vec<_> = read.replaces().map(|one| (one.old.module(), one.new.module())).collect();
        assert_eq!(replaces, [(Module::new("d", ""), Module::new("../d", ""))]);
        assert_eq!(GoMod::read(r#"{"Require":null}"#).expect("a go.mod").requires().count(), 0);
        assert_eq!(GoMod::read("go: no go.mod"), None);
    }

    #[test]
    fn a_release_is_compared_as_one() {
        for (go, minor, is) in [
            ("1.23", 14, true),
            ("1.9", 14, false),
            ("1.14rc1", 14, true),
            ("1.21.3", 22, false),
            ("2.0", 99, true),
            ("", 14, false),
        ] {
            let read = GoMod { go: go.to_owned(), ..GoMod::default() };
            assert_eq!(read.is_at_least(minor), is, "{go} {minor}");
        }
    }
}
