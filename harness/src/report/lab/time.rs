//! Time, for a terminal.

use std::collections::BTreeMap;
use std::fmt::Write;

use comfy_table::CellAlignment;

use super::super::Look;
use super::super::terminal::{grid::Grid, text};
use crate::model::lab::OfVariant;
use crate::model::lab::time::{Anew, BuildTime, TimeAnswer, TimeDifference};

/// Rows of a list that are shown.
const SHOWN: usize = 5;
/// Packages that are named for one reason.
const NAMED: usize = 3;
/// A step of less than this share of its chain is not named.
const STEP: f64 = 0.03;

pub(super) fn body(answer: &TimeAnswer, look: &Look) -> String {
    let mut out = table(answer, look) + "\n";
    for (name, build) in builds(answer) {
        details(&mut out, &name, build, look);
    }
    for difference in &answer.differences {
        against(&mut out, difference, look);
    }
    let kept = answer.variants.first().map(|facts| &facts.of.warm.files);
    if let Some(files) = kept.filter(|_| !look.verbose) {
        let _ = writeln!(
            out,
            "\n  executed commands: {} (others: --verbose)",
            text::clean(files.commands.as_str())
        );
    }
    out
}

/// Builds in the order of the table, each with its name.
fn builds(answer: &TimeAnswer) -> Vec<(String, &BuildTime)> {
    let mut builds = Vec::new();
    for facts in &answer.variants {
        builds.push((text::clean(&facts.variant), &facts.of.warm));
        builds.extend(
            facts.of.cold.iter().map(|cold| (format!("{} (cold)", text::clean(&facts.variant)), cold)),
        );
    }
    builds
}

fn table(answer: &TimeAnswer, look: &Look) -> String {
    let row = |(name, build): (String, &BuildTime)| {
        vec![
            name,
            text::span(build.wall),
            build.loading.map_or("-".to_owned(), text::span),
            text::count(u64::from(build.compiled)),
            text::count(u64::from(build.packages.saturating_sub(build.compiled))),
            text::span(build.compile),
            text::span(build.link),
            text::span(build.critical_time),
            format!("{:.1}", build.parallelism),
        ]
    };
    let rows: Vec<Vec<String>> = builds(answer).into_iter().map(row).collect();
    let header = [
        "variant",
        "whole",
        "loading",
        "compiled",
        "from cache",
        "compiling",
        "linking",
        "critical path",
        "at a time",
    ];
    Grid { header: &header, rows: &rows, first: CellAlignment::Left }.render(look.width)
}

/// What is to be said of one build: nothing if all came from the cache, but where its files are.
fn details(out: &mut String, name: &str, build: &BuildTime, look: &Look) {
    if build.compiled > 0 {
        let shown = if look.verbose { usize::MAX } else { SHOWN };
        let slowest: Vec<String> = build
            .slowest
            .iter()
            .take(shown)
            .map(|package| format!("{} {}", text::clean(&package.package), text::span(package.took)))
            .collect();
        let more = more(build.slowest.len(), slowest.len());
        let _ = writeln!(out, "\n  {name}: slowest packages: {}{more}", slowest.join(", "));
        let _ = writeln!(out, "  {name}: critical path: {}", critical(build));
        let over_time: Vec<String> =
            build.parallelism_over_time.iter().map(|at_work| format!("{at_work:.1}")).collect();
        let _ =
            writeln!(out, "  {name}: actions at a time, by tenths of the build: {}", over_time.join(" "),);
    }
    if look.verbose {
        let files = &build.files;
        let [commands, graph, trace] =
            [&files.commands, &files.graph, &files.trace].map(|path| text::clean(path.as_str()));
        let _ = writeln!(out, "\n  {name}: commands {commands}\n    action graph {graph}\n    trace {trace}");
    }
}

/// Steps that matter, and what the others come to.
fn critical(build: &BuildTime) -> String {
    let least = build.critical_time.0 as f64 * STEP;
    let (long, short): (Vec<_>, Vec<_>) = build.critical.iter().partition(|step| step.took.0 as f64 >= least);
    let mut steps: Vec<String> = long
        .iter()
        .map(|step| {
            let action = if step.action == "build" { "" } else { &format!("{} ", step.action) };
            format!("{}{} {}", text::clean(action), text::clean(&step.package), text::span(step.took))
        })
        .collect();
    if !short.is_empty() {
        let rest = short.iter().fold(0_i64, |sum, step| sum.saturating_add(step.took.0));
        let rest = text::span(crate::model::Nanoseconds(rest));
        steps.push(format!("{rest} in {}", text::counted(short.len() as u64, "short step")));
    }
    steps.join(", ")
}

