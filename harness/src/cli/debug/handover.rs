//! `harness debug SCENARIO --interactive` and `--dap`: Delve for somebody else.

use std::io::IsTerminal as _;
use std::time::Duration;

use super::args::Debug;
use crate::capture::delve::{DebugPlan, DelveError, Served, interactive as hand_over, serve};
use crate::cli::Context;
use crate::cli::args::Format;
use crate::cli::error::CliError;
use crate::model::Outcome;

/// Told before anything is built.
pub(super) fn refuse_without_terminal(scenario: &str) -> Result<(), CliError> {
    if std::io::stdin().is_terminal() && std::io::stdout().is_terminal() {
        return Ok(());
    }
    Err(CliError::usage(
        "--interactive needs a terminal, and here is none",
        format!(
            "`harness debug {scenario} --break PLACE --show EXPRESSION` asks without one, --dap serves an editor"
        ),
    ))
}

/// Delve's own terminal.
pub(super) fn interactive(plan: &DebugPlan<'_>, context: &Context) -> Result<Outcome, CliError> {
    let breaks = match plan.breaks.len() {
        0 => String::new(),
        1 => ", a breakpoint is set".to_owned(),
        n => format!(", {n} breakpoints are set"),
    };
    context.console.say(&format!(
        "{:>8} the program stands at its start{breaks}: `continue` lets it go on, `quit` ends all",
        "debug"
    ));
    hand_over(plan)?;
    Ok(Outcome::Pass)
}

/// A server for an editor.
pub(super) fn dap(args: &Debug, plan: DebugPlan<'_>, context: &Context) -> Result<Outcome, CliError> {
    let deadline = Duration::from_secs(args.deadline.min(30 * 24 * 3600));
    let plan = DebugPlan { deadline, ..plan };
    let mut failed = None;
    let served = serve(&plan, |address| {
        let entry = launch(args, &plan, address);
        let text = match args.format {
            Format::Json => entry.clone(),
            Format::Terminal => {
                format!("listening at {address}, for this user alone\n\nan entry for launch.json:\n{entry}")
            }
        };
        failed = context.console.print(&text).err();
        context.console.say(&format!("{:>8} Ctrl-C ends it, and so does the editor", "debug"));
        if failed.is_some() { Err(DelveError::Interrupted) } else { Ok(()) }
    });
    if let Some(failed) = failed {
        return Err(failed);
    }
    match served? {
        Served::Ended => Ok(Outcome::Pass),
        Served::Interrupted => Err(CliError::Interrupted),
        Served::TimedOut => {
            context.console.say(&format!("{:>8} the time was over (--deadline)", "debug"));
            Ok(Outcome::Pass)
        }
    }
}

/// What VS Code, and whoever reads its files, takes for a server to attach to.
fn launch(args: &Debug, plan: &DebugPlan<'_>, address: &str) -> String {
    let (host, port) = address.rsplit_once(':').unwrap_or((address, "0"));
    let mut entry = serde_json::json!({
        "name": format!("harness debug {}", args.scenario),
        "type": "go",
        "request": "attach",
        "mode": "remote",
        "host": host,
        "port": port.parse::<u16>().unwrap_or(0),
    });
    if plan.is_trimmed {
        entry["substitutePath"] = serde_json::json!([{ "from": plan.workload.module, "to": plan.module }]);
    }
    serde_json::to_string_pretty(&entry).unwrap_or_default() + "\n"
}
