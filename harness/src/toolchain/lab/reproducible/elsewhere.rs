//! A copy of a module in another directory, with what it needs of its neighbours.
//!
//! Input: a subject. Output: where its module is in the copy, and a Go to build it with; or why there is none. What a `replace` or a
//! workspace names by a path goes along and keeps its place beside the module. If the build is stamped with a
//! revision, the repository goes along. Must not follow links out of what is copied.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};
use serde::Deserialize;

use super::super::{BuildError, Subject};
use crate::toolchain::go::Go;
use crate::toolchain::process::Command;

/// What is copied at most: a module is sources.
const MAX_BYTES: u64 = 500 << 20;
const MAX_FILES: u64 = 50_000;
/// Time for one question, seconds.
const SECONDS: u64 = 120;
/// What is no source of anybody's.
const LEFT_OUT: [&str; 1] = [".harness"];
/// The repository.
const GIT: &str = ".git";

/// A copy.
pub(super) struct Copied {
    /// The workload's directory in it.
    pub(super) module: Utf8PathBuf,
    /// Go in its environment.
    pub(super) go: Go,
    /// What was copied, in words.
    pub(super) what: String,
}

/// Directory of the go.mod, or the workload's own outside of a module.
pub(super) fn module_root(subject: &Subject<'_>) -> Utf8PathBuf {
    let named = Utf8Path::new(subject.go.setting("GOMOD"));
    let root = named.parent().filter(|_| named.file_name() == Some("go.mod"));
    root.unwrap_or(&subject.scenario.workload.module).to_owned()
}

/// Copies it below `place`.
///
/// # Errors
/// When the user interrupts.
pub(super) fn copy(
    subject: &Subject<'_>,
    place: &Utf8Path,
    is_stamped: bool,
) -> Result<Result<Copied, String>, BuildError> {
    let root = module_root(subject);
    let mut directories = BTreeSet::from([root.clone()]);
    let mut words = vec!["the module".to_owned()];
    let neighbours = match neighbours(subject, &root)? {
        Ok(neighbours) => neighbours,
        Err(why) => return Ok(Err(why)),
    };
    if !neighbours.is_empty() {
        words.push(format!(
            "{} that it names by a path",
            counted(neighbours.len(), "directory", "directories")
        ));
    }
    directories.extend(neighbours);
    let work = Utf8PathBuf::from(subject.go.setting("GOWORK"));
    let work = Some(work).filter(|path| path.is_file());
    if is_stamped {
        match top(subject, &root)? {
            Some(top) => directories.insert(top),
            None => {
                return Ok(Err(
                    "a repository that `git` knows: the build is stamped with a revision".to_owned()
                ));
            }
        };
        words.push("its repository".to_owned());
    }
    let files = work.iter().flat_map(|work| [work.clone(), work.with_extension("work.sum")]);
    let base = common(
        directories.iter().map(Utf8PathBuf::as_path).chain(work.iter().filter_map(|work| work.parent())),
    );
    let mut copy = Copy { is_stamped, place, bytes: 0, files: 0 };
    let target = |path: &Utf8Path| place.join(path.strip_prefix(&base).unwrap_or(path));
    let outer = directories
        .iter()
        .filter(|dir| !directories.iter().any(|other| *dir != other && dir.starts_with(other)));
    for dir in outer {
        if let Err(why) = copy.tree(dir, &target(dir)) {
            return Ok(Err(why));
        }
    }
    for file in files.filter(|file| file.is_file()) {
        let there = target(&file);
        let _ = there.parent().map(fs::create_dir_all);
        if let Err(error) = fs::copy(&file, &there) {
            return Ok(Err(format!("a copy of `{file}`: {error}")));
        }
    }
    let mut go = subject.go.clone();
    if let Some(work) = work.filter(|_| go.env.contains_key("GOWORK")) {
        go.env.insert("GOWORK".to_owned(), target(&work).into_string());
    }
    Ok(Ok(Copied { module: target(&subject.scenario.workload.module), go, what: words.join(", ") }))
}

