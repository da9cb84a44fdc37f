//! What the lives of goroutines come to, by creation site and, from those, by start function.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::clip::{Stayed, add};
use super::sketch::Sketch;
use super::table::Table;
use super::texts::{EMPTY, Texts};
use crate::model::trace::{
    CreationSite, GoroutineExample, GoroutineSummary, LastWait, Lives, StartGroup, StateTimes, WaitTime,
};
use crate::model::{Frame, Nanoseconds, Stack};

/// Goroutines kept per site as examples.
const MAX_EXAMPLES: usize = 5;

/// Name of a start function that the trace does not show.
const UNKNOWN_START: &str = "?";

/// The site of goroutines of which no stack was seen yet.
pub(super) const UNNAMED: u32 = 0;

/// Time and number of waits by reason (number of its text); few reasons each.
#[derive(Debug, Clone, Default)]
pub(super) struct Waits(Vec<(u32, Sum)>);

/// Number of waits begun, and time.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sum {
    count: u64,
    time: Nanoseconds,
}

impl Waits {
    #[inline]
    pub(super) fn add(&mut self, reason: u32, stayed: Stayed) {
        self.add_many(reason, Sum { count: u64::from(stayed.begun), time: stayed.time });
    }

    #[inline]
    fn add_many(&mut self, reason: u32, more: Sum) {
        match self.0.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, sum)) => {
                sum.count += more.count;
                add(&mut sum.time, more.time);
            }
            None => self.0.push((reason, more)),
        }
    }

    fn merge(&mut self, other: &Self) {
        other.0.iter().for_each(|&(reason, sum)| self.add_many(reason, sum));
    }

    /// Longest first.
    fn finish(&self, texts: &Texts) -> Vec<WaitTime> {
        let row = |&(reason, Sum { count, time }): &(u32, Sum)| WaitTime {
            reason: texts.text_at(reason).to_owned(),
            count,
            time,
        };
        let mut waits: Vec<_> = self.0.iter().map(row).collect();
        waits.sort_by(|a, b| (b.time, b.count).cmp(&(a.time, a.count)).then_with(|| a.reason.cmp(&b.reason)));
        waits
    }
}

/// A life that is over, or is cut off by the end of what is summed up.
pub(super) struct Life<'l> {
    pub(super) site: u32,
    pub(super) example: GoroutineExample,
    pub(super) waits: &'l Waits,
    /// Made within the window.
    pub(super) created: bool,
}

/// What a goroutine that is alive at the end waits for, or waited for last.
#[derive(Debug, Clone, Copy)]
pub(super) struct Waiting {
    /// Number of the wait site.
    pub(super) site: u32,
    /// Since when it is blocked there; `None` if it is not any more.
    pub(super) blocked: Option<Nanoseconds>,
}

/// Figures of a set of goroutines.
#[derive(Debug, Clone, Default)]
struct Figures {
    seen: u64,
    created: u64,
    ended: u64,
    created_alive: u64,
    time: StateTimes,
    waits: Waits,
    ended_life: Sketch,
    alive_age: Sketch,
}

impl Figures {
    fn add(&mut self, life: &Life<'_>) {
        let ended = life.example.ended.is_some();
        self.seen += 1;
        self.created += u64::from(life.created);
        self.ended += u64::from(ended);
        self.created_alive += u64::from(life.created && !ended);
        add_times(&mut self.time, &life.example.time);
        self.waits.merge(life.waits);
        let ages = if ended { &mut self.ended_life } else { &mut self.alive_age };
        ages.add(life.example.life);
    }

    fn merge(&mut self, other: &Self) {
        self.seen += other.seen;
        self.created += other.created;
        self.ended += other.ended;
        self.created_alive += other.created_alive;
        add_times(&mut self.time, &other.time);
        self.waits.merge(&other.waits);
        self.ended_life.merge(&other.ended_life);
        self.alive_age.merge(&other.alive_age);
    }

    fn lives(&self, texts: &Texts) -> Lives {
        Lives {
            seen: self.seen,
            created: self.created,
            ended: self.ended,
            alive: self.seen - self.ended,
            created_alive: self.created_alive,
            time: self.time,
            waits: self.waits.finish(texts),
            ended_life: self.ended_life.durations(),
            alive_age: self.alive_age.durations(),
        }
    }
}

fn add_times(sum: &mut StateTimes, more: &StateTimes) {
    add(&mut sum.running, more.running);
    add(&mut sum.runnable, more.runnable);
    add(&mut sum.waiting, more.waiting);
    add(&mut sum.syscall, more.syscall);
}

/// Creator's stack (number) and start of the goroutines of a site.
type SiteKey = (u32, Option<Frame>);

/// One creation site.
#[derive(Debug, Default)]
struct Site {
    figures: Figures,
    /// Longest lived first.
    examples: Vec<GoroutineExample>,
    /// By wait site.
    last_waits: FxHashMap<u32, LastWaits>,
}

