//! Folded stacks, as flamegraph.pl, inferno and others read them: `outermost;…;innermost bytes`.
//!
//! A `;` within a name would be another frame and is written as `,`.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::{harmless, others, outermost_first};
use crate::report::growth::{GrowthSeries, RunGrowth};

/// Bytes by which stacks grew between two points. Those that did not grow are left out: the format has no sign.
#[must_use]
pub fn folded(run: &RunGrowth, (from, to): (usize, usize)) -> String {
    let mut out = String::new();
    for (stack, [before, after]) in sums(run, (from, to)) {
        if after > before {
            let _ = writeln!(out, "{stack} {}", after - before);
        }
    }
    out
}

/// Bytes in use at both points, in two columns: what difffolded.pl writes and flamegraph.pl colours.
#[must_use]
pub fn folded_diff(run: &RunGrowth, ends: (usize, usize)) -> String {
    let mut out = String::new();
    for (stack, [before, after]) in sums(run, ends) {
        let _ = writeln!(out, "{stack} {before} {after}");
    }
    out
}

/// Bytes of stacks by name, in order; lines of a function are not told apart.
fn sums(run: &RunGrowth, (from, to): (usize, usize)) -> BTreeMap<String, [u64; 2]> {
    let mut sums: BTreeMap<String, [u64; 2]> = BTreeMap::new();
    let mut add = |name: String, series: &GrowthSeries| {
        let (before, after) = (series.at(from).0.0, series.at(to).0.0);
        if before > 0 || after > 0 {
            let sum = sums.entry(name).or_default();
            *sum = [sum[0].saturating_add(before), sum[1].saturating_add(after)];
        }
    };
    for stack in &run.stacks {
        let names: Vec<String> =
            outermost_first(run, stack).map(|frame| harmless(&frame.function).replace(';', ",")).collect();
        add(names.join(";"), &stack.series);
    }
    add(others(run), &run.other);
    sums
}
