//! Coverage: how much ran, and which code that allocates the scenario does not try.

use std::fmt::Write;

use super::{Look, text};
use crate::model::coverage::{
    CountedUntil, CoverageFacts, Covered, FunctionCoverage, GrowthMatch, Reach, Untried,
};
use crate::report::{Report, VariantCoverage};

/// Packages and places shown.
const PACKAGES: usize = 8;
const PLACES: usize = 12;

/// What is said of a place that did not run.
const REACHES: [(Reach, &str); 3] = [
    (Reach::Beside, "in functions that were called"),
    (Reach::Uncalled, "functions that were never called"),
    (Reach::Idle, "functions of packages of which nothing ran"),
];

pub(super) fn write(out: &mut String, report: &Report, look: &Look) {
    for coverage in &report.coverage {
        let name = text::clean(&coverage.variant);
        match (&coverage.facts, &coverage.not_run) {
            (Some(facts), _) => one(out, (report, coverage), facts, look),
            (None, Some(why)) => {
                let _ = writeln!(out, "\n{}", look.heading(&format!("Coverage of {name}")));
                let _ = writeln!(out, "  none: {}", text::clean(why));
            }
            (None, None) => {}
        }
    }
}

fn one(
    out: &mut String,
    (report, coverage): (&Report, &VariantCoverage),
    facts: &CoverageFacts,
    look: &Look,
) {
    let heading = format!("Coverage of {}", text::clean(&coverage.variant));
    let _ = writeln!(out, "\n{}  (a run of its own, which nothing is measured in)", look.heading(&heading));
    let _ = writeln!(
        out,
        "  {} of the main module's statements ran{}",
        percent(facts.statements),
        counted(coverage, facts)
    );
    packages(out, facts, look);
    if look.verbose {
        functions(out, facts);
    }
    untried(out, facts, look);
    releases(out, facts, look);
    growth(out, facts, look);
    if let Some(profile) = &coverage.profile {
        let file = report.capture.join(profile);
        let (module, file) = (quoted(coverage.module.as_str()), quoted(file.as_str()));
        let _ = writeln!(out, "  HTML: (cd {module} && go tool cover -html={file})");
    }
}

