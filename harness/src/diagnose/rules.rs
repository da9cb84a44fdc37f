//! The table of rules: what each is called, which inputs it needs, and how it runs.
//!
//! A rule without its inputs is not run and says so. Whether "no finding" then still means "no leak"
//! is decided here, too.

use super::case::{Case, Judged};
use super::draft::{Draft, RunGrowth};
use super::points::MIN_POINTS;
use super::trend::{per_operation, steady};
use super::{
    c_leaks, descriptors, foreign, goroutines, heap, holders, leaked, limit, natural, off_heap, sampled,
    stacks, threads,
};
use crate::model::{LeakKind, MissingInput};

/// A rule. It may add drafts and evidence to drafts of the rules before it.
struct Rule {
    name: &'static str,
    needs: &'static [Input],
    /// It stands in for rules that have this input, and is not missed when they do.
    without: Option<Input>,
    run: fn(&Case<'_>, &mut Vec<Draft>),
}

const RULES: &[Rule] = &[
    Rule {
        name: "heap growth by site",
        needs: &[Input::StepProfile, Input::StepCheckpoints],
        without: None,
        run: heap::run,
    },
    Rule {
        name: "sampled heap growth by site",
        needs: &[Input::NaturalProfile, Input::NaturalCheckpoints],
        without: Some(Input::StepProfile),
        run: sampled::run,
    },
    Rule {
        name: "goroutine growth by creation site",
        needs: &[Input::Census, Input::Checkpoints],
        without: None,
        run: goroutines::run,
    },
    Rule { name: "leaked goroutines", needs: &[Input::LeakProfile], without: None, run: leaked::run },
    Rule {
        name: "who holds what grows",
        needs: &[Input::HeapDump],
        without: None,
        run: |case, drafts| holders::run(case, drafts),
    },
    Rule {
        name: "open descriptors",
        needs: &[Input::Checkpoints, Input::OpenDescriptors],
        without: None,
        run: descriptors::run,
    },
    Rule { name: "threads", needs: &[Input::Checkpoints, Input::Threads], without: None, run: threads::run },
    Rule {
        name: "memory of stacks",
        needs: &[Input::Checkpoints, Input::StackMemory],
        without: None,
        run: stacks::run,
    },
    Rule {
        name: "memory outside of Go's heap",
        needs: &[Input::Checkpoints, Input::ResidentMemory],
        without: None,
        run: off_heap::run,
    },
    Rule {
        name: "memory of C that is lost",
        needs: &[Input::LeakSanitizer],
        without: Some(Input::NoQuestion),
        run: c_leaks::run,
    },
    Rule {
        name: "room below the memory limit",
        needs: &[Input::NaturalMetrics],
        without: None,
        run: limit::run,
    },
    Rule {
        name: "live heap over GC cycles",
        needs: &[Input::NaturalCycles],
        without: None,
        run: |case, drafts| natural::run(case, drafts),
    },
];

/// The rules for what somebody took in production.
const FOREIGN: &[Rule] = &[
    Rule {
        name: "heap growth between profiles",
        needs: &[Input::HeapProfiles],
        without: None,
        run: foreign::heap,
    },
    Rule {
        name: "goroutine growth",
        needs: &[Input::GoroutineProfiles],
        without: None,
        run: foreign::goroutines,
    },
    Rule { name: "leaked goroutines", needs: &[Input::LeakProfile], without: None, run: leaked::run },
    Rule {
        name: "who holds what grows",
        needs: &[Input::HeapDump],
        without: None,
        run: |case, drafts| holders::run(case, drafts),
    },
    Rule {
        name: "live heap over GC cycles",
        needs: &[Input::NaturalCycles],
        without: None,
        run: |case, drafts| natural::run(case, drafts),
    },
    // Aligned is before diagnosis: here is only told that it was not.
    Rule { name: "gctrace on the trace's clock", needs: &[Input::TwoClocks], without: None, run: |_, _| {} },
];

/// What a rule can need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Input {
    StepProfile,
    StepCheckpoints,
    NaturalProfile,
    NaturalCheckpoints,
    Checkpoints,
    Census,
    LeakProfile,
    HeapDump,
    OpenDescriptors,
    Threads,
    StackMemory,
    ResidentMemory,
    NaturalMetrics,
    NaturalCycles,
    HeapProfiles,
    GoroutineProfiles,
    TwoClocks,
    LeakSanitizer,
    /// Nobody asked for LeakSanitizer, which takes a build and a run of its own.
    NoQuestion,
}

