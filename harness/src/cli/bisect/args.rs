//! `harness bisect`, as typed.

use clap::Args;

use super::question::On;
use crate::cli::args::Format;

/// `harness bisect`
#[derive(Debug, Args)]
pub struct Bisect {
    /// Name of a scenario, path of its file, or a Go package.
    pub scenario: String,
    /// Between two variants: which of the flags that differ did it? Without it: which commit, between two revisions?
    #[arg(long)]
    pub flags: bool,
    /// The good end: a variant, or a revision of the workload's repository.
    #[arg(long, value_name = "VARIANT|REV", required_unless_present = "step")]
    pub good: Option<String>,
    /// The bad end.
    #[arg(long, value_name = "VARIANT|REV", required_unless_present = "step")]
    pub bad: Option<String>,
    /// What flips: `finding` (any leak that the good end has not, or `finding:FINGERPRINT`), `verdict`, or a figure.
    ///
    /// Figures are `size`, `wall`, `cpu`, `gc-count`, `peak-heap`, `pauses`, `longest-pause`, `peak-rss`, each with the change that
    /// counts, if you like: `size:5%`, `peak-heap:10MB`, `wall:20ms`. Without one, half of the way between the ends counts.
    #[arg(long, value_name = "WHAT", default_value = "finding")]
    pub on: On,
    /// The variant that is built of every commit, instead of the first in which all leaks are expected.
    #[arg(long, value_name = "NAME", conflicts_with = "flags")]
    pub variant: Option<String>,
    /// Runs of every build, for a figure of runs.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub repeat: u32,
    /// Judge the sources as they are, for `git bisect run`: exit code 0 is good, 1 bad, 125 neither.
    ///
    /// A finding is bad if nobody has accepted it; a figure needs a value (`size:8MB`), and is bad from there on.
    #[arg(long, conflicts_with_all = ["flags", "good", "bad"])]
    pub step: bool,
    /// Form of the report.
    #[arg(long, value_name = "FORMAT", default_value = "terminal")]
    pub format: Format,
}
