//! What a page consists of; what it does in a browser is tested end to end.

use sha2::{Digest as _, Sha256};

use super::{PAGE, SCRIPT, STYLE};

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
