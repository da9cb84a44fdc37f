//! What the loader has to find before a program runs, and how the program's memory is protected.
//!
//! Input: bytes of the file. Output: [`Dynamic`]. Of ELF files all of it, of Mach-O and PE files libraries and what is
//! wanted of them. Must not say whether that is much or little.

use object::elf;
use object::read::elf::{ElfFile, FileHeader, ProgramHeader as _, Sym as _, VersionTable};
use object::{Object as _, ObjectKind, SymbolIndex};

use super::problems::Problems;
use crate::format::Problem;

/// More than any name has.
const MAX_NAME: usize = 1024;

/// What the loader has to find.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dynamic {
    /// The loader, `PT_INTERP`.
    pub interpreter: Option<String>,
    /// Libraries, in the order that they are looked for.
    pub needed: Vec<String>,
    /// Where they are looked for first: `DT_RPATH` and `DT_RUNPATH`.
    pub paths: Vec<String>,
    /// Functions and variables that are wanted of libraries.
    pub imports: Vec<Import>,
    /// There is a table of what the loader has to do.
    pub has_table: bool,
    /// How memory is protected; nothing where the format is not ELF.
    pub protection: Option<Protection>,
}

/// Something that is wanted of a library.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Import {
    /// Its name.
    pub name: String,
    /// The library that has the version, or that it is wanted of; empty if any may have it.
    pub library: String,
    /// `GLIBC_2.34`; empty if any will do.
    pub version: String,
    /// The program runs without it.
    pub is_weak: bool,
}

/// How an ELF program's memory is protected.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Protection {
    /// It can be loaded anywhere.
    pub pie: bool,
    /// What the loader has written cannot be written to afterwards: some of it, with `bind_now` all of it.
    pub relro: bool,
    /// All symbols are found before the program starts.
    pub bind_now: bool,
    /// Stacks are not executable.
    pub no_exec_stack: bool,
}

impl Dynamic {
    /// Reads what can be read. `file` names it in problems.
    #[must_use]
    pub fn read(file: &str, data: &[u8]) -> (Self, Vec<Problem>) {
        let mut problems = Problems::default();
        let mut dynamic = Self::default();
        match object::File::parse(data) {
            Ok(object::File::Elf64(elf)) => dynamic.elf(&elf, data, &mut problems),
            Ok(object::File::Elf32(elf)) => dynamic.elf(&elf, data, &mut problems),
            Ok(other) => dynamic.other(&other),
            Err(error) => problems.add(0, "binary", "an ELF, Mach-O or PE file", error.to_string()),
        }
        problems.name_file(file);
        (dynamic, problems.listed().to_vec())
    }

    fn elf<Elf: FileHeader>(&mut self, file: &ElfFile<'_, Elf>, data: &[u8], problems: &mut Problems) {
        let endian = file.endian();
        let mut protection = Protection { pie: file.kind() == ObjectKind::Dynamic, ..Protection::default() };
        for header in file.elf_program_headers() {
            match header.p_type(endian) {
                elf::PT_INTERP => {
                    self.interpreter = header.interpreter(endian, data).ok().flatten().map(lossy)
                }
                elf::PT_GNU_RELRO => protection.relro = true,
                elf::PT_GNU_STACK => protection.no_exec_stack = !header.p_flags(endian).contains(elf::PF_X),
                _ => {}
            }
        }
        match file.elf_dynamic_table() {
            Ok(table) => {
                self.has_table = !table.is_empty();
                for entry in table.iter() {
                    let text = || table.string(entry).ok().map(lossy);
                    match entry.tag {
                        elf::DT_NEEDED => self.needed.extend(text()),
                        elf::DT_RPATH | elf::DT_RUNPATH => self.paths.extend(text()),
                        elf::DT_BIND_NOW => protection.bind_now = true,
                        elf::DT_FLAGS => protection.bind_now |= entry.val & elf::DF_BIND_NOW.0 != 0,
                        elf::DT_FLAGS_1 => protection.bind_now |= entry.val & elf::DF_1_NOW.0 != 0,
                        _ => {}
                    }
                }
            }
            Err(error) => problems.add(0, "dynamic section", "its entries", error.to_string()),
        }
        self.protection = Some(protection);
        self.elf_imports(file, data, problems);
    }

    fn elf_imports<Elf: FileHeader>(
        &mut self,
        file: &ElfFile<'_, Elf>,
        data: &[u8],
        problems: &mut Problems,
    ) {
        let (endian, symbols) = (file.endian(), file.elf_dynamic_symbol_table());
        let versions: VersionTable<'_, Elf> = match file.elf_section_table().versions(endian, data) {
            Ok(versions) => versions.unwrap_or_default(),
            Err(error) => {
                problems.add(0, "versions of symbols", "their table", error.to_string());
                VersionTable::default()
            }
        };
        for (n, symbol) in
            symbols.iter().enumerate().skip(1).filter(|(_, symbol)| symbol.is_undefined(endian))
        {
            let Ok(name) = symbol.name(endian, symbols.strings()) else { continue };
            if name.is_empty() {
                continue;
            }
            let index = versions.version_index(endian, SymbolIndex(n)).index();
            let version = versions.version(index).ok().flatten();
            self.imports.push(Import {
                name: lossy(name),
                library: version.and_then(|version| version.file()).map(lossy).unwrap_or_default(),
                version: version.map(|version| lossy(version.name())).unwrap_or_default(),
                is_weak: symbol.is_weak(),
            });
        }
    }

    fn other(&mut self, file: &object::File<'_>) {
        let libraries = file.import_libraries().into_iter().flatten().filter_map(Result::ok);
        self.needed.extend(libraries.map(|library| lossy(library.name())));
        for import in file.imports().into_iter().flatten().filter_map(Result::ok) {
            let library = lossy(import.library());
            let name = match import.name() {
                object::read::NameOrOrdinal::Name(name) => lossy(name),
                object::read::NameOrOrdinal::Ordinal(number) => format!("#{number}"),
            };
            if !library.is_empty() && !self.needed.contains(&library) {
                self.needed.push(library.clone());
            }
            self.imports.push(Import { name, library, version: String::new(), is_weak: false });
        }
        self.has_table = !self.needed.is_empty();
    }
}

/// Names have ends, but in a damaged file many symbols could share one that is as long as the file.
fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(&bytes[..bytes.len().min(MAX_NAME)]).into_owned()
}
