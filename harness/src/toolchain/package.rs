//! What the go command says about a package: `go list`.

use camino::Utf8PathBuf;
use serde::Deserialize;

use super::error::BuildError;
use super::flags::list_words;
use super::go::{Go, finish};
use super::process::Interrupt;
use crate::scenario::{BuildSpec, Workload};

/// A package of the build.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Package {
    /// Its directory, as the go command spells it: overlay keys must match it.
    pub dir: Utf8PathBuf,
    /// Import path.
    pub import_path: String,
    /// Name in its package clause.
    pub name: String,
    /// Its module.
    #[serde(default)]
    pub module: Option<Module>,
    /// Files with tests, inside of the package and outside.
    #[serde(default)]
    pub test_go_files: Vec<String>,
    /// See `test_go_files`.
    #[serde(default, rename = "XTestGoFiles")]
    pub x_test_go_files: Vec<String>,
}

/// A module.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Module {
    /// Module path.
    pub path: String,
}

impl Package {
    /// Path of its module, empty outside any.
    pub(super) fn module_path(&self) -> &str {
        self.module.as_ref().map_or("", |module| module.path.as_str())
    }

    /// There are files that `go test` looks for tests in.
    pub(super) fn has_tests(&self) -> bool {
        !self.test_go_files.is_empty() || !self.x_test_go_files.is_empty()
    }

    /// Its path within its module, as a directory's name: `internal.cache`; the module's own last element for its root.
    pub(super) fn short_name(&self) -> String {
        let within = self.import_path.strip_prefix(self.module_path()).unwrap_or(&self.import_path);
        match within.trim_start_matches('/') {
            "" => self.program().to_owned(),
            within => within.replace('/', "."),
        }
    }

    /// Name of its program as `go build` chooses it: the import path's last element that is no
    /// major version.
    pub(super) fn program(&self) -> &str {
        let is_major = |part: &str| {
            part.strip_prefix('v').is_some_and(|n| !n.is_empty() && n.chars().all(|c| c.is_ascii_digit()))
        };
        let mut parts = self.import_path.rsplit('/');
        match (parts.next(), parts.next()) {
            (Some(last), Some(before)) if is_major(last) => before,
            (Some(last), _) if !last.is_empty() => last,
            _ => "program",
        }
    }
}

/// The one package that `pattern` stands for.
///
/// # Errors
/// What the go command said, when there is no such package, or that there are several.
pub(super) fn list(
    go: &Go,
    workload: &Workload,
    spec: &BuildSpec,
    pattern: &str,
    interrupt: &Interrupt,
) -> Result<Package, BuildError> {
    listed(go, workload, (list_words(spec), pattern), interrupt)
}

/// As [`list`], and nothing of what the package imports is looked for: it may be that none of it can be had, or that `vendor/` is one
/// that the go command refuses.
///
/// # Errors
/// Those of [`list`].
pub(super) fn list_alone(
    go: &Go,
    workload: &Workload,
    spec: &BuildSpec,
    interrupt: &Interrupt,
) -> Result<Package, BuildError> {
    let mut words = list_words(spec);
    words.extend(["-find", "-mod=readonly"].map(str::to_owned));
    listed(go, workload, (words, &workload.package), interrupt)
}

fn listed(
    go: &Go,
    workload: &Workload,
    (words, pattern): (Vec<String>, &str),
    interrupt: &Interrupt,
) -> Result<Package, BuildError> {
    let mut packages = list_all(go, workload, (words, pattern), interrupt)?.into_iter();
    match (packages.next(), packages.next()) {
        (Some(package), None) => Ok(package),
        _ => Err(BuildError::Unsupported {
            what: format!("`{pattern}` stands for several packages, and a workload is one program"),
            hint: Some("name the directory of one package main in `package`".to_owned()),
        }),
    }
}

/// All packages that `pattern` stands for, one at least.
///
/// # Errors
/// What the go command said, or that there is none.
pub(super) fn list_all(
    go: &Go,
    workload: &Workload,
    (words, pattern): (Vec<String>, &str),
    interrupt: &Interrupt,
) -> Result<Vec<Package>, BuildError> {
    let fields = "-json=Dir,ImportPath,Name,Module,TestGoFiles,XTestGoFiles";
    let mut args: Vec<String> = ["list", fields].map(str::to_owned).to_vec();
    args.extend(words);
    args.extend(["--".to_owned(), pattern.to_owned()]);
    let command = go.command(args, &workload.module);
    let done = finish(&command, super::job::BUILD_SECONDS, interrupt)?;
    if !done.ok() {
        return Err(super::failure::failed(command.words(), &done.stderr.text()));
    }
    let text = done.stdout.text();
    let packages: Vec<Package> =
        serde_json::Deserializer::from_str(&text).into_iter::<Package>().flatten().collect();
    if packages.is_empty() {
        return Err(BuildError::Query {
            command: command.words().join(" "),
            output: format!("no package in its answer: {}", text.trim()),
            hint: None,
        });
    }
    Ok(packages)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn program_is_named_as_go_names_it() {
        for (import_path, program) in [
            ("example.com/m/cmd/server", "server"),
            ("example.com/m/v2", "m"),
            ("m", "m"),
            ("v2", "v2"),
            ("", "program"),
        ] {
            let package = Package {
                dir: "/".into(),
                import_path: import_path.to_owned(),
                name: "main".to_owned(),
                module: None,
                test_go_files: Vec::new(),
                x_test_go_files: Vec::new(),
            };
            assert_eq!(package.program(), program, "{import_path}");
        }
    }
}
