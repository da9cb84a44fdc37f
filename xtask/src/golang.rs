//! Go: where it is, and the checks of the Go sources in this repository.

use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::command::{Command, root};
use crate::source::files;

/// Trees with Go sources of ours.
const TREES: [&str; 2] = ["harness/go", "fixtures/programs"];

/// Directories of them that are wrong on purpose.
const BROKEN: [&str; 1] = ["broken-build"];

/// The oldest release that captures can be made with (`internal/runtime/exithook` came with it).
pub(crate) const OLDEST: Version = Version { major: 1, minor: 23 };

/// A language release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version {
    major: u32,
    minor: u32,
}

impl Version {
    /// Reads `1.26`, `1.26.8`, `go1.26.8` or `go1.27rc1`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix("go").unwrap_or(text).split('.');
        let major = parts.next()?.parse().ok()?;
        let minor = parts.next()?;
        let digits = minor.find(|c: char| !c.is_ascii_digit()).unwrap_or(minor.len());
        Some(Self { major, minor: minor[..digits].parse().ok()? })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// A Go that is new enough.
#[derive(Debug)]
pub(crate) struct Go {
    pub(crate) program: PathBuf,
    pub(crate) version: Version,
}

impl Go {
    /// The first `go` that is new enough, in PATH, GOROOT, and where packages put it.
    pub(crate) fn find() -> Option<Self> {
        candidates().into_iter().filter(|program| program.is_file()).find_map(|program| {
            let version = Command::new(&program).args(["env", "GOVERSION"]).read().ok()?;
            let version = Version::parse(&version)?;
            (version >= OLDEST).then_some(Self { program, version })
        })
    }

    fn command<const N: usize>(&self, arguments: [&str; N]) -> Command {
        Command::new(&self.program).args(arguments)
    }

    /// The release in full: `go1.26.8`.
    pub(crate) fn release(&self) -> Result<String> {
        self.command(["env", "GOVERSION"]).read()
    }

    /// Builds the program in `package` (relative to the root, a module of its own) into `directory`; returns its path.
    pub(crate) fn build(&self, package: &str, directory: &Path) -> Result<PathBuf> {
        let package = Path::new(package);
        let program = directory.join(package.file_name().unwrap_or_default());
        let build = self.command(["build", "-o"]).args([program.as_os_str(), ".".as_ref()]);
        build.dir(root().join(package)).env("GOWORK", "off").run()?;
        Ok(program)
    }

    /// Fails if a Go source is not formatted, and names those.
    pub(crate) fn check_format(&self) -> Result<()> {
        let goroot = self.command(["env", "GOROOT"]).read()?;
        let sources = sources(".go");
        if sources.is_empty() {
            bail!("no Go source found in {TREES:?}");
        }
        let gofmt = Command::new(Path::new(&goroot).join("bin/gofmt")).args(["-l"]).args(&sources);
        let unformatted = gofmt.read()?;
        if !unformatted.is_empty() {
            bail!("not formatted:\n{unformatted}\nhint: gofmt -w FILE");
        }
        Ok(())
    }

    /// Vets every module. What the harness injects has no module of its own and is compiled by the
    /// tests. To throw a context's cancel function away is what some of the programs are for.
    pub(crate) fn vet(&self) -> Result<()> {
        for module in sources("go.mod").iter().filter_map(|file| file.parent()) {
            self.command(["vet", "-lostcancel=false", "./..."]).dir(module).env("GOWORK", "off").run()?;
        }
        Ok(())
    }
}

fn candidates() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut directories: Vec<PathBuf> = std::env::split_paths(&path).collect();
    directories.extend(std::env::var_os("GOROOT").map(|goroot| Path::new(&goroot).join("bin")));
    directories.push("/usr/local/go/bin".into());
    if let Ok(entries) = Path::new("/usr/lib").read_dir() {
        let mut packaged: Vec<PathBuf> = entries
            .flatten()
            .filter(|entry| entry.file_name().to_string_lossy().starts_with("go-"))
            .map(|entry| entry.path().join("bin"))
            .collect();
        packaged.sort();
        directories.extend(packaged.into_iter().rev());
    }
    directories.into_iter().map(|directory| directory.join("go")).collect()
}

/// Files of ours whose name ends so, without those that are wrong on purpose.
fn sources(ending: &str) -> Vec<PathBuf> {
    TREES
        .iter()
        .flat_map(|tree| files(&root().join(tree), ending))
        .filter(|file| !file.iter().any(|part| BROKEN.iter().any(|broken| part == *broken)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_in_every_spelling_of_go() {
        let version = |minor| Some(Version { major: 1, minor });
        assert_eq!(Version::parse("go1.26.8"), version(26));
        assert_eq!(Version::parse("1.23"), version(23));
        assert_eq!(Version::parse("go1.27rc1"), version(27));
        assert_eq!(Version::parse("devel"), None);
        assert_eq!(Version::parse("go1"), None);
    }

    #[test]
    fn versions_compare_by_number() {
        assert!(Version::parse("1.9") < Version::parse("1.23"));
        assert!(Version::parse("1.100") > Version::parse("1.23"));
    }

    #[test]
    fn broken_programs_are_left_out_and_others_are_not() {
        let modules = sources("go.mod");
        assert!(modules.iter().any(|file| file.ends_with("leaky-cache/go.mod")), "{modules:?}");
        assert!(!modules.iter().any(|file| file.ends_with("broken-build/go.mod")), "{modules:?}");
    }
}
