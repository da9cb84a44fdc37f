//! A variant's build keys -> words and environment of `go build`.
//!
//! Pure. Words with spaces inside `-ldflags` and its like are quoted as the go command unquotes
//! them: a field is a run of non-spaces, or starts with a quote and ends at its twin; there is no
//! escape.

use std::collections::BTreeMap;

use super::error::BuildError;
use crate::scenario::{BuildSpec, DebugInfo};

/// GOFLAGS without a word. A space: the go command takes an empty variable for none, and looks into the file that `go env -w` writes.
pub(super) const NO_FLAGS: &str = " ";

/// Words of `go build` for `spec`, between `build` and the package, without `-o`. `module` is the
/// main module's path.
///
/// # Errors
/// When a word cannot be handed to the go command at all.
pub(super) fn words(spec: &BuildSpec, module: &str) -> Result<Vec<String>, BuildError> {
    let own = if module.is_empty() { String::new() } else { format!("{module}/...=") };
    let mut words = Vec::new();
    let mut flag = |name: &str, value: Option<&str>| {
        words.extend(value.map(|value| format!("-{name}={value}")));
    };
    flag("ldflags", joined(&linker(spec))?.as_deref());
    let pattern = spec.gcflags_for.as_ref().map_or_else(|| own.clone(), |pattern| format!("{pattern}="));
    flag("gcflags", joined(&spec.gcflags)?.map(|list| format!("{pattern}{list}")).as_deref());
    flag("asmflags", joined(&spec.asmflags)?.map(|list| format!("{own}{list}")).as_deref());
    flag("tags", (!spec.tags.is_empty()).then(|| spec.tags.join(",")).as_deref());
    flag("mod", spec.mod_mode.as_deref());
    flag("pgo", spec.pgo.as_deref());
    flag("buildvcs", spec.buildvcs.as_deref());
    for (name, on) in [("trimpath", spec.trimpath), ("race", spec.race)] {
        words.extend(on.then(|| format!("-{name}")));
    }
    Ok(words)
}

/// Words of `go list -export` that compiles the packages of `spec` as they are, and has the compiler write what it has
/// to say of those of `module` into `dir`. Of several lists of a package's flags the go command takes the last.
///
/// # Errors
/// Those of [`words`].
pub(super) fn compiler_words(spec: &BuildSpec, module: &str, dir: &str) -> Result<Vec<String>, BuildError> {
    let unlinked = BuildSpec { ldflags: Vec::new(), debug: DebugInfo::Full, ..spec.clone() };
    let mut words = words(&unlinked, module)?;
    let is_own = spec.gcflags_for.as_ref().is_none_or(|pattern| pattern == "all");
    let own = if is_own { spec.gcflags.as_slice() } else { &[] };
    let speaking = ["-m=1".to_owned(), "-d=pgodebug=1".to_owned(), format!("-json=0,file://{dir}")];
    let list = joined(&[own, &speaking].concat())?.unwrap_or_default();
    words.push(format!("-gcflags={module}/...={list}"));
    Ok(words)
}

/// Those of [`words`] that `go list` takes as well and that decide which files belong to a package.
pub(super) fn list_words(spec: &BuildSpec) -> Vec<String> {
    let mut words = Vec::new();
    words.extend((!spec.tags.is_empty()).then(|| format!("-tags={}", spec.tags.join(","))));
    words.extend(spec.mod_mode.as_ref().map(|mode| format!("-mod={mode}")));
    words.extend(spec.race.then(|| "-race".to_owned()));
    words
}

/// Variables that `spec` sets for its build.
pub(super) fn variables(spec: &BuildSpec) -> BTreeMap<String, String> {
    let mut env = spec.env.clone();
    let mut set = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            env.insert(name.to_owned(), value);
        }
    };
    let cgo = spec.cgo.or(spec.static_link.then_some(false));
    set("CGO_ENABLED", cgo.map(|on| if on { "1" } else { "0" }.to_owned()));
    set("GOOS", spec.goos.clone());
    set("GOARCH", spec.goarch.clone());
    set("GOEXPERIMENT", (!spec.experiment.is_empty()).then(|| spec.experiment.join(",")));
    env
}

/// The linker's words: the variant's own, and those that `debug` and `static` stand for.
fn linker(spec: &BuildSpec) -> Vec<String> {
    let mut words = spec.ldflags.clone();
    if spec.debug == DebugInfo::Stripped {
        for strip in ["-s", "-w"] {
            if !words.iter().any(|word| word == strip) {
                words.push(strip.to_owned());
            }
        }
    }
    if spec.static_link && spec.cgo == Some(true) {
        words.extend(["-linkmode", "external"].map(str::to_owned));
        add_static(&mut words);
    }
    words
}

/// `-extldflags -static`, joined with the variant's own: the linker takes the last one only.
fn add_static(words: &mut Vec<String>) {
    if let Some(at) = words.iter().position(|word| word == "-extldflags")
        && let Some(value) = words.get_mut(at + 1)
    {
        value.push_str(" -static");
    } else if let Some(value) = words.iter_mut().find(|word| word.starts_with("-extldflags=")) {
        value.push_str(" -static");
    } else {
        words.extend(["-extldflags", "-static"].map(str::to_owned));
    }
}

