//! Reading a capture back: the manifest, and files that are what it says.

use std::io::{ErrorKind, Read as _};

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};
use serde::de::IgnoredAny;

use super::error::{CaptureError, io};
use super::manifest::{
    AsanRecord, BuildRecord, CoverRecord, DebugRun, FileRecord, MANIFEST_FORMAT, Manifest, RunRecord,
};
use super::map::FileBytes;

/// Name of the manifest within a capture.
pub(super) const MANIFEST: &str = "manifest.json";
/// Name of the accepted baseline as it was, within a capture.
pub(super) const BASELINE: &str = "baseline.toml";
/// Name of what was asked of the builds, within a capture.
pub(super) const LAB: &str = "lab.json";
/// Name of a variant's symbols, in the variant's directory.
pub(super) const SYMBOLS: &str = "symbols.elf.gz";
/// Name of the profile of the run whose code is counted, in that run's directory.
pub const COVER_PROFILE: &str = "cover.out";
/// In how many bytes a manifest has shown whose it is.
const BEGINNING: usize = 200;

/// A capture directory that was read.
#[derive(Debug)]
pub struct CaptureDir {
    root: Utf8PathBuf,
    manifest: Manifest,
}

/// Whether a path names a capture of ours, which may be damaged: its directory, or its manifest.
#[must_use]
pub fn is_capture(path: &Utf8Path) -> bool {
    let manifest = if path.is_file() { path.to_owned() } else { path.join(MANIFEST) };
    let begins = || beginning(&manifest).is_ok_and(|bytes| begins_as_ours(&bytes));
    manifest.is_file() && (manifest.file_name() == Some(MANIFEST) || begins())
}

