//! The README's screenshots: what the harness shows of a program of the fixtures, in a headless browser.
//!
//! Input: the scenario `leak-repro`, run anew. Output: PNG files in `screenshots/`. Figures differ a little from run to run,
//! as those of any natural run do.

use std::fs;

use anyhow::{Result, bail};
use harness_tests::{Bench, Browser};

use crate::command::{root, say};

/// The scenario, and the program that it runs.
const SCENARIO: (&str, &str) = ("leak-repro", "leaky-cache");

/// A picture: its file, the window's size, the colour scheme, the place in the page, and what is pressed there.
type Shot = (&'static str, (u32, u32), &'static str, &'static str, &'static [&'static str]);

const SHOTS: [Shot; 3] = [
    ("page.png", (1440, 1400), "light", "#run=default/natural/1", &[]),
    ("page-dark.png", (1280, 1000), "dark", "#run=default/step/1", &["n"]),
    ("page-phone.png", (390, 844), "light", "#run=default/natural/1", &[]),
];

/// Makes them all.
pub(crate) fn take() -> Result<()> {
    let bench = Bench::with_scenario(SCENARIO.0, SCENARIO.1)?;
    let variants = ["--variant", "default", "--variant", "stripped", "--variant", "no-inline"];
    let words = ["run", SCENARIO.0, "--write", "html=page.html"];
    let ended = bench.run(words.into_iter().chain(variants))?;
    if ended.code != Some(0) {
        bail!("{ended}");
    }
    let to = root().join("screenshots");
    fs::create_dir_all(&to)?;
    let mut browser = Browser::start(SHOTS[0].1)?;
    for (file, size, scheme, place, keys) in SHOTS {
        browser.resize(size)?;
        browser.media("screen", scheme)?;
        browser.open(&bench.root().join("page.html"), place)?;
        for key in keys {
            browser.press(key, false)?;
        }
        browser.eval("new Promise((done) => setTimeout(done, 300))")?; // what is drawn is drawn in a later frame
        let picture = browser.picture()?;
        say(&format!("{file}: {} KiB", picture.len() / 1024));
        fs::write(to.join(file), picture)?;
    }
    Ok(())
}
