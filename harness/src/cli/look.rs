//! The commands that only look: `list`, `check`, `schema`, `doctor`.

use super::args::{self, SchemaOf};
use super::error::CliError;
use super::{Context, scenarios};
use camino::Utf8PathBuf;

use crate::model::Outcome;
use crate::report::{self, counted_text};
use crate::scenario::{self, Scenario};
use crate::toolchain::{self, Check, CheckState};

pub(super) fn list(context: &Context) -> Result<Outcome, CliError> {
    let found = scenario::list(&context.environment.dir);
    if found.is_empty() {
        let what = "no scenario can be seen from here";
        return Err(CliError::usage(
            what,
            "write scenarios/NAME.toml, or run a package: harness run ./cmd/server",
        ));
    }
    let row = |(path, loaded): (Utf8PathBuf, Result<Scenario, _>)| {
        let name = path.file_stem().unwrap_or_default().to_owned();
        match loaded {
            Ok(scenario) => {
                let variants = counted_text(scenario.variants.len() as u64, "variant");
                [name, variants, scenario.description]
            }
            Err(_) => [name.clone(), "broken".to_owned(), format!("see `harness check {name}`")],
        }
    };
    let rows: Vec<[String; 3]> = found.into_iter().map(row).collect();
    context.console.print(&columns(&rows, context.console.width()))?;
    Ok(Outcome::Pass)
}

/// Columns of text, the last of which goes on below its own beginning.
fn columns(rows: &[[String; 3]], width: Option<u16>) -> String {
    let longest = |nth: usize| rows.iter().map(|row| row[nth].chars().count()).max().unwrap_or(0);
    let (first, second) = (longest(0), longest(1));
    let line = |[one, two, rest]: &[String; 3]| {
        let head = format!("{one:first$}  {two:second$}  ");
        report::hanging(&head, &report::clean_lines(rest), width) + "\n"
    };
    rows.iter().map(line).collect()
}

pub(super) fn check(args: &args::Check, context: &Context) -> Result<Outcome, CliError> {
    let from = &context.environment.dir;
    let all: Vec<(String, Result<Scenario, CliError>)> = if args.scenarios.is_empty() {
        let shown = |path: &Utf8PathBuf| path.strip_prefix(from).unwrap_or(path).to_string();
        let found = scenario::list(from).into_iter();
        found.map(|(path, loaded)| (shown(&path), loaded.map_err(Into::into))).collect()
    } else {
        args.scenarios.iter().map(|word| (word.clone(), scenarios::resolve(word, from))).collect()
    };
    let n_broken = all.iter().filter(|(_, loaded)| loaded.is_err()).count();
    if all.len() > 1 {
        let words = match n_broken {
            0 => format!("all {} scenarios are sound", all.len()),
            n => format!("{n} of {} scenarios cannot be run", all.len()),
        };
        context.console.print(&format!("{words}\n"))?;
    }
    for (word, loaded) in all {
        match loaded {
            Ok(scenario) => {
                let variants = counted_text(scenario.variants.len() as u64, "variant");
                context.console.print(&context.console.fitted(format!("{word}: sound, {variants}\n")))?;
            }
            Err(error) => super::console::complain(&format!("error: {}", error.message())),
        }
    }
    Ok(if n_broken == 0 { Outcome::Pass } else { Outcome::Usage })
}

pub(super) fn schema(args: &args::Schema, context: &Context) -> Result<Outcome, CliError> {
    let schema = match args.of {
        SchemaOf::Scenario => scenario::json_schema(),
        SchemaOf::Report => report::schema(),
        SchemaOf::Trace => report::trace::schema(),
        SchemaOf::TraceDiff => report::trace::diff::schema(),
        SchemaOf::Profile => report::profile::schema(),
        SchemaOf::HeapDump => report::heap::schema(),
        SchemaOf::Selftest => report::selftest::schema(),
        SchemaOf::Debug => report::debug::schema(),
        SchemaOf::Build => report::lab::schema(),
        SchemaOf::Bisect => report::bisect::schema(),
    };
    let text = serde_json::to_string_pretty(&schema).map_err(anyhow::Error::from)?;
    context.console.print(&format!("{text}\n"))?;
    Ok(Outcome::Pass)
}

pub(super) fn doctor(context: &Context) -> Result<Outcome, CliError> {
    let checks = toolchain::doctor(&context.environment);
    let width = context.console.width();
    let mut text = health(&checks) + "\n";
    for check in &checks {
        let (word, found) = match &check.state {
            CheckState::Found { path, version } => ("ok", format!("{version}  ({path})")),
            CheckState::Missing => ("missing", "not found".to_owned()),
            CheckState::Unusable { why } => ("unusable", why.clone()),
        };
        let head = format!("{word:<9} {:<12} ", check.name);
        let below = " ".repeat(head.chars().count());
        text += &format!("{}\n", report::hanging(&head, &report::clean_lines(&found), width));
        if !check.ok() {
            text += &format!("{}\n", report::hanging(&format!("{below}without it: "), check.cost, width));
            text += &format!("{}\n", report::hanging(&format!("{below}get it: "), check.get, width));
        }
    }
    context.console.print(&text)?;
    let lacking = checks.iter().any(|check| check.required && !check.ok());
    Ok(if lacking { Outcome::Usage } else { Outcome::Pass })
}

/// What all checks come to, in a sentence.
fn health(checks: &[Check]) -> String {
    let lacking = |required: bool| -> Vec<&str> {
        let lacks = checks.iter().filter(|check| check.required == required && !check.ok());
        lacks.map(|check| check.name).collect()
    };
    match (lacking(true).as_slice(), lacking(false).as_slice()) {
        ([], []) => "this machine has all that the harness can use".to_owned(),
        ([], some) => format!("this machine has what is needed, and lacks {} for more", some.join(", ")),
        (needed, _) => format!("nothing can be built or run here without {}", needed.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_below_each_other_and_the_last_goes_on_below_itself() {
        let row = |name: &str, n: &str, text: &str| [name, n, text].map(str::to_owned);
        let rows =
            [row("pgo", "2 variants", "with its profile and without"), row("tags-and-more", "1 variant", "")];
        let expected = "\
pgo            2 variants  with its profile and without
tags-and-more  1 variant
";
        assert_eq!(columns(&rows, None), expected);
        let narrow = columns(&rows, Some(50));
        assert_eq!(narrow.lines().nth(1), Some("                           without"), "{narrow}");
    }

    #[test]
    fn the_health_of_a_machine_is_said_first() {
        let check = |name, required, state| Check { name, state, required, cost: "", get: "" };
        let ok = || CheckState::Found { path: "/bin/x".into(), version: "1".to_owned() };
        let all = [check("go", true, ok()), check("dlv", false, ok())];
        assert_eq!(health(&all), "this machine has all that the harness can use");
        let some = [check("go", true, ok()), check("dlv", false, CheckState::Missing)];
        assert_eq!(health(&some), "this machine has what is needed, and lacks dlv for more");
        let none = [check("go", true, CheckState::Missing), check("dlv", false, CheckState::Missing)];
        assert_eq!(health(&none), "nothing can be built or run here without go");
    }
}
