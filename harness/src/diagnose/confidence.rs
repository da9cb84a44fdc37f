//! What lowers the confidence of what is said of a variant, by a written rule each.
//!
//! Input: the runs and the drafts. Output: limits, for the variant and for the drafts that each concerns. Rules that
//! concern one finding alone are with their own rule (`heap`, `holders`, `goroutines`). Must not raise anything.

use super::case::{Case, Judged};
use super::draft::Draft;
use super::words;
use crate::model::{Alignment, Confidence, LeakKind, Limit, MissingInput, Mode};

/// Growth over fewer comparable checkpoints may still be warm-up.
const FEW_POINTS: usize = 7;
/// Without exact counts, fewer GC cycles show no trend.
const FEW_CYCLES: usize = 20;
/// A natural run that takes so many times as long as the plain one, and this much longer, is not the same program any
/// more.
const SLOWER: (f64, i64) = (5.0, 500_000_000);
/// Likewise for its peak memory. The trace's and the profile's own buffers are some megabytes.
const LARGER: (f64, u64) = (2.0, 64 << 20);

/// Whom a limit concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Concerns {
    All,
    Heap,
}

/// A rule: the source it is about, the most that confidence can be, and when.
struct Rule {
    source: &'static str,
    most: Confidence,
    concerns: Concerns,
    /// It holds of what somebody took in production, too: there the rules have limits of their own (`foreign`).
    foreign: bool,
    when: fn(&Case<'_>) -> Option<String>,
}

/// The written rules.
const RULES: &[Rule] = &[
    Rule {
        source: "checkpoints",
        most: Confidence::Medium,
        concerns: Concerns::All,
        foreign: false,
        when: few_points,
    },
    Rule {
        source: "gctrace",
        most: Confidence::Low,
        concerns: Concerns::Heap,
        foreign: false,
        when: few_cycles,
    },
    Rule {
        source: "step run",
        most: Confidence::Low,
        concerns: Concerns::Heap,
        foreign: false,
        when: sampled,
    },
    Rule {
        source: "trace",
        most: Confidence::Medium,
        concerns: Concerns::All,
        foreign: true,
        when: not_aligned,
    },
    Rule {
        source: "plain run",
        most: Confidence::Medium,
        concerns: Concerns::All,
        foreign: false,
        when: observer_effect,
    },
];

/// Applies the rules to the drafts and returns those that hold.
pub(super) fn limit(case: &Case<'_>, drafts: &mut [Draft]) -> Vec<Limit> {
    let mut limits = Vec::new();
    for rule in RULES.iter().filter(|rule| rule.foreign || !case.is_foreign()) {
        let Some(why) = (rule.when)(case) else { continue };
        let concerned = |draft: &&mut Draft| rule.concerns == Concerns::All || draft.kind == LeakKind::Heap;
        for draft in drafts.iter_mut().filter(concerned) {
            draft.limit(rule.most, rule.source, &why);
        }
        limits.push(Limit { most: rule.most, missing: MissingInput { source: rule.source.to_owned(), why } });
    }
    limits
}

fn few_points(case: &Case<'_>) -> Option<String> {
    let most = case.best().iter().map(|run| run.points.0.len()).max().filter(|most| *most > 0)?;
    (most < FEW_POINTS)
        .then(|| format!("only {most} checkpoints can be compared: growth over so few may still be warm-up"))
}

fn few_cycles(case: &Case<'_>) -> Option<String> {
    let most = case.natural.iter().map(|run| run.run.timeline.rows.len()).max()?;
    (case.step.is_empty() && most < FEW_CYCLES)
        .then(|| format!("only {most} GC cycles were seen: so few show no trend of the live heap"))
}

fn sampled(case: &Case<'_>) -> Option<String> {
    (case.step.is_empty() && !case.natural.is_empty()).then(|| {
        "there is none: bytes are estimated from a sampled profile of a run that collects as it likes"
            .to_owned()
    })
}

fn not_aligned(case: &Case<'_>) -> Option<String> {
    let words = |run: &Judged<'_>| match run.run.timeline.alignment {
        Alignment::Ambiguous { .. } => Some("fits gctrace's cycles in several ways"),
        Alignment::Contradictory { .. } => Some("contradicts gctrace"),
        Alignment::NotNeeded | Alignment::Unique { .. } => None,
    };
    let (run, words) = case.step.iter().chain(&case.natural).find_map(|run| Some((run, words(run)?)))?;
    let (mode, repeat) = (run.run.id.mode.word(), run.run.id.repeat);
    Some(format!(
        "that of {mode} run {repeat} {words}: since when something grows is told by one of them alone"
    ))
}

/// The observed program behaves differently from the one that nobody looks at.
fn observer_effect(case: &Case<'_>) -> Option<String> {
    // Least against most: one run that had to wait is no effect.
    let plain = || case.runs.iter().filter(|run| run.id.mode == Mode::Plain);
    let (slowest, largest) = (plain().map(|run| run.wall).max()?, plain().map(|run| run.peak_rss).max()?);
    let natural = case.natural.iter().map(|judged| judged.run);
    let (fastest, smallest) =
        (natural.clone().map(|run| run.wall).min()?, natural.map(|run| run.peak_rss).min()?);
    let times = |a: f64, b: f64| if b > 0.0 { a / b } else { 0.0 };
    let slower = times(fastest.0 as f64, slowest.0 as f64);
    let larger = times(smallest.0 as f64, largest.0 as f64);
    if slower >= SLOWER.0 && fastest.0.saturating_sub(slowest.0) >= SLOWER.1 {
        let (then, now) = (slowest, fastest);
        return Some(format!(
            "it took {then}, observed runs at least {now}: observation changes the program"
        ));
    }
    (larger >= LARGER.0 && smallest.0.saturating_sub(largest.0) >= LARGER.1).then(|| {
        format!(
            "its peak memory was {}, that of observed runs at least {}: observation changes the program",
            words::bytes(largest.0 as f64),
            words::bytes(smallest.0 as f64),
        )
    })
}
