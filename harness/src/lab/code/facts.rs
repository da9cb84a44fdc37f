//! Facts of a variant, by function.

use std::collections::BTreeMap;

use crate::format::binary::function_table;
use crate::format::compiler::{
    Decision, Declared, Remark, Remarks, Said as Words, Verdict, decisions, declared, remarks,
};
use crate::model::Bytes;
use crate::model::lab::code::{
    CodeFacts, CodeTotals, DirectCall, FunctionFacts, HeapValue, HotCall, InlinedCall, Inlining,
    LinkedFunction, OverBudget, ProfileFacts,
};
use crate::toolchain::lab::{CodeRecord, Said};

/// Functions of one file, by where they begin.
type File = Vec<Function>;

/// A function, and of values on its heap where they stand.
struct Function {
    facts: FunctionFacts,
    values: Vec<(u32, HeapValue)>,
}

pub(super) fn facts(record: &CodeRecord) -> CodeFacts {
    let said = &record.said;
    let mut files: BTreeMap<&str, File> = said
        .sources
        .iter()
        .map(|(name, text)| {
            (name.as_str(), declared(text).into_iter().map(|of| function(said, name, of)).collect())
        })
        .collect();
    for text in &said.diagnostics {
        let read = decisions(text.as_bytes());
        let Some(file) = said.inside(&read.file).and_then(|name| files.get_mut(name)) else { continue };
        for decision in read.decisions {
            decide(file, decision);
        }
    }
    let remarks = placed(said);
    for remark in &remarks.remarks {
        if let Some(file) = files.get_mut(remark.file.as_str()) {
            note(file, remark);
        }
    }
    let mut functions: Vec<FunctionFacts> = files.into_values().flatten().map(finished).collect();
    functions.sort_by(|a, b| (&a.name, &a.file, a.line).cmp(&(&b.name, &b.file, b.line)));
    link(&mut functions, &record.binary);
    CodeFacts { totals: totals(&functions), profile: profile(&remarks, said), functions, assembly: None }
}

/// Remarks with files as the sources have them: where a build hides paths, they begin with the module's.
fn placed(said: &Said) -> Remarks {
    let mut remarks = remarks(&said.remarks);
    let strange = remarks.remarks.iter_mut().filter(|remark| !said.sources.contains_key(&remark.file));
    for remark in strange {
        if let Some(inside) = said.inside(&remark.file).map(str::to_owned) {
            remark.file = inside;
        }
    }
    remarks
}

/// A declared function with the name that the linker gives it: its package is its directory, or `main`.
fn function(said: &Said, file: &str, declared: Declared) -> Function {
    let directory = file.rsplit_once('/').map_or("", |(directory, _)| directory);
    let import_path = match directory {
        "" => said.module.clone(),
        directory => format!("{}/{directory}", said.module),
    };
    let package = if import_path == said.program { "main" } else { &import_path };
    let facts = FunctionFacts {
        name: format!("{package}.{}", declared.name),
        file: file.to_owned(),
        line: declared.line,
        ..FunctionFacts::default()
    };
    Function { facts, values: Vec::new() }
}

/// The function that a line belongs to.
fn owner(file: &mut File, line: u32) -> Option<&mut Function> {
    let after = file.partition_point(|function| function.facts.line <= line);
    file.get_mut(after.checked_sub(1)?)
}

fn decide(file: &mut File, Decision { line, column, verdict }: Decision) {
    let Some(function) = owner(file, line) else { return };
    let facts = &mut function.facts;
    // A closure's is told at a line within.
    let is_its_own = facts.line == line;
    match verdict {
        Verdict::CanInline { cost } if is_its_own => facts.inlining = Some(Inlining::Yes { cost }),
        Verdict::CannotInline { reason } if is_its_own => {
            let over = over_budget(&reason);
            facts.inlining = Some(Inlining::No { reason, over });
        }
        Verdict::CanInline { .. } | Verdict::CannotInline { .. } => {}
        Verdict::Escapes { what, flow } => {
            function.values.push((column, HeapValue { line, what, flow }));
        }
        Verdict::IndexCheck | Verdict::SliceCheck => facts.bounds_checks.push(line),
        Verdict::NilCheck => facts.nil_checks.push(line),
    }
}

/// `function too complex: cost 84 exceeds budget 80`
fn over_budget(reason: &str) -> Option<OverBudget> {
    let (cost, budget) = reason.split_once("cost ")?.1.split_once(" exceeds budget ")?;
    Some(OverBudget { cost: cost.parse().ok()?, budget: budget.parse().ok()? })
}

