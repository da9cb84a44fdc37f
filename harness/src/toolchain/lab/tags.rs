//! Which files of the program's packages a variant takes in, and what decides on each: the answer of `go/lab`.

use std::fs;

use serde::Deserialize;

use super::super::flags;
use super::super::helper::Helper;
use super::{BuildError, Subject};

/// What the program says.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct TagsRecord {
    /// Target.
    pub goos: String,
    /// Target.
    pub goarch: String,
    /// Whether cgo is on.
    pub cgo: bool,
    /// Tags that are set, those of GOFLAGS too.
    #[serde(default)]
    pub tags: Option<Vec<String>>,
    /// The program's packages, the standard library's too.
    #[serde(default)]
    pub packages: Option<Vec<PackageFiles>>,
}

/// A package's files.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct PackageFiles {
    /// Import path.
    pub path: String,
    /// Its module; empty if it has none.
    pub module: String,
    /// Of the main module.
    pub main: bool,
    /// Of the standard library.
    pub standard: bool,
    /// Its files. Test files of the standard library are not listed.
    pub files: Vec<FileDecision>,
}

/// A file and what decides on it.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct FileDecision {
    /// Its name in the package's directory.
    pub name: String,
    /// It is taken in.
    pub taken: bool,
    /// What decides.
    pub why: Why,
    /// Its `//go:build` constraint.
    #[serde(default)]
    pub constraint: String,
    /// The tags of it that decide.
    #[serde(default)]
    pub terms: Vec<Term>,
    /// All tags that it mentions, those at the end of its name too.
    #[serde(default)]
    pub mentions: Vec<String>,
}

/// What decides on a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Why {
    /// Nothing restricts it.
    #[default]
    Always,
    /// Its build constraint.
    Constraint,
    /// The target at the end of its name.
    Name,
    /// It imports "C".
    Cgo,
    /// `go test` alone compiles it.
    Test,
    /// None of these.
    Other,
}

/// A tag that decides.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Term {
    /// The tag.
    pub tag: String,
    /// It is set.
    pub set: bool,
}

/// Asks. The variant need not build.
///
/// # Errors
/// When the go command or the program refuses.
pub fn tags(subject: &Subject<'_>) -> Result<TagsRecord, BuildError> {
    let helper = Helper::build(&subject.go, &subject.environment.cache_dir(), subject.interrupt)?;
    let workload = &subject.scenario.workload;
    let mut args = vec!["files".to_owned()];
    let options =
        [("go", subject.go.bin.as_str()), ("dir", workload.module.as_str()), ("package", &workload.package)];
    args.extend(options.map(|(name, value)| format!("-{name}={value}")));
    args.push("--".to_owned());
    args.extend(flags::list_words(&subject.variant.build));
    fs::create_dir_all(&subject.out).map_err(BuildError::file("create", &subject.out))?;
    helper.ask(&subject.go, args, &subject.out, subject.interrupt)
}
