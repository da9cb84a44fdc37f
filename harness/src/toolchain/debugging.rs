//! The debugger on this machine, and what it can do with a binary.

use camino::{Utf8Path, Utf8PathBuf};

use super::built::BuildFacts;
use super::environment::{Environment, is_executable};
use super::error::BuildError;
use super::go::Go;
use crate::scenario::{BuildSpec, DebugInfo, Variant};

/// Variable that names Delve.
const NAMED: &str = "HARNESS_DLV";
/// How to get it.
const GET: &str = "go install github.com/go-delve/delve/cmd/dlv@latest, or name it in HARNESS_DLV";

/// Finds Delve: as HARNESS_DLV names it, in PATH, or where `go install` puts it.
///
/// # Errors
/// When it is nowhere.
pub fn delve(environment: &Environment, go: &Go) -> Result<Utf8PathBuf, BuildError> {
    if let Some(named) = environment.get(NAMED) {
        let path = environment.dir.join(named);
        return if is_executable(&path) {
            Ok(path)
        } else {
            Err(missing(format!("{NAMED} names `{path}`, which is no program")))
        };
    }
    let bin = go.setting("GOBIN");
    let installed = match bin.is_empty() {
        true => go.setting("GOPATH").split(':').map(|path| Utf8Path::new(path).join("bin")).collect(),
        false => vec![Utf8PathBuf::from(bin)],
    };
    let installed = installed.into_iter().map(|dir| dir.join("dlv")).find(|path| is_executable(path));
    environment
        .which("dlv")
        .or(installed)
        .ok_or_else(|| missing("Delve is neither in PATH nor where `go install` puts it".to_owned()))
}

fn missing(what: String) -> BuildError {
    BuildError::Unsupported { what, hint: Some(GET.to_owned()) }
}

/// The same variant as a debugger likes it: neither optimised nor stripped.
#[must_use]
pub fn debuggable(variant: &Variant) -> Variant {
    let mut build = variant.build.clone();
    build.debug = DebugInfo::Full;
    build.ldflags.retain(|word| !["-s", "-w"].contains(&word.as_str()));
    for word in ["-N", "-l"] {
        if !build.gcflags.iter().any(|there| there == word) {
            build.gcflags.push(word.to_owned());
        }
    }
    Variant { name: variant.name.clone(), build, package: variant.package.clone() }
}

/// What cannot be seen in a binary, in words, before anybody looks.
#[must_use]
pub fn limits(spec: &BuildSpec, facts: &BuildFacts) -> Vec<String> {
    let binary = &facts.probed;
    let is_optimised = !spec.gcflags.iter().any(|word| word == "-N");
    let rows = [
        (
            !binary.dwarf,
            "no debug information: breakpoints at functions alone, no lines, no variables; leave out `-s`, `-w` and `debug = \"stripped\"`",
        ),
        (
            binary.dwarf && is_optimised,
            "optimised: variables that are in registers or gone cannot be seen, inlined functions have no stop of their own; leave out --variant for a build with `-N -l`",
        ),
        (
            spec.trimpath,
            "-trimpath: files are named from the module's path, not from the directory they are in",
        ),
    ];
    rows.into_iter().filter(|(is_so, _)| *is_so).map(|(_, words)| words.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variant_for_the_debugger_is_neither_optimised_nor_stripped() {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let build = BuildSpec {
            ldflags: words(&["-s", "-w", "-X", "main.v=1"]),
            gcflags: words(&["-l"]),
            debug: DebugInfo::Stripped,
            ..BuildSpec::default()
        };
        let build = debuggable(&Variant { name: "v".to_owned(), build, package: None }).build;
        assert_eq!((build.ldflags, build.gcflags), (words(&["-X", "main.v=1"]), words(&["-l", "-N"])));
        assert_eq!(build.debug, DebugInfo::Full);
    }

    #[test]
    fn what_cannot_be_seen_is_said_before_it_is_looked_for() {
        let mut facts = BuildFacts::default();
        let stripped = limits(&BuildSpec::default(), &facts);
        assert!(stripped[0].starts_with("no debug information") && stripped.len() == 1, "{stripped:?}");
        facts.probed.dwarf = true;
        assert!(limits(&BuildSpec::default(), &facts)[0].starts_with("optimised"));
        let spec = BuildSpec { gcflags: vec!["-N".to_owned()], ..BuildSpec::default() };
        assert!(limits(&spec, &facts).is_empty());
    }
}
