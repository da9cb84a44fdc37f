//! Which variable a static address belongs to.
//!
//! Input: symbols of a binary, and the pointers in a dump's static memory. Output: [`Statics`], which names addresses.
//! `var x = &T{…}` is a pointer to memory without a symbol: such a place is named after the variable that points to it.
//!
//! A binary that did not write the dump gives wrong names. It is refused if its sections are not of the same length.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::collect::{RootPlace, RootSlot, SegmentPlace};
use crate::format::heapdump::SegmentKind;

/// Variables of a program.
#[derive(Debug, Clone, Default)]
pub struct Symbols {
    /// Address and length of section `.data`.
    pub data: Option<(u64, u64)>,
    /// Of section `.bss`.
    pub bss: Option<(u64, u64)>,
    /// Variables, in any order.
    pub variables: Vec<Variable>,
}

/// A variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// Full name, `main.cache`.
    pub name: Arc<str>,
    /// Where it begins, as the file says: the program may have been loaded elsewhere.
    pub address: u64,
    /// In bytes.
    pub size: u64,
    /// Its type, if known.
    pub type_name: Option<Arc<str>>,
}

/// Names of static addresses.
#[derive(Debug, Default)]
pub(super) struct Statics {
    places: BTreeMap<u64, Place>,
    variables: Vec<Variable>,
}

#[derive(Debug, Clone, Copy)]
struct Place {
    variable: u32,
    /// Where it ends; what has no symbol ends where the next place begins.
    end: Option<u64>,
}

/// A place in a variable.
#[derive(Debug, Clone, Copy)]
pub(super) struct Within<'s> {
    pub(super) name: &'s str,
    /// In bytes, from its beginning.
    pub(super) offset: u64,
    /// Not in the variable itself but in memory without a symbol that it refers to: from the beginning of that.
    pub(super) is_behind: bool,
}

/// Rounds in which names are passed on: memory without a name that points to more of it.
const ROUNDS: usize = 8;

impl Symbols {
    /// How far the program was loaded from where the file says; `None` if the file is of another program.
    fn bias(&self, segments: &[SegmentPlace]) -> Option<u64> {
        let mut biases = segments.iter().filter_map(|segment| {
            let section = match segment.kind {
                SegmentKind::Data => self.data,
                SegmentKind::Bss => self.bss,
            };
            let (address, size) = section?;
            Some((size == segment.size).then_some(segment.address.wrapping_sub(address)))
        });
        let first = biases.next()??;
        biases.all(|bias| bias == Some(first)).then_some(first)
    }
}

impl Statics {
    /// Names for the static memory of a dump. An error tells why the symbols are of no use.
    pub(super) fn new(
        symbols: &Symbols,
        segments: &[SegmentPlace],
        slots: &[RootSlot],
    ) -> Result<Self, String> {
        let Some(bias) = symbols.bias(segments) else {
            return Err(
                "the binary is not the one that wrote the dump: its sections are of other lengths".into()
            );
        };
        let mut statics = Self { places: BTreeMap::new(), variables: symbols.variables.clone() };
        for (number, variable) in symbols.variables.iter().enumerate() {
            let start = variable.address.wrapping_add(bias);
            let within = |segment: &SegmentPlace| {
                start.checked_sub(segment.address).is_some_and(|offset| offset < segment.size)
            };
            if variable.size > 0 && segments.iter().any(within) {
                let place = Place { variable: number as u32, end: Some(start.saturating_add(variable.size)) };
                statics.places.insert(start, place);
            }
        }
        statics.pass_on(segments, slots);
        Ok(statics)
    }

    /// Names memory without a symbol after what points to it.
    fn pass_on(&mut self, segments: &[SegmentPlace], slots: &[RootSlot]) {
        let is_static = |value: u64| {
            segments
                .iter()
                .any(|segment| value.checked_sub(segment.address).is_some_and(|offset| offset < segment.size))
        };
        for _ in 0..ROUNDS {
            let before = self.places.len();
            for slot in slots.iter().filter(|slot| is_static(slot.value)) {
                let RootPlace::Static(at) = slot.place else { continue };
                if self.named(slot.value).is_some_and(|(_, start)| start == slot.value)
                    || self.has_end(slot.value)
                {
                    continue;
                }
                if let Some((variable, _)) = self.named(at) {
                    self.places.insert(slot.value, Place { variable, end: None });
                }
            }
            if self.places.len() == before {
                break;
            }
        }
    }

    /// `address` lies in a variable with a symbol.
    fn has_end(&self, address: u64) -> bool {
        let before = self.places.range(..=address).rev();
        before.take(1).any(|(_, place)| place.end.is_some_and(|end| address < end))
    }

    /// Number of the variable that `address` belongs to, and where the piece of memory begins.
    pub(super) fn named(&self, address: u64) -> Option<(u32, u64)> {
        let (&start, place) = self.places.range(..=address).next_back()?;
        place.end.is_none_or(|end| address < end).then_some((place.variable, start))
    }

    /// What of which variable `address` is in.
    pub(super) fn within(&self, address: u64) -> Option<Within<'_>> {
        let (number, start) = self.named(address)?;
        let has_symbol = self.places.get(&start).is_some_and(|place| place.end.is_some());
        let name = &*self.variable(number)?.name;
        Some(Within { name, offset: address - start, is_behind: !has_symbol })
    }

    pub(super) fn variable(&self, number: u32) -> Option<&Variable> {
        self.variables.get(number as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::super::marks::Mark;
    use super::*;

    const SEGMENTS: [SegmentPlace; 2] = [
        SegmentPlace { kind: SegmentKind::Data, address: 0x51000, size: 0x100 },
        SegmentPlace { kind: SegmentKind::Bss, address: 0x52000, size: 0x80 },
    ];

    fn symbols() -> Symbols {
        let variable =
            |name: &str, address, size| Variable { name: name.into(), address, size, type_name: None };
        Symbols {
            data: Some((0x1000, 0x100)),
            bss: Some((0x2000, 0x80)),
            variables: vec![variable("main.config", 0x1010, 8), variable("main.cache", 0x2008, 16)],
        }
    }

    fn slot(at: u64, value: u64) -> RootSlot {
        RootSlot { place: RootPlace::Static(at), value, mark: Mark::default() }
    }

    #[test]
    fn memory_without_a_symbol_is_named_after_the_variable_that_points_to_it() {
        let slots = [slot(0x51048, 0x51080), slot(0x51010, 0x51040), slot(0x51088, 0xc000)];
        let statics = Statics::new(&symbols(), &SEGMENTS, &slots).unwrap();
        let name = |address| {
            statics.named(address).and_then(|(number, _)| statics.variable(number)).map(|v| &*v.name)
        };
        assert_eq!(name(0x51010), Some("main.config"));
        assert_eq!(name(0x51018), None);
        assert_eq!((name(0x51048), name(0x51088)), (Some("main.config"), Some("main.config")));
        assert_eq!(
            (name(0x52008), name(0x52017), name(0x52018)),
            (Some("main.cache"), Some("main.cache"), None)
        );
    }

    #[test]
    fn symbols_of_another_program_are_refused() {
        let other = Symbols { bss: Some((0x2000, 0x81)), ..symbols() };
        assert!(Statics::new(&other, &SEGMENTS, &[]).is_err());
        let moved = Symbols { bss: Some((0x2100, 0x80)), ..symbols() };
        assert!(Statics::new(&moved, &SEGMENTS, &[]).is_err());
        assert!(Statics::new(&Symbols::default(), &SEGMENTS, &[]).is_err());
    }
}
