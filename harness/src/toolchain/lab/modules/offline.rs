//! Builds a variant where nothing can be fetched and nothing is there: no proxy, no version control, an empty module cache.

use std::fs;

use super::{BuildError, Mode, Question};
use crate::toolchain::job::BUILD_SECONDS;

/// Settings under which the go command has no way to a network.
const SHUT: [(&str, &str); 6] = [
    ("GOPROXY", "off"),
    ("GONOPROXY", "none"), // else private modules go around the proxy
    ("GOPRIVATE", ""),
    ("GOSUMDB", "off"),
    ("GOVCS", "*:off"),
    ("GOTOOLCHAIN", "local"),
];

/// How that went.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OfflineRecord {
    /// The command with what was set for it.
    pub command: String,
    /// It built.
    pub builds: bool,
    /// It builds with a network.
    pub builds_online: bool,
    /// What it printed, if not.
    pub output: String,
}

impl Question<'_> {
    pub(super) fn offline(&self, mode: Mode) -> Result<OfflineRecord, BuildError> {
        let cache = tempfile::Builder::new().prefix("no-modules-").tempdir_in(&self.dir);
        let cache = cache.map_err(BuildError::file("create", &self.dir))?;
        let binary = self.dir.join("offline");
        let mut args = vec!["build".to_owned(), format!("-o={binary}")];
        args.extend(self.subject.words()?);
        args.push(self.subject.scenario.workload.package.clone());
        let mut command = self.subject.go(args);
        command.env.extend(SHUT.map(|(name, value)| (name.to_owned(), value.to_owned())));
        command.env.insert("GOMODCACHE".to_owned(), cache.path().to_string_lossy().into_owned());
        let mut told = "GOPROXY=off GOMODCACHE=EMPTY".to_owned();
        if mode == Mode::Vendor {
            let own = self.flags.without(&["mod"]);
            command.env.insert("GOFLAGS".to_owned(), format!("{own} -mod=vendor").trim().to_owned());
            told = format!("GOFLAGS=-mod=vendor {told}");
        }
        let done = self.subject.finish_long(&command, BUILD_SECONDS)?;
        let _ = fs::remove_file(&binary); // not there if it did not build
        let output = if done.ok() { String::new() } else { done.stdout.text() + &done.stderr.text() };
        let words = command.args.iter().filter(|word| !word.starts_with("-o=")).cloned();
        let words: Vec<String> = std::iter::once(told).chain(["go".to_owned()]).chain(words).collect();
        let builds_online = self.subject.built.is_some();
        Ok(OfflineRecord { command: words.join(" "), builds: done.ok(), builds_online, output })
    }
}
