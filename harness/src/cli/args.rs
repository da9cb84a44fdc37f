//! The command line, as typed.

use camino::Utf8PathBuf;
use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Args, Parser, Subcommand, ValueEnum};

use super::bisect::Bisect;
use super::debug::Debug;
use super::diff::Diff;
use super::forms::Forms;
use super::inspect::Inspect;
use super::test_args::Tests;
use crate::baseline::Day;
use crate::model::OUTCOMES;
use crate::model::lab::{TOPICS, Topic};

/// Finds, explains and gates memory leaks in Go programs.
#[derive(Debug, Parser)]
#[command(name = "harness", version, after_help = after_help(), propagate_version = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Output settings.
    #[command(flatten)]
    pub output: Output,
}

/// Output settings, the same for every command.
#[derive(Debug, Clone, Args)]
pub struct Output {
    /// Colour on the terminal.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: Color,
    /// Say nothing but the report.
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Show all frames, cycles and commands.
    #[arg(short, long, global = true)]
    pub verbose: bool,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Form of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Text for people.
    Terminal,
    /// The whole document, see `harness schema report`.
    Json,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Build, run, analyse and judge a scenario.
    #[command(
        after_help = "Examples:\n  harness run leak-repro\n  harness run leak-repro --variant stripped --repeat 5\n  harness run ./cmd/server            a package, with sensible defaults\n  harness run ./... --test            which test leaks?\n  harness run ./cache --test --run TestEvict --race\n  harness run ci/leaks.toml --format json > report.json\n  harness run flaky --times 20                  how often does it reproduce?\n  harness run flaky --until-found --max 50      stop at the first run that shows it\n  harness run leak-repro --minimise             the fewest operations that reproduce\n  harness run leak-repro --cover                which code that allocates is not tried?\n  harness run --replay capture-dir              exactly that run again: does it come to the same?"
    )]
    Run(Box<Run>),
    /// Write a scenario for a package of yours, with guesses that its comments give reasons for.
    ///
    /// It reads the sources: which function seems to run once per operation, which flag says how many, where a server listens and
    /// which routes it has. Without a package it takes the one program of the module; a package that has only tests gets a
    /// scenario of tests. A file that is there is never overwritten.
    #[command(
        after_help = "Examples:\n  harness init ./cmd/server        writes scenarios/server.toml\n  harness init                     the only program of the module, or its tests\n  harness init ./store --tests     the tests of a package\n  harness init ./cmd/server --name server-ci"
    )]
    Init(Init),
    /// List the scenarios that can be seen from here.
    #[command(after_help = "Example:\n  harness list")]
    List,
    /// Check scenarios without running them.
    #[command(
        after_help = "Examples:\n  harness check                       all of them\n  harness check leak-repro ci/leaks.toml"
    )]
    Check(Check),
    /// Print a JSON schema.
    #[command(after_help = "Examples:\n  harness schema > scenario.schema.json\n  harness schema report")]
    Schema(Schema),
    /// Build the variants of a scenario, show what was really built, and compare it.
    ///
    /// Every variant is compared with the first one. What has to hold (`[lab.expect]` in the scenario) and does not is exit code 1.
    #[command(
        after_help = "Examples:\n  harness build leak-repro\n  harness build leak-repro --show size --against stripped\n  harness build leak-repro --show runs --repeat 20 --export benchstat=runs.txt\n  harness build ./cmd/server --show all --format json > builds.json\n\nIn the scenario:\n  [lab]\n  show = [\"size\"]              what to tell without --show\n  [lab.expect]\n  max_size = \"12MB\"            what has to hold"
    )]
    Build(Build),
    /// Run a program once under Delve: values at breakpoints, and at the end every goroutine that is left, with its arguments.
    ///
    /// It is a repeat of its own, of a build without optimisation (`-N -l`) unless a variant is named; nothing of it is measured.
    /// Breakpoints are those of `[delve]` in the scenario unless the command line names some.
    #[command(
        after_help = "Examples:\n  harness debug leak-repro\n  harness debug leak-repro --break main.handle --when 'n == 1001' --show n\n  harness debug leak-repro --at 830cdafe          where a finding of the latest run is laid\n  harness debug leak-repro --variant stripped --format json\n  harness debug leak-repro goroutines --leaked    of the latest session, or of a core file\n  harness debug leak-repro goroutine 35\n  harness debug leak-repro waits                  who waits for whom\n  harness debug leak-repro --interactive          Delve's own terminal\n  harness debug leak-repro --dap                  for an editor\n\nIn the scenario:\n  [[delve.break]]\n  at = \"main.handle\"           a function, or a file with a line\n  when = \"n == 1001\"           or hits = \"== 1001\"\n  show = [\"n\"]                 or log = \"request {n}\""
    )]
    Debug(Debug),
    /// Ends what carries a mark when standard input ends: a process of the harness's own.
    #[command(hide = true, name = crate::capture::delve::GUARD, after_help = "Example: none, it is nobody's to call")]
    Guard {
        /// `NAME=value` in an environment.
        mark: String,
    },
    /// Show that the gate is alive: the leak is found, its fixed twin is not accused, a planted leak is found.
    ///
    /// The twin is what the scenario names in `[control]`: another package, build tags, a git revision, a variant or
    /// another scenario. The probe plants some kilobytes and a goroutine at each checkpoint of it. Exit code 7: the planted leak is not
    /// found, or the twin is accused; 1: the scenario's own leak is not found.
    #[command(
        after_help = "Examples:\n  harness selftest leak-repro\n  harness selftest ci/leaks.toml --format json\n\nIn the scenario:\n  [control]\n  twin = { package = \"./cmd/fixed\" }    or tags = [\"fixed\"], revision = \"4f2c1aa\", variant = \"fixed\",\n                                        scenario = \"leak-fixed.toml\""
    )]
    Selftest(SelfTest),
    /// Find the flag, or the commit, that brought a leak, a size or a figure of the collector.
    ///
    /// With --flags: the smallest set of flags between two variants that flips what is asked, also of flags that only do it together.
    /// Otherwise: the first bad commit between two revisions, as `git bisect` finds it, in a working tree of its own; the user's
    /// is left alone. Commits that do not build or run are skipped.
    #[command(
        after_help = "Examples:\n  harness bisect leak-repro --flags --good default --bad stripped --on size\n  harness bisect leak-repro --flags --good default --bad prod --on gc-count:10%\n  harness bisect leaks.toml --good v1.2.0 --bad main\n  harness bisect leaks.toml --good v1.2.0 --bad main --on finding:830cdafe\n\nAs a step of git's own search (0 good, 1 bad, 125 neither; keep the scenario outside of what is checked out):\n  git bisect start main v1.2.0\n  git bisect run harness bisect /elsewhere/leaks.toml --step"
    )]
    Bisect(Bisect),
    /// Analyse a capture again, on any machine, without Go; or files that were taken in production.
    ///
    /// Files are told by their content: execution traces, heap and goroutine profiles, goroutine stacks as text, text with
    /// lines of gctrace, heap dumps, each also as .gz. Any subset is judged as far as it goes; the report says what the
    /// others would have told. Profiles are put in order by their own time.
    #[command(
        after_help = "Examples:\n  harness analyze .harness/runs/latest-leak-repro\n  harness analyze mon.pb.gz tue.pb.gz wed.pb.gz      heap profiles of a server, a day apart\n  harness analyze incident/ --binary ./server        all that somebody took, with names for the dump"
    )]
    Analyze(Analyze),
    /// Show a capture's report, in any form.
    ///
    /// It judges nothing: the exit code is 0 whatever the report says. `run` and `analyze` take the same forms and judge.
    #[command(
        after_help = "Examples:\n  harness report leak-repro                              the latest run of it\n  harness report .harness/runs/latest-leak-repro --format json\n  harness report leak-repro --write json=report.json\n  harness report leak-repro --open                       as a page, in the browser\n  harness report .harness/runs --format html --out pages  a page of each, and an index"
    )]
    Report(Report),
    /// Show, review, accept or reject the leaks and figures of a scenario.
    #[command(
        after_help = "Examples:\n  harness baseline show leak-repro\n  harness baseline review leak-repro\n  harness baseline accept leak-repro --note 'upstream issue 123'"
    )]
    Baseline(Baseline),
    /// Compare two execution traces (what grew, per operation or per second) or two profiles.
    #[command(
        after_help = "Examples:\n  harness diff before.trace after.trace\n  harness diff before.trace after.trace --ops 1000:2500     per operation, 1000 of them in the first\n  harness diff before.trace after.trace --window 2s.. --json\n  harness diff early.pb.gz late.pb.gz            heap profiles: what grew, and where"
    )]
    Diff(Diff),
    /// Look into a single file.
    #[command(after_help = "Example:\n  harness inspect trace trace.out")]
    Inspect(Inspect),
    /// Say what this machine has, what is missing, and what that costs.
    #[command(after_help = "Example:\n  harness doctor")]
    Doctor,
    /// Print what a shell completes the command line with.
    #[command(
        after_help = "Examples:\n  source <(harness completions bash)                                       this shell\n  harness completions bash > ~/.local/share/bash-completion/completions/harness\n  harness completions zsh > ~/.zfunc/_harness                               with fpath+=~/.zfunc\n  harness completions fish > ~/.config/fish/completions/harness.fish"
    )]
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page; or write a page for each command.
    #[command(
        after_help = "Examples:\n  harness man | man -l -\n  harness man ~/.local/share/man/man1      then: man harness-run"
    )]
    Man {
        /// Write `harness.1`, `harness-run.1` and so on into this directory.
        dir: Option<Utf8PathBuf>,
    },
}

