//! One program with more and less debug information.

use camino::{Utf8Path, Utf8PathBuf};

use super::super::Subject;
use super::File;
use crate::scenario::{BuildSpec, DebugInfo};
use crate::toolchain::error::BuildError;
use crate::toolchain::job::BUILD_SECONDS;
use crate::toolchain::{flags, symbols};

/// Time for one tool of binutils, seconds.
const TOOL_SECONDS: u64 = 120;

/// Kinds that the linker makes, by its words.
const LINKED: [(&str, &[&str]); 3] =
    [("-compressdwarf=false", &["-compressdwarf=false"]), ("-w", &["-w"]), ("-s -w", &["-s", "-w"])];

type Lost = Vec<(String, String)>;

/// The program with all debug information.
pub(super) fn whole(
    subject: &Subject<'_>,
    dir: &Utf8Path,
) -> Result<(Option<Utf8PathBuf>, Lost), BuildError> {
    linked(subject, dir, "full", &[])
}

/// The whole program and what is made of it.
pub(super) fn derived(
    subject: &Subject<'_>,
    dir: &Utf8Path,
    whole: &Utf8Path,
) -> Result<(Vec<File>, Lost), BuildError> {
    let mut files = vec![File { name: "full".to_owned(), path: whole.to_owned(), apart: None }];
    let mut lost = Lost::new();
    for (name, words) in LINKED {
        let (path, why) = linked(subject, dir, name, words)?;
        files.extend(path.map(|path| File { name: name.to_owned(), path, apart: None }));
        lost.extend(why);
    }
    let stripped = dir.join("strip");
    let args = [format!("-o{stripped}"), whole.to_string()];
    match run(subject, "strip", &args)? {
        None => files.push(File { name: "strip".to_owned(), path: stripped, apart: None }),
        Some(why) => lost.push(("strip".to_owned(), why)),
    }
    let (split, apart) = (dir.join("split"), dir.join("split.debug"));
    let keep = ["--only-keep-debug".to_owned(), whole.to_string(), apart.to_string()];
    let link = [
        "--strip-all".to_owned(),
        format!("--add-gnu-debuglink={apart}"),
        whole.to_string(),
        split.to_string(),
    ];
    let mut why = run(subject, "objcopy", &keep)?;
    if why.is_none() {
        why = run(subject, "objcopy", &link)?;
    }
    match why {
        None => files.push(File { name: "objcopy, debug link".to_owned(), path: split, apart: Some(apart) }),
        Some(why) => lost.push(("objcopy, debug link".to_owned(), why)),
    }
    Ok((files, lost))
}

/// The program linked with these words instead of the variant's own that strip.
fn linked(
    subject: &Subject<'_>,
    dir: &Utf8Path,
    name: &str,
    words: &[&str],
) -> Result<(Option<Utf8PathBuf>, Lost), BuildError> {
    let spec = &subject.variant.build;
    let mut ldflags = symbols::without_stripping(&spec.ldflags);
    ldflags.retain(|word| !word.trim_start_matches('-').starts_with("compressdwarf"));
    ldflags.extend(words.iter().map(|word| (*word).to_owned()));
    let spec = BuildSpec { ldflags, debug: DebugInfo::Full, ..spec.clone() };
    let target = dir.join(name.replace(' ', "").trim_start_matches('-'));
    let mut args = vec!["build".to_owned(), format!("-o={target}")];
    args.extend(flags::words(&spec, &subject.module)?);
    args.push(subject.scenario.workload.package.clone());
    let done = subject.finish(&subject.go(args), BUILD_SECONDS)?;
    match done.ok() {
        true => Ok((Some(target), Lost::new())),
        false => Ok((None, vec![(name.to_owned(), done.stderr.text().trim().to_owned())])),
    }
}

/// Runs a tool; why it made nothing.
fn run(subject: &Subject<'_>, tool: &str, args: &[String]) -> Result<Option<String>, BuildError> {
    let Some(command) = subject.tool(tool, args.to_vec()) else {
        return Ok(Some(format!("{tool}; get it: apt-get install binutils")));
    };
    let done = subject.finish(&command, TOOL_SECONDS)?;
    Ok((!done.ok()).then(|| format!("another {tool}: {}", done.stderr.text().trim())))
}