fn note(file: &mut File, remark: &Remark) {
    let (line, column) = (remark.line, remark.column);
    let Some(function) = owner(file, line) else { return };
    match &remark.said {
        Words::Inlined { callee } => {
            function.facts.inlined.push(InlinedCall { line, callee: callee.clone() });
        }
        Words::Devirtualized { call, to, by_profile } => {
            let (call, to) = (call.clone(), to.clone());
            function.facts.devirtualized.push(DirectCall { line, call, to, by_profile: *by_profile });
        }
        Words::MovedToHeap { variable } => {
            let what = format!("moved to heap: {variable}");
            let same = function.values.iter_mut().find(|(at, value)| (*at, value.line) == (column, line));
            match same {
                Some((_, value)) => value.what = what,
                None => function.values.push((column, HeapValue { line, what, flow: None })),
            }
        }
        Words::Hot { .. } => {}
    }
}

fn finished(Function { mut facts, mut values }: Function) -> FunctionFacts {
    // A generic function is compiled more than once, and what two codes say is one value.
    values.sort_by(|(a_at, a), (b_at, b)| (a.line, a_at, &a.what).cmp(&(b.line, b_at, &b.what)));
    values.dedup_by(|(a_at, a), (b_at, b)| (a.line, a_at, &a.what) == (b.line, b_at, &b.what));
    facts.escapes = values.into_iter().map(|(_, value)| value).collect();
    facts.bounds_checks.sort_unstable();
    facts.nil_checks.sort_unstable();
    facts.inlined.sort();
    facts.devirtualized.sort();
    facts
}

/// Looks functions up in the linked program. One with type parameters is there once per shape.
fn link(functions: &mut [FunctionFacts], binary: &[u8]) {
    let (table, _) = function_table("program", binary);
    let mut linked: BTreeMap<String, LinkedFunction> = BTreeMap::new();
    for function in table.functions {
        let there = linked
            .entry(without_types(&function.name))
            .or_insert(LinkedFunction { size: Bytes(0), frame: Bytes(0) });
        there.size.0 = there.size.0.saturating_add(function.size);
        there.frame = there.frame.max(Bytes(function.frame));
    }
    for function in functions {
        function.linked = linked.get(&function.name).copied();
    }
}

/// `main.(*Set[...]).Add` of `main.(*Set[go.shape.int]).Add`
fn without_types(name: &str) -> String {
    match (name.find('['), name.rfind(']')) {
        (Some(start), Some(end)) if start < end => format!("{}[...]{}", &name[..start], &name[end + 1..]),
        _ => name.to_owned(),
    }
}

fn totals(functions: &[FunctionFacts]) -> CodeTotals {
    let mut totals = CodeTotals { functions: functions.len() as u64, ..CodeTotals::default() };
    for function in functions {
        totals.inlinable += u64::from(matches!(function.inlining, Some(Inlining::Yes { .. })));
        totals.inlined_calls += function.inlined.len() as u64;
        totals.devirtualized += function.devirtualized.len() as u64;
        totals.escapes += function.escapes.len() as u64;
        totals.bounds_checks += function.bounds_checks.len() as u64;
        totals.nil_checks += function.nil_checks.len() as u64;
        totals.code.0 = totals.code.0.saturating_add(function.linked.map_or(0, |linked| linked.size.0));
    }
    totals
}

/// Without a profile the compiler says nothing of heat.
fn profile(remarks: &Remarks, said: &Said) -> Option<ProfileFacts> {
    let call = |remark: &Remark| {
        let Words::Hot { callee, cost, caller } = &remark.said else { return None };
        let is_inlined = |other: &Remark| {
            (&other.file, other.line, other.column) == (&remark.file, remark.line, remark.column)
                && matches!(other.said, Words::Inlined { .. })
        };
        Some(HotCall {
            file: remark.file.clone(),
            line: remark.line,
            caller: caller.clone(),
            callee: callee.clone(),
            cost: *cost,
            inlined: remarks.remarks.iter().any(is_inlined),
        })
    };
    remarks.hot_from?;
    let is_own = |call: &HotCall| said.sources.contains_key(&call.file);
    Some(ProfileFacts {
        hot_from: remarks.hot_from,
        hot_functions: remarks.hot_functions.clone(),
        hot_calls: remarks.remarks.iter().filter_map(call).filter(is_own).collect(),
    })
}