/// What a rule that compares checkpoints says when there are not enough of them, behind their number.
pub const TOO_FEW: &str = "checkpoints that can be compared are needed";

impl Input {
    /// Whether any run has it.
    fn is_there(self, case: &Case<'_>) -> bool {
        let any = |runs: &[Judged<'_>], has: fn(&Judged<'_>) -> bool| runs.iter().any(has);
        match self {
            Self::StepProfile => any(&case.step, |run| !run.run.pieces.snapshots.is_empty()),
            Self::StepCheckpoints => any(&case.step, |run| heap::exact_points(run).are_enough()),
            Self::NaturalProfile => any(&case.natural, |run| !run.run.pieces.snapshots.is_empty()),
            Self::NaturalCheckpoints => any(&case.natural, |run| sampled::sampled_points(run).are_enough()),
            Self::Checkpoints => any(case.best(), |run| run.points.are_enough()),
            Self::Census => any(case.best(), |run| !run.run.pieces.goroutines.groups.is_empty()),
            Self::LeakProfile => case.runs.iter().any(|run| run.pieces.leaked.is_some()),
            Self::HeapDump => any(case.best(), |run| run.run.pieces.heap.is_some()),
            Self::LeakSanitizer => c_leaks::is_told(case),
            Self::NoQuestion => !c_leaks::is_asked(case),
            Self::OpenDescriptors => descriptors::is_told(case),
            Self::Threads => threads::is_told(case),
            Self::StackMemory => stacks::is_told(case),
            Self::ResidentMemory => off_heap::is_told(case),
            Self::NaturalMetrics => limit::is_told(case),
            Self::NaturalCycles => any(&case.natural, |run| natural::live_heap(run).len() >= MIN_POINTS),
            Self::HeapProfiles => any(&case.natural, |run| run.run.pieces.snapshots.len() >= 2),
            Self::GoroutineProfiles => {
                any(&case.natural, |run| run.points.are_two() && !run.run.pieces.goroutines.groups.is_empty())
            }
            Self::TwoClocks => any(&case.natural, |run| {
                !run.run.pieces.gctrace.is_empty() && !run.run.pieces.trace_gcs.is_empty()
            }),
        }
    }

