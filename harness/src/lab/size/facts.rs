//! Contents of a file -> facts that add up to its size.

use std::collections::BTreeMap;

use super::sort;
use super::{Record, Whole};
use crate::format::binary::{Contents, FileFormat, Piece, PieceKind};
use crate::model::lab::size::{
    ClassSize, NameSource, PackageSize, PartSize, SectionSize, SizeClass, SizeFacts, SymbolSize,
};
use crate::model::{Bytes, ModuleTable};

/// Functions and variables that go into a document.
pub(super) const KEPT: usize = 100;

/// Functions and variables of one name, which are several where the linker made them of type parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named {
    pub name: String,
    pub size: u64,
    pub code: bool,
}

/// What a record comes to.
pub(super) fn whole(record: &Record) -> Whole {
    let (contents, names) = named(record);
    let mut sums = Sums::new(&record.modules);
    for piece in &contents.pieces {
        sums.piece(piece);
    }
    sums.ranges(&contents);
    let total = contents.layout.ranges.iter().map(|range| range.size).sum();
    let symbols = sums.symbols();
    let shown = symbols.iter().take(KEPT);
    let facts = SizeFacts {
        total: Bytes(total),
        format: format(contents.layout.format).to_owned(),
        names,
        classes: sums.classes(),
        sections: sections(&contents),
        packages: sums.packages(),
        symbols: shown
            .map(|named| SymbolSize { name: named.name.clone(), size: Bytes(named.size), code: named.code })
            .collect(),
        n_symbols: symbols.len() as u64,
    };
    Whole { facts, symbols }
}

fn format(format: FileFormat) -> &'static str {
    match format {
        FileFormat::Elf => "ELF",
        FileFormat::MachO => "Mach-O",
        FileFormat::Pe => "PE",
        FileFormat::Wasm => "WebAssembly",
        FileFormat::Unknown => "unknown",
    }
}

/// The contents, with names of the twin if they have none.
fn named(record: &Record) -> (Contents, NameSource) {
    let mut contents = record.contents.clone();
    if contents.has_symbols {
        return (contents, NameSource::File);
    }
    if let Some(twin) = &record.twin
        && contents.take_names_of(twin)
    {
        return (contents, NameSource::Twin);
    }
    let is_there = !contents.functions.functions.is_empty();
    (contents, if is_there { NameSource::FunctionTable } else { NameSource::None })
}

fn sections(contents: &Contents) -> Vec<SectionSize> {
    let mut sizes: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for range in &contents.layout.ranges {
        let (size, inflated) = sizes.entry(&range.name).or_default();
        *size += range.size;
        *inflated = inflated.saturating_add(range.inflated);
    }
    let section = |(name, (size, inflated)): (&str, (u64, u64))| SectionSize {
        name: name.to_owned(),
        size: Bytes(size),
        inflated: Some(Bytes(inflated)).filter(|_| inflated != size),
    };
    let mut sections: Vec<SectionSize> = sizes.into_iter().map(section).collect();
    sections.sort_by(|a, b| b.size.cmp(&a.size).then_with(|| a.name.cmp(&b.name)));
    sections
}

/// Sums that grow piece by piece.
struct Sums<'a> {
    modules: &'a ModuleTable,
    classes: BTreeMap<(SizeClass, Option<String>), BTreeMap<String, u64>>,
    packages: BTreeMap<String, PackageSize>,
    symbols: BTreeMap<(String, bool), u64>,
    /// Bytes of each range of the layout that have a name.
    named: BTreeMap<usize, u64>,
}

impl<'a> Sums<'a> {
    fn new(modules: &'a ModuleTable) -> Self {
        let (classes, packages, symbols, named) = Default::default();
        Self { modules, classes, packages, symbols, named }
    }

    fn piece(&mut self, piece: &Piece) {
        *self.named.entry(piece.range).or_default() += piece.size;
        let code = matches!(piece.kind, PieceKind::Function | PieceKind::Foreign);
        *self.symbols.entry((piece.name.to_string(), code)).or_default() += piece.size;
        if matches!(piece.kind, PieceKind::Foreign | PieceKind::ForeignData) {
            return self.part(SizeClass::Cgo, None, if code { "code" } else { "data" }, piece.size);
        }
        if let Some((class, part)) = sort::symbol(&piece.name).filter(|_| !code) {
            return self.part(class, None, part, piece.size);
        }
        let package = sort::package(&piece.name);
        let (class, module) = sort::owner(&package, self.modules);
        self.part(class, module, if code { "code" } else { "data" }, piece.size);
        let sums = self.packages.entry(package).or_insert_with_key(|package| PackageSize {
            package: package.clone(),
            class,
            code: Bytes(0),
            data: Bytes(0),
            tables: Bytes(0),
        });
        sums.tables += Bytes(piece.tables);
        *if code { &mut sums.code } else { &mut sums.data } += Bytes(piece.size);
    }

    fn part(&mut self, class: SizeClass, module: Option<String>, part: &str, size: u64) {
        let parts = self.classes.entry((class, module)).or_default();
        *parts.entry(part.to_owned()).or_default() += size;
    }

    /// What has no name: whole sections, and what is left of others.
    fn ranges(&mut self, contents: &Contents) {
        for (idx, range) in contents.layout.ranges.iter().enumerate() {
            let mut left = range.size.saturating_sub(self.named.get(&idx).copied().unwrap_or(0));
            if contents.table_range == Some(idx) {
                for (part, size) in &contents.functions.parts {
                    let size = (*size).min(left);
                    left -= size;
                    self.part(SizeClass::Runtime, None, &format!("function table: {part}"), size);
                }
            }
            let is_named = left < range.size && self.named.contains_key(&idx);
            let (class, part) = sort::section(&range.name);
            let part = if is_named { format!("{part}, without a name") } else { part.to_owned() };
            if left > 0 {
                self.part(class, None, &part, left);
            }
        }
    }

    fn classes(&self) -> Vec<ClassSize> {
        let class = |((class, module), parts): (&(SizeClass, Option<String>), &BTreeMap<String, u64>)| {
            let mut parts: Vec<PartSize> = parts
                .iter()
                .map(|(name, size)| PartSize { name: name.clone(), size: Bytes(*size) })
                .collect();
            parts.sort_by(|a, b| b.size.cmp(&a.size).then_with(|| a.name.cmp(&b.name)));
            let size = parts.iter().map(|part| part.size).sum();
            ClassSize { class: *class, module: module.clone(), size, parts }
        };
        let mut classes: Vec<ClassSize> = self.classes.iter().map(class).collect();
        classes.sort_by(|a, b| b.size.cmp(&a.size).then_with(|| a.words().cmp(&b.words())));
        classes
    }

    fn packages(&self) -> Vec<PackageSize> {
        let mut packages: Vec<PackageSize> = self.packages.values().cloned().collect();
        packages.sort_by(|a, b| b.own().cmp(&a.own()).then_with(|| a.package.cmp(&b.package)));
        packages
    }

    fn symbols(&self) -> Vec<Named> {
        let named = |((name, code), size): (&(String, bool), &u64)| Named {
            name: name.clone(),
            size: *size,
            code: *code,
        };
        let mut symbols: Vec<Named> = self.symbols.iter().map(named).collect();
        symbols.sort_by(|a, b| b.size.cmp(&a.size).then_with(|| a.name.cmp(&b.name)));
        symbols
    }
}
