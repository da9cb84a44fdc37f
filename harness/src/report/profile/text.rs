//! Lists in pprof's layout.
//!
//! Widths, units, percentages and the lines above the lists are those of pprof's internal/report (Go 1.26). Names come
//! from the profiled program: control characters in them are shown, not sent.

use std::fmt::Write as _;

use regex::Regex;

use crate::model::profile::{
    Inlined, ListedFile, ListedFunction, ProfileEdge, ProfileFacts, ProfileGraph, ProfileNode, ProfileSite,
    ProfileTag, ProfileTrace, units,
};
use crate::report::terminal::text;

const TREE_LINE: &str = "----------------------------------------------------------+-------------";
const TREE_HEAD: &str = "      flat  flat%   sum%        cum   cum%   calls calls% + context \t \t ";
const TRACE_LINE: &str = "-----------+-------------------------------------------------------";

/// What every list needs to know.
#[derive(Debug, Clone, Copy)]
pub struct Text<'a> {
    /// What the profile is of.
    pub facts: &'a ProfileFacts,
    /// Filters that are set: name and expression.
    pub filters: &'a [(&'static str, &'a str)],
    /// The unit for values; `minimum` has it follow the smallest value shown.
    pub unit: &'a str,
}

impl Text<'_> {
    /// `-top`: places with their values.
    #[must_use]
    pub fn top(&self, graph: &ProfileGraph) -> String {
        let unit = self.unit_of(graph);
        let mut out = self.head(graph, &unit);
        let _ = writeln!(out, "{:>10} {:>5}% {:>5}% {:>10} {:>5}%", "flat", "flat", "sum", "cum", "cum");
        self.rows(&mut out, &graph.nodes, &unit);
        out
    }

    /// The rows of `-top`, without a head.
    pub(super) fn rows(&self, out: &mut String, nodes: &[ProfileNode], unit: &str) {
        let mut sum = 0i64;
        for node in nodes {
            sum = sum.wrapping_add(node.flat);
            let inlined = match node.inlined {
                Inlined::No => "",
                Inlined::Partly => " (partial-inline)",
                Inlined::Yes => " (inline)",
            };
            let _ = writeln!(
                out,
                "{:>10} {} {} {:>10} {}  {}{inlined}",
                self.value(node.flat, unit),
                self.percent(node.flat),
                self.percent(sum),
                self.value(node.cum, unit),
                self.percent(node.cum),
                text::clean(&node.name),
            );
        }
    }

    /// `-tree`, and with an expression `-peek`: each place between those that call it and those that it calls. None if
    /// the expression matches nothing.
    #[must_use]
    pub fn tree(&self, graph: &ProfileGraph, peek: Option<&Regex>) -> Option<String> {
        let unit = self.unit_of(graph);
        let mut out = self.head(graph, &unit);
        let _ = writeln!(out, "{TREE_LINE}\n{TREE_HEAD}");
        let n_nodes = graph.nodes.len();
        let (mut callers, mut callees) = (vec![Vec::new(); n_nodes], vec![Vec::new(); n_nodes]);
        for edge in &graph.edges {
            for (lists, at, other) in [(&mut callers, edge.to, edge.from), (&mut callees, edge.from, edge.to)]
            {
                if let (Some(list), Some(other)) = (lists.get_mut(at), graph.node(other)) {
                    list.push((edge, other));
                }
            }
        }
        let (mut sum, mut matched) = (0i64, false);
        for (at, node) in graph.nodes.iter().enumerate() {
            if peek.is_some_and(|peek| !peek.is_match(&node.name)) {
                continue;
            }
            matched = true;
            let _ = writeln!(out, "{TREE_LINE}");
            callers[at].iter().for_each(|call| out.push_str(&self.call(*call, node.cum, &unit)));
            sum = sum.wrapping_add(node.flat);
            let _ = writeln!(
                out,
                "{:>10} {} {} {:>10} {}                | {}",
                self.value(node.flat, &unit),
                self.percent(node.flat),
                self.percent(sum),
                self.value(node.cum, &unit),
                self.percent(node.cum),
                text::clean(&node.name),
            );
            callees[at].iter().for_each(|call| out.push_str(&self.call(*call, node.cum, &unit)));
        }
        if !graph.nodes.is_empty() {
            let _ = writeln!(out, "{TREE_LINE}");
        }
        (matched || peek.is_none()).then_some(out)
    }

    /// A call and the place at its other end, as a part of `cum`.
    fn call(&self, (edge, other): (&ProfileEdge, &ProfileNode), cum: i64, unit: &str) -> String {
        let inline = if edge.inline { " (inline)" } else { "" };
        let (value, part) = (self.value(edge.weight, unit), units::percentage(edge.weight, cum));
        format!("{value:>50} {part} |   {}{inline}\n", text::clean(&other.name))
    }

    /// `-traces`: the samples one by one.
    #[must_use]
    pub fn traces(&self, traces: &[ProfileTrace]) -> String {
        let mut out = self.profile_lines(self.unit).join("\n") + "\n";
        for trace in traces {
            let _ = writeln!(out, "{TRACE_LINE}");
            let mut labels: Vec<String> = trace
                .labels
                .iter()
                .map(|(key, values)| format!("{:>10}:  {}", text::clean(key), text::clean(&values.join(" "))))
                .collect();
            labels.sort();
            let mut numbers: Vec<String> = trace
                .numbers
                .iter()
                .map(|(key, values, unit)| {
                    let values: Vec<String> = values.iter().map(|v| units::label(*v, unit, "auto")).collect();
                    format!("{:>10}:  {}", text::clean(key), text::clean(&values.join(" ")))
                })
                .collect();
            numbers.sort();
            for line in labels.iter().chain(&numbers) {
                let _ = writeln!(out, "{line}");
            }
            for (at, (name, inline)) in trace.stack.iter().enumerate() {
                let value = if at == 0 { self.value(trace.value, self.unit) } else { String::new() };
                let inline = if *inline { " (inline)" } else { "" };
                let _ = writeln!(out, "{value:>10}   {}{inline}", text::clean(name));
            }
        }
        let _ = writeln!(out, "{TRACE_LINE}");
        out
    }

    /// `-tags`: sums by label.
    #[must_use]
    pub fn tags(&self, tags: &[ProfileTag]) -> String {
        let mut out = String::new();
        let total = self.facts.total;
        let part = |value: i64| match total {
            1.. => format!(" ({})", units::percentage(value, total)),
            _ => String::new(),
        };
        for tag in tags {
            let key = format!("{}:", text::clean(&tag.key));
            // pprof lines up the columns with one blank before each, to the right.
            let first = key.chars().count() + 1;
            let sum = self.value(tag.total, self.unit);
            let _ = writeln!(
                out,
                "{key:>first$} Total {sum} of {}{}",
                self.value(total, self.unit),
                part(tag.total)
            );
            let cell = |value: i64| format!("{}{}:", self.value(value, self.unit), part(value));
            let cells: Vec<String> = tag.values.iter().map(|(_, value)| cell(*value)).collect();
            let second = cells.iter().map(|cell| cell.chars().count()).max().unwrap_or(0) + 1;
            for ((name, _), cell) in tag.values.iter().zip(&cells) {
                let _ = writeln!(out, "{:>first$}{cell:>second$} {}", "", text::clean(name));
            }
            out.push('\n');
        }
        out
    }

    /// `-list`: functions line by line.
    #[must_use]
    pub fn listing(&self, functions: &[ListedFunction]) -> String {
        let mut out = format!("Total: {}\n", self.value(self.facts.total, self.unit));
        for ListedFunction { function, files } in functions {
            let function = text::clean(function);
            if files.is_empty() {
                let _ = writeln!(out, "No source information for {function}");
            }
            for file in files {
                self.listed(&mut out, &function, file);
            }
        }
        out
    }

    fn listed(&self, out: &mut String, function: &str, file: &ListedFile) {
        let (flat, cum) = (self.value(file.flat, self.unit), self.value(file.cum, self.unit));
        let part = self.percent(file.cum);
        let _ = writeln!(out, "ROUTINE ======================== {function} in {}", text::clean(&file.file));
        let _ = writeln!(out, "{flat:>10} {cum:>10} (flat, cum) {part} of Total");
        if let Some(error) = &file.error {
            let _ = writeln!(out, " Error: {}", text::clean(error));
            return;
        }
        let value = |value| if value == 0 { ".".to_owned() } else { self.value(value, self.unit) };
        for line in &file.lines {
            // A source file may be as hostile as a name, but tabs are what it is indented with.
            let source = line.text.as_deref().unwrap_or_default().split('\t').map(text::clean);
            let source = source.collect::<Vec<_>>().join("\t");
            let (flat, cum) = (value(line.flat), value(line.cum));
            let _ = writeln!(out, "{flat:>10} {cum:>10} {:>6}:{source}", line.line);
        }
    }

    /// Sites: the user's line with its value, and the stack below.
    #[must_use]
    pub fn sites(&self, sites: &[ProfileSite], n_all: usize) -> String {
        let mut out = self.profile_lines(self.unit).join("\n") + "\n";
        for site in sites {
            let size = match site.object_size {
                0 => String::new(),
                size => format!("  ({} each)", units::label(size, "bytes", "auto")),
            };
            let _ = writeln!(
                out,
                "\n{:>10} {}  {}{size}",
                self.value(site.value, self.unit),
                self.percent(site.value),
                text::clean(&site.user.to_string()),
            );
            for frame in &site.stack {
                let _ = writeln!(out, "                    {}", text::clean(&frame.to_string()));
            }
        }
        if n_all > sites.len() {
            let _ = writeln!(
                out,
                "\n… {} sites with less, --top N shows N",
                text::count((n_all - sites.len()) as u64)
            );
        }
        out
    }

    /// The lines above a list.
    fn head(&self, graph: &ProfileGraph, unit: &str) -> String {
        let total = self.facts.total;
        let mut lines = self.profile_lines(unit);
        if !self.filters.is_empty() {
            lines.push("Active filters:".to_owned());
        }
        for (name, expression) in self.filters {
            let filter = format!("{name}={expression}");
            let cut = filter.len() > 80;
            let end = (0..=80.min(filter.len())).rev().find(|end| filter.is_char_boundary(*end)).unwrap_or(0);
            let shown = if cut { format!("{}…", &filter[..end]) } else { filter };
            lines.push(format!("   {}", text::clean(&shown)));
        }
        let shown = graph.nodes.iter().fold(0i64, |sum, node| sum.wrapping_add(node.flat));
        lines.push(format!(
            "Showing nodes accounting for {}, {} of {} total",
            self.value(shown, unit),
            self.percent(shown).trim(),
            self.value(total, unit)
        ));
        if total != 0 {
            if graph.dropped > 0 {
                let cutoff = ((total as f64 * graph.node_fraction) as i64).wrapping_abs();
                let nodes = if graph.dropped > 1 { "nodes" } else { "node" };
                lines.push(format!(
                    "Dropped {} {nodes} (cum <= {})",
                    graph.dropped,
                    self.value(cutoff, unit)
                ));
            }
            let n = graph.nodes.len();
            if n > 0 && n < graph.before_count {
                lines.push(format!("Showing top {n} nodes out of {}", graph.before_count));
            }
        }
        lines.join("\n") + "\n"
    }

    /// What the profile is, line by line.
    fn profile_lines(&self, unit: &str) -> Vec<String> {
        let facts = self.facts;
        let mut lines = Vec::new();
        if !facts.program.is_empty() {
            lines.push(format!("File: {}", text::clean(base(&facts.program))));
        }
        if !facts.build_id.is_empty() {
            lines.push(format!("Build ID: {}", text::clean(&facts.build_id)));
        }
        lines.extend(
            facts.comments.iter().filter(|line| !line.starts_with('#')).map(|line| text::clean(line)),
        );
        let (kind, sample_unit) = facts.sample_type();
        if !kind.is_empty() {
            lines.push(format!("Type: {}", text::clean(kind)));
        }
        if !facts.doc_url.is_empty() {
            lines.push(format!("Doc: {}", text::clean(&facts.doc_url)));
        }
        if facts.time != 0 {
            lines.push(format!("Time: {}", time(facts.time)));
        }
        if facts.duration != 0 {
            let duration = units::label(facts.duration, "nanoseconds", "auto");
            let (total, total_unit) = units::scale(facts.total, sample_unit, "nanoseconds");
            let ratio = match total_unit == "ns" && total != 0.0 {
                true => format!("({})", units::percentage(total as i64, facts.duration)),
                false => String::new(),
            };
            let total = self.value(facts.total, unit);
            lines.push(format!("Duration: {duration}, Total samples = {total} {ratio}"));
        }
        lines
    }

    pub(super) fn value(&self, value: i64, unit: &str) -> String {
        // A unit that pprof does not know is a text of the file.
        text::clean(&units::label(value, self.facts.sample_type().1, unit))
    }

    pub(super) fn percent(&self, value: i64) -> String {
        units::percentage(value, self.facts.total)
    }

    /// The unit in which the smallest value can still be told from nothing.
    pub(super) fn unit_of(&self, graph: &ProfileGraph) -> String {
        if self.unit != "minimum" || graph.nodes.is_empty() {
            return self.unit.to_owned();
        }
        let own = |node: &ProfileNode| match node.flat.wrapping_abs() {
            0 => node.cum.wrapping_abs(),
            flat => flat,
        };
        let max = self.facts.total;
        let min = graph.nodes.iter().map(own).filter(|value| *value > 0).min().unwrap_or(max);
        let sample_unit = self.facts.sample_type().1;
        let (_, min_unit) = units::scale(min, sample_unit, "minimum");
        let (_, max_unit) = units::scale(max, sample_unit, "minimum");
        let unit = match min_unit != max_unit && min.wrapping_mul(100) < max {
            // So that the smallest is a hundredth.
            true => units::scale(min.wrapping_mul(100), sample_unit, "minimum").1,
            false => min_unit,
        };
        if unit.is_empty() { sample_unit.to_owned() } else { unit.into_owned() }
    }
}

/// The last element of a path.
pub(super) fn base(path: &str) -> &str {
    path.trim_end_matches('/').rsplit('/').next().filter(|last| !last.is_empty()).unwrap_or("/")
}

/// `2006-01-02 15:04:05 UTC`
pub(super) fn time(nanoseconds: i64) -> String {
    match jiff::Timestamp::from_nanosecond(i128::from(nanoseconds)) {
        Ok(time) => time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
        Err(_) => format!("{nanoseconds} ns"),
    }
}
