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
}

/// Looks up the contract's leaks among the findings of `variants`.
#[must_use]
pub fn expectations(
    expect: Option<&Expect>,
    groups: &[FindingGroup],
    variants: &[String],
) -> Vec<Expectation> {
    let leaks = expect.map_or(&[][..], |expect| &expect.leaks);
    let look = |leak: &ExpectedLeak| {
        let findings = matching(leak, groups);
        let seen = |name: &&String| findings.iter().any(|index| groups[*index].variants.contains(name));
        let missing_in = variants.iter().filter(|name| !seen(name)).cloned().collect();
        Expectation { leak: leak.clone(), findings, missing_in }
    };
    leaks.iter().map(look).collect()
}

/// The findings that an expected leak stands for: those whose site it names; only if there is none, those whose
/// evidence passes through it. So a contract for `main.handle` does not excuse a new leak in a callee of it as long as
/// the one it means is there.
fn matching(leak: &ExpectedLeak, groups: &[FindingGroup]) -> Vec<usize> {
    let wanted = plain(&leak.site);
    let of_kind = |index: &usize| groups[*index].finding.kind == leak.kind;
    let by_site = |index: &usize| {
        let finding = &groups[*index].finding;
        is_at(&wanted, &finding.site, &finding.file)
    };
    let by_stack = |index: &usize| {
        let evidence = groups[*index].finding.evidence.iter();
        evidence.flat_map(stack).any(|frame| is_at(&wanted, frame, &frame.file))
    };
    let all = || (0..groups.len()).filter(of_kind);
    let found: Vec<usize> = all().filter(by_site).collect();
    if found.is_empty() { all().filter(by_stack).collect() } else { found }
}

/// Frames that tell where something was made; where a goroutine waits is not where it leaks.
fn stack(evidence: &Evidence) -> &[Frame] {
    match evidence {
        Evidence::Allocation { stack, .. } => stack,
        Evidence::Goroutines { created_by, .. } => created_by,
        Evidence::Blocked { .. } | Evidence::Note { .. } => &[],
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
fn plain(symbol: &str) -> String {
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
