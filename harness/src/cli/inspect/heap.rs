//! `harness inspect heap`: a pprof profile in one of its forms, by what was asked for.

use camino::{Utf8Path, Utf8PathBuf};
use regex::Regex;

use super::heap_args::{InspectHeap, SourceArgs};
use super::profiles::{self, Loaded};
use super::source::Sources;
use crate::cli::Context;
use crate::cli::error::CliError;
use crate::cli::files;
use crate::format::pprof;
use crate::ingest::profile::{Against, Cut, Edges, Filters, Order, Trim, View};
use crate::model::profile::{ListedFunction, ProfileGraph};
use crate::model::{ModuleTable, Outcome};
use crate::report::profile::{self as report, ProfileReport, Text, flame::Flame};

/// Rows of the page, and sites where no number is asked for.
const PAGE_ROWS: usize = 12;
const SITES: usize = 30;
/// pprof's limit for trees.
const TREE_NODES: usize = 80;

pub(super) fn command(args: &InspectHeap, context: &Context) -> Result<Outcome, CliError> {
    let (base, against) = match args.base.diff.as_slice() {
        [] => (args.base.base.as_slice(), Against::Base),
        diff => (diff, Against::DiffBase),
    };
    if args.base.normalize && base.is_empty() {
        return Err(CliError::usage(
            "--normalize needs something to compare with",
            "add --base FILE or --diff FILE",
        ));
    }
    let loaded = profiles::load(&args.files, base, against, args.base.normalize, context)?;
    if let Some(out) = &args.write {
        files::save(out, &pprof::write(&loaded.profile), context)?;
        return Ok(Outcome::Pass);
    }
    let mut view = View::new(&loaded.profile, args.sample.as_deref()).map_err(|error| {
        CliError::usage(error.to_string(), "`harness inspect heap FILE` shows them with their totals")
    })?;
    let filters = args.filters.filters();
    filter(&mut view, &filters, context)?;
    show(args, &loaded, &view, &filters, context)?;
    Ok(Outcome::Pass)
}

/// `harness diff` of two profiles: what the second has more than the first.
pub(in crate::cli) fn compare(
    (before, after): (&Utf8PathBuf, &Utf8PathBuf),
    top: Option<u32>,
    json: bool,
    context: &Context,
) -> Result<(), CliError> {
    let loaded = profiles::load(
        std::slice::from_ref(after),
        std::slice::from_ref(before),
        Against::DiffBase,
        false,
        context,
    )?;
    let view = View::new(&loaded.profile, None).map_err(|error| CliError::usage(error.to_string(), ""))?;
    let count = top.map_or(if json { 0 } else { PAGE_ROWS }, |top| top as usize);
    let cut = Cut { edges: Edges::IntoInlined, count, ..Cut::default() };
    let (facts, graph) = (view.facts(), view.graph(&cut));
    let text = if json {
        let document = ProfileReport { graph: Some(graph), ..begun(&loaded, &view) };
        document.to_json().map_err(anyhow::Error::from)?
    } else {
        let text = Text { facts: &facts, filters: &[], unit: "minimum" };
        let look = context.console.look();
        context.console.fitted(report::page(&loaded.words(), &text, &graph, &look))
    };
    context.console.print(&text)
}

fn filter(view: &mut View<'_>, filters: &Filters, context: &Context) -> Result<(), CliError> {
    let unmatched = view.filter(filters).map_err(|error| {
        CliError::usage(error.to_string(), "quote it for the shell: --focus 'main\\.(put|get)'")
    })?;
    for name in unmatched {
        context.console.say(&format!("warning: {name} matches no samples"));
    }
    Ok(())
}

fn show(
    args: &InspectHeap,
    loaded: &Loaded,
    view: &View<'_>,
    filters: &Filters,
    context: &Context,
) -> Result<(), CliError> {
    if let Some(out) = &args.flame {
        return flame(args, loaded, view, out, context);
    }
    if args.json {
        let document = document(args, loaded, view, filters, context)?;
        return context.console.print(&document.to_json().map_err(anyhow::Error::from)?);
    }
    let (facts, active) = (view.facts(), filters.active());
    let text = Text { facts: &facts, filters: &active, unit: &args.cut.unit };
    let granularity = args.cut.granularity.granularity();
    let out = if let Some(expression) = &args.view.peek {
        let peek = peek(expression)?;
        text.tree(&graph(args, view), Some(&peek)).ok_or_else(|| nothing_matches(expression))?
    } else if args.view.tree {
        text.tree(&graph(args, view), None).unwrap_or_default()
    } else if args.view.traces {
        text.traces(&view.traces(granularity, !args.cut.noinlines, args.cut.nodecount))
    } else if args.view.tags {
        text.tags(&view.tags(&args.cut.unit))
    } else if let Some(expression) = &args.view.list {
        text.listing(&listing(args, expression, view, context)?)
    } else if args.view.list_sites {
        let sites = view.sites(&ModuleTable::default());
        let top = args.cut.nodecount.unwrap_or(SITES).min(sites.len());
        text.sites(&sites[..top], sites.len())
    } else if args.view.top.is_some() {
        text.top(&graph(args, view))
    } else {
        report::page(&loaded.words(), &text, &graph(args, view), &context.console.look())
    };
    context.console.print(&context.console.fitted(out))
}

