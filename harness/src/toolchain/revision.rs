//! A module at another git revision, beside the user's working tree, which is left alone: neither its files nor its
//! index nor its list of worktrees change.

use std::collections::BTreeMap;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};

use super::process::{Command, Interrupt, Limits, run};

/// Longest that git may take for one step.
const DEADLINE: Duration = Duration::from_secs(120);

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
    let git = |args: &[&str], env: &BTreeMap<String, String>, at: &Utf8Path| {
        let args = args.iter().map(|word| (*word).to_owned()).collect();
        let command = Command { program: "git".to_owned(), args, dir: at.to_owned(), env: env.clone() };
        let done = run(&command, &Limits::within(DEADLINE), interrupt)
            .map_err(|error| format!("{error}: {}", error.source))?;
        if !done.ok() {
            return Err(format!("`{}` failed: {}", command.words().join(" "), done.stderr.text().trim_end()));
        }
        Ok(done.stdout.text().trim_end().to_owned())
    };
    let top = Utf8PathBuf::from(git(&["rev-parse", "--show-toplevel"], &env, module)?);
    let inside = module.strip_prefix(&top).map_err(|_| format!("`{module}` is not below `{top}`"))?;
    let tree = format!("{revision}^{{tree}}");
    env.insert("GIT_INDEX_FILE".to_owned(), dir.join(".index").into_string());
    git(&["read-tree", &tree], &env, &top)?;
    git(&["checkout-index", "--all", "--force", &format!("--prefix={dir}/")], &env, &top)?;
    let there = dir.join(inside);
    match there.is_dir() {
        true => Ok(there),
        false => Err(format!("`{inside}` is not there at revision `{revision}`")),
    }
}
