//! The columns of `runtime/metrics` that the model has a place for.
//!
//! Input: the names of a file's metrics, then a checkpoint's values. Output: [`RuntimeFigures`]. A metric that
//! this Go does not have is zero, or absent where zero would mean something.

use crate::format::proberec::{MetricName, MetricValue};
use crate::model::{Bytes, RuntimeFigures};

/// The metric that the conservation gate compares with a snapshot.
const HEAP_LIVE: &str = "/gc/heap/live:bytes";

/// What a value is stored as.
type Store = fn(&mut RuntimeFigures, MetricValue);

const COLUMNS: &[(&str, Store)] = &[
    ("/memory/classes/total:bytes", |figures, value| figures.mapped = bytes(value)),
    ("/memory/classes/heap/released:bytes", |figures, value| figures.released = bytes(value)),
    ("/memory/classes/heap/free:bytes", |figures, value| figures.heap_free = bytes(value)),
    ("/memory/classes/heap/unused:bytes", |figures, value| figures.heap_unused = bytes(value)),
    ("/memory/classes/heap/stacks:bytes", |figures, value| figures.stacks = bytes(value)),
    (HEAP_LIVE, |figures, value| figures.heap_live = bytes(value)),
    ("/gc/heap/goal:bytes", |figures, value| figures.heap_goal = bytes(value)),
    ("/gc/gomemlimit:bytes", |figures, value| figures.memory_limit = limit(bytes(value))),
    ("/cpu/classes/gc/total:cpu-seconds", |figures, value| figures.gc_cpu = seconds(value)),
    ("/cpu/classes/total:cpu-seconds", |figures, value| figures.total_cpu = seconds(value)),
    ("/gc/limiter/last-enabled:gc-cycle", |figures, value| figures.limiter_last = bytes(value).0),
];

/// Where in a file's lists the columns are.
#[derive(Debug, Default)]
pub(super) struct Columns {
    places: Vec<(usize, usize)>,
    heap_live: Option<usize>,
}

impl Columns {
    pub(super) fn of(names: &[MetricName<'_>]) -> Self {
        let place = |wanted: &str| names.iter().position(|name| name.name == wanted);
        let places = (0..).zip(COLUMNS).filter_map(|(row, (name, _))| Some((place(name)?, row))).collect();
        Self { places, heap_live: place(HEAP_LIVE) }
    }

    /// A checkpoint's values, as far as they are there.
    pub(super) fn figures(&self, values: &[MetricValue]) -> RuntimeFigures {
        let mut figures = RuntimeFigures::default();
        for (place, row) in &self.places {
            if let (Some(value), Some((_, store))) = (values.get(*place), COLUMNS.get(*row)) {
                store(&mut figures, *value);
            }
        }
        figures
    }

    pub(super) fn heap_live(&self, values: &[MetricValue]) -> Option<Bytes> {
        match values.get(self.heap_live?)? {
            MetricValue::Unsigned(live) => Some(Bytes(*live)),
            MetricValue::Float(_) => None,
        }
    }
}

fn bytes(value: MetricValue) -> Bytes {
    match value {
        MetricValue::Unsigned(value) => Bytes(value),
        MetricValue::Float(_) => Bytes(0),
    }
}

fn seconds(value: MetricValue) -> f64 {
    match value {
        MetricValue::Unsigned(_) => 0.0,
        MetricValue::Float(value) => value,
    }
}

/// `math.MaxInt64` is how the runtime says that there is none.
fn limit(bytes: Bytes) -> Option<Bytes> {
    (bytes.0 < i64::MAX.unsigned_abs()).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_by_name_and_no_limit_is_none() {
        let name = |name: &'static str, float| MetricName { name: name.into(), float };
        let names = [
            name("/sched/goroutines:goroutines", false),
            name("/gc/gomemlimit:bytes", false),
            name("/cpu/classes/gc/total:cpu-seconds", true),
            name("/memory/classes/heap/stacks:bytes", false),
        ];
        let columns = Columns::of(&names);
        let value = MetricValue::Unsigned;
        let figures = columns.figures(&[
            value(7),
            value(i64::MAX.unsigned_abs()),
            MetricValue::Float(0.25),
            value(4096),
        ]);
        let expected = RuntimeFigures { gc_cpu: 0.25, stacks: Bytes(4096), ..RuntimeFigures::default() };
        assert_eq!(figures, expected);
        assert_eq!(columns.figures(&[value(7), value(1 << 20)]).memory_limit, Some(Bytes(1 << 20)));
        assert_eq!(columns.heap_live(&[value(7)]), None);
    }
}
