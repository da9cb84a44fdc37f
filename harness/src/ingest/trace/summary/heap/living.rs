//! Which type lies at which address: for heap dumps, which have addresses and no types.

use super::slots::Slot;
use super::spans::Spans;
use super::types::{self, Types};
use crate::model::Address;

/// The objects that are alive at one moment, in sixteen bytes each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LivingObjects {
    /// By address.
    objects: Vec<(u64, Slot)>,
    /// By number.
    names: Vec<Box<str>>,
    /// By number: addresses of the types' descriptors.
    descriptors: Vec<u64>,
    /// The cycle that had ended last.
    cycle: u32,
}

/// One object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LivingObject<'l> {
    /// Address of its slot.
    pub address: u64,
    /// The type, as `reflect` prints it; `None` if the runtime gave none or the file lost it.
    pub type_name: Option<&'l str>,
    /// Where the type's descriptor lies; `None` likewise.
    pub descriptor: Option<Address>,
    /// It holds several values of that type.
    pub array: bool,
    /// Cycles that have ended since it was allocated; `None` if it is older than the trace.
    pub age: Option<u32>,
}

impl LivingObjects {
    pub(super) fn of(spans: &Spans, types: &Types, cycle: u32) -> Self {
        let mut objects: Vec<_> = spans.living().collect();
        objects.sort_unstable_by_key(|(address, _)| *address);
        Self { objects, names: types.names(), descriptors: types.descriptors(), cycle }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.objects.len()
    }

    /// Whether there is none: the trace was made without `traceallocfree=1`.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }

    /// The GC cycle that had ended last, by the trace's count.
    #[must_use]
    pub fn cycle(&self) -> u64 {
        self.cycle.into()
    }

    /// The object whose slot begins at an address, as a heap dump has them.
    #[must_use]
    pub fn at(&self, address: u64) -> Option<LivingObject<'_>> {
        let place = self.objects.binary_search_by_key(&address, |(address, _)| *address).ok()?;
        self.objects.get(place).map(|object| self.view(object))
    }

    /// All, by address.
    pub fn iter(&self) -> impl Iterator<Item = LivingObject<'_>> + '_ {
        self.objects.iter().map(|object| self.view(object))
    }

    fn view(&self, &(address, slot): &(u64, Slot)) -> LivingObject<'_> {
        let number = types::of(slot.row()) as usize;
        let name = self.names.get(number);
        let descriptor = self.descriptors.get(number).filter(|&&address| address > 0);
        LivingObject {
            address,
            type_name: name.filter(|name| !name.is_empty()).map(|name| &**name),
            descriptor: descriptor.copied().map(Address),
            array: types::is_array(slot.row()),
            age: slot.age(self.cycle),
        }
    }
}
