//! `harness debug`, as typed.

use camino::Utf8PathBuf;
use clap::{Args, Subcommand, ValueEnum};

use crate::cli::args::Format;
use crate::report::debug::By;

/// `harness debug`
#[derive(Debug, Args)]
pub struct Debug {
    /// Name of a scenario, path of its file, or a Go package.
    pub scenario: String,
    /// What to show of the latest session, or of a core file, instead of making one.
    #[command(subcommand)]
    pub command: Option<DebugCommand>,
    /// Debug this variant as it is.
    #[arg(long, value_name = "NAME")]
    pub variant: Option<String>,
    /// Stop at this function or line (`main.handle`, `cache.go:44`); may be given several times.
    #[arg(long = "break", value_name = "PLACE")]
    pub breaks: Vec<String>,
    /// Stop where a finding of the latest capture is laid; the first digits of its fingerprint do.
    #[arg(long, value_name = "FINGERPRINT")]
    pub at: Option<String>,
    /// Stop only if this holds, an expression in Go.
    #[arg(long, value_name = "CONDITION")]
    pub when: Option<String>,
    /// Show this expression's value instead of the arguments; may be given several times.
    #[arg(long, value_name = "EXPRESSION")]
    pub show: Vec<String>,
    /// Stops of a breakpoint that are recorded.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub max: Option<u32>,
    /// Write a core file at the end in any case, not only of a program that crashes or hangs: any goroutine can be asked for then.
    #[arg(long)]
    pub keep_core: bool,
    /// Hand the terminal to Delve's own client: the breakpoints are set, the program stands at its start.
    #[arg(long, conflicts_with_all = ["dap", "keep_core", "max"])]
    pub interactive: bool,
    /// Serve an editor: print the address, on loopback for this user alone, and an entry for launch.json.
    #[arg(long, conflicts_with_all = ["keep_core", "breaks", "at", "when", "show", "max"])]
    pub dap: bool,
    /// With --dap: end after so many seconds, whether or not an editor has come.
    #[arg(long, value_name = "SECONDS", requires = "dap", default_value_t = 8 * 3600)]
    pub deadline: u64,
    /// Form of the report.
    #[arg(long, value_name = "FORMAT", default_value = "terminal", global = true)]
    pub format: Format,
}

/// `harness debug SCENARIO …`
#[derive(Debug, Subcommand)]
pub enum DebugCommand {
    /// List the goroutines that were there at the end, alike ones together.
    #[command(
        after_help = "Examples:\n  harness debug leak-repro goroutines\n  harness debug leak-repro goroutines --leaked --by created\n  harness debug leak-repro goroutines --waits chan --function cache --by each\n  harness debug leak-repro goroutines --core core.4711 --program ./server"
    )]
    Goroutines(Goroutines),
    /// Show one goroutine: its stack with arguments and variables, and what it waits on.
    #[command(
        after_help = "Examples:\n  harness debug leak-repro goroutine 35\n  harness debug leak-repro goroutine 35 --core core.4711 --program ./server"
    )]
    Goroutine(OneGoroutine),
    /// Tell who waits for whom: channels, mutexes, groups, and circles.
    #[command(
        after_help = "Examples:\n  harness debug leak-repro waits\n  harness debug leak-repro waits --core core.4711 --program ./server --format json"
    )]
    Waits(Source),
}

/// Which goroutines are meant.
#[derive(Debug, Clone, Default, Args)]
pub struct Source {
    /// Of this core file, instead of the latest session.
    #[arg(long, value_name = "FILE")]
    pub core: Option<Utf8PathBuf>,
    /// The program that left the core file; that of the latest session by default.
    #[arg(long, value_name = "PROGRAM", requires = "core")]
    pub program: Option<Utf8PathBuf>,
}

/// `harness debug SCENARIO goroutines`
#[derive(Debug, Args)]
pub struct Goroutines {
    /// Which goroutines are meant.
    #[command(flatten)]
    pub source: Source,
    /// Only those that the runtime has proved to be leaked.
    #[arg(long)]
    pub leaked: bool,
    /// Only those that wait for this (`chan receive`, `Mutex`, `select`); `running` for those that do not wait.
    #[arg(long, value_name = "REASON")]
    pub waits: Option<String>,
    /// Only those with a function on their stack whose name has this in it.
    #[arg(long, value_name = "TEXT")]
    pub function: Option<String>,
    /// What puts goroutines together.
    #[arg(long, value_name = "WHAT", default_value = "stack")]
    pub by: ByArg,
}

/// `harness debug SCENARIO goroutine`
#[derive(Debug, Args)]
pub struct OneGoroutine {
    /// Its id.
    pub id: i64,
    /// As in Delve's own `goroutine 35 stack`: it is shown anyway.
    #[arg(value_parser = ["stack"], hide = true)]
    pub stack: Option<String>,
    /// Which goroutines are meant.
    #[command(flatten)]
    pub source: Source,
}

/// `--by`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ByArg {
    /// Where they are, what they wait for, and where they were started.
    Stack,
    /// Where they were started.
    Created,
    /// What they wait for.
    Waits,
    /// Nothing: a line for each.
    Each,
}

impl From<ByArg> for By {
    fn from(by: ByArg) -> Self {
        match by {
            ByArg::Stack => Self::Stack,
            ByArg::Created => Self::Created,
            ByArg::Waits => Self::Waits,
            ByArg::Each => Self::Each,
        }
    }
}
