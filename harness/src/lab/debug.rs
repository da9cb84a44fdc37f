//! What tools printed of a program with more or less debug information -> what works.

use super::Records;
use crate::model::Bytes;
use crate::model::lab::debug::{
    CAPABILITIES, Capability, DebugAnswer, DebugFacts, KindFacts, Tried, TriedResult,
};
use crate::model::lab::{NotRun, OfVariant};
use crate::toolchain::lab::debug::{DebugRecord, Kind, Printed};

/// Longest text that is kept of what was seen.
const SEEN: usize = 200;

/// The answer.
#[must_use]
pub fn answer(records: Records<'_, DebugRecord>) -> DebugAnswer {
    let of = |(variant, record): &(String, DebugRecord)| OfVariant {
        variant: variant.clone(),
        of: DebugFacts { kinds: record.kinds.iter().map(kind).collect() },
    };
    let variants: Vec<OfVariant<DebugFacts>> = records.of.iter().map(of).collect();
    let not_run = records.of.iter().flat_map(|(variant, record)| {
        let line = |(what, needs): &(String, String)| NotRun {
            variant: variant.clone(),
            what: what.clone(),
            needs: needs.clone(),
        };
        record.missing.iter().map(line)
    });
    let not_run = not_run.collect();
    DebugAnswer {
        headline: headline(&variants),
        variants,
        differences: Vec::new(),
        expected: Vec::new(),
        not_run,
    }
}

/// The smallest kind, and what is lost with it against the one that has most.
fn headline(variants: &[OfVariant<DebugFacts>]) -> String {
    let kinds =
        || variants.iter().flat_map(|facts| facts.of.kinds.iter().map(move |kind| (&facts.variant, kind)));
    let works =
        |kind: &KindFacts| kind.tried.iter().filter(|tried| tried.result == TriedResult::Works).count();
    let most = kinds().max_by_key(|(_, kind)| (works(kind), std::cmp::Reverse(kind.size)));
    let (Some((_, most)), Some((variant, least))) = (most, kinds().min_by_key(|(_, kind)| kind.size)) else {
        return "nothing was built".to_owned();
    };
    let name = |variant: &str, kind: &KindFacts| {
        if kind.kind == "as built" { variant.to_owned() } else { kind.kind.clone() }
    };
    let lost: Vec<&str> = least
        .tried
        .iter()
        .filter(|tried| tried.result == TriedResult::Fails)
        .filter(|tried| {
            most.tried
                .iter()
                .any(|other| other.capability == tried.capability && other.result == TriedResult::Works)
        })
        .map(|tried| words(tried.capability).0)
        .collect();
    let percent = |kind: &KindFacts| kind.size.0 as f64 / most.size.0.max(1) as f64 * 100.0;
    let lost = if lost.is_empty() {
        "nothing that works otherwise is lost".to_owned()
    } else {
        format!("lost: {}", lost.join(", "))
    };
    format!("smallest is {} with {:.0} % of the size; {lost}", name(variant, least), percent(least))
}

/// A capability's words, and those for not having it.
fn words(capability: Capability) -> (&'static str, &'static str) {
    let found = CAPABILITIES.iter().find(|(known, ..)| *known == capability);
    found.map_or(("", ""), |(_, words, without)| (words, without))
}

fn kind(kind: &Kind) -> KindFacts {
    KindFacts {
        kind: kind.name.clone(),
        size: Bytes(kind.size),
        apart: kind.apart.map(Bytes),
        build_id: kind.build_id.clone(),
        tried: kind.tried.iter().map(|(capability, printed)| tried(*capability, printed)).collect(),
    }
}

fn tried(capability: Capability, printed: &Printed) -> Tried {
    let text = match printed {
        Printed::Needs(what) => {
            return Tried { capability, result: TriedResult::NotRun, seen: what.clone() };
        }
        Printed::Text(text) => text,
    };
    let proof = text.lines().find(|line| proves(capability, line));
    let seen = proof.or_else(|| text.lines().find(|line| !line.trim().is_empty())).unwrap_or("nothing");
    let result = if proof.is_some() { TriedResult::Works } else { TriedResult::Fails };
    Tried { capability, result, seen: seen.trim().chars().take(SEEN).collect() }
}

