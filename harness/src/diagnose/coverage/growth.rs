//! What ran as a finding grew, and not as the operations passed.
//!
//! Checkpoints of the counted run and of the measured one lie after the same operations where they are counted in those. Between two of
//! them, after warm-up, a finding gains objects (or goroutines), and each block runs so often. A block is told if
//!
//! - it ran in every stretch in which the finding grew, and in none of the others, of which there are some; or
//! - it ran in step: always so many times (or every so manieth time) as there were objects more, and not as often as there were operations.
//!
//! What runs once per operation goes with every leak of one object per operation: of that nothing is told. Blocks of functions on the finding's stack come first.

use std::collections::BTreeMap;

use super::relative;
use crate::model::coverage::{
    Block, FunctionBlocks, GrowthBlock, GrowthCoverage, GrowthMatch, PackageBlocks, ProgramCoverage,
};
use crate::model::growth::RunGrowth;
use crate::model::{Evidence, Finding, Frame, Per};

/// Fewer stretches than this could go together by chance.
const MIN_STRETCHES: usize = 4;
/// Blocks listed of a finding.
const MOST_BLOCKS: usize = 30;

/// A stretch between two checkpoints.
#[derive(Debug, Clone, Copy)]
struct Stretch {
    /// Places of its ends among the points of the measured run, and among the moments of the counted one.
    points: (usize, usize),
    saved: (usize, usize),
    operations: i64,
}

/// What goes with each finding that has objects or goroutines; or why that cannot be said.
pub(super) fn with_findings(
    program: &ProgramCoverage,
    (run, findings): (&RunGrowth, &[Finding]),
) -> Result<Vec<GrowthCoverage>, String> {
    let stretches = stretches(program, run);
    if stretches.len() < MIN_STRETCHES {
        let n = stretches.len();
        return Err(format!(
            "the run that is counted and the measured one have {n} stretches between checkpoints in common, and {MIN_STRETCHES} are needed: `on = \"call\"` has them after the same operations"
        ));
    }
    let of = |finding: &Finding| of_finding(program, run, finding, &stretches);
    Ok(findings.iter().filter_map(of).collect())
}

/// Those that both runs have, after warm-up.
fn stretches(program: &ProgramCoverage, run: &RunGrowth) -> Vec<Stretch> {
    if run.per != Per::Operation {
        return Vec::new();
    }
    let saved: BTreeMap<u64, usize> =
        program.saved.iter().enumerate().map(|(nth, saved)| (saved.operations.0, nth)).collect();
    let points = run.points.iter().enumerate().skip(run.warm_up);
    let both: Vec<(usize, usize, u64)> = points
        .filter_map(|(nth, point)| Some((nth, *saved.get(&point.operations.0)?, point.operations.0)))
        .collect();
    let pairs = both.iter().zip(both.iter().skip(1));
    pairs
        .map(|(from, to)| Stretch {
            points: (from.0, to.0),
            saved: (from.1, to.1),
            operations: difference(from.2, to.2),
        })
        .collect()
}

fn difference(from: u64, to: u64) -> i64 {
    i64::try_from(to).unwrap_or(i64::MAX).saturating_sub(i64::try_from(from).unwrap_or(i64::MAX))
}

/// Objects or goroutines at each point, and the stack.
fn series(finding: &Finding) -> Option<(&[u64], &[Frame])> {
    finding.evidence.iter().find_map(|evidence| match evidence {
        Evidence::Allocation { inuse_objects, stack, .. } => Some((&**inuse_objects, &**stack)),
        Evidence::Goroutines { alive, created_by, .. } => Some((&**alive, &**created_by)),
        _ => None,
    })
}

fn of_finding(
    program: &ProgramCoverage,
    run: &RunGrowth,
    finding: &Finding,
    stretches: &[Stretch],
) -> Option<GrowthCoverage> {
    let (values, stack) = series(finding).filter(|(values, _)| values.len() == run.points.len())?;
    let at = |nth: usize| values.get(nth).copied().unwrap_or(0);
    let gained: Vec<i64> =
        stretches.iter().map(|one| difference(at(one.points.0), at(one.points.1))).collect();
    let grew = gained.iter().filter(|gained| **gained > 0).count();
    if grew == 0 {
        return None;
    }
    let mut blocks: Vec<(bool, GrowthBlock)> = Vec::new();
    for package in &program.packages {
        for function in &package.functions {
            let on_stack = stack.iter().any(|frame| *frame.function == *function.name);
            let found = function.blocks.iter().filter_map(|block| matching(block, stretches, &gained));
            blocks.extend(
                found.map(|(block, with, ran)| (!on_stack, told((package, function), block, with, ran))),
            );
        }
    }
    blocks.sort_by(|(a_far, a), (b_far, b)| {
        (a.with, a_far, &a.file, a.line).cmp(&(b.with, b_far, &b.file, b.line))
    });
    blocks.truncate(MOST_BLOCKS);
    let short = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Some(GrowthCoverage {
        fingerprint: finding.fingerprint.clone(),
        site: format!("{}:{}", finding.file, finding.site.line),
        stretches: (short(grew), short(stretches.len())),
        blocks: blocks.into_iter().map(|(_, block)| block).collect(),
    })
}

fn told(
    (package, function): (&PackageBlocks, &FunctionBlocks),
    block: &Block,
    with: GrowthMatch,
    ran: u64,
) -> GrowthBlock {
    GrowthBlock {
        function: function.name.clone(),
        file: relative(package, &function.file),
        line: block.start.0,
        ran,
        with,
    }
}

/// How a block goes with what was gained, and how often it ran in all stretches.
fn matching<'b>(
    block: &'b Block,
    stretches: &[Stretch],
    gained: &[i64],
) -> Option<(&'b Block, GrowthMatch, u64)> {
    let at = |nth: usize| u64::from(block.at.get(nth).copied().unwrap_or(0));
    let ran: Vec<i64> = stretches.iter().map(|one| difference(at(one.saved.0), at(one.saved.1))).collect();
    let all = ran.iter().fold(0_u64, |sum, ran| sum.saturating_add(ran.unsigned_abs()));
    if all == 0 {
        return None;
    }
    let operations: Vec<i64> = stretches.iter().map(|one| one.operations).collect();
    let is_sometimes = gained.iter().any(|gained| *gained <= 0);
    let is_then = ran.iter().zip(gained).all(|(ran, gained)| (*ran > 0) == (*gained > 0));
    if is_sometimes && is_then {
        return Some((block, GrowthMatch::OnlyThen, all));
    }
    let is_in_step = in_step(&ran, gained) && !in_step(&ran, &operations);
    is_in_step.then_some((block, GrowthMatch::InStep, all))
}

/// One is always the same whole number of times the other.
fn in_step(a: &[i64], b: &[i64]) -> bool {
    let sums =
        (a.iter().map(|n| i128::from(*n)).sum::<i128>(), b.iter().map(|n| i128::from(*n)).sum::<i128>());
    let (a_sum, b_sum) = sums;
    let whole = |large: i128, small: i128| small > 0 && large % small == 0;
    (whole(a_sum, b_sum) || whole(b_sum, a_sum))
        && a.iter().zip(b).all(|(a, b)| i128::from(*a) * b_sum == i128::from(*b) * a_sum)
}
