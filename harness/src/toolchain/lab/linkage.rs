//! Linkage: the binary, the packages of the program, and what the linker warns of when it links glibc statically.

use std::fs;

use super::Subject;
use crate::toolchain::error::BuildError;
use crate::toolchain::flags;
use crate::toolchain::go::query;
use crate::toolchain::job::BUILD_SECONDS;

/// What was asked of a variant.
#[derive(Debug)]
pub struct LinkageRecord {
    /// The file.
    pub binary: Vec<u8>,
    /// The text of `go list -deps -json`.
    pub packages: String,
    /// What the linker printed; empty if it was not asked.
    pub linker: String,
}

/// Reads the binary and lists packages.
///
/// # Errors
/// When it does not build, or Go cannot list its packages.
pub fn linkage(subject: &Subject<'_>) -> Result<LinkageRecord, BuildError> {
    let binary = super::binary(subject)?;
    let spec = &subject.variant.build;
    let fields = "-json=ImportPath,DepOnly,CgoFiles,CgoLDFLAGS,CgoPkgConfig,Imports";
    let mut args: Vec<String> = ["list", "-deps", fields].map(str::to_owned).to_vec();
    args.extend(flags::list_words(spec));
    args.push(subject.scenario.workload.package.clone());
    // The whole answer: half of it is no JSON.
    let packages = query(&subject.go(args), subject.interrupt)?;
    let is_static = spec.static_link || spec.ldflags.iter().any(|word| word.contains("-static"));
    let linker = if is_static && spec.cgo != Some(false) { relinked(subject)? } else { String::new() };
    Ok(LinkageRecord { binary, packages, linker })
}

/// What the linker says: the go command prints it only when it links.
fn relinked(subject: &Subject<'_>) -> Result<String, BuildError> {
    let target = subject.out.join("relinked");
    fs::create_dir_all(&subject.out).map_err(BuildError::file("create", &subject.out))?;
    // A file that is up to date would not be linked again.
    let _ = fs::remove_file(&target);
    let mut args = vec!["build".to_owned(), format!("-o={target}")];
    args.extend(subject.words()?);
    args.push(subject.scenario.workload.package.clone());
    let done = subject.finish(&subject.go(args), BUILD_SECONDS)?;
    let _ = fs::remove_file(&target);
    Ok(done.stderr.text())
}
