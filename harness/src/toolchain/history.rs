//! The commits of a workload's repository, asked of git. Nothing is changed: no reference, no index, no working tree.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::process::Interrupt;
use super::revision::{git, module_at, top};

/// A repository, and where in it a module lies.
#[derive(Debug)]
pub struct Repository<'a> {
    top: Utf8PathBuf,
    module: &'a Utf8Path,
    env: &'a BTreeMap<String, String>,
    interrupt: &'a Interrupt,
}

/// A commit as people know it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Commit {
    /// Its hash, whole.
    pub hash: String,
    /// Who wrote it.
    pub author: String,
    /// When, with the author's time zone.
    pub date: String,
    /// The first line of its message.
    pub subject: String,
    /// It joins other lines of development.
    pub is_merge: bool,
}

impl Commit {
    /// As much of the hash as people write.
    #[must_use]
    pub fn short(&self) -> &str {
        self.hash.get(..10).unwrap_or(&self.hash)
    }
}

impl<'a> Repository<'a> {
    /// The repository that `module` is in.
    ///
    /// # Errors
    /// In words, when it is in none or there is no git.
    pub fn of(
        module: &'a Utf8Path,
        env: &'a BTreeMap<String, String>,
        interrupt: &'a Interrupt,
    ) -> Result<Self, String> {
        Ok(Self { top: top(module, env, interrupt)?, module, env, interrupt })
    }

    fn git(&self, args: &[&str]) -> Result<String, String> {
        git(args, &self.top, self.env, self.interrupt)
    }

    /// The commit that `revision` stands for.
    ///
    /// # Errors
    /// In words, when there is none.
    pub fn commit(&self, revision: &str) -> Result<Commit, String> {
        let hash =
            self.git(&["rev-parse", "--verify", "--end-of-options", &format!("{revision}^{{commit}}")])?;
        let format = "--format=%H%n%P%n%an%n%ai%n%s";
        let text = self.git(&["show", "--no-patch", "--no-show-signature", format, &hash, "--"])?;
        let mut lines = text.lines().map(str::to_owned);
        let mut next = || lines.next().unwrap_or_default();
        let (hash, parents) = (next(), next());
        let is_merge = parents.contains(' ');
        Ok(Commit { hash, author: next(), date: next(), subject: next(), is_merge })
    }

    /// Commits that lead to `bad` and to none of `good`, `bad` among them: a line each, with the distance that tells how
    /// well it halves them.
    ///
    /// # Errors
    /// In words.
    pub fn candidates(&self, good: &[String], bad: &str) -> Result<Vec<String>, String> {
        let mut args = vec!["rev-list", "--bisect-all", bad, "--not"];
        args.extend(good.iter().map(String::as_str));
        args.push("--");
        Ok(self.git(&args)?.lines().map(str::to_owned).collect())
    }

    /// The last commits that both lead to; one of the two, if it leads to the other.
    ///
    /// # Errors
    /// In words, when they have nothing in common.
    pub fn common(&self, one: &str, other: &str) -> Result<Vec<String>, String> {
        let args = ["merge-base", "--all", one, other];
        self.git(&args).map(|text| text.lines().map(str::to_owned).collect()).map_err(|_| {
            format!("{one} and {other} have no commit in common (a shallow clone? `git fetch --unshallow`)")
        })
    }

    /// Puts the repository as it was at `commit` into `dir`, which is made anew; tells where the module is there.
    ///
    /// # Errors
    /// In words.
    pub fn check_out(&self, commit: &str, dir: &Utf8Path) -> Result<Utf8PathBuf, String> {
        module_at(self.module, commit, dir, self.env, self.interrupt)
    }
}
