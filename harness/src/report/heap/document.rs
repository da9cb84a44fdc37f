//! The document: the parts of a summary that were asked for, and what they are of.
//!
//! Its JSON form is a contract, described by `harness schema heap-dump`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::MissingInput;
use crate::model::heap::{
    GoroutineView, HeapSummary, HeapTotals, HeldSite, Holder, ObjectView, PathsView, RootKind, Suspect,
    TypeUse,
};

/// Version of the document.
pub const HEAP_FORMAT: u32 = 1;

/// A part of the summary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// What looks like a leak.
    Suspects,
    /// Who holds memory.
    Retainers,
    /// Goroutines among them.
    Goroutines,
    /// Objects by type.
    Types,
    /// Objects by allocation site, with paths.
    Sites,
}

impl Section {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Suspects, Self::Retainers, Self::Goroutines, Self::Types, Self::Sites];
}

/// What is known of a dump. Sections that were not asked for are absent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HeapReport {
    /// [`HEAP_FORMAT`].
    pub format: u32,
    /// Version of the harness that read it.
    pub harness: String,
    /// The dump, as the user named it.
    pub file: String,
    /// The earlier dump that growth is against, likewise.
    pub base: Option<String>,
    /// The dump as a whole.
    pub totals: HeapTotals,
    /// `--suspects`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspects: Option<Vec<Suspect>>,
    /// `--retainers`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holders: Option<Vec<Holder>>,
    /// `--goroutines`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub goroutines: Option<Vec<Holder>>,
    /// `--types`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub types: Option<Vec<TypeUse>>,
    /// `--sites`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sites: Option<Vec<HeldSite>>,
    /// `--object`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<ObjectView>,
    /// `--goroutine`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub goroutine: Option<GoroutineView>,
    /// `--paths`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paths: Option<PathsView>,
    /// What could not be known.
    pub missing: Vec<MissingInput>,
}

impl HeapReport {
    /// The asked sections of `summary`.
    #[must_use]
    pub fn new(file: &str, base: Option<&str>, summary: HeapSummary, sections: &[Section]) -> Self {
        let HeapSummary { totals, types, holders, sites, suspects, missing } = summary;
        let has = |section| sections.contains(&section);
        let is_goroutine =
            |holder: &&Holder| holder.root.kind == RootKind::Goroutine || holder.root.goroutine.is_some();
        Self {
            format: HEAP_FORMAT,
            harness: env!("CARGO_PKG_VERSION").to_owned(),
            file: file.to_owned(),
            base: base.map(str::to_owned),
            totals,
            suspects: has(Section::Suspects).then_some(suspects),
            goroutines: has(Section::Goroutines)
                .then(|| holders.iter().filter(is_goroutine).cloned().collect()),
            holders: has(Section::Retainers).then_some(holders),
            types: has(Section::Types).then_some(types),
            sites: has(Section::Sites).then_some(sites),
            object: None,
            goroutine: None,
            paths: None,
            missing,
        }
    }

    /// As JSON, with a newline at its end.
    ///
    /// # Errors
    /// Only if a value has no JSON form, which would be a bug.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        crate::report::json::document(self)
    }

    /// Keeps the first `top` rows of every list.
    pub fn shorten(&mut self, top: usize) {
        truncate(&mut self.suspects, top);
        truncate(&mut self.holders, top);
        truncate(&mut self.goroutines, top);
        truncate(&mut self.types, top);
        truncate(&mut self.sites, top);
        if let Some(object) = &mut self.object {
            object.referrers.truncate(top);
            object.references.truncate(top);
        }
        if let Some(goroutine) = &mut self.goroutine {
            goroutine.references.truncate(top);
        }
        if let Some(paths) = &mut self.paths {
            paths.matches.truncate(top);
            paths.paths.truncate(top);
        }
    }
}

fn truncate<T>(list: &mut Option<Vec<T>>, top: usize) {
    if let Some(list) = list {
        list.truncate(top);
    }
}

/// JSON schema of the document.
#[must_use]
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(HeapReport).to_value()
}
