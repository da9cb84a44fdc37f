//! Which code is listed as not tried, and in which order.

use super::*;
use crate::model::coverage::{Block, CountedUntil, GrowthMatch, Reach, SavedAt, Untried};
use crate::model::growth::GrowthPoint;
use crate::model::{Bytes, Confidence, Evidence, Frame, Growth, LeakKind, MonotonicTime, Operations};

/// A block from and to a line and column, with its statements and count.
fn block(start: (u32, u32), end: (u32, u32), statements: u32, count: u64) -> Block {
    Block { start, end, statements, count, at: Vec::new() }
}

fn function(name: &str, file: &str, blocks: Vec<Block>) -> FunctionBlocks {
    FunctionBlocks { name: name.to_owned(), file: format!("example.com/m/{file}").into(), blocks }
}

fn package(path: &str, functions: Vec<FunctionBlocks>) -> PackageBlocks {
    let symbol = if path == "example.com/m" { "main" } else { path };
    PackageBlocks { path: path.into(), symbol: symbol.into(), module: "example.com/m".into(), functions }
}

fn escape(file: &str, (line, column): (u32, u32), what: &str, flow: &str) -> Escape {
    let flow = (!flow.is_empty()).then(|| flow.to_owned());
    Escape {
        package: "main".to_owned(),
        file: file.to_owned(),
        line,
        what: what.to_owned(),
        flow,
        flow_line: None,
        column,
    }
}

/// `handle` with a branch that did not run, `admin` that was not called, `main`.
fn program() -> ProgramCoverage {
    let handle = function(
        "main.handle",
        "main.go",
        vec![
            block((10, 27), (11, 12), 1, 500),
            block((11, 12), (13, 3), 1, 0),
            block((14, 2), (15, 12), 2, 500),
        ],
    );
    let admin = function(
        "main.admin",
        "main.go",
        vec![block((20, 24), (22, 9), 2, 0), block((22, 9), (24, 3), 1, 0)],
    );
    let main = function("main.main", "main.go", vec![block((30, 13), (40, 2), 4, 1)]);
    ProgramCoverage {
        packages: vec![package("example.com/m", vec![handle, admin, main])],
        until: CountedUntil::End,
        ..ProgramCoverage::default()
    }
}

fn untried(escapes: &[Escape]) -> Vec<Untried> {
    facts(&program(), Ok(escapes), None).untried
}

fn listed(places: &[Untried]) -> Vec<(Reach, &str, u32, u32)> {
    places.iter().map(|place| (place.reach, &*place.function, place.line, place.n_values)).collect()
}

#[test]
fn statements_and_calls_are_counted_by_package_and_function() {
    let facts = facts(&program(), Err("nobody asked"), None);
    assert_eq!((facts.statements.ran, facts.statements.of), (7, 11));
    let [package] = facts.packages.as_slice() else { panic!("{facts:?}") };
    assert_eq!((package.functions.ran, package.functions.of), (2, 3));
    let functions: Vec<_> = facts
        .functions
        .iter()
        .map(|one| (&*one.function, &*one.file, one.line, one.statements.ran, one.statements.of, one.calls))
        .collect();
    let expected = [
        ("main.handle", "main.go", 10, 3, 4, 500),
        ("main.admin", "main.go", 20, 0, 3, 0),
        ("main.main", "main.go", 30, 4, 4, 1),
    ];
    assert_eq!(functions, expected);
    assert_eq!((facts.untried.len(), facts.no_untried.as_deref()), (0, Some("nobody asked")));
}

#[test]
fn a_block_beside_code_that_ran_and_a_function_that_did_not_are_listed_and_what_ran_is_not() {
    let places = untried(&[
        escape("main.go", (12, 10), "make([]byte, n) escapes to heap", ""),
        escape("main.go", (14, 9), "&T{...} escapes to heap", ""), // ran
        escape("main.go", (21, 2), "&T{...} escapes to heap", ""),
        escape("main.go", (23, 4), "func literal escapes to heap", ""),
        escape("main.go", (35, 4), "&T{...} escapes to heap", ""), // ran
    ]);
    let expected = [(Reach::Beside, "main.handle", 11, 1), (Reach::Uncalled, "main.admin", 20, 2)];
    assert_eq!(listed(&places), expected);
    assert_eq!(places[0].calls, 500);
}

#[test]
fn two_blocks_on_a_line_are_told_apart_by_their_columns() {
    // `if id < 0 { return &T{} }; return &U{}`
    let line = function(
        "main.f",
        "f.go",
        vec![block((3, 20), (3, 31), 1, 9), block((3, 31), (3, 46), 1, 0), block((3, 47), (3, 60), 1, 9)],
    );
    let program = ProgramCoverage {
        packages: vec![package("example.com/m", vec![line])],
        ..ProgramCoverage::default()
    };
    let of = |column| {
        facts(&program, Ok(&[escape("f.go", (3, column), "&T{} escapes to heap", "")]), None).untried
    };
    assert_eq!((of(25).len(), of(40).len(), of(52).len()), (0, 1, 0));
}

