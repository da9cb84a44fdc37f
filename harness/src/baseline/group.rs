//! The same leak in several variants is one finding.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{Diagnosis, Finding, GcCycle, Growth, LeakKind};

/// A leak, and the variants it was found in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FindingGroup {
    /// The finding of the first variant.
    #[serde(flatten)]
    pub finding: Finding,
    /// Names of the variants, in the scenario's order.
    pub variants: Vec<String>,
    /// Growth in each of them.
    pub by_variant: Vec<VariantGrowth>,
}

/// A leak's growth in one variant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct VariantGrowth {
    /// The variant.
    pub variant: String,
    /// Growth.
    pub growth: Growth,
    /// First cycle after which it only grew.
    pub since_cycle: Option<GcCycle>,
    /// Who holds most of what grows there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_by: Option<String>,
}

/// What makes two findings the same.
pub(super) type Key = (LeakKind, String);

impl FindingGroup {
    pub(super) fn key(&self) -> Key {
        (self.finding.kind, self.finding.fingerprint.clone())
    }
}

/// Groups the findings of all variants, in order of first appearance.
#[must_use]
pub fn group(diagnoses: &[Diagnosis]) -> Vec<FindingGroup> {
    let mut groups: Vec<FindingGroup> = Vec::new();
    let mut known: BTreeMap<Key, usize> = BTreeMap::new();
    for diagnosis in diagnoses {
        for finding in &diagnosis.findings {
            let key = (finding.kind, finding.fingerprint.clone());
            let index = *known.entry(key).or_insert_with(|| {
                groups.push(FindingGroup {
                    finding: finding.clone(),
                    variants: Vec::new(),
                    by_variant: Vec::new(),
                });
                groups.len() - 1
            });
            groups[index].variants.push(diagnosis.variant.clone());
            groups[index].by_variant.push(VariantGrowth {
                variant: diagnosis.variant.clone(),
                growth: finding.growth.clone(),
                since_cycle: finding.since_cycle,
                held_by: finding.held_by.clone(),
            });
        }
    }
    groups
}

/// A class of leaks in a sentence.
pub(super) fn kind_word(kind: LeakKind) -> &'static str {
    kind.word()
}
