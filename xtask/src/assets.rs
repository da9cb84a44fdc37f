//! Third-party files that the binary carries, as their makers publish them.
//!
//! Input: an npm package in the version that is named here. Output: files below `harness/assets`, and the sums that the
//! tests hold them to. Nothing of the package is run.

use std::fmt::Write as _;
use std::fs;

use anyhow::{Context, Result, bail};

use crate::command::{Command, root, say};

/// Plots time series; the page of a report has it inside.
const UPLOT: &str = "uplot@1.6.32";

/// Where each file lies in the package, and what it is called with us.
const FILES: [(&str, &str); 3] = [
    ("package/dist/uPlot.iife.min.js", "uPlot.iife.min.js"),
    ("package/dist/uPlot.min.css", "uPlot.min.css"),
    ("package/LICENSE", "LICENSE"),
];

/// What its README says before the sums.
const SUMS_BEGIN: &str = "\n    ";

/// Fetches the files and writes their sums.
pub(crate) fn fetch() -> Result<()> {
    let dir = root().join("target/assets");
    fs::create_dir_all(&dir)?;
    let pack = Command::new("npm").args(["pack", "--silent", UPLOT]).dir(&dir).read()?;
    let archive = dir.join(pack.lines().last().unwrap_or_default().trim());
    Command::new("tar").arg("xzf").arg(archive.as_os_str()).arg("-C").arg(dir.as_os_str()).run()?;
    let to = root().join("harness/assets/uplot");
    for (from, name) in FILES {
        fs::copy(dir.join(from), to.join(name)).with_context(|| format!("{UPLOT} has no `{from}`"))?;
    }
    let sums = Command::new("sha256sum").args(FILES.map(|(_, name)| name)).dir(&to).read()?;
    let readme = fs::read_to_string(to.join("README.md"))?;
    let Some((words, _)) = readme.split_once(SUMS_BEGIN) else { bail!("no sums in uPlot's README.md") };
    let mut text = format!("{words}\n");
    sums.lines().for_each(|line| {
        let _ = writeln!(text, "    {line}");
    });
    fs::write(to.join("README.md"), text)?;
    say(&format!("{UPLOT} is in {}: say its version in README.md", to.display()));
    Ok(())
}