#[test]
fn a_parameter_belongs_to_its_function_and_what_is_outside_of_any_to_none() {
    let places = untried(&[
        escape("main.go", (20, 12), "moved to heap: n", ""),
        escape("main.go", (18, 9), "&errors.errorString{...} escapes to heap", ""), // a variable's beginning
        escape("main.go", (5, 9), "moved to heap: x", ""),
        escape("other.go", (21, 2), "&T{...} escapes to heap", ""),
    ]);
    // `handle` begins five lines below line 5, and ran.
    assert_eq!(listed(&places), [(Reach::Uncalled, "main.admin", 20, 1)]);
}

#[test]
fn the_expressions_of_a_case_belong_to_the_block_before() {
    let switch = function(
        "main.pick",
        "pick.go",
        vec![block((5, 20), (6, 9), 1, 0), block((7, 15), (8, 12), 1, 0), block((9, 10), (10, 12), 1, 0)],
    );
    let ran = function("main.main", "main.go", vec![block((1, 1), (2, 2), 1, 1)]);
    let packages = vec![package("example.com/m", vec![switch, ran])];
    let program = ProgramCoverage { packages, ..ProgramCoverage::default() };
    let places = facts(&program, Ok(&[escape("pick.go", (7, 8), "&T{} escapes to heap", "")]), None).untried;
    assert_eq!(listed(&places), [(Reach::Uncalled, "main.pick", 5, 1)]);
}

#[test]
fn constants_and_what_has_no_size_are_not_allocated_and_a_value_counts_once() {
    let twice = escape("main.go", (12, 10), "x escapes to heap", "fmt.Println(x) (call parameter)");
    let places = untried(&[
        escape("main.go", (12, 4), "\"bad id\" escapes to heap", ""),
        escape("main.go", (12, 5), "context.backgroundCtx{} escapes to heap", ""),
        twice.clone(),
        Escape { flow: None, ..twice },
    ]);
    assert_eq!(listed(&places), [(Reach::Beside, "main.handle", 11, 1)]);
}

#[test]
fn the_order_is_reach_then_exported_then_what_is_kept_then_how_many_then_calls() {
    let one = |name: &str, line: u32, ran: &[u64]| {
        let blocks =
            (0u32..).zip(ran).map(|(nth, count)| block((line + nth, 1), (line + nth, 99), 1, *count));
        function(name, "main.go", blocks.collect())
    };
    let used = package(
        "example.com/m",
        vec![
            one("main.rare", 10, &[1, 0]),
            one("main.often", 20, &[500, 0]),
            one("main.keeps", 30, &[1, 0]),
            one("main.many", 40, &[1, 0]),
            one("main.hidden", 50, &[0]),
            one("main.(*server).Serve", 60, &[0]),
        ],
    );
    let mut idle = package(
        "example.com/m/idle",
        vec![function("idle.Never", "idle/idle.go", vec![block((1, 1), (2, 1), 1, 0)])],
    );
    idle.symbol = "idle".into();
    let program = ProgramCoverage { packages: vec![idle, used], ..ProgramCoverage::default() };
    let call = "fmt.Println(x) (call parameter)";
    let escapes = [
        Escape {
            package: "idle".to_owned(),
            ..escape("idle.go", (1, 5), "&T{} escapes to heap", "return &T{} (return)")
        },
        escape("main.go", (11, 5), "x escapes to heap", call),
        escape("main.go", (21, 5), "x escapes to heap", call),
        escape("main.go", (31, 5), "&T{} escapes to heap", "c.m[k] = &T{} (assign)"),
        escape("main.go", (41, 5), "x escapes to heap", call),
        escape("main.go", (41, 6), "y escapes to heap", call),
        escape("main.go", (50, 5), "&T{} escapes to heap", ""),
        escape("main.go", (50, 9), "&T{} escapes to heap", ""),
        escape("main.go", (60, 5), "x escapes to heap", call),
    ];
    let facts = facts(&program, Ok(&escapes), None);
    let order: Vec<&str> = facts.untried.iter().map(|place| &*place.function).collect();
    let expected = [
        "main.keeps",
        "main.many",
        "main.often",
        "main.rare",
        "main.(*server).Serve",
        "main.hidden",
        "idle.Never",
    ];
    assert_eq!(order, expected);
    assert_eq!((facts.untried[0].kept, facts.untried[1].kept, facts.untried[6].reach), (1, 0, Reach::Idle));
}