/// Whether a line shows that something works.
fn proves(capability: Capability, line: &str) -> bool {
    match capability {
        // A frame's second line: a tab, the file, the line.
        Capability::Traces => line.starts_with('\t') && has_place(line),
        Capability::Profiles => line.contains("main.main") && has_place(line),
        Capability::Breakpoint => line.contains("[Breakpoint 1] main.main") && has_place(line),
        Capability::Variables => is_variable(line),
        Capability::Addr2line | Capability::GoAddr2line => has_place(line),
        Capability::Symbols => line.ends_with("main.main"),
    }
}

/// A Go file and the number of a line.
fn has_place(text: &str) -> bool {
    text.match_indices(".go:")
        .any(|(at, found)| text[at + found.len()..].starts_with(|c: char| c.is_ascii_digit() && c != '0'))
}

/// `name = value` as Delve prints it, with a value.
fn is_variable(line: &str) -> bool {
    let Some((name, value)) = line.split_once(" = ") else { return false };
    let is_name = name.starts_with(|c: char| c.is_alphabetic() || c == '_' || c == '~')
        && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '~'));
    is_name && !value.starts_with("(unreadable")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(capability: Capability, text: &str) -> TriedResult {
        tried(capability, &Printed::Text(text.to_owned())).result
    }

    #[test]
    fn only_a_line_of_a_go_file_proves_that_lines_are_known() {
        use TriedResult::{Fails, Works};
        assert_eq!(result(Capability::Addr2line, "main.main\n/x/main.go:20\n"), Works);
        // What binutils 2.40 makes of DWARF 5 of Go 1.26.
        assert_eq!(result(Capability::Addr2line, "main.main\ngo.go:?\n"), Fails);
        assert_eq!(result(Capability::Addr2line, "??\n??:0\n"), Fails);
        assert_eq!(result(Capability::Traces, "SIGQUIT: quit\nmain.f()\n\t/x/main.go:7 +0x1d\n"), Works);
        assert_eq!(result(Capability::Traces, "SIGQUIT: quit\nat main.go:7\n"), Fails);
        assert_eq!(result(Capability::Profiles, "1 100% 100% 1 100%  main.main /x/main.go:20\n"), Works);
        assert_eq!(result(Capability::Profiles, "1 100% 100% 1 100%  <unknown>\n"), Fails);
    }

    #[test]
    fn a_variable_counts_if_it_has_a_value() {
        use TriedResult::{Fails, Works};
        assert_eq!(result(Capability::Variables, "(no locals)\nmp = (*runtime.m)(0x62c5c0)\n"), Works);
        assert_eq!(result(Capability::Variables, "fn = (unreadable empty OP stack)\n"), Fails);
        assert_eq!(
            result(Capability::Variables, "x:4: unable to find locals: no debug information = 1\n"),
            Fails
        );
    }

    #[test]
    fn what_could_not_be_run_is_no_failure_and_the_headline_says_what_the_smallest_loses() {
        let text = |text: &str| Printed::Text(text.to_owned());
        let kind = |name: &str, size, printed: Printed| Kind {
            name: name.to_owned(),
            size,
            apart: None,
            build_id: None,
            tried: vec![
                (Capability::Addr2line, printed),
                (Capability::Breakpoint, Printed::Needs("dlv".to_owned())),
            ],
        };
        let kinds = vec![kind("full", 100, text("/x/a.go:3")), kind("-s -w", 60, text("??:0"))];
        let records = [("v".to_owned(), DebugRecord { kinds, missing: Vec::new() })];
        let answer = answer(Records { of: &records, reference: "v" });
        assert_eq!(answer.headline, "smallest is -s -w with 60 % of the size; lost: addr2line");
        let stop = &answer.variants[0].of.kinds[0].tried[1];
        assert_eq!((stop.result, stop.seen.as_str()), (TriedResult::NotRun, "dlv"));
    }
}
