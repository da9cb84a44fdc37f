//! What C has in a build: the compiler, by what it calls itself, and files of C that `go list` does not list.
//!
//! Input: a Go, its packages. Output: [`Part`]s, none if no package uses cgo. The compiler's path is left out, its flags
//! are not. Headers and libraries count as far as they lie in the package's module: what the system has of them belongs
//! to the machine. Go itself does not look at them either: `go build` keeps a binary whose header has changed.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};

use super::go::{Go, finish};
use super::inputs::{Listed, Part, PartKind, digest_of_files};
use super::process::{Command, Interrupt};

/// Longest that a compiler may take to say its name, seconds.
const SECONDS: u64 = 20;
/// Lists of flags that `#cgo` lines give a package.
pub(super) const FLAGS: [&str; 4] = ["CgoCFLAGS", "CgoCPPFLAGS", "CgoCXXFLAGS", "CgoLDFLAGS"];
/// How files are called that a C compiler or a linker reads.
const EXTENSIONS: [&str; 12] = ["h", "hh", "hpp", "hxx", "inc", "inl", "c", "cc", "cpp", "a", "o", "so"];

/// Which compilers are asked for: the setting that names one, what it is called, and the list of files that needs it.
const COMPILERS: [(&str, &str, &str); 2] =
    [("CC", "C compiler", "CgoFiles"), ("CXX", "C++ compiler", "CXXFiles")];

/// Whether a setting of `go env` is told by [`parts`].
pub(super) fn is_compiler(setting: &str) -> bool {
    COMPILERS.iter().any(|(name, ..)| *name == setting)
}

/// What C has in a build of these packages.
pub(super) fn parts(go: &Go, packages: &[Listed], dir: &Utf8Path, interrupt: &Interrupt) -> Vec<Part> {
    let mut parts = Vec::new();
    for (setting, name, list) in COMPILERS {
        if packages.iter().any(|package| !package.list(list).is_empty()) {
            let value = compiler(go, go.setting(setting), dir, interrupt);
            parts.push(Part::new(PartKind::Setting, name, value.unwrap_or_default()));
        }
    }
    let own = packages.iter().filter(|package| !package.standard && !package.list("CgoFiles").is_empty());
    parts.extend(own.filter_map(files));
    parts
}

/// A compiler's version and flags; `None` if it does not tell.
fn compiler(go: &Go, setting: &str, dir: &Utf8Path, interrupt: &Interrupt) -> Option<String> {
    let words = words(setting);
    let (program, args) = words.split_first()?;
    let args: Vec<String> = args.iter().cloned().chain(["--version".to_owned()]).collect();
    let command = Command { program: program.clone(), args, dir: dir.to_owned(), env: go.env.clone() };
    let said = finish(&command, SECONDS, interrupt).ok().filter(|done| done.ok())?.stdout.text();
    Some(identity(&words, said.lines().next().unwrap_or_default()))
}

/// Where the C compiler has what it builds for, if that is a directory of its own.
pub(super) fn sysroot(go: &Go, dir: &Utf8Path, interrupt: &Interrupt) -> Option<Utf8PathBuf> {
    let words = words(go.setting("CC"));
    let (program, args) = words.split_first()?;
    let args: Vec<String> = args.iter().cloned().chain(["-print-sysroot".to_owned()]).collect();
    let command = Command { program: program.clone(), args, dir: dir.to_owned(), env: go.env.clone() };
    let said = finish(&command, SECONDS, interrupt).ok().filter(|done| done.ok())?.stdout.text();
    let root = Utf8PathBuf::from(said.trim());
    (root.is_dir() && root != "/").then_some(root)
}

/// `gcc (Debian 12.2.0) 12.2.0` is the same compiler whatever link to it was called, which is what it calls itself.
fn identity(words: &[String], first_line: &str) -> String {
    let base = |word: &str| Utf8Path::new(word).file_name().unwrap_or_default().to_owned();
    let own = words
        .iter()
        .map(|word| base(word))
        .find_map(|name| first_line.strip_prefix(&name)?.strip_prefix(' '));
    let flags = words.iter().skip(1).filter(|word| word.starts_with('-'));
    flags.fold(own.unwrap_or(first_line).to_owned(), |text, flag| format!("{text} {flag}"))
}

