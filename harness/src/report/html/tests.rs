//! What a page consists of; what it does in a browser is tested end to end.

use sha2::{Digest as _, Sha256};

use super::{PAGE, Panels, SCRIPT, STYLE, View, to_html};
use crate::model::Evidence;
use crate::report::terminal::tests::report;

#[test]
fn the_plotting_library_is_the_one_that_was_fetched() {
    let readme = include_str!("../../../assets/uplot/README.md");
    for file in [
        include_str!("../../../assets/uplot/uPlot.iife.min.js"),
        include_str!("../../../assets/uplot/uPlot.min.css"),
        include_str!("../../../assets/uplot/LICENSE"),
    ] {
        let sum: String = Sha256::digest(file.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(readme.contains(&sum), "{sum} is none of the sums in README.md");
    }
}

#[test]
fn the_script_makes_no_markup_of_data_and_asks_for_nothing() {
    let own = SCRIPT.split_once("const H = {};").unwrap().1;
    for word in [
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "fetch(",
        "XMLHttp",
        "import(",
    ] {
        assert!(!own.contains(word), "{word}");
    }
    assert!(!SCRIPT.contains("</script"), "the script would end there");
    assert!(!STYLE.contains("</style") && !STYLE.contains("@import") && !STYLE.contains("url("));
    assert!(!PAGE.contains("http:") && !PAGE.contains("https:"));
}

#[test]
fn of_very_many_deep_findings_all_are_told_and_the_first_are_shown_within_the_room_of_a_page() {
    let mut report = report();
    let mut reported = report.findings.remove(0);
    let Some(Evidence::Allocation { stack, inuse_space, .. }) = reported.group.finding.evidence.first_mut()
    else {
        panic!("no stack")
    };
    *stack = stack.iter().cycle().take(120).cloned().collect();
    *inuse_space = (0..500).map(|n| n * 1_000_003).collect();
    report.findings = vec![reported; 400];
    let findings = View::of(&report).findings;
    assert_eq!(findings.len(), 400);
    let shown = findings.iter().take_while(|finding| !finding.evidence.is_empty()).count();
    assert!((20..200).contains(&shown), "{shown}");
    let told =
        |finding: &super::view::FindingView| finding.notes.iter().any(|note| note.contains("--format json"));
    assert!(findings.iter().skip(shown).all(told) && !findings.iter().take(shown).any(told));
    let page = to_html(&report, &Panels::default()).unwrap();
    assert!(page.len() < 2_000_000, "{} bytes", page.len());
}
