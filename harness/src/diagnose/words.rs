//! Findings in words.

use super::BuildFigures;
use super::draft::{Draft, SiteGrowth};
use crate::model::{Growth, LeakKind, below_any};

/// One sentence: what, how much, where, since when.
pub(super) fn sentence(draft: &Draft, site: &SiteGrowth, growth: &Growth) -> String {
    let what = match draft.kind {
        LeakKind::Heap => format!(
            "heap grows by {} and {} per {}",
            bytes(growth.bytes_per_op),
            amount(growth.objects_per_op, "object"),
            growth.per.word(),
        ),
        // Where growth could not be measured, the runtime's proof is all there is.
        LeakKind::Goroutine if growth.objects_per_op == 0.0 && draft.proved > 0 => {
            format!("{} goroutines are blocked for good, says the runtime{},", draft.proved, held(draft))
        }
        LeakKind::Goroutine => format!(
            "goroutines grow by {} per {}{}{}",
            number(growth.objects_per_op),
            growth.per.word(),
            held(draft),
            proved(draft.proved),
        ),
        LeakKind::Descriptors => {
            let n = number(growth.objects_per_op);
            format!("open descriptors grow by {n} per operation{}", draft.detail)
        }
        LeakKind::Threads => {
            format!("threads grow by {} per operation{}", number(growth.objects_per_op), draft.detail)
        }
        LeakKind::OffHeap => {
            let rate = bytes(growth.bytes_per_op);
            format!("memory outside of Go's heap grows by {rate} per operation{}", draft.detail)
        }
        LeakKind::Stacks => {
            let rate = bytes(growth.bytes_per_op);
            format!("stacks grow by {rate} per operation{}", draft.detail)
        }
        LeakKind::Limit => return draft.detail.clone(),
    };
    let library = site.library.as_ref().map_or_else(String::new, |frame| format!(" (in {})", frame.function));
    let since = site.since_cycle.map_or_else(String::new, |cycle| format!(", since GC cycle {cycle}"));
    let holder = draft.holder.as_ref().filter(|_| draft.kind == LeakKind::Heap);
    let holder = holder.map_or_else(String::new, |holder| {
        let through = holder.through.as_ref().map_or_else(String::new, |name| format!(" through {name}"));
        format!(", held by {}{through}", holder.name)
    });
    let place = match &*site.blamed.file {
        "" => ", at no line that is known".to_owned(),
        _ => format!(" at {}", site.blamed),
    };
    let kept = Some(&*draft.detail).filter(|_| draft.kind == LeakKind::Heap).unwrap_or_default();
    format!("{what}{place}{library}{since}{holder}{kept}")
}

/// What they hold by kind, as the dump has it; or with what several kinds of them keep together, which none retains.
fn held(draft: &Draft) -> String {
    let each = draft.holder.as_ref().and_then(|holder| holder.each).unwrap_or(0.0).max(draft.held);
    if each > 0.0 { format!(", each holding {} of heap", bytes(each)) } else { String::new() }
}

fn proved(count: u64) -> String {
    match count {
        0 => String::new(),
        n => format!(" ({n} proved leaked by the runtime)"),
    }
}

/// Bytes in the unit that leaves one to three digits before the point, powers of 1024 as everywhere in a report.
pub(super) fn bytes(value: f64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut scaled = value;
    let mut unit = 0;
    while scaled >= 1023.95 && unit + 1 < units.len() {
        scaled /= 1024.0;
        unit += 1;
    }
    format!("{} {}", number(scaled), units[unit])
}

/// How likely something is by chance.
pub(super) fn chance(chance: f64) -> String {
    if chance < 0.001 { "p < 0.001".to_owned() } else { format!("p = {chance:.3}") }
}

fn amount(value: f64, noun: &str) -> String {
    let number = number(value);
    let plural = if number == "1" { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

/// A whole number as such, others with one digit, small ones with three.
pub(super) fn number(value: f64) -> String {
    let text = if value.abs() < 1.0 { format!("{value:.3}") } else { format!("{value:.1}") };
    let trimmed = text.trim_end_matches('0').trim_end_matches('.');
    if trimmed.is_empty() || trimmed == "-0" { "0".to_owned() } else { trimmed.to_owned() }
}

/// A source file relative to its module: below the main module's directory, or as `-trimpath` and the
/// module cache name it. Unchanged if it is in neither.
pub(super) fn relative(file: &str, build: &BuildFigures<'_>) -> String {
    below_any(file, &[build.module_dir, &build.modules.main])
        .or_else(|| file.split_once("/pkg/mod/").map(|(_, rest)| rest.to_owned()))
        .unwrap_or_else(|| file.trim_start_matches("./").to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Bytes, ModuleTable};

    #[test]
    fn amounts_read_well() {
        for (value, text) in [
            (256.0, "256 B"),
            (4300.0, "4.2 KiB"),
            (1023.97, "1 KiB"),
            (0.3, "0.3 B"),
            (0.0, "0 B"),
            (2.5 * 1073741824.0, "2.5 GiB"),
        ] {
            assert_eq!(bytes(value), text);
        }
        assert_eq!(amount(1.0, "object"), "1 object");
        assert_eq!(amount(20.0, "object"), "20 objects");
        assert_eq!(amount(0.05, "object"), "0.05 objects");
    }

    #[test]
    fn files_are_named_from_their_modules_root_in_any_build() {
        let modules = ModuleTable { main: "example.com/app".into(), dependencies: Vec::new() };
        let build = BuildFigures {
            size: Bytes(0),
            modules: &modules,
            escapes: &[],
            c_leaks: &crate::model::CLeaks::NotAsked,
            module_dir: "/src/app",
        };
        for (file, expected) in [
            ("/src/app/cache/cache.go", "cache/cache.go"),
            ("example.com/app/cache/cache.go", "cache/cache.go"),
            ("/home/u/go/pkg/mod/dep.org/lib@v1.2.3/lib.go", "dep.org/lib@v1.2.3/lib.go"),
            ("dep.org/lib@v1.2.3/lib.go", "dep.org/lib@v1.2.3/lib.go"),
            ("/src/apple/x.go", "/src/apple/x.go"),
        ] {
            assert_eq!(relative(file, &build), expected);
        }
    }
}
