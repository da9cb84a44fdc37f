//! Modules of a variant against those of the reference.

use std::collections::BTreeMap;

use crate::model::lab::modules::{ChangedModule, ModuleVersion, ModulesDifference, ModulesFacts, UsedModule};

pub(super) fn differ(base: &ModulesFacts, other: &ModulesFacts) -> Option<ModulesDifference> {
    let (before, after) = (by_path(base), by_path(other));
    let added = after.iter().filter(|(path, _)| !before.contains_key(*path));
    let removed = before.iter().filter(|(path, _)| !after.contains_key(*path));
    let changed = before.iter().filter_map(|(path, from)| {
        let (from, to) = (from.taken(), after.get(path)?.taken());
        (from != to).then(|| ChangedModule { path: (*path).to_owned(), from, to })
    });
    let difference = ModulesDifference {
        added: added.map(|(_, module)| (*module).clone()).collect(),
        removed: removed
            .map(|(path, module)| ModuleVersion { path: (*path).to_owned(), version: module.version.clone() })
            .collect(),
        changed: changed.collect(),
    };
    (difference != ModulesDifference::default()).then_some(difference)
}

fn by_path(facts: &ModulesFacts) -> BTreeMap<&str, &UsedModule> {
    facts.modules.iter().map(|module| (module.path.as_str(), module)).collect()
}
