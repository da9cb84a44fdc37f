//! A plain run that is measured: the user's own binary, with gctrace and nothing else.
//!
//! Not part of a capture: what it leaves is below a directory of the caller's. The trace of the collector costs some 40
//! short writes per cycle (GO-FACTS 2), the same in every variant.

use std::collections::BTreeMap;
use std::fs;

use camino::{Utf8Path, Utf8PathBuf};

use super::error::{CaptureError, io};
use super::gotest::Known;
use super::launch::{Launch, Purpose};
use super::manifest::RunRecord;
use crate::model::RunId;
use crate::scenario::Scenario;
use crate::toolchain::{Built, Interrupt};

/// Where a program's standard error goes, which is where gctrace writes, too.
const STDERR: &str = "stderr.txt";

/// Runs `built` once below `root`; gives what came of it, and its standard error.
///
/// # Errors
/// When the directory cannot be written or read; what the program does is never an error.
pub fn measure(
    (scenario, built): (&Scenario, &Built),
    id: &RunId,
    root: &Utf8Path,
    env: &BTreeMap<String, String>,
    interrupt: &Interrupt,
) -> Result<(RunRecord, Vec<u8>), CaptureError> {
    let dir = Utf8PathBuf::from(format!("run-{}", id.repeat));
    let purpose = Purpose::Measured;
    let record =
        Launch { scenario, built, id, root, dir, env, interrupt, purpose, tests: Known::default() }.run()?;
    let path = root.join(&record.dir).join(STDERR);
    let stderr = if path.exists() { fs::read(&path).map_err(io("read", &path))? } else { Vec::new() };
    Ok((record, stderr))
}
