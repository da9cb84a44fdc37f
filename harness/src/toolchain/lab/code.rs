//! Code: what the compiler says of the module's packages, their sources, and the machine code of a function.
//!
//! Records are kept by the binary's hash, beside it: a build with nothing new in it is not asked again.

use std::collections::BTreeMap;
use std::fs;

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};

use super::Subject;
use crate::format::compiler::decisions;
use crate::toolchain::compiler::{self, CompilerWords, Question};
use crate::toolchain::error::BuildError;

/// Bytes of a source file that are read.
const MAX_SOURCE: u64 = 8 << 20;

/// What is known of a variant's code.
#[derive(Debug, Clone, Default)]
pub struct CodeRecord {
    /// What the compiler says, and of what.
    pub said: Said,
    /// The user's own binary.
    pub binary: Vec<u8>,
}

/// What the compiler says.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Said {
    /// Directory of the module, as diagnostics without `-trimpath` name it.
    pub dir: Utf8PathBuf,
    /// Path of the module, as diagnostics with `-trimpath` name it.
    pub module: String,
    /// Import path of the program, whose package is `main` in the names of its functions.
    pub program: String,
    /// Diagnostics, a text per source file.
    pub diagnostics: Vec<String>,
    /// Remarks.
    pub remarks: String,
    /// Sources of the module that diagnostics are of, by their name within it.
    pub sources: BTreeMap<String, String>,
}

impl Said {
    /// The name of a file within the module; `None` for one that is not in it.
    #[must_use]
    pub fn inside<'f>(&self, file: &'f str) -> Option<&'f str> {
        let after = |start: &str| file.strip_prefix(start).and_then(|rest| rest.strip_prefix('/'));
        after(self.dir.as_str()).or_else(|| after(&self.module))
    }
}

/// Asks the compiler.
///
/// # Errors
/// When the variant does not build, or the compiler cannot be asked.
pub fn code(subject: &Subject<'_>) -> Result<CodeRecord, BuildError> {
    let built = subject.built()?;
    let binary = super::binary(subject)?;
    let hash = &built.facts.plain.hash;
    let kept = subject.out.join(format!("code-{}.json", hash.get(..16).unwrap_or(hash)));
    if let Some(said) = fs::read(&kept).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()) {
        return Ok(CodeRecord { said, binary });
    }
    let said = ask(subject)?;
    fs::create_dir_all(&subject.out).map_err(BuildError::file("create", &subject.out))?;
    older(&subject.out).for_each(|path| {
        // One that stays costs room alone.
        let _ = fs::remove_file(path);
    });
    let json = serde_json::to_vec(&said).unwrap_or_default();
    fs::write(&kept, json).map_err(BuildError::file("write", &kept))?;
    Ok(CodeRecord { said, binary })
}

fn ask(subject: &Subject<'_>) -> Result<Said, BuildError> {
    let workload = &subject.scenario.workload;
    let question = Question {
        go: &subject.go,
        spec: &subject.variant.build,
        module: &subject.module,
        package: &workload.package,
        dir: &workload.module,
        interrupt: subject.interrupt,
    };
    let CompilerWords { files, remarks } = compiler::ask(&question)?.map_err(|why| {
        let hint = Some("`harness build` without `--show code` tells whether it builds at all".to_owned());
        BuildError::Unsupported {
            what: format!("what the compiler says of its code is not there: {why}"),
            hint,
        }
    })?;
    let mut said = Said {
        dir: workload.module.clone(),
        module: subject.module.clone(),
        program: subject.import_path.clone(),
        diagnostics: files,
        remarks,
        sources: BTreeMap::new(),
    };
    let files = said.diagnostics.iter().map(|text| decisions(text.as_bytes()).file);
    let names = files.filter_map(|file| said.inside(&file).map(str::to_owned));
    let sources = names.filter_map(|name| {
        let text = source(&said.dir.join(&name))?;
        Some((name, text))
    });
    said.sources = sources.collect();
    Ok(said)
}

fn source(path: &Utf8Path) -> Option<String> {
    let is_small = path.metadata().is_ok_and(|meta| meta.len() <= MAX_SOURCE);
    is_small.then(|| fs::read(path).ok()).flatten().map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

/// Answers on earlier builds.
fn older(dir: &Utf8Path) -> impl Iterator<Item = Utf8PathBuf> {
    let entries = dir.read_dir_utf8().into_iter().flatten().flatten();
    entries.map(|entry| entry.into_path()).filter(|path| {
        let name = path.file_name().unwrap_or_default();
        name.starts_with("code-") && name.ends_with(".json")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_in_the_module_by_its_directory_or_by_the_modules_path() {
        let said = Said { dir: "/src/m".into(), module: "example.com/m".to_owned(), ..Said::default() };
        assert_eq!(said.inside("/src/m/cache/cache.go"), Some("cache/cache.go"));
        assert_eq!(said.inside("example.com/m/main.go"), Some("main.go"));
        for other in ["/src/mm/x.go", "/go/src/fmt/print.go", "fmt/print.go", "example.com/mm/x.go"] {
            assert_eq!(said.inside(other), None, "{other}");
        }
    }
}
