//! A module at another git revision, beside the user's working tree, which is left alone: neither its files nor its
//! index nor its list of worktrees change.

use std::collections::BTreeMap;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};

use super::process::{Command, Interrupt, Limits, run};

/// Longest that git may take for one step.
const DEADLINE: Duration = Duration::from_secs(120);
/// Most that git may say: half a million commits.
const OUTPUT: usize = 64 << 20;

/// Puts the repository of `module` as it was at `revision` into `dir`, which is made anew; returns where the module is
/// there.
///
/// # Errors
/// In words, why that cannot be done.
pub fn module_at(
    module: &Utf8Path,
    revision: &str,
    dir: &Utf8Path,
    env: &BTreeMap<String, String>,
    interrupt: &Interrupt,
) -> Result<Utf8PathBuf, String> {
    if dir.exists() {
        std::fs::remove_dir_all(dir).map_err(|error| format!("could not remove `{dir}`: {error}"))?;
    }
    std::fs::create_dir_all(dir).map_err(|error| format!("could not create `{dir}`: {error}"))?;
    let mut env = env.clone();
    let top = top(module, &env, interrupt)?;
    let inside = module.strip_prefix(&top).map_err(|_| format!("`{module}` is not below `{top}`"))?;
    let tree = format!("{revision}^{{tree}}");
    env.insert("GIT_INDEX_FILE".to_owned(), dir.join(".index").into_string());
    git(&["read-tree", &tree], &top, &env, interrupt)?;
    git(&["checkout-index", "--all", "--force", &format!("--prefix={dir}/")], &top, &env, interrupt)?;
    let there = dir.join(inside);
    match there.is_dir() {
        true => Ok(there),
        false => Err(format!("`{inside}` is not there at revision `{revision}`")),
    }
}

/// Root of the repository that `module` is in.
pub(super) fn top(
    module: &Utf8Path,
    env: &BTreeMap<String, String>,
    interrupt: &Interrupt,
) -> Result<Utf8PathBuf, String> {
    Ok(Utf8PathBuf::from(git(&["rev-parse", "--show-toplevel"], module, env, interrupt)?))
}

/// What a git command says, without its last line end; in words, why it failed.
pub(super) fn git(
    args: &[&str],
    at: &Utf8Path,
    env: &BTreeMap<String, String>,
    interrupt: &Interrupt,
) -> Result<String, String> {
    let args = args.iter().map(|word| (*word).to_owned()).collect();
    let command = Command { program: "git".to_owned(), args, dir: at.to_owned(), env: env.clone() };
    let limits = Limits { output: OUTPUT, ..Limits::within(DEADLINE) };
    let done = run(&command, &limits, interrupt).map_err(|error| format!("{error}: {}", error.source))?;
    if !done.ok() {
        return Err(format!("`{}` failed: {}", command.words().join(" "), done.stderr.text().trim_end()));
    }
    Ok(done.stdout.text().trim_end().to_owned())
}
