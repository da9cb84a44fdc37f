//! Go sources that the harness carries in itself, and the cache directory they are written to.
//!
//! The cache is keyed by content: a newer harness never meets an older one's files, and two that
//! run at once write the same bytes.

use std::fs;
use std::time::{Duration, SystemTime};

use camino::{Utf8Path, Utf8PathBuf};

use super::error::BuildError;

/// A source file: name and text.
pub(super) type Source = (&'static str, &'static str);

macro_rules! sources {
    ($dir:literal: $($name:literal),+ $(,)?) => {
        &[ $( ($name, include_str!(concat!("../../go/", $dir, "/", $name))) ),+ ]
    };
}

/// Package `harnessprobe`.
pub(super) const PROBE: &[Source] = sources!["probe":
    "aftergc.go", "checkpoint.go", "clock.go", "config.go", "coverage.go", "doc.go", "exit.go",
    "exitsignal_bsd.go", "exitsignal_linux.go", "goroutines.go", "heapdump.go", "hit.go",
    "memprofile.go", "memrecord_bytes.go", "memrecord_size.go", "metrics.go", "names.go",
    "open_other.go", "open_unix.go", "planted.go", "process_linux.go", "process_other.go",
    "records.go", "signals_other.go", "signals_unix.go", "stacks.go", "start.go", "stderr.go",
    "tests.go", "trace.go", "worker.go",
];

/// What package testing gets in a test binary.
pub(super) const RUNNER: &[Source] = sources!["runner": "harness_runner.go"];

/// A further file of package `harnessprobe` in a program that is built with `-cover`.
pub(super) const COVERED: &[Source] = sources!["covered": "covered.go"];

/// The program that changes copies of sources, and answers questions about them.
pub(super) const INSTRUMENT: &[Source] = sources!["instrument":
    "constraint.go", "cover.go", "files.go", "go.mod", "golist.go", "heapdump.go", "hook.go", "listen.go", "main.go",
    "name.go", "near.go", "propose.go", "rawcalls.go", "signs.go", "sketch.go", "survey.go", "testing.go",
    "values.go", "walk.go",
];

/// Hash of a set of sources, short enough for a directory's name.
pub(super) fn key(sources: &[Source]) -> String {
    let mut hasher = blake3::Hasher::new();
    for (name, text) in sources {
        // Lengths keep a file's end from being taken for the next one's name.
        hasher.update(&(name.len() as u64).to_le_bytes());
        hasher.update(name.as_bytes());
        hasher.update(&(text.len() as u64).to_le_bytes());
        hasher.update(text.as_bytes());
    }
    hasher.finalize().to_hex()[..16].to_owned()
}

/// Writes `sources` under `cache`, once per content, and returns their directory.
///
/// # Errors
/// When the cache cannot be written.
pub(super) fn unpack(cache: &Utf8Path, name: &str, sources: &[Source]) -> Result<Utf8PathBuf, BuildError> {
    let dir = cache.join("sources").join(format!("{name}-{}", key(sources)));
    fs::create_dir_all(&dir).map_err(BuildError::file("create", &dir))?;
    for (name, text) in sources {
        write_if_changed(&dir.join(name), text.as_bytes())?;
    }
    Ok(dir)
}

/// Writes a file by renaming, and leaves one of the same content alone, so that the go command
/// sees no change where there is none.
///
/// # Errors
/// When it cannot be written.
pub(super) fn write_if_changed(path: &Utf8Path, content: &[u8]) -> Result<(), BuildError> {
    if fs::read(path).is_ok_and(|there| there == content) {
        return settle(path, content);
    }
    let write = || {
        let dir = path.parent().unwrap_or(path);
        fs::create_dir_all(dir)?;
        let mut file = tempfile::NamedTempFile::new_in(dir)?;
        std::io::Write::write_all(&mut file, content)?;
        file.as_file().set_modified(settled_time(content))?;
        file.persist(path).map_err(|error| error.error)
    };
    write().map(drop).map_err(BuildError::file("write", path))
}