/// Whether the page is wanted, and no list.
fn is_page(args: &InspectHeap) -> bool {
    let view = &args.view;
    view.top.is_none() && view.peek.is_none() && !view.tree
}

/// Places, counted and cut as the view wants them.
fn graph(args: &InspectHeap, view: &View<'_>) -> ProfileGraph {
    let cut = &args.cut;
    let is_peek = args.view.peek.is_some();
    let count = match (cut.nodecount, args.view.top) {
        (Some(count), _) => count,
        (None, Some(top @ 1..)) => top as usize,
        (None, _) if args.view.tree => TREE_NODES,
        (None, _) if is_page(args) => PAGE_ROWS,
        (None, _) => 0,
    };
    let has_edges = args.view.tree || is_peek;
    view.graph(&Cut {
        granularity: cut.granularity.granularity(),
        inlines: !cut.noinlines,
        objects: false,
        order: if cut.cum { Order::Cum } else { Order::Flat },
        edges: if has_edges { Edges::All } else { Edges::IntoInlined },
        // Who asks for a name wants it whatever it has.
        count: if is_peek { 0 } else { count },
        node_fraction: if is_peek { 0.0 } else { cut.nodefraction },
        edge_fraction: if is_peek { 0.0 } else { cut.edgefraction },
    })
}

fn peek(expression: &str) -> Result<Regex, CliError> {
    regex("peek", expression)
}

fn regex(option: &str, expression: &str) -> Result<Regex, CliError> {
    Regex::new(expression).map_err(|error| {
        let what = format!("`--{option} {expression}` is no regular expression: {error}");
        CliError::usage(what, format!("quote it for the shell: --{option} 'main\\.put'"))
    })
}

/// Functions that match, with their source.
fn listing(
    args: &InspectHeap,
    expression: &str,
    view: &View<'_>,
    context: &Context,
) -> Result<Vec<ListedFunction>, CliError> {
    let wanted = regex("list", expression)?;
    let SourceArgs { source_path, trim_path } = &args.source;
    let trim = Trim { prefixes: trim_path, directories: source_path };
    let mut functions = view.listing(&wanted, !args.cut.noinlines, &trim);
    if functions.is_empty() {
        return Err(nothing_matches(expression));
    }
    Sources::new(&args.source, context).annotate(&mut functions);
    Ok(functions)
}

fn nothing_matches(expression: &str) -> CliError {
    let what = format!("no place matches `{expression}`");
    CliError::usage(what, "`harness inspect heap FILE --top --nodefraction 0` lists all of them")
}

/// A document with what all of them have.
fn begun(loaded: &Loaded, view: &View<'_>) -> ProfileReport {
    ProfileReport {
        files: loaded.files.clone(),
        base: loaded.base.clone(),
        problems: loaded.problems,
        facts: view.facts(),
        ..ProfileReport::new()
    }
}

fn document(
    args: &InspectHeap,
    loaded: &Loaded,
    view: &View<'_>,
    filters: &Filters,
    context: &Context,
) -> Result<ProfileReport, CliError> {
    let mut document = begun(loaded, view);
    let active = filters.active();
    document.filters = active.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    let granularity = args.cut.granularity.granularity();
    if args.view.traces {
        document.traces = Some(view.traces(granularity, !args.cut.noinlines, args.cut.nodecount));
    } else if args.view.tags {
        document.tags = Some(view.tags(&args.cut.unit));
    } else if let Some(expression) = &args.view.list {
        document.listing = Some(listing(args, expression, view, context)?);
    } else if args.view.list_sites {
        let mut sites = view.sites(&ModuleTable::default());
        sites.truncate(args.cut.nodecount.unwrap_or(usize::MAX));
        document.sites = Some(sites);
    } else {
        let mut graph = graph(args, view);
        if let Some(expression) = &args.view.peek
            && !keep_peeked(&mut graph, &peek(expression)?)
        {
            return Err(nothing_matches(expression));
        }
        document.graph = Some(graph);
    }
    Ok(document)
}

/// Leaves the calls from and to places that match. Whether there are any.
fn keep_peeked(graph: &mut ProfileGraph, peek: &Regex) -> bool {
    let matches: Vec<bool> = graph.nodes.iter().map(|node| peek.is_match(&node.name)).collect();
    let is_match = |at: usize| matches.get(at).copied().unwrap_or(false);
    graph.edges.retain(|edge| is_match(edge.from) || is_match(edge.to));
    matches.contains(&true)
}

fn flame(
    args: &InspectHeap,
    loaded: &Loaded,
    view: &View<'_>,
    out: &Utf8Path,
    context: &Context,
) -> Result<(), CliError> {
    let render = match out.extension() {
        Some("svg") => report::flame::svg,
        Some("html" | "htm") => report::flame::html,
        _ => {
            let what = format!("`{out}` is neither a picture nor a page by its name");
            return Err(CliError::usage(what, "call it OUT.svg or OUT.html"));
        }
    };
    let facts = view.facts();
    let tree = view.flame(args.cut.granularity.granularity(), !args.cut.noinlines);
    let is_diff = !loaded.base.is_empty() || facts.is_diff;
    let title = loaded.words();
    let flame = Flame { tree: &tree, title: &title, sample_type: facts.sample_type(), is_diff };
    files::save(out, render(&flame).as_bytes(), context)
}
