//! Heap dumps of one release: `fixtures/programs/dumpgen`, with what a reader in Go says of each.
//!
//! Output: `small-goRELEASE.dump.gz` and `.golden` in `fixtures/dumps`. Packed, as most of a small dump is
//! the runtime's own static memory, which is zero.

use std::fs::{self, File};
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use flate2::{Compression, GzBuilder};

use super::{Command, Recorder, root, say};

/// Bytes of a recording, packed.
const MAX_LEN: u64 = 150_000;

/// Every allocation has a sample.
const DEBUG: &str = "memprofilerate=1";

/// Records a dump if there is none, or `again`.
pub(super) fn record(recorder: &Recorder<'_>, again: bool) -> Result<()> {
    let dump = path(recorder.release);
    if dump.exists() && !again {
        return Ok(());
    }
    recorder.check_toolchain()?;
    let source = root().join("fixtures/programs/dumpgen");
    let program = recorder.build(&source, "dumpgen")?;
    let made = recorder.work.join("made.dump");
    Command::new(program).arg(&made).env("GODEBUG", DEBUG).run()?;
    let said = Command::new(recorder.go).args(["run", "./golden"]).arg(&made).dir(source).read()?;
    fs::create_dir_all(dump.parent().context("a directory")?)?;
    let mut packed = GzBuilder::new().write(File::create(&dump)?, Compression::best());
    std::io::copy(&mut File::open(&made)?, &mut packed)?;
    let len = packed.finish()?.metadata()?.len();
    ensure!(len <= MAX_LEN, "{len} bytes are too many for {}", dump.display());
    fs::write(golden(recorder.release), said + "\n")?;
    say(&format!("recorded {}", dump.display()));
    Ok(())
}

fn path(release: &str) -> PathBuf {
    root().join(format!("fixtures/dumps/small-go{release}.dump.gz"))
}

fn golden(release: &str) -> PathBuf {
    root().join(format!("fixtures/dumps/small-go{release}.golden"))
}

#[cfg(test)]
mod tests {
    use super::super::RELEASES;
    use super::*;

    #[test]
    fn no_release_is_without_its_dump() {
        for release in RELEASES {
            for file in [path(release), golden(release)] {
                assert!(file.exists(), "{}\nhint: cargo xtask record", file.display());
            }
        }
    }
}