/// Goroutines alive at the end that blocked last at one site.
#[derive(Debug, Default, Clone, Copy)]
struct LastWaits {
    count: u64,
    blocked: u64,
    longest: Nanoseconds,
}

impl Site {
    fn keep_example(&mut self, example: &GoroutineExample) {
        let full = self.examples.len() >= MAX_EXAMPLES;
        if full && self.examples.last().is_some_and(|least| least.life >= example.life) {
            return;
        }
        self.examples.truncate(MAX_EXAMPLES - 1);
        let place = self.examples.partition_point(|other| other.life >= example.life);
        self.examples.insert(place, example.clone());
    }
}

/// All creation sites.
#[derive(Debug)]
pub(super) struct Sites(Table<SiteKey, Site>);

impl Default for Sites {
    fn default() -> Self {
        let mut sites = Table::default();
        let unnamed: u32 = sites.number((EMPTY, None));
        debug_assert_eq!(unnamed, UNNAMED);
        Self(sites)
    }
}

impl Sites {
    /// Number of the site of goroutines made at a stack to start in that frame.
    pub(super) fn number(&mut self, created_by: u32, start: Option<Frame>) -> u32 {
        self.0.number((created_by, start))
    }

    /// Adds a life.
    pub(super) fn add(&mut self, life: &Life<'_>) {
        let Some(site) = self.0.row(life.site) else { return };
        site.figures.add(life);
        site.keep_example(&life.example);
    }

    /// Adds what a goroutine of a site, alive at the end, waits for.
    pub(super) fn add_waiting(&mut self, site: u32, waiting: Waiting) {
        let Some(site) = self.0.row(site) else { return };
        let sum = site.last_waits.entry(waiting.site).or_default();
        sum.count += 1;
        if let Some(since) = waiting.blocked {
            sum.blocked += 1;
            sum.longest = sum.longest.max(since);
        }
    }

    /// The function in which goroutines of a site start.
    pub(super) fn start_of(&self, site: u32) -> String {
        self.0.key(site).map_or_else(|| UNKNOWN_START.to_owned(), |key| start_function(key).to_string())
    }

    /// All groups. `wait_key` tells the reason and stack (numbers) of a wait site.
    pub(super) fn finish(self, texts: &Texts, wait_key: impl Fn(u32) -> (u32, u32)) -> GoroutineSummary {
        let mut total = Figures::default();
        let mut groups: BTreeMap<Arc<str>, (Figures, Vec<CreationSite>)> = BTreeMap::new();
        for (key, site) in self.0.into_rows().filter(|(_, site)| site.figures.seen > 0) {
            total.merge(&site.figures);
            let (figures, sites) = groups.entry(start_function(&key)).or_default();
            figures.merge(&site.figures);
            sites.push(creation_site(key, site, texts, &wait_key));
        }
        let mut groups: Vec<_> = groups.into_iter().map(|entry| start_group(entry, texts)).collect();
        groups.sort_by_key(|group| Reverse(significance(&group.lives)));
        GoroutineSummary { total: total.lives(texts), groups, peak: 0 }
    }
}

/// Those with most alive first, then most at all.
fn significance(lives: &Lives) -> (u64, u64, Nanoseconds) {
    (lives.alive, lives.seen, lives.time.total())
}

fn start_function((_, start): &SiteKey) -> Arc<str> {
    start.as_ref().map_or_else(|| UNKNOWN_START.into(), |frame| Arc::clone(&frame.function))
}

fn start_group(
    (start, (figures, mut sites)): (Arc<str>, (Figures, Vec<CreationSite>)),
    texts: &Texts,
) -> StartGroup {
    sites.sort_by_key(|site| Reverse(significance(&site.lives)));
    StartGroup { start: start.to_string(), lives: figures.lives(texts), sites }
}

fn creation_site(
    (created_by, start): SiteKey,
    site: Site,
    texts: &Texts,
    wait_key: impl Fn(u32) -> (u32, u32),
) -> CreationSite {
    let last_wait = |(number, LastWaits { count, blocked, longest }): (u32, LastWaits)| {
        let (reason, stack) = wait_key(number);
        let (reason, stack): (_, Stack) = (texts.text_at(reason).to_owned(), texts.stack_at(stack));
        LastWait { reason, stack, count, blocked, longest }
    };
    let mut last_waits: Vec<_> = site.last_waits.into_iter().map(last_wait).collect();
    last_waits.sort_by(|a, b| {
        (b.count, b.longest)
            .cmp(&(a.count, a.longest))
            .then_with(|| (&a.reason, &a.stack).cmp(&(&b.reason, &b.stack)))
    });
    CreationSite {
        start,
        created_by: texts.stack_at(created_by),
        lives: site.figures.lives(texts),
        last_waits,
        examples: site.examples,
    }
}
