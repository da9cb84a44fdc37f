//! The command line: the only module that prints, reads the environment and decides how the process ends.
//!
//! `args` is what a user types, one file per family of commands does it, `pipeline` is the stages after
//! the disk in order.

mod activity;
mod alike;
mod args;
mod baseline;
mod bisect;
mod build;
mod builds;
mod checkout;
mod ci;
mod conditions;
mod console;
mod covered;
mod debug;
mod diff;
mod earlier;
mod error;
mod exports;
mod failures;
mod files;
mod foreign;
mod forms;
mod gotest;
mod init;
mod inspect;
mod line;
mod lines;
mod live;
mod look;
mod manual;
mod measure;
mod pace;
mod pages;
mod panels;
mod pipeline;
mod progress;
mod reading;
mod replay;
mod reproduce;
mod run;
mod sanitized;
mod scenarios;
mod selftest;
mod test_args;
mod tested;

use camino::Utf8PathBuf;
use clap::Parser;

use crate::model::Outcome;
use crate::toolchain::{Environment, Interrupt};

use args::{Cli, Command};
use console::Console;
use error::CliError;

/// What every command works with.
#[derive(Debug)]
struct Context {
    environment: Environment,
    console: Console,
    interrupt: Interrupt,
}

/// What ends `git bisect run`, which takes every code of ours below 125 for a bad commit.
const END_OF_SEARCH: u8 = 128;

/// Does what the command line says; the result is the process's exit code.
#[must_use]
pub fn main() -> u8 {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print(); // a closed pipe
            let is_step = std::env::args().any(|word| word == "--step");
            return match (error.use_stderr(), is_step) {
                (false, _) => 0,
                (true, false) => Outcome::Usage.exit_code(),
                (true, true) => END_OF_SEARCH,
            };
        }
    };
    let done =
        std::panic::catch_unwind(|| context(&cli).and_then(|context| dispatch(&cli.command, &context)));
    let outcome = match done {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(error)) => {
            console::complain(&format!("error: {}", error.message()));
            error.outcome()
        }
        Err(_) => {
            console::complain("error: this is a bug in the harness; the message above tells where");
            Outcome::Bug
        }
    };
    outcome.exit_code()
}

/// The day on which somebody asks.
fn today() -> crate::baseline::Day {
    let now = jiff::Timestamp::now().as_nanosecond();
    crate::baseline::Day::of(crate::model::WallTime(i64::try_from(now).unwrap_or(i64::MAX)))
}

fn context(cli: &Cli) -> Result<Context, CliError> {
    let dir = std::env::current_dir().map_err(|error| {
        CliError::usage(format!("there is no working directory: {error}"), "work in one that is there")
    })?;
    let dir = Utf8PathBuf::try_from(dir)
        .map_err(|error| CliError::usage(error.to_string(), "work in a directory whose name is UTF-8"))?;
    let known = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
        Some((name.into_string().ok()?, value.into_string().ok()?))
    };
    let environment = Environment::new(std::env::vars_os().filter_map(known), dir);
    let console = Console::new(cli.output.clone(), &environment);
    let interrupt = Interrupt::default();
    let asked = interrupt.clone();
    ctrlc::set_handler(move || asked.trigger()).map_err(anyhow::Error::from)?;
    Ok(Context { environment, console, interrupt })
}

fn dispatch(command: &Command, context: &Context) -> Result<Outcome, CliError> {
    match command {
        Command::Run(args) => run::run(args, context),
        Command::Build(args) => build::command(args, context),
        Command::Bisect(args) => bisect::command(args, context),
        Command::Guard { mark } => {
            crate::capture::delve::guard(mark);
            Ok(Outcome::Pass)
        }
        Command::Debug(args) => debug::command(args, context),
        Command::Selftest(args) => selftest::command(args, context),
        Command::Analyze(args) => run::analyze(args, context),
        Command::Report(args) => pages::command(args, context),
        Command::Diff(args) => diff::command(args, context),
        Command::Inspect(args) => inspect::command(&args.command, context),
        Command::Baseline(args) => baseline::command(&args.command, context),
        Command::Init(args) => init::command(args, context),
        Command::List => look::list(context),
        Command::Check(args) => look::check(args, context),
        Command::Schema(args) => look::schema(args, context),
        Command::Doctor => look::doctor(context),
        Command::Completions { shell } => manual::completions(*shell, context),
        Command::Man { dir } => manual::man(dir.as_deref(), context),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::capture::CaptureError;

    #[test]
    fn the_command_line_is_consistent_and_every_command_has_an_example() {
        Cli::command().debug_assert();
        let mut commands: Vec<clap::Command> = Cli::command().get_subcommands().cloned().collect();
        while let Some(mut command) = commands.pop() {
            let help = command.render_long_help().to_string();
            assert!(help.contains("Example"), "{help}");
            commands.extend(command.get_subcommands().filter(|inner| inner.get_name() != "help").cloned());
        }
    }

    #[test]
    fn help_lists_exit_codes_and_which_of_several_counts() {
        let help = Cli::command().render_long_help().to_string();
        for (_, code, words) in crate::model::OUTCOMES {
            assert!(help.contains(&format!("{code:>3}  {}", words.split(':').next().unwrap())), "{help}");
        }
        assert!(help.contains("counts: 70, 130, 125, 2, 5, 3, 4, 7, 1, 6, 0."), "{help}");
    }

    #[test]
    fn a_damaged_baseline_is_a_usage_error_with_a_way_out() {
        let damaged = crate::baseline::parse("x.toml".into(), "format = ").unwrap_err();
        let error = CliError::from(damaged);
        assert_eq!(error.outcome(), Outcome::Usage);
        let message = error.message();
        assert!(message.contains("line 1, column") && message.contains("\nhint: restore it"), "{message}");
    }

    #[test]
    fn an_error_names_its_cause_once_and_ends_with_the_hint() {
        let source = std::io::Error::from(std::io::ErrorKind::NotFound);
        let error = CliError::from(CaptureError::Io { what: "read", path: "x".into(), source });
        assert_eq!(error.message(), "could not read `x`: entity not found");
        let error = crate::capture::open(camino::Utf8Path::new("/nowhere")).expect_err("there is none");
        let error = CliError::from(error);
        assert!(error.message().lines().last().is_some_and(|line| line.starts_with("hint: ")));
        assert_eq!(error.outcome(), Outcome::Usage);
    }
}
