//! A finding in the making: growth by site and run, until causes are merged and it can be put into
//! words.

use super::case::{Case, Judged};
use super::identity::{Blame, Cause};
use super::points::Points;
use super::trend::{self, Trend};
use super::words;
use crate::model::{
    Bytes, Confidence, Evidence, Finding, Frame, GcCycle, Growth, LeakKind, MissingInput, Per, SiteClass,
    Stack, stats,
};

/// Most lines listed as evidence; a finding with more has them in few functions anyway.
pub(super) const MAX_LINES: usize = 20;

/// A cause of growth, over all runs that show it.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub kind: LeakKind,
    pub cause: Cause,
    /// The runs that show it, by repeat.
    pub runs: Vec<RunGrowth>,
    /// How many runs could have shown it.
    pub judged: usize,
    pub confidence: Confidence,
    pub missing: Vec<MissingInput>,
    /// Evidence besides the growing sites.
    pub further: Vec<Evidence>,
    /// What else its sentence says: a rule's own words.
    pub detail: String,
    /// Heap that each leaked goroutine was found to hold, bytes.
    pub held: f64,
    /// Who holds most of it, by the heap dump.
    pub holder: Option<Holding>,
    /// How many goroutines the runtime proved to be leaked, if its profile names any here.
    pub proved: u64,
    /// What growth is told per.
    pub per: Per,
}

/// Who holds a draft's memory, in words.
#[derive(Debug, Clone)]
pub(super) struct Holding {
    /// Kind and name of the root.
    pub name: String,
    /// Type that it holds the memory through.
    pub through: Option<String>,
    /// Of a goroutine: bytes that each holds.
    pub each: Option<f64>,
}

/// What one run shows of a cause.
#[derive(Debug, Clone)]
pub(super) struct RunGrowth {
    pub repeat: u32,
    pub sites: Vec<SiteGrowth>,
}

/// A growing site: an allocation stack, or a creation stack and start function.
#[derive(Debug, Clone)]
pub(super) struct SiteGrowth {
    pub class: SiteClass,
    pub stack: Stack,
    /// The frame it is laid at, and the library function below it.
    pub blamed: Frame,
    pub library: Option<Frame>,
    pub object_size: Bytes,
    /// Function a goroutine starts in.
    pub start: Option<Frame>,
    /// Bytes, or goroutines.
    pub values: Vec<u64>,
    /// Objects, or goroutines.
    pub objects: Vec<u64>,
    /// Objects, or goroutines, gained over the operations of `trend`.
    pub gained_objects: i64,
    pub trend: Trend,
    pub since_cycle: Option<GcCycle>,
}

impl SiteGrowth {
    pub fn evidence(&self) -> Evidence {
        match &self.start {
            Some(start) => Evidence::Goroutines {
                created_by: self.stack.to_vec(),
                start: start.clone(),
                alive: self.values.clone(),
            },
            None => Evidence::Allocation {
                stack: self.stack.to_vec(),
                object_size: self.object_size,
                inuse_space: self.values.clone(),
                inuse_objects: self.objects.clone(),
            },
        }
    }
}

impl RunGrowth {
    /// The sites whose figures are added up. A map's tables depend on its random seed, so beside
    /// memory of the user class, whose figures are the same in every run, they are evidence only.
    pub fn counted(&self) -> impl Iterator<Item = &SiteGrowth> {
        let exact = self.sites.iter().any(|site| site.class == SiteClass::User);
        self.sites.iter().filter(move |site| !exact || site.class == SiteClass::User)
    }

    pub fn gained(&self) -> i64 {
        self.counted().fold(0, |sum, site| sum.saturating_add(site.trend.gained))
    }

    pub fn gained_objects(&self) -> i64 {
        self.counted().fold(0, |sum, site| sum.saturating_add(site.gained_objects))
    }

    fn last(&self) -> u64 {
        self.counted().fold(0, |sum, site| sum.saturating_add(site.trend.last))
    }

    fn operations(&self) -> u64 {
        self.sites.iter().map(|site| site.trend.operations).max().unwrap_or(0)
    }

    pub fn per_operation(&self) -> f64 {
        trend::per_operation(self.gained(), self.operations())
    }
}

/// Grown sites of one run, by cause, into `drafts`.
pub(super) fn collect(
    drafts: &mut Vec<Draft>,
    (kind, judged, confidence): (LeakKind, usize, Confidence),
    repeat: u32,
    sites: Vec<(Cause, SiteGrowth)>,
) {
    for (cause, site) in sites {
        let place = drafts.iter().position(|draft| draft.kind == kind && draft.cause == cause);
        let place = place.unwrap_or_else(|| {
            drafts.push(Draft::new(kind, cause, judged, confidence));
            drafts.len() - 1
        });
        let runs = &mut drafts[place].runs;
        match runs.last_mut().filter(|run| run.repeat == repeat) {
            Some(run) => run.sites.push(site),
            None => runs.push(RunGrowth { repeat, sites: vec![site] }),
        }
    }
}

/// The cycle of a trend's first point, and whom the stack is laid at.
pub(super) fn dated(points: &Points, trend: &Trend) -> Option<GcCycle> {
    points.0.get(trend.since)?.cycle
}

