//! Debug information in a file of its own: the full binary, a stripped copy with a link, and the
//! part that was taken out.

use std::fs;

use camino::Utf8Path;

use super::environment::Environment;
use super::error::BuildError;
use super::go::finish;
use super::process::{Command, Interrupt};

/// Time for one objcopy, seconds.
const OBJCOPY_SECONDS: u64 = 120;

/// Makes `binary` from `full`, and `PROG.debug` beside it. Returns what the user should know when
/// that could not be: then `binary` is a copy of `full`.
///
/// # Errors
/// When files cannot be written, or on an interrupt.
pub(super) fn split(
    full: &Utf8Path,
    binary: &Utf8Path,
    environment: &Environment,
    interrupt: &Interrupt,
) -> Result<Option<String>, BuildError> {
    let objcopy = environment.which("objcopy").or_else(|| environment.which("llvm-objcopy"));
    let Some(objcopy) = objcopy else {
        copy(full, binary)?;
        return Ok(Some(
            "debug information stays in the binary: there is no objcopy (hint: apt-get install binutils)"
                .to_owned(),
        ));
    };
    let debug = format!("{binary}.debug");
    let steps = [
        vec!["--only-keep-debug".to_owned(), full.to_string(), debug.clone()],
        vec![
            "--strip-debug".to_owned(),
            format!("--add-gnu-debuglink={debug}"),
            full.to_string(),
            binary.to_string(),
        ],
    ];
    for args in steps {
        let command = Command {
            program: objcopy.to_string(),
            args,
            dir: binary.parent().unwrap_or(binary).to_owned(),
            env: environment.vars.clone(),
        };
        let done = finish(&command, OBJCOPY_SECONDS, interrupt)?;
        if !done.ok() {
            copy(full, binary)?;
            let said = done.stderr.text();
            let said = said.lines().next().unwrap_or_default();
            return Ok(Some(format!("debug information stays in the binary: `{objcopy}` failed: {said}")));
        }
    }
    Ok(None)
}

fn copy(full: &Utf8Path, binary: &Utf8Path) -> Result<(), BuildError> {
    fs::copy(full, binary).map(drop).map_err(BuildError::file("write", binary))
}
