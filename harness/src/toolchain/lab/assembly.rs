//! Machine code of a function, as Go's own disassembler has it.

use camino::Utf8PathBuf;

use super::Subject;
use crate::scenario::{BuildSpec, DebugInfo};
use crate::toolchain::error::BuildError;
use crate::toolchain::job::BUILD_SECONDS;
use crate::toolchain::{flags, symbols};

/// Time to disassemble, seconds; Go 1.25 and newer build the disassembler when it is first used.
const SECONDS: u64 = 120;

/// What the disassembler printed.
#[derive(Debug, Clone, Default)]
pub struct Disassembly {
    /// Its text; empty if the program has no such function.
    pub text: String,
    /// It is of the same program linked with symbols.
    pub from_twin: bool,
}

/// Disassembles the functions of the name `function`, with `[...]` for any type arguments.
///
/// # Errors
/// When the variant does not build, or is for a target that the disassembler does not know.
pub fn disassembly(subject: &Subject<'_>, function: &str) -> Result<Disassembly, BuildError> {
    let (program, from_twin) = with_symbols(subject)?;
    let pattern = format!("^{}$", quoted(function));
    let words = ["tool", "objdump", "-s", &pattern, program.as_str()].map(str::to_owned).to_vec();
    let command = subject.go(words);
    let done = subject.finish(&command, SECONDS)?;
    if !done.ok() {
        let said = done.stderr.text();
        let what = format!("Go's disassembler cannot read it: {}", said.lines().next().unwrap_or_default());
        let hint = Some(format!("it knows no code for {}", subject.go.info.goarch));
        return Err(BuildError::Unsupported { what, hint });
    }
    Ok(Disassembly { text: done.stdout.text(), from_twin })
}

/// A program of the variant that has symbols: its own, or the same objects linked without the flags that strip.
///
/// # Errors
/// When there is none.
pub(super) fn with_symbols(subject: &Subject<'_>) -> Result<(Utf8PathBuf, bool), BuildError> {
    let built = subject.built()?;
    if built.facts.plain.symbols {
        return Ok((built.plain.clone(), false));
    }
    let spec = &subject.variant.build;
    let ldflags = symbols::without_stripping(&spec.ldflags);
    let whole = BuildSpec { ldflags, debug: DebugInfo::Full, ..spec.clone() };
    let program = subject.out.join("with-symbols").join(built.plain.file_name().unwrap_or("program"));
    let mut words = vec!["build".to_owned(), format!("-o={program}")];
    words.extend(flags::words(&whole, &subject.module)?);
    words.push(subject.scenario.workload.package.clone());
    let command = subject.go(words);
    let done = subject.finish(&command, BUILD_SECONDS)?;
    match done.ok() {
        true => Ok((program, true)),
        false => Err(crate::toolchain::failure::failed(command.words(), &done.stderr.text())),
    }
}

/// A regular expression for the name and no other.
fn quoted(function: &str) -> String {
    let quoted = |c: char| match c.is_alphanumeric() || c == '_' {
        true => c.to_string(),
        false => format!("\\{c}"),
    };
    let parts = function.split("[...]").map(|part| part.chars().map(quoted).collect::<String>());
    parts.collect::<Vec<_>>().join(r"\[.*\]")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_no_pattern_but_for_its_type_arguments() {
        assert_eq!(quoted("main.(*Set[...]).Add"), r"main\.\(\*Set\[.*\]\)\.Add");
    }
}
