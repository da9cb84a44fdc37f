//! On what was measured: processor, Go, the harness, the day.
//!
//! Input: this machine. Output: words for the table. A fact that cannot be found is left out, never guessed.

use std::fs;
use std::num::NonZero;
use std::thread::available_parallelism;

use crate::command::Command;

/// One line of facts, for the release of Go named.
pub(crate) fn describe(release: &str) -> String {
    let cores = available_parallelism().map_or(1, NonZero::get);
    let cores = format!("{cores} {}", if cores == 1 { "core" } else { "cores" });
    let processor = fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| model(&text));
    let commit = Command::new("git").args(["describe", "--always", "--dirty"]).read().ok();
    let facts = [
        Some(processor.map_or(cores.clone(), |name| format!("{cores} of {name}"))),
        Some(release.to_owned()),
        commit.map(|name| format!("harness {name}")),
        Command::new("date").args(["-u", "+%Y-%m-%d"]).read().ok(),
    ];
    facts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// The processor's name in `/proc/cpuinfo`.
fn model(text: &str) -> Option<String> {
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.split_whitespace().collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processor_is_named_once_and_without_padding() {
        let text = "processor\t: 0\nmodel name\t: Some  CPU @ 2.00GHz\nmodel name\t: Some  CPU @ 2.00GHz\n";
        assert_eq!(model(text).as_deref(), Some("Some CPU @ 2.00GHz"));
        assert_eq!(model("processor\t: 0\n"), None);
    }
}
