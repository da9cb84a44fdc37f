//! Where `go mod vendor` cannot be asked: files of `vendor/` against the sources of those modules that are on this machine.
//!
//! Sources are in the directory that takes a module's place, or in the module cache.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};

use super::tree::{Tree, digest};
use super::{BuildError, Question};
use crate::format::modfiles::{Module, VendoredModule, vendored};

/// Files that `go mod vendor` copies of a package, whatever else it copies.
const COPIED: [&str; 4] = ["go", "s", "c", "h"];
/// Bytes of a file in which its build constraint is looked for.
const HEAD: usize = 4 << 10;

/// What the sources of modules say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sources {
    /// Files of `vendor/` that are in the sources, as they are there.
    pub files: Tree,
    /// Files of `vendor/` whose module's sources are here and do not have them.
    pub unknown: BTreeSet<Utf8PathBuf>,
    /// Files of vendored packages that are not in `vendor/`.
    pub missing: BTreeSet<Utf8PathBuf>,
    /// Modules whose sources are here.
    pub known_modules: Vec<Module>,
    /// Modules whose sources are not here: nothing can be said of their files.
    pub unknown_modules: Vec<Module>,
}

impl Question<'_> {
    pub(super) fn sources(
        &self,
        dir: &Utf8Path,
        files: &Tree,
        modules_txt: &str,
    ) -> Result<Sources, BuildError> {
        let (listed, _) = vendored("modules.txt", modules_txt);
        let with_files = listed.modules.iter().filter(|module| !module.packages.is_empty());
        let mut sources = Sources::default();
        for module in with_files {
            let Some(source) = self.source(module).filter(|source| source.is_dir()) else {
                sources.unknown_modules.push(module.module.clone());
                continue;
            };
            sources.known_modules.push(module.module.clone());
            let own = files.keys().filter(|path| owner(path, &listed.modules) == Some(&module.module));
            for path in own {
                let inside = path.strip_prefix(&module.module.path).unwrap_or(path);
                let there = source.join(inside);
                if there.is_file() {
                    sources.files.insert(path.clone(), digest(&there)?);
                } else {
                    sources.unknown.insert(path.clone());
                }
            }
            let missing = module.packages.iter().flat_map(|package| missing(dir, &source, (module, package)));
            sources.missing.extend(missing);
        }
        Ok(sources)
    }

    fn source(&self, module: &VendoredModule) -> Option<Utf8PathBuf> {
        let taken = module.replace.as_ref().unwrap_or(&module.module);
        if taken.version.is_empty() {
            return Some(self.root().join(&taken.path));
        }
        let cache = self.subject.go.setting("GOMODCACHE");
        (!cache.is_empty()).then(|| Utf8Path::new(cache).join(cached(taken)))
    }
}

/// The module of a file: the longest path that the file's begins with.
fn owner<'m>(path: &Utf8Path, modules: &'m [VendoredModule]) -> Option<&'m Module> {
    let owners = modules.iter().map(|one| &one.module).filter(|module| path.starts_with(&module.path));
    owners.max_by_key(|module| module.path.len())
}

/// Where a module is in the module cache: capitals are written as `!` and a small letter there.
fn cached(module: &Module) -> String {
    let escaped = |text: &str| {
        text.chars().fold(String::new(), |mut out, letter| {
            if letter.is_ascii_uppercase() {
                out.push('!');
            }
            out.push(letter.to_ascii_lowercase());
            out
        })
    };
    format!("{}@{}", escaped(&module.path), escaped(&module.version))
}

/// Files of a package in its source that should be in `vendor/` and are not.
fn missing(
    dir: &Utf8Path,
    source: &Utf8Path,
    (module, package): (&VendoredModule, &String),
) -> Vec<Utf8PathBuf> {
    let inside = Utf8Path::new(package).strip_prefix(&module.module.path).unwrap_or(Utf8Path::new(""));
    let entries = source.join(inside).read_dir_utf8().into_iter().flatten().flatten();
    let names = entries
        .filter(|entry| is_copied(entry.path()))
        .map(|entry| Utf8Path::new(package).join(entry.file_name()));
    names.filter(|path| !dir.join(path).exists()).collect()
}

fn is_copied(path: &Utf8Path) -> bool {
    let is_source = path.extension().is_some_and(|extension| COPIED.contains(&extension));
    is_source && path.is_file() && !path.as_str().ends_with("_test.go") && !is_ignored(path)
}

/// Whether no tag makes the file one of a build.
fn is_ignored(path: &Utf8Path) -> bool {
    let bytes = std::fs::read(path).unwrap_or_default();
    let head = String::from_utf8_lossy(bytes.get(..HEAD).unwrap_or(&bytes)).into_owned();
    head.lines().any(|line| {
        line.starts_with("//go:build ") && line.contains("ignore") || line.starts_with("// +build ignore")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capitals_are_escaped_in_the_module_cache() {
        let module = Module::new("github.com/BurntSushi/toml", "v1.0.0-RC1");
        assert_eq!(cached(&module), "github.com/!burnt!sushi/toml@v1.0.0-!r!c1");
    }

    #[test]
    fn a_file_is_of_the_module_with_the_longest_path() {
        let module =
            |path: &str| VendoredModule { module: Module::new(path, "v1.0.0"), ..VendoredModule::default() };
        let modules = ["a.b/c", "a.b/c/d", "a.b/cc"].map(module);
        let of = |path: &str| owner(Utf8Path::new(path), &modules).map(|module| module.path.as_str());
        assert_eq!(of("a.b/c/d/x.go"), Some("a.b/c/d"));
        assert_eq!(of("a.b/c/e/x.go"), Some("a.b/c"));
        assert_eq!((of("a.b/x.go"), of("a.b/cd/x.go")), (None, None));
    }
}
