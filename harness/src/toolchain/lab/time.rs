//! Builds a variant again to see where the time goes: with the cache as it is, and with an empty one.
//!
//! What the go command writes is kept below the lab's directory (`time/warm`, `time/cold`); an empty cache is used for one
//! build and removed. The user's own binary and build cache stay as they are.

use std::fs;

use camino::{Utf8Path, Utf8PathBuf};

use super::super::failure::failed;
use super::super::job::BUILD_SECONDS;
use super::{BuildError, Subject};
use crate::model::Nanoseconds;

/// What was timed.
#[derive(Debug)]
pub struct TimeRecord {
    /// With the build cache as it is.
    pub warm: Timed,
    /// With an empty one, if the scenario asks for it.
    pub cold: Option<Timed>,
    /// What goes into the keys of the build cache: `GODEBUG=gocachehash=1`.
    pub keys: String,
}

/// One build.
#[derive(Debug)]
pub struct Timed {
    /// The whole command, as the harness sees it.
    pub wall: Nanoseconds,
    /// `-debug-actiongraph`
    pub graph: (Utf8PathBuf, Vec<u8>),
    /// `-debug-trace`
    pub trace: (Utf8PathBuf, Vec<u8>),
    /// Where the executed commands are.
    pub commands: Utf8PathBuf,
}

/// Builds it.
///
/// # Errors
/// When it does not build, or files cannot be written.
pub fn time(subject: &Subject<'_>) -> Result<TimeRecord, BuildError> {
    subject.built()?;
    let dir = subject.out.join("time");
    let warm = timed(subject, &dir.join("warm"), None)?;
    let keys = keys(subject, &dir.join("warm"))?;
    remove(&binary(&dir.join("warm")))?;
    let cold = match subject.scenario.lab.cold {
        true => Some(cold(subject, &dir.join("cold"))?),
        false => None,
    };
    Ok(TimeRecord { warm, cold, keys })
}

/// An empty cache is a directory of its own, which goes with the build.
fn cold(subject: &Subject<'_>, dir: &Utf8Path) -> Result<Timed, BuildError> {
    fs::create_dir_all(dir).map_err(BuildError::file("create", dir))?;
    let cache = tempfile::Builder::new().prefix("go-cache-").tempdir_in(dir);
    let cache = cache.map_err(BuildError::file("create", dir))?;
    let timed = timed(subject, dir, Some(&cache.path().to_string_lossy()))?;
    remove(&binary(dir))?;
    Ok(timed)
}

fn timed(subject: &Subject<'_>, dir: &Utf8Path, cache: Option<&str>) -> Result<Timed, BuildError> {
    let work = dir.join("work");
    remove(&work)?;
    fs::create_dir_all(&work).map_err(BuildError::file("create", &work))?;
    let (graph, trace) = (dir.join("actions.json"), dir.join("trace.json"));
    let mut options =
        vec![format!("-debug-actiongraph={graph}"), format!("-debug-trace={trace}"), "-x".to_owned()];
    // The directory in which the commands ran, to run them again; with a cold cache it has all of the packages.
    options.extend(cache.is_none().then(|| "-work".to_owned()));
    // Else there would be nothing to link.
    remove(&binary(dir))?;
    let mut command = subject.go(words(subject, options, dir)?);
    command.env.insert("GOTMPDIR".to_owned(), work.to_string());
    command.env.extend(cache.map(|cache| ("GOCACHE".to_owned(), cache.to_owned())));
    let done = subject.finish_long(&command, BUILD_SECONDS)?;
    let commands = dir.join("commands.txt");
    fs::write(&commands, done.stderr.text()).map_err(BuildError::file("write", &commands))?;
    if !done.ok() {
        return Err(failed(command.words(), &done.stderr.text()));
    }
    let wall = Nanoseconds(i64::try_from(done.wall.as_nanos()).unwrap_or(i64::MAX));
    Ok(Timed { wall, graph: read(graph)?, trace: read(trace)?, commands })
}

/// Asks for the keys of a build in which all is up to date.
fn keys(subject: &Subject<'_>, dir: &Utf8Path) -> Result<String, BuildError> {
    let mut command = subject.go(words(subject, Vec::new(), dir)?);
    let own = command.env.get("GODEBUG").filter(|own| !own.is_empty()).map(|own| format!("{own},"));
    command.env.insert("GODEBUG".to_owned(), format!("{}gocachehash=1", own.unwrap_or_default()));
    Ok(subject.finish_long(&command, BUILD_SECONDS)?.stderr.text())
}

fn words(subject: &Subject<'_>, options: Vec<String>, dir: &Utf8Path) -> Result<Vec<String>, BuildError> {
    let mut words = vec!["build".to_owned()];
    words.extend(subject.words()?);
    words.extend(options);
    words.push(format!("-o={}", binary(dir)));
    words.extend(["--".to_owned(), subject.scenario.workload.package.clone()]);
    Ok(words)
}

fn binary(dir: &Utf8Path) -> Utf8PathBuf {
    dir.join("program")
}

fn read(path: Utf8PathBuf) -> Result<(Utf8PathBuf, Vec<u8>), BuildError> {
    let bytes = fs::read(&path).map_err(BuildError::file("read", &path))?;
    Ok((path, bytes))
}

/// Removes a file or a directory of the lab's, if it is there.
fn remove(path: &Utf8Path) -> Result<(), BuildError> {
    let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    match removed {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(BuildError::file("remove", path)(error))
        }
        _ => Ok(()),
    }
}
