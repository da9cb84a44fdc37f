//! What running each build costs: figures of plain runs, and whether a difference is more than chance.
//!
//! Input: a sample per run, with what gctrace printed. Output: medians with intervals, and an exact rank test of each
//! figure against the reference, corrected after Holm for the number of comparisons (Holm, "A simple sequentially
//! rejective multiple test procedure", Scandinavian Journal of Statistics 6, 1979). Pure.

use super::{Records, against};
use crate::format::gctrace::{Reader, Record};
use crate::model::lab::OfVariant;
use crate::model::lab::runs::{
    FIGURES, Figure, FigureDifference, RunsAnswer, RunsDifference, RunsFacts, RunsVerdict, Sample,
};
use crate::model::stats::{ALPHA, difference, median, median_interval, repeats_needed};

/// One run of a plain binary with `gctrace=1`.
#[derive(Debug, Clone, Default)]
pub struct Measured {
    /// Wall-clock time, nanoseconds.
    pub wall: u64,
    /// CPU time, nanoseconds.
    pub cpu: u64,
    /// Peak resident set size, bytes.
    pub peak_rss: u64,
    /// Its standard error, with gctrace's lines.
    pub stderr: Vec<u8>,
}

/// The runs of a variant.
#[derive(Debug, Clone, Default)]
pub struct Runs {
    /// The emulator that they ran under.
    pub emulator: Option<String>,
    /// Those that went well.
    pub measured: Vec<Measured>,
    /// How many did not.
    pub failed: usize,
}

/// The answer.
#[must_use]
pub fn answer(records: Records<'_, Runs>) -> RunsAnswer {
    let of = |(variant, runs): &(String, Runs)| OfVariant { variant: variant.clone(), of: facts(runs) };
    let variants: Vec<OfVariant<RunsFacts>> = records.of.iter().map(of).collect();
    let mut differences = against(&variants, records.reference, |base, other| Some(compared(base, other)));
    correct(&mut differences);
    let needed = needed(&variants, &differences);
    decide(&mut differences, needed.is_some());
    let headline = headline(&variants, &differences, records.reference, needed);
    RunsAnswer { headline, variants, differences, expected: Vec::new(), not_run: Vec::new() }
}

/// Figures of a variant's runs.
#[must_use]
pub fn facts(runs: &Runs) -> RunsFacts {
    let by_run: Vec<[(Figure, f64); 7]> = runs.measured.iter().map(figures).collect();
    let sample = |row: crate::model::lab::runs::FigureRow| {
        let of_run =
            |run: &[(Figure, f64); 7]| run.iter().find(|(figure, _)| *figure == row.figure).map(|one| one.1);
        let values: Vec<f64> = by_run.iter().filter_map(of_run).collect();
        let interval = median_interval(&values, ALPHA);
        Some(Sample { figure: row.figure, unit: row.unit, median: median(&values)?, interval, values })
    };
    RunsFacts {
        emulator: runs.emulator.clone(),
        n: runs.measured.len(),
        failed: runs.failed,
        figures: FIGURES.into_iter().filter_map(sample).collect(),
    }
}

fn figures(run: &Measured) -> [(Figure, f64); 7] {
    let (mut count, mut peak, mut pauses, mut longest) = (0_u64, 0, 0_i64, 0);
    for record in Reader::new("stderr.txt", &run.stderr) {
        let Record::Cycle(line) = record else { continue };
        count += 1;
        peak = peak.max(line.heap_start.floor().0).max(line.heap_end.floor().0);
        for stop in [line.clock.sweep_termination.0, line.clock.mark_termination.0] {
            pauses = pauses.saturating_add(stop);
            longest = longest.max(stop);
        }
    }
    [
        (Figure::GcCount, count as f64),
        (Figure::PeakHeap, peak as f64),
        (Figure::Pauses, pauses as f64),
        (Figure::LongestPause, longest as f64),
        (Figure::Wall, run.wall as f64),
        (Figure::Cpu, run.cpu as f64),
        (Figure::PeakRss, run.peak_rss as f64),
    ]
}

