//! A program's file as ranges that follow one another and add up to its size: headers, sections, what is between them.
//!
//! Input: bytes of an ELF, Mach-O, PE or WebAssembly file. Output: [`Layout`]. What cannot be read is one range, so
//! that the sum is right for any bytes. Must not look into sections.

use object::{BinaryFormat, Object as _, ObjectSection as _, ObjectSegment as _};

use crate::format::wire::Wire;

/// What kind of file a program is in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum FileFormat {
    /// Linux, the BSDs and others.
    Elf,
    /// macOS and iOS.
    MachO,
    /// Windows.
    Pe,
    /// WebAssembly.
    Wasm,
    /// None of them.
    #[default]
    Unknown,
}

/// A file, in the order of its bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layout {
    /// Its kind.
    pub format: FileFormat,
    /// Ranges that leave nothing out and do not overlap.
    pub ranges: Vec<FileRange>,
}

/// A part of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileRange {
    /// Name of the section, or what else it is (`padding`).
    pub name: String,
    /// Whether it is a section.
    pub is_section: bool,
    /// Where it begins.
    pub offset: u64,
    /// Bytes in the file.
    pub size: u64,
    /// Where it is loaded, if it is.
    pub address: Option<u64>,
    /// Bytes in the file's section when it is not compressed; `size` if it isn't.
    pub inflated: u64,
}

impl Layout {
    /// Takes a file apart.
    #[must_use]
    pub fn read(data: &[u8]) -> Self {
        if data.starts_with(b"\0asm") {
            return Self { format: FileFormat::Wasm, ranges: joined(wasm(data), data.len() as u64) };
        }
        let Ok(file) = object::File::parse(data) else {
            return Self { format: FileFormat::Unknown, ranges: joined(Vec::new(), data.len() as u64) };
        };
        let format = match file.format() {
            BinaryFormat::Elf => FileFormat::Elf,
            BinaryFormat::MachO => FileFormat::MachO,
            BinaryFormat::Pe => FileFormat::Pe,
            _ => FileFormat::Unknown,
        };
        let mut parts = sections(&file);
        parts.extend(tables(data, &file));
        Self { format, ranges: joined(parts, data.len() as u64) }
    }
}

fn sections(file: &object::File<'_>) -> Vec<FileRange> {
    let of = |section: object::Section<'_, '_>| {
        let (offset, size) = section.file_range().filter(|(_, size)| *size > 0)?;
        let name = section.name().unwrap_or("section without a name").to_owned();
        // What an ELF file does not load has no address; in a Mach-O file debug information has one.
        let address = Some(section.address()).filter(|address| *address > 0);
        let inflated = section.compressed_file_range().map_or(size, |range| range.uncompressed_size);
        Some(FileRange { name, is_section: true, offset, size, address, inflated })
    };
    file.sections().filter_map(of).collect()
}

/// What is in a file beside sections, where the format says it.
fn tables(data: &[u8], file: &object::File<'_>) -> Vec<FileRange> {
    match file.format() {
        BinaryFormat::Elf => elf_tables(data, file.is_64(), file.is_little_endian()).unwrap_or_default(),
        BinaryFormat::MachO => {
            let link_edit =
                file.segments().filter(|segment| segment.name().ok().flatten() == Some("__LINKEDIT"));
            let part = |segment: object::Segment<'_, '_>| {
                let (offset, size) = segment.file_range();
                plain("symbol table, relocations and signature (__LINKEDIT)", offset, size)
            };
            link_edit.map(part).collect()
        }
        BinaryFormat::Pe => pe_symbols(data).into_iter().collect(),
        _ => Vec::new(),
    }
}

fn plain(name: &str, offset: u64, size: u64) -> FileRange {
    FileRange { name: name.to_owned(), is_section: false, offset, size, address: None, inflated: size }
}

