//! What a build is made of, part by part, so that a repeat can say which part is another one now.
//!
//! Input: a Go, a workload and a variant's keys. Output: [`Part`]s. Packages that somebody can edit (the main module's,
//! vendored ones, those of a local `replace`) go in by content, modules from the module cache by version and go.sum's
//! hash, the standard library by the Go release. Must not fail a build: what cannot be listed is a part of unknown value.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};

use super::flags::list_words;
use super::go::{Go, finish};
use super::process::Interrupt;
use super::sources;
use crate::scenario::{BuildSpec, Workload};

/// Longest that listing may take, seconds.
const SECONDS: u64 = 120;
/// Lists of `go list` that name files of a package.
const FILES: [&str; 12] = [
    "GoFiles",
    "CgoFiles",
    "CFiles",
    "CXXFiles",
    "MFiles",
    "HFiles",
    "FFiles",
    "SFiles",
    "SwigFiles",
    "SwigCXXFiles",
    "SysoFiles",
    "EmbedFiles",
];

/// One thing that goes into a capture.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Part {
    /// What it is.
    pub kind: PartKind,
    /// Its name among those of its kind.
    pub name: String,
    /// What it is like: a digest, or a value that says something to people. Empty: nobody knows.
    pub value: String,
}

/// What a part is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PartKind {
    /// The scenario as resolved, without where things lie.
    Scenario,
    /// A package, by the content of its files.
    Package,
    /// A module from the module cache, by version and hash.
    Module,
    /// A file that is no package's: go.mod, a PGO profile, standard input, the driver's script.
    File,
    /// The Go release.
    Go,
    /// A setting of the build.
    Setting,
    /// The harness, and what it puts into the program.
    Harness,
    /// A variable that Go's runtime reads.
    Runtime,
    /// Any other variable of the program's environment, by a digest: it may be a secret.
    Variable,
}

impl Part {
    /// A part.
    pub fn new(kind: PartKind, name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { kind, name: name.into(), value: value.into() }
    }

    /// A file by its content; of unknown value if it cannot be read.
    #[must_use]
    pub fn file(name: impl Into<String>, path: &Utf8Path) -> Self {
        let value = std::fs::read(path).map(|content| digest(&content)).unwrap_or_default();
        Self::new(PartKind::File, name, value)
    }
}

/// Digest of some bytes, 16 hex digits.
#[must_use]
pub fn digest(bytes: &[u8]) -> String {
    short(&blake3::hash(bytes))
}

fn short(hash: &blake3::Hash) -> String {
    hash.to_hex()[..16].to_owned()
}

/// What the harness puts into every program.
#[must_use]
pub fn probe() -> String {
    digest(format!("{} {}", sources::key(sources::PROBE), sources::key(sources::INSTRUMENT)).as_bytes())
}

/// What a build is asked about.
pub(super) struct Question<'a> {
    pub(super) go: &'a Go,
    pub(super) workload: &'a Workload,
    pub(super) spec: &'a BuildSpec,
    pub(super) interrupt: &'a Interrupt,
}

