//! Readers of what the harness exports, as their makers publish them: Python packages in an environment of their own and
//! files of npm packages, both below `target/tools`, each in a version that is named here.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::command::{Command, root, say};

/// Python packages: the Prometheus client, Perfetto's published schema, and what checks a JSON schema.
const PYTHON: [&str; 3] = ["prometheus-client==0.26.0", "perfetto==0.59.1", "jsonschema==4.26.0"];

/// npm packages: speedscope's schema of its files.
const NPM: [(&str, &str); 1] = [("speedscope", "1.25.0")];

/// Says what is installed, so that another version is installed anew.
const STAMP: &str = "installed.txt";

/// Installs what is not there.
pub(crate) fn install_missing() -> Result<()> {
    let tools = root().join("target/tools");
    once(&tools.join("python"), &PYTHON.join("\n"), python)?;
    for (name, version) in NPM {
        once(&tools.join("npm").join(name), version, |dir| npm(dir, &format!("{name}@{version}")))?;
    }
    Ok(())
}

/// Makes a directory by `install`, unless it was made with the same words before.
fn once(dir: &Path, words: &str, install: impl Fn(&Path) -> Result<()>) -> Result<()> {
    let stamp = dir.join(STAMP);
    if std::fs::read_to_string(&stamp).is_ok_and(|found| found == words) {
        return Ok(());
    }
    say(&format!("installing {} into {}", words.replace('\n', ", "), dir.display()));
    if dir.exists() {
        std::fs::remove_dir_all(dir)?;
    }
    std::fs::create_dir_all(dir)?;
    install(dir).with_context(|| format!("cannot install {words:?}"))?;
    Ok(std::fs::write(stamp, words)?)
}

fn python(dir: &Path) -> Result<()> {
    Command::new("python3").args(["-m", "venv"]).arg(dir.as_os_str()).run()?;
    let pip = dir.join("bin/pip");
    Command::new(pip.as_os_str())
        .args(["install", "--quiet", "--disable-pip-version-check"])
        .args(PYTHON)
        .run()
}

/// Unpacks a package; nothing of it is run.
fn npm(dir: &Path, package: &str) -> Result<()> {
    let pack = Command::new("npm").args(["pack", "--silent", package]).dir(dir).read()?;
    let archive: PathBuf = dir.join(pack.lines().last().unwrap_or_default().trim());
    Command::new("tar").arg("xzf").arg(archive.as_os_str()).arg("-C").arg(dir.as_os_str()).run()
}
