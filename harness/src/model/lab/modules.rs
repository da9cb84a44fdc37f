//! Which modules a program is made of and why, whether `vendor/` is what it should be, whether it builds without a network.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Answer;

/// The answer on modules.
pub type ModulesAnswer = Answer<ModulesFacts, ModulesDifference>;

/// Modules of a variant.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ModulesFacts {
    /// Path of the main module.
    pub main: String,
    /// Where modules are looked for: `vendor`, `readonly` (the module cache), `mod` (the same, and go.mod is completed).
    pub mode: String,
    /// Why the go command refuses the variant's modules as they are; they are told by go.mod and the module cache then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    /// Packages of the program, the standard library's aside.
    pub packages: u32,
    /// Packages of the standard library.
    pub standard: u32,
    /// Modules that packages of the program come from, the main one aside.
    pub modules: Vec<UsedModule>,
    /// Modules that go.mod stands for and that no package of the program comes from.
    pub unused: Vec<ModuleVersion>,
    /// Packages that are imported and cannot be had.
    pub missing: Vec<MissingPackage>,
    /// Modules of which several versions are required.
    pub conflicts: Vec<Conflict>,
    /// Modules that require one another, each from the first one back to itself, in the versions that say so.
    pub cycles: Vec<Vec<ModuleVersion>>,
    /// Modules whose version was taken back, or that nobody should use any more.
    pub withdrawn: Vec<Withdrawn>,
    /// `vendor/`, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vendor: Option<VendorFacts>,
    /// Whether it builds without a network.
    pub offline: Offline,
}

/// A module and a version; no version for the main module.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct ModuleVersion {
    /// Its path.
    pub path: String,
    /// Its version.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub version: String,
}

/// A module that packages of the program come from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UsedModule {
    /// Its path.
    pub path: String,
    /// Its version.
    pub version: String,
    /// What takes its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaced: Option<Replaced>,
    /// Packages of it that are in the program.
    pub packages: u32,
    /// Modules whose packages import it.
    pub imported_by: Vec<String>,
    /// Why it is there: the shortest way from the program's package to a package of it, each importing the next one.
    pub chain: Vec<String>,
}

impl UsedModule {
    /// Its version, with what takes its place: `v1.0.0 => ../dep`. A module of a workspace has none.
    #[must_use]
    pub fn taken(&self) -> String {
        match &self.replaced {
            Some(by) => format!("{} => {} {}", self.version, by.by, by.version).trim().to_owned(),
            None if self.version.is_empty() => "(of the workspace)".to_owned(),
            None => self.version.clone(),
        }
    }
}

/// What takes a module's place.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Replaced {
    /// A directory as go.mod has it, or a module's path.
    pub by: String,
    /// Its version; empty for a directory.
    pub version: String,
}

/// A package that cannot be had.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MissingPackage {
    /// Its import path.
    pub package: String,
    /// Packages from the program's to it.
    pub chain: Vec<String>,
    /// Why, in the go command's words.
    pub why: String,
}

/// A module of which several versions are required.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Conflict {
    /// Its path.
    pub path: String,
    /// The version that is taken: the highest that is required, by minimal version selection.
    pub chosen: String,
    /// A package of the program comes from it.
    pub used: bool,
    /// Who requires which version, the lowest one first.
    pub required: Vec<RequiredVersion>,
}

/// A version and who requires it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RequiredVersion {
    /// The version.
    pub version: String,
    /// Modules whose go.mod says so.
    pub by: Vec<ModuleVersion>,
}

/// A module that should not be used, or not in this version.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Withdrawn {
    /// The module.
    pub module: ModuleVersion,
    /// A package of the program comes from it.
    pub used: bool,
    /// Its version was taken back, for these reasons; the authors need not give any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retracted: Option<Vec<String>>,
    /// Nobody should use it any more, in its authors' words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deprecated: Option<String>,
    /// The newest version, if it is newer than this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub newest: Option<String>,
}

/// `vendor/` against what `go mod vendor` would write.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VendorFacts {
    /// The variant takes its packages from it.
    pub used: bool,
    /// What writes it: `go mod vendor`, or `go work vendor` in a workspace.
    pub written_by: String,
    /// What came out.
    pub state: VendorState,
    /// Why it could not be compared with what `go mod vendor` writes, and what was done instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unchecked: Option<Unchecked>,
    /// Files that are there.
    pub files: u32,
    /// Files that are not as they should be.
    pub altered: Vec<VendorFile>,
    /// Files that should be there.
    pub missing: Vec<VendorFile>,
    /// Files that should not be there.
    pub untracked: Vec<VendorFile>,
    /// What is wrong with `modules.txt`.
    pub modules_txt: Vec<String>,
    /// What go.mod would have to say so that `go mod vendor` could do its work: lines with `+` and `-`.
    pub go_mod: Vec<String>,
    /// Lines that go.sum lacks.
    pub go_sum: Vec<String>,
}

/// Whether `vendor/` is what it should be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum VendorState {
    /// It is, in every file.
    #[default]
    InSync,
    /// It is not.
    Drifted,
    /// Nothing wrong was found in what could be looked at, and that was not all.
    Unknown,
}

/// What could not be compared.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Unchecked {
    /// Why `go mod vendor` could not say what should be there.
    pub why: String,
    /// Modules whose files were compared with their sources on this machine.
    pub compared: Vec<ModuleVersion>,
    /// Modules whose sources are not on this machine.
    pub not_compared: Vec<ModuleVersion>,
}

/// A file of `vendor/`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VendorFile {
    /// Its path in `vendor/`.
    pub path: String,
    /// The first line that is another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// The variant's build reads it.
    pub built: bool,
}

/// Whether it builds without a network and without a module cache.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Offline {
    /// It does: it was built so.
    pub builds: bool,
    /// It builds as the variant is built; if not, the network is not what it lacks.
    pub builds_online: bool,
    /// What was run.
    pub command: String,
    /// What it wanted first, in the go command's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wanted: Option<String>,
    /// Modules that it wanted to fetch.
    pub fetch: Vec<ModuleVersion>,
}

/// What a variant has otherwise than the reference.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ModulesDifference {
    /// Modules that the reference does not have, and the way to each.
    pub added: Vec<UsedModule>,
    /// Modules that the reference alone has.
    pub removed: Vec<ModuleVersion>,
    /// Modules that are there in another version, or with another replacement.
    pub changed: Vec<ChangedModule>,
}

/// A module in two versions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChangedModule {
    /// Its path.
    pub path: String,
    /// In the reference, with its replacement.
    pub from: String,
    /// In the variant.
    pub to: String,
}
