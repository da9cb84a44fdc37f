//! Which block a line and column belong to.
//!
//! Until Go 1.26 a function's first block begins at its brace, from 1.27 on at its first statement; parameters stand before it in either.
//! What stands between blocks of a function (the expressions of a `case`) belongs to the block before.

use std::collections::BTreeMap;

use crate::model::coverage::{FunctionBlocks, PackageBlocks};

/// How many lines a parameter may stand before the first statement.
const SIGNATURE: u32 = 12;

/// The functions of a package by file, in the order in which they stand there.
pub(super) struct Places<'a>(BTreeMap<&'a str, Vec<Place<'a>>>);

struct Place<'a> {
    /// Which function of the package.
    index: usize,
    function: &'a FunctionBlocks,
    start: (u32, u32),
    end: (u32, u32),
}

impl<'a> Places<'a> {
    pub(super) fn of(package: &'a PackageBlocks) -> Self {
        let mut files: BTreeMap<&str, Vec<Place<'_>>> = BTreeMap::new();
        for (index, function) in package.functions.iter().enumerate() {
            let file = function.file.rsplit(['/', '\\']).next().unwrap_or_default();
            let start = function.blocks.iter().map(|block| block.start).min();
            let end = function.blocks.iter().map(|block| block.end).max();
            if let (Some(start), Some(end)) = (start, end) {
                files.entry(file).or_default().push(Place { index, function, start, end });
            }
        }
        files.values_mut().for_each(|places| places.sort_by_key(|place| place.start));
        Self(files)
    }

    /// The function and the block of it that something at `at` belongs to; `None` for what is outside of functions, and runs when
    /// the program begins.
    pub(super) fn find(&self, file: &str, at: (u32, u32), is_parameter: bool) -> Option<(usize, usize)> {
        let places = self.0.get(file)?;
        let next = places.partition_point(|place| place.start <= at);
        let inside = next.checked_sub(1).and_then(|last| places.get(last)).filter(|place| at < place.end);
        if let Some(place) = inside {
            return Some((place.index, block_at(place.function, at)?));
        }
        let after = places.get(next).filter(|_| is_parameter)?;
        let is_near = after.start.0.saturating_sub(at.0) <= SIGNATURE;
        is_near.then(|| Some((after.index, block_at(after.function, after.start)?)))?
    }
}

/// The innermost block around a place, or else the last that begins before it.
fn block_at(function: &FunctionBlocks, at: (u32, u32)) -> Option<usize> {
    let before = || function.blocks.iter().enumerate().filter(|(_, block)| block.start <= at);
    let around = before().filter(|(_, block)| at < block.end).max_by_key(|(_, block)| block.start);
    around.or_else(|| before().max_by_key(|(_, block)| block.start)).map(|(index, _)| index)
}
