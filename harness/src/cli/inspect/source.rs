//! Source files of a profile's functions, as `go tool pprof -list` looks for them.
//!
//! A profile has the paths of the machine that built the program; after `go build -trimpath` they begin with the path of
//! the module (`example.com/app/main.go`), of a module in the cache (`github.com/x/y@v1.2.3/z.go`), or, of Go's own,
//! with the package (`runtime/malloc.go`). Beyond pprof's rules the path of a module leads to its go.mod.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read as _};

use camino::{Utf8Path, Utf8PathBuf};

use super::heap_args::SourceArgs;
use crate::cli::Context;
use crate::ingest::profile::Trim;
use crate::model::profile::ListedFunction;
use crate::report::count_text;

/// A source file is smaller; what a profile names may be anything.
const MOST: u64 = 64 << 20;

/// Looks for files and remembers what it found.
pub(super) struct Sources<'a> {
    context: &'a Context,
    directories: Vec<String>,
    prefixes: &'a [String],
    read: BTreeMap<String, Result<String, String>>,
}

impl<'a> Sources<'a> {
    pub(super) fn new(args: &'a SourceArgs, context: &'a Context) -> Self {
        let directories = match args.source_path.as_slice() {
            [] => vec![context.environment.dir.to_string()],
            given => given.to_vec(),
        };
        Self { context, directories, prefixes: &args.trim_path, read: BTreeMap::new() }
    }

    /// Puts the source to all functions, and tells what would help to find the rest.
    pub(super) fn annotate(mut self, functions: &mut [ListedFunction]) {
        for file in functions.iter_mut().flat_map(|function| &mut function.files) {
            if !self.read.contains_key(&file.file) {
                self.read.insert(file.file.clone(), self.source(&file.file));
            }
            match self.read.get(&file.file) {
                Some(Ok(source)) => file.annotate(source),
                Some(Err(error)) => file.error = Some(error.clone()),
                None => {}
            }
        }
        self.tell_missing();
    }

    fn source(&self, path: &str) -> Result<String, String> {
        let path = Trim { prefixes: self.prefixes, directories: &self.directories }.path(path);
        if path.starts_with('/') {
            return read(Utf8Path::new(path)).map_err(|error| format!("open {path}: {}", reason(&error)));
        }
        let above = |directory| Utf8Path::new(directory).ancestors();
        let places: Vec<Utf8PathBuf> = self
            .directories
            .iter()
            .flat_map(above)
            .map(|dir| self.context.environment.dir.join(dir))
            .collect();
        let as_it_is = places.iter().map(|place| place.join(path));
        let in_module = places.iter().filter_map(|place| Some(place.join(within(&module_of(place)?, path)?)));
        let found = as_it_is.chain(in_module).find_map(|file| read(&file).ok());
        found.ok_or_else(|| format!("could not find file {path} on path {}", self.directories.join(":")))
    }

    fn tell_missing(&self) {
        let missing: Vec<&str> =
            self.read.iter().filter(|(_, read)| read.is_err()).map(|(file, _)| file.as_str()).collect();
        let Some(first) = missing.first() else { return };
        let files = if missing.len() == 1 { "file was" } else { "files were" };
        let say = |text: &str| self.context.console.say(text);
        say(&format!(
            "warning: {} source {files} not found, first `{first}`",
            count_text(missing.len() as u64)
        ));
        say(&format!("hint: {}", advice(first)));
    }
}

/// Where such a path is found.
fn advice(path: &str) -> &'static str {
    let root = path.split('/').next().unwrap_or_default();
    if path.contains('@') {
        "the module cache has it: --source-path \"$(go env GOMODCACHE)\""
    } else if path.starts_with('/') {
        "the program was built elsewhere: --trim-path PREFIX --source-path DIR, where PREFIX there is DIR here"
    } else if root.contains('.') {
        "give the directory of the module: --source-path DIR"
    } else {
        "give the directory of the module, or of Go's own sources: --source-path \"DIR:$(go env GOROOT)/src\""
    }
}

/// The path that a go.mod in this directory declares.
fn module_of(directory: &Utf8Path) -> Option<String> {
    let text = read(&directory.join("go.mod")).ok()?;
    let module = text.lines().find_map(|line| line.trim().strip_prefix("module "))?;
    Some(module.split("//").next().unwrap_or_default().trim().trim_matches(['"', '`']).to_owned())
}

/// The path below a module.
fn within<'p>(module: &str, path: &'p str) -> Option<&'p str> {
    path.strip_prefix(module)?.strip_prefix('/')
}

/// A file's text. Devices and pipes, which might never end, are refused.
fn read(path: &Utf8Path) -> io::Result<String> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("not a regular file"));
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(MOST).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The system's reason in Go's words.
fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_in_another_directory_is_known_by_its_go_mod() -> io::Result<()> {
        let directory = tempfile::tempdir()?;
        let root = Utf8Path::from_path(directory.path()).ok_or(io::ErrorKind::InvalidData)?;
        fs::write(root.join("go.mod"), "// a comment\nmodule \"example.com/app\" // this\n\ngo 1.26\n")?;
        assert_eq!(module_of(root).as_deref(), Some("example.com/app"));
        assert_eq!(within("example.com/app", "example.com/app/cmd/main.go"), Some("cmd/main.go"));
        assert_eq!(within("example.com/app", "example.com/apple/main.go"), None);
        Ok(())
    }

    #[test]
    fn what_is_no_file_is_not_read() {
        let refused = |path: &str| read(Utf8Path::new(path)).err().map(|error| reason(&error));
        assert_eq!(refused("/dev/zero").as_deref(), Some("not a regular file"));
        assert_eq!(refused("/nowhere/x.go").as_deref(), Some("no such file or directory"));
    }

    #[test]
    fn advice_tells_where_a_path_leads() {
        for (path, word) in [
            ("github.com/x/y@v1.2.3/z.go", "GOMODCACHE"),
            ("/build/app/main.go", "--trim-path"),
            ("example.com/app/main.go", "directory of the module"),
            ("runtime/malloc.go", "GOROOT"),
        ] {
            assert!(advice(path).contains(word), "{path}");
        }
    }
}
