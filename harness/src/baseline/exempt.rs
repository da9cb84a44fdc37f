//! Findings that do not judge: those inside libraries that the scenario lists, background goroutines that are known to
//! live as long as the process, and what the scenario suppresses with a reason.
//!
//! Input: findings, the scenario's lists. Output: why a finding is exempt, and which suppressions nothing needed. A
//! finding that is exempt is reported all the same.

use super::contract::plain;
use super::group::FindingGroup;
use crate::model::{Evidence, Frame, LeakKind, matches, package_of};
use crate::scenario::{Exemptions, Suppression};

/// A goroutine that a library keeps for as long as the process lives.
struct Background {
    /// Its start function.
    start: &'static str,
    /// As many of them are as they should be. More are a leak: of connections that nobody closes, say.
    most: u64,
    /// What it is.
    what: &'static str,
}

/// What lists of exceptions in programs that use `go.uber.org/goleak` have in common, as far as it is one per process
/// or bounded. What such lists hide beyond that (readers of connections by the hundred) is a leak.
const BACKGROUND: &[Background] = &[
    // census-instrumentation/opencensus-go issue 1191; in goleak lists of thanos, insolar, go-cloud.
    background("go.opencensus.io/stats/view.(*worker).start", 1, "the worker of OpenCensus views"),
    // grpc/grpc-go issue 6048, DataDog/dd-trace-go issue 1469: started by glog's init up to v1.0.
    background("github.com/golang/glog.(*loggingT).flushDaemon", 1, "glog's flush daemon"),
    // jaegertracing/jaeger pull request 5066: its name since v1.1.
    background("github.com/golang/glog.(*fileSink).flushDaemon", 1, "glog's flush daemon"),
    // kubernetes/klog issues 188 and 282: started by klog's init up to v2.40.
    background("k8s.io/klog.(*loggingT).flushDaemon", 1, "klog's flush daemon"),
    background("k8s.io/klog/v2.(*loggingT).flushDaemon", 1, "klog's flush daemon"),
    // k8s.io/klog/v2 since v2.40.1 (pull request 293).
    background("k8s.io/klog/v2.(*flushDaemon).run.func1", 1, "klog's flush daemon"),
    // IBM/sarama's own tests: the arbiter is one per process, its ticker never stops.
    background("github.com/rcrowley/go-metrics.(*meterArbiter).tick", 1, "the ticker of go-metrics"),
    // database/sql: one per sql.DB, which is "rarely necessary to close" (its documentation).
    background("database/sql.(*DB).connectionOpener", 1, "the opener of a sql.DB"),
    // net/http: DefaultMaxIdleConnsPerHost is 2.
    background("net/http.(*persistConn).readLoop", 2, "an idle connection of an HTTP client"),
    background("net/http.(*persistConn).writeLoop", 2, "an idle connection of an HTTP client"),
    // os/signal: started by the first Notify.
    background("os/signal.loop", 1, "the loop of os/signal"),
];

const fn background(start: &'static str, most: u64, what: &'static str) -> Background {
    Background { start, most, what }
}

/// Why a finding does not judge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Exempt {
    /// It is a library's.
    ThirdParty(String),
    /// The scenario suppresses it, for that reason.
    Suppressed(String),
}

/// Whether a finding judges: it is neither suppressed nor a third party's.
#[must_use]
pub fn judges(group: &FindingGroup, exemptions: &Exemptions) -> bool {
    exempt(group, exemptions).is_none()
}

/// Why the finding does not judge, if so. A suppression comes first: somebody wrote it for this.
pub(super) fn exempt(group: &FindingGroup, exemptions: &Exemptions) -> Option<Exempt> {
    let suppressed = exemptions.suppress.iter().find(|suppression| suppresses(suppression, group));
    if let Some(suppression) = suppressed {
        return Some(Exempt::Suppressed(suppression.reason.clone()));
    }
    let listed = exemptions.third_party.iter().find(|pattern| is_inside(pattern, group));
    let words = listed.map(|pattern| format!("`third_party` lists `{pattern}`"));
    words.or_else(|| known_background(group)).map(Exempt::ThirdParty)
}

/// Suppressions that no finding needed, in words.
pub(super) fn unused(groups: &[FindingGroup], exemptions: &Exemptions) -> Vec<String> {
    let needed = |suppression: &&Suppression| groups.iter().any(|group| suppresses(suppression, group));
    let unused = exemptions.suppress.iter().filter(|suppression| !needed(suppression));
    unused.map(|suppression| format!("{} ({})", words(suppression), suppression.reason)).collect()
}

fn words(suppression: &Suppression) -> String {
    let Suppression { function, creator, path, .. } = suppression;
    let named = [("function", function), ("creator", creator), ("path", path)];
    let given = named.iter().filter_map(|(key, value)| Some(format!("{key} = `{}`", value.as_ref()?)));
    given.collect::<Vec<_>>().join(", ")
}

