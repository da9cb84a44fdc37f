//! `harness init`: a scenario for a package of the user's, with guesses that its comments give reasons for.
//!
//! Input: the module around a directory. Output: one new file; what is there already is never overwritten.

mod driver;
mod subject;
mod text;
pub(super) mod unasked;

use std::fs::Permissions;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::PermissionsExt as _;

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};

use super::Context;
use super::args;
use super::error::CliError;
use crate::model::Outcome;
use crate::scenario;
use crate::toolchain::{Proposal, Toolchain, propose};
use subject::choose;

/// Directory that scenarios are kept in.
const SCENARIOS: &str = "scenarios";

pub(super) fn command(args: &args::Init, context: &Context) -> Result<Outcome, CliError> {
    let toolchain = Toolchain::find(&context.environment)?;
    let activity = context.console.activity("read");
    let subject = choose(args, &toolchain, context)?;
    let proposal = match subject.is_tests {
        true => Proposal::default(),
        false => propose(&toolchain, &subject.module, &subject.package, &context.interrupt)?,
    };
    drop(activity);
    let name = args.name.clone().unwrap_or_else(|| subject.name.clone());
    if !scenario::is_safe_name(&name) {
        let what = format!("`{name}` cannot be a scenario's name, which is a file's and a directory's, too");
        return Err(CliError::usage(what, "--name NAME takes letters, digits, `-`, `_` and `.`"));
    }
    let dir = directory(&context.environment.dir, &subject.module);
    let path = dir.join(format!("{name}.toml"));
    let text = text::scenario(&name, &relative(&dir, &subject.module), &subject, &proposal);
    write_new(&path, &text)?;
    scenario::load(&path)?;
    let shown = path.strip_prefix(&context.environment.dir).unwrap_or(&path);
    let next = text::next_steps(&name, shown, &subject, &proposal);
    context.console.print(&context.console.fitted(next))?;
    if proposal.listens.is_some() && context.environment.which(driver::CURL).is_none() {
        context.console.say("note: there is no `curl` on PATH, which the driver in the scenario calls");
    }
    Ok(Outcome::Pass)
}

/// Where scenarios are: the nearest directory of that name in the repository, or a new one. It is one that can be seen from
/// `from`, so that `harness run NAME` finds what was written.
fn directory(from: &Utf8Path, module: &Utf8Path) -> Utf8PathBuf {
    let home = if from.starts_with(module) { module } else { from };
    let top = from.ancestors().find(|dir| dir.join(".git").exists()).unwrap_or(home);
    let inside = from.ancestors().take_while(|dir| dir.starts_with(top));
    let there = inside.map(|dir| dir.join(SCENARIOS)).find(|dir| dir.is_dir());
    there.unwrap_or_else(|| home.join(SCENARIOS))
}

/// `to` as it is spelt from `from`; both are absolute.
fn relative(from: &Utf8Path, to: &Utf8Path) -> Utf8PathBuf {
    let common = from.components().zip(to.components()).take_while(|(a, b)| a == b).count();
    let up = from.components().skip(common).map(|_| Utf8Component::ParentDir);
    let path: Utf8PathBuf = up.chain(to.components().skip(common)).collect();
    if path.as_str().is_empty() { ".".into() } else { path }
}

/// Writes a file that must not be there, whole or not at all.
fn write_new(path: &Utf8Path, text: &str) -> Result<(), CliError> {
    let failed = |error: std::io::Error| match error.kind() {
        ErrorKind::AlreadyExists => CliError::usage(
            format!("`{path}` is there already, and is left as it is"),
            "--name NAME writes another one; remove the file to have it written anew",
        ),
        _ => CliError::usage(format!("could not write `{path}`: {error}"), "is the directory yours?"),
    };
    let dir = path.parent().unwrap_or(path);
    std::fs::create_dir_all(dir).map_err(failed)?;
    let like_any_file = Permissions::from_mode(0o666); // less the umask
    let mut file = tempfile::Builder::new().permissions(like_any_file).tempfile_in(dir).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    file.persist_noclobber(path).map(drop).map_err(|error| failed(error.error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scenarios_go_to_a_directory_that_is_seen_from_here() {
        let bench = tempfile::tempdir().expect("a directory");
        let root = Utf8Path::from_path(bench.path()).expect("UTF-8");
        let module = root.join("services/shop");
        std::fs::create_dir_all(module.join("cmd")).expect("made");
        assert_eq!(directory(&module.join("cmd"), &module), module.join("scenarios"));
        assert_eq!(directory(root, &module), root.join("scenarios"));
        std::fs::create_dir_all(root.join("scenarios")).expect("made");
        assert_eq!(
            directory(&module, &module),
            module.join("scenarios"),
            "beyond the module is somebody else's"
        );
        std::fs::create_dir_all(root.join(".git")).expect("made");
        assert_eq!(directory(&module, &module), root.join("scenarios"), "of the same repository");
    }

    #[test]
    fn a_scenario_is_made_new_and_one_that_is_there_stays() {
        let bench = tempfile::tempdir().expect("a directory");
        let path = Utf8Path::from_path(bench.path()).expect("UTF-8").join("scenarios/app.toml");
        write_new(&path, "first").expect("written");
        let error = write_new(&path, "second").expect_err("it is there");
        assert!(error.message().contains("is there already"), "{}", error.message());
        assert_eq!(std::fs::read_to_string(&path).expect("read"), "first");
        let beside = std::fs::read_dir(path.parent().expect("a parent")).expect("listed");
        assert_eq!(beside.count(), 1, "nothing stays of the second");
    }

    #[test]
    fn a_module_is_named_from_the_directory_of_scenarios() {
        for (from, to, path) in [
            ("/r/scenarios", "/r", ".."),
            ("/r/scenarios", "/r/services/shop", "../services/shop"),
            ("/r", "/r", "."),
            ("/r/ab/scenarios", "/r/a", "../../a"),
        ] {
            assert_eq!(relative(from.into(), to.into()), path, "{from} {to}");
        }
    }
}
