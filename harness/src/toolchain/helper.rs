//! The Go program that knows Go sources better than we do, `go/instrument`: it changes copies of them, and answers questions
//! about them. It is built once per Go release and content, then run with words in and JSON out.

use std::fs;

use camino::{Utf8Path, Utf8PathBuf};
use serde::Deserialize;

use super::error::BuildError;
use super::flags::NO_FLAGS;
use super::go::{Go, finish_within, query};
use super::process::{Command, Interrupt};
use super::sources::{INSTRUMENT, key, settle_file, unpack};

/// What it is called.
const NAME: &str = "instrument";
/// Time for one run, seconds: it parses a package and asks the go command about it.
const RUN_SECONDS: u64 = 300;
/// Bytes of an answer: some 150 for each source file of a program.
const MAX_ANSWER: usize = 256 << 20;

/// Variables that are about the user's build, not about building and running this program.
const OF_THE_BUILD: &[&str] = &["GOOS", "GOARCH", "GOEXPERIMENT", "GOFLAGS", "CGO_ENABLED", "GOWORK"];

/// The program, built.
pub(super) struct Helper {
    bin: Utf8PathBuf,
}

/// A copy that stands for a file.
#[derive(Debug, Deserialize)]
pub(super) struct Copied {
    /// The file, as the go command spells it.
    pub original: Utf8PathBuf,
    /// Its changed copy; empty when the file needs no change.
    pub copy: Utf8PathBuf,
    /// What was changed, in words.
    #[serde(default)]
    pub changes: Vec<String>,
}

impl Copied {
    /// There is a copy that differs from the file.
    pub(super) fn is_changed(&self) -> bool {
        !self.copy.as_str().is_empty()
    }
}

/// What the program says when it cannot.
#[derive(Debug, Deserialize)]
struct Refusal {
    error: String,
    #[serde(default)]
    hint: Option<String>,
}

/// Where a checkpoint function is looked for.
pub(super) struct HookRequest<'a> {
    /// Directory of the module.
    pub module: &'a Utf8Path,
    /// The main package, as `go build` takes it.
    pub package: &'a str,
    /// The function, as the Go runtime spells it.
    pub func: &'a str,
    /// Directory for the copy.
    pub out: &'a Utf8Path,
    /// Flags of the build that decide which files belong to it.
    pub flags: &'a [String],
}

impl Helper {
    /// Builds it, unless this content was built with this release before.
    ///
    /// # Errors
    /// When it cannot be built or the cache cannot be written.
    pub(super) fn build(go: &Go, cache: &Utf8Path, interrupt: &Interrupt) -> Result<Self, BuildError> {
        let sources = unpack(cache, NAME, INSTRUMENT)?;
        let version = go.info.version.split_whitespace().next().unwrap_or("go");
        let dir = cache.join(NAME).join(format!("{version}-{}", key(INSTRUMENT)));
        let bin = dir.join(NAME);
        if bin.is_file() {
            return Ok(Self { bin });
        }
        fs::create_dir_all(&dir).map_err(BuildError::file("create", &dir))?;
        // Renamed into place: another thread or another harness may be at it too.
        let own = tempfile::tempdir_in(&dir).map_err(BuildError::file("create", &dir))?;
        let fresh = Utf8Path::from_path(own.path()).unwrap_or(&dir).join("fresh");
        let args = ["build", "-trimpath", "-buildvcs=false", &format!("-o={fresh}"), "."].map(str::to_owned);
        let mut command = go.command(args.to_vec(), &sources);
        command.env.retain(|name, _| !OF_THE_BUILD.contains(&name.as_str()));
        // Not only removed: `go env -w` may have set them.
        command.env.extend([("GOFLAGS", NO_FLAGS), ("GOWORK", "off"), ("CGO_ENABLED", "0")].map(owned));
        command
            .env
            .extend([("GOOS", go.setting("GOHOSTOS")), ("GOARCH", go.setting("GOHOSTARCH"))].map(owned));
        query(&command, interrupt)?;
        fs::rename(&fresh, &bin).map_err(BuildError::file("create", &bin))?;
        Ok(Self { bin })
    }

    /// Where it lies, for who calls it as a tool.
    pub(super) fn bin(&self) -> &Utf8Path {
        &self.bin
    }

