//! What the judge of `cargo xtask matrix`, which CI runs on every scenario, does not ask: LeakSanitizer's words.

use anyhow::Result;
use harness_tests::Bench;

use crate::report::findings;

#[test]
fn leak_sanitizer_names_the_line_of_c_and_says_why_it_has_nothing_to_say_of_a_program_without_c() -> Result<()>
{
    let bench = Bench::new()?;
    bench.program("os")?;
    let file = bench.scenario("zoo/malloc")?;
    let report = bench.run(["run", file.as_str(), "--format", "json"])?.json()?;
    let all = findings(&report)?;
    let evidence =
        all.first().and_then(|finding| finding["evidence"].as_array()).map_or(&[][..], Vec::as_slice);
    let lost = evidence.iter().find(|one| one["kind"] == "lost").expect("stacks of lost memory");
    // 2000 of 4096 bytes are lost. LeakSanitizer may miss the last of them: a dead word still refers to it.
    let objects = lost["objects"].as_u64().unwrap_or_default();
    assert!((1900..=2000).contains(&objects), "{lost:#}");
    assert_eq!(lost["bytes"].as_u64(), Some(objects * 4096));
    let frames = lost["stack"].as_array().map_or(&[][..], Vec::as_slice);
    let sign = frames.iter().find(|frame| frame["function"] == "sign").expect("the function of C");
    assert_eq!(sign["line"], 12);

    let file = bench.scenario("zoo/limit-low-fixed")?;
    bench.edit(&file, "[capture]\n", "[capture]\nasan = true\n")?;
    let ended = bench.run(["run", file.as_str()])?;
    assert_eq!(ended.code, Some(0), "{ended}");
    assert!(ended.stdout.contains("not run: -asan: memory of C that is lost: "), "{ended}");
    Ok(())
}
