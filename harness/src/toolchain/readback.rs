//! Reads back what was built: build info by `go version -m`, the rest off the binary itself.
//!
//! Must not trust the flags that were asked for.

use std::collections::BTreeMap;
use std::fs;

use camino::Utf8Path;
use object::{Object, ObjectKind, ObjectSection};

use super::built::BinaryFacts;
use super::error::BuildError;
use super::go::{Go, query};
use super::process::Interrupt;
use crate::model::{Bytes, ModuleTable};
use crate::scenario::BuildSpec;

/// The start of every function's name in the probe, as the function table holds it.
const PROBE_FUNCTION: &[u8] = b"\0harnessprobe.";

/// How a WebAssembly file begins.
const WASM: &[u8] = b"\0asm";

/// What stands before and after a program's build information in its data (`cmd/go/internal/modload`: `infoStart`,
/// `infoEnd`).
const INFO: (&[u8; 16], &[u8; 16]) = (
    b"\x30\x77\xaf\x0c\x92\x74\x08\x02\x41\xe1\xc1\x07\xe6\xd6\x18\xe6",
    b"\xf9\x32\x43\x31\x86\x18\x20\x72\x00\x82\x42\x10\x41\x16\xd8\xf2",
);

/// Build information is a few kilobytes; more than this between two marks is something else.
const MOST_INFO: usize = 1 << 20;

/// A binary as it was read back.
pub(super) struct ReadBack {
    pub facts: BinaryFacts,
    pub modules: ModuleTable,
    /// Functions of the probe are in the table that the runtime itself prints stacks from.
    pub has_probe: bool,
}

/// Reads `binary` back.
///
/// # Errors
/// When the file cannot be read, or the go command finds no build info in it.
pub(super) fn read_back(go: &Go, binary: &Utf8Path, interrupt: &Interrupt) -> Result<ReadBack, BuildError> {
    let data = fs::read(binary).map_err(BuildError::file("read", binary))?;
    let dir = binary.parent().unwrap_or(binary);
    let command = go.command(["version", "-m", binary.as_str()].map(str::to_owned).to_vec(), dir);
    let info = match data.starts_with(WASM) {
        true => BuildInfo::embedded(&data), // the go command does not read these (1.26)
        false => BuildInfo::parse(&query(&command, interrupt)?),
    };
    let mut facts = BinaryFacts {
        size: Bytes(data.len() as u64),
        hash: blake3::hash(&data).to_hex().to_string(),
        settings: info.settings,
        ..BinaryFacts::default()
    };
    let has_probe = look_inside(&data, &mut facts);
    Ok(ReadBack { facts, modules: info.modules, has_probe })
}

/// Fills in what the object file tells, and finds out about the probe.
fn look_inside(data: &[u8], facts: &mut BinaryFacts) -> bool {
    // A format that `object` does not know (wasm of some kinds): its functions are still searched.
    let Ok(file) = object::File::parse(data) else { return contains(data, PROBE_FUNCTION) };
    let section = |wanted: &[&str]| {
        file.sections()
            .any(|section| section.name().is_ok_and(|name| wanted.contains(&name) && section.size() > 0))
    };
    facts.dwarf = section(&[".debug_info", ".zdebug_info", "__debug_info", "__zdebug_info"]);
    facts.symbols = file.has_debug_symbols() || file.symbols().next().is_some();
    let is_elf = file.format() == object::BinaryFormat::Elf;
    facts.static_link = is_elf && !section(&[".interp"]);
    facts.pie = is_elf && file.kind() == ObjectKind::Dynamic;
    // The table stays in stripped binaries. In PE it has no section of its own.
    let table = file.sections().find(|section| section.name().is_ok_and(|name| name.ends_with("gopclntab")));
    match table.and_then(|section| section.data().ok()) {
        Some(table) => contains(table, PROBE_FUNCTION),
        None => contains(data, PROBE_FUNCTION),
    }
}

fn contains(data: &[u8], wanted: &[u8]) -> bool {
    data.windows(wanted.len()).any(|window| window == wanted)
}

/// What the linker wrote into the binary about its build.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct BuildInfo {
    pub settings: BTreeMap<String, String>,
    pub modules: ModuleTable,
}

impl BuildInfo {
    /// From the text in the program's data, where it stands without the tabs; nothing where there is none.
    fn embedded(data: &[u8]) -> Self {
        let place = |data: &[u8], mark: &[u8]| data.windows(mark.len()).position(|window| window == mark);
        let text = place(data, INFO.0).and_then(|at| {
            let rest = data.get(at + INFO.0.len()..)?;
            let rest = rest.get(..rest.len().min(MOST_INFO))?;
            rest.get(..place(rest, INFO.1)?)
        });
        let text = String::from_utf8_lossy(text.unwrap_or_default());
        Self::parse(&text.lines().map(|line| format!("\t{line}\n")).collect::<String>())
    }

