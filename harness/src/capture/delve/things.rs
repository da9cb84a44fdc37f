//! Variables of a goroutine -> the channels and locks that it has in them.
//!
//! Must not grow with the program: what was not loaded is not looked for.

use std::collections::BTreeMap;

use super::api::Variable;
use super::value::{buffered, channel, is_made_up, short};

/// Pointers, fields and elements that lead to a thing, at most.
const DEPTH: u32 = 5;
/// Things of one goroutine.
const MOST: usize = 200;

/// What package sync has: its type, and the bytes among which the words that are waited on lie (Go 1.18 to 1.27).
const SYNC: [(&str, u64); 4] =
    [("sync.RWMutex", 24), ("sync.Mutex", 8), ("sync.WaitGroup", 16), ("sync.Cond", 48)];

/// A channel or a lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Thing {
    pub(super) address: u64,
    pub(super) size: u64,
    /// `chan int`, `sync.Mutex`.
    pub(super) of: String,
    /// The name that the goroutine has for it.
    pub(super) name: String,
    /// In words.
    pub(super) state: String,
}

impl Thing {
    pub(super) fn is_channel(&self) -> bool {
        self.size == 1
    }

    /// Whether a word that is waited on is this thing's.
    pub(super) fn has(&self, address: u64) -> bool {
        address.checked_sub(self.address).is_some_and(|offset| offset < self.size.max(1))
    }
}

/// The things that variables lead to, each once, by its shortest name.
pub(super) fn things<'a>(variables: impl Iterator<Item = &'a Variable>) -> Vec<Thing> {
    let mut found = BTreeMap::new();
    for variable in variables {
        walk(variable, variable.name.clone(), DEPTH, &mut found);
    }
    found.into_values().collect()
}

fn walk(variable: &Variable, path: String, depth: u32, found: &mut BTreeMap<u64, Thing>) {
    if let Some(thing) = thing(variable, &path) {
        let is_better = found.get(&thing.address).is_none_or(|known| known.name.len() > thing.name.len());
        if is_better && !is_made_up(variable) && (found.len() < MOST) {
            found.insert(thing.address, thing);
        }
        return;
    }
    let Some(depth) = depth.checked_sub(1) else { return };
    for child in &variable.children {
        walk(child, joined(&path, &child.name), depth, found);
    }
}

/// `s` and `mu` are `s.mu`; what a pointer points to has no name.
fn joined(path: &str, name: &str) -> String {
    if name.is_empty() { path.to_owned() } else { format!("{path}.{name}") }
}

fn thing(variable: &Variable, path: &str) -> Option<Thing> {
    if let Some(address) = channel(variable) {
        let (of, state) = (short(&variable.of), buffered(variable));
        return Some(Thing { address, size: 1, of, name: path.to_owned(), state });
    }
    let (of, size) = SYNC.iter().find(|(name, _)| *name == variable.of)?;
    if variable.addr == 0 {
        return None;
    }
    let state = sync_state(of, variable);
    Some(Thing { address: variable.addr, size: *size, of: (*of).to_owned(), name: path.to_owned(), state })
}

/// A value of package sync in words, if it is one.
pub(super) fn sync_words(variable: &Variable) -> Option<String> {
    let (of, _) = SYNC.iter().find(|(name, _)| *name == variable.of)?;
    let state = sync_state(of, variable);
    Some(if state.is_empty() { (*of).to_owned() } else { format!("{of} ({state})") })
}

/// How a lock is, from the fields of its type (their names have been the same since Go 1.18).
pub(super) fn sync_state(of: &str, variable: &Variable) -> String {
    match of {
        "sync.Mutex" => match number(variable, "state") {
            Some(state) if state & 1 == 0 => "not locked".to_owned(),
            Some(_) => "locked".to_owned(),
            None => String::new(),
        },
        "sync.RWMutex" => match number(variable, "readerCount") {
            Some(count) if count < 0 => "locked, or about to be, by a writer".to_owned(),
            Some(0) => "not locked".to_owned(),
            Some(count) => format!("locked by {count} readers"),
            None => String::new(),
        },
        "sync.WaitGroup" => match number(variable, "state") {
            Some(state) => format!("{} to go", state >> 32),
            None => String::new(),
        },
        _ => String::new(),
    }
}

/// The number in a field, which may be an atomic or another struct of one.
fn number(variable: &Variable, name: &str) -> Option<i64> {
    for child in &variable.children {
        if child.name == name {
            return plain(child);
        }
        if let Some(found) = number(child, name) {
            return Some(found);
        }
    }
    None
}

fn plain(variable: &Variable) -> Option<i64> {
    let own = variable.value.parse::<i64>().or_else(|_| variable.value.parse::<u64>().map(u64::cast_signed));
    own.ok().or_else(|| variable.children.iter().find(|child| child.name == "v").and_then(plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variable(json: serde_json::Value) -> Variable {
        serde_json::from_value(json).expect("a variable")
    }

    #[test]
    fn a_lock_in_what_a_pointer_points_to_has_its_name_and_its_state() {
        let inner = serde_json::json!([{"name": "mu", "type": "internal/sync.Mutex", "addr": 64, "children": [{"name": "state", "value": "9"}]}]);
        let shop =
            variable(serde_json::json!({"name": "from", "type": "*main.shop", "kind": 22, "children": [
            {"name": "", "type": "main.shop", "kind": 25, "addr": 48, "children": [
                {"name": "name", "kind": 24, "value": "a"},
                {"name": "mu", "type": "sync.Mutex", "kind": 25, "addr": 64, "children": inner}]}]}));
        let found = things([&shop].into_iter());
        let [mutex] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((mutex.name.as_str(), mutex.state.as_str()), ("from.mu", "locked"));
        assert!(mutex.has(64) && mutex.has(68) && !mutex.has(72) && !mutex.has(63));
    }

    #[test]
    fn a_group_tells_how_many_have_still_to_come_and_a_rw_lock_who_has_it() {
        let group = |state: u64| {
            let state = serde_json::json!({"name": "state", "children": [{"name": "_"}, {"name": "v", "value": state.to_string()}]});
            let group =
                serde_json::json!({"name": "wg", "type": "sync.WaitGroup", "addr": 8, "children": [state]});
            things([&variable(group)].into_iter()).remove(0).state
        };
        assert_eq!((group(2 << 32 | 1), group(0)), ("2 to go".to_owned(), "0 to go".to_owned()));
        let lock = |count: i64| {
            let count = serde_json::json!({"name": "readerCount", "children": [{"name": "v", "value": count.to_string()}]});
            let lock =
                serde_json::json!({"name": "rw", "type": "sync.RWMutex", "addr": 8, "children": [count]});
            things([&variable(lock)].into_iter()).remove(0).state
        };
        assert_eq!((lock(3).as_str(), lock(0).as_str()), ("locked by 3 readers", "not locked"));
        assert_eq!(lock(-1_073_741_823), "locked, or about to be, by a writer");
    }
}