fn counted(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// Directories that go.mod or go.work name by a path.
fn neighbours(
    subject: &Subject<'_>,
    root: &Utf8Path,
) -> Result<Result<Vec<Utf8PathBuf>, String>, BuildError> {
    let mut found = Vec::new();
    let work = Utf8Path::new(subject.go.setting("GOWORK"));
    let mut asked = Vec::new();
    if root.join("go.mod").is_file() {
        asked.push((["mod", "edit", "-json"], root.to_owned(), root.join("go.mod")));
    }
    if let Some(dir) = work.parent().filter(|_| work.is_file()) {
        asked.push((["work", "edit", "-json"], dir.to_owned(), work.to_owned()));
    }
    for (words, dir, file) in asked {
        let args = words.into_iter().chain([file.as_str()]).map(str::to_owned).collect();
        let done = subject.finish(&subject.go.command(args, &dir), SECONDS)?;
        let Ok(edit) = serde_json::from_str::<Edit>(&done.stdout.text()) else {
            return Ok(Err(format!("a `{file}` that the go command can read")));
        };
        let named = edit.replace.into_iter().map(|replace| replace.new.path);
        let used = edit.r#use.into_iter().map(|used| used.disk_path);
        let paths = named.chain(used).filter(|path| path.starts_with('.') || path.starts_with('/'));
        let found_here = paths.filter_map(|path| {
            let path = Utf8PathBuf::from(path);
            // One that is absolute is found from everywhere, and stays where it is.
            (!path.is_absolute()).then(|| plain(&dir.join(path)))
        });
        found.extend(found_here.filter(|path| !path.starts_with(root) && path.is_dir()));
    }
    found.sort();
    found.dedup();
    Ok(Ok(found))
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Edit {
    #[serde(deserialize_with = "or_none")]
    replace: Vec<Replace>,
    #[serde(deserialize_with = "or_none")]
    r#use: Vec<Used>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Replace {
    new: New,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct New {
    path: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Used {
    disk_path: String,
}

/// The go command writes `null` for an empty list.
fn or_none<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    Ok(Option::<Vec<T>>::deserialize(deserializer)?.unwrap_or_default())
}

/// The working tree's top, if git tells.
fn top(subject: &Subject<'_>, root: &Utf8Path) -> Result<Option<Utf8PathBuf>, BuildError> {
    let Some(git) = subject.environment.which("git") else { return Ok(None) };
    let args = ["rev-parse", "--show-toplevel"].map(str::to_owned).to_vec();
    let command =
        Command { program: git.into_string(), args, dir: root.to_owned(), env: subject.go.env.clone() };
    let done = subject.finish(&command, SECONDS)?;
    Ok(done.ok().then(|| Utf8PathBuf::from(done.stdout.text().trim_end())))
}

/// Without `.` and `..`, as far as the path itself tells.
fn plain(path: &Utf8Path) -> Utf8PathBuf {
    let mut plain = Utf8PathBuf::new();
    for component in path.components() {
        match component {
            Utf8Component::ParentDir => {
                plain.pop();
            }
            Utf8Component::CurDir => {}
            other => plain.push(other),
        }
    }
    plain
}

/// The directory that all are in, or are.
fn common<'a>(mut paths: impl Iterator<Item = &'a Utf8Path>) -> Utf8PathBuf {
    let Some(first) = paths.next() else { return Utf8PathBuf::new() };
    // The name of the module's own directory goes along: it need not be the only thing that is different.
    let first = first.parent().unwrap_or(first);
    paths.fold(first.to_owned(), |base, path| {
        base.ancestors().find(|ancestor| path.starts_with(ancestor)).unwrap_or(&base).to_owned()
    })
}

struct Copy<'a> {
    is_stamped: bool,
    /// Where copies are: temporary files may be kept in the module.
    place: &'a Utf8Path,
    bytes: u64,
    files: u64,
}

impl Copy<'_> {
    fn tree(&mut self, from: &Utf8Path, to: &Utf8Path) -> Result<(), String> {
        let failed = |error: std::io::Error| format!("a copy of `{from}`: {error}");
        fs::create_dir_all(to).map_err(failed)?;
        for entry in from.read_dir_utf8().map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name();
            if LEFT_OUT.contains(&name) || (name == GIT && !self.is_stamped) || entry.path() == self.place {
                continue;
            }
            let (kind, there) = (entry.file_type().map_err(failed)?, to.join(name));
            if kind.is_dir() {
                self.tree(entry.path(), &there)?;
            } else if kind.is_symlink() {
                let target = entry.path().read_link_utf8().map_err(failed)?;
                symlink(target, there).map_err(failed)?;
            } else if kind.is_file() {
                self.bytes = self.bytes.saturating_add(entry.metadata().map_err(failed)?.len());
                self.files += 1;
                if self.bytes > MAX_BYTES || self.files > MAX_FILES {
                    return Err(format!(
                        "a module of at most {} MiB and {MAX_FILES} files; copy it yourself, and compare the hashes of `--verbose`",
                        MAX_BYTES >> 20
                    ));
                }
                fs::copy(entry.path(), there).map_err(failed)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_keep_their_place_beside_the_module() {
        let paths = ["/home/me/src/app", "/home/me/src/lib", "/home/me/other"].map(Utf8Path::new);
        assert_eq!(common(paths.into_iter()), "/home/me");
        assert_eq!(common(paths.into_iter().take(1)), "/home/me/src");
        assert_eq!(plain(Utf8Path::new("/home/me/src/app/../lib/./x")), "/home/me/src/lib/x");
    }

    #[test]
    fn empty_lists_of_the_go_command_are_no_neighbours() {
        let edit: Edit = serde_json::from_str(r#"{"Module":{"Path":"m"},"Replace":null}"#).expect("JSON");
        assert!(edit.replace.is_empty() && edit.r#use.is_empty());
        let text = r#"{"Replace":[{"Old":{"Path":"a"},"New":{"Path":"../a"}}],"Use":[{"DiskPath":"./b"}]}"#;
        let edit: Edit = serde_json::from_str(text).expect("JSON");
        assert_eq!((edit.replace[0].new.path.as_str(), edit.r#use[0].disk_path.as_str()), ("../a", "./b"));
    }

    #[test]
    fn a_copy_that_lies_in_the_module_is_not_copied_itself() {
        let module = tempfile::tempdir().expect("temporary");
        let module = Utf8Path::from_path(module.path()).expect("utf-8");
        let place = module.join(".tmp/elsewhere");
        fs::create_dir_all(&place).expect("made");
        fs::write(module.join("x.go"), "package x").expect("written");
        let mut copy = Copy { is_stamped: false, place: &place, bytes: 0, files: 0 };
        copy.tree(module, &place.join("m")).expect("copied");
        assert_eq!(copy.files, 1);
        assert!(place.join("m/.tmp").is_dir() && !place.join("m/.tmp/elsewhere").exists());
    }

    #[test]
    fn a_copy_has_files_and_links_and_neither_the_repository_nor_the_harness_own() {
        let (from, to) = (tempfile::tempdir().expect("temporary"), tempfile::tempdir().expect("temporary"));
        let [from, to] = [&from, &to].map(|dir| Utf8Path::from_path(dir.path()).expect("utf-8"));
        for dir in ["a", ".git", ".harness"] {
            fs::create_dir(from.join(dir)).expect("made");
            fs::write(from.join(dir).join("x.go"), "package x").expect("written");
        }
        symlink("a/x.go", from.join("link.go")).expect("linked");
        let mut copy = Copy { is_stamped: false, place: to, bytes: 0, files: 0 };
        copy.tree(from, &to.join("m")).expect("copied");
        assert!(to.join("m/a/x.go").is_file() && to.join("m/link.go").is_symlink());
        assert!(!to.join("m/.git").exists() && !to.join("m/.harness").exists());
    }
}
