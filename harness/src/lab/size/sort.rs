//! What a section, a symbol or a package counts as.

use crate::model::lab::size::SizeClass;
use crate::model::{ModuleTable, package_of};

/// What a section is for if nothing in it has a name. `None`: of its own name.
struct Rule {
    /// How its name begins.
    prefix: &'static str,
    class: SizeClass,
    part: Option<&'static str>,
}

const fn rule(prefix: &'static str, class: SizeClass, part: Option<&'static str>) -> Rule {
    Rule { prefix, class, part }
}

/// The first that fits. Names of ELF, Mach-O, PE and of Go's WebAssembly modules.
const SECTIONS: [Rule; 40] = [
    rule(".debug_", SizeClass::Debug, None),
    rule(".zdebug_", SizeClass::Debug, None),
    rule("__debug_", SizeClass::Debug, None),
    rule("__zdebug_", SizeClass::Debug, None),
    rule("__apple_", SizeClass::Debug, None),
    rule(".gnu_debug", SizeClass::Debug, None),
    rule(".symtab", SizeClass::Symbols, Some("symbol table")),
    rule(".strtab", SizeClass::Symbols, Some("names of symbols")),
    rule("symbol table", SizeClass::Symbols, None),
    rule("name", SizeClass::Symbols, Some("names of functions")),
    rule(".dyn", SizeClass::Symbols, Some("dynamic linking")),
    rule(".gnu.version", SizeClass::Symbols, Some("dynamic linking")),
    rule(".gnu.hash", SizeClass::Symbols, Some("dynamic linking")),
    rule(".hash", SizeClass::Symbols, Some("dynamic linking")),
    rule(".interp", SizeClass::Symbols, Some("dynamic linking")),
    rule(".rel", SizeClass::Symbols, Some("relocations")),
    rule(".plt", SizeClass::Symbols, Some("dynamic linking")),
    rule(".got", SizeClass::Symbols, Some("dynamic linking")),
    rule(".idata", SizeClass::Symbols, Some("dynamic linking")),
    rule("__symbol_stub", SizeClass::Symbols, Some("dynamic linking")),
    rule("__nl_symbol", SizeClass::Symbols, Some("dynamic linking")),
    rule(".gopclntab", SizeClass::Runtime, Some("pointer maps and other function data")),
    rule(".data.rel.ro.gopclntab", SizeClass::Runtime, Some("pointer maps and other function data")),
    rule("__gopclntab", SizeClass::Runtime, Some("pointer maps and other function data")),
    rule(".typelink", SizeClass::Runtime, Some("lists of types and interface tables")),
    rule(".itablink", SizeClass::Runtime, Some("lists of types and interface tables")),
    rule(".data.rel.ro.typelink", SizeClass::Runtime, Some("lists of types and interface tables")),
    rule(".data.rel.ro.itablink", SizeClass::Runtime, Some("lists of types and interface tables")),
    rule("__typelink", SizeClass::Runtime, Some("lists of types and interface tables")),
    rule("__itablink", SizeClass::Runtime, Some("lists of types and interface tables")),
    rule(".go.type", SizeClass::Runtime, Some("type descriptors")),
    rule(".go.func", SizeClass::Runtime, Some("function values")),
    rule(".go.", SizeClass::Runtime, Some("module data and build info")),
    rule("__go_", SizeClass::Runtime, Some("module data and build info")),
    rule(".note.go", SizeClass::Runtime, Some("module data and build info")),
    rule(".eh_frame", SizeClass::Cgo, Some("unwind tables")),
    rule(".init", SizeClass::Cgo, Some("start and end")),
    rule(".fini", SizeClass::Cgo, Some("start and end")),
    rule(".pdata", SizeClass::Runtime, Some("unwind tables")),
    rule(".xdata", SizeClass::Runtime, Some("unwind tables")),
];

/// Symbols that belong to no package.
const SYMBOLS: [Rule; 17] = [
    rule("type:.", SizeClass::Std, None), // a function that compares or hashes: see `package`
    rule("type:", SizeClass::Runtime, Some("type descriptors")),
    rule("typerel.", SizeClass::Runtime, Some("type descriptors")),
    rule("runtime.types", SizeClass::Runtime, Some("type descriptors")),
    rule("go:string.", SizeClass::Strings, Some("text")),
    rule("go:itab.", SizeClass::Runtime, Some("interface tables")),
    rule("go:func.", SizeClass::Runtime, Some("pointer maps and other function data")),
    rule("go:funcrel.", SizeClass::Runtime, Some("pointer maps and other function data")),
    rule("runtime.findfunctab", SizeClass::Runtime, Some("index of functions")),
    rule("go:funcdesc", SizeClass::Runtime, Some("function values")),
    rule("runtime.gcbits.", SizeClass::Runtime, Some("pointer maps of types and variables")),
    rule("runtime.gcdata", SizeClass::Runtime, Some("pointer maps of types and variables")),
    rule("runtime.gcbss", SizeClass::Runtime, Some("pointer maps of types and variables")),
    rule("runtime.itablink", SizeClass::Runtime, Some("lists of types and interface tables")),
    rule("go:", SizeClass::Runtime, Some("module data and build info")),
    rule("$f", SizeClass::Std, Some("floating-point constants")),
    rule("runtime.firstmoduledata", SizeClass::Runtime, Some("module data and build info")),
];

/// What a range of the file counts as where nothing in it has a name, and as which part.
pub(super) fn section(name: &str) -> (SizeClass, &str) {
    let found = SECTIONS.iter().find(|rule| name.starts_with(rule.prefix));
    found.map_or((SizeClass::Rest, name), |rule| (rule.class, rule.part.unwrap_or(name)))
}

/// What a symbol counts as that is of no package, and as which part.
pub(super) fn symbol(name: &str) -> Option<(SizeClass, &'static str)> {
    let rule = SYMBOLS.iter().find(|rule| name.starts_with(rule.prefix))?;
    Some((rule.class, rule.part?))
}

/// The package of a Go symbol, as its import path is written. A function that compares two values of a type is its package's,
/// and one without a package the runtime's.
pub(super) fn package(symbol: &str) -> String {
    let bare =
        ["type:.eq.", "type:.hash."].iter().find_map(|prefix| symbol.strip_prefix(prefix)).unwrap_or(symbol);
    let package = package_of(bare);
    if package.len() == bare.len() || package.is_empty() || package.contains([' ', '{', ']', '*']) {
        return "runtime".to_owned();
    }
    package.replace("%2e", ".").replace("%2d", "-")
}

/// What a package counts as, and of which module it is.
pub(super) fn owner(package: &str, modules: &ModuleTable) -> (SizeClass, Option<String>) {
    if package == "main" {
        return (SizeClass::Main, None);
    }
    if within(&modules.main, package) {
        return (SizeClass::Main, None);
    }
    // Import paths of the standard library have no dot in their first element.
    let is_domain = package.split('/').next().unwrap_or(package).contains('.');
    match is_domain || modules.dependencies.iter().any(|root| within(root, package)) {
        true => (SizeClass::Module, Some(module(package, modules))),
        false => (SizeClass::Std, None),
    }
}

fn within(root: &str, package: &str) -> bool {
    !root.is_empty()
        && package.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The module with the longest path that the package is in, or where it would be.
fn module(package: &str, modules: &ModuleTable) -> String {
    let longest =
        modules.dependencies.iter().filter(|root| within(root, package)).max_by_key(|root| root.len());
    longest.cloned().unwrap_or_else(|| package.split('/').take(3).collect::<Vec<_>>().join("/"))
}