/// Which variants.
#[derive(Debug, Clone, Args)]
pub struct Variants {
    /// Only this variant; may be given several times.
    #[arg(long = "variant", value_name = "NAME")]
    pub variants: Vec<String>,
}

/// `harness run`
#[derive(Debug, Args)]
pub struct Run {
    /// Name of a scenario, path of its file, or a Go package (`./cmd/server`).
    #[arg(required_unless_present = "replay")]
    pub scenario: Option<String>,
    /// Which variants.
    #[command(flatten)]
    pub variants: Variants,
    /// Repeat a capture from its manifest alone, and say whether it comes to the same.
    ///
    /// What differs now is named first. Changed sources, another Go or other build settings are refused; another
    /// harness, environment or machine is a label in the report.
    #[arg(long, value_name = "CAPTURE|MANIFEST", conflicts_with_all = ["scenario", "variants", "repeat", "times", "until_found", "minimise", "baseline"])]
    pub replay: Option<Utf8PathBuf>,
    /// With --replay: build with the Go of the capture, fetched as GOTOOLCHAIN does if it is not here.
    #[arg(long, requires = "replay")]
    pub recorded_go: bool,
    /// With --replay: go on although sources, Go or build settings have changed, and label the report.
    #[arg(long, requires = "replay")]
    pub despite_changes: bool,
    /// Runs of each mode, instead of the scenario's number.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub repeat: Option<u32>,
    /// Make so many runs of each mode and say of each leak in how many it reproduced, with the interval of that.
    #[arg(long, value_name = "N", conflicts_with_all = ["repeat", "until_found", "minimise"], value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub times: Option<u32>,
    /// Run until a run shows the expected leaks (any leak, if none are expected).
    #[arg(long, conflicts_with_all = ["repeat", "minimise"])]
    pub until_found: bool,
    /// With --until-found: runs at most.
    #[arg(long, value_name = "N", default_value_t = 100, requires = "until_found", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub max: u32,
    /// Look for the fewest operations (`{ops}` in the scenario) or rounds of the driver that still reproduce.
    #[arg(long, conflicts_with_all = ["repeat", "out"])]
    pub minimise: bool,
    /// Make one more run of each variant, of a build with `-cover`: what ran of the code, and which code that allocates did not.
    ///
    /// Nothing is measured in it. As `cover = true` in `[build]`.
    #[arg(long, conflicts_with_all = ["replay", "minimise"])]
    pub cover: bool,
    /// Make a repeat under Delve after all other runs, as `harness debug` does; so it is anyway if the scenario has `[[delve.break]]`.
    #[arg(long, conflicts_with_all = ["no_delve", "replay", "until_found", "minimise"])]
    pub delve: bool,
    /// Make no repeat under Delve.
    #[arg(long)]
    pub no_delve: bool,
    /// Build anew, although nothing that goes into a build has changed. The go command's own cache is used all the same.
    #[arg(long)]
    pub rebuild: bool,
    /// Put the capture there instead of below `.harness/runs`.
    #[arg(long, value_name = "DIR")]
    pub out: Option<Utf8PathBuf>,
    /// Keep this many captures of the scenario.
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub keep: usize,
    /// Compare with this baseline instead of the scenario's.
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<Utf8PathBuf>,
    /// Flags of tests.
    #[command(flatten)]
    pub tests: Tests,
    /// What to have of it.
    #[command(flatten)]
    pub forms: Forms,
}

