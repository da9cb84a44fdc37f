//! What has to hold of a variant's modules.

use super::{unasked, vendor};
use crate::model::lab::modules::{ModulesFacts, VendorState};
use crate::model::lab::{Expected, OfVariant};
use crate::scenario::LabExpect;
use crate::toolchain::lab::modules::ModulesRecord;

pub(super) fn expected(
    records: &[(String, ModulesRecord)],
    variants: &[OfVariant<ModulesFacts>],
    expect: &LabExpect,
) -> Vec<Expected> {
    let mut lines = Vec::new();
    for ((_, record), OfVariant { variant, of }) in records.iter().zip(variants) {
        let mut line = |key: &str, (holds, found): (bool, String)| {
            lines.push(Expected { variant: variant.clone(), expected: key.to_owned(), found, holds });
        };
        if expect.vendor.is_some() {
            line("vendor = \"in-sync\"", in_sync(of));
        }
        if let Some(wanted) = expect.offline {
            let (builds, found) = offline(of);
            line(&format!("offline = {wanted}"), (builds == wanted, found));
        }
        if expect.no_retracted == Some(true) {
            line("no_retracted = true", retracted(of, record));
        }
    }
    lines
}

fn in_sync(facts: &ModulesFacts) -> (bool, String) {
    let Some(of) = &facts.vendor else { return (false, "no vendor directory".to_owned()) };
    let found = match (of.state, &of.unchecked) {
        (VendorState::InSync, _) => {
            format!(
                "what `{}` writes ({})",
                of.written_by,
                super::counted(of.files as usize, "file", "files")
            )
        }
        (VendorState::Drifted, _) => vendor::found(of),
        (VendorState::Unknown, Some(unchecked)) => {
            format!("not known: {}", super::first_lines(&unchecked.why))
        }
        (VendorState::Unknown, None) => "not known".to_owned(),
    };
    (of.state == VendorState::InSync, found)
}

fn offline(facts: &ModulesFacts) -> (bool, String) {
    match &facts.offline.wanted {
        None => (true, "it builds without a network".to_owned()),
        Some(wanted) if facts.offline.builds_online => {
            (false, format!("it does not build without one: {wanted}"))
        }
        Some(wanted) => (false, format!("it does not build at all: {wanted}")),
    }
}

fn retracted(facts: &ModulesFacts, record: &ModulesRecord) -> (bool, String) {
    let used = facts.withdrawn.iter().filter(|one| one.used);
    let retracted: Vec<String> = used
        .filter_map(|one| {
            let why = one.retracted.as_ref()?.join("; ");
            let why = if why.is_empty() { why } else { format!(" ({why})") };
            Some(format!("{} {}{why}", one.module.path, one.module.version))
        })
        .collect();
    match (
        retracted.as_slice(),
        unasked(&record.graph, |path| facts.modules.iter().any(|one| one.path == path)),
    ) {
        ([], None) => (true, "none".to_owned()),
        ([], Some(why)) => (false, format!("not known: {}", super::first_lines(&why))),
        (some, _) => (false, some.join(", ")),
    }
}
