//! Go types, numbered for the whole trace, and the rows of the summary that they become.

use std::cmp::Reverse;

use rustc_hash::FxHashMap;

use super::ages::Ages;
use super::classes;
use super::figures::Figures;
use crate::format::exectrace::{Reader, TypeId};
use crate::model::Bytes;
use crate::model::trace::TypeSummary;

/// Number of "no type was given", and of types that the file lost.
const NONE: u32 = 0;
const LOST: u32 = 1;

const NO_TYPE: &str = "(no type)";
const LOST_NAME: &str = "?";

/// Types of a generation with an id below this are found without hashing.
const DIRECT: usize = 1 << 16;

/// Types whose histories are told.
const MAX_HISTORIES: usize = 100;

/// The runtime aligns spans to this; what large objects are rounded up to.
const PAGE_SIZE: u64 = 8192;

/// One type.
#[derive(Debug)]
struct Type {
    name: Box<str>,
    address: u64,
    size: u64,
    /// Slot of one value.
    slot: u64,
}

/// All types met so far.
#[derive(Debug)]
pub(super) struct Types {
    types: Vec<Type>,
    by_address: FxHashMap<u64, u32>,
    /// By id, of this generation: number and one more.
    direct: Vec<u32>,
    others: FxHashMap<u32, u32>,
}

impl Default for Types {
    fn default() -> Self {
        let reserved = |name: &str, slot| Type { name: name.into(), address: 0, size: 0, slot };
        // Objects without a type are not told apart into single ones and arrays.
        let types = vec![reserved(NO_TYPE, u64::MAX), reserved(LOST_NAME, u64::MAX)];
        Self { types, by_address: FxHashMap::default(), direct: Vec::new(), others: FxHashMap::default() }
    }
}

impl Types {
    /// Ids are about to mean something else.
    pub(super) fn new_generation(&mut self) {
        self.direct.clear();
        self.others.clear();
    }

    /// Number of the type with this id.
    #[inline]
    pub(super) fn number(&mut self, id: TypeId, reader: &Reader<'_>) -> u32 {
        match self.direct.get(id.number() as usize) {
            Some(&known) if known > 0 => known - 1,
            _ => self.resolve(id, reader),
        }
    }

    #[cold]
    fn resolve(&mut self, id: TypeId, reader: &Reader<'_>) -> u32 {
        let wire = id.number();
        if id.is_none() {
            self.remember(wire, NONE);
            return NONE;
        }
        if let Some(&known) = self.others.get(&wire) {
            return known;
        }
        let Some(found) = reader.alloc_type(id) else { return LOST };
        let number = match self.by_address.get(&found.address) {
            Some(&known) => known,
            None => {
                let number = u32::try_from(self.types.len()).unwrap_or(LOST);
                let slot = classes::slot_of(found.size, found.pointer_bytes > 0, PAGE_SIZE);
                let (name, address, size) = (found.name.into(), found.address, found.size);
                self.types.push(Type { name, address, size, slot });
                self.by_address.insert(address, number);
                number
            }
        };
        self.remember(wire, number);
        number
    }

    fn remember(&mut self, wire: u32, number: u32) {
        let place = wire as usize;
        if place >= DIRECT {
            self.others.insert(wire, number);
            return;
        }
        if place >= self.direct.len() {
            self.direct.resize(place + 1, 0);
        }
        self.direct[place] = number + 1;
    }

    /// Bytes of the slot for one value of a type; of no type, more than any.
    #[inline]
    pub(super) fn slot_size(&self, number: u32) -> u64 {
        self.types.get(number as usize).map_or(u64::MAX, |known| known.slot)
    }

    /// Name of a type.
    pub(super) fn name(&self, number: u32) -> &str {
        self.types.get(number as usize).map_or(LOST_NAME, |known| &known.name)
    }

    /// Names by number; empty for those that are none.
    pub(super) fn names(&self) -> Vec<Box<str>> {
        let named = |(number, known): (u32, &Type)| match number {
            NONE | LOST => Box::default(),
            _ => known.name.clone(),
        };
        (0u32..).zip(&self.types).map(named).collect()
    }

    /// Addresses of descriptors by number; 0 for those that are none.
    pub(super) fn descriptors(&self) -> Vec<u64> {
        self.types.iter().map(|known| known.address).collect()
    }

    fn summary(&self, row: u32, (figures, ages): (Figures, &Ages), cycle: u32) -> TypeSummary {
        let known = self.types.get(of(row) as usize);
        TypeSummary {
            name: self.name(of(row)).to_owned(),
            address: known.map_or(0, |known| known.address),
            size: Bytes(known.map_or(0, |known| known.size)),
            array: is_array(row),
            history: figures.history.rows(),
            figures: figures.finish(ages.of(row), cycle),
        }
    }
}

/// Number of the row of a type's single objects, or of its arrays.
#[inline]
pub(super) fn row(number: u32, array: bool) -> u32 {
    number.saturating_mul(2) | u32::from(array)
}

/// The type of a row.
#[inline]
pub(super) fn of(row: u32) -> u32 {
    row / 2
}

/// Whether a row is of arrays.
pub(super) fn is_array(row: u32) -> bool {
    row % 2 == 1
}

/// The summary's rows, those with most bytes alive first.
pub(super) fn finish(types: &Types, (rows, ages): (Vec<Figures>, &Ages), cycle: u32) -> Vec<TypeSummary> {
    let met = (0u32..).zip(rows).filter(|(_, figures)| figures.met());
    let mut rows: Vec<_> = met.map(|(row, figures)| types.summary(row, (figures, ages), cycle)).collect();
    let figures = |row: &TypeSummary| (row.figures.live_bytes, row.figures.allocated_bytes);
    rows.sort_by(|a, b| {
        figures(b).cmp(&figures(a)).then_with(|| (&a.name, a.address).cmp(&(&b.name, b.address)))
    });
    let mut allocated: Vec<_> = rows.iter().map(|row| row.figures.allocated_bytes).collect();
    allocated.sort_unstable_by_key(|&bytes| Reverse(bytes));
    let much = allocated.get(MAX_HISTORIES).copied().unwrap_or_default();
    let told =
        |(place, row): (usize, &TypeSummary)| place < MAX_HISTORIES || row.figures.allocated_bytes > much;
    let told: Vec<bool> = rows.iter().enumerate().map(told).collect();
    rows.iter_mut().zip(told).filter(|(_, told)| !told).for_each(|(row, _)| row.history = Vec::new());
    rows
}
