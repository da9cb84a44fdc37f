//! What this machine has of the programs that the harness can use: data, which the cli prints.

use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use serde::Serialize;

use super::environment::Environment;
use super::find;
use super::process::{Command, Interrupt, Limits, run};

/// The debugger, whose version has to fit Go's.
const DELVE: &str = "dlv";
/// Time for a program to say its version.
const PATIENCE: Duration = Duration::from_secs(10);

/// One program that was looked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What it is called.
    pub name: &'static str,
    /// What was found.
    pub state: CheckState,
    /// Nothing works without it.
    pub required: bool,
    /// What cannot be done without it.
    pub cost: &'static str,
    /// How to get it.
    pub get: &'static str,
}

/// What was found of a program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum CheckState {
    /// It is there and runs.
    Found {
        /// Where.
        path: Utf8PathBuf,
        /// First line of what it says about its version.
        version: String,
    },
    /// It is not there.
    Missing,
    /// It is there, but of no use.
    Unusable {
        /// Why.
        why: String,
    },
}

impl Check {
    /// The program can be used.
    #[must_use]
    pub fn ok(&self) -> bool {
        matches!(self.state, CheckState::Found { .. })
    }
}

/// A program that is optional: any of `programs`, asked for its version with `ask`.
struct Optional {
    name: &'static str,
    programs: &'static [&'static str],
    ask: &'static str,
    cost: &'static str,
    get: &'static str,
}

const OPTIONAL: &[Optional] = &[
    Optional {
        name: "C compiler",
        programs: &["gcc", "clang", "cc"],
        ask: "--version",
        cost: "no variant with `cgo = true` or `race = true`, and no program that uses cgo",
        get: "apt-get install gcc libc6-dev",
    },
    Optional {
        name: "objcopy",
        programs: &["objcopy", "llvm-objcopy"],
        ask: "--version",
        cost: "`debug = \"split\"` keeps the debug information in the binary",
        get: "apt-get install binutils",
    },
    Optional {
        name: "git",
        programs: &["git"],
        ask: "--version",
        cost: "builds carry no revision, and modules outside a proxy cannot be fetched",
        get: "apt-get install git",
    },
    Optional {
        name: DELVE,
        programs: &["dlv"],
        ask: "version",
        cost: "no diagnostic repeat under the debugger",
        get: "go install github.com/go-delve/delve/cmd/dlv@latest",
    },
    Optional {
        name: "qemu-user",
        programs: &["qemu-aarch64", "qemu-aarch64-static", "qemu-riscv64", "qemu-riscv64-static"],
        ask: "--version",
        cost: "variants for another architecture are built, but cannot be run",
        get: "apt-get install qemu-user",
    },
    Optional {
        name: "node",
        programs: &["node"],
        ask: "--version",
        cost: "variants for js/wasm are built, but cannot be run (wasip1/wasm needs wazero)",
        get: "apt-get install nodejs",
    },
];

/// Looks at every program the harness can use.
#[must_use]
pub fn doctor(environment: &Environment) -> Vec<Check> {
    let optional = OPTIONAL.iter().map(|program| Check {
        name: program.name,
        state: look(program, environment),
        required: false,
        cost: program.cost,
        get: program.get,
    });
    let go = go(environment);
    let release = match &go.state {
        CheckState::Found { version, .. } => version.clone(),
        _ => String::new(),
    };
    let matched = optional.map(|mut check| {
        if let CheckState::Found { path, version } = &check.state
            && check.name == DELVE
            && let Some(why) = mismatch(version, &release)
        {
            check.state = CheckState::Unusable { why: format!("`{path}` {why}") };
        }
        check
    });
    std::iter::once(go).chain(matched).collect()
}

/// How many releases of Go a Delve knows before its own: 1.27.2 says that it takes 1.25 to 1.27.
const OLDER: u32 = 2;

/// Why a Delve (`Version: 1.24.0`) can do nothing with what a Go (`go1.27.4`) builds: its releases are numbered as those of Go.
fn mismatch(delve: &str, go: &str) -> Option<String> {
    let minor = |version: &str| version.split('.').nth(1)?.parse::<u32>().ok();
    let (delve, go) = (minor(delve)?, minor(go)?);
    let known =
        format!("knows programs of Go 1.{} to 1.{delve}, and here is Go 1.{go}", delve.saturating_sub(OLDER));
    match () {
        () if go > delve => {
            Some(format!("{known}: get a newer one, go install github.com/go-delve/delve/cmd/dlv@latest"))
        }
        () if go + OLDER < delve => Some(format!(
            "{known}: get the one for it, go install github.com/go-delve/delve/cmd/dlv@v1.{go}.0, or a newer Go"
        )),
        () => None,
    }
}