    /// Source, and what is wrong with it.
    fn describe(self, case: &Case<'_>) -> (&'static str, String) {
        let most = |runs: &[Judged<'_>], points: fn(&Judged<'_>) -> usize| {
            let most = runs.iter().map(points).max().unwrap_or(0);
            format!("{MIN_POINTS} {TOO_FEW}, there {} {most}", if most == 1 { "is" } else { "are" })
        };
        if case.is_foreign() {
            return self.describe_foreign(case);
        }
        match self {
            Self::StepProfile => ("memprofile", "no step run with a memory profile".to_owned()),
            Self::NaturalProfile => ("memprofile", "no natural run with a memory profile".to_owned()),
            Self::StepCheckpoints => ("checkpoints", most(&case.step, |run| heap::exact_points(run).0.len())),
            Self::NaturalCheckpoints => {
                ("checkpoints", most(&case.natural, |run| sampled::sampled_points(run).0.len()))
            }
            Self::Checkpoints => ("checkpoints", most(case.best(), |run| run.points.0.len())),
            Self::Census => ("trace", "no execution trace with goroutines".to_owned()),
            Self::LeakProfile => ("goroutineleak", "no run has the runtime's leak profile".to_owned()),
            Self::HeapDump => (holders::SOURCE, "no step run with a heap dump".to_owned()),
            Self::OpenDescriptors => {
                ("/proc", "no run has open descriptors by kind (Linux tells)".to_owned())
            }
            Self::Threads => ("/proc", "no run has the number of threads (Linux tells)".to_owned()),
            Self::StackMemory => ("runtime/metrics", "no run has the memory of stacks".to_owned()),
            Self::ResidentMemory => {
                ("/proc", "no run has resident memory beside the runtime's own (Linux tells)".to_owned())
            }
            Self::NaturalMetrics => (
                "runtime/metrics",
                format!("no natural run has them at {MIN_POINTS} checkpoints that can be compared"),
            ),
            Self::NaturalCycles => ("gctrace", format!("no natural run with {MIN_POINTS} GC cycles or more")),
            Self::LeakSanitizer | Self::NoQuestion => (c_leaks::SOURCE, c_leaks::why_not(case)),
            Self::HeapProfiles | Self::GoroutineProfiles | Self::TwoClocks => self.describe_foreign(case),
        }
    }

    /// What somebody could have taken in production, how, and what it would have told.
    fn describe_foreign(self, case: &Case<'_>) -> (&'static str, String) {
        let given = case.natural.iter().map(|run| run.run.pieces.snapshots.len()).max().unwrap_or(0);
        let (source, why) = match self {
            Self::HeapProfiles | Self::StepProfile | Self::NaturalProfile => (
                foreign::HEAP_PROFILES,
                format!("two or more are needed, there are {given}; /debug/pprof/heap some time apart tells which lines' memory grows"),
            ),
            Self::GoroutineProfiles | Self::Census => (
                foreign::GOROUTINES,
                "no two were given, and no trace; /debug/pprof/goroutine?debug=2 some time apart, or \
                 /debug/pprof/trace?seconds=60, tells which goroutines grow and who creates them"
                    .to_owned(),
            ),
            Self::LeakProfile => (
                "goroutineleak",
                "not given; /debug/pprof/goroutineleak?debug=2 of Go 1.27 proves which goroutines can never go on".to_owned(),
            ),
            Self::HeapDump => {
                (holders::SOURCE, "not given; what debug.WriteHeapDump writes tells who holds what grows".to_owned())
            }
            Self::TwoClocks => (
                "trace and gctrace",
                "not both were given; together they tell each cycle's exact time, pauses and goroutines".to_owned(),
            ),
            Self::OpenDescriptors
            | Self::Threads
            | Self::StackMemory
            | Self::ResidentMemory
            | Self::LeakSanitizer
            | Self::NoQuestion
            | Self::NaturalMetrics => ("/proc", "files from a running program do not tell".to_owned()),
            Self::NaturalCycles | Self::StepCheckpoints | Self::NaturalCheckpoints | Self::Checkpoints => (
                "gctrace",
                format!(
                    "{MIN_POINTS} cycles or more are needed; GODEBUG=gctrace=1 tells whether the live heap rises, and since when"
                ),
            ),
        };
        (source, why)
    }
}

/// What the rules came to.
#[derive(Default)]
pub(super) struct Outcome {
    pub drafts: Vec<Draft>,
    pub not_run: Vec<MissingInput>,
    pub inconclusive: Vec<String>,
}

/// Runs the table.
pub(super) fn apply(case: &Case<'_>) -> Outcome {
    let mut outcome = Outcome::default();
    let mut ran = Vec::new();
    for rule in if case.is_foreign() { FOREIGN } else { RULES } {
        if rule.without.is_some_and(|input| input.is_there(case)) {
            continue;
        }
        match rule.needs.iter().find(|input| !input.is_there(case)) {
            None => {
                (rule.run)(case, &mut outcome.drafts);
                ran.push(rule.name);
            }
            Some(input) => outcome.not_run.push(not_run(rule, *input, case)),
        }
    }
    holders::missing(case, &mut outcome.drafts);
    outcome.inconclusive = match case.is_foreign() {
        true => foreign::inconclusive(case, &outcome.drafts),
        false => inconclusive(case, &ran, &outcome),
    };
    outcome
}