/// Gives a file that another program wrote the time that goes with its content.
///
/// # Errors
/// When it cannot be read or changed.
pub(super) fn settle_file(path: &Utf8Path) -> Result<(), BuildError> {
    let content = fs::read(path).map_err(BuildError::file("read", path))?;
    settle(path, &content)
}

fn settle(path: &Utf8Path, content: &[u8]) -> Result<(), BuildError> {
    let settle = || {
        let time = settled_time(content);
        if fs::metadata(path)?.modified()? == time {
            return Ok(());
        }
        fs::File::options().append(true).open(path)?.set_modified(time)
    };
    settle().map_err(BuildError::file("change the time of", path))
}

/// A modification time in the past that follows from the content.
///
/// The go command keeps an index of each package by the names, times and sizes of its files. One
/// younger than two seconds is not indexed, and Go 1.23 then looks for an overlaid package of the
/// standard library on the disk only ("is not in std"). One time for all contents would let the
/// index of an older file of the same size be taken for a newer one's.
fn settled_time(content: &[u8]) -> SystemTime {
    const YEAR_2001: u64 = 978_307_200;
    const TWENTY_YEARS: u32 = 20 * 365 * 24 * 3600;
    let hash = blake3::hash(content);
    let [a, b, c, d, ..] = *hash.as_bytes();
    let seconds = u32::from_le_bytes([a, b, c, d]) % TWENTY_YEARS;
    SystemTime::UNIX_EPOCH + Duration::from_secs(YEAR_2001 + u64::from(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Files of a Go directory, without its tests.
    fn files_in(dir: &str) -> Vec<String> {
        let dir = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("go").join(dir);
        let entries = dir.read_dir_utf8().expect("directory of Go sources");
        let mut names: Vec<String> = entries
            .map(|entry| entry.expect("entry").file_name().to_owned())
            .filter(|name| name == "go.mod" || name.ends_with(".go") && !name.ends_with("_test.go"))
            .collect();
        names.sort();
        names
    }

    fn names(sources: &[Source]) -> Vec<&'static str> {
        sources.iter().map(|(name, _)| *name).collect()
    }

    #[test]
    fn every_go_file_is_embedded() {
        assert_eq!(names(PROBE), files_in("probe"));
        assert_eq!(names(COVERED), files_in("covered"));
        assert_eq!(names(INSTRUMENT), files_in("instrument"));
        assert_eq!(names(RUNNER), files_in("runner"));
    }

    #[test]
    fn key_tells_a_moved_boundary() {
        assert_ne!(key(&[("a", "b"), ("c", "d")]), key(&[("a", "bc"), ("", "d")]));
    }

    #[test]
    fn file_of_the_same_content_is_not_written_again() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let path = Utf8Path::from_path(dir.path()).expect("utf-8").join("sub/x.go");
        let inode = || std::os::unix::fs::MetadataExt::ino(&fs::metadata(&path).expect("there"));
        write_if_changed(&path, b"a").expect("written");
        let before = inode();
        write_if_changed(&path, b"a").expect("left");
        assert_eq!(inode(), before);
        write_if_changed(&path, b"b").expect("written");
        assert_eq!(fs::read(&path).expect("there"), b"b");
    }

    #[test]
    fn time_of_a_file_is_old_and_follows_from_its_content() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let path = Utf8Path::from_path(dir.path()).expect("utf-8").join("x.go");
        let modified = || fs::metadata(&path).expect("there").modified().expect("time");
        write_if_changed(&path, b"a").expect("written");
        let of_a = modified();
        assert!(of_a.elapsed().expect("in the past") > Duration::from_secs(3600));
        write_if_changed(&path, b"b").expect("written");
        assert_ne!(modified(), of_a);
        fs::write(&path, b"a").expect("written");
        assert_ne!(modified(), of_a);
        settle_file(&path).expect("settled");
        assert_eq!(modified(), of_a);
    }
}
