//! Goroutines: how many, which groups, who never ended.

use super::super::place::{self, is_own};
use super::super::table::Table;
use super::{Page, percent, span};
use crate::model::trace::{CreationSite, GoroutineSummary, LastWait, Lives, StartGroup, StateTimes};
use crate::report::terminal::text;

/// Creation sites shown of a group.
const SITES: usize = 5;
/// Reasons to wait shown of a site.
const WAITS: usize = 3;

/// All groups, with their creation sites.
pub(super) fn write(page: &mut Page<'_>, goroutines: &GoroutineSummary) {
    page.heading("Goroutines by start function", None);
    write_counts(page, goroutines);
    let shown: Vec<&StartGroup> =
        goroutines.groups.iter().filter(|group| page.look.verbose || !is_own(&group.start)).collect();
    let mut table =
        Table::new(["alive", "made", "ended", "run", "ready", "wait", "syscall", "start function"]);
    for group in shown.iter().take(page.rows) {
        let lives = &group.lives;
        let [running, runnable, waiting, syscall] = shares(&lives.time);
        let figures = [
            count(lives.alive),
            count(lives.created),
            count(lives.ended),
            running,
            runnable,
            waiting,
            syscall,
        ];
        let row = table.row(figures, place::function(&group.start));
        for site in group.sites.iter().take(SITES) {
            row.details.push(site_line(site));
        }
        if group.sites.len() > SITES {
            row.details
                .push(format!("… {} more creation sites, --json lists them", group.sites.len() - SITES));
        }
    }
    page.table(&table, shown.len());
    let hidden = goroutines.groups.len() - shown.len();
    if hidden > 0 {
        page.faint(&format!(
            "{} of the runtime's own left out, -v shows them",
            text::counted(hidden as u64, "group")
        ));
    }
}

fn count(number: u64) -> String {
    text::count(number)
}

/// Part of the time in each state.
fn shares(time: &StateTimes) -> [String; 4] {
    let all = time.total();
    [time.running, time.runnable, time.waiting, time.syscall].map(|state| percent(state, all))
}

fn site_line(site: &CreationSite) -> String {
    let Lives { created, created_alive, alive, .. } = &site.lives;
    let place = match site.created_by.is_empty() {
        true => "made before the trace began, or by C".to_owned(),
        false => format!("made at {}", place::creation(&site.created_by)),
    };
    let waits = waits(&site.last_waits);
    match (*created, *created_alive) {
        (0, _) => format!("{} alive, {place}{waits}", count(*alive)),
        (_, 0) => format!("{} {place}, all ended", count(*created)),
        (_, left) => format!("{} {place}, {} not ended{waits}", count(*created), count(left)),
    }
}

/// `; in chan receive 5, select 1`
fn waits(last: &[LastWait]) -> String {
    let mut by_reason: Vec<(&str, u64)> = Vec::new();
    for wait in last.iter().filter(|wait| wait.blocked > 0) {
        match by_reason.iter_mut().find(|(reason, _)| *reason == wait.reason) {
            Some((_, n)) => *n += wait.blocked,
            None => by_reason.push((&wait.reason, wait.blocked)),
        }
    }
    let words: Vec<String> = by_reason
        .iter()
        .take(WAITS)
        .map(|(reason, n)| format!("{} in {}", count(*n), text::clean(reason)))
        .collect();
    if words.is_empty() { String::new() } else { format!("; {}", words.join(", ")) }
}

/// How many there were, and what they did with their time.
pub(super) fn write_counts(page: &mut Page<'_>, goroutines: &GoroutineSummary) {
    let Lives { seen, created, ended, alive, time, .. } = &goroutines.total;
    page.line(&format!(
        "{} seen: {} made meanwhile, {} ended, {} alive at the end; at most {} at a time",
        count(*seen),
        count(*created),
        count(*ended),
        count(*alive),
        count(goroutines.peak),
    ));
    let [running, runnable, waiting, syscall] = shares(time);
    page.line(&format!(
        "their time: {running} running, {runnable} ready but without a processor, {waiting} blocked, {syscall} in system calls"
    ));
}

/// Creation sites whose goroutines did not end: the first place to look for a leak.
pub(super) fn write_never_ended(page: &mut Page<'_>, sites: &[&CreationSite]) {
    let left: u64 = sites.iter().map(|site| site.lives.created_alive).sum();
    if left == 0 {
        page.line("of those that were made meanwhile none is left but the runtime's own");
        return;
    }
    page.line(&format!("made meanwhile and not ended: {}, by creation site", count(left)));
    let mut table = Table::new(["left", "made", "oldest", "made at"]);
    for site in sites.iter().take(page.rows) {
        let Lives { created, created_alive, alive_age, .. } = &site.lives;
        let figures = [count(*created_alive), count(*created), span(alive_age.max)];
        let row = table.row(figures, place::creation(&site.created_by));
        let start = site.start.as_ref().map_or("?".to_owned(), |frame| place::function(&frame.function));
        row.details.push(format!("runs {start}{}", waits(&site.last_waits)));
        let longest = site.last_waits.iter().filter(|wait| wait.blocked > 0).max_by_key(|wait| wait.blocked);
        row.details.extend(longest.map(|wait| format!("blocked at {}", place::place(&wait.stack))));
    }
    page.table(&table, sites.len());
}