/// Of a word that a shell would take apart.
fn quoted(word: &str) -> String {
    let is_plain = word.chars().all(|c| c.is_ascii_alphanumeric() || "/._-+=:@%,".contains(c));
    let word = text::clean(word);
    if is_plain { word } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

fn counted(coverage: &VariantCoverage, facts: &CoverageFacts) -> String {
    let end = text::clean(&coverage.end);
    match facts.counted {
        CountedUntil::End if coverage.ok => String::new(),
        CountedUntil::End => format!("; the run did not go well: {end}"),
        CountedUntil::Checkpoint { operations } => format!(
            ", as of the last checkpoint, after {} operations: this end leaves no counters ({end})",
            text::count(operations)
        ),
        CountedUntil::Never => format!("; no counters were saved before the end ({end})"),
    }
}

/// `72.7 % (8 of 11)`
pub(in crate::report) fn percent(covered: Covered) -> String {
    let share = covered.percent().map_or("-".to_owned(), |share| format!("{share:.1} %"));
    format!("{share} ({} of {})", text::count(covered.ran), text::count(covered.of))
}

fn packages(out: &mut String, facts: &CoverageFacts, look: &Look) {
    let most = if look.verbose { usize::MAX } else { PACKAGES };
    let width = facts.packages.iter().take(most).map(|one| one.package.chars().count()).max().unwrap_or(0);
    for package in facts.packages.iter().take(most) {
        let name = text::clean(&package.package);
        let functions = package.functions;
        let _ = writeln!(
            out,
            "    {name:width$}  {}, {} of {} functions called",
            percent(package.statements),
            text::count(functions.ran),
            text::count(functions.of)
        );
    }
    more(out, facts.packages.len(), most, "package");
}

fn functions(out: &mut String, facts: &CoverageFacts) {
    let _ = writeln!(out, "  functions");
    let place = |one: &FunctionCoverage| text::clean(&format!("{}:{}", one.file, one.line));
    let width = facts.functions.iter().map(|one| place(one).chars().count()).max().unwrap_or(0);
    for one in &facts.functions {
        let name = text::clean(text::short(&one.function));
        let calls =
            if one.calls == 1 { "1 call".to_owned() } else { format!("{} calls", text::count(one.calls)) };
        let _ = writeln!(out, "    {:width$}  {name}  {}, {calls}", place(one), percent(one.statements));
    }
}

fn untried(out: &mut String, facts: &CoverageFacts, look: &Look) {
    if let Some(why) = &facts.no_untried {
        let _ = writeln!(out, "  what allocates and did not run is not known: {}", text::clean(why));
        return;
    }
    let places = &facts.untried;
    if places.is_empty() {
        let _ = writeln!(out, "  all code that allocates was tried");
        return;
    }
    let values: u64 = places.iter().map(|place| u64::from(place.n_values)).sum();
    let _ = writeln!(
        out,
        "  not tried by this scenario: {} that {} ({} on the heap)",
        text::counted(places.len() as u64, "place"),
        if places.len() == 1 { "allocates" } else { "allocate" },
        text::counted(values, "value"),
    );
    let most = if look.verbose { usize::MAX } else { PLACES };
    let shown = &places[..places.len().min(most)];
    for (reach, title) in REACHES {
        let of_reach: Vec<&Untried> = shown.iter().filter(|place| place.reach == reach).collect();
        if of_reach.is_empty() {
            continue;
        }
        let _ = writeln!(out, "    {}", look.faint(title));
        for place in of_reach {
            let _ = writeln!(out, "      {}", line(place));
            values_of(out, place, look);
        }
    }
    more(out, places.len(), most, "place");
}

/// `cmd/server/main.go:41  main.handle (called 2,000 times): &entry{...} escapes to heap, and 2 more`
pub(in crate::report) fn line(place: &Untried) -> String {
    let name = text::clean(text::short(&place.function));
    let calls = match (place.reach, place.calls) {
        (Reach::Beside, 1) => " (called once)".to_owned(),
        (Reach::Beside, calls) => format!(" (called {} times)", text::count(calls)),
        _ => String::new(),
    };
    let first = place.values.first().map_or_else(String::new, |value| text::clean(&what(&value.what)));
    let more = match place.n_values.saturating_sub(1) {
        0 => String::new(),
        n => format!(", and {n} more"),
    };
    format!("{}:{}  {name}{calls}: {first}{more}", text::clean(&place.file), place.line)
}

/// The compiler says of each that it escapes to the heap, which the heading says.
fn what(said: &str) -> String {
    said.trim_end_matches(" escapes to heap").trim_start_matches("moved to heap: ").to_owned()
}

fn releases(out: &mut String, facts: &CoverageFacts, look: &Look) {
    let all = &facts.uncalled_releases;
    if all.is_empty() {
        return;
    }
    let _ = writeln!(out, "  never called, and by the name it gives something back");
    let most = if look.verbose { usize::MAX } else { PLACES };
    for one in all.iter().take(most) {
        let words = format!("{}:{}  {}", one.file, one.line, text::short(&one.function));
        let _ = writeln!(out, "    {}", text::clean(&words));
    }
    more(out, all.len(), most, "function");
}

/// Blocks shown of a finding.
const BLOCKS: usize = 6;

fn growth(out: &mut String, facts: &CoverageFacts, look: &Look) {
    if let Some(why) = &facts.no_growth {
        let _ = writeln!(out, "  what ran as findings grew is not known: {}", text::clean(why));
    }
    let told = facts.growth.iter().filter(|one| look.verbose || !one.blocks.is_empty());
    for one in told {
        let (grew, of) = one.stretches;
        let site = text::clean(&one.site);
        let _ = writeln!(out, "  as {site} grew (in {grew} of {of} stretches between checkpoints)");
        if one.blocks.is_empty() {
            let _ = writeln!(out, "    nothing ran just then: it grows with the operations");
        }
        let most = if look.verbose { usize::MAX } else { BLOCKS };
        for block in one.blocks.iter().take(most) {
            let with = match block.with {
                GrowthMatch::OnlyThen => "ran then and at no other time",
                GrowthMatch::InStep => "ran in step with it",
            };
            let function = text::short(&block.function);
            let words = format!("{}:{}  {function}  {with}, ", block.file, block.line);
            let _ = writeln!(out, "    {}{} times", text::clean(&words), text::count(block.ran));
        }
        more(out, one.blocks.len(), most, "block");
    }
}

fn values_of(out: &mut String, place: &Untried, look: &Look) {
    if !look.verbose {
        return;
    }
    for value in &place.values {
        let flow = value.flow.as_ref().map_or_else(String::new, |flow| format!(", flows to {flow}"));
        let _ =
            writeln!(out, "        line {}: {}", value.line, text::clean(&format!("{}{flow}", value.what)));
    }
}

fn more(out: &mut String, all: usize, shown: usize, what: &str) {
    if all > shown {
        let more = text::counted((all - shown) as u64, what).replacen(' ', " more ", 1);
        let _ = writeln!(out, "    … {more}: --verbose shows all");
    }
}
