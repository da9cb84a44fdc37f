//! A go command and what it says about itself.
//!
//! Must not change the user's Go: no `go env -w`, no `go install`.

use std::collections::BTreeMap;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};

use super::built::GoInfo;
use super::error::BuildError;
use super::process::{Command, Ended, Finished, Interrupt, Limits, run};
use super::release::Release;

/// Time for a command that only answers a question, seconds; it may fetch a toolchain or modules.
const QUERY_SECONDS: u64 = 300;

/// Bytes of an answer that is kept whole; `go list -deps -json` of a large program has tens of millions. None is as large as this.
pub(super) const MAX_ANSWER: usize = 512 << 20;

/// Settings of `go env` that change what is built.
const BUILD_SETTINGS: &[&str] = &[
    "AR",
    "CC",
    "CXX",
    "CGO_CFLAGS",
    "CGO_CPPFLAGS",
    "CGO_CXXFLAGS",
    "CGO_ENABLED",
    "CGO_LDFLAGS",
    "GO111MODULE",
    "GO386",
    "GOAMD64",
    "GOARCH",
    "GOARM",
    "GOARM64",
    "GOEXPERIMENT",
    "GOFIPS140",
    "GOFLAGS",
    "GOMIPS",
    "GOMIPS64",
    "GOOS",
    "GOPPC64",
    "GORISCV64",
    "GOWASM",
    "GOWORK",
    "PKG_CONFIG",
];

/// A go command in an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Go {
    /// The go command.
    pub bin: Utf8PathBuf,
    /// What it says about itself.
    pub info: GoInfo,
    /// Its release.
    pub release: Release,
    /// The whole environment that its commands run in.
    pub env: BTreeMap<String, String>,
    /// `go env`, all of it.
    pub(super) settings: BTreeMap<String, String>,
}

impl Go {
    /// Asks the go command `bin` about itself, in `dir` (a go.mod there can switch toolchains).
    ///
    /// # Errors
    /// When it cannot run, or does not answer as Go does.
    pub(super) fn ask(
        bin: &Utf8Path,
        env: &BTreeMap<String, String>,
        dir: &Utf8Path,
        interrupt: &Interrupt,
    ) -> Result<Self, BuildError> {
        let ask = |args: &[&str]| {
            let command = command(bin, args.iter().map(|word| (*word).to_owned()), dir, env);
            let output = query(&command, interrupt)?;
            serde_json::from_str::<BTreeMap<String, String>>(&output).map_err(|error| BuildError::Query {
                command: command.words().join(" "),
                output: error.to_string(),
                hint: Some("is that the go command? HARNESS_GO names another one".to_owned()),
            })
        };
        let settings = ask(&["env", "-json"])?;
        let get = |name: &str| settings.get(name).cloned().unwrap_or_default();
        let version = get("GOVERSION");
        let release = Release::parse(&version).unwrap_or(Release { minor: 0, patch: 0 });
        // `-changed` came with 1.23, the oldest release that gets any further.
        let changed =
            if release < Release::OLDEST { BTreeMap::new() } else { ask(&["env", "-changed", "-json"])? };
        let info = GoInfo {
            version,
            goroot: get("GOROOT"),
            goos: get("GOOS"),
            goarch: get("GOARCH"),
            settings: changed
                .into_iter()
                .filter(|(name, _)| BUILD_SETTINGS.contains(&name.as_str()))
                .collect(),
        };
        Ok(Self { bin: bin.to_owned(), info, release, env: env.clone(), settings })
    }

    /// A setting of `go env`; empty when there is none.
    pub(super) fn setting(&self, name: &str) -> &str {
        self.settings.get(name).map_or("", String::as_str)
    }

    /// Its GOROOT.
    pub(super) fn goroot(&self) -> &Utf8Path {
        Utf8Path::new(&self.info.goroot)
    }

    /// Whether its GOROOT is in the module cache, where the go command refuses overlays.
    pub(super) fn is_in_module_cache(&self) -> bool {
        let cache = self.setting("GOMODCACHE");
        !cache.is_empty() && self.goroot().starts_with(cache)
    }

    /// A command of this Go in `dir`.
    pub(super) fn command(&self, args: Vec<String>, dir: &Utf8Path) -> Command {
        command(&self.bin, args, dir, &self.env)
    }
}

fn command(
    bin: &Utf8Path,
    args: impl IntoIterator<Item = String>,
    dir: &Utf8Path,
    env: &BTreeMap<String, String>,
) -> Command {
    let mut env = env.clone();
    // What a shell would keep: Go takes the working directory's spelling from it.
    env.insert("PWD".to_owned(), dir.to_string());
    Command { program: bin.to_string(), args: args.into_iter().collect(), dir: dir.to_owned(), env }
}

/// Runs a command to its end, whatever its exit code.
///
/// # Errors
/// When it cannot be started, is interrupted or runs into `seconds`.
pub(super) fn finish(command: &Command, seconds: u64, interrupt: &Interrupt) -> Result<Finished, BuildError> {
    finish_within(command, seconds, Limits::within(Duration::ZERO).output, interrupt)
}

/// As [`finish`], keeping so many bytes of each output stream.
///
/// # Errors
/// Those of [`finish`].
pub(super) fn finish_within(
    command: &Command,
    seconds: u64,
    output: usize,
    interrupt: &Interrupt,
) -> Result<Finished, BuildError> {
    let limits = Limits { output, ..Limits::within(Duration::from_secs(seconds)) };
    let done = run(command, &limits, interrupt)?;
    match done.end {
        Ended::Interrupted => Err(BuildError::Interrupted),
        Ended::TimedOut => Err(BuildError::TimedOut { command: command.words().join(" "), seconds }),
        Ended::Exited(_) | Ended::Signalled(_) => Ok(done),
    }
}

/// Standard output, all of it, of a command that must succeed.
///
/// # Errors
/// Those of [`finish`], and [`BuildError::Query`] with what it printed.
pub(super) fn query(command: &Command, interrupt: &Interrupt) -> Result<String, BuildError> {
    let done = finish_within(command, QUERY_SECONDS, MAX_ANSWER, interrupt)?;
    if done.ok() {
        return Ok(done.stdout.text());
    }
    let said = done.stderr.text();
    let output = if said.trim().is_empty() { done.end.to_string() } else { said.trim().to_owned() };
    let hint = super::failure::hint(&output);
    Err(BuildError::Query { command: command.words().join(" "), output, hint })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_whole_however_long_it_is() {
        let script = "seq 400000";
        let command = Command {
            program: "/bin/sh".into(),
            args: vec!["-c".into(), script.into()],
            dir: "/".into(),
            env: BTreeMap::from([("PATH".into(), "/usr/bin:/bin".into())]),
        };
        let answer = query(&command, &Interrupt::default()).expect("an answer");
        assert!(answer.len() > 2 << 20, "{} bytes", answer.len());
        assert!(answer.lines().zip(1..).all(|(line, number)| line.parse() == Ok(number)));
        assert_eq!(answer.lines().count(), 400_000);
    }
}