/// Lays a stack at somebody.
pub(super) fn blame(case: &Case<'_>, stack: &[Frame]) -> Option<(Cause, Frame, Option<Frame>)> {
    let blame = Blame::of(case.build, stack)?;
    Some((blame.cause(case.build), blame.frame.clone(), blame.library.cloned()))
}

impl Draft {
    pub fn new(kind: LeakKind, cause: Cause, judged: usize, confidence: Confidence) -> Self {
        Self {
            kind,
            cause,
            runs: Vec::new(),
            judged,
            confidence,
            missing: Vec::new(),
            further: Vec::new(),
            detail: String::new(),
            held: 0.0,
            holder: None,
            proved: 0,
            per: Per::Operation,
        }
    }

    /// Confidence is at most this, for want of that.
    pub fn limit(&mut self, confidence: Confidence, source: &str, why: &str) {
        self.confidence = self.confidence.min(confidence);
        let missing = MissingInput { source: source.to_owned(), why: why.to_owned() };
        if !self.missing.contains(&missing) {
            self.missing.push(missing);
        }
    }

    /// Another source shows what `source` left in doubt: if that is all the doubt there is, there is none.
    pub fn settle(&mut self, source: &str) {
        if !self.missing.is_empty() && self.missing.iter().all(|missing| missing.source == source) {
            self.missing.clear();
            self.confidence = Confidence::High;
        }
    }

    /// The first run, which stands for the others in evidence.
    pub fn first(&self) -> Option<&RunGrowth> {
        self.runs.first()
    }

    /// The site that gained most in the first run.
    pub fn main_site(&self) -> Option<&SiteGrowth> {
        self.first()?.counted().max_by_key(|site| site.trend.gained)
    }

    fn growth(&self) -> Option<Growth> {
        let first = self.first()?;
        let steps = self.per.steps();
        let rates: Vec<f64> = self.runs.iter().map(|run| steps * run.per_operation()).collect();
        let objects = |run: &RunGrowth| steps * trend::per_operation(run.gained_objects(), run.operations());
        let objects: Vec<f64> = self.runs.iter().map(objects).collect();
        let rate = stats::median(&rates)?;
        Some(Growth {
            bytes_per_op: if self.kind.is_bytes() { rate } else { 0.0 },
            objects_per_op: stats::median(&objects)?,
            spread: (*rates.first()?, *rates.last()?),
            operations: first.operations(),
            gained: first.gained(),
            final_value: first.last(),
            repeats: (count(self.runs.len()), count(self.judged)),
            per: self.per,
        })
    }

    /// Seen in most of the runs, and above the noise.
    fn stands(&self, growth: &Growth, case: &Case<'_>) -> bool {
        let loud = !self.kind.is_bytes() || growth.bytes_per_op >= case.thresholds.bytes_per_op;
        loud && self.is_reproduced()
    }

    /// It is going to be a finding.
    pub fn is_found(&self, case: &Case<'_>) -> bool {
        self.growth().is_some_and(|growth| self.stands(&growth, case))
    }

    /// Most of the runs that could show it do.
    pub fn is_reproduced(&self) -> bool {
        self.runs.len() * 2 > self.judged
    }

    fn evidence(&self) -> Vec<Evidence> {
        if !matches!(self.kind, LeakKind::Heap | LeakKind::Goroutine) {
            return self.further.clone();
        }
        let mut sites: Vec<&SiteGrowth> =
            self.first().map_or_else(Vec::new, |run| run.sites.iter().collect());
        sites.sort_by_key(|site| (site.class, std::cmp::Reverse(site.trend.gained)));
        sites
            .into_iter()
            .take(MAX_LINES)
            .map(SiteGrowth::evidence)
            .chain(self.further.iter().cloned())
            .collect()
    }

    fn finding(mut self, case: &Case<'_>, growth: Growth) -> Option<Finding> {
        if self.runs.len() < self.judged {
            let seen = format!("seen in {} of {} runs", self.runs.len(), self.judged);
            self.limit(Confidence::Medium, "repeats", &seen);
        }
        let site = self.main_site()?;
        Some(Finding {
            kind: self.kind,
            test: None,
            site: site.blamed.clone(),
            file: words::relative(&site.blamed.file, case.build),
            fingerprint: self.cause.fingerprint(self.kind),
            sentence: words::sentence(&self, site, &growth),
            growth,
            since_cycle: site.since_cycle,
            held_by: self.holder.as_ref().map(|holder| holder.name.clone()),
            confidence: self.confidence,
            missing: self.missing.clone(),
            evidence: self.evidence(),
        })
    }
}

/// The drafts that stand, as findings, worst first.
pub(super) fn findings(drafts: Vec<Draft>, case: &Case<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = drafts
        .into_iter()
        .filter_map(|draft| {
            let growth = draft.growth().filter(|growth| draft.stands(growth, case))?;
            draft.finding(case, growth)
        })
        .collect();
    findings.sort_by(|a, b| {
        let worse = b.growth.bytes_per_op.total_cmp(&a.growth.bytes_per_op);
        a.kind.cmp(&b.kind).then(worse).then_with(|| a.fingerprint.cmp(&b.fingerprint))
    });
    findings
}

/// Runs of `judged` as the divisor of "seen in".
pub(super) fn repeats(judged: &[Judged<'_>], enough: impl Fn(&Judged<'_>) -> bool) -> usize {
    judged.iter().filter(|judged| enough(judged)).count()
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
