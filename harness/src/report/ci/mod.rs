//! The report for continuous integration: what a service shows beside code, in its own form.
//!
//! ```text
//! junit      a suite of the scenario; a case of each variant, or of each test
//! sarif      results with allocation stack and retaining path, against the baseline
//! code-scanning  those of them that nobody accepted: GitHub's code scanning takes every result for an open one
//! github     annotations of a step, and the report in its log
//! gitlab     code quality
//! markdown   a comment, or a step's summary
//! ```
//!
//! Input: a [`Report`], and where its sources lie in the repository. Output: text. Pure. Whatever comes from the program is escaped by
//! the rules of the form. A form changes no verdict.

mod github;
mod gitlab;
mod junit;
mod markdown;
mod sarif;
#[cfg(test)]
mod tests;

use super::{Report, ReportedFinding};
use crate::baseline::Standing;
use crate::model::{Frame, LeakKind, below_any};

pub use github::to_github;
pub use gitlab::to_gitlab;
pub use junit::to_junit;
pub use markdown::to_markdown;
pub use sarif::{to_code_scanning, to_sarif};

/// A report, and where its sources lie.
#[derive(Debug, Clone, Copy)]
pub struct Ci<'a> {
    /// The report.
    pub report: &'a Report,
    /// The module's directory on the machine that built it.
    pub module_dir: &'a str,
    /// That directory within the repository, empty for its root.
    pub prefix: &'a str,
}

/// What a finding is to the gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    /// It makes the run fail.
    Error,
    /// It does not.
    Note,
}

/// What a class of leaks is, in words for who meets it for the first time.
struct Class {
    kind: LeakKind,
    name: &'static str,
    short: &'static str,
    help: &'static str,
}

/// Every class.
const CLASSES: [Class; 7] = [
    Class {
        kind: LeakKind::Heap,
        name: "HeapLeak",
        short: "Live heap grows with the work that is done",
        help: "Objects that are allocated at this line stay reachable, operation after operation. The retaining path says who holds them: bound that container, delete entries when they are no longer needed, or let go of the reference.",
    },
    Class {
        kind: LeakKind::Goroutine,
        name: "GoroutineLeak",
        short: "Goroutines are started and do not end",
        help: "Goroutines that are created at this line wait for something that does not come. Give them a way to end: close the channel, cancel the context, or receive in a select with both.",
    },
    Class {
        kind: LeakKind::Descriptors,
        name: "DescriptorLeak",
        short: "Open descriptors grow with the work that is done",
        help: "Files, sockets or pipes that are opened at this line are not closed. Close them on every way out, response bodies included.",
    },
    Class {
        kind: LeakKind::Threads,
        name: "ThreadLeak",
        short: "Threads of the operating system grow",
        help: "Goroutines keep a thread each: locked to it, in a system call, or in C. Unlock them, give blocking calls a deadline, or bound how many run at once.",
    },
    Class {
        kind: LeakKind::OffHeap,
        name: "OffHeapLeak",
        short: "Memory grows that is not the Go runtime's",
        help: "Mappings or memory of C that are made at this line are not given back. Unmap or free what is no longer needed.",
    },
    Class {
        kind: LeakKind::Stacks,
        name: "StackGrowth",
        short: "Stacks of goroutines grow, not their number",
        help: "A goroutine that lives long has become deep. Its stack is only given back when the collector finds most of it unused.",
    },
    Class {
        kind: LeakKind::Limit,
        name: "MemoryLimit",
        short: "GOMEMLIMIT leaves the heap no room",
        help: "The collector runs all the time because the live heap is close to the limit, or above it. Raise the limit, or keep less alive.",
    },
];

impl Ci<'_> {
    fn level(&self, finding: &ReportedFinding) -> Level {
        let compared = &finding.compared;
        let judges = finding.is_pending() || (compared.rejected.is_some() && !compared.is_exempt());
        if judges { Level::Error } else { Level::Note }
    }

    /// A source file within the repository; none for one of the standard library or of another module.
    fn path(&self, file: &str) -> Option<String> {
        let module = self.report.variants.iter().find_map(|variant| variant.build.as_ref());
        let module = module.map_or("", |build| build.modules.main.as_str());
        Some(self.in_repository(below_any(file, &[self.module_dir, module])?))
    }

    fn in_repository(&self, inside: String) -> String {
        match self.prefix {
            "" => inside,
            prefix => format!("{prefix}/{inside}"),
        }
    }

    /// The same of what a baseline notes, `FILE:LINE` with a file of the module; none for one of the module cache, which is
    /// `MODULE@VERSION/…`.
    fn accepted_place(&self, place: &str) -> Option<(String, u32)> {
        let (file, line) = place.rsplit_once(':')?;
        let is_own = !file.is_empty() && !file.starts_with(['/', '<']) && !file.contains('@');
        is_own.then_some((self.in_repository(file.to_owned()), line.parse().ok()?))
    }

    /// Where a finding is, in the repository.
    fn place(&self, finding: &ReportedFinding) -> Option<(String, u32)> {
        let Frame { file, line, .. } = &finding.group.finding.site;
        Some((self.path(file)?, *line))
    }

    /// A file that is there whatever happens, for what has no line.
    fn module_file(&self) -> String {
        self.path(&format!("{}/go.mod", self.module_dir)).unwrap_or_else(|| "go.mod".to_owned())
    }
}

/// How a finding stands, in a word.
fn standing(finding: &ReportedFinding, has_baseline: bool) -> &'static str {
    match finding.compared.standing {
        Standing::New if finding.expected => "expected",
        Standing::New if has_baseline => "new",
        Standing::New => "unexpected",
        Standing::Known => "known",
        Standing::Better => "known, grows more slowly",
        Standing::Worse => "worse",
        Standing::Expired => "expired",
        Standing::ThirdParty => "third-party",
        Standing::Suppressed => "suppressed",
    }
}

/// `heap leak in cache.(*Cache).Put`
fn title(finding: &ReportedFinding) -> String {
    let of = &finding.group.finding;
    let test = of.test.as_ref().map_or_else(String::new, |test| format!(" ({test})"));
    format!("{} leak in {}{test}", of.kind.word(), super::terminal::text::short(&of.site.function))
}