/// A measured run with points after these operations, of which the first is warm-up, and a finding with these objects at them.
fn measured(operations: &[u64], objects: &[u64]) -> (RunGrowth, Vec<Finding>) {
    let points = (0..).zip(operations).map(|(checkpoint, operations)| GrowthPoint {
        checkpoint,
        operations: Operations(*operations),
        cycle: None,
        at: MonotonicTime(0),
    });
    let run = RunGrowth { points: points.collect(), warm_up: 1, ..RunGrowth::nothing() };
    let frame = Frame { function: "main.handle".into(), file: "main.go".into(), line: 12 };
    let finding = Finding {
        kind: LeakKind::Heap,
        site: frame.clone(),
        file: "main.go".to_owned(),
        fingerprint: "00aa".to_owned(),
        sentence: String::new(),
        growth: Growth::default(),
        since_cycle: None,
        held_by: None,
        confidence: Confidence::High,
        missing: Vec::new(),
        test: None,
        evidence: vec![
            Evidence::Note { text: "before".to_owned() },
            Evidence::Allocation {
                stack: vec![frame],
                object_size: Bytes(16),
                inuse_space: Vec::new(),
                inuse_objects: objects.to_vec(),
            },
        ],
    };
    (run, vec![finding])
}

/// A program whose counters were saved after these operations, with a block in `handle` for each of the lists of counts, and one
/// elsewhere with those of the first.
fn counted(operations: &[u64], counts: &[&[u32]]) -> ProgramCoverage {
    let blocks = |counts: &[&[u32]]| -> Vec<Block> {
        let block = |(line, at): (u32, &&[u32])| Block {
            at: at.to_vec(),
            ..block((line, 1), (line, 9), 1, u64::from(at.last().copied().unwrap_or(0)))
        };
        (10..).zip(counts).map(block).collect()
    };
    let functions = vec![
        function("main.aside", "aside.go", blocks(&counts[..1])),
        function("main.handle", "main.go", blocks(counts)),
    ];
    let saved = (0..)
        .zip(operations)
        .map(|(checkpoint, operations)| SavedAt { checkpoint, operations: Operations(*operations) });
    ProgramCoverage {
        packages: vec![package("example.com/m", functions)],
        saved: saved.collect(),
        until: CountedUntil::End,
    }
}

const OPERATIONS: [u64; 7] = [100, 200, 300, 400, 462, 600, 700];

fn with(program: &ProgramCoverage, operations: &[u64], objects: &[u64]) -> CoverageFacts {
    let (run, findings) = measured(operations, objects);
    facts(program, Err(""), Some((&run, &findings)))
}

#[test]
fn a_block_that_runs_in_step_with_a_finding_is_told_and_what_runs_with_operations_is_not() {
    let sevenths = [14, 28, 42, 57, 66, 85, 100];
    let each = [100, 200, 300, 400, 462, 600, 700];
    let twice = [28, 56, 84, 114, 132, 170, 200];
    let other = [14, 28, 43, 57, 66, 85, 100];
    let never = [0; 7];
    let program = counted(&OPERATIONS, &[&sevenths, &each, &twice, &other, &never]);
    let facts = with(&program, &OPERATIONS, &[14, 28, 42, 57, 66, 85, 100]);
    let [growth] = facts.growth.as_slice() else { panic!("{facts:?}") };
    assert_eq!((growth.stretches, &*growth.site, &*growth.fingerprint), ((5, 5), "main.go:12", "00aa"));
    let blocks: Vec<_> =
        growth.blocks.iter().map(|block| (&*block.function, block.line, block.ran, block.with)).collect();
    let expected = [
        ("main.handle", 10, 72, GrowthMatch::InStep),
        ("main.handle", 12, 144, GrowthMatch::InStep),
        ("main.aside", 10, 72, GrowthMatch::InStep),
    ];
    assert_eq!(blocks, expected, "after warm-up, and the finding's own function first");
}

#[test]
fn a_block_that_ran_only_when_it_grew_is_told_and_nothing_of_one_that_grows_with_operations() {
    let objects = [0, 0, 5, 5, 9, 9, 9];
    let then = [0, 1, 2, 2, 3, 3, 3];
    let before = [1, 2, 3, 3, 4, 4, 5];
    let program = counted(&OPERATIONS, &[&then, &before]);
    let facts = with(&program, &OPERATIONS, &objects);
    let blocks: Vec<_> = facts.growth[0].blocks.iter().map(|block| (block.line, block.with)).collect();
    assert_eq!(blocks, [(10, GrowthMatch::OnlyThen), (10, GrowthMatch::OnlyThen)]);
    assert_eq!(facts.growth[0].stretches, (2, 5));

    let each: Vec<u32> = OPERATIONS.iter().map(|n| *n as u32).collect();
    let facts = with(&counted(&OPERATIONS, &[&each]), &OPERATIONS, &OPERATIONS);
    assert_eq!(facts.growth[0].blocks, []);
}

#[test]
fn runs_whose_checkpoints_are_not_after_the_same_operations_are_not_compared() {
    let elsewhere: Vec<u64> = OPERATIONS.iter().map(|n| n + 1).collect();
    let facts = with(&counted(&elsewhere, &[&[1; 7]]), &OPERATIONS, &OPERATIONS);
    assert_eq!(facts.growth, []);
    assert!(facts.no_growth.is_some_and(|why| why.contains("0 stretches")));
}
