//! Debug information: the program with more and less of it, made by the linker and by binutils, and what tools say of each.
//!
//! ```text
//! kinds    full, -w, -s -w, strip, objcopy, … of one variant
//! tried    tools run on one of them
//! profile  a profile that has addresses alone
//! ```

mod kinds;
mod profile;
mod tried;

use std::fs;

use camino::Utf8PathBuf;

use super::Subject;
use crate::model::lab::debug::Capability;
use crate::toolchain::error::BuildError;

/// What was asked of a variant.
#[derive(Debug)]
pub struct DebugRecord {
    /// The program as it is, and what was made of it.
    pub kinds: Vec<Kind>,
    /// What could not be made, and why.
    pub missing: Vec<(String, String)>,
}

/// The program with some of its debug information.
#[derive(Debug)]
pub struct Kind {
    /// What it is called.
    pub name: String,
    /// Bytes of the program.
    pub size: u64,
    /// Bytes of its debug information in a file of its own.
    pub apart: Option<u64>,
    /// GNU build id.
    pub build_id: Option<String>,
    /// What tools printed.
    pub tried: Vec<(Capability, Printed)>,
}

/// What a tool printed.
#[derive(Debug, Clone)]
pub enum Printed {
    /// All of it.
    Text(String),
    /// It could not be run; what it needs.
    Needs(String),
}

/// A file that tools are run on.
struct File {
    name: String,
    path: Utf8PathBuf,
    apart: Option<Utf8PathBuf>,
}

/// Tries what works with the variant's binary and, if `derive`, with more and less debug information.
///
/// # Errors
/// When it does not build, or files cannot be written.
pub fn debug(subject: &Subject<'_>, derive: bool) -> Result<DebugRecord, BuildError> {
    let built = subject.built()?;
    let dir = subject.out.join("debug");
    fs::create_dir_all(&dir).map_err(BuildError::file("create", &dir))?;
    let mut files = vec![File { name: "as built".to_owned(), path: built.plain.clone(), apart: None }];
    let (whole, mut missing) = kinds::whole(subject, &dir)?;
    if derive && let Some(whole) = &whole {
        let (made, lost) = kinds::derived(subject, &dir, whole)?;
        files = made;
        missing.extend(lost);
    }
    // Where the program's main function is: names are only in the whole one, and code is the same in all.
    let main = whole.as_ref().and_then(|whole| tried::main_offset(whole));
    let mut kinds = Vec::new();
    for file in &files {
        kinds.push(tried::kind(subject, &dir, file, main)?);
    }
    Ok(DebugRecord { kinds, missing })
}
