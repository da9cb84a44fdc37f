//! Where captures lie: `.harness/runs/SCENARIO-TIME`, a lock per scenario, rotation, and manifests that
//! are whole at any moment.

use std::fs::{self, File, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;

use camino::{Utf8Path, Utf8PathBuf};
use rustix::fs::{FlockOperation, flock};

use super::error::{CaptureError, io};
use super::manifest::{CaptureStatus, Manifest};
use super::open::{self, CaptureDir, MANIFEST, SYMBOLS};

/// Name of the directory that holds everything the harness writes.
pub const HARNESS_DIR: &str = ".harness";
/// How many captures are looked at for one that is whole.
const EARLIER: usize = 3;
/// Link to the newest capture of a scenario: `latest-SCENARIO`.
const LATEST: &str = "latest-";

/// The `.harness` directory below a root.
#[derive(Debug, Clone)]
pub struct Store {
    root: Utf8PathBuf,
}

/// Held while a scenario is built and run, or a directory is written.
#[derive(Debug)]
pub struct Lock {
    file: File,
}

impl Drop for Lock {
    /// Closing alone would leave it to whatever child was being started meanwhile: until its `exec` it has all of our
    /// descriptors.
    fn drop(&mut self) {
        let _ = flock(&self.file, FlockOperation::Unlock);
    }
}

impl Store {
    /// `.harness` below `root`, made if it is not there, and ignored by git.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn below(root: &Utf8Path) -> Result<Self, CaptureError> {
        let store = Self { root: root.join(HARNESS_DIR) };
        let runs = store.runs();
        fs::create_dir_all(&runs).map_err(io("create", &runs))?;
        let ignore = store.root.join(".gitignore");
        if !ignore.exists() {
            fs::write(&ignore, "*\n").map_err(io("write", &ignore))?;
        }
        Ok(store)
    }

    fn runs(&self) -> Utf8PathBuf {
        self.root.join("runs")
    }

    /// Directory for the builds of a scenario.
    #[must_use]
    pub fn builds(&self, scenario: &str) -> Utf8PathBuf {
        self.root.join("build").join(scenario)
    }

    /// The newest capture of a scenario, if there is one.
    #[must_use]
    pub fn latest(&self, scenario: &str) -> Option<Utf8PathBuf> {
        let link = self.runs().join(format!("{LATEST}{scenario}"));
        let target = link.read_link_utf8().ok()?;
        let target = self.runs().join(target);
        target.is_dir().then_some(target)
    }

    /// What the newest capture of a scenario that is whole tells of itself: how long things took then.
    #[must_use]
    pub fn earlier(&self, scenario: &str) -> Option<Manifest> {
        let captures = self.captures(scenario).ok()?;
        let newest = captures.iter().rev().take(EARLIER).filter_map(|path| open::open(path).ok());
        newest.map(CaptureDir::into_manifest).find(|manifest| manifest.status == CaptureStatus::Complete)
    }

    /// Captures of a scenario, oldest first. Names sort by time.
    fn captures(&self, scenario: &str) -> Result<Vec<Utf8PathBuf>, CaptureError> {
        let runs = self.runs();
        let prefix = format!("{scenario}-");
        let mut found: Vec<Utf8PathBuf> = Vec::new();
        for entry in runs.read_dir_utf8().map_err(io("read", &runs))? {
            let path = entry.map_err(io("read", &runs))?.into_path();
            let ours = path.file_name().and_then(|name| name.strip_prefix(&prefix)).is_some_and(is_stamp);
            if ours && !path.is_symlink() && path.is_dir() {
                found.push(path);
            }
        }
        found.sort();
        Ok(found)
    }

    /// Takes the scenario for this process.
    ///
    /// # Errors
    /// [`CaptureError::Busy`] when another process has it.
    pub fn lock(&self, scenario: &str) -> Result<Lock, CaptureError> {
        let path = self.root.join(format!("{scenario}.lock"));
        let file = File::create(&path).map_err(io("create", &path))?;
        take(file, &path)
    }

    /// Makes the directory of a new capture, named after the scenario and `stamp`.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn new_run(&self, scenario: &str, stamp: &str) -> Result<Utf8PathBuf, CaptureError> {
        for n in 0..1000u32 {
            let suffix = if n == 0 { String::new() } else { format!("-{n}") };
            let name = format!("{scenario}-{stamp}{suffix}");
            let path = self.runs().join(&name);
            match fs::create_dir(&path) {
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(io("create", &path)(error)),
                Ok(()) => {
                    self.point_latest(scenario, &name);
                    return Ok(path);
                }
            }
        }
        let path = self.runs();
        Err(io("create a directory in", &path)(std::io::ErrorKind::AlreadyExists.into()))
    }

    /// Best effort: the link is a convenience, and a capture is complete without it.
    fn point_latest(&self, scenario: &str, name: &str) {
        let link = self.runs().join(format!("{LATEST}{scenario}"));
        let _ = fs::remove_file(&link);
        let _ = std::os::unix::fs::symlink(name, &link);
    }

    /// Removes all but the newest `keep` captures of a scenario.
    ///
    /// # Errors
    /// When one cannot be removed.
    pub fn rotate(&self, scenario: &str, keep: usize) -> Result<(), CaptureError> {
        let mut old = self.captures(scenario)?;
        old.retain(|path| lock_directory(path).is_ok());
        let n = old.len().saturating_sub(keep.max(1));
        old.iter().take(n).try_for_each(|path| fs::remove_dir_all(path).map_err(io("remove", path)))
    }
}