impl Question<'_> {
    /// Sources depend on nothing else: variants that agree in it share the answer.
    pub(super) fn key(&self) -> String {
        let Self { go, workload, spec, .. } = self;
        let settings = ["GOOS", "GOARCH", "CGO_ENABLED", "GOFLAGS", "GOEXPERIMENT", "GOMOD", "GOWORK"];
        let settings: Vec<&str> = settings.iter().map(|name| go.setting(name)).collect();
        format!(
            "{:?}",
            (&go.bin, &go.info, settings, list_words(spec), &spec.pgo, &workload.module, &workload.package)
        )
    }

    /// Sources: packages, modules, files.
    pub(super) fn sources(&self) -> Vec<Part> {
        let mut parts = match self.list() {
            Ok(packages) => self.packages(&packages),
            Err(why) => vec![Part::new(PartKind::Package, format!("list ({why})"), "")],
        };
        let named = [("go.mod", "GOMOD"), ("go.work", "GOWORK")];
        let paths = named.map(|(name, setting)| (name, Utf8Path::new(self.go.setting(setting))));
        let there = paths.into_iter().filter(|(_, path)| path.is_file());
        parts.extend(there.map(|(name, path)| Part::file(name, path)));
        parts.extend(self.replacements());
        parts
    }

    /// All that is not sources.
    pub(super) fn settings(&self) -> Vec<Part> {
        let Self { go, spec, .. } = self;
        // Which Go, and what the profile says, are parts of their own.
        let mut flags = (*spec).clone();
        flags.toolchain = None;
        flags.pgo = flags.pgo.map(|pgo| Utf8Path::new(&pgo).file_name().unwrap_or_default().to_owned());
        let flags = serde_json::to_vec(&flags).unwrap_or_default();
        let target = format!("{}/{}", go.info.goos, go.info.goarch);
        let mut parts = vec![
            Part::new(PartKind::Go, "Go", go.info.version.clone()),
            Part::new(PartKind::Setting, "flags", digest(&flags)),
            Part::new(PartKind::Setting, "target", target),
        ];
        let settings = go.info.settings.iter().filter(|(name, _)| *name != "GOWORK"); // a path; its content is a part
        parts.extend(settings.map(|(name, value)| Part::new(PartKind::Setting, name, format!("`{value}`"))));
        parts
    }

    fn list(&self) -> Result<Vec<Listed>, String> {
        let fields = ["Dir", "ImportPath", "Standard", "DepOnly", "Module"];
        let fields: Vec<&str> = fields.into_iter().chain(FILES).collect();
        let mut args = vec!["list".to_owned(), "-deps".to_owned(), format!("-json={}", fields.join(","))];
        args.extend(list_words(self.spec));
        args.extend(["--".to_owned(), self.workload.package.clone()]);
        let command = self.go.command(args, &self.workload.module);
        let done = finish(&command, SECONDS, self.interrupt).map_err(|error| error.to_string())?;
        if !done.ok() {
            return Err("the go command does not list it".to_owned());
        }
        let text = done.stdout.text();
        let packages = serde_json::Deserializer::from_str(&text).into_iter::<Listed>();
        packages.collect::<Result<_, _>>().map_err(|error| error.to_string())
    }

    fn packages(&self, packages: &[Listed]) -> Vec<Part> {
        let cache = self.go.setting("GOMODCACHE");
        let sums = self.sums();
        let mut parts = Vec::new();
        for package in packages.iter().filter(|package| !package.standard) {
            let cached = !cache.is_empty() && package.dir.starts_with(cache);
            parts.push(match package.module.as_ref().filter(|_| cached) {
                Some(module) => module.part(&sums),
                None => Part::new(PartKind::Package, package.import_path.clone(), package.digest()),
            });
            if !package.dep_only {
                parts.extend(self.profile(&package.dir));
            }
        }
        parts.sort();
        parts.dedup();
        parts
    }

    /// The profile that steers optimisation: `default.pgo` of package main, or the one that was named.
    fn profile(&self, main: &Utf8Path) -> Option<Part> {
        let path = match self.spec.pgo.as_deref() {
            Some("off") => return None,
            None | Some("auto") => Some(main.join("default.pgo")).filter(|path| path.is_file())?,
            Some(path) => self.workload.module.join(path),
        };
        Some(Part::file("PGO profile", &path))
    }

    /// Hashes of go.sum and go.work.sum, by module and version.
    fn sums(&self) -> BTreeMap<String, String> {
        let beside = |setting: &str, name: &str| {
            let path = Utf8Path::new(self.go.setting(setting)).with_file_name(name);
            std::fs::read_to_string(path).unwrap_or_default()
        };
        let text = beside("GOMOD", "go.sum") + &beside("GOWORK", "go.work.sum");
        let lines = text.lines().filter_map(|line| {
            let mut words = line.split_whitespace();
            Some((format!("{} {}", words.next()?, words.next()?), words.next()?.to_owned()))
        });
        lines.collect()
    }

    /// What the user's own GOFLAGS put in the place of sources: `-overlay`, `-modfile`.
    fn replacements(&self) -> Vec<Part> {
        let words = self.go.setting("GOFLAGS").split_whitespace();
        let named = words.filter_map(|word| word.trim_start_matches('-').split_once('='));
        let mut parts = Vec::new();
        for (flag, path) in named.filter(|(flag, _)| ["overlay", "modfile"].contains(flag)) {
            let path = self.workload.module.join(path);
            parts.push(Part::file(format!("-{flag}"), &path));
            if flag == "overlay" {
                parts.extend(overlaid(&path));
            }
        }
        parts
    }
}

