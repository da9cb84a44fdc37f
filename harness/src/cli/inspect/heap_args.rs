//! `harness inspect heap`, as typed.

use camino::Utf8PathBuf;
use clap::{Args, ValueEnum};

use crate::ingest::profile::{Filters, Granularity};

/// `harness inspect heap`
#[derive(Debug, Args)]
pub struct InspectHeap {
    /// Profiles; several are added up. `-` is standard input. May be compressed by gzip.
    #[arg(required = true)]
    pub files: Vec<Utf8PathBuf>,
    /// Which values: `inuse_space`, `inuse_objects`, `alloc_space`, `alloc_objects`, or whatever the profile has
    /// [default: the profile's own].
    #[arg(long, value_name = "TYPE", visible_alias = "sample-index")]
    pub sample: Option<String>,
    /// What to show.
    #[command(flatten)]
    pub view: HeapView,
    /// Where the source is.
    #[command(flatten)]
    pub source: SourceArgs,
    /// What to compare with.
    #[command(flatten)]
    pub base: BaseArgs,
    /// What to leave out.
    #[command(flatten)]
    pub filters: FilterArgs,
    /// How finely to count and where to cut.
    #[command(flatten)]
    pub cut: CutArgs,
    /// JSON with exact values, see `harness schema profile`.
    #[arg(long)]
    pub json: bool,
    /// Draw a flame graph: a picture (OUT.svg), or a page to zoom and search in (OUT.html).
    #[arg(long, value_name = "OUT", conflicts_with_all = ["heap_view", "json"])]
    pub flame: Option<Utf8PathBuf>,
    /// Write the merged profile, or the difference, for `go tool pprof`.
    #[arg(long, value_name = "OUT", conflicts_with_all = ["heap_view", "json", "flame"])]
    pub write: Option<Utf8PathBuf>,
}

/// One of several lists.
#[derive(Debug, Args)]
#[command(next_help_heading = "Views")]
#[group(id = "heap_view", multiple = false)]
pub struct HeapView {
    /// Where most is, at most N rows.
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "0")]
    pub top: Option<u32>,
    /// Places that match, each with those that call it and those that it calls.
    #[arg(long, value_name = "REGEX")]
    pub peek: Option<String>,
    /// All places, each with those that call it and those that it calls.
    #[arg(long)]
    pub tree: bool,
    /// Source of functions that match, each line with what was counted there.
    #[arg(long, value_name = "REGEX")]
    pub list: Option<String>,
    /// Allocation sites: the user's line, and the stack that leads to it.
    #[arg(long)]
    pub list_sites: bool,
    /// The samples one by one.
    #[arg(long)]
    pub traces: bool,
    /// Sums by label.
    #[arg(long)]
    pub tags: bool,
}

/// Where `--list` finds source files.
#[derive(Debug, Args)]
#[command(next_help_heading = "Source")]
pub struct SourceArgs {
    /// Look for source files in DIR and the directories above it: a module, `$(go env GOROOT)/src`, `$(go env
    /// GOMODCACHE)`. Several, or separated by `:` [default: the working directory].
    #[arg(long, value_name = "DIR", value_delimiter = ':', requires = "list")]
    pub source_path: Vec<String>,
    /// Take PREFIX off the profile's paths first: where the program was built. Several, or separated by `:`.
    #[arg(long, value_name = "PREFIX", value_delimiter = ':', requires = "list")]
    pub trim_path: Vec<String>,
}

/// A base.
#[derive(Debug, Args)]
#[command(next_help_heading = "Compare")]
pub struct BaseArgs {
    /// Subtract this profile: an earlier one of the same process. May be given several times.
    #[arg(long, value_name = "FILE", conflicts_with = "diff")]
    pub base: Vec<Utf8PathBuf>,
    /// Compare with this profile: percentages are of it (pprof's -diff_base). May be given several times.
    #[arg(long, value_name = "FILE", visible_alias = "diff-base")]
    pub diff: Vec<Utf8PathBuf>,
    /// Scale the profile to the totals of the one that it is compared with.
    #[arg(long)]
    pub normalize: bool,
}

/// Filters, as pprof's options of the same names.
#[derive(Debug, Args)]
#[command(next_help_heading = "Filters")]
pub struct FilterArgs {
    /// Only stacks with a function or file that matches.
    #[arg(long, value_name = "REGEX", default_value = "", hide_default_value = true)]
    pub focus: String,
    /// No stacks with a function or file that matches.
    #[arg(long, value_name = "REGEX", default_value = "", hide_default_value = true)]
    pub ignore: String,
    /// No frames that match.
    #[arg(long, value_name = "REGEX", default_value = "", hide_default_value = true)]
    pub hide: String,
    /// Only frames that match.
    #[arg(long, value_name = "REGEX", default_value = "", hide_default_value = true)]
    pub show: String,
    /// Nothing above the outermost frame that matches.
    #[arg(long, value_name = "REGEX", default_value = "", hide_default_value = true)]
    pub show_from: String,
    /// Only samples with such a label: KEY=REGEX, REGEX, or a range (`bytes=1kb:64kb`).
    #[arg(long, value_name = "FILTER", default_value = "", hide_default_value = true)]
    pub tagfocus: String,
    /// No samples with such a label.
    #[arg(long, value_name = "FILTER", default_value = "", hide_default_value = true)]
    pub tagignore: String,
}

impl FilterArgs {
    pub(super) fn filters(&self) -> Filters {
        Filters {
            focus: self.focus.clone(),
            ignore: self.ignore.clone(),
            hide: self.hide.clone(),
            show: self.show.clone(),
            show_from: self.show_from.clone(),
            tagfocus: self.tagfocus.clone(),
            tagignore: self.tagignore.clone(),
        }
    }
}

/// What is told apart, and what is too small.
#[derive(Debug, Args)]
#[command(next_help_heading = "Counting")]
pub struct CutArgs {
    /// Sort by what was counted in places and in all they called.
    #[arg(long)]
    pub cum: bool,
    /// What is told apart.
    #[arg(long, value_name = "WHAT", default_value = "functions")]
    pub granularity: GranularityArg,
    /// Count inlined calls for the function that holds them.
    #[arg(long)]
    pub noinlines: bool,
    /// At most so many places; 0 is no limit [default: 80 in --tree, none elsewhere].
    #[arg(long, value_name = "N")]
    pub nodecount: Option<usize>,
    /// Leave out places with less than this part of all.
    #[arg(long, value_name = "F", default_value_t = 0.005)]
    pub nodefraction: f64,
    /// Leave out calls with less than this part of all.
    #[arg(long, value_name = "F", default_value_t = 0.001)]
    pub edgefraction: f64,
    /// Unit for values: `B`, `kB`, `MB`, `ns`, `ms`, … [default: one that fits].
    #[arg(long, value_name = "UNIT", default_value = "minimum", hide_default_value = true)]
    pub unit: String,
}

/// `--granularity`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum GranularityArg {
    /// Functions.
    Functions,
    /// Functions, and in which file.
    Filefunctions,
    /// Lines.
    Lines,
    /// Files.
    Files,
    /// Addresses.
    Addresses,
}

impl GranularityArg {
    pub(super) fn granularity(self) -> Granularity {
        match self {
            Self::Functions => Granularity::Functions,
            Self::Filefunctions => Granularity::FileFunctions,
            Self::Lines => Granularity::Lines,
            Self::Files => Granularity::Files,
            Self::Addresses => Granularity::Addresses,
        }
    }
}
