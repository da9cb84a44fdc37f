//! `harness debug SCENARIO goroutines|goroutine|waits`: what the latest session or a core file has.

use std::fs;

use camino::Utf8PathBuf;

use super::args::{Debug, DebugCommand, Goroutines, OneGoroutine, Source};
use super::{RECORD, prepare};
use crate::capture::delve::{CorePlan, core};
use crate::cli::args::Format;
use crate::cli::error::CliError;
use crate::cli::{Context, scenarios};
use crate::model::Outcome;
use crate::model::debug::DebugRecord;
use crate::report::debug::{DebugReport, Filter, GoroutineList};
use crate::scenario::Scenario;
use crate::toolchain::{self, Toolchain};

/// Whose goroutines are asked for.
struct Asked<'a> {
    args: &'a Debug,
    scenario: Scenario,
    context: &'a Context,
}

pub(super) fn command(args: &Debug, command: &DebugCommand, context: &Context) -> Result<Outcome, CliError> {
    let scenario = scenarios::resolve(&args.scenario, &context.environment.dir)?;
    let asked = Asked { args, scenario, context };
    match command {
        DebugCommand::Goroutines(wanted) => asked.goroutines(wanted)?,
        DebugCommand::Goroutine(wanted) => asked.goroutine(wanted)?,
        DebugCommand::Waits(source) => {
            let (of, record) = asked.record(source, None)?;
            let list = GoroutineList::new(&of, record, &Filter::default());
            asked.show(&list, || list.waits_to_terminal(&context.console.look()))?;
        }
    }
    Ok(Outcome::Pass)
}

impl Asked<'_> {
    fn goroutines(&self, wanted: &Goroutines) -> Result<(), CliError> {
        let Goroutines { source, leaked, waits, function, by } = wanted;
        let filter = Filter { leaked: *leaked, waits: waits.clone(), function: function.clone() };
        let (of, record) = self.record(source, None)?;
        let list = GoroutineList::new(&of, record, &filter);
        self.show(&list, || list.to_terminal((*by).into(), &self.context.console.look()))
    }

    /// One that was not looked at is looked up in the session's core file, if it has one.
    fn goroutine(&self, wanted: &OneGoroutine) -> Result<(), CliError> {
        let look = self.context.console.look();
        let id = wanted.id;
        let all = |(of, record): (String, DebugRecord)| GoroutineList::new(&of, record, &Filter::default());
        let (of, record) = self.record(&wanted.source, Some(id))?;
        let kept = record.core.clone().filter(|core| wanted.source.core.is_none() && core.is_file());
        let mut list = all((of, record));
        if list.one(id, &look).is_none()
            && let Some(core) = kept
        {
            let source = Source { core: Some(core), program: None };
            list = all(self.record(&source, Some(id))?);
        }
        match (list.one(id, &look), list.looked_at(id)) {
            (Some(text), _) => {
                list.groups.retain(|group| group.ids.contains(&id));
                self.show(&list, || text)
            }
            (None, None) => Err(CliError::usage(
                format!("there is no goroutine {id}"),
                format!("harness debug {} goroutines --by each", self.args.scenario),
            )),
            (None, Some(looked)) => {
                let looked: Vec<String> = looked.iter().map(i64::to_string).collect();
                Err(CliError::usage(
                    format!("goroutine {id} was not looked at; of those like it, {} were", looked.join(", ")),
                    format!(
                        "`harness debug {} --keep-core`, and every goroutine can be asked for",
                        self.args.scenario
                    ),
                ))
            }
        }
    }

    fn show(&self, list: &GoroutineList, terminal: impl FnOnce() -> String) -> Result<(), CliError> {
        let text = match self.args.format {
            Format::Json => list.to_json().map_err(anyhow::Error::from)?,
            Format::Terminal => self.context.console.fitted(terminal()),
        };
        self.context.console.print(&text)
    }

    /// What is there, and where it is from in words.
    fn record(&self, source: &Source, id: Option<i64>) -> Result<(String, DebugRecord), CliError> {
        match &source.core {
            Some(file) => self.of_core(file, source, id),
            None => self.latest().map(|report| (told(&report), report.record)),
        }
    }

    /// The latest session.
    fn latest(&self) -> Result<DebugReport, CliError> {
        let path = prepare::session(&self.scenario, self.context)?.join(RECORD);
        let text = fs::read(&path).map_err(|_| {
            let name = &self.args.scenario;
            CliError::usage(
                format!("`{name}` has not been debugged yet"),
                format!("harness debug {name}, or name a core file with --core"),
            )
        })?;
        serde_json::from_slice(&text).map_err(|error| {
            let what = format!("`{path}` is no record of this harness: {error}");
            CliError::usage(what, format!("harness debug {}", self.args.scenario))
        })
    }

    fn of_core(
        &self,
        file: &Utf8PathBuf,
        source: &Source,
        goroutine: Option<i64>,
    ) -> Result<(String, DebugRecord), CliError> {
        let dir = &self.context.environment.dir;
        let file = dir.join(file);
        if !file.is_file() {
            return Err(CliError::usage(format!("there is no core file `{file}`"), "a crash leaves one"));
        }
        let program = match &source.program {
            Some(program) => dir.join(program),
            None => {
                self.latest()
                    .map_err(|_| {
                        CliError::usage("which program left the core file?", "name it with --program")
                    })?
                    .record
                    .program
            }
        };
        let toolchain = Toolchain::find(&self.context.environment)?;
        let dlv = toolchain::delve(&self.context.environment, toolchain.go())?;
        let out = prepare::session(&self.scenario, self.context)?.with_file_name("core");
        let activity = self.context.console.activity("debug");
        let record = core(&CorePlan {
            dlv: &dlv,
            program: &program,
            core: &file,
            module: "",
            env: &self.context.environment.vars,
            out: &out,
            goroutine,
            interrupt: &self.context.interrupt,
        });
        drop(activity);
        Ok((format!("of core file {file}"), record?))
    }
}

fn told(report: &DebugReport) -> String {
    format!("of the latest session ({} {})", report.scenario, report.variant)
}