/// Words in one list as the go command splits it; `None` for no words.
pub(super) fn joined(words: &[String]) -> Result<Option<String>, BuildError> {
    if words.is_empty() {
        return Ok(None);
    }
    let quoted: Result<Vec<String>, BuildError> = words.iter().map(|word| quoted(word)).collect();
    Ok(Some(quoted?.join(" ")))
}

fn quoted(word: &str) -> Result<String, BuildError> {
    let plain = !word.is_empty() && !word.contains([' ', '\t', '\n', '\r', '\'', '"']);
    match (plain, word.contains('\''), word.contains('"')) {
        (true, ..) => Ok(word.to_owned()),
        (false, false, _) => Ok(format!("'{word}'")),
        (false, true, false) => Ok(format!("\"{word}\"")),
        (false, true, true) => Err(BuildError::Unsupported {
            what: format!(
                "the flag word `{word}` has both kinds of quotes, which the go command cannot take"
            ),
            hint: Some("set such a value in the program, or without one kind of quotes".to_owned()),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(change: impl FnOnce(&mut BuildSpec)) -> BuildSpec {
        let mut spec = BuildSpec::default();
        change(&mut spec);
        spec
    }

    fn strings(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn nothing_asked_is_nothing_said() {
        assert!(words(&BuildSpec::default(), "m").expect("words").is_empty());
        assert!(variables(&BuildSpec::default()).is_empty());
    }

    #[test]
    fn every_key_has_its_flag_and_compiler_flags_their_pattern() {
        let all = spec(|spec| {
            spec.ldflags = strings(&["-X", "main.v=a b"]);
            spec.gcflags = strings(&["-N", "-l"]);
            spec.asmflags = strings(&["-S"]);
            spec.tags = strings(&["a", "b"]);
            spec.trimpath = true;
            spec.race = true;
            spec.cover = true; // a build of its own
            spec.mod_mode = Some("vendor".into());
            spec.pgo = Some("off".into());
            spec.buildvcs = Some("auto".into());
        });
        let expected = [
            "-ldflags=-X 'main.v=a b'",
            "-gcflags=example.com/m/...=-N -l",
            "-asmflags=example.com/m/...=-S",
            "-tags=a,b",
            "-mod=vendor",
            "-pgo=off",
            "-buildvcs=auto",
            "-trimpath",
            "-race",
        ];
        assert_eq!(words(&all, "example.com/m").expect("words"), expected);
        let for_all = spec(|spec| {
            spec.gcflags = strings(&["-l"]);
            spec.gcflags_for = Some("all".into());
        });
        assert_eq!(words(&for_all, "m").expect("words"), ["-gcflags=all=-l"]);
    }

    #[test]
    fn diagnostics_are_asked_of_the_module_with_the_flags_that_it_is_built_with() {
        let own = spec(|spec| {
            spec.gcflags = strings(&["-l"]);
            spec.ldflags = strings(&["-s"]);
            spec.trimpath = true;
        });
        let expected =
            ["-gcflags=m/...=-l", "-trimpath", "-gcflags=m/...=-l -m=1 -d=pgodebug=1 -json=0,file:///d"];
        assert_eq!(compiler_words(&own, "m", "/d").expect("words"), expected);
        let others = spec(|spec| {
            spec.gcflags = strings(&["-N"]);
            spec.gcflags_for = Some("dep/...".into());
        });
        let expected = ["-gcflags=dep/...=-N", "-gcflags=m/...=-m=1 -d=pgodebug=1 -json=0,file:///d"];
        assert_eq!(compiler_words(&others, "m", "/d").expect("words"), expected);
    }

    #[test]
    fn quotes_are_those_that_the_word_does_not_have() {
        for (word, expected) in
            [("", "''"), ("-s", "-s"), ("a b", "'a b'"), ("it's", "\"it's\""), ("say \"x\"", "'say \"x\"'")]
        {
            assert_eq!(quoted(word).expect("quotable"), expected);
        }
        assert!(quoted("it's \"x\"").is_err());
    }

    #[test]
    fn stripped_adds_each_flag_once() {
        let stripped = spec(|spec| {
            spec.debug = DebugInfo::Stripped;
            spec.ldflags = strings(&["-w"]);
        });
        assert_eq!(words(&stripped, "m").expect("words"), ["-ldflags=-w -s"]);
    }

    #[test]
    fn static_turns_cgo_off_or_links_externally() {
        let without = spec(|spec| spec.static_link = true);
        assert_eq!(variables(&without)["CGO_ENABLED"], "0");
        assert!(words(&without, "m").expect("words").is_empty());
        let with = spec(|spec| {
            spec.static_link = true;
            spec.cgo = Some(true);
            spec.ldflags = strings(&["-extldflags", "-lm"]);
        });
        assert_eq!(
            words(&with, "m").expect("words"),
            ["-ldflags=-extldflags '-lm -static' -linkmode external"]
        );
        assert_eq!(variables(&with)["CGO_ENABLED"], "1");
    }
}
