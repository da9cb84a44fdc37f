//! Coverage of a variant as a document has it, and as `go tool cover` reads it.

use std::fmt::Write;

use camino::Utf8PathBuf;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::coverage::{CoverageFacts, FunctionBlocks, ProgramCoverage};

/// What the run of a variant whose code was counted came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VariantCoverage {
    /// The variant.
    pub variant: String,
    /// What ran, unless there is no answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facts: Option<CoverageFacts>,
    /// Why there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_run: Option<String>,
    /// How the run ended, in words; empty if there was none.
    pub end: String,
    /// That counts as success.
    pub ok: bool,
    /// The profile for `go tool cover`, within the capture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub profile: Option<Utf8PathBuf>,
    /// Directory of the module, where `go tool cover` finds the sources.
    #[schemars(with = "String")]
    pub module: Utf8PathBuf,
}

/// The profile in the form that `go tool cover` reads, as `go tool covdata textfmt` writes it.
#[must_use]
pub fn cover_profile(program: &ProgramCoverage) -> String {
    let functions = program.packages.iter().flat_map(|package| &package.functions);
    let mut lines: Vec<_> = functions.flat_map(lines).collect();
    lines.sort_unstable();
    let mut text = "mode: atomic\n".to_owned();
    for (file, start, end, statements, count) in lines {
        let _ = writeln!(text, "{file}:{}.{},{}.{} {statements} {count}", start.0, start.1, end.0, end.1);
    }
    text
}

type Line<'a> = (&'a str, (u32, u32), (u32, u32), u32, u64);

fn lines(function: &FunctionBlocks) -> impl Iterator<Item = Line<'_>> {
    function
        .blocks
        .iter()
        .map(|block| (&*function.file, block.start, block.end, block.statements, block.count))
}
