//! `harness inspect`, as typed.

use camino::Utf8PathBuf;
use clap::{Args, Subcommand};

use super::dump::InspectDump;
use super::heap_args::InspectHeap;
use super::kinds::KindSet;
use super::window::WindowArg;
use crate::report::trace::Section;

/// `harness inspect`
#[derive(Debug, Args)]
pub struct Inspect {
    /// Into what.
    #[command(subcommand)]
    pub command: InspectCommand,
}

/// `harness inspect …`
#[derive(Debug, Subcommand)]
pub enum InspectCommand {
    /// Look into an execution trace of Go 1.22 or later.
    ///
    /// Without a view: a page with the facts that matter most. Several views can be combined. A trace that is cut off
    /// or damaged gives all that can be read, and a warning.
    #[command(
        after_help = "Examples:\n  harness inspect trace trace.out                     the page\n  harness inspect trace trace.out --goroutines --gc   two views, in full\n  harness inspect trace trace.out --window 1.5s..2s   of half a second\n  harness inspect trace trace.out --events --goroutine 17 --kind 'GoBlock,GoUnblock' --stacks\n  curl -s localhost:6060/debug/pprof/trace?seconds=5 | harness inspect trace -\n  harness inspect trace crash.trace.gz --validate || echo damaged\n  harness inspect trace trace.out --perfetto trace.pftrace    then open it at ui.perfetto.dev"
    )]
    Trace(Box<InspectTrace>),
    /// Look into a heap profile, or any other pprof profile: CPU, goroutine, mutex, block.
    ///
    /// Without a view: a page with all totals and where most is. Values, filters and lists are those of `go tool
    /// pprof`. A profile that is cut off or damaged gives all that can be read, and a warning.
    #[command(
        after_help = "Examples:\n  harness inspect heap heap.pb.gz                      the page\n  harness inspect heap heap.pb.gz --top 20 --cum\n  harness inspect heap heap.pb.gz --list-sites         the user's lines, with stacks\n  harness inspect heap heap.pb.gz --peek 'cache.*Put' --sample alloc_space\n  harness inspect heap heap.pb.gz --list 'cache.*Put' --source-path ~/src/server\n  harness inspect heap later.pb.gz --diff earlier.pb.gz --flame growth.html\n  harness inspect heap later.pb.gz --base earlier.pb.gz --write growth.pb.gz\n  curl -s localhost:6060/debug/pprof/heap | harness inspect heap - --json"
    )]
    Heap(Box<InspectHeap>),
    /// Look into a heap dump of `debug.WriteHeapDump`: who holds the memory.
    ///
    /// Without a view: totals, leak suspects with the path from a root, the largest holders, types and sites. Works on
    /// a dump that somebody else made; without the binary that wrote it, globals are addresses.
    #[command(
        after_help = "Examples:\n  harness inspect dump heap.dump --binary ./server             the page\n  harness inspect dump late.dump --base early.dump --binary ./server    what has grown\n  harness inspect dump heap.dump --binary ./server --trace trace.out    with types and ages\n  harness inspect dump heap.dump.gz --retainers --goroutines   two views, in full\n  harness inspect dump heap.dump --paths main.entry            who holds objects of a type or site\n  harness inspect dump heap.dump --object 0xc000123440         one object\n  harness inspect dump heap.dump --goroutine 17 --json"
    )]
    Dump(Box<InspectDump>),
}

/// `harness inspect trace`
#[derive(Debug, Args)]
pub struct InspectTrace {
    /// The trace; `-` is standard input. May be compressed by gzip.
    pub file: Utf8PathBuf,
    /// What to show.
    #[command(flatten)]
    pub views: Views,
    /// Only this part: times since the trace began (`1.2s..3s`, `..500ms`, `2s..`) or its GC cycles (`gc3..gc7`).
    #[arg(long, value_name = "A..B")]
    pub window: Option<WindowArg>,
    /// Rows of each list [default: 6 on the page, 30 in a view, all in JSON].
    #[arg(long, value_name = "N", conflicts_with_all = ["events", "validate"], value_parser = clap::value_parser!(u32).range(1..))]
    pub top: Option<u32>,
    /// JSON, see `harness schema trace`; with --events an object per line.
    #[arg(long)]
    pub json: bool,
    /// Single events.
    #[command(flatten)]
    pub events: Events,
    /// Write the trace for ui.perfetto.dev: processors, goroutines, the collector and the heap over time.
    #[arg(long, value_name = "OUT", conflicts_with_all = ["events", "validate", "view", "window", "json", "top"])]
    pub perfetto: Option<Utf8PathBuf>,
    /// Most slices in that file [default: 300000, which the page opens at once].
    #[arg(long, value_name = "N", requires = "perfetto", value_parser = clap::value_parser!(u32).range(1000..))]
    pub slices: Option<u32>,
    /// Read everything and check it: every problem with its offset, exit code 5 if there is one.
    #[arg(long, conflicts_with_all = ["events", "window"])]
    pub validate: bool,
}

/// Views of a summary.
#[derive(Debug, Args)]
#[command(next_help_heading = "Views")]
#[group(id = "view", multiple = true, conflicts_with_all = ["events", "validate"])]
pub struct Views {
    /// Goroutines by start function: creation sites, alive or ended, time in each state.
    #[arg(long)]
    pub goroutines: bool,
    /// Collection cycles, mark assists and sweeping, the heap over time.
    #[arg(long)]
    pub gc: bool,
    /// Stops of the world by reason.
    #[arg(long)]
    pub stw: bool,
    /// Heap objects by type, of a program run with GODEBUG=traceallocfree=1.
    #[arg(long)]
    pub types: bool,
    /// Waits by reason and place.
    #[arg(long)]
    pub blocking: bool,
    /// System calls and calls to C by place.
    #[arg(long)]
    pub syscalls: bool,
    /// How long goroutines that could run had to wait, and what processors did.
    #[arg(long)]
    pub latency: bool,
    /// Tasks, regions and logs of `runtime/trace`.
    #[arg(long)]
    pub tasks: bool,
    /// Samples of the CPU profiler.
    #[arg(long)]
    pub samples: bool,
}

impl Views {
    /// The sections that were asked for.
    pub(super) fn sections(&self) -> Vec<Section> {
        let flags = [
            (self.goroutines, Section::Goroutines),
            (self.gc, Section::Gc),
            (self.stw, Section::Stw),
            (self.types, Section::Types),
            (self.blocking, Section::Blocking),
            (self.syscalls, Section::Syscalls),
            (self.latency, Section::Latency),
            (self.tasks, Section::Tasks),
            (self.samples, Section::Samples),
        ];
        flags.iter().filter(|(asked, _)| *asked).map(|(_, section)| *section).collect()
    }
}

/// The list of events and its filters.
#[derive(Debug, Args)]
#[command(next_help_heading = "Events")]
pub struct Events {
    /// Print the events, one per line: seconds, thread, processor, goroutine, kind, what it says, where.
    #[arg(long)]
    pub events: bool,
    /// Only events in or about these goroutines.
    #[arg(long, value_name = "N[,N]", value_delimiter = ',', requires = "events")]
    pub goroutine: Vec<u64>,
    /// Only these kinds: `GoCreate,GoBlock`, `GC*`; upper and lower case are the same.
    #[arg(long, value_name = "KIND[,KIND]", requires = "events")]
    pub kind: Option<KindSet>,
    /// With whole stacks.
    #[arg(long, requires = "events")]
    pub stacks: bool,
}
