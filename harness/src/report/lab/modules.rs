//! Modules, `vendor/` and a build without a network, for a terminal.

use std::fmt::Write;

use comfy_table::CellAlignment;

use super::super::Look;
use super::super::terminal::{grid::Grid, text};
use crate::model::lab::OfVariant;
use crate::model::lab::modules::{
    Conflict, ModuleVersion, ModulesAnswer, ModulesDifference, ModulesFacts, Offline, UsedModule,
    VendorFacts, VendorFile, VendorState, Withdrawn,
};

/// Rows of a list that are shown.
const SHOWN: usize = 10;
/// Width at which names of modules no longer push what stands beside them.
const WIDEST: usize = 80;

pub(super) fn body(answer: &ModulesAnswer, look: &Look) -> String {
    let mut out = overview(answer, look) + "\n";
    for (names, why) in distinct(answer, |facts| facts.refused.as_ref()) {
        let why = text::clean(why.lines().next().unwrap_or_default().trim_end_matches(':'));
        let _ = writeln!(out, "\n  {names}: the go command refuses its modules: {why}");
        let _ = writeln!(out, "    what follows is told by go.mod and the module cache");
    }
    // One that nobody takes packages from is told all the same, after those that somebody does.
    let is_used =
        answer.variants.iter().any(|facts| facts.of.vendor.as_ref().is_some_and(|vendor| vendor.used));
    for (names, facts) in
        distinct(answer, |facts| facts.vendor.as_ref().filter(|vendor| vendor.used || !is_used))
    {
        vendor(&mut out, &names, facts, look);
    }
    for (names, offline) in distinct(answer, |facts| (!facts.offline.builds).then_some(&facts.offline)) {
        without_network(&mut out, &names, offline);
    }
    if let Some(first) = answer.variants.first() {
        modules(&mut out, first, answer.variants.len() > 1, look);
    }
    for difference in &answer.differences {
        against(&mut out, difference, look);
    }
    for (names, facts) in distinct(answer, |facts| Some(&facts.missing).filter(|missing| !missing.is_empty()))
    {
        let lines = facts.iter().map(|one| format!("{}  {}", one.chain.join(" -> "), one.why));
        list(&mut out, &format!("{names}: packages that cannot be had"), lines, look);
    }
    relations(&mut out, answer, look);
    out
}

fn overview(answer: &ModulesAnswer, look: &Look) -> String {
    let row = |OfVariant { variant, of }: &OfVariant<ModulesFacts>| {
        let vendor = of.vendor.as_ref().map_or("none", |vendor| match (vendor.state, vendor.used) {
            (VendorState::InSync, true) => "in sync",
            (VendorState::InSync, false) => "in sync, not used",
            (VendorState::Drifted, true) => "drifted",
            (VendorState::Drifted, false) => "drifted, not used",
            (VendorState::Unknown, _) => "not known",
        });
        vec![
            text::clean(variant),
            text::count(of.modules.len() as u64),
            text::count(u64::from(of.packages)),
            format!("-mod={}", text::clean(&of.mode)),
            vendor.to_owned(),
            if of.offline.builds { "builds" } else { "does not build" }.to_owned(),
        ]
    };
    let rows: Vec<Vec<String>> = answer.variants.iter().map(row).collect();
    let header = ["variant", "modules", "packages", "taken by", "vendor/", "without network"];
    Grid { header: &header, rows: &rows, first: CellAlignment::Left }.render(look.width)
}

/// Instead of the names of variants, if it is all of them.
const ALL: &str = "all variants";

/// What variants have, each thing once with the names of those that have it.
fn distinct<'a, T: PartialEq + ?Sized>(
    answer: &'a ModulesAnswer,
    of: impl Fn(&'a ModulesFacts) -> Option<&'a T>,
) -> Vec<(String, &'a T)> {
    let mut all: Vec<(Vec<&str>, &T)> = Vec::new();
    for facts in &answer.variants {
        let Some(thing) = of(&facts.of) else { continue };
        match all.iter_mut().find(|(_, other)| *other == thing) {
            Some((names, _)) => names.push(&facts.variant),
            None => all.push((vec![&facts.variant], thing)),
        }
    }
    let n = answer.variants.len();
    let label = |names: &[&str]| {
        if n > 1 && names.len() == n { ALL.to_owned() } else { text::clean(&names.join(", ")) }
    };
    all.into_iter().map(|(names, thing)| (label(&names), thing)).collect()
}