/// `20260102T030405.678Z`: so that `leak-` does not take the captures of `leak-repro` for its own.
fn is_stamp(rest: &str) -> bool {
    let day = rest.split_once('T').map(|(day, _)| day);
    rest.len() >= 16 && day.is_some_and(|day| day.len() == 8 && day.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Takes a capture's directory for this process: two scenarios may be given the same `--out`.
pub(super) fn lock_directory(path: &Utf8Path) -> Result<Lock, CaptureError> {
    let directory = File::open(path).map_err(io("open", path))?;
    take(directory, path)
}

fn take(file: File, path: &Utf8Path) -> Result<Lock, CaptureError> {
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Err(rustix::io::Errno::WOULDBLOCK) => Err(CaptureError::Busy { path: path.to_owned() }),
        // A file system without locks, as some network ones are, is no reason not to run.
        Ok(()) | Err(_) => Ok(Lock { file }),
    }
}

/// Prepares a directory that the user named: new, empty, or with an older capture, which goes.
pub(super) fn prepare_out(path: &Utf8Path) -> Result<Lock, CaptureError> {
    fs::create_dir_all(path).map_err(io("create", path))?;
    let lock = lock_directory(path)?;
    let mut entries = path.read_dir_utf8().map_err(io("read", path))?;
    if entries.next().is_none() {
        return Ok(lock);
    }
    let Ok(old) = open::open(path) else { return Err(CaptureError::Foreign { path: path.to_owned() }) };
    for build in old.manifest().builds.iter().filter(|build| build.symbols.is_some()) {
        let file = path.join(&build.variant).join(SYMBOLS);
        if file.is_file() {
            fs::remove_file(&file).map_err(io("remove", &file))?;
        }
    }
    for run in &old.manifest().runs {
        let directory = path.join(&run.dir);
        if directory.is_dir() {
            fs::remove_dir_all(&directory).map_err(io("remove", &directory))?;
        }
    }
    Ok(lock)
}

/// Writes the manifest so that a reader sees the old one or the new one, never a part.
pub(super) fn write_manifest(root: &Utf8Path, manifest: &Manifest) -> Result<(), CaptureError> {
    let path = root.join(MANIFEST);
    let write = || -> std::io::Result<()> {
        let mut text = serde_json::to_vec_pretty(manifest)?;
        text.push(b'\n');
        let mut file = tempfile::NamedTempFile::new_in(root)?;
        // A temporary file is its owner's alone, but a CI collects captures as someone else.
        file.as_file().set_permissions(Permissions::from_mode(0o644))?;
        file.write_all(&text)?;
        file.as_file().sync_data()?;
        file.persist(&path)?;
        Ok(())
    };
    write().map_err(io("write", &path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> (tempfile::TempDir, Store) {
        let directory = tempfile::tempdir().expect("a directory");
        let root = Utf8PathBuf::try_from(directory.path().to_owned()).expect("a name in UTF-8");
        let store = Store::below(&root).expect("a store");
        (directory, store)
    }

    #[test]
    fn only_the_newest_captures_of_the_same_scenario_stay() {
        let (_directory, store) = store();
        for n in 1..=4 {
            store.new_run("leak", &format!("2026010{n}T000000.000Z")).expect("a run");
        }
        store.new_run("leak-repro", "20250101T000000.000Z").expect("a run");
        store.rotate("leak", 2).expect("rotates");
        let mut left: Vec<String> = store
            .runs()
            .read_dir_utf8()
            .expect("reads")
            .flatten()
            .map(|e| e.file_name().to_owned())
            .collect();
        left.sort();
        assert_eq!(
            left,
            [
                "latest-leak",
                "latest-leak-repro",
                "leak-20260103T000000.000Z",
                "leak-20260104T000000.000Z",
                "leak-repro-20250101T000000.000Z"
            ]
        );
        assert!(store.latest("leak").is_some_and(|path| path.as_str().ends_with("20260104T000000.000Z")));
    }

    #[test]
    fn a_directory_of_somebody_else_is_no_capture_whatever_its_name() {
        let (_directory, store) = store();
        for name in [
            "leak-2026010é-of-mine-copied",
            "leak-20260101",
            "leak-\u{1F980}\u{1F980}\u{1F980}\u{1F980}\u{1F980}",
        ] {
            fs::create_dir(store.runs().join(name)).expect("made");
        }
        let ours = store.new_run("leak", "20260102T000000.000Z").expect("a run");
        assert_eq!(store.captures("leak").expect("listed"), [ours]);
    }

    #[test]
    fn two_processes_cannot_have_one_scenario() {
        let (_directory, store) = store();
        let first = store.lock("leak").expect("free");
        assert!(matches!(store.lock("leak"), Err(CaptureError::Busy { .. })));
        assert!(store.lock("other").is_ok());
        drop(first);
        assert!(store.lock("leak").is_ok());
    }

    #[test]
    fn a_directory_that_someone_writes_is_neither_taken_nor_rotated_away() {
        let (_directory, store) = store();
        let first = store.new_run("leak", "20260101T000000.000Z").expect("a run");
        store.new_run("leak", "20260102T000000.000Z").expect("a run");
        let lock = prepare_out(&first).expect("empty");
        assert!(matches!(prepare_out(&first), Err(CaptureError::Busy { .. })));
        store.rotate("leak", 1).expect("rotates");
        assert!(first.is_dir());
        drop(lock);
        store.rotate("leak", 1).expect("rotates");
        assert!(!first.is_dir());
    }

    #[test]
    fn captures_of_the_same_moment_get_names_of_their_own() {
        let (_directory, store) = store();
        let first = store.new_run("leak", "20260101T000000.000Z").expect("a run");
        assert_ne!(store.new_run("leak", "20260101T000000.000Z").expect("a run"), first);
    }

    #[test]
    fn a_directory_with_other_things_is_not_taken() {
        let directory = tempfile::tempdir().expect("a directory");
        let root = Utf8PathBuf::try_from(directory.path().to_owned()).expect("a name in UTF-8");
        fs::write(root.join("thesis.txt"), "years of work").expect("writes");
        assert!(matches!(prepare_out(&root), Err(CaptureError::Foreign { .. })));
        assert!(root.join("thesis.txt").exists());
    }
}
