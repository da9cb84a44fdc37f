//! Copies of go.mod and go.sum (or of go.work and go.work.sum): the go command asks and writes there.
//!
//! Paths of replacements start from the directory of the user's go.mod, wherever `-modfile` lies; a go.work's own start from itself,
//! so that the copy names the modules by absolute paths.

use std::fs;

use camino::{Utf8Path, Utf8PathBuf};
use serde::Deserialize;

use super::{BuildError, Command, Question, SECONDS};
use crate::format::modfiles::GoModReplace;

/// The copies.
pub(super) struct Copied {
    pub(super) go_mod: Utf8PathBuf,
    /// The copy of go.work, if there is one.
    pub(super) go_work: Option<Utf8PathBuf>,
    pub(super) dir: Utf8PathBuf,
}

/// `go work edit -json`
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GoWork {
    #[serde(default)]
    r#use: Option<Vec<Used>>,
    #[serde(default)]
    replace: Option<Vec<GoModReplace>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Used {
    disk_path: Utf8PathBuf,
}

impl Copied {
    /// Words that have the go command read and write them, and complete them.
    pub(super) fn words(&self) -> Vec<String> {
        match self.go_work {
            Some(_) => vec!["-mod=readonly".to_owned()], // a workspace takes no other, nor a -modfile
            None => vec!["-mod=mod".to_owned(), format!("-modfile={}", self.go_mod)],
        }
    }

    /// `go list WORDS PATTERNS`
    pub(super) fn list(&self, question: &Question<'_>, words: &[&str], patterns: &[&str]) -> Command {
        let mut args = vec!["list".to_owned()];
        args.extend(self.words());
        args.extend(words.iter().chain(patterns).map(|word| (*word).to_owned()));
        self.prepared(question, args)
    }

    /// A command that takes `-modfile` and no `-mod`.
    pub(super) fn command(&self, question: &Question<'_>, words: &[&str]) -> Command {
        let mut args: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        args.extend(self.go_work.is_none().then(|| format!("-modfile={}", self.go_mod)));
        self.prepared(question, args)
    }

    pub(super) fn prepared(&self, question: &Question<'_>, args: Vec<String>) -> Command {
        let mut command = question.neutral(question.subject.go(args));
        if let Some(go_work) = &self.go_work {
            command.env.insert("GOWORK".to_owned(), go_work.to_string());
        }
        command
    }

    /// The file beside go.mod or go.work that has hashes.
    pub(super) fn sum(&self) -> Utf8PathBuf {
        match &self.go_work {
            Some(_) => self.dir.join("go.work.sum"),
            None => self.go_mod.with_extension("sum"),
        }
    }
}

impl Question<'_> {
    /// Fresh copies.
    pub(super) fn copied(&self) -> Result<Copied, BuildError> {
        let dir = self.dir.join("copy");
        fs::create_dir_all(&dir).map_err(BuildError::file("create", &dir))?;
        let go_mod = dir.join("go.mod");
        copy(&self.go_mod, &go_mod)?;
        copy(&self.go_mod.with_extension("sum"), &dir.join("go.sum"))?;
        let go_work = match &self.go_work {
            Some(own) => Some(self.workspace(own, &dir)?),
            None => None,
        };
        Ok(Copied { go_mod, go_work, dir })
    }

    fn workspace(&self, own: &Utf8Path, dir: &Utf8Path) -> Result<Utf8PathBuf, BuildError> {
        let copied = dir.join("go.work");
        copy(own, &copied)?;
        copy(&own.with_extension("work.sum"), &dir.join("go.work.sum"))?;
        let json = self.said(&self.command(["work", "edit", "-json"], [copied.as_str()]), SECONDS)?;
        let read = json.ok().and_then(|json| serde_json::from_str::<GoWork>(&json).ok());
        let (used, replaces) = read.map(|read| (read.r#use, read.replace)).unwrap_or_default();
        let absolute = |path: &Utf8Path| own.parent().unwrap_or(own).join(path);
        let used = used.iter().flatten().flat_map(|used| {
            [format!("-dropuse={}", used.disk_path), format!("-use={}", absolute(&used.disk_path))]
        });
        let directories = replaces.iter().flatten().filter(|one| one.new.version.is_empty());
        let directories = directories.map(|one| {
            let at = if one.old.version.is_empty() { "" } else { "@" };
            let old = format!("{}{at}{}", one.old.path, one.old.version);
            format!("-replace={old}={}", absolute(Utf8Path::new(&one.new.path)))
        });
        let moved: Vec<String> = used.chain(directories).collect();
        if !moved.is_empty() {
            let words = ["work", "edit"].into_iter().chain(moved.iter().map(String::as_str));
            // If it fails, the commands that are asked next say so.
            let _ = self.said(&self.command(words, [copied.as_str()]), SECONDS)?;
        }
        Ok(copied)
    }
}

/// Copies a file that need not be there; then the copy is not there either.
fn copy(from: &Utf8Path, to: &Utf8Path) -> Result<(), BuildError> {
    match fs::read(from) {
        Ok(bytes) => fs::write(to, bytes).map_err(BuildError::file("write", to)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let _ = fs::remove_file(to); // gone, or never there
            Ok(())
        }
        Err(error) => Err(BuildError::file("read", from)(error)),
    }
}
