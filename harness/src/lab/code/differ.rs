//! What the compiler decides otherwise in another variant, in words.

use std::collections::BTreeMap;

use crate::model::Bytes;
use crate::model::lab::code::{
    CodeDifference, CodeFacts, CodeTotals, DirectCall, FunctionDifference, FunctionFacts, HeapValue,
    InlinedCall, Inlining, OverBudget, ProfileFacts,
};

/// What is different in `other`, if anything is.
pub(super) fn differ(base: &CodeFacts, other: &CodeFacts) -> Option<CodeDifference> {
    let is_inlining = |facts: &CodeFacts| facts.functions.iter().any(|function| function.inlining.is_some());
    let both_inline = is_inlining(base) && is_inlining(other);
    let context = Context { both_inline, hot: other.profile.as_ref() };
    let there: BTreeMap<&str, &FunctionFacts> =
        other.functions.iter().map(|function| (function.name.as_str(), function)).collect();
    let pairs =
        base.functions.iter().filter_map(|function| Some((function, *there.get(function.name.as_str())?)));
    let differences = pairs.filter_map(|(base, other)| context.function(base, other));
    let mut functions: Vec<(Weight, FunctionDifference)> = differences.collect();
    functions.sort_by(|(a, one), (b, two)| b.cmp(a).then_with(|| one.name.cmp(&two.name)));
    let functions: Vec<FunctionDifference> =
        functions.into_iter().map(|(_, difference)| difference).collect();
    let words = as_a_whole(base, other, is_inlining(base), is_inlining(other));
    (!words.is_empty() || !functions.is_empty()).then_some(CodeDifference {
        words,
        functions,
        assembly: None,
    })
}

/// The difference in half a sentence.
pub(super) fn in_short(base: &CodeFacts, other: &CodeFacts, difference: &CodeDifference) -> String {
    let (from, to) = (base.totals, other.totals);
    let mut said = Vec::new();
    if to.inlinable == 0 && from.inlinable > 0 {
        said.push("nothing is inlined".to_owned());
    } else {
        said.extend(change(from.inlined_calls, to.inlined_calls, "inlined call"));
    }
    said.extend(change(from.devirtualized, to.devirtualized, "devirtualised call"));
    said.extend(
        change(from.escapes, to.escapes, "value on the heap").map(|words| words.replace("heaps", "heap")),
    );
    said.extend(change(from.bounds_checks, to.bounds_checks, "bounds check"));
    match said.is_empty() {
        true => {
            format!("{} differ in machine code alone", counted(difference.functions.len() as u64, "function"))
        }
        false => said.join(", "),
    }
}

/// `3 bounds checks fewer`
fn change(from: u64, to: u64, what: &str) -> Option<String> {
    let word = if to > from { "more" } else { "fewer" };
    let what = match from.abs_diff(to) {
        1 => what.to_owned(),
        _ if what.starts_with("value") => what.replacen("value", "values", 1),
        _ => format!("{what}s"),
    };
    (from != to).then(|| format!("{} {what} {word}", from.abs_diff(to)))
}

fn counted(number: u64, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

fn as_a_whole(base: &CodeFacts, other: &CodeFacts, base_inlines: bool, other_inlines: bool) -> Vec<String> {
    let mut words = Vec::new();
    let told = |totals: CodeTotals| {
        format!(
            "{} may be, {} replaced by their bodies",
            counted(totals.inlinable, "function"),
            counted(totals.inlined_calls, "call")
        )
    };
    match (base_inlines, other_inlines) {
        (true, false) => {
            words.push(format!("inlining is off (it was on: {})", told(base.totals)));
        }
        (false, true) => words.push(format!("inlining is on: {}", told(other.totals))),
        _ => {}
    }
    match (&base.profile, &other.profile) {
        (None, Some(profile)) => words.push(format!(
            "a profile is used: {} hot, {} hot and inlined",
            counted(profile.hot_functions.len() as u64, "function"),
            counted(profile.hot_calls.iter().filter(|call| call.inlined).count() as u64, "call")
        )),
        (Some(_), None) => words.push("no profile is used".to_owned()),
        _ => {}
    }
    words
}

/// What matters most comes first: decisions on calls, then values on the heap, checks, and bytes.
type Weight = (usize, u64, u64, u64);

struct Context<'a> {
    /// Both variants inline at all; otherwise that is said once.
    both_inline: bool,
    /// The other variant's profile.
    hot: Option<&'a ProfileFacts>,
}

