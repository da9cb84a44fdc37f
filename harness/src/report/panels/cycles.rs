//! GC cycles by column, few enough to be drawn and listed.

use super::origin::Axis;
use super::{Column, Cycles};
use crate::model::{Bytes, Cell, Confidence, CycleRow, Nanoseconds, Objects, Source};

/// A value, where it comes from and how far it can be trusted.
type Told = (i64, Source, Confidence);

/// A column: its name, its unit and its cell of a row.
type Spec = (&'static str, &'static str, fn(&CycleRow) -> Option<Told>);

const COLUMNS: [Spec; 9] = [
    ("stw", "ns", |row| time(row.stw)),
    ("mark", "ns", |row| time(row.mark)),
    ("assist", "ns", |row| time(row.assist)),
    ("heap_start", "B", |row| bytes(row.heap_start)),
    ("heap_live", "B", |row| bytes(row.heap_live)),
    ("goal", "B", |row| bytes(row.goal)),
    ("inuse_space", "B", |row| bytes(row.inuse_space)),
    ("inuse_objects", "objects", |row| objects(row.inuse_objects)),
    ("goroutines", "goroutines", |row| told(row.goroutines, |n| n)),
];

fn told<T: Copy>(cell: Option<Cell<T>>, value: impl Fn(T) -> u64) -> Option<Told> {
    cell.map(|cell| (whole(value(cell.value)), cell.source, cell.confidence))
}

fn bytes(cell: Option<Cell<Bytes>>) -> Option<Told> {
    told(cell, |bytes| bytes.0)
}

fn objects(cell: Option<Cell<Objects>>) -> Option<Told> {
    told(cell, |objects| objects.0)
}

fn time(cell: Option<Cell<Nanoseconds>>) -> Option<Told> {
    cell.map(|cell| (cell.value.0, cell.source, cell.confidence))
}

fn whole(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// At most about `room` of the rows.
pub(super) fn cycles(rows: &[CycleRow], axis: &Axis, room: usize) -> Cycles {
    let kept = kept(rows, room);
    let mut cycles = Cycles { total: rows.len(), ..Cycles::default() };
    let mut last = 0;
    for row in &kept {
        last = axis.begin_of(row).map_or(last, |begin| axis.at(begin).max(last));
        cycles.at.push(last);
        cycles.cycle.push(row.cycle.0);
        cycles.forced.push(row.forced);
    }
    let columns = COLUMNS.iter().map(|spec| column(spec, &kept));
    cycles.columns = columns.filter(|column| column.values.iter().any(Option::is_some)).collect();
    cycles
}

fn column(&(name, unit, cell): &Spec, rows: &[&CycleRow]) -> Column {
    let cells: Vec<Option<Told>> = rows.iter().map(|row| cell(row)).collect();
    let mut sources: Vec<Source> = cells.iter().flatten().map(|cell| cell.1).collect();
    sources.sort_unstable();
    sources.dedup();
    Column {
        name,
        unit,
        values: cells.iter().map(|cell| cell.map(|cell| cell.0)).collect(),
        sources,
        confidence: cells.iter().flatten().map(|cell| cell.2).min(),
    }
}

/// Of neighbours the ones with the longest stop, the largest heap and a snapshot of it, and the last; and the very first.
fn kept(rows: &[CycleRow], room: usize) -> Vec<&CycleRow> {
    if rows.len() <= room {
        return rows.iter().collect();
    }
    let together = rows.len().div_ceil((room / 4).max(1));
    let stop = |row: &&(usize, &CycleRow)| row.1.stw.map(|stw| stw.value);
    let heap = |row: &&(usize, &CycleRow)| row.1.heap_live.map(|live| live.value);
    let snapshot = |row: &&(usize, &CycleRow)| row.1.inuse_space.is_some();
    let numbered: Vec<(usize, &CycleRow)> = rows.iter().enumerate().collect();
    let mut kept = Vec::new();
    for some in numbered.chunks(together) {
        let telling = [
            some.first().filter(|_| kept.is_empty()),
            some.iter().max_by_key(stop),
            some.iter().max_by_key(heap),
            some.iter().find(snapshot),
            some.last(),
        ];
        let mut of_these: Vec<(usize, &CycleRow)> = telling.into_iter().flatten().copied().collect();
        of_these.sort_by_key(|row| row.0);
        of_these.dedup_by_key(|row| row.0);
        kept.extend(of_these.into_iter().map(|row| row.1));
    }
    kept
}
