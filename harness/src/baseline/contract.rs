//! The contract of a scenario: the leaks that must be found, looked up among the findings.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::group::FindingGroup;
use crate::model::{Evidence, Frame};
use crate::scenario::{Expect, ExpectedLeak};

/// An expected leak, and where it was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Expectation {
    /// What was expected.
    #[serde(flatten)]
    pub leak: ExpectedLeak,
    /// Indices of the findings it stands for; usually one.
    pub findings: Vec<usize>,
    /// Variants in which it did not reproduce.
    pub missing_in: Vec<String>,
    /// Of these, those in which a leak is there and nothing tells who holds it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holder_unknown_in: Vec<String>,
    /// Of those in which it did not reproduce, who holds the leak that is there instead.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub held_otherwise: Vec<HeldOtherwise>,
    /// Variants in which it was found and must not be there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unwanted_in: Vec<String>,
}

/// A leak at the expected site that another one holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HeldOtherwise {
    /// Where.
    pub variant: String,
    /// By whom.
    pub held_by: String,
}

/// Looks up the contract's leaks among the findings of `variants`.
#[must_use]
pub fn expectations(
    expect: Option<&Expect>,
    groups: &[FindingGroup],
    variants: &[String],
) -> Vec<Expectation> {
    let leaks = expect.map_or(&[][..], |expect| &expect.leaks);
    leaks.iter().map(|leak| look_up(leak, groups, variants)).collect()
}

fn look_up(leak: &ExpectedLeak, groups: &[FindingGroup], variants: &[String]) -> Expectation {
    let mut expectation = Expectation {
        leak: leak.clone(),
        findings: Vec::new(),
        missing_in: Vec::new(),
        holder_unknown_in: Vec::new(),
        held_otherwise: Vec::new(),
        unwanted_in: Vec::new(),
    };
    let candidates = matching(leak, groups);
    for variant in variants {
        let here: Vec<Here> =
            candidates.iter().map(|index| Here::of(leak, variant, &groups[*index])).collect();
        let meant = candidates.iter().zip(&here).filter(|(_, here)| here.is_meant());
        expectation.findings.extend(meant.map(|(index, _)| *index));
        let wanted = leak.variants.is_empty() || leak.variants.contains(variant);
        match (wanted, here.contains(&Here::Right)) {
            (true, false) => expectation.missed(variant, &here),
            (false, true) => expectation.unwanted_in.push(variant.clone()),
            (true, true) | (false, false) => {}
        }
    }
    expectation.findings.sort_unstable();
    expectation.findings.dedup();
    expectation
}

/// What a finding is to an expected leak, in one variant.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Here {
    /// Not found there.
    Absent,
    /// The leak that is meant.
    Right,
    /// Nothing tells who holds it.
    Unknown,
    /// Another one holds it.
    Other(String),
}

impl Here {
    fn of(leak: &ExpectedLeak, variant: &str, group: &FindingGroup) -> Self {
        let Some(found) = group.by_variant.iter().find(|growth| growth.variant == variant) else {
            return Self::Absent;
        };
        match (&leak.held_by, &found.held_by) {
            (None, _) => Self::Right,
            (Some(_), None) => Self::Unknown,
            (Some(wanted), Some(holder)) if is_held_by(wanted, holder) => Self::Right,
            (Some(_), Some(holder)) => Self::Other(holder.clone()),
        }
    }

    /// A leak of which nothing tells who holds it is no unexpected one: it could not be looked at.
    fn is_meant(&self) -> bool {
        matches!(self, Self::Right | Self::Unknown)
    }
}

impl Expectation {
    fn missed(&mut self, variant: &str, here: &[Here]) {
        self.missing_in.push(variant.to_owned());
        let other = here.iter().find_map(|here| match here {
            Here::Other(holder) => Some(holder.clone()),
            _ => None,
        });
        if here.contains(&Here::Unknown) {
            self.holder_unknown_in.push(variant.to_owned());
        } else if let Some(held_by) = other {
            self.held_otherwise.push(HeldOtherwise { variant: variant.to_owned(), held_by });
        }
    }
}

/// Whether `wanted` names the holder: its kind (`timers`), kind and name, or its name with or without directories of the
/// import path.
fn is_held_by(wanted: &str, holder: &str) -> bool {
    let (wanted, holder) = (plain(wanted), plain(holder));
    let (kind, name) = holder.split_once(' ').unwrap_or((&holder, ""));
    wanted == kind || wanted == holder || wanted == name || name.rsplit('/').next() == Some(wanted.as_str())
}

/// The findings that an expected leak stands for: those whose site it names; only if there is none, those whose
/// evidence passes through it. So a contract for `main.handle` does not excuse a new leak in a callee of it as long as
/// the one it means is there.
#[must_use]
pub fn matching(leak: &ExpectedLeak, groups: &[FindingGroup]) -> Vec<usize> {
    let wanted = plain(&leak.site);
    let of_kind = |index: &usize| {
        let finding = &groups[*index].finding;
        finding.kind == leak.kind && (leak.test.is_none() || leak.test == finding.test)
    };
    let by_site = |index: &usize| {
        let finding = &groups[*index].finding;
        is_at(&wanted, &finding.site, &finding.file)
    };
    let by_stack = |index: &usize| {
        let evidence = groups[*index].finding.evidence.iter();
        evidence.flat_map(stack).any(|frame| is_at(&wanted, frame, &frame.file))
    };
    let all = || (0..groups.len()).filter(of_kind);
    if leak.site.is_empty() {
        return all().collect();
    }
    let found: Vec<usize> = all().filter(by_site).collect();
    if found.is_empty() { all().filter(by_stack).collect() } else { found }
}

/// Frames that tell where something was made; where a goroutine waits is not where it leaks.
fn stack(evidence: &Evidence) -> &[Frame] {
    match evidence {
        Evidence::Allocation { stack, .. } => stack,
        Evidence::Goroutines { created_by, .. } => created_by,
        Evidence::Calls { stack, .. } | Evidence::Figures { stack, .. } => stack,
        Evidence::Blocked { .. }
        | Evidence::Lost { .. }
        | Evidence::Retained(_)
        | Evidence::Ages(_)
        | Evidence::Note { .. } => &[],
    }
}

/// Whether `wanted` names the frame: by its function, with or without directories of the import path, or by file and
/// line.
fn is_at(wanted: &str, frame: &Frame, file: &str) -> bool {
    let function = plain(&frame.function);
    function == wanted
        || function.rsplit('/').next() == Some(wanted)
        || ends_with_path(&format!("{file}:{}", frame.line), wanted)
}

/// `internal/cache/cache.go:44` ends with `cache.go:44`, at a slash.
fn ends_with_path(place: &str, wanted: &str) -> bool {
    wanted.contains(".go:")
        && place.strip_suffix(wanted).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
}

/// A symbol as people write it: without type arguments, whose slashes are none of the path's, and with the dots that
/// the linker escapes.
pub(super) fn plain(symbol: &str) -> String {
    let mut depth = 0_usize;
    let outside = |c: &char| {
        match c {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            _ => return depth == 0,
        }
        false
    };
    symbol.chars().filter(outside).collect::<String>().replace("%2e", ".")
}
