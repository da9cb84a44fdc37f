//! What is made of the command line's own description: completions of shells, and manual pages.
//!
//! Input: the definitions in `args`. Output: text, or pages in a directory that is made if it is not there.

use camino::Utf8Path;
use clap::CommandFactory;

use super::Context;
use super::args::Cli;
use super::error::CliError;
use crate::model::Outcome;

/// The command, as a user types it.
const NAME: &str = "harness";

/// Prints the completions of a shell.
pub(super) fn completions(shell: clap_complete::Shell, context: &Context) -> Result<Outcome, CliError> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut visible(), NAME, &mut script);
    context.console.print(&String::from_utf8_lossy(&script))?;
    Ok(Outcome::Pass)
}

/// The command line without what is hidden: completions would offer it.
fn visible() -> clap::Command {
    let all = Cli::command();
    let commands = all.get_subcommands().filter(|command| !command.is_hide_set()).cloned();
    clap::Command::new(NAME)
        .version(env!("CARGO_PKG_VERSION"))
        .propagate_version(true)
        .args(all.get_arguments().cloned())
        .subcommands(commands)
}

/// Prints the main page, or writes all pages into `dir`.
pub(super) fn man(dir: Option<&Utf8Path>, context: &Context) -> Result<Outcome, CliError> {
    let Some(dir) = dir else {
        let mut page = Vec::new();
        clap_mangen::Man::new(Cli::command()).render(&mut page).map_err(anyhow::Error::from)?;
        context.console.print(&String::from_utf8_lossy(&page))?;
        return Ok(Outcome::Pass);
    };
    let dir = context.environment.dir.join(dir);
    std::fs::create_dir_all(&dir).and_then(|()| clap_mangen::generate_to(Cli::command(), &dir)).map_err(
        |error| {
            let what = format!("could not write manual pages into `{dir}`: {error}");
            CliError::usage(what, "name a directory that can be written, such as ~/.local/share/man/man1")
        },
    )?;
    context
        .console
        .say(&format!("manual pages are in {dir}; `man -M` and MANPATH want the directory above man1"));
    Ok(Outcome::Pass)
}