    /// Makes a copy of the file that declares a function, in which the function counts its entries.
    ///
    /// # Errors
    /// [`BuildError::Unsupported`] when there is no such function, or none that can be changed.
    pub(super) fn hook(
        &self,
        go: &Go,
        request: &HookRequest<'_>,
        interrupt: &Interrupt,
    ) -> Result<Copied, BuildError> {
        let mut args = vec!["hook".to_owned()];
        let options = [
            ("go", go.bin.as_str()),
            ("dir", request.module.as_str()),
            ("package", request.package),
            ("func", request.func),
            ("out", request.out.as_str()),
        ];
        args.extend(options.map(|(name, value)| format!("-{name}={value}")));
        args.push("--".to_owned());
        args.extend_from_slice(request.flags);
        self.copy(go, args, request.out, interrupt)
    }

    /// Makes a copy of the runtime's heap dumper that survives the states of a measured program.
    ///
    /// # Errors
    /// [`BuildError::Unsupported`] when this release's dumper is not the one that is known.
    pub(super) fn patch_heapdump(
        &self,
        go: &Go,
        out: &Utf8Path,
        interrupt: &Interrupt,
    ) -> Result<Copied, BuildError> {
        let args = vec!["heapdump".to_owned(), format!("-goroot={}", go.goroot()), format!("-out={out}")];
        self.copy(go, args, out, interrupt)
    }

    /// Makes a copy of package syscall's file for the target, in which calls that make descriptors are in the trace.
    ///
    /// # Errors
    /// [`BuildError::Unsupported`] when this release has no such file.
    pub(super) fn trace_raw_calls(
        &self,
        go: &Go,
        out: &Utf8Path,
        interrupt: &Interrupt,
    ) -> Result<Copied, BuildError> {
        let mut args = vec!["rawcalls".to_owned(), format!("-goroot={}", go.goroot()), format!("-out={out}")];
        args.extend([format!("-goos={}", go.info.goos), format!("-goarch={}", go.info.goarch)]);
        self.copy(go, args, out, interrupt)
    }

    /// Makes copies of files of package testing that leave running tests to `go/runner`.
    ///
    /// # Errors
    /// [`BuildError::Unsupported`] when this release's are not those that are known.
    pub(super) fn patch_testing(
        &self,
        go: &Go,
        out: &Utf8Path,
        interrupt: &Interrupt,
    ) -> Result<Vec<Copied>, BuildError> {
        #[derive(Deserialize)]
        struct Copies {
            files: Vec<Copied>,
        }
        fs::create_dir_all(out).map_err(BuildError::file("create", out))?;
        let args = vec!["testing".to_owned(), format!("-goroot={}", go.goroot()), format!("-out={out}")];
        let Copies { files } = self.ask(go, args, out, interrupt)?;
        files.iter().try_for_each(|copied| settle_file(&copied.copy))?;
        Ok(files)
    }

    fn copy(
        &self,
        go: &Go,
        args: Vec<String>,
        out: &Utf8Path,
        interrupt: &Interrupt,
    ) -> Result<Copied, BuildError> {
        fs::create_dir_all(out).map_err(BuildError::file("create", out))?;
        let copied: Copied = self.ask(go, args, out, interrupt)?;
        if copied.is_changed() {
            settle_file(&copied.copy)?;
        }
        Ok(copied)
    }

    /// Runs the program in `dir`; its answer is JSON.
    ///
    /// # Errors
    /// [`BuildError::Unsupported`] with what it says when it cannot answer.
    pub(super) fn ask<T: serde::de::DeserializeOwned>(
        &self,
        go: &Go,
        args: Vec<String>,
        dir: &Utf8Path,
        interrupt: &Interrupt,
    ) -> Result<T, BuildError> {
        let command =
            Command { program: self.bin.to_string(), args, dir: dir.to_owned(), env: go.env.clone() };
        let done = finish_within(&command, RUN_SECONDS, MAX_ANSWER, interrupt)?;
        let text = done.stdout.text();
        if let (false, Ok(Refusal { error, hint })) = (done.ok(), serde_json::from_str(&text)) {
            let hint = hint.or_else(|| super::failure::hint(&error));
            return Err(BuildError::Unsupported { what: error, hint });
        }
        serde_json::from_str(&text).map_err(|error| BuildError::Query {
            command: command.words().join(" "),
            output: format!("{error} in its answer ({}): {}", done.end, done.stderr.text().trim()),
            hint: None,
        })
    }
}

fn owned((name, value): (&str, &str)) -> (String, String) {
    (name.to_owned(), value.to_owned())
}