fn go(environment: &Environment) -> Check {
    let state = match find::find(environment, &Interrupt::default()) {
        Ok(go) => CheckState::Found { path: go.bin, version: go.info.version },
        Err(super::BuildError::NoGo { .. }) => CheckState::Missing,
        Err(error) => CheckState::Unusable { why: error.to_string() },
    };
    Check {
        name: "go",
        state,
        required: true,
        cost: "nothing can be built or captured; `harness analyze` works without it",
        get: "install Go 1.23 or newer from https://go.dev/dl, or name a go command in HARNESS_GO",
    }
}

fn look(program: &Optional, environment: &Environment) -> CheckState {
    // `go install` puts programs where PATH often does not lead.
    let gobin = environment.get("HOME").map(|home| Utf8Path::new(home).join("go/bin"));
    let found = program.programs.iter().find_map(|name| {
        let installed =
            gobin.as_ref().map(|dir| dir.join(name)).filter(|file| super::environment::is_executable(file));
        environment.which(name).or(installed)
    });
    match found {
        Some(path) => version(path, program.ask, environment),
        None => CheckState::Missing,
    }
}

fn version(path: Utf8PathBuf, ask: &str, environment: &Environment) -> CheckState {
    let command = Command {
        program: path.to_string(),
        args: vec![ask.to_owned()],
        dir: "/".into(),
        env: environment.vars.clone(),
    };
    match run(&command, &Limits::within(PATIENCE), &Interrupt::default()) {
        Ok(done) if done.ok() => {
            // Delve names itself on a line of its own before its version.
            let text = done.stdout.text();
            let numbered = text.lines().find(|line| line.contains(|c: char| c.is_ascii_digit()));
            CheckState::Found { path, version: numbered.unwrap_or_default().trim().to_owned() }
        }
        Ok(done) => CheckState::Unusable { why: format!("`{path} {ask}` ended with {}", done.end) },
        Err(error) => CheckState::Unusable { why: error.to_string() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_missing_is_told_with_its_cost_and_remedy() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let empty = Utf8Path::from_path(dir.path()).expect("utf-8");
        let vars = [("PATH", empty.as_str()), ("HOME", empty.as_str())];
        let environment =
            Environment::new(vars.map(|(name, value)| (name.to_owned(), value.to_owned())), empty);
        let checks = doctor(&environment);
        assert_eq!(checks.iter().filter(|check| check.required).count(), 1);
        for check in checks.iter().filter(|check| !check.required) {
            assert_eq!(check.state, CheckState::Missing, "{}", check.name);
            assert!(!check.cost.is_empty() && !check.get.is_empty());
        }
    }

    #[test]
    fn a_debugger_of_another_time_than_go_is_told_with_what_to_get() {
        let words = mismatch("Version: 1.24.0", "go1.27.4").expect("too old");
        assert!(
            words.starts_with("knows programs of Go 1.22 to 1.24, and here is Go 1.27: get a newer"),
            "{words}"
        );
        assert!(mismatch("Version: 1.27.2", "go1.24.1").is_some_and(|words| words.contains("dlv@v1.24.0")));
        for go in ["go1.25.0", "go1.26.8", "go1.27rc1", ""] {
            assert_eq!(mismatch("Version: 1.27.2", go), None, "{go}");
        }
    }

    #[test]
    fn program_that_fails_is_not_taken_for_a_working_one() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let dir = Utf8Path::from_path(dir.path()).expect("utf-8");
        let program = dir.join("objcopy");
        // Written by another process: one forked by a test beside this would hold it open for
        // writing, and then it cannot be run.
        let script = format!("printf '#!/bin/sh\\nexit 4\\n' > {program}; chmod +x {program}");
        assert!(std::process::Command::new("sh").args(["-c", &script]).status().expect("sh").success());
        let vars = [("PATH".to_owned(), format!("{dir}:/usr/bin:/bin"))];
        let checks = doctor(&Environment::new(vars, "/"));
        let objcopy = checks.iter().find(|check| check.name == "objcopy").expect("looked for");
        let why = format!("`{program} --version` ended with exit code 4");
        assert_eq!(objcopy.state, CheckState::Unusable { why });
    }
}