/// The missing input, with the reasons that a run itself gave for lacking it.
fn not_run(rule: &Rule, input: Input, case: &Case<'_>) -> MissingInput {
    let (source, why) = input.describe(case);
    let mut why = format!("{}: {why}", rule.name);
    for given in case.missing(case.best(), &[source]) {
        why = format!("{why}; {}", given.why);
    }
    MissingInput { source: source.to_owned(), why }
}

/// Why no finding would not mean no leak.
fn inconclusive(case: &Case<'_>, ran: &[&str], outcome: &Outcome) -> Vec<String> {
    if case.step.is_empty() && case.natural.is_empty() {
        return vec!["no run was observed: leaks are looked for in natural and step runs".to_owned()];
    }
    let mut reasons: Vec<String> = Vec::new();
    if !ran.iter().any(|name| name.contains("heap growth by site")) {
        let heap = outcome.not_run.iter().filter(|missing| missing.why.contains("heap growth by site"));
        reasons.extend(heap.map(|missing| missing.why.clone()));
    }
    if !ran.contains(&"goroutine growth by creation site") && goroutines_grow(case) {
        reasons.push("the number of goroutines grows, and no trace tells where they are created".to_owned());
    }
    if case.step.iter().any(|run| run.run.pieces.memprofile_rate_changed) {
        reasons.push(
            "the program sets runtime.MemProfileRate while it runs: what it allocates then is not counted"
                .to_owned(),
        );
    }
    let unseen = |run: &Judged<'_>| unseen_growth(run, case, &outcome.drafts);
    if case.step.iter().any(|run| unseen(run) && !holders::accounts_for_all(run)) {
        reasons.push("the live heap grows by more than the profile's sites do".to_owned());
    }
    reasons
}

fn goroutines_grow(case: &Case<'_>) -> bool {
    case.best().iter().any(|judged| {
        let counts =
            judged.points.0.iter().map(|point| judged.run.pieces.checkpoints[point.place].goroutines);
        steady(&counts.collect::<Vec<_>>(), &judged.points.operations()).is_some()
    })
}

/// The difference that the conservation gate looks at grows with every checkpoint, by more than half
/// of what was found. An object with a finalizer is marked twice (the runtime scans it for the
/// finalizer's sake, too: `gcScanFinalizer`, Go 1.26), so that leaked files and sockets count
/// double in the live heap: 96 and 128 bytes each that no profile has, beside several hundred that it has.
fn unseen_growth(judged: &Judged<'_>, case: &Case<'_>, drafts: &[Draft]) -> bool {
    let Some(gate) = judged.run.timeline.conservation.as_ref().filter(|gate| !gate.holds) else {
        return false;
    };
    let least = gate.differences.iter().min().copied().unwrap_or(0);
    let above: Vec<u64> = gate.differences.iter().map(|difference| difference.abs_diff(least)).collect();
    let operations: Vec<u64> =
        judged.run.pieces.checkpoints.iter().map(|checkpoint| checkpoint.operations.0).collect();
    let of_run = |draft: &&Draft| draft.kind == LeakKind::Heap;
    let runs = drafts.iter().filter(of_run).flat_map(|draft| &draft.runs);
    let seen: i64 = runs.filter(|run| run.repeat == judged.run.id.repeat).map(RunGrowth::gained).sum();
    steady(&above, &operations).is_some_and(|trend| {
        per_operation(trend.gained, trend.operations) >= case.thresholds.bytes_per_op
            && trend.gained > seen / 2
    })
}