/// `harness init`
#[derive(Debug, Args)]
pub struct Init {
    /// Directory or import path of a package.
    pub package: Option<String>,
    /// Name of the scenario, instead of the package's.
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// A scenario of the package's tests, although it is a program.
    #[arg(long)]
    pub tests: bool,
}

/// `harness selftest`
#[derive(Debug, Args)]
pub struct SelfTest {
    /// Name of a scenario or path of its file.
    pub scenario: String,
    /// Plant so many kilobytes at each checkpoint.
    #[arg(long, value_name = "KIB", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub plant: Option<u64>,
    /// Form of the report.
    #[arg(long, value_name = "FORMAT", default_value = "terminal")]
    pub format: Format,
}

/// `harness check`
#[derive(Debug, Args)]
pub struct Check {
    /// Names or paths; all that can be seen from here if none is given.
    pub scenarios: Vec<String>,
}

/// `harness schema`
#[derive(Debug, Args)]
pub struct Schema {
    /// Of what.
    #[arg(default_value = "scenario")]
    pub of: SchemaOf,
}

/// What a schema describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SchemaOf {
    /// A scenario file.
    Scenario,
    /// A report in JSON.
    Report,
    /// What `harness inspect trace --json` prints.
    Trace,
    /// What `harness diff --json` prints of two traces.
    TraceDiff,
    /// What `harness inspect heap --json` prints, and `harness diff --json` of two profiles.
    Profile,
    /// What `harness inspect dump --json` prints.
    HeapDump,
    /// What `harness selftest --format json` prints.
    Selftest,
    /// What `harness build --format json` prints.
    Build,
    /// What `harness bisect --format json` prints.
    Bisect,
    /// What `harness debug --format json` prints.
    Debug,
}

