//! Code that allocates and did not run, what should be tried first at the beginning.
//!
//! What allocates is what the compiler says it puts on the heap, less what a table below has. A place is a
//! block that did not run in a function that did, or a function that was never called, whole. They are listed by, in this order:
//!
//! 1. how near they are to code that ran: beside it in the same function, then never called, then in a package of which nothing ran;
//! 2. of functions that were never called: those that are exported, which handlers and other packages can reach, first;
//! 3. how many of the values outlive the call that they are made for (assigned, returned, captured): most first;
//! 4. how many values there are: most first;
//! 5. how often the function was called: most first;
//! 6. file and line.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::places::Places;
use super::{calls, is_called, relative};
use crate::model::Escape;
use crate::model::coverage::{FunctionBlocks, PackageBlocks, ProgramCoverage, Reach, Untried, UntriedValue};

/// Values listed of one place.
const MOST_VALUES: usize = 50;
/// What the compiler says of a variable whose address outlives its function.
const MOVED: &str = "moved to heap: ";
/// Ends of flows that last as long as a call: what a value is handed to may keep it, but mostly does not.
const OF_A_CALL: [&str; 2] = ["(call parameter)", "(interface-converted)"];

/// All places.
pub(super) fn places(program: &ProgramCoverage, escapes: &[Escape]) -> Vec<Untried> {
    let mut by_package: BTreeMap<&str, Vec<&Escape>> = BTreeMap::new();
    for escape in escapes.iter().filter(|escape| is_allocated(escape)) {
        by_package.entry(&escape.package).or_default().push(escape);
    }
    let of = |package: &PackageBlocks| {
        by_package.get(&*package.symbol).map(|escapes| of_package(package, escapes))
    };
    let mut places: Vec<Untried> = program.packages.iter().filter_map(of).flatten().collect();
    places.sort_by_cached_key(|place| {
        (
            place.reach,
            place.reach != Reach::Beside && !is_exported(&place.function),
            Reverse((place.kept, place.n_values, place.calls)),
            place.file.clone(),
            place.line,
        )
    });
    places
}

/// What the compiler calls an escape and the runtime does not allocate: constants that become interfaces lie in the program's own
/// data, and what has no size has no memory.
const NOT_ALLOCATED: [&str; 4] = ["\"", "context.backgroundCtx{}", "context.todoCtx{}", "struct {}{}"];

fn is_allocated(escape: &Escape) -> bool {
    !NOT_ALLOCATED.iter().any(|beginning| escape.what.starts_with(beginning))
}

/// Whether a function or method has a name that other packages can use, without its package and receiver.
fn is_exported(function: &str) -> bool {
    let name = function.rsplit('.').next().unwrap_or_default();
    name.chars().next().is_some_and(char::is_uppercase)
}

fn of_package(package: &PackageBlocks, escapes: &[&Escape]) -> Vec<Untried> {
    let places = Places::of(package);
    let idle = !package.functions.iter().any(is_called);
    // By function, and by block of those that were called.
    let mut found: BTreeMap<(usize, Option<usize>), Vec<&Escape>> = BTreeMap::new();
    for escape in escapes {
        let at = (escape.line, escape.column);
        let place = places.find(&escape.file, at, escape.what.starts_with(MOVED));
        let Some((function, block)) = place else { continue };
        let Some(blocks) = package.functions.get(function) else { continue };
        if !is_called(blocks) {
            found.entry((function, None)).or_default().push(escape);
        } else if blocks.blocks.get(block).is_some_and(|block| block.count == 0) {
            found.entry((function, Some(block))).or_default().push(escape);
        }
    }
    let place = |((function, block), escapes): ((usize, Option<usize>), Vec<&Escape>)| {
        let blocks = package.functions.get(function)?;
        let reach = match block {
            Some(_) => Reach::Beside,
            None if idle => Reach::Idle,
            None => Reach::Uncalled,
        };
        Some(untried((package, blocks), block, reach, &escapes))
    };
    found.into_iter().filter_map(place).collect()
}

fn untried(
    (package, function): (&PackageBlocks, &FunctionBlocks),
    block: Option<usize>,
    reach: Reach,
    escapes: &[&Escape],
) -> Untried {
    let first = function.blocks.iter().map(|block| block.start.0).min().unwrap_or(0);
    let line = block.and_then(|block| function.blocks.get(block)).map_or(first, |block| block.start.0);
    let mut distinct: Vec<&Escape> = escapes.to_vec();
    distinct.sort_by_key(|escape| (escape.line, escape.column, &escape.what));
    distinct.dedup_by_key(|escape| (escape.line, escape.column, escape.what.as_str()));
    distinct.sort_by_key(|escape| !is_kept(escape));
    let kept = distinct.iter().filter(|escape| is_kept(escape)).count();
    Untried {
        reach,
        function: function.name.clone(),
        file: relative(package, &function.file),
        line,
        calls: calls(function),
        kept: u32::try_from(kept).unwrap_or(u32::MAX),
        n_values: u32::try_from(distinct.len()).unwrap_or(u32::MAX),
        values: distinct.into_iter().take(MOST_VALUES).map(value).collect(),
    }
}

fn is_kept(escape: &Escape) -> bool {
    !escape.flow.as_ref().is_some_and(|flow| OF_A_CALL.iter().any(|end| flow.ends_with(end)))
}

fn value(escape: &Escape) -> UntriedValue {
    UntriedValue { line: escape.line, what: escape.what.clone(), flow: escape.flow.clone() }
}
