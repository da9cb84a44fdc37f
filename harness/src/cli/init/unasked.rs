//! A package without a scenario that listens: the load that `harness init` would write for it.
//!
//! Input: a scenario that was made up, and what the sources say. Output: its checkpoint, driver and environment; and a note
//! that tells so. It writes nothing, and leaves alone what ends by itself.

use super::super::Context;
use super::super::error::CliError;
use super::subject::Subject;
use super::text;
use crate::scenario::{self, Kind, Scenario, Workload};
use crate::toolchain::{Proposal, Toolchain, propose};

/// Without load a server runs into its deadline in every run, and nothing is learnt.
pub(in crate::cli) fn load(
    scenario: &mut Scenario,
    toolchain: &Toolchain,
    context: &Context,
) -> Result<(), CliError> {
    let workload = &mut scenario.workload;
    if !scenario.path.as_str().is_empty() || workload.kind != Kind::Binary || workload.driver.is_some() {
        return Ok(());
    }
    // What is wrong with the package, its build says better.
    let Ok(proposal) = propose(toolchain, &workload.module, &workload.package, &context.interrupt) else {
        return Ok(());
    };
    let place = match &proposal.listens {
        // A number of operations is something that it works through, and then ends.
        Some(listens) if proposal.size.is_none() => listens.place.clone(),
        _ => return Ok(()),
    };
    let drafted = drafted(workload, &proposal)?;
    if let Some(driver) = &drafted.driver {
        let (package, rounds) = (&workload.package, driver.rounds);
        context.console.say(&format!(
            "note: it listens ({place}), so it gets {rounds} rounds of load as a guess; `harness init {package}` writes them \
             down to be changed"
        ));
        context.console.say(&format!("      {}", driver.command.join(" ")));
    }
    workload.checkpoint = drafted.checkpoint;
    workload.driver = drafted.driver;
    workload.env.extend(drafted.env);
    Ok(())
}

/// The workload of the scenario that would be written.
fn drafted(of: &Workload, proposal: &Proposal) -> Result<Workload, CliError> {
    let subject = Subject {
        module: of.module.clone(),
        package: of.package.clone(),
        import_path: of.package.clone(),
        name: "made-up".to_owned(),
        is_tests: false,
    };
    let text = text::scenario("made-up", ".".into(), &subject, proposal);
    let drafted = scenario::of_text(text, &of.module.join("made-up.toml"))?;
    Ok(drafted.workload)
}
