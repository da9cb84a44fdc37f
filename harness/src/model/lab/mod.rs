//! What the build lab asks of a program's builds, and the form of every answer.
//!
//! A topic's own facts are a file here each; what they have in common is an [`Answer`].

pub mod code;
pub mod cross;
pub mod debug;
pub mod linkage;
pub mod modules;
pub mod reproducible;
pub mod runs;
pub mod size;
pub mod tags;
pub mod time;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A question that `harness build` answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Topic {
    /// Whether it comes out the same again.
    Reproducible,
    /// Which files each variant takes in, and why.
    Tags,
    /// Where a build's time goes.
    Time,
    /// What the compiler decided on functions, calls and values.
    Code,
    /// What the file is made of.
    Size,
    /// What works with more and less debug information.
    DebugInfo,
    /// Which modules it is made of, and whether `vendor/` is what it should be.
    Modules,
    /// What it needs of the machine that it runs on.
    Linkage,
    /// Whether it does the same on other systems and processors.
    Cross,
    /// What its runs cost.
    Runs,
}

/// Every topic with the word that asks for it and what it answers, in the order of a report.
pub const TOPICS: [(Topic, &str, &str); 10] = [
    (Topic::Time, "time", "where a build's time goes, and what variants cannot share in the build cache"),
    (
        Topic::Code,
        "code",
        "inlining, values on the heap, bounds checks, what a profile changes; assembly with --func",
    ),
    (Topic::Size, "size", "what the file is made of: sections, packages, symbols"),
    (
        Topic::DebugInfo,
        "debug-info",
        "what works with full, compressed, split, stripped debug information, each tried: traces, pprof, Delve, addr2line",
    ),
    (
        Topic::Linkage,
        "linkage",
        "static or not: loader, libraries and through which package, glibc versions, PIE, RELRO",
    ),
    (
        Topic::Modules,
        "modules",
        "which modules it is made of and why, versions in conflict, vendor/ file by file, a build without a network",
    ),
    (
        Topic::Reproducible,
        "reproducible",
        "the same bytes built again, elsewhere, by another; paths of this machine, -X values, go version -m",
    ),
    (
        Topic::Tags,
        "tags",
        "which files each variant takes in or leaves out and why, and tags that no file mentions",
    ),
    (
        Topic::Cross,
        "cross",
        "targets: what is built, what runs here (under an emulator), and whether it leaks the same",
    ),
    (
        Topic::Runs,
        "runs",
        "GC count, peak heap, pauses, times and memory of runs in turns, and which differences are real",
    ),
];

impl Topic {
    /// The word that asks for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        TOPICS.iter().find(|(topic, ..)| *topic == self).map_or("", |(_, word, _)| word)
    }

    /// The topic that a word asks for.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        TOPICS.iter().find(|(_, name, _)| *name == word).map(|(topic, ..)| *topic)
    }
}

/// What one topic came to: facts of each variant, what differs from the reference, what had to hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Answer<Facts, Difference> {
    /// The answer in a sentence.
    pub headline: String,
    /// Facts, by variant, in the scenario's order.
    pub variants: Vec<OfVariant<Facts>>,
    /// What is different in a variant, the reference being the first one or the one that was named.
    pub differences: Vec<OfVariant<Difference>>,
    /// What had to hold.
    pub expected: Vec<Expected>,
    /// What could not be asked, and how it can be.
    pub not_run: Vec<NotRun>,
}

/// Something of one variant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OfVariant<T> {
    /// The variant.
    pub variant: String,
    /// What it is.
    pub of: T,
}

/// A line of `[lab.expect]`, held against what was found in one variant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Expected {
    /// The variant; empty for what is of all of them.
    pub variant: String,
    /// The key as the scenario has it (`static = true`).
    pub expected: String,
    /// What was found, in words.
    pub found: String,
    /// Whether it holds.
    pub holds: bool,
}

/// A question that could not be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NotRun {
    /// The variant; empty for all of them.
    pub variant: String,
    /// What would have been asked.
    pub what: String,
    /// What it needs, and how to get that.
    pub needs: String,
}

impl<F, D> Answer<F, D> {
    /// The facts of a variant.
    #[must_use]
    pub fn of(&self, variant: &str) -> Option<&F> {
        self.variants.iter().find(|facts| facts.variant == variant).map(|facts| &facts.of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_topic_has_a_word_of_its_own_that_is_its_name_in_a_document() {
        for (topic, word, says) in TOPICS {
            assert_eq!(Topic::of(word), Some(topic));
            assert_eq!(topic.word(), word);
            assert_eq!(serde_json::to_value(topic).expect("a word"), word);
            assert!(!says.is_empty());
        }
    }
}