/// The file's header and its tables of segments and of sections.
fn elf_tables(data: &[u8], is_64: bool, is_little: bool) -> Option<Vec<FileRange>> {
    // Where a 32-bit and a 64-bit header have the places of both tables, and the sizes and numbers of entries.
    let (segments, sections, word, counts, header) =
        if is_64 { (32, 40, 8, 54, 64) } else { (28, 32, 4, 42, 52) };
    let field = |at: usize, len: usize| {
        let bytes = data.get(at..at + len)?;
        let ordered = |n: u64, byte: &u8| n << 8 | u64::from(*byte);
        Some(if is_little { bytes.iter().rev().fold(0, ordered) } else { bytes.iter().fold(0, ordered) })
    };
    let table =
        |name, at, n| Some(plain(name, field(at, word)?, field(n, 2)?.checked_mul(field(n + 2, 2)?)?));
    Some(vec![
        plain("ELF header", 0, header),
        table("table of segments", segments, counts)?,
        table("table of sections", sections, counts + 4)?,
    ])
}

/// The symbol table of a PE file, with its strings, which goes up to the end of the file.
fn pe_symbols(data: &[u8]) -> Option<FileRange> {
    let word = |at: usize| Some(u32::from_le_bytes(*data.get(at..)?.first_chunk()?));
    let header = usize::try_from(word(0x3c)?).ok()?.checked_add(4)?;
    let at = word(header.checked_add(8)?)?;
    (at > 0).then(|| {
        plain("symbol table and its strings", at.into(), (data.len() as u64).saturating_sub(at.into()))
    })
}

/// Sections of a WebAssembly module: a number, a length, and of custom ones a name.
fn wasm(data: &[u8]) -> Vec<FileRange> {
    const NAMES: [&str; 13] = [
        "custom",
        "type",
        "import",
        "function",
        "table",
        "memory",
        "global",
        "export",
        "start",
        "element",
        "code",
        "data",
        "data count",
    ];
    let mut wire = Wire::at(data, 8);
    let mut sections = vec![plain("module header", 0, 8)];
    while let (offset, Ok(id)) = (wire.pos() as u64, wire.byte()) {
        let Some(body) = wire.varint().ok().and_then(|len| wire.bytes(len).ok()) else { break };
        let custom = || {
            let mut wire = Wire::new(body);
            let name = wire.varint().and_then(|len| wire.bytes(len)).ok()?;
            Some(String::from_utf8_lossy(name.get(..name.len().min(64))?).into_owned())
        };
        let known = NAMES.get(usize::from(id)).copied().unwrap_or("unknown section");
        let name = if id == 0 { custom().unwrap_or_else(|| known.to_owned()) } else { known.to_owned() };
        let size = wire.pos() as u64 - offset;
        sections.push(FileRange { is_section: true, ..plain(&name, offset, size) });
    }
    sections
}

/// In order, cut where they overlap, and with what is between them.
fn joined(mut parts: Vec<FileRange>, total: u64) -> Vec<FileRange> {
    parts.sort_by_key(|part| (part.offset, !part.is_section));
    let mut ranges: Vec<FileRange> = Vec::with_capacity(parts.len());
    let mut end = 0;
    for mut part in parts {
        let part_end = part.offset.saturating_add(part.size).min(total);
        if part_end <= end {
            continue;
        }
        if part.offset > end {
            ranges.push(plain(if end == 0 { "headers" } else { "padding" }, end, part.offset - end));
        }
        if part.offset < end || part_end - part.offset < part.size {
            let cut = end.saturating_sub(part.offset);
            part.offset += cut;
            part.address = part.address.map(|address| address.saturating_add(cut));
            part.inflated = part_end - part.offset;
        }
        part.size = part_end - part.offset;
        end = part_end;
        ranges.push(part);
    }
    if end < total {
        ranges.push(plain(if end == 0 { "unreadable" } else { "behind the last section" }, end, total - end));
    }
    ranges
}
