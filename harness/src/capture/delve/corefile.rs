//! A core file under Delve: the goroutines of a program that is no more.

use std::collections::BTreeMap;
use std::fs;

use camino::Utf8Path;

use super::api::Version;
use super::error::DelveError;
use super::goroutines;
use super::look::look;
use super::server::{Debuggee, Listen, Server};
use super::session::{PATIENCE, Talk, versions};
use crate::model::debug::{DebugEnd, DebugRecord, StoppedGroup};
use crate::toolchain::Interrupt;

/// What is asked of a core file.
pub struct CorePlan<'a> {
    /// Delve.
    pub dlv: &'a Utf8Path,
    /// The program that left it.
    pub program: &'a Utf8Path,
    /// The core file.
    pub core: &'a Utf8Path,
    /// Path of the program's main module, if it is known.
    pub module: &'a str,
    /// The harness's environment.
    pub env: &'a BTreeMap<String, String>,
    /// Directory for Delve's output.
    pub out: &'a Utf8Path,
    /// A goroutine that is looked at in any case.
    pub goroutine: Option<i64>,
    /// Asks to stop.
    pub interrupt: &'a Interrupt,
}

/// Reads a core file's goroutines.
///
/// # Errors
/// When Delve cannot read it, breaks off, or the user interrupts.
pub fn core(plan: &CorePlan<'_>) -> Result<DebugRecord, DelveError> {
    let io = |source| DelveError::Io { what: "create", path: plan.out.to_owned(), source };
    fs::create_dir_all(plan.out).map_err(io)?;
    let debuggee = Debuggee {
        dlv: plan.dlv,
        command: ["core", plan.program.as_str(), plan.core.as_str()].map(str::to_owned).to_vec(),
        args: &[],
        dir: plan.out,
        env: plan.env.clone(),
        redirects: Vec::new(),
        out: plan.out,
    };
    let server = Server::start(&debuggee, Listen::Privately)?;
    let stop = || plan.interrupt.is_set();
    let record = server.connected(&stop).and_then(|connection| {
        let mut talk = Talk { connection, stop: &stop, patience: PATIENCE };
        read(plan, &mut talk)
    });
    let record = match record {
        Err(DelveError::Gone(_)) => {
            server.wait();
            Err(DelveError::NotUp { said: server.said() })
        }
        record => record,
    };
    server.end();
    record
}

fn read(plan: &CorePlan<'_>, talk: &mut Talk<'_>) -> Result<DebugRecord, DelveError> {
    let version: Version = talk.ask("GetVersion", serde_json::json!({}))?;
    let (delve, go) = versions(&version);
    let found = goroutines::list(talk, plan.module)?;
    let mut record = DebugRecord {
        delve,
        go,
        goroutines: found.groups,
        unseen_goroutines: found.unseen,
        waits: found.waits,
        end: DebugEnd::Unknown,
        program: plan.program.to_owned(),
        core: Some(plan.core.to_owned()),
        ..DebugRecord::default()
    };
    let Some(id) = plan.goroutine else { return Ok(record) };
    let looked = look(talk, id, true, plan.module)?.told;
    match record.goroutines.iter_mut().find(|group| group.ids.contains(&id)) {
        Some(group) => {
            group.samples.retain(|sample| sample.id != id);
            group.samples.push(looked);
        }
        // One of the runtime's own is in no list, but may be asked for.
        None if !looked.frames.is_empty() => {
            let at = looked.frames.first().map(|frame| frame.place.clone()).unwrap_or_default();
            record.goroutines.push(StoppedGroup {
                count: 1,
                ids: vec![id],
                at,
                waits: "not listed, since it is the runtime's own".to_owned(),
                samples: vec![looked],
                ..StoppedGroup::default()
            });
        }
        None => {}
    }
    Ok(record)
}