/// Everything that it names has to be so.
fn suppresses(suppression: &Suppression, group: &FindingGroup) -> bool {
    let Suppression { kind, function, creator, path, .. } = suppression;
    let finding = &group.finding;
    let any = |pattern: &String, frames: Vec<&Frame>| {
        frames.into_iter().any(|frame| names(pattern, &frame.function))
    };
    kind.is_none_or(|kind| kind == finding.kind)
        && function.as_ref().is_none_or(|pattern| any(pattern, functions(group)))
        && creator.as_ref().is_none_or(|pattern| any(pattern, creators(group)))
        && path.as_ref().is_none_or(|pattern| matches(pattern, &finding.file))
}

/// The site, what allocates below and above it, and what goroutines run.
fn functions(group: &FindingGroup) -> Vec<&Frame> {
    let evidence = &group.finding.evidence;
    let mut frames = vec![&group.finding.site];
    frames.extend(evidence.iter().flat_map(allocating));
    frames.extend(starts(group));
    frames
}

fn allocating(evidence: &Evidence) -> &[Frame] {
    match evidence {
        Evidence::Allocation { stack, .. } | Evidence::Calls { stack, .. } => stack,
        _ => &[],
    }
}

fn creators(group: &FindingGroup) -> Vec<&Frame> {
    group.finding.evidence.iter().flat_map(created_by).collect()
}

fn created_by(evidence: &Evidence) -> &[Frame] {
    match evidence {
        Evidence::Goroutines { created_by, .. } => created_by,
        _ => &[],
    }
}

/// Functions that a finding's goroutines start in; the outermost of where they wait is behind the compiler's wrapper.
fn starts(group: &FindingGroup) -> impl Iterator<Item = &Frame> {
    group.finding.evidence.iter().filter_map(|evidence| match evidence {
        Evidence::Goroutines { start, .. } => Some(start),
        Evidence::Blocked { stack, .. } => stack.last(),
        _ => None,
    })
}

/// Whether the memory is allocated, or the goroutine runs, inside packages that the pattern names. The user's call
/// into them is where the finding is laid, so it is not the site that decides.
fn is_inside(pattern: &str, group: &FindingGroup) -> bool {
    let inside = |frame: &Frame| {
        matches(pattern, &plain(package_of(&frame.function)))
            || package_of_file(&frame.file).is_some_and(|package| matches(pattern, &package))
    };
    let mut innermost = group.finding.evidence.iter().filter_map(|evidence| match evidence {
        Evidence::Allocation { stack, .. } | Evidence::Calls { stack, .. } => {
            stack.iter().find(|frame| has_module(frame))
        }
        _ => None,
    });
    let allocated = group.finding.kind != LeakKind::Goroutine && innermost.any(inside);
    let runs = group.finding.kind == LeakKind::Goroutine && starts(group).any(inside);
    inside(&group.finding.site) || allocated || runs
}

/// Import path of a file of the module cache or a vendor directory. A closure bears the name of the function that it was
/// inlined into, and its file tells whose it is.
fn package_of_file(file: &str) -> Option<String> {
    let (_, path) = file.rsplit_once("/pkg/mod/").or_else(|| file.rsplit_once("/vendor/"))?;
    let (directory, _) = path.rsplit_once('/')?;
    let elements = directory.split('/').map(|element| element.split('@').next().unwrap_or(element));
    Some(elements.collect::<Vec<_>>().join("/"))
}

/// Import paths of modules have a dot in their first element, the standard library's have none.
fn has_module(frame: &Frame) -> bool {
    let package = package_of(&frame.function);
    package == "main" || package.split('/').next().is_some_and(|first| first.contains('.'))
}

fn known_background(group: &FindingGroup) -> Option<String> {
    let few = |known: &&Background| {
        let by_variant = group.by_variant.iter();
        by_variant.map(|one| one.growth.final_value).max().unwrap_or(0) <= known.most
    };
    if group.finding.kind != LeakKind::Goroutine {
        return None;
    }
    let runs = |known: &&Background| starts(group).any(|frame| plain(&frame.function) == known.start);
    let known = BACKGROUND.iter().filter(runs).find(few)?;
    Some(format!("{} lives as long as the process", known.what))
}

/// A function by its whole name, or without the directories of its import path.
fn names(pattern: &str, function: &str) -> bool {
    let function = plain(function);
    matches(pattern, &function) || function.rsplit('/').next().is_some_and(|short| matches(pattern, short))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_librarys_file_tells_its_import_path() {
        for (file, expected) in [
            ("/home/u/go/pkg/mod/a.org/lib@v1.2.0/pool/p.go", Some("a.org/lib/pool")),
            ("/src/app/vendor/a.org/lib/p.go", Some("a.org/lib")),
            ("/src/app/p.go", None),
        ] {
            assert_eq!(package_of_file(file).as_deref(), expected, "{file}");
        }
    }

    #[test]
    fn every_known_background_goroutine_is_a_function_of_a_package() {
        for Background { start, most, .. } in BACKGROUND {
            assert!(*most > 0 && start.len() > package_of(start).len() + 1, "{start}");
        }
    }
}
