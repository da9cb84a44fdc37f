//! Functions that by their names give something back, and were never called: where there is a leak, a look at them is the first.
//!
//! A name is a hint and no evidence: they are told beside findings and make none.

use super::{is_called, of_function};
use crate::model::coverage::{FunctionCoverage, ProgramCoverage};

/// What such names begin with, as a word.
const WORDS: [&str; 16] = [
    "cancel",
    "close",
    "delete",
    "deregister",
    "destroy",
    "detach",
    "disconnect",
    "dispose",
    "evict",
    "free",
    "release",
    "remove",
    "shutdown",
    "stop",
    "unregister",
    "unsubscribe",
];

/// Those of packages in which something ran.
pub(super) fn uncalled(program: &ProgramCoverage) -> Vec<FunctionCoverage> {
    let used = program.packages.iter().filter(|package| package.functions.iter().any(is_called));
    let functions =
        used.flat_map(|package| package.functions.iter().map(move |function| (package, function)));
    let uncalled = functions.filter(|(_, function)| !is_called(function) && gives_back(&function.name));
    let mut uncalled: Vec<_> = uncalled.map(|(package, function)| of_function(package, function)).collect();
    uncalled.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
    uncalled
}

/// `events.(*Subscription).Close`, `closeIdle`, and not `closest`.
fn gives_back(function: &str) -> bool {
    let name = function.rsplit('.').next().unwrap_or_default();
    WORDS.iter().any(|word| {
        let (beginning, rest) = name.split_at_checked(word.len()).unwrap_or(("", name));
        beginning.eq_ignore_ascii_case(word) && !rest.starts_with(|c: char| c.is_ascii_lowercase())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_gives_something_back_if_it_begins_with_the_word() {
        for (name, expected) in [
            ("events.(*Subscription).Close", true),
            ("main.closeIdle", true),
            ("main.Stop", true),
            ("main.stop2", true),
            ("main.closest", false),
            ("main.Open", false),
            ("main.Frees", false),
            ("main.onClose", false),
            ("", false),
        ] {
            assert_eq!(gives_back(name), expected, "{name}");
        }
    }
}