/// A title and lines below it, the first ones of them.
fn list(out: &mut String, title: &str, lines: impl ExactSizeIterator<Item = String>, look: &Look) {
    let n = lines.len();
    if n == 0 {
        return;
    }
    let _ = writeln!(out, "\n  {title}:");
    let shown = if look.verbose { n } else { SHOWN };
    for line in lines.take(shown) {
        let _ = writeln!(out, "    {}", text::clean(&line));
    }
    if n > shown {
        let _ = writeln!(out, "    {} more: --verbose", n - shown);
    }
}

fn vendor(out: &mut String, names: &str, facts: &VendorFacts, look: &Look) {
    let by = text::clean(&facts.written_by);
    if let Some(unchecked) = &facts.unchecked {
        let why = text::clean(unchecked.why.lines().next().unwrap_or_default());
        let _ = writeln!(out, "\n  {names}: `{by}` cannot say what belongs in vendor/: {why}");
        let _ = writeln!(out, "    modules.txt was compared with go.mod");
        for (what, modules) in [
            ("files compared with sources that are here", &unchecked.compared),
            ("files not compared", &unchecked.not_compared),
        ] {
            if !modules.is_empty() {
                let _ = writeln!(out, "    {what}: {}", text::clean(&joined(modules)));
            }
        }
    }
    if facts.state != VendorState::Drifted {
        return;
    }
    let file = |word: &'static str| {
        move |file: &VendorFile| {
            let line = file.line.map(|line| format!(", from line {line}")).unwrap_or_default();
            let built = if file.built { "; the build reads it" } else { "" };
            format!("{word:<14}{}{line}{built}", file.path)
        }
    };
    let lists =
        [("modules.txt", &facts.modules_txt), ("go.mod", &facts.go_mod), ("go.sum lacks", &facts.go_sum)];
    let of_lists =
        lists.iter().flat_map(|(word, lines)| lines.iter().map(move |line| format!("{word:<14}{line}")));
    let of_lists: Vec<String> = of_lists.collect();
    let mut lines: Vec<String> = facts.altered.iter().map(file("altered")).collect();
    lines.extend(facts.missing.iter().map(file("missing")));
    lines.extend(facts.untracked.iter().map(file("untracked")));
    list(
        out,
        &format!("{names}: vendor/ is not what `{by}` writes"),
        lines.into_iter().chain(of_lists).collect::<Vec<_>>().into_iter(),
        look,
    );
    let is_complete = facts.go_mod.is_empty() && facts.go_sum.is_empty();
    let mend =
        if is_complete { format!("`{by}` mends it") } else { format!("`go mod tidy`, then `{by}` mend it") };
    let _ =
        writeln!(out, "    `go mod verify` looks into the module cache alone and sees none of this; {mend}");
}

fn without_network(out: &mut String, names: &str, offline: &Offline) {
    let wanted = offline.wanted.as_deref().unwrap_or_default();
    let what = if offline.builds_online {
        "without a network; what it wanted first"
    } else {
        "at all, so not without a network"
    };
    let _ = writeln!(out, "\n  {names}: does not build {what}:");
    let _ = writeln!(out, "    {}", text::clean(wanted));
    if !offline.fetch.is_empty() {
        let _ = writeln!(out, "    it would fetch {}", text::clean(&joined(&offline.fetch)));
    }
    let _ = writeln!(out, "    {}", text::clean(&offline.command));
}

fn modules(out: &mut String, facts: &OfVariant<ModulesFacts>, is_one_of_several: bool, look: &Look) {
    let of = if is_one_of_several { format!("{}: ", text::clean(&facts.variant)) } else { String::new() };
    let names: Vec<String> =
        facts.of.modules.iter().map(|module| format!("{} {}", module.path, module.taken())).collect();
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0).min(WIDEST);
    let lines =
        facts.of.modules.iter().zip(names).map(|(module, name)| format!("{name:<width$}  {}", way(module)));
    list(out, &format!("{of}modules, and the shortest way to each"), lines, look);
    if !facts.of.unused.is_empty() {
        let n = text::count(facts.of.unused.len() as u64);
        let names = if look.verbose { format!(": {}", joined(&facts.of.unused)) } else { String::new() };
        let _ = writeln!(
            out,
            "    go.mod brings in {n} more that no package of the program comes from{}",
            text::clean(&names)
        );
    }
}

/// How the program comes to a module; its own package and the module's stand beside it.
fn way(module: &UsedModule) -> String {
    let through = module.chain.get(1..module.chain.len().saturating_sub(1)).unwrap_or_default();
    if through.is_empty() {
        "imported directly".to_owned()
    } else {
        format!("through {}", through.join(" -> "))
    }
}

