//! Size: the binary's own bytes, and for one without symbols those of its twin, linked from the same packages with them.

use std::fs;

use super::Subject;
use crate::model::ModuleTable;
use crate::scenario::{BuildSpec, DebugInfo};
use crate::toolchain::error::BuildError;
use crate::toolchain::job::BUILD_SECONDS;
use crate::toolchain::{flags, symbols};

/// A variant's binary.
#[derive(Debug)]
pub struct SizeRecord {
    /// The file.
    pub binary: Vec<u8>,
    /// The twin, if one was needed and links.
    pub twin: Option<Vec<u8>>,
    /// Modules, from the build info.
    pub modules: ModuleTable,
}

/// Reads the binary, and links its twin if it has no symbols.
///
/// # Errors
/// When it does not build, or cannot be read.
pub fn size(subject: &Subject<'_>) -> Result<SizeRecord, BuildError> {
    let built = subject.built()?;
    let binary = super::binary(subject)?;
    let twin = if built.facts.plain.symbols { None } else { twin(subject)? };
    Ok(SizeRecord { binary, twin, modules: built.facts.modules.clone() })
}

/// The same program with its symbols; nothing if it does not link so.
fn twin(subject: &Subject<'_>) -> Result<Option<Vec<u8>>, BuildError> {
    let spec = &subject.variant.build;
    let ldflags = symbols::without_stripping(&spec.ldflags);
    let whole = BuildSpec { ldflags, debug: DebugInfo::Full, ..spec.clone() };
    let target = subject.out.join("twin");
    fs::create_dir_all(&subject.out).map_err(BuildError::file("create", &subject.out))?;
    let mut args = vec!["build".to_owned(), format!("-o={target}")];
    args.extend(flags::words(&whole, &subject.module)?);
    args.push(subject.scenario.workload.package.clone());
    let done = subject.finish(&subject.go(args), BUILD_SECONDS)?;
    Ok(if done.ok() { fs::read(&target).ok() } else { None })
}
