//! `harness diff`: two files of the same kind, which their content tells, side by side.

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;

use super::Context;
use super::error::CliError;
use super::inspect::{
    FileKind, TraceFile, WindowArg, compare_profiles, kind_of, resolve_window, summarize_trace,
};
use crate::model::Outcome;
use crate::model::trace::TraceSummary;
use crate::report::trace::diff::{self, Input};

/// `harness diff`
#[derive(Debug, Args)]
pub struct Diff {
    /// The first file: how it was.
    pub a: Utf8PathBuf,
    /// The second file: how it is.
    pub b: Utf8PathBuf,
    /// Operations of the workload in each trace, for figures per operation: one number for both, or A:B. Of traces only.
    #[arg(long, value_name = "N|A:B")]
    pub ops: Option<Ops>,
    /// Only this part of both: times since each trace began, or its GC cycles. Of traces only.
    #[arg(long, value_name = "A..B")]
    pub window: Option<WindowArg>,
    /// Rows of each list [default: 8; all in JSON].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub top: Option<u32>,
    /// JSON, see `harness schema trace-diff` and `harness schema profile`.
    #[arg(long)]
    pub json: bool,
}

/// Operations in each of two traces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ops {
    a: u64,
    b: u64,
}

impl std::str::FromStr for Ops {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |text: &str| match text.parse() {
            Ok(number) if number > 0 => Ok(number),
            _ => Err(format!("`{text}` is no number of operations; write 1000, or 1000:2000 for A and B")),
        };
        let (a, b) = text.split_once(':').unwrap_or((text, text));
        Ok(Self { a: number(a)?, b: number(b)? })
    }
}

pub(super) fn command(args: &Diff, context: &Context) -> Result<Outcome, CliError> {
    if args.a == "-" && args.b == "-" {
        return Err(CliError::usage("standard input can be one of the two only", "give the other as a file"));
    }
    match (kind_of(&args.a, context), kind_of(&args.b, context)) {
        (FileKind::Profile, FileKind::Profile) => return profiles(args, context),
        (FileKind::Profile, FileKind::Trace) => return Err(mixed(&args.a, &args.b)),
        (FileKind::Trace, FileKind::Profile) => return Err(mixed(&args.b, &args.a)),
        _ => {}
    }
    let (a, b) = (open(&args.a, context)?, open(&args.b, context)?);
    let (before, after) = (summary(&a, args, context)?, summary(&b, args, context)?);
    let mut diff = diff::diff(
        &Input { file: &a.name, summary: &before, ops: args.ops.map(|ops| ops.a) },
        &Input { file: &b.name, summary: &after, ops: args.ops.map(|ops| ops.b) },
    );
    let top = args.top.map(|top| top as usize);
    let text = if args.json {
        top.into_iter().for_each(|top| diff.shorten(top));
        diff.to_json().map_err(anyhow::Error::from)?
    } else {
        context.console.fitted(diff::to_terminal(&diff, top, &context.console.look()))
    };
    context.console.print(&text)?;
    Ok(Outcome::Pass)
}

/// Two profiles: what grew from A to B.
fn profiles(args: &Diff, context: &Context) -> Result<Outcome, CliError> {
    if args.ops.is_some() || args.window.is_some() {
        let what = "--ops and --window are of traces, and these are profiles";
        return Err(CliError::usage(what, "`harness inspect heap B --diff A` has filters for profiles"));
    }
    compare_profiles((&args.a, &args.b), args.top, args.json, context)?;
    Ok(Outcome::Pass)
}

fn mixed(profile: &Utf8Path, trace: &Utf8Path) -> CliError {
    let what = format!("`{profile}` is a profile and `{trace}` an execution trace: they cannot be compared");
    CliError::usage(what, "give two traces, or two profiles")
}

/// Opens one of the two. A capture is a directory and is told apart here; other files tell by their first bytes.
fn open(path: &Utf8Path, context: &Context) -> Result<TraceFile, CliError> {
    if context.environment.dir.join(path).is_dir() {
        let what = format!("`{path}` is a directory; only execution traces and profiles can be compared");
        return Err(CliError::usage(what, "a capture has them at VARIANT/natural-1/trace.out"));
    }
    TraceFile::open(path, context)
}

fn summary(file: &TraceFile, args: &Diff, context: &Context) -> Result<TraceSummary, CliError> {
    let window = args.window.map(|window| resolve_window(&window, file)).transpose()?;
    summarize_trace(file, window, context)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_one_number_for_both_or_one_each_and_never_zero() {
        assert_eq!("5".parse(), Ok(Ops { a: 5, b: 5 }));
        assert_eq!("5:7".parse(), Ok(Ops { a: 5, b: 7 }));
        for text in ["0", "5:0", "x", "5:7:9", "-1", ""] {
            assert!(text.parse::<Ops>().unwrap_err().contains("1000:2000"), "{text}");
        }
    }
}