/// `harness build`
#[derive(Debug, Args)]
pub struct Build {
    /// Name of a scenario, path of its file, or a Go package.
    pub scenario: String,
    /// Which variants.
    #[command(flatten)]
    pub variants: Variants,
    /// What to tell of the builds, instead of what the scenario's `[lab] show` says; `all` for everything.
    #[arg(long, value_name = "TOPIC", value_delimiter = ',', value_parser = PossibleValuesParser::new(topic_words()))]
    pub show: Vec<String>,
    /// Compare with this variant instead of the first.
    #[arg(long, value_name = "VARIANT")]
    pub against: Option<String>,
    /// Build anew, although nothing that goes into a build has changed. The go command's own cache is used all the same.
    #[arg(long)]
    pub rebuild: bool,
    /// With `--show runs`: runs of every variant.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub repeat: u32,
    /// Also write the runs as Go's benchmark text: `benchstat -col /variant FILE` compares them.
    #[arg(long, value_name = "benchstat=FILE")]
    pub export: Vec<Export>,
    /// Also ask what needs a build cache of its own: everything is compiled anew, the standard library included.
    #[arg(long)]
    pub cold: bool,
    /// The machine code of this function (`main.handle`, `cache.(*Cache).Put`), side by side with the reference's.
    #[arg(long, value_name = "FUNCTION")]
    pub func: Option<String>,
    /// Form of the report.
    #[arg(long, value_name = "FORMAT", default_value = "terminal")]
    pub format: Format,
}

/// An answer for another tool, and where it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Export {
    /// Runs, as benchmark text.
    Benchstat(Utf8PathBuf),
}

impl std::str::FromStr for Export {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some(("benchstat", path)) if !path.is_empty() => Ok(Self::Benchstat(path.into())),
            _ => Err("what can be written is `benchstat=FILE`".to_owned()),
        }
    }
}

impl Build {
    /// The topics that were asked for, if any were.
    pub fn topics(&self) -> Option<Vec<Topic>> {
        let one = |word: &String| match word.as_str() {
            ALL => TOPICS.iter().map(|(topic, ..)| *topic).collect(),
            word => Vec::from_iter(Topic::of(word)),
        };
        (!self.show.is_empty()).then(|| self.show.iter().flat_map(one).collect())
    }
}

/// The word for every topic.
const ALL: &str = "all";

fn topic_words() -> Vec<PossibleValue> {
    let topics = TOPICS.iter().map(|(_, word, says)| PossibleValue::new(*word).help(*says));
    topics.chain([PossibleValue::new(ALL).help("all of them")]).collect()
}

/// `harness analyze`
#[derive(Debug, Args)]
pub struct Analyze {
    /// A capture; or files taken in production, a directory of them, `-` for standard input.
    #[arg(required = true, value_name = "CAPTURE|FILE")]
    pub captures: Vec<Utf8PathBuf>,
    /// The program that wrote the heap dump: names its globals, fields and types.
    #[arg(long, value_name = "PROGRAM")]
    pub binary: Option<Utf8PathBuf>,
    /// Compare with this baseline instead of the one that was there when the capture was made.
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<Utf8PathBuf>,
    /// What to have of it.
    #[command(flatten)]
    pub forms: Forms,
}

