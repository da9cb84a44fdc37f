//! The parts of the page.

use super::document::HeapReport;
use super::path;
use super::sheet::Sheet;
use crate::model::heap::{
    HeapCount, HeapGrowth, HeapTotals, HeldSite, Holder, ObjectAges, RootKind, Suspect, SuspectKind, TypeUse,
};
use crate::model::{Bytes, MissingInput, binary_units, readable_type};
use crate::report::terminal::text;
use crate::report::trace::table::{Row, Table};

pub(super) fn header(sheet: &mut Sheet<'_>, report: &HeapReport) {
    let totals = &report.totals;
    sheet.title(&report.file);
    let mut parts = vec![format!("heap dump of {}", text::bytes(totals.dump))];
    if !totals.go_version.is_empty() {
        parts.push(format!("{} {}", totals.go_version, totals.goarch));
    }
    if let Some(stats) = &totals.memstats {
        parts.push(format!("after GC cycle {}", stats.num_gc));
    }
    parts.push(text::counted(totals.goroutines, "goroutine"));
    sheet.line(&parts.join(", "));
    let mut held = format!("reachable: {}", count(totals.reachable));
    if totals.garbage.objects.0 > 0 {
        held.push_str(&format!("; garbage not yet collected: {}", count(totals.garbage)));
    }
    if totals.dropped.objects.0 > 0 {
        held.push_str(&format!("; free slots, dropped: {}", count(totals.dropped)));
    }
    sheet.line(&held);
    agreement(sheet, totals);
    if let Some(base) = &report.base {
        sheet.line(&format!("growth is against {base}"));
    }
}

fn agreement(sheet: &mut Sheet<'_>, totals: &HeapTotals) {
    let (Some(stats), Some(agreement)) = (&totals.memstats, &totals.agreement) else { return };
    let alloc = format!(
        "the runtime counted {} in {} objects",
        text::bytes(stats.heap_alloc),
        text::count(stats.heap_objects.0)
    );
    let difference = binary_units(agreement.bytes.unsigned_abs() as f64);
    match agreement.holds {
        true => sheet.line(&format!("{alloc}: the sums agree (difference {difference})")),
        false => sheet
            .warning(&format!("{alloc}: {difference} {} than was found here", more_or_less(agreement.bytes))),
    }
}

fn more_or_less(difference: i64) -> &'static str {
    if difference > 0 { "less" } else { "more" }
}

/// `1,000 objects, 62.5 KiB`
pub(super) fn count(count: HeapCount) -> String {
    format!("{}, {}", text::counted(count.objects.0, "object"), text::bytes(count.bytes))
}

fn growth_text(growth: Option<HeapGrowth>) -> String {
    match growth {
        None | Some(HeapGrowth { bytes: 0, .. }) => String::new(),
        Some(HeapGrowth { bytes, .. }) => {
            format!("{}{}", if bytes < 0 { "-" } else { "+" }, binary_units(bytes.unsigned_abs() as f64))
        }
    }
}

/// What each kind of suspect is called.
const KINDS: [(SuspectKind, &str); 8] = [
    (SuspectKind::Container, "container"),
    (SuspectKind::List, "list"),
    (SuspectKind::LargeObject, "large object"),
    (SuspectKind::SparseMap, "map that never shrinks"),
    (SuspectKind::PinnedBlock, "pinned blocks"),
    (SuspectKind::Timers, "timers"),
    (SuspectKind::FinalizerCycle, "finalizer cycle"),
    (SuspectKind::BlockedGoroutines, "blocked goroutines"),
];

pub(super) fn suspects(sheet: &mut Sheet<'_>, suspects: &[Suspect], reachable: HeapCount) {
    sheet.heading("Leak suspects", "--suspects");
    if reachable.objects.0 == 0 {
        sheet.line("not known: no root was read that leads to an object (roots come last in a dump)");
    } else if suspects.is_empty() {
        sheet.line("none: nowhere do many alike objects hang from one");
    }
    for (number, suspect) in suspects.iter().take(sheet.rows).enumerate() {
        let kind = KINDS.iter().find(|(kind, _)| *kind == suspect.kind).map_or("", |(_, name)| name);
        if number > 0 {
            sheet.line("");
        }
        sheet.line(&format!("{}. {kind}: {}", number + 1, suspect.sentence));
        path::write(sheet, &suspect.path, suspect.point);
        let grown = match growth_text(suspect.growth) {
            text if text.is_empty() => String::new(),
            text => format!(", {text} since the earlier dump"),
        };
        sheet.faint(&format!(
            "    {} would be freed if it were cut{grown}",
            text::bytes(suspect.retained.bytes)
        ));
    }
    sheet.more(suspects.len());
}

pub(super) fn holders(sheet: &mut Sheet<'_>, holders: &[Holder]) {
    sheet.heading("Who holds memory", "--retainers");
    let shown: Vec<&Holder> = match sheet.is_page {
        true => holders.iter().filter(|holder| holder.root.kind != RootKind::Runtime).collect(),
        false => holders.iter().collect(),
    };
    table_of(sheet, &shown);
    let alone: Bytes = holders.iter().map(|holder| holder.retained.bytes).sum();
    let reached: Bytes = holders.iter().map(|holder| holder.reached.bytes).sum();
    if reached.0 > alone.0 {
        let shared = Bytes(reached.0 - alone.0);
        sheet.faint(&format!("{} more are held by several of them together", text::bytes(shared)));
    }
}

pub(super) fn goroutines(sheet: &mut Sheet<'_>, holders: &[Holder]) {
    sheet.heading("Goroutines that hold memory", "--goroutines");
    if holders.is_empty() {
        sheet.line("none");
    }
    table_of(sheet, &holders.iter().collect::<Vec<_>>());
}