fn compared(base: &RunsFacts, other: &RunsFacts) -> RunsDifference {
    let one = |sample: &Sample| {
        let of_base = base.sample(sample.figure)?;
        let is_comparable = base.emulator == other.emulator || !sample.figure.row().is_machines;
        let test = difference(&of_base.values, &sample.values).filter(|_| is_comparable);
        Some(FigureDifference {
            figure: sample.figure,
            change: (of_base.median != 0.0).then(|| sample.median / of_base.median - 1.0),
            p: test.map(|test| test.p),
            test,
            verdict: if is_comparable { RunsVerdict::Chance } else { RunsVerdict::NotComparable },
        })
    };
    RunsDifference { figures: other.figures.iter().filter_map(one).collect() }
}

fn all(differences: &mut [OfVariant<RunsDifference>]) -> impl Iterator<Item = &mut FigureDifference> {
    differences.iter_mut().flat_map(|one| &mut one.of.figures).filter(|one| one.test.is_some())
}

fn n_tests(differences: &[OfVariant<RunsDifference>]) -> usize {
    differences.iter().flat_map(|one| &one.of.figures).filter(|one| one.test.is_some()).count()
}

/// Holm's step-down correction over all comparisons.
fn correct(differences: &mut [OfVariant<RunsDifference>]) {
    let mut tested: Vec<&mut FigureDifference> = all(differences).collect();
    tested.sort_by(|a, b| a.p.unwrap_or(1.0).total_cmp(&b.p.unwrap_or(1.0)));
    let n = tested.len();
    let mut least = 0.0_f64;
    for (nth, one) in tested.into_iter().enumerate() {
        least = least.max((one.p.unwrap_or(1.0) * (n - nth) as f64).min(1.0));
        one.p = Some(least);
    }
}

/// Runs that each variant needs before any difference can show among so many comparisons; `None` if there are enough.
fn needed(variants: &[OfVariant<RunsFacts>], differences: &[OfVariant<RunsDifference>]) -> Option<usize> {
    let tests = n_tests(differences).max(1);
    let fewest = variants.iter().map(|facts| facts.of.n).filter(|n| *n > 0).min()?;
    let alpha = ALPHA / tests as f64;
    let needed = (1..=1000).find(|n| repeats_needed(*n, alpha).is_some_and(|other| other <= *n))?;
    (fewest < needed).then_some(needed)
}

fn decide(differences: &mut [OfVariant<RunsDifference>], too_few: bool) {
    for one in all(differences) {
        one.verdict = match one.p {
            Some(p) if p <= ALPHA => RunsVerdict::Real,
            _ if too_few => RunsVerdict::TooFew,
            _ => RunsVerdict::Chance,
        };
    }
}

fn headline(
    variants: &[OfVariant<RunsFacts>],
    differences: &[OfVariant<RunsDifference>],
    reference: &str,
    needed: Option<usize>,
) -> String {
    let fewest = variants.iter().map(|facts| facts.of.n).min().unwrap_or(0);
    if variants.is_empty() {
        return "nothing was run".to_owned();
    }
    if differences.is_empty() {
        return format!("{fewest} runs, and nothing to compare {reference} with");
    }
    if let Some(needed) = needed {
        return format!(
            "n={fewest}: no difference can be shown; {needed} runs of each variant are needed (--repeat {needed})"
        );
    }
    let tests = n_tests(differences);
    let corrected =
        if tests > 1 { format!(" after Holm's correction for {tests} comparisons") } else { String::new() };
    let differing: Vec<String> = differences.iter().filter_map(words).collect();
    match differing.is_empty() {
        true => format!("no variant differs from {reference} by more than chance, n={fewest} each"),
        false => {
            format!("against {reference}: {} (p <= 0.05{corrected}), n={fewest} each", differing.join("; "))
        }
    }
}

