//! Code: what the compiler says, and the machine code of a function if one is named.

use std::collections::BTreeSet;

use super::Bench;
use crate::cli::error::CliError;
use crate::lab;
use crate::model::lab::Topic;
use crate::model::lab::code::CodeAnswer;
use crate::toolchain::lab::{code, disassembly};

pub(super) fn answer(bench: &Bench<'_>) -> Result<CodeAnswer, CliError> {
    let asked = bench.ask(Topic::Code, code)?;
    let mut answer = lab::code::answer(bench.records(&asked.records));
    answer.not_run = asked.not_run;
    if let Some(named) = bench.function {
        add_assembly(bench, named, &mut answer)?;
    }
    Ok(answer)
}

fn add_assembly(bench: &Bench<'_>, named: &str, answer: &mut CodeAnswer) -> Result<(), CliError> {
    let known: BTreeSet<&str> = answer
        .variants
        .iter()
        .flat_map(|facts| &facts.of.functions)
        .map(|function| function.name.as_str())
        .collect();
    let function = full_name(named, &known)?;
    let is_declared = known.contains(function.as_str());
    let asked = bench.ask(Topic::Code, |subject| disassembly(subject, &function))?;
    if !is_declared
        && !asked.records.is_empty()
        && asked.records.iter().all(|(_, record)| record.text.is_empty())
    {
        return Err(unknown(named, &known));
    }
    lab::code::add_assembly(answer, &function, bench.records(&asked.records));
    answer.not_run.extend(asked.not_run);
    Ok(())
}

/// The name with its directories; one that is no function's of the module stays as it is.
fn full_name(named: &str, known: &BTreeSet<&str>) -> Result<String, CliError> {
    if known.contains(named) {
        return Ok(named.to_owned());
    }
    let end = format!("/{named}");
    let like: Vec<&str> = known.iter().copied().filter(|name| name.ends_with(&end)).collect();
    match like.as_slice() {
        [] => Ok(named.to_owned()),
        [one] => Ok((*one).to_owned()),
        _ => Err(CliError::usage(
            format!("`{named}` is more than one function"),
            format!("there are {}", like.join(", ")),
        )),
    }
}

fn unknown(named: &str, known: &BTreeSet<&str>) -> CliError {
    let near =
        known.iter().max_by(|a, b| strsim::jaro_winkler(named, a).total_cmp(&strsim::jaro_winkler(named, b)));
    let hint = near.map_or_else(
        || "functions are named as stack traces name them: `main.handle`, `main.(*Server).handle`".to_owned(),
        |near| format!("did you mean `{near}`? Functions are named as stack traces name them"),
    );
    CliError::usage(format!("no variant has a function `{named}`"), hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_found_without_its_directories_unless_there_are_two() {
        let known: BTreeSet<&str> =
            ["example.com/m/a/x.F", "example.com/m/b/x.F", "example.com/m/c/y.G", "main.main"].into();
        assert_eq!(full_name("y.G", &known).expect("one"), "example.com/m/c/y.G");
        assert_eq!(full_name("main.main", &known).expect("one"), "main.main");
        assert_eq!(full_name("runtime.mallocgc", &known).expect("taken as it is"), "runtime.mallocgc");
        assert!(full_name("x.F", &known).is_err());
        assert!(unknown("main.mian", &known).message().contains("main.mian"));
    }
}
