//! What a build is made of, part by part, so that a repeat can say which part is another one now.
//!
//! Input: a Go, a workload and a variant's keys. Output: [`Part`]s. Packages that somebody can edit (the main module's,
//! vendored ones, those of a local `replace`) go in by content, modules from the module cache by version and go.sum's
//! hash, the standard library by the Go release. Must not fail a build: what cannot be listed is a part of unknown value.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};

use super::cgo;
use super::flags::list_words;
use super::go::{Go, MAX_ANSWER, finish_within};
use super::process::Interrupt;
use super::sources;
use crate::scenario::{BuildSpec, Kind, Workload};

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
    let parts = [sources::PROBE, sources::COVERED, sources::INSTRUMENT, sources::RUNNER];
    digest(parts.map(sources::key).join(" ").as_bytes())
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
        let settings =
            ["GOOS", "GOARCH", "CGO_ENABLED", "GOFLAGS", "GOEXPERIMENT", "GOMOD", "GOWORK", "CC", "CXX"];
        let settings: Vec<&str> = settings.iter().map(|name| go.setting(name)).collect();
        format!(
            "{:?}",
            (
                &go.bin,
                &go.info,
                settings,
                list_words(spec),
                &spec.pgo,
                &workload.module,
                (&workload.package, workload.kind)
            )
        )
    }

    /// Sources: packages, modules, files.
    pub(super) fn sources(&self) -> Vec<Part> {
        let mut parts = match self.list() {
            Ok(packages) => {
                let mut parts = self.packages(&packages);
                parts.extend(cgo::parts(self.go, &packages, &self.workload.module, self.interrupt));
                parts
            }
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
        // Paths: what GOWORK's file says and what compilers call themselves are parts.
        let is_path = |name: &str| name == "GOWORK" || cgo::is_compiler(name);
        let settings = go.info.settings.iter().filter(|(name, _)| !is_path(name));
        parts.extend(settings.map(|(name, value)| Part::new(PartKind::Setting, name, format!("`{value}`"))));
        parts
    }

    fn list(&self) -> Result<Vec<Listed>, String> {
        let fields = ["Dir", "ImportPath", "Standard", "DepOnly", "Module"];
        let fields: Vec<&str> = fields.into_iter().chain(FILES).chain(cgo::FLAGS).collect();
        let mut args = vec!["list".to_owned(), "-deps".to_owned(), format!("-json={}", fields.join(","))];
        args.extend((self.workload.kind != Kind::Binary).then(|| "-test".to_owned()));
        args.extend(list_words(self.spec));
        args.extend(["--".to_owned(), self.workload.package.clone()]);
        let command = self.go.command(args, &self.workload.module);
        let done = finish_within(&command, SECONDS, MAX_ANSWER, self.interrupt)
            .map_err(|error| error.to_string())?;
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
        // A test's package main is made of the test functions that the others have.
        let is_source = |package: &&Listed| !package.standard && !package.import_path.ends_with(".test");
        for package in packages.iter().filter(is_source) {
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
pub(super) struct Listed {
    dir: Utf8PathBuf,
    pub(super) import_path: String,
    pub(super) standard: bool,
    dep_only: bool,
    module: Option<Module>,
    /// Lists of file names, by [`FILES`], and of flags.
    #[serde(flatten)]
    lists: BTreeMap<String, serde_json::Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Module {
    path: String,
    version: String,
    dir: Utf8PathBuf,
    /// The release whose language its packages are written in.
    go_version: String,
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
    /// One of its lists; empty if it has none.
    pub(super) fn list(&self, name: &str) -> Vec<&str> {
        let list = self.lists.get(name).and_then(serde_json::Value::as_array);
        list.into_iter().flatten().filter_map(serde_json::Value::as_str).collect()
    }

    /// Directory of its module; its own outside of any.
    pub(super) fn module_dir(&self) -> &Utf8Path {
        let dir = self.module.as_ref().map(|module| module.dir.as_path());
        dir.filter(|dir| !dir.as_str().is_empty()).unwrap_or(&self.dir)
    }

    /// Digest of the files of each list, and of the language that they are written in, which is go.mod's to say; empty
    /// if a file cannot be read.
    fn digest(&self) -> String {
        let language = self.module.as_ref().map_or("", |module| &module.go_version);
        let lists =
            FILES.map(|name| (name, self.list(name))).into_iter().filter(|(_, names)| !names.is_empty());
        let mut all = language.to_owned();
        for (name, files) in lists {
            let files = digest_of_files(&self.dir, files.into_iter().map(Utf8Path::new));
            if files.is_empty() {
                return files;
            }
            all.push_str(&format!(" {name} {files}"));
        }
        digest(all.as_bytes())
    }
}

/// Digest of files by name and content; empty if one cannot be read.
pub(super) fn digest_of_files<'a>(dir: &Utf8Path, names: impl Iterator<Item = &'a Utf8Path>) -> String {
    let mut hasher = blake3::Hasher::new();
    for name in names {
        let Ok(content) = std::fs::read(dir.join(name)) else { return String::new() };
        // Lengths keep a file's end from being taken for the next one's name.
        for bytes in [name.as_str().as_bytes(), &content] {
            hasher.update(&(bytes.len() as u64).to_le_bytes()).update(bytes);
        }
    }
    short(&hasher.finalize())
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
    fn a_package_is_another_in_another_language() {
        let dir = tempfile::tempdir().expect("temporary");
        let dir = Utf8Path::from_path(dir.path()).expect("utf-8");
        std::fs::write(dir.join("a.go"), "package a").expect("written");
        let of = |release: &str| {
            let module = Module { go_version: release.into(), ..Module::default() };
            Listed { module: Some(module), ..listed(dir, &["a.go"]) }.digest()
        };
        assert_eq!(of("1.22"), of("1.22"));
        assert_ne!(of("1.21"), of("1.22")); // a loop's variable is another one
    }

    #[test]
    fn a_replaced_module_is_the_one_that_takes_its_place() {
        let real = Module { path: "fork".into(), version: "v2.0.0".into(), ..Module::default() };
        let replace = Some(Box::new(real));
        let module = Module { path: "m".into(), version: "v1.0.0".into(), replace, ..Module::default() };
        let sums = [("fork v2.0.0".to_owned(), "h1:x=".to_owned())].into();
        assert_eq!(module.part(&sums), Part::new(PartKind::Module, "m", "fork v2.0.0 h1:x="));
    }
}
