//! What a run's coverage comes to: how much ran, and which code that allocates did not.
//!
//! Input: the blocks of a program with their counts, what the compiler says of the heap, and what grew in measured runs. Output: [`CoverageFacts`]. It judges
//! nothing: what a scenario does not try is no leak, but a leak there would not be found.

mod growth;
mod places;
mod releases;
#[cfg(test)]
mod tests;
mod untried;

use crate::model::coverage::{
    CoverageFacts, Covered, FunctionBlocks, FunctionCoverage, PackageBlocks, PackageCoverage, ProgramCoverage,
};
use crate::model::growth::RunGrowth;
use crate::model::{Escape, Finding};

/// What was measured of the same program: growth by stack of a run, and the findings.
pub type Measured<'a> = (&'a RunGrowth, &'a [Finding]);

/// What `program` ran, with what the compiler says of its values on the heap, or why that is not known; and with what was
/// measured, if anything was found.
#[must_use]
pub fn facts(
    program: &ProgramCoverage,
    escapes: Result<&[Escape], &str>,
    measured: Option<Measured<'_>>,
) -> CoverageFacts {
    let mut facts = CoverageFacts { counted: program.until, ..CoverageFacts::default() };
    for package in &program.packages {
        let of_package = of_package(package);
        facts.statements += of_package.statements;
        facts.packages.push(of_package);
        facts.functions.extend(package.functions.iter().map(|function| of_function(package, function)));
    }
    facts.packages.sort_by(|a, b| a.package.cmp(&b.package));
    facts.functions.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
    facts.uncalled_releases = releases::uncalled(program);
    match escapes {
        Ok(escapes) => facts.untried = untried::places(program, escapes),
        Err(why) => facts.no_untried = Some(why.to_owned()),
    }
    // Without checkpoints (tests have none) nothing could be told, and nobody expects it.
    let is_told = |(_, findings): &Measured<'_>| !findings.is_empty() && !program.saved.is_empty();
    if let Some(measured) = measured.filter(is_told) {
        match growth::with_findings(program, measured) {
            Ok(growth) => facts.growth = growth,
            Err(why) => facts.no_growth = Some(why),
        }
    }
    facts
}

fn of_package(package: &PackageBlocks) -> PackageCoverage {
    let mut of = PackageCoverage {
        package: package.path.to_string(),
        statements: Covered::default(),
        functions: Covered::default(),
    };
    for function in &package.functions {
        of.statements += statements(function);
        of.functions += Covered { ran: u64::from(is_called(function)), of: 1 };
    }
    of
}

fn of_function(package: &PackageBlocks, function: &FunctionBlocks) -> FunctionCoverage {
    FunctionCoverage {
        function: function.name.clone(),
        file: relative(package, &function.file),
        line: function.blocks.iter().map(|block| block.start.0).min().unwrap_or(0),
        statements: statements(function),
        calls: calls(function),
    }
}

/// A block counts with all of its statements, as in Go's own figures.
fn statements(function: &FunctionBlocks) -> Covered {
    let one = |block: &crate::model::coverage::Block| {
        let n = u64::from(block.statements);
        Covered { ran: if block.count > 0 { n } else { 0 }, of: n }
    };
    function.blocks.iter().map(one).fold(Covered::default(), |mut sum, of| {
        sum += of;
        sum
    })
}

fn is_called(function: &FunctionBlocks) -> bool {
    function.blocks.iter().any(|block| block.count > 0)
}

/// How often it was entered: how often the first of its blocks ran.
fn calls(function: &FunctionBlocks) -> u64 {
    function.blocks.iter().min_by_key(|block| block.start).map_or(0, |block| block.count)
}

/// A file's name relative to its module.
fn relative(package: &PackageBlocks, file: &str) -> String {
    let inside = file.strip_prefix(&*package.module).and_then(|rest| rest.strip_prefix('/'));
    inside.unwrap_or(file).to_owned()
}