    /// From the text of `go version -m`: a tab, a word that says what the line is, tab-separated
    /// fields. Keys and values with odd characters are quoted.
    pub(super) fn parse(text: &str) -> Self {
        let mut info = Self::default();
        for line in text.lines().filter_map(|line| line.strip_prefix('\t')) {
            let mut fields = line.split('\t');
            match (fields.next(), fields.next()) {
                (Some("mod"), Some(path)) => info.modules.main = path.to_owned(),
                (Some("dep"), Some(path)) => info.modules.dependencies.push(path.to_owned()),
                (Some("build"), Some(_)) => {
                    let setting = line.trim_start_matches("build\t");
                    let (name, value) = split_setting(setting);
                    info.settings.insert(name, value);
                }
                _ => {}
            }
        }
        info
    }
}

fn split_setting(setting: &str) -> (String, String) {
    let end_of_name = match setting.strip_prefix('"') {
        Some(rest) => rest.find("\"=").map(|at| at + 2),
        None => setting.find('='),
    };
    let Some(at) = end_of_name else { return (setting.to_owned(), String::new()) };
    (unquoted(&setting[..at]), unquoted(&setting[at + 1..]))
}

/// Go's quoting agrees with JSON's for all that is printable.
fn unquoted(text: &str) -> String {
    if text.starts_with('"') {
        serde_json::from_str(text).unwrap_or_else(|_| text.to_owned())
    } else {
        text.to_owned()
    }
}

/// Where what was asked for and what was built differ, in words.
pub(super) fn disagreements(spec: &BuildSpec, goflags: &str, facts: &BinaryFacts) -> Vec<String> {
    let switch = |on: bool| if on { "true" } else { "false" }.to_owned();
    let asked = [
        ("-trimpath", Some(switch(spec.trimpath))),
        ("-race", Some(switch(spec.race))),
        ("-tags", Some(spec.tags.join(","))),
        ("GOOS", spec.goos.clone()),
        ("GOARCH", spec.goarch.clone()),
        ("CGO_ENABLED", spec.cgo.map(|on| if on { "1" } else { "0" }.to_owned())),
    ];
    asked
        .into_iter()
        .filter_map(|(name, asked)| {
            let asked = asked?;
            let built = facts
                .settings
                .get(name)
                .map_or(if name.starts_with('-') && name != "-tags" { "false" } else { "" }, String::as_str);
            let from = if goflags.contains(name.trim_start_matches('-')) { " (GOFLAGS has it)" } else { "" };
            (built != asked).then(|| format!("asked for {name}={asked}, built with {name}={built}{from}"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn build_info_is_read_with_its_quotes() {
        let text = "x: go1.26.8\n\tpath\texample.com/m/cmd\n\tmod\texample.com/m\t(devel)\t\n\tdep\ta.b/c\tv1.2.3\th1:x=\n\
                    \t=>\t./local\t(devel)\t\n\tbuild\t-compiler=gc\n\tbuild\t-ldflags=\"-X 'main.v=a \\\"b'\"\n\
                    \tbuild\t\"odd key\"=v=w\n\tbuild\tCGO_CFLAGS=\n";
        let info = BuildInfo::parse(text);
        assert_eq!(info.modules.main, "example.com/m");
        assert_eq!(info.modules.dependencies, ["a.b/c"]);
        let setting = |name: &str| info.settings.get(name).map(String::as_str);
        assert_eq!(setting("-ldflags"), Some("-X 'main.v=a \"b'"));
        assert_eq!(setting("odd key"), Some("v=w"));
        assert_eq!(setting("CGO_CFLAGS"), Some(""));
    }

    #[test]
    fn build_info_in_a_programs_data_is_found_between_its_marks_and_damage_is_none() {
        let text = b"path\texample.com/m/cmd\nmod\texample.com/m\t(devel)\t\nbuild\tGOARCH=wasm\n";
        let data = [b"\0asm....", &INFO.0[..], text, INFO.1, b"...."].concat();
        let info = BuildInfo::embedded(&data);
        assert_eq!(info.modules.main, "example.com/m");
        assert_eq!(info.settings.get("GOARCH").map(String::as_str), Some("wasm"));
        for end in 0..data.len() - 5 {
            assert_eq!(BuildInfo::embedded(&data[..end]).modules.main, "", "{end}");
        }
    }

    #[test]
    fn setting_that_goflags_brought_is_told() {
        let facts = BinaryFacts {
            settings: [("-trimpath".to_owned(), "true".to_owned())].into(),
            ..BinaryFacts::default()
        };
        assert_eq!(
            disagreements(&BuildSpec::default(), "-trimpath", &facts),
            ["asked for -trimpath=false, built with -trimpath=true (GOFLAGS has it)"]
        );
        let asked = BuildSpec { trimpath: true, ..BuildSpec::default() };
        assert!(disagreements(&asked, "", &facts).is_empty());
    }

    #[test]
    fn any_bytes_are_looked_into_without_a_panic() {
        let mut facts = BinaryFacts::default();
        let mut elf = b"\x7fELF\x02\x01\x01".to_vec();
        elf.extend([0xff; 200]);
        for data in [&[][..], b"MZ", b"\0asm\x01\0\0\0", &elf] {
            assert!(!look_inside(data, &mut facts));
        }
        assert!(look_inside(b"..\0harnessprobe.init..", &mut facts));
    }
}
