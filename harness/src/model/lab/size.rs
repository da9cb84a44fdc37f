//! What a binary's bytes are.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Answer;
use crate::model::Bytes;

/// The answer on size.
pub type SizeAnswer = Answer<SizeFacts, SizeDifference>;

/// What a binary is made of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SizeFacts {
    /// The file.
    pub total: Bytes,
    /// `ELF`, `Mach-O`, `PE`, `WebAssembly`.
    pub format: String,
    /// Where the names of functions and variables come from.
    pub names: NameSource,
    /// What the bytes are for, largest first. They add up to the file.
    pub classes: Vec<ClassSize>,
    /// Sections, headers and what lies between, largest first. They add up to the file.
    pub sections: Vec<SectionSize>,
    /// Packages with code or data of their own, largest first.
    pub packages: Vec<PackageSize>,
    /// The largest functions and variables.
    pub symbols: Vec<SymbolSize>,
    /// Functions and variables that have a name.
    pub n_symbols: u64,
}

/// Where names come from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NameSource {
    /// The file tells of none.
    #[default]
    None,
    /// Functions from the function table of Go; variables have no names, and are in `rest`.
    FunctionTable,
    /// Functions likewise, variables from the same program linked with its symbols.
    Twin,
    /// The function table and the symbol table of the file.
    File,
}

/// What bytes are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SizeClass {
    /// Code and data of the main module.
    Main,
    /// Code and data of a module that it requires.
    Module,
    /// Code and data of the standard library, the runtime included.
    Std,
    /// Code and data of C, and of what links it.
    Cgo,
    /// What the runtime needs to know of the program: function tables, types, pointer maps.
    Runtime,
    /// The text of string constants, which all packages share.
    Strings,
    /// Debug information.
    Debug,
    /// The symbol table, and what links libraries.
    Symbols,
    /// Headers, padding, and what has no name.
    Rest,
}

/// Every class with its words.
pub const CLASSES: [(SizeClass, &str); 9] = [
    (SizeClass::Main, "main module"),
    (SizeClass::Module, "module"),
    (SizeClass::Std, "standard library"),
    (SizeClass::Cgo, "C code"),
    (SizeClass::Runtime, "runtime tables"),
    (SizeClass::Strings, "string constants"),
    (SizeClass::Debug, "debug information"),
    (SizeClass::Symbols, "symbols, linking"),
    (SizeClass::Rest, "headers, rest"),
];

impl SizeClass {
    /// In words.
    #[must_use]
    pub fn words(self) -> &'static str {
        CLASSES.iter().find(|(class, _)| *class == self).map_or("", |(_, words)| words)
    }
}

/// What a part of the bytes is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClassSize {
    /// What they are for.
    pub class: SizeClass,
    /// Of which module, for [`SizeClass::Module`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub module: Option<String>,
    /// In the file.
    pub size: Bytes,
    /// What is in there, largest first; they add up to `size`.
    pub parts: Vec<PartSize>,
}

impl ClassSize {
    /// In words: `main module`, `module example.com/a`.
    #[must_use]
    pub fn words(&self) -> String {
        match &self.module {
            Some(module) => format!("{} {module}", self.class.words()),
            None => self.class.words().to_owned(),
        }
    }
}

/// A part of a class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PartSize {
    /// `code`, `type descriptors`, `.debug_info`.
    pub name: String,
    /// In the file.
    pub size: Bytes,
}

/// A section of a binary, or what is not in one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SectionSize {
    /// `.text`
    pub name: String,
    /// In the file.
    pub size: Bytes,
    /// When it is not compressed, if it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inflated: Option<Bytes>,
}

/// A package of a binary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PackageSize {
    /// Import path; `main` for the program's own.
    pub package: String,
    /// What it counts as.
    pub class: SizeClass,
    /// Functions.
    pub code: Bytes,
    /// Variables and constants.
    pub data: Bytes,
    /// What the function table has for its functions; counted as runtime tables.
    pub tables: Bytes,
}

impl PackageSize {
    /// Code and data.
    #[must_use]
    pub fn own(&self) -> Bytes {
        self.code + self.data
    }
}

/// A function or a variable of a binary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SymbolSize {
    /// Its name; what the linker made of one function of type parameters has the same.
    pub name: String,
    /// In the file.
    pub size: Bytes,
    /// It is code.
    pub code: bool,
}

/// What is different from the reference.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SizeDifference {
    /// Bytes of the file more (or, negative, fewer).
    pub total: i64,
    /// Of classes, the largest change first. They add up to `total`.
    pub classes: Vec<Change>,
    /// Of sections, likewise.
    pub sections: Vec<Change>,
    /// Of packages, the largest change first; of code alone if one of both has no names for variables.
    pub packages: Vec<Change>,
    /// Of functions and variables, the largest change first.
    pub symbols: Vec<Change>,
    /// Functions and variables that changed.
    pub n_symbols: u64,
    /// Only code has been compared by package and by name.
    pub code_only: bool,
}

/// Something that got larger or smaller, came or went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// What.
    pub name: String,
    /// In the reference; `None` if it has none of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<Bytes>,
    /// In the variant; `None` if it has none of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variant: Option<Bytes>,
}

impl Change {
    /// Bytes more (or, negative, fewer).
    #[must_use]
    pub fn by(&self) -> i64 {
        let size = |size: Option<Bytes>| size.unwrap_or_default();
        size(self.variant).since(size(self.reference))
    }
}