/// Enough of a file to tell what it is.
fn beginning(path: &Utf8Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(BEGINNING as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Reads the manifest of the capture in `root`.
///
/// # Errors
/// When there is none, it is damaged, or a newer harness wrote it.
pub fn open(root: &Utf8Path) -> Result<CaptureDir, CaptureError> {
    let path = root.join(MANIFEST);
    match (path.is_file(), root.exists()) {
        (true, _) => open_file(&path),
        (false, true) => Err(no_capture(root, "it has no `manifest.json`")),
        (false, false) => Err(no_capture(root, "it is not there")),
    }
}

/// Reads the capture that somebody names, by its directory or by its manifest.
///
/// # Errors
/// See [`open`].
pub fn open_named(path: &Utf8Path) -> Result<CaptureDir, CaptureError> {
    if path.is_file() { open_file(path) } else { open(path) }
}

/// Reads a manifest, whatever it is called; its capture is the directory that it lies in.
///
/// # Errors
/// See [`open`].
fn open_file(path: &Utf8Path) -> Result<CaptureDir, CaptureError> {
    let bytes = std::fs::read(path).map_err(io("read", path))?;
    if !is_manifest(path, &bytes) {
        let why = if bytes.is_empty() { "it is empty" } else { "it is no manifest of ours" };
        return Err(no_capture(path, why));
    }
    let manifest = parse(path, &bytes)?;
    Ok(CaptureDir { root: path.parent().unwrap_or(path).to_owned(), manifest })
}

/// Whether a file is, or was, a manifest of ours: a whole one is told by its keys, in whatever order somebody's tool has
/// put them, a damaged one by its name or its beginning. Others call their files `manifest.json`, too.
fn is_manifest(path: &Utf8Path, bytes: &[u8]) -> bool {
    #[derive(serde::Deserialize)]
    struct Keys {
        #[serde(rename = "format")]
        _format: IgnoredAny,
        #[serde(rename = "harness")]
        _harness: IgnoredAny,
    }
    begins_as_ours(bytes)
        || serde_json::from_slice::<Keys>(bytes).is_ok()
        || (path.file_name() == Some(MANIFEST) && serde_json::from_slice::<IgnoredAny>(bytes).is_err())
}

fn begins_as_ours(bytes: &[u8]) -> bool {
    let beginning = String::from_utf8_lossy(bytes.get(..BEGINNING).unwrap_or(bytes));
    beginning.trim_start().starts_with('{')
        && ["\"format\"", "\"harness\""].iter().all(|key| beginning.contains(key))
}

/// Says what would be one, as far as the surroundings tell.
fn no_capture(path: &Utf8Path, why: &'static str) -> CaptureError {
    let begins = |dir: &&Utf8Path| beginning(&dir.join(MANIFEST)).is_ok_and(|bytes| begins_as_ours(&bytes));
    let hint = match path.ancestors().skip(1).find(begins) {
        Some(dir) => format!("it belongs to the capture `{dir}`: name that"),
        None if path.extension() == Some("toml") => format!("a scenario is run by `harness run {path}`"),
        None => {
            "name a capture's directory or its `manifest.json`: captures lie in `.harness/runs`, or where \
                 `--out` put them"
                .to_owned()
        }
    };
    CaptureError::NoCapture { path: path.to_owned(), why, hint }
}

/// The format is looked at first: a newer manifest need not fit the types of this one.
fn parse(path: &Utf8Path, bytes: &[u8]) -> Result<Manifest, CaptureError> {
    #[derive(serde::Deserialize)]
    struct Versioned {
        format: u32,
    }
    let refuse = |error: serde_json::Error| CaptureError::Manifest {
        path: path.to_owned(),
        message: error.to_string(), // ends with line and column
    };
    let Versioned { format } = serde_json::from_slice(bytes).map_err(refuse)?;
    if format > MANIFEST_FORMAT {
        return Err(CaptureError::Format { path: path.to_owned(), found: format, expected: MANIFEST_FORMAT });
    }
    let manifest: Manifest = serde_json::from_slice(bytes).map_err(refuse)?;
    match strays(&manifest) {
        None => Ok(manifest),
        Some(stray) => {
            let message = format!("`{stray}` is not a path within the capture");
            Err(CaptureError::Manifest { path: path.to_owned(), message })
        }
    }
}

/// A path that leads out of the capture. A capture may come from anywhere, and its directories are read and, with
/// `--out`, removed.
fn strays(manifest: &Manifest) -> Option<&Utf8Path> {
    let of_builds = manifest.builds.iter().flat_map(|build| {
        let file = build.symbols.as_ref().map(|file| file.name.as_str());
        file.into_iter().chain(build.symbols.as_ref().map(|_| build.variant.as_str())).map(Utf8Path::new)
    });
    let of_runs = manifest.runs.iter().flat_map(|run| {
        let files = run.files.iter().map(|file| Utf8Path::new(&file.name));
        std::iter::once(run.dir.as_path()).chain(files)
    });
    let sanitized = manifest.builds.iter().filter_map(|build| match &build.asan {
        Some(AsanRecord::Ran(run)) => Some(run),
        _ => None,
    });
    let covered = manifest.builds.iter().filter_map(|build| match &build.cover {
        Some(CoverRecord::Ran(run)) => Some(run),
        _ => None,
    });
    let of_others = sanitized.chain(covered).flat_map(|run| {
        let files = run.files.iter().map(|file| Utf8Path::new(&file.name));
        std::iter::once(run.dir.as_path()).chain(files)
    });
    let of_debug = match &manifest.debug {
        Some(DebugRun::Made { variant, file }) => vec![Utf8Path::new(variant), Utf8Path::new(&file.name)],
        _ => Vec::new(),
    };
    of_builds.chain(of_runs).chain(of_others).chain(of_debug).find(|path| !is_within(path))
}

fn is_within(path: &Utf8Path) -> bool {
    !path.as_str().is_empty() && path.components().all(|part| matches!(part, Utf8Component::Normal(_)))
}

impl CaptureDir {
    /// Where it lies.
    #[must_use]
    pub fn root(&self) -> &Utf8Path {
        &self.root
    }

    /// What it held, for whoever wants nothing else of it.
    #[must_use]
    pub fn into_manifest(self) -> Manifest {
        self.manifest
    }

    /// What it holds.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The accepted baseline's text as it was when the capture was made.
    ///
    /// # Errors
    /// When it is there and cannot be read.
    pub fn baseline(&self) -> Result<Option<String>, CaptureError> {
        let path = self.root.join(BASELINE);
        if !path.exists() {
            return Ok(None);
        }
        std::fs::read_to_string(&path).map(Some).map_err(io("read", &path))
    }

    /// A file of a run, checked against the size and hash that were recorded; `None` if the run left no
    /// such file.
    ///
    /// # Errors
    /// When the file is gone, cannot be read, or is not what was recorded.
    pub fn read(&self, run: &RunRecord, name: &str) -> Result<Option<FileBytes>, CaptureError> {
        let Some(record) = run.files.iter().find(|file| file.name == name) else { return Ok(None) };
        checked(&self.root.join(&run.dir).join(name), record).map(Some)
    }

    /// What the repeat under the debugger showed, checked as [`CaptureDir::read`] does; `None` if there was none.
    ///
    /// # Errors
    /// See [`CaptureDir::read`].
    pub fn debug(&self) -> Result<Option<FileBytes>, CaptureError> {
        let Some(DebugRun::Made { variant, file }) = &self.manifest.debug else { return Ok(None) };
        checked(&self.root.join(variant).join(&file.name), file).map(Some)
    }

    /// A variant's symbols: a gzipped ELF file, checked as [`CaptureDir::read`] does; `None` if none were kept.
    ///
    /// # Errors
    /// See [`CaptureDir::read`].
    pub fn symbols(&self, build: &BuildRecord) -> Result<Option<FileBytes>, CaptureError> {
        let Some(record) = &build.symbols else { return Ok(None) };
        checked(&self.root.join(&build.variant).join(&record.name), record).map(Some)
    }

    /// What was asked of the builds, a document of the build lab; `None` if nothing was.
    ///
    /// # Errors
    /// See [`CaptureDir::read`].
    pub fn lab(&self) -> Result<Option<FileBytes>, CaptureError> {
        let Some(record) = &self.manifest.lab else { return Ok(None) };
        checked(&self.root.join(LAB), record).map(Some)
    }
}

fn checked(path: &Utf8Path, record: &FileRecord) -> Result<FileBytes, CaptureError> {
    let path = path.to_owned();
    let expected = format!("{} bytes with BLAKE3 {}", record.size, record.hash);
    let bytes = match FileBytes::open(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(CaptureError::Damaged { path, expected, found: "no such file".to_owned() });
        }
        Err(error) => return Err(io("read", &path)(error)),
    };
    let found = format!("{} bytes with BLAKE3 {}", bytes.len(), blake3::hash(&bytes).to_hex());
    if found != expected {
        return Err(CaptureError::Damaged { path, expected, found });
    }
    Ok(bytes)
}
