//! A directory's files by content.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;

use camino::{Utf8Path, Utf8PathBuf};

use super::BuildError;

/// Digests of files, by their paths in the directory.
pub type Tree = BTreeMap<Utf8PathBuf, String>;

/// Reads all files below `dir`; none if there is no such directory.
pub(super) fn tree(dir: &Utf8Path) -> Result<Tree, BuildError> {
    let mut files = Tree::new();
    let mut left = if dir.is_dir() { vec![dir.to_owned()] } else { Vec::new() };
    while let Some(next) = left.pop() {
        for entry in next.read_dir_utf8().map_err(BuildError::file("read", &next))? {
            let entry = entry.map_err(BuildError::file("read", &next))?;
            let path = entry.into_path();
            let is_link = path.is_symlink();
            if path.is_dir() && !is_link {
                left.push(path);
                continue;
            }
            // The go command reads files that links stand for, and goes into no directory through one.
            let digest = if path.is_file() { digest(&path)? } else { "no file".to_owned() };
            files.insert(path.strip_prefix(dir).unwrap_or(&path).to_owned(), digest);
        }
    }
    Ok(files)
}

pub(super) fn digest(path: &Utf8Path) -> Result<String, BuildError> {
    let mut file = fs::File::open(path).map_err(BuildError::file("read", path))?;
    let mut hasher = blake3::Hasher::new();
    let mut buffer = vec![0; 64 << 10];
    loop {
        match file.read(&mut buffer).map_err(BuildError::file("read", path))? {
            0 => return Ok(hasher.finalize().to_hex().to_string()),
            n => hasher.update(buffer.get(..n).unwrap_or_default()),
        };
    }
}

/// Number of the first line in which two files differ; `None` if one cannot be read or is not text.
pub(super) fn first_difference(one: &Utf8Path, other: &Utf8Path) -> Option<u32> {
    let (one, other) = (fs::read_to_string(one).ok()?, fs::read_to_string(other).ok()?);
    let (mut ours, mut theirs) = (one.split('\n'), other.split('\n'));
    let mut line = 1;
    loop {
        match (ours.next(), theirs.next()) {
            (None, None) => return None,
            (a, b) if a != b => return Some(line),
            _ => line += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_known_by_path_and_content_and_links_by_what_they_stand_for() {
        let dir = tempfile::tempdir().expect("temporary");
        let dir = Utf8Path::from_path(dir.path()).expect("utf-8");
        fs::create_dir_all(dir.join("a/b")).expect("made");
        fs::write(dir.join("a/b/x.go"), "package b").expect("written");
        std::os::unix::fs::symlink(dir.join("a/b/x.go"), dir.join("link.go")).expect("linked");
        std::os::unix::fs::symlink(dir.join("a"), dir.join("dir")).expect("linked");
        let read = tree(dir).expect("read");
        let paths: Vec<&str> = read.keys().map(|path| path.as_str()).collect();
        assert_eq!(paths, ["a/b/x.go", "dir", "link.go"]);
        let digest = |path: &str| read.get(Utf8Path::new(path)).map(String::as_str);
        assert_eq!(digest("a/b/x.go"), digest("link.go"));
        assert_eq!(digest("dir"), Some("no file"));
        assert_eq!(tree(&dir.join("gone")).expect("read"), Tree::new());
    }

    #[test]
    fn the_first_line_that_differs_is_told() {
        let dir = tempfile::tempdir().expect("temporary");
        let dir = Utf8Path::from_path(dir.path()).expect("utf-8");
        let (one, other) = (dir.join("one"), dir.join("other"));
        fs::write(&one, "a\nb\nc\n").expect("written");
        for (text, line) in [("a\nb\nc\n", None), ("a\nx\nc\n", Some(2)), ("a\nb\nc", Some(4)), ("", Some(1))]
        {
            fs::write(&other, text).expect("written");
            assert_eq!(first_difference(&one, &other), line, "{text:?}");
        }
    }
}