/// Files that an overlay puts in the place of others.
fn overlaid(path: &Utf8Path) -> Vec<Part> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Overlay {
        replace: BTreeMap<String, Utf8PathBuf>,
    }
    let text = std::fs::read(path).unwrap_or_default();
    let Ok(Overlay { replace }) = serde_json::from_slice(&text) else { return Vec::new() };
    let files = replace.iter().filter(|(_, file)| !file.as_str().is_empty()); // empty: the file is left out
    files.map(|(of, file)| Part::file(format!("overlay of {of}"), file)).collect()
}

/// A package as `go list` tells of it.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Listed {
    dir: Utf8PathBuf,
    import_path: String,
    standard: bool,
    dep_only: bool,
    module: Option<Module>,
    /// Lists of file names, by [`FILES`].
    #[serde(flatten)]
    lists: BTreeMap<String, serde_json::Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Module {
    path: String,
    version: String,
    replace: Option<Box<Module>>,
}

impl Module {
    fn part(&self, sums: &BTreeMap<String, String>) -> Part {
        let real = self.replace.as_deref().unwrap_or(self);
        let sum = sums.get(&format!("{} {}", real.path, real.version)).map_or("", String::as_str);
        let value = format!("{} {} {sum}", real.path, real.version);
        Part::new(PartKind::Module, self.path.clone(), value.trim_end())
    }
}

impl Listed {
    /// Digest of names and contents; empty if a file cannot be read.
    fn digest(&self) -> String {
        let lists = FILES.iter().filter_map(|list| Some((list, self.lists.get(*list)?.as_array()?)));
        let mut hasher = blake3::Hasher::new();
        for (list, names) in lists {
            hasher.update(list.as_bytes());
            for name in names.iter().filter_map(serde_json::Value::as_str) {
                let Ok(content) = std::fs::read(self.dir.join(name)) else { return String::new() };
                // Lengths keep a file's end from being taken for the next one's name.
                for bytes in [name.as_bytes(), &content] {
                    hasher.update(&(bytes.len() as u64).to_le_bytes()).update(bytes);
                }
            }
        }
        short(&hasher.finalize())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(dir: &Utf8Path, files: &[&str]) -> Listed {
        let lists = [("GoFiles".to_owned(), serde_json::json!(files))].into();
        Listed { dir: dir.to_owned(), lists, ..Listed::default() }
    }

    #[test]
    fn a_package_is_its_files_names_and_contents_wherever_it_lies() {
        let (one, two) = (tempfile::tempdir().expect("temporary"), tempfile::tempdir().expect("temporary"));
        let dirs = [&one, &two].map(|dir| Utf8Path::from_path(dir.path()).expect("utf-8"));
        for dir in dirs {
            std::fs::write(dir.join("a.go"), "package a").expect("written");
            std::fs::write(dir.join("b.go"), "package a").expect("written");
        }
        let [here, there] = dirs.map(|dir| listed(dir, &["a.go"]).digest());
        assert_eq!(here, there);
        assert_ne!(here, listed(dirs[0], &["b.go"]).digest());
        assert_ne!(here, listed(dirs[0], &["a.go", "b.go"]).digest());
        std::fs::write(dirs[1].join("a.go"), "package b").expect("written");
        assert_ne!(here, listed(dirs[1], &["a.go"]).digest());
        assert_eq!(listed(dirs[1], &["gone.go"]).digest(), "");
    }

    #[test]
    fn a_replaced_module_is_the_one_that_takes_its_place() {
        let real = Module { path: "fork".into(), version: "v2.0.0".into(), replace: None };
        let module = Module { path: "m".into(), version: "v1.0.0".into(), replace: Some(Box::new(real)) };
        let sums = [("fork v2.0.0".to_owned(), "h1:x=".to_owned())].into();
        assert_eq!(module.part(&sums), Part::new(PartKind::Module, "m", "fork v2.0.0 h1:x="));
    }
}