fn against(out: &mut String, difference: &OfVariant<ModulesDifference>, look: &Look) {
    let (name, of) = (text::clean(&difference.variant), &difference.of);
    let added = of
        .added
        .iter()
        .map(|module| format!("{} {}  {}", module.path, module.taken(), module.chain.join(" -> ")));
    list(out, &format!("{name} has, unlike the reference"), added, look);
    let removed = of.removed.iter().map(told);
    list(out, &format!("{name} lacks, unlike the reference"), removed, look);
    let changed =
        of.changed.iter().map(|module| format!("{}  {} instead of {}", module.path, module.to, module.from));
    list(out, &format!("{name} has in another version than the reference"), changed, look);
}

/// What is of go.mod rather than of a variant: told once where all agree.
fn relations(out: &mut String, answer: &ModulesAnswer, look: &Look) {
    let is_several = answer.variants.len() > 1;
    let several = |names: &str| if is_several && names != ALL { format!("{names}: ") } else { String::new() };
    for (names, withdrawn) in distinct(answer, |facts| Some(&facts.withdrawn)) {
        list(
            out,
            &format!("{}taken back by their authors", several(&names)),
            withdrawn.iter().map(of_withdrawn),
            look,
        );
    }
    for (names, conflicts) in distinct(answer, |facts| Some(&facts.conflicts)) {
        let (used, others): (Vec<&Conflict>, Vec<&Conflict>) =
            conflicts.iter().partition(|conflict| conflict.used);
        let n = others.len();
        let shown: Vec<&Conflict> = if look.verbose { [used, others].concat() } else { used };
        let title = format!("{}versions in conflict, and who asks for which", several(&names));
        list(out, &title, shown.into_iter().map(|one| conflict(one, look)), look);
        if n > 0 && !look.verbose {
            let n = text::counted(n as u64, "module");
            let _ = writeln!(out, "    and of {n} that no package of the program comes from: --verbose");
        }
    }
    for (names, cycles) in distinct(answer, |facts| Some(&facts.cycles)) {
        let lines = cycles.iter().map(|cycle| cycle.iter().map(told).collect::<Vec<_>>().join(" requires "));
        list(out, &format!("{}modules that require one another", several(&names)), lines, look);
    }
}

fn of_withdrawn(one: &Withdrawn) -> String {
    let mut words = told(&one.module);
    if let Some(why) = &one.retracted {
        let why = why.join("; ");
        words += &if why.is_empty() { "  retracted".to_owned() } else { format!("  retracted: {why}") };
    }
    if let Some(why) = &one.deprecated {
        words += &format!("  deprecated: {}", why.trim_end_matches('.'));
    }
    if let Some(newest) = &one.newest {
        words += &format!("; newest is {newest}");
    }
    if !one.used {
        words += "; not in the program";
    }
    words
}

/// Of those that ask for one version, so many are named.
const ASKING: usize = 3;
/// Of versions that are asked for and not taken, so many are named, the highest first.
const RIVALS: usize = 2;

/// `l: v1.2.0 for d v1.0.0; others ask for v1.1.0 (o v1.0.0)`
fn conflict(conflict: &Conflict, look: &Look) -> String {
    let by = |by: &[ModuleVersion]| {
        let shown = if look.verbose { by.len() } else { ASKING };
        let more = by.len().saturating_sub(shown);
        let more = (more > 0).then(|| format!("{more} more"));
        by.iter().take(shown).map(told).chain(more).collect::<Vec<_>>().join(", ")
    };
    let (taken, others): (Vec<_>, Vec<_>) =
        conflict.required.iter().partition(|required| required.version == conflict.chosen);
    let asked: Vec<String> = taken.iter().map(|required| format!(" for {}", by(&required.by))).collect();
    let shown = if look.verbose { others.len() } else { RIVALS };
    let older = others.len().saturating_sub(shown);
    let older = (older > 0).then(|| format!("{older} older"));
    let rivals = others
        .iter()
        .rev()
        .take(shown)
        .map(|required| format!("{} ({})", required.version, by(&required.by)));
    let rivals: Vec<String> = rivals.chain(older).collect();
    format!("{}: {}{}; others ask for {}", conflict.path, conflict.chosen, asked.concat(), rivals.join(", "))
}

fn told(module: &ModuleVersion) -> String {
    format!("{} {}", module.path, module.version).trim_end().to_owned()
}

fn joined(modules: &[ModuleVersion]) -> String {
    modules.iter().map(told).collect::<Vec<_>>().join(", ")
}