fn table_of(sheet: &mut Sheet<'_>, holders: &[&Holder]) {
    let has_growth = holders.iter().any(|holder| holder.growth.is_some());
    let mut table = if has_growth {
        Table::new(["alone", "", "objects", "growth", "reached", "who"])
    } else {
        Table::new(["alone", "", "objects", "reached", "who"])
    };
    for holder in holders.iter().take(sheet.rows) {
        let (alone, share) = (text::bytes(holder.retained.bytes), format!("{:.1}%", holder.share));
        let objects = text::count(holder.retained.objects.0);
        let (reached, who) = (text::bytes(holder.reached.bytes), path::root(&holder.root));
        match has_growth {
            true => table.row([alone, share, objects, growth_text(holder.growth), reached], who),
            false => table.row([alone, share, objects, reached], who),
        };
    }
    sheet.table(&table, holders.len());
}

/// A list with a column for growth, if there is any to show.
fn growing(has_growth: bool, text: &'static str) -> Table {
    match has_growth {
        true => Table::new(["bytes", "objects", "retained", "growth", text]),
        false => Table::new(["bytes", "objects", "retained", text]),
    }
}

fn growing_row(
    table: &mut Table,
    has_growth: bool,
    (held, retained, growth): (HeapCount, Bytes, Option<HeapGrowth>),
    text: String,
) -> &mut Row {
    let figures = [text::bytes(held.bytes), text::count(held.objects.0), text::bytes(retained)];
    match has_growth {
        true => {
            let [bytes, objects, retained] = figures;
            table.row([bytes, objects, retained, growth_text(growth)], text)
        }
        false => table.row(figures, text),
    }
}

/// `9 ages, 2 in the earlier dump, oldest 18 of 18 GC cycles, 10 older than the trace`: where the trace saw any of them.
fn ages(ages: &ObjectAges) -> Option<String> {
    let mut parts = Vec::new();
    if ages.dated.0 > 0 {
        parts.push(text::counted(ages.distinct, "age"));
        parts.extend(
            ages.before.map(|before| format!("{} in the earlier dump", text::count(before.distinct))),
        );
        parts.push(format!("oldest {} of {} GC cycles", text::count(ages.oldest), text::count(ages.cycle)));
    }
    let without = [(ages.older.0, "older than the trace"), (ages.unseen.0, "not in the trace")];
    let has_any = ages.objects() > ages.unseen;
    let without = without.iter().filter(|(n, _)| *n > 0);
    parts.extend(without.map(|(n, why)| format!("{} {why}", text::count(*n))));
    has_any.then(|| parts.join(", "))
}

pub(super) fn types(sheet: &mut Sheet<'_>, types: &[TypeUse]) {
    if sheet.is_page && types.iter().all(|row| row.name.is_none()) {
        return;
    }
    sheet.heading("Objects by type", "--types");
    let has_growth = types.iter().any(|row| row.growth.is_some());
    let mut table = growing(has_growth, "type");
    for row in types.iter().take(sheet.rows) {
        let name =
            row.name.as_ref().map_or_else(|| "(type not known)".to_owned(), |name| readable_type(name));
        let figures = (row.held, row.retained, row.growth);
        let line = growing_row(&mut table, has_growth, figures, text::clean(&name));
        line.details.extend(row.ages.as_ref().and_then(ages));
    }
    sheet.table(&table, types.len());
}

pub(super) fn sites(sheet: &mut Sheet<'_>, sites: &[HeldSite]) {
    if sheet.is_page && sites.is_empty() {
        return;
    }
    sheet.heading("Objects by allocation site", "--sites");
    if sites.is_empty() {
        sheet.line("no object was sampled by the memory profile");
    }
    if sheet.is_page {
        return site_table(sheet, sites);
    }
    for site in sites.iter().take(sheet.rows) {
        let growth = growth_text(site.growth);
        let growth = if growth.is_empty() { growth } else { format!(", {growth}") };
        let types =
            if site.types.is_empty() { String::new() } else { format!(", {}", site.types.join(", ")) };
        sheet.line("");
        sheet.line(&format!(
            "{} of {}{types}, retaining {}{growth}",
            count(site.held),
            text::bytes(site.object_size),
            text::bytes(site.retained)
        ));
        site.ages.as_ref().and_then(ages).into_iter().for_each(|ages| sheet.line(&ages));
        for frame in &site.stack {
            sheet.indented(4, &text::frame(frame), |line| line.to_owned());
        }
        for held in &site.paths {
            sheet.faint(&format!("    {} held by", count(held.held)));
            path::write(sheet, held, None);
        }
        if site.unlisted.objects.0 > 0 {
            sheet.faint(&format!("    {} on other paths", count(site.unlisted)));
        }
    }
    sheet.more(sites.len());
}

fn site_table(sheet: &mut Sheet<'_>, sites: &[HeldSite]) {
    let has_growth = sites.iter().any(|site| site.growth.is_some());
    let mut table = growing(has_growth, "where");
    for site in sites.iter().take(sheet.rows) {
        let place = crate::report::trace::place::place(&site.stack);
        let first = site.paths.first().map(|held| format!("held by {}", path::root(&held.root)));
        let row = growing_row(&mut table, has_growth, (site.held, site.retained, site.growth), place);
        row.details.extend(first);
        row.details.extend(site.ages.as_ref().and_then(ages));
    }
    sheet.table(&table, sites.len());
}

pub(super) fn missing(sheet: &mut Sheet<'_>, missing: &[MissingInput]) {
    if missing.is_empty() {
        return;
    }
    sheet.heading("What could not be known", "");
    for input in missing {
        sheet.line(&input.why);
    }
}
