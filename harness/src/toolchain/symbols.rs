//! Names for the globals of a heap dump: the probed binary's symbols and debug information, so that a capture can be
//! analysed where there is no such binary.
//!
//! Input: the probed binary, or where the user's flags took its symbols away, a twin that is linked from the same
//! objects without those flags. Output: a gzipped ELF file in which everything but headers, symbols and debug
//! information is zeros: offsets stay what they were, and zeros take no room. Must not name anything by a twin whose
//! data are laid out differently.

use std::fs::{self, File};
use std::io::Write;

use camino::{Utf8Path, Utf8PathBuf};
use flate2::Compression;
use flate2::write::GzEncoder;
use object::{Object, ObjectSection};

use super::built::SectionFacts;
use super::error::BuildError;

/// Sections that names and types are in.
const KEPT: &[&str] = &[".symtab", ".strtab", ".shstrtab", ".debug_", ".zdebug_", ".note."];
/// Sections that must be as large in the twin: globals are named by their place in them (linker of Go 1.23-1.27).
const COMPARED: &[&str] = &[".data", ".bss", ".noptrdata", ".noptrbss"];

/// The file with the names of the binary that has the hash `hash`, in `dir`.
pub(super) fn place(dir: &Utf8Path, hash: &str) -> Utf8PathBuf {
    dir.join(format!("symbols-{}.elf.gz", hash.get(..16).unwrap_or(hash)))
}

/// Why `twin` does not tell where the globals of `probed` lie, if it does not.
pub(super) fn differs(probed: &[u8], twin: &[u8]) -> Option<String> {
    let sizes = |data: &[u8]| -> Option<Vec<Option<u64>>> {
        let file = object::File::parse(data).ok()?;
        let size = |name: &&str| file.section_by_name(name).map(|section| section.size());
        Some(COMPARED.iter().map(size).collect())
    };
    match (sizes(probed), sizes(twin)) {
        (Some(ours), Some(theirs)) if ours == theirs => None,
        (Some(_), Some(_)) => {
            Some("the binary that was linked with symbols lays its data out differently".to_owned())
        }
        _ => Some("the binary is no ELF file".to_owned()),
    }
}

/// The sections of a binary that are loaded.
pub(super) fn sections(binary: &[u8]) -> Vec<SectionFacts> {
    let Ok(file) = object::File::parse(binary) else { return Vec::new() };
    let loaded = file.sections().filter(|section| section.address() > 0);
    let facts = loaded.filter_map(|section| {
        let name = section.name().ok()?.to_owned();
        Some(SectionFacts { name, address: section.address(), size: section.size() })
    });
    facts.collect()
}

/// Writes what names are made of to `place`, whole or not at all. The reason why there is nothing to write is no error.
///
/// # Errors
/// When the file cannot be written.
pub(super) fn write(binary: &[u8], place: &Utf8Path) -> Result<Option<String>, BuildError> {
    let Some(bare) = bare(binary) else {
        return Ok(Some("the binary is no ELF file".to_owned()));
    };
    let dir = place.parent().unwrap_or(place);
    let pack = || -> std::io::Result<()> {
        fs::create_dir_all(dir)?;
        let part = place.with_extension("part");
        let mut packer = GzEncoder::new(File::create(&part)?, Compression::fast());
        packer.write_all(&bare)?;
        packer.finish()?.sync_data()?;
        older(dir).try_for_each(fs::remove_file)?;
        fs::rename(&part, place)
    };
    pack().map_err(BuildError::file("write", place))?;
    Ok(None)
}

/// Names of earlier builds.
fn older(dir: &Utf8Path) -> impl Iterator<Item = Utf8PathBuf> {
    let entries = dir.read_dir_utf8().into_iter().flatten().flatten();
    entries.map(|entry| entry.into_path()).filter(|path| {
        let name = path.file_name().unwrap_or_default();
        name.starts_with("symbols-") && name.ends_with(".elf.gz")
    })
}

/// A copy with zeros where there is neither header, symbol nor debug information.
fn bare(binary: &[u8]) -> Option<Vec<u8>> {
    let file = object::File::parse(binary).ok()?;
    if file.format() != object::BinaryFormat::Elf {
        return None;
    }
    let mut bare = binary.to_vec();
    for section in file.sections() {
        let kept = section.name().is_ok_and(|name| KEPT.iter().any(|prefix| name.starts_with(prefix)));
        let range = section.file_range().filter(|_| !kept);
        let range = range.and_then(|(at, length)| {
            Some(usize::try_from(at).ok()?..usize::try_from(at.checked_add(length)?).ok()?)
        });
        if let Some(bytes) = range.and_then(|range| bare.get_mut(range)) {
            bytes.fill(0);
        }
    }
    Some(bare)
}

/// `words` of the linker without those that take symbols and debug information away.
pub(super) fn without_stripping(words: &[String]) -> Vec<String> {
    let strips = |word: &String| {
        let name = word.trim_start_matches('-');
        let name = name.split('=').next().unwrap_or(name);
        word.starts_with('-') && matches!(name, "s" | "w")
    };
    words.iter().filter(|word| !strips(word)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_that_strip_are_dropped_and_no_others() {
        let words = ["-s", "-w", "--w=1", "-X", "main.s=-s1", "-static"].map(str::to_owned);
        assert_eq!(without_stripping(&words), ["-X", "main.s=-s1", "-static"]);
    }

    #[test]
    fn what_is_no_elf_file_has_no_names() {
        for data in [&b""[..], b"MZ", b"\x7fELF\x02\x01\x01"] {
            assert!(bare(data).is_none());
            assert!(differs(data, data).is_some());
        }
    }
}
