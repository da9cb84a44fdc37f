//! A module proxy in a directory: what `GOPROXY=file://…` reads (<https://go.dev/ref/mod#goproxy-protocol>).
//!
//! Modules are made up by the tests, so that no test needs a network. Zip files are stored, not compressed.

use std::fs;
use std::io::Write as _;

use anyhow::Result;
use camino::{Utf8Path, Utf8PathBuf};

/// The directory.
#[derive(Debug)]
pub struct Proxy {
    root: Utf8PathBuf,
}

impl Proxy {
    /// A proxy that knows no module.
    ///
    /// # Errors
    /// When the directory cannot be made.
    pub fn new(root: &Utf8Path) -> Result<Self> {
        fs::create_dir_all(root)?;
        Ok(Self { root: root.to_owned() })
    }

    /// Adds a version of a module: its go.mod after the `module` line, which `note` stands before, and its other files.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn add(
        &self,
        path: &str,
        version: &str,
        (note, rest): (&str, &str),
        files: &[(&str, &str)],
    ) -> Result<()> {
        let dir = self.root.join(path).join("@v");
        fs::create_dir_all(&dir)?;
        let go_mod = format!("{note}module {path}\n\ngo 1.23\n{rest}");
        fs::write(dir.join(format!("{version}.info")), format!("{{\"Version\":\"{version}\"}}"))?;
        fs::write(dir.join(format!("{version}.mod")), &go_mod)?;
        let all = [("go.mod", go_mod.as_str())].into_iter().chain(files.iter().copied());
        let all: Vec<(String, &str)> =
            all.map(|(name, text)| (format!("{path}@{version}/{name}"), text)).collect();
        fs::write(dir.join(format!("{version}.zip")), zip(&all))?;
        let mut list = fs::OpenOptions::new().create(true).append(true).open(dir.join("list"))?;
        Ok(writeln!(list, "{version}")?)
    }

    /// Variables under which the go command asks this proxy alone and keeps what it gets in `cache`.
    #[must_use]
    pub fn environment(&self, cache: &Utf8Path) -> [(&'static str, String); 4] {
        [
            ("GOPROXY", format!("file://{}", self.root)),
            ("GOSUMDB", "off".to_owned()),
            ("GOMODCACHE", cache.to_string()),
            ("GOFLAGS", "-modcacherw".to_owned()), // so that the directory can be removed
        ]
    }
}

/// A zip file of files that are not compressed (PKWARE's APPNOTE, 4.3.7, 4.3.12, 4.3.16).
fn zip(files: &[(String, &str)]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, text) in files {
        let offset = out.len() as u32;
        let (length, of_name) = (text.len() as u32, name.len() as u16);
        // Version 2.0, no flags, stored, 1980-01-01.
        let mut common = words(&[20, 0, 0, 0, 0x21]);
        common.extend(crc32(text.as_bytes()).to_le_bytes());
        common.extend([length, length].iter().flat_map(|word| word.to_le_bytes()));
        common.extend(words(&[of_name, 0]));
        out.extend([b"PK\x03\x04".as_slice(), &common, name.as_bytes(), text.as_bytes()].concat());
        directory.extend([b"PK\x01\x02".as_slice(), &words(&[20]), &common, &words(&[0, 0, 0])].concat());
        directory.extend([0_u32, offset].iter().flat_map(|word| word.to_le_bytes()));
        directory.extend(name.as_bytes());
    }
    let (n, at) = (files.len() as u16, out.len() as u32);
    let size = directory.len() as u32;
    out.extend(directory);
    out.extend([b"PK\x05\x06".as_slice(), &words(&[0, 0, n, n])].concat());
    out.extend([size, at].iter().flat_map(|word| word.to_le_bytes()));
    out.extend(words(&[0]));
    out
}

fn words(all: &[u16]) -> Vec<u8> {
    all.iter().flat_map(|word| word.to_le_bytes()).collect()
}

fn crc32(bytes: &[u8]) -> u32 {
    let step = |sum: u32, _: u32| if sum & 1 == 1 { sum >> 1 ^ 0xedb8_8320 } else { sum >> 1 };
    !bytes.iter().fold(u32::MAX, |sum, byte| (0..8).fold(sum ^ u32::from(*byte), step))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_is_that_of_the_specification() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }
}
