//! Names that outlive their generation: of a task that is still open, of a stop of the world.
//!
//! String ids mean something else in the next generation, but the end of a task or of a stop has to
//! tell what it ends. Held only while something with the name is open, and to the end of the
//! generation in which it ends.

use std::collections::HashMap;
use std::sync::Arc;

use super::super::stack::UNKNOWN;
use super::super::strings::Strings;

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
    /// Those that [`KeptNames::take_new`] has not told of.
    new: Vec<(Name, Arc<str>)>,
}

#[derive(Debug)]
struct Slot {
    text: Arc<str>,
    holders: u64,
}

impl Default for KeptNames {
    fn default() -> Self {
        let none = Slot { text: "".into(), holders: 1 };
        Self {
            slots: vec![none],
            by_text: HashMap::new(),
            known: HashMap::new(),
            free: Vec::new(),
            new: Vec::new(),
        }
    }
}

impl KeptNames {
    /// The name with this id in the generation's table; [`KeptNames::hold`] it to keep it.
    pub(super) fn name(&mut self, id: u64, strings: &Strings) -> Name {
        if id == 0 {
            return NO_NAME;
        }
        if let Some(&known) = self.known.get(&id) {
            return known;
        }
        let name = self.intern(strings.get(id).unwrap_or(UNKNOWN));
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

    /// Names that are new since it was last asked, with their text.
    pub(in super::super) fn take_new(&mut self) -> Vec<(Name, Arc<str>)> {
        std::mem::take(&mut self.new)
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
        self.new.push((name, Arc::clone(&text)));
        self.by_text.insert(text, name);
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strings(id: u64, text: &str) -> Strings {
        let mut strings = Strings::default();
        assert!(strings.push(id, text.as_bytes()));
        strings.seal();
        strings
    }

    fn texts(new: &[(Name, Arc<str>)]) -> Vec<&str> {
        new.iter().map(|(_, text)| text.as_ref()).collect()
    }

    #[test]
    fn a_name_lives_as_long_as_something_has_it_and_its_number_is_used_again() {
        let mut names = KeptNames::default();
        let task = names.name(7, &strings(7, "request"));
        names.hold(task);
        assert_eq!(texts(&names.take_new()), ["request"]);
        names.new_generation();
        assert_eq!(names.name(9, &strings(9, "request")), task, "same text, other id");
        assert_eq!(texts(&names.take_new()), [""; 0], "it was told of");
        names.release(task);
        names.new_generation();
        assert_eq!(names.name(7, &strings(7, "other")), task, "the number is free for another");
        assert_eq!(texts(&names.take_new()), ["other"]);
        assert_eq!(names.slots.len(), 2);
    }

    #[test]
    fn no_name_stays_no_name_and_a_lost_one_is_told_as_unknown() {
        let mut names = KeptNames::default();
        assert_eq!(names.name(0, &Strings::default()), NO_NAME);
        assert_eq!(names.take_new(), []);
        names.name(3, &Strings::default());
        assert_eq!(texts(&names.take_new()), [UNKNOWN]);
    }
}
