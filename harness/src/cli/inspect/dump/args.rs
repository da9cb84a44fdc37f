//! `harness inspect dump`, as typed.

use std::str::FromStr;

use camino::Utf8PathBuf;
use clap::Args;

use crate::model::Address;
use crate::report::heap::Section;

/// `harness inspect dump`
#[derive(Debug, Args)]
pub struct InspectDump {
    /// The dump, written by `debug.WriteHeapDump`; `-` is standard input. May be compressed by gzip.
    pub file: Utf8PathBuf,
    /// The program that wrote it: its symbols name the globals.
    #[arg(long, value_name = "PROG")]
    pub binary: Option<Utf8PathBuf>,
    /// An earlier dump of the same run: what has grown since comes first.
    #[arg(long, value_name = "EARLIER")]
    pub base: Option<Utf8PathBuf>,
    /// An execution trace of the same run, made with GODEBUG=traceallocfree=1: it has types of objects, and their ages.
    #[arg(long, value_name = "TRACE")]
    pub trace: Option<Utf8PathBuf>,
    /// What to show.
    #[command(flatten)]
    pub views: Views,
    /// One object, by an address in it (`0xc000012345`): site, size, who refers to it, what it refers to, a path.
    #[arg(long, value_name = "ADDR")]
    pub object: Option<AddressArg>,
    /// Who holds the objects of a type or site: a part of its name (`main.entry`, `main.fill`, `main.go:35`).
    #[arg(long, value_name = "NAME")]
    pub paths: Option<String>,
    /// One goroutine: its stack and what its frames hold.
    #[arg(long, value_name = "N")]
    pub goroutine: Option<u64>,
    /// Write reachable objects and bytes for `go tool pprof` (`reached_objects`, `reached_space`): each shortest chain of
    /// references from a root as a stack.
    #[arg(long, value_name = "OUT")]
    pub pprof: Option<Utf8PathBuf>,
    /// Rows of each list [default: 8 on the page, 30 in a view, all in JSON].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub top: Option<u32>,
    /// JSON, see `harness schema heap-dump`.
    #[arg(long)]
    pub json: bool,
}

/// Views of a summary.
#[derive(Debug, Args)]
#[command(next_help_heading = "Views")]
pub struct Views {
    /// What looks like a leak, with the path to it.
    #[arg(long)]
    pub suspects: bool,
    /// Globals, goroutines, timers and finalizers by the memory that they alone hold.
    #[arg(long)]
    pub retainers: bool,
    /// Goroutines among them.
    #[arg(long)]
    pub goroutines: bool,
    /// Objects by type.
    #[arg(long)]
    pub types: bool,
    /// Objects by allocation site, each with the paths that hold them.
    #[arg(long)]
    pub sites: bool,
}

impl InspectDump {
    /// The sections that were asked for; all if nothing was.
    pub(super) fn sections(&self) -> Vec<Section> {
        let Views { suspects, retainers, goroutines, types, sites } = self.views;
        let flags = [
            (suspects, Section::Suspects),
            (retainers, Section::Retainers),
            (goroutines, Section::Goroutines),
            (types, Section::Types),
            (sites, Section::Sites),
        ];
        flags.iter().filter(|(asked, _)| *asked).map(|(_, section)| *section).collect()
    }

    /// Nothing in particular was asked for.
    pub(super) fn is_page(&self) -> bool {
        self.sections().is_empty()
            && self.object.is_none()
            && self.paths.is_none()
            && self.goroutine.is_none()
    }
}

/// An address as a traceback or debugger prints it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AddressArg(pub(super) Address);

impl FromStr for AddressArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).unwrap_or(text);
        let value = u64::from_str_radix(digits, 16);
        value
            .map(|value| Self(Address(value)))
            .map_err(|_| format!("`{text}` is no address; give one as 0xc000012345"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_hexadecimal_with_or_without_its_prefix() {
        for text in ["0xc000012345", "c000012345", "0XC000012345"] {
            assert_eq!(text.parse(), Ok(AddressArg(Address(0xc0_0001_2345))));
        }
        assert!("main".parse::<AddressArg>().unwrap_err().contains("0xc000012345"));
    }
}
