//! What a program needs of the machine that it runs on.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Answer;

/// The answer on linkage; a difference is what changed, in words.
pub type LinkageAnswer = Answer<LinkageFacts, Vec<String>>;

/// What a program needs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LinkageFacts {
    /// No loader and no library.
    pub is_static: bool,
    /// Why that is so, in words.
    pub verdict: String,
    /// The loader.
    pub interpreter: Option<String>,
    /// Libraries, in the order that they are looked for.
    pub libraries: Vec<Library>,
    /// Where they are looked for first.
    pub paths: Vec<String>,
    /// Versions of glibc that symbols are wanted of, the newest first.
    pub glibc: Vec<GlibcVersion>,
    /// It can be loaded anywhere; `None` where the format is not ELF, as the next two.
    pub pie: Option<bool>,
    /// `full`, `partial`, `none`.
    pub relro: Option<String>,
    /// Stacks are not executable.
    pub no_exec_stack: Option<bool>,
    /// Packages with C in them.
    pub cgo: Vec<Bringer>,
    /// What the linker warns of.
    pub warnings: Vec<String>,
    /// What makes it static.
    pub remedies: Vec<String>,
}

/// A library.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Library {
    /// `libc.so.6`
    pub name: String,
    /// Packages that bring it in.
    pub through: Vec<Bringer>,
}

/// A package that has a library linked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Bringer {
    /// Its import path.
    pub package: String,
    /// How: `#cgo LDFLAGS: -lz`, `C code`.
    pub why: String,
    /// Who imports it, from the program on.
    pub chain: Vec<String>,
}

/// A version of glibc.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GlibcVersion {
    /// `2.34`
    pub version: String,
    /// What is wanted of it.
    pub symbols: Vec<String>,
}