/// Words of a setting, as the go command takes them apart: by spaces, with quotes around what has spaces.
fn words(setting: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = setting.trim_start();
    while let Some(first) = rest.chars().next() {
        let quoted = rest.strip_prefix(['\'', '"']);
        let (word, after) = match quoted {
            Some(inner) => inner.split_once(first).unwrap_or((inner, "")),
            None => rest.split_once(char::is_whitespace).unwrap_or((rest, "")),
        };
        words.push(word.to_owned());
        rest = after.trim_start();
    }
    words
}

/// Files in the directories that a package's flags name, as far as they are its module's.
fn files(package: &Listed) -> Option<Part> {
    let module = package.module_dir();
    let flags = FLAGS.iter().flat_map(|list| package.list(list));
    let named: BTreeSet<Utf8PathBuf> = directories(flags).filter(|dir| dir.starts_with(module)).collect();
    let mut found = BTreeSet::new();
    named.iter().for_each(|dir| walk(dir, &mut found));
    let value = digest_of_files(module, found.iter().filter_map(|path| path.strip_prefix(module).ok()));
    (!found.is_empty())
        .then(|| Part::new(PartKind::File, format!("C files of {}", package.import_path), value))
}

/// What `-I` and `-L` name, and directories of libraries that are named themselves.
fn directories<'a>(flags: impl Iterator<Item = &'a str>) -> impl Iterator<Item = Utf8PathBuf> {
    let mut before = "";
    flags.filter_map(move |flag| {
        let apart = ["-I", "-L", "-isystem", "-iquote"].contains(&before).then_some(flag);
        before = flag;
        let path = apart.or_else(|| flag.strip_prefix("-I")).or_else(|| flag.strip_prefix("-L"));
        let library = || (!flag.starts_with('-')).then(|| Utf8Path::new(flag).parent()).flatten();
        path.filter(|path| !path.is_empty()).map(Utf8PathBuf::from).or_else(|| Some(library()?.to_owned()))
    })
}

/// Collects files of C below a directory. Links to directories are not followed: they may lead round in circles.
fn walk(dir: &Utf8Path, found: &mut BTreeSet<Utf8PathBuf>) {
    let Ok(entries) = dir.read_dir_utf8() else { return };
    for entry in entries.filter_map(Result::ok) {
        let path = entry.path();
        let is_hidden = entry.file_name().starts_with('.');
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && !is_hidden => walk(path, found),
            Ok(kind) if !kind.is_dir() && path.extension().is_some_and(|it| EXTENSIONS.contains(&it)) => {
                found.insert(path.to_owned());
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_compiler_is_its_version_and_flags_wherever_it_lies() {
        let told = |setting: &str, line: &str| identity(&words(setting), line);
        let debian = "(Debian 12.2.0-14) 12.2.0";
        assert_eq!(told("gcc", "gcc (Debian 12.2.0-14) 12.2.0"), debian);
        assert_eq!(told("/usr/bin/cc", "cc (Debian 12.2.0-14) 12.2.0"), debian);
        assert_eq!(told("ccache gcc -m32", "gcc (Debian 12.2.0-14) 12.2.0"), format!("{debian} -m32"));
        assert_eq!(
            told("'/opt/a b/clang' -g", "Debian clang version 14.0.6"),
            "Debian clang version 14.0.6 -g"
        );
    }

    #[test]
    fn words_are_taken_apart_as_go_does() {
        assert_eq!(words(" ccache  \"/a b/gcc\" -O1 "), ["ccache", "/a b/gcc", "-O1"]);
        assert_eq!(words(""), [""; 0]);
    }

    #[test]
    fn directories_are_those_of_headers_and_libraries() {
        let flags = ["-I/m/inc", "-I", "/m/other", "-DX=1", "-L/m/lib", "-lz", "/m/pre/libz.a"];
        let found: Vec<Utf8PathBuf> = directories(flags.into_iter()).collect();
        assert_eq!(found, ["/m/inc", "/m/other", "/m/lib", "/m/pre"]);
    }
}