/// `harness report`
#[derive(Debug, Args)]
pub struct Report {
    /// Captures, a directory with captures, or scenarios of which the latest capture is meant. Several become pages with
    /// an index.
    #[arg(value_name = "CAPTURE|DIR|SCENARIO", required = true)]
    pub captures: Vec<String>,
    /// Write the report as a page and open it in the browser; says where the page is.
    #[arg(long)]
    pub open: bool,
    /// Directory for pages [default: the capture's own; of several, harness-report].
    #[arg(long, value_name = "DIR")]
    pub out: Option<Utf8PathBuf>,
    /// Compare with this baseline instead of the one that was there when the capture was made.
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<Utf8PathBuf>,
    /// What to have of it.
    #[command(flatten)]
    pub forms: Forms,
}

/// `harness baseline`
#[derive(Debug, Args)]
pub struct Baseline {
    /// What to do with it.
    #[command(subcommand)]
    pub command: BaselineCommand,
}

/// `harness baseline …`
#[derive(Debug, Subcommand)]
pub enum BaselineCommand {
    /// Print what was accepted.
    #[command(after_help = "Example:\n  harness baseline show leak-repro")]
    Show {
        /// Name of a scenario or path of its file.
        scenario: String,
    },
    /// Accept the findings and figures of the latest run; what is gone stays until it is pruned.
    #[command(
        after_help = "Examples:\n  harness run leak-repro && harness baseline accept leak-repro\n  harness baseline accept leak-repro --from capture-dir --note 'cache is bounded by tenant'\n  harness baseline accept leak-repro --only 830cdafe --note 'issue 123' --expires 2027-03-01\n  harness baseline accept leak-repro --prune     drop accepted leaks that are fixed"
    )]
    Accept {
        /// What is decided on.
        #[command(flatten)]
        decision: Decision,
        /// Last day on which these leaks are accepted (YYYY-MM-DD); they count as new after it.
        #[arg(long, value_name = "DATE")]
        expires: Option<Day>,
        /// Drop accepted leaks that were not found.
        #[arg(long, conflicts_with = "only")]
        prune: bool,
    },
    /// Note that leaks of the latest run have to be mended: they go on failing, and nobody is asked again.
    #[command(
        after_help = "Example:\n  harness baseline reject leak-repro --only 830cdafe --note 'must be fixed before 2.0'"
    )]
    Reject {
        /// What is decided on.
        #[command(flatten)]
        decision: Decision,
    },
    /// Decide on each finding of the latest run that is new, worse or expired.
    #[command(
        after_help = "On a terminal every pending finding is shown whole, and a key decides: a accepts, r rejects, s skips.\nElsewhere they are listed with the commands that decide.\n\nExample:\n  harness run leak-repro; harness baseline review leak-repro"
    )]
    Review {
        /// Name of a scenario or path of its file.
        scenario: String,
        /// Decide on this capture instead of the latest below `.harness/runs`.
        #[arg(long, value_name = "DIR")]
        from: Option<Utf8PathBuf>,
    },
}

/// What `accept` and `reject` are about.
#[derive(Debug, Args)]
pub struct Decision {
    /// Name of a scenario or path of its file.
    pub scenario: String,
    /// Decide on this capture instead of the latest below `.harness/runs`.
    #[arg(long, value_name = "DIR")]
    pub from: Option<Utf8PathBuf>,
    /// Only the leak with this fingerprint (its first digits do); may be given several times.
    #[arg(long, value_name = "FINGERPRINT")]
    pub only: Vec<String>,
    /// Why, for whoever reads the baseline.
    #[arg(long, value_name = "TEXT")]
    pub note: Option<String>,
}

fn after_help() -> String {
    let codes = OUTCOMES.iter().map(|(_, code, words)| format!("  {code:>3}  {words}\n"));
    let mut by_gravity = OUTCOMES.map(|(outcome, code, _)| (outcome, code.to_string()));
    by_gravity.sort_by_key(|(outcome, _)| std::cmp::Reverse(*outcome));
    let gravity = by_gravity.map(|(_, code)| code).join(", ");
    format!(
        "Exit codes:\n{}If several apply, the first of these counts: {gravity}. The report names them all.\n\n\
         Example:\n  harness run leak-repro",
        codes.collect::<String>()
    )
}