/// A variant with what is really different, `debug: gc-count -3.3 %, wall +6.8 %`; `None` if nothing is.
fn words(one: &OfVariant<RunsDifference>) -> Option<String> {
    let real = one.of.figures.iter().filter(|figure| figure.verdict == RunsVerdict::Real);
    let words = |figure: &FigureDifference| match figure.change {
        Some(change) => format!("{} {:+.1} %", figure.figure.row().word, change * 100.0),
        None => format!("{} from 0", figure.figure.row().word),
    };
    let all: Vec<String> = real.map(words).collect();
    (!all.is_empty()).then(|| format!("{} {}", one.variant, all.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(walls: &[u64], stderr: &str) -> Runs {
        let one =
            |wall: &u64| Measured { wall: *wall, cpu: 7, peak_rss: 9, stderr: stderr.as_bytes().to_vec() };
        Runs { emulator: None, measured: walls.iter().map(one).collect(), failed: 0 }
    }

    fn figure(answer: &RunsAnswer, variant: usize, figure: Figure) -> FigureDifference {
        let figures = &answer.differences[variant].of.figures;
        figures.iter().find(|one| one.figure == figure).expect("the figure").clone()
    }

    const GC: &str = "gc 1 @0.001s 1%: 0.010+1.0+0.020 ms clock, 0.010+0/0.1/0+0.020 ms cpu, 4->5->2 MB, 4 MB goal, 0 MB stacks, 0 MB globals, 2 P\n\
                      from the program\n\
                      gc 2 @0.002s 1%: 0.030+1.0+0.005 ms clock, 0.010+0/0.1/0+0.020 ms cpu, 7->6->2 MB, 4 MB goal, 0 MB stacks, 0 MB globals, 2 P\n";

    #[test]
    fn gctrace_among_the_programs_text_gives_cycles_heap_and_pauses() {
        let facts = facts(&runs(&[5], GC));
        let median = |figure| facts.sample(figure).expect("a sample").median;
        assert_eq!((median(Figure::GcCount), median(Figure::PeakHeap)), (2.0, f64::from(7 << 20)));
        assert_eq!((median(Figure::Pauses), median(Figure::LongestPause)), (65_000.0, 30_000.0));
        assert_eq!(facts.sample(Figure::Wall).expect("a sample").interval, None);
    }

    #[test]
    fn a_difference_of_every_run_is_real_and_equal_figures_are_none() {
        let records = [
            ("a".to_owned(), runs(&[10, 11, 12, 13, 14, 15, 16, 17], "")),
            ("b".to_owned(), runs(&[20, 21, 22, 23, 24, 25, 26, 27], "")),
        ];
        let answer = answer(Records { of: &records, reference: "a" });
        let wall = figure(&answer, 0, Figure::Wall);
        assert_eq!(wall.verdict, RunsVerdict::Real);
        // 2 of 12870 orders, times the seven comparisons.
        assert!((wall.p.expect("p") - 7.0 * 2.0 / 12870.0).abs() < 1e-9, "{wall:?}");
        assert_eq!(figure(&answer, 0, Figure::Cpu).verdict, RunsVerdict::Chance);
        assert_eq!(
            answer.headline,
            "against a: b wall +74.1 % (p <= 0.05 after Holm's correction for 7 comparisons), n=8 each"
        );
    }

    #[test]
    fn too_few_runs_are_said_with_how_many_are_needed() {
        let records = [("a".to_owned(), runs(&[10, 11, 12], "")), ("b".to_owned(), runs(&[20, 21, 22], ""))];
        let answer = answer(Records { of: &records, reference: "a" });
        assert_eq!(figure(&answer, 0, Figure::Wall).verdict, RunsVerdict::TooFew);
        let expected = "n=3: no difference can be shown; 6 runs of each variant are needed (--repeat 6)";
        assert_eq!(answer.headline, expected);
    }

    #[test]
    fn an_emulators_times_are_compared_with_no_others_and_its_cycles_are() {
        let mut emulated = runs(&[90; 8], GC);
        emulated.emulator = Some("qemu-arm".to_owned());
        let records = [("a".to_owned(), runs(&[10; 8], "")), ("b".to_owned(), emulated)];
        let answer = answer(Records { of: &records, reference: "a" });
        assert_eq!(figure(&answer, 0, Figure::Wall).verdict, RunsVerdict::NotComparable);
        assert_eq!(figure(&answer, 0, Figure::PeakRss).test, None);
        assert_eq!(figure(&answer, 0, Figure::GcCount).verdict, RunsVerdict::Real);
    }

    #[test]
    fn a_variant_of_which_no_run_went_well_is_compared_with_nothing() {
        let lost = Runs { failed: 3, ..Runs::default() };
        let records = [("a".to_owned(), runs(&[10; 8], "")), ("b".to_owned(), lost)];
        let answer = answer(Records { of: &records, reference: "a" });
        assert_eq!((answer.differences[0].of.figures.len(), answer.variants[1].of.failed), (0, 3));
    }
}
