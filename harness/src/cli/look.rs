//! The commands that only look: `list`, `check`, `schema`, `doctor`.

use super::args::{self, SchemaOf};
use super::error::CliError;
use super::{Context, scenarios};
use crate::model::Outcome;
use crate::toolchain::{self, CheckState};
use crate::{report, scenario};

pub(super) fn list(context: &Context) -> Result<Outcome, CliError> {
    let found = scenario::list(&context.environment.dir);
    if found.is_empty() {
        let what = "no scenario can be seen from here";
        return Err(CliError::usage(
            what,
            "write scenarios/NAME.toml, or run a package: harness run ./cmd/server",
        ));
    }
    let mut grid = comfy_table::Table::new();
    grid.load_style(comfy_table::presets::NOTHING);
    for (path, loaded) in found {
        let name = path.file_stem().unwrap_or_default().to_owned();
        match loaded {
            Ok(scenario) => {
                let n = scenario.variants.len();
                grid.add_row([
                    name,
                    format!("{n} {}", if n == 1 { "variant" } else { "variants" }),
                    scenario.description,
                ])
            }
            Err(_) => grid.add_row([name.clone(), "broken".to_owned(), format!("see harness check {name}")]),
        };
    }
    context.console.print(&format!("{}\n", grid.trim_fmt()))?;
    Ok(Outcome::Pass)
}

pub(super) fn check(args: &args::Check, context: &Context) -> Result<Outcome, CliError> {
    let from = &context.environment.dir;
    let all: Vec<(String, Result<scenario::Scenario, CliError>)> = if args.scenarios.is_empty() {
        scenario::list(from)
            .into_iter()
            .map(|(path, loaded)| (path.to_string(), loaded.map_err(Into::into)))
            .collect()
    } else {
        args.scenarios.iter().map(|word| (word.clone(), scenarios::resolve(word, from))).collect()
    };
    let mut outcome = Outcome::Pass;
    for (word, loaded) in all {
        match loaded {
            Ok(scenario) => {
                context.console.print(&format!("{word}: sound, {} variants\n", scenario.variants.len()))?
            }
            Err(error) => {
                outcome = Outcome::Usage;
                super::console::complain(&format!("error: {}", error.message()));
            }
        }
    }
    Ok(outcome)
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
    let mut text = String::new();
    for check in &checks {
        let (word, found) = match &check.state {
            CheckState::Found { path, version } => ("ok", format!("{version}  ({path})")),
            CheckState::Missing => ("missing", "not found".to_owned()),
            CheckState::Unusable { why } => ("unusable", why.clone()),
        };
        text.push_str(&format!("{word:<9} {:<12} {found}\n", check.name));
        if !check.ok() {
            text.push_str(&format!(
                "{:22} without it: {}\n{:22} get it: {}\n",
                "", check.cost, "", check.get
            ));
        }
    }
    context.console.print(&text)?;
    let lacking = checks.iter().any(|check| check.required && !check.ok());
    Ok(if lacking { Outcome::Usage } else { Outcome::Pass })
}