fn against(out: &mut String, difference: &OfVariant<TimeDifference>, look: &Look) {
    let OfVariant { variant, of } = difference;
    let name = text::clean(variant);
    let _ = writeln!(
        out,
        "\n  {name}: {} of its own, {} shared with the reference",
        text::counted(of.anew.len() as u64, "package"),
        text::count(u64::from(of.shared)),
    );
    for (reason, packages) in grouped(&of.anew) {
        let _ = writeln!(out, "    {}: {}", text::clean(&reason), named(&packages, look));
    }
    for (what, packages) in [("only here", &of.added), ("only in the reference", &of.removed)] {
        if !packages.is_empty() {
            let packages: Vec<&str> = packages.iter().map(String::as_str).collect();
            let _ = writeln!(out, "    {what}: {}", named(&packages, look));
        }
    }
    if !of.link.is_empty() {
        let _ = writeln!(out, "    linked anew: {}", text::clean(&of.link.join("; ")));
    }
}

/// Packages by the reason, that of most packages first; those that are anew for their imports alone come last.
fn grouped(anew: &[Anew]) -> Vec<(String, Vec<&str>)> {
    let mut groups: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for one in anew {
        groups.entry(one.because.join("; ")).or_default().push(&one.package);
    }
    let through = groups.remove("");
    let mut groups: Vec<(String, Vec<&str>)> = groups.into_iter().collect();
    groups.sort_by_key(|(_, packages)| std::cmp::Reverse(packages.len()));
    groups.extend(through.map(|packages| ("what they import is another one".to_owned(), packages)));
    groups
}

fn named(packages: &[&str], look: &Look) -> String {
    let shown = if look.verbose { usize::MAX } else { NAMED };
    let names: Vec<String> = packages.iter().take(shown).map(|package| text::clean(package)).collect();
    let more = more(packages.len(), names.len());
    format!("{} ({}{more})", text::counted(packages.len() as u64, "package"), names.join(", "))
}

fn more(all: usize, shown: usize) -> String {
    if all > shown { format!(" and {} more: --verbose", all - shown) } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Nanoseconds;
    use crate::model::lab::time::{PackageTime, Step, TimeFacts};

    fn answer() -> TimeAnswer {
        let package = |package: &str, ms: i64| PackageTime {
            package: package.to_owned(),
            took: Nanoseconds(ms * 1_000_000),
            ..Default::default()
        };
        let step = |action: &str, package: &str, ms: i64| Step {
            action: action.to_owned(),
            package: package.to_owned(),
            took: Nanoseconds(ms * 1_000_000),
        };
        let cold = BuildTime {
            packages: 8,
            compiled: 7,
            critical: vec![step("build", "runtime", 900), step("build", "tiny", 1), step("link", "m", 99)],
            critical_time: Nanoseconds(1_000_000_000),
            slowest: (0..7).map(|n| package(&format!("p{n}"), 700 - n)).collect(),
            parallelism_over_time: vec![2.0, 1.0],
            ..Default::default()
        };
        let warm = BuildTime { packages: 8, ..Default::default() };
        let anew = |package: &str, because: &[&str]| Anew {
            package: package.to_owned(),
            because: because.iter().map(|word| (*word).to_owned()).collect(),
            imports: Vec::new(),
        };
        let difference = TimeDifference {
            shared: 1,
            anew: vec![
                anew("a", &["gcflags [] -> [-l]"]),
                anew("b", &[]),
                anew("c", &["gcflags [] -> [-l]"]),
                anew("m", &["gcflags [] -> [-l]", "build info: -gcflags"]),
            ],
            ..Default::default()
        };
        TimeAnswer {
            headline: String::new(),
            variants: vec![OfVariant { variant: "v".into(), of: TimeFacts { warm, cold: Some(cold) } }],
            differences: vec![OfVariant { variant: "w".into(), of: difference }],
            expected: Vec::new(),
            not_run: Vec::new(),
        }
    }

    #[test]
    fn a_cold_build_has_its_slowest_packages_and_its_critical_path() {
        let shown = body(&answer(), &Look { width: 120, color: false, verbose: false });
        assert!(shown.contains("v (cold): slowest packages: p0 700.0 ms, p1"), "{shown}");
        assert!(shown.contains("p4 696.0 ms and 2 more: --verbose"), "{shown}");
        let critical = "v (cold): critical path: runtime 900.0 ms, link m 99.0 ms, 1.0 ms in 1 short step\n";
        assert!(shown.contains(critical), "{shown}");
        assert!(!shown.contains("v: slowest"), "{shown}");
    }

    #[test]
    fn packages_that_are_anew_are_told_by_their_reason() {
        let shown = body(&answer(), &Look { width: 120, color: false, verbose: false });
        let expected = "\n  w: 4 packages of its own, 1 shared with the reference\n    gcflags [] -> [-l]: 2 packages (a, c)\n    \
                        gcflags [] -> [-l]; build info: -gcflags: 1 package (m)\n    what they import is another one: 1 package (b)\n";
        assert!(shown.contains(expected), "{shown}");
    }
}
