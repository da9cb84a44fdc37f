//! What is in `vendor/`, and what `go mod vendor` would put there.

use std::collections::BTreeMap;
use std::fs;

use camino::{Utf8Path, Utf8PathBuf};

use super::copied::Copied;
use super::sources::Sources;
use super::tree::{Tree, first_difference, tree};
use super::{BuildError, Question, SECONDS, Said};
use crate::toolchain::process::Command;

/// `vendor/`, and what it should be.
#[derive(Debug, Clone)]
pub struct VendorRecord {
    /// The directory.
    pub dir: Utf8PathBuf,
    /// Its files, `modules.txt` aside.
    pub files: Tree,
    /// `modules.txt`, if it is there.
    pub modules_txt: Option<String>,
    /// What should be there.
    pub truth: Truth,
}

/// What `vendor/` is compared with.
#[derive(Debug, Clone)]
pub enum Truth {
    /// What `go mod vendor` writes.
    Rewritten(Box<Rewritten>),
    /// It writes nothing, for this reason; files can be compared with sources of those modules that are there.
    Sources(String, Sources),
}

/// What `go mod vendor` writes elsewhere.
#[derive(Debug, Clone, Default)]
pub struct Rewritten {
    /// Files, `modules.txt` aside.
    pub files: Tree,
    /// Its `modules.txt`; `None` if there is nothing to vendor.
    pub modules_txt: Option<String>,
    /// go.mod before and after.
    pub go_mod: (String, String),
    /// go.sum before and after.
    pub go_sum: (String, String),
    /// First lines in which altered files differ, of those that are text.
    pub lines: BTreeMap<Utf8PathBuf, u32>,
}

impl Question<'_> {
    pub(super) fn vendor(&self, dir: &Utf8Path, copied: &Copied) -> Result<VendorRecord, BuildError> {
        let mut files = tree(dir)?;
        let has_list = files.remove(Utf8Path::new("modules.txt")).is_some();
        let modules_txt = if has_list { Some(text(&dir.join("modules.txt"))) } else { None };
        let truth = match self.rewrite(copied)? {
            Ok(out) => Truth::Rewritten(Box::new(self.rewritten(dir, &out, &files, copied)?)),
            Err(why) => {
                let sources = self.sources(dir, &files, modules_txt.as_deref().unwrap_or_default())?;
                Truth::Sources(why, sources)
            }
        };
        Ok(VendorRecord { dir: dir.to_owned(), files, modules_txt, truth })
    }

    /// Has `go mod vendor` write elsewhere. It takes nothing that go.sum does not have: then the copy of go.sum is completed first.
    fn rewrite(&self, copied: &Copied) -> Result<Result<Utf8PathBuf, String>, BuildError> {
        let out = copied.dir.join("vendor");
        if out.is_dir() {
            fs::remove_dir_all(&out).map_err(BuildError::file("remove", &out))?;
        }
        let command = self.vendoring(copied, &out);
        let mut said: Said = self.said(&command, SECONDS)?;
        if said.is_err() && copied.go_work.is_none() {
            said = match self.said(&copied.list(self, &["-f="], &["all"]), SECONDS)? {
                Ok(_) => self.said(&command, SECONDS)?,
                Err(why) => Err(why),
            };
        }
        Ok(said.map(|_| out))
    }

    fn vendoring(&self, copied: &Copied, out: &Utf8Path) -> Command {
        let of = if copied.go_work.is_some() { "work" } else { "mod" };
        copied.command(self, &[of, "vendor", "-o", out.as_str()])
    }

    fn rewritten(
        &self,
        dir: &Utf8Path,
        out: &Utf8Path,
        files: &Tree,
        copied: &Copied,
    ) -> Result<Rewritten, BuildError> {
        let mut written = tree(out)?;
        let has_list = written.remove(Utf8Path::new("modules.txt")).is_some();
        let altered =
            written.iter().filter(|(path, digest)| files.get(*path).is_some_and(|own| own != *digest));
        let lines = altered.filter_map(|(path, _)| {
            Some((path.clone(), first_difference(&dir.join(path), &out.join(path))?))
        });
        let lines = lines.collect();
        let own_sum = match &self.go_work {
            Some(go_work) => go_work.with_extension("work.sum"),
            None => self.go_mod.with_extension("sum"),
        };
        let rewritten = Rewritten {
            files: written,
            modules_txt: has_list.then(|| text(&out.join("modules.txt"))),
            go_mod: (text(&self.go_mod), text(&copied.go_mod)),
            go_sum: (text(&own_sum), text(&copied.sum())),
            lines,
        };
        // As many files as vendor/ has; what they were like is in the record.
        fs::remove_dir_all(out).or_else(|error| match error.kind() {
            std::io::ErrorKind::NotFound => Ok(()),
            _ => Err(BuildError::file("remove", out)(error)),
        })?;
        Ok(rewritten)
    }
}

/// A file's text; empty if it cannot be read.
fn text(path: &Utf8Path) -> String {
    fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}