impl Context<'_> {
    fn function(&self, base: &FunctionFacts, other: &FunctionFacts) -> Option<(Weight, FunctionDifference)> {
        let mut words = Vec::new();
        if self.both_inline {
            words.extend(self.inlining(base, other));
        }
        words.extend(devirtualized(base, other));
        if self.both_inline {
            words.extend(calls(base, other));
        }
        let decisions = words.len();
        words.extend(escapes(base, other));
        let (n_before, n_after) = (base.bounds_checks.len() as u64, other.bounds_checks.len() as u64);
        words.extend(
            change(n_before, n_after, "bounds check").map(|words| format!("{words} ({n_after} left)")),
        );
        words.extend(linked(base, other));
        let (nil_before, nil_after) = (base.nil_checks.len() as u64, other.nil_checks.len() as u64);
        words.extend(change(nil_before, nil_after, "nil check"));
        if words.is_empty() {
            return None;
        }
        let both = base.linked.zip(other.linked);
        let size = both.map(|(base, other)| signed(base.size.0, other.size.0));
        let escapes = signed(base.escapes.len() as u64, other.escapes.len() as u64);
        let bounds_checks = signed(n_before, n_after);
        let weight = (
            decisions,
            escapes.unsigned_abs(),
            bounds_checks.unsigned_abs(),
            size.map_or(0, i64::unsigned_abs),
        );
        let difference = FunctionDifference {
            name: base.name.clone(),
            file: other.file.clone(),
            line: other.line,
            words,
            escapes,
            bounds_checks,
            nil_checks: signed(nil_before, nil_after),
            size,
            frame: both.map(|(base, other)| signed(base.frame.0, other.frame.0)),
        };
        Some((weight, difference))
    }

    fn inlining(&self, base: &FunctionFacts, other: &FunctionFacts) -> Option<String> {
        let why = |reason: &str, over: &Option<OverBudget>| match over {
            Some(OverBudget { cost, budget }) => {
                format!("cost {cost} over {budget}")
            }
            None => reason.to_owned(),
        };
        match (base.inlining.as_ref()?, other.inlining.as_ref()?) {
            (Inlining::Yes { .. }, Inlining::No { reason, over }) => {
                Some(format!("no longer inlines ({})", why(reason, over)))
            }
            (Inlining::No { reason, over }, Inlining::Yes { cost }) => {
                let is_hot = self.hot.is_some_and(|profile| profile.hot_functions.contains(&other.name));
                let hot = if is_hot { "; the profile has it hot" } else { "" };
                let cost = cost.map_or_else(String::new, |cost| format!("cost {cost}; "));
                Some(format!("now inlines ({cost}it did not: {}{hot})", why(reason, over)))
            }
            _ => None,
        }
    }
}

fn signed(from: u64, to: u64) -> i64 {
    let signed = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    signed(to).saturating_sub(signed(from))
}

/// Those of `of` that `others` has fewer of. Both are sorted.
fn beyond<'a, T: Ord>(of: &'a [T], others: &[T]) -> Vec<&'a T> {
    let mut others = others.iter().peekable();
    let mut found = Vec::new();
    for one in of {
        while others.next_if(|other| *other < one).is_some() {}
        if others.next_if(|other| *other == one).is_none() {
            found.push(one);
        }
    }
    found
}

fn devirtualized(base: &FunctionFacts, other: &FunctionFacts) -> Vec<String> {
    let file = last(&other.file);
    let now = beyond(&other.devirtualized, &base.devirtualized).into_iter().map(
        |DirectCall { line, call, to, by_profile }| {
            let by = if *by_profile { ", by the profile" } else { "" };
            format!("calls `{call}` as `{to}` directly ({file}:{line}{by})")
        },
    );
    let before = beyond(&base.devirtualized, &other.devirtualized).into_iter().map(
        |DirectCall { line, call, to, .. }| {
            format!("no longer calls `{call}` as `{to}` directly ({file}:{line})")
        },
    );
    now.chain(before).collect()
}

fn calls(base: &FunctionFacts, other: &FunctionFacts) -> Vec<String> {
    let list = |calls: Vec<&InlinedCall>| {
        let file = last(&other.file);
        let shown: Vec<String> =
            calls.iter().map(|InlinedCall { line, callee }| format!("`{callee}` at {file}:{line}")).collect();
        (!shown.is_empty()).then(|| shown.join(", "))
    };
    let now = list(beyond(&other.inlined, &base.inlined)).map(|calls| format!("has inlined {calls}"));
    let before = list(beyond(&base.inlined, &other.inlined))
        .map(|calls| format!("calls {calls} instead of inlining it"));
    now.into_iter().chain(before).collect()
}

/// `3 values more escape at server.go:41: …`, a line at a time.
fn escapes(base: &FunctionFacts, other: &FunctionFacts) -> Vec<String> {
    let words = |values: Vec<&HeapValue>, verb: &str| {
        let mut lines: BTreeMap<u32, Vec<&str>> = BTreeMap::new();
        for value in values {
            lines.entry(value.line).or_default().push(&value.what);
        }
        let file = last(&other.file);
        let one = |(line, what): (u32, Vec<&str>)| {
            let s = if what.len() == 1 { "" } else { "s" };
            let verb = verb.replace("(s)", if what.len() == 1 { "s" } else { "" });
            let what: Vec<&str> =
                what.into_iter().map(|what| what.trim_end_matches(" escapes to heap")).collect();
            format!("{} value{s} {verb} at {file}:{line}: {}", what.len(), what.join(", "))
        };
        lines.into_iter().map(one).collect::<Vec<String>>()
    };
    let key = |values: &[HeapValue]| -> Vec<HeapValue> {
        // Where it flows to may change with what is inlined; that it is on the heap does not.
        let mut values: Vec<HeapValue> =
            values.iter().map(|value| HeapValue { flow: None, ..value.clone() }).collect();
        values.sort();
        values
    };
    let (before, after) = (key(&base.escapes), key(&other.escapes));
    let mut said = words(beyond(&after, &before), "escape(s)");
    said.extend(words(beyond(&before, &after), "no longer escape(s)"));
    said
}

fn linked(base: &FunctionFacts, other: &FunctionFacts) -> Option<String> {
    match (base.linked, other.linked) {
        (Some(_), None) => Some("has no code of its own any more: inlined wherever it is used".to_owned()),
        (None, Some(linked)) => Some(format!("has code of its own again ({})", bytes(linked.size))),
        (Some(base), Some(other)) if base != other => {
            let mut words = Vec::new();
            if base.size != other.size {
                words.push(format!("{} of code, {} before", bytes(other.size), bytes(base.size)));
            }
            if base.frame != other.frame {
                words.push(format!("{} of stack, {} before", bytes(other.frame), bytes(base.frame)));
            }
            Some(words.join(", "))
        }
        _ => None,
    }
}

fn bytes(bytes: Bytes) -> String {
    format!("{} B", bytes.0)
}

/// Last element of a file's name.
fn last(file: &str) -> &str {
    file.rsplit('/').next().unwrap_or(file)
}
