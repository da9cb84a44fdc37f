//! Good and bad snippets for the direction of stages.

use std::path::Path;

use super::{STAGES, check, violations_in};

fn broken(file: &str, text: &str) -> Vec<String> {
    violations_in(Path::new(file), text).into_iter().map(|violation| violation.to_string()).collect()
}

#[test]
fn a_stage_may_use_itself_and_the_stages_of_its_row() {
    for (file, text) in [
        ("align/shift.rs", "use crate::align::Window;\nuse crate::model::{GcCycle, Stack};"),
        ("ingest/mod.rs", "use crate::model::Bytes;\nuse crate::format::gctrace;"),
        ("report/json.rs", "use crate::{baseline::Verdict, model::Finding};"),
        ("cli/run.rs", "use crate::{align, capture, diagnose, report};\nfn f() { println!(); }"),
        ("capture/run.rs", "use std::process::Command;\nuse duct::cmd;\nuse std::env;"),
    ] {
        assert_eq!(broken(file, text), Vec::<String>::new(), "{file}");
    }
}

#[test]
fn a_stage_must_not_use_one_that_is_not_in_its_row() {
    let text = "use crate::model::Stack;\nuse crate::report::Report;";
    assert_eq!(broken("align/shift.rs", text), ["align/shift.rs:2: `align` must not use `report`"]);
    assert_eq!(broken("model/site.rs", "fn f() { crate::format::read() }").len(), 1);
    assert_eq!(broken("format/pprof/mod.rs", "use crate::{ingest::X, model::Y, align};").len(), 2);
}

#[test]
fn super_does_not_lead_around_the_rule() {
    assert_eq!(broken("align/mod.rs", "use super::diagnose::Rule;").len(), 1);
    assert_eq!(broken("align/shift.rs", "use super::super::diagnose::Rule;").len(), 1);
    assert_eq!(broken("format/pprof/wire.rs", "use super::super::super::report;").len(), 1);
    assert_eq!(broken("align/shift.rs", "use super::report::Part;"), Vec::<String>::new());
}

#[test]
fn processes_are_started_by_toolchain_and_capture_only() {
    assert_eq!(broken("align/mod.rs", "use std::process::Command;").len(), 1);
    assert_eq!(broken("cli/run.rs", "let x = duct::cmd!(1);").len(), 1);
    assert_eq!(broken("diagnose/mod.rs", "use std::{process, fmt};").len(), 1);
}

#[test]
fn printing_is_left_to_cli() {
    for call in ["println!(1)", "eprintln!()", "print!(2)", "eprint!(3)", "std::io::stdout().lock()"] {
        assert_eq!(broken("report/terminal.rs", &format!("fn f() {{ {call}; }}")).len(), 1, "{call}");
    }
}

#[test]
fn clocks_environment_and_files_stay_before_the_disk_line() {
    assert_eq!(broken("report/mod.rs", "let t = std::time::Instant::now();").len(), 1);
    assert_eq!(broken("report/mod.rs", "use std::time::{Duration, SystemTime};").len(), 1);
    assert_eq!(broken("ingest/mod.rs", "std::env::var(x)").len(), 1);
    assert_eq!(broken("ingest/mod.rs", "use std::fs::File;").len(), 1);
    assert_eq!(broken("ingest/mod.rs", "use std::time::Duration;"), Vec::<String>::new());
}

#[test]
fn comments_strings_and_tests_break_no_rule() {
    let text = "//! See [`crate::report`].\nconst X: &str = \"crate::report\";\n\
                #[cfg(test)]\nmod tests { use crate::report::Report; fn f() { println!() } }";
    assert_eq!(broken("align/shift.rs", text), Vec::<String>::new());
    assert_eq!(broken("align/tests.rs", "use crate::report::Report;"), Vec::<String>::new());
}

#[test]
fn a_directory_without_a_row_is_a_violation() {
    assert_eq!(
        broken("extras/mod.rs", ""),
        ["extras/mod.rs:1: `extras` is no stage: give it a row in the table"]
    );
}

#[test]
fn rows_name_stages_and_form_no_circle() {
    for (place, (stage, uses)) in STAGES.iter().enumerate() {
        for used in *uses {
            let target = STAGES.iter().position(|(name, _)| name == used);
            assert!(target.is_some_and(|target| target < place), "`{stage}` uses `{used}`");
        }
    }
}

#[test]
fn the_crate_as_it_is_keeps_the_direction() {
    check().unwrap();
}
