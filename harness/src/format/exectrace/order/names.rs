//! Names that outlive their generation: of a task that is still open, of a stop of the world.
//!
//! String ids mean something else in the next generation, but the end of a task or of a stop has to
//! tell what it ends. Held only while something with the name is open (and to the end of the
//! generation after, since an event that was handed out may still be asked for its text).

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use super::super::stack::UNKNOWN;
use super::super::table::Table;

/// A name's number: in an event, in the place of a generation's string id.
pub(super) type Name = u32;

/// The name that means none.
pub(super) const NO_NAME: Name = 0;

/// Names by number.
#[derive(Debug)]
pub(in super::super) struct KeptNames {
    slots: Vec<Slot>,
    by_text: HashMap<Arc<str>, Name>,
    /// Of this generation's string ids.
    known: HashMap<u64, Name>,
    free: Vec<Name>,
}

#[derive(Debug)]
struct Slot {
    text: Arc<str>,
    holders: u64,
}

impl Default for KeptNames {
    fn default() -> Self {
        let none = Slot { text: "".into(), holders: 1 };
        Self { slots: vec![none], by_text: HashMap::new(), known: HashMap::new(), free: Vec::new() }
    }
}

impl KeptNames {
    /// The name with this id in the generation's table; [`KeptNames::hold`] it to keep it.
    pub(super) fn name(&mut self, id: u64, strings: &Table<Cow<'_, str>>) -> Name {
        if id == 0 {
            return NO_NAME;
        }
        if let Some(&known) = self.known.get(&id) {
            return known;
        }
        let name = self.intern(strings.get(id).map_or(UNKNOWN, AsRef::as_ref));
        self.known.insert(id, name);
        name
    }

    /// One thing more that has this name.
    pub(super) fn hold(&mut self, name: Name) {
        if let Some(slot) = self.slots.get_mut(name as usize) {
            slot.holders = slot.holders.saturating_add(1);
        }
    }

    /// One thing less.
    pub(super) fn release(&mut self, name: Name) {
        if name != NO_NAME
            && let Some(slot) = self.slots.get_mut(name as usize)
        {
            slot.holders = slot.holders.saturating_sub(1);
        }
    }

    /// The text of a name.
    pub(in super::super) fn get(&self, name: u64) -> Option<&str> {
        let slot = usize::try_from(name).ok().and_then(|name| self.slots.get(name))?;
        (name != u64::from(NO_NAME)).then_some(&slot.text)
    }

    /// Forgets what nothing holds, and which ids meant what.
    pub(super) fn new_generation(&mut self) {
        self.known.clear();
        for (number, slot) in (0u32..).zip(&mut self.slots) {
            if slot.holders == 0 && !slot.text.is_empty() {
                self.by_text.remove(&slot.text);
                slot.text = "".into();
                self.free.push(number);
            }
        }
    }

    /// A name without letters is none: an id of 0 and a string of no bytes say the same.
    fn intern(&mut self, text: &str) -> Name {
        if text.is_empty() {
            return NO_NAME;
        }
        if let Some(&known) = self.by_text.get(text) {
            return known;
        }
        let text: Arc<str> = text.into();
        let slot = Slot { text: Arc::clone(&text), holders: 0 };
        let name = match self.free.pop() {
            Some(free) => {
                self.slots[free as usize] = slot;
                free
            }
            None => {
                self.slots.push(slot);
                u32::try_from(self.slots.len() - 1).unwrap_or(NO_NAME)
            }
        };
        self.by_text.insert(text, name);
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strings(id: u64, text: &'static str) -> Table<Cow<'static, str>> {
        let mut table = Table::default();
        table.push(id, text.into());
        table.seal();
        table
    }

    #[test]
    fn a_name_lives_as_long_as_something_has_it_and_its_number_is_used_again() {
        let mut names = KeptNames::default();
        let task = names.name(7, &strings(7, "request"));
        names.hold(task);
        names.new_generation();
        assert_eq!(names.name(9, &strings(9, "request")), task, "same text, other id");
        names.release(task);
        assert_eq!(names.get(u64::from(task)), Some("request"), "until the generation ends");
        names.new_generation();
        assert_eq!(names.name(7, &strings(7, "other")), task, "the number is free for another");
        assert_eq!(names.get(u64::from(task)), Some("other"));
        assert_eq!(names.slots.len(), 2);
    }

    #[test]
    fn no_name_stays_no_name_and_a_lost_one_is_told_as_unknown() {
        let mut names = KeptNames::default();
        assert_eq!(names.name(0, &Table::default()), NO_NAME);
        assert_eq!(names.get(0), None);
        assert_eq!(names.get(99), None);
        let lost = names.name(3, &Table::default());
        assert_eq!(names.get(u64::from(lost)), Some(UNKNOWN));
    }
}
