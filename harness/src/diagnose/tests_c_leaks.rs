//! What LeakSanitizer proves, beside what resident memory shows: made-up runs and reports.

use super::tests::{Run, judge_with, stack};
use super::tests_outside::{MIB, with, with_calls};
use crate::model::{
    Bytes, CLeak, CLeaks, CallEffect, Confidence, Diagnosis, Evidence, Finding, Frame, LeakKind, Objects,
};

const SIGN: &[&str] = &["main._Cfunc_sign 1", "main.sign 9", "main.main 3"];
const HASH: &[&str] = &["main._Cfunc_hash 1", "main.hash 7", "main.main 3"];

/// Memory lost in `function` at line 12, which Go called as `entry`.
fn lost(function: &str, entry: &str, (bytes, objects): (u64, u64)) -> CLeak {
    let frame =
        |function: &str, file: &str, line| Frame { function: function.into(), file: file.into(), line };
    let stack = [
        frame("__interceptor_malloc", "asan_malloc_linux.cpp", 69),
        frame(function, "/src/app/sign.c", 12),
        frame(&format!("_cgo_0123abcd_{entry}"), "/tmp/go-build/cgo-gcc-prolog", 67),
        frame("runtime.asmcgocall", "/go/asm_amd64.s", 995),
    ];
    CLeak { direct: true, bytes: Bytes(bytes), objects: Objects(objects), stack: stack.into() }
}

/// Calls through the functions that cgo generates, in a file of its own.
fn c_calls(run: Run, effect: CallEffect, frames: &[&str], per_checkpoint: u64) -> Run {
    let mut run = with_calls(run, effect, frames, per_checkpoint);
    if let Some(site) = run.pieces.calls.iter_mut().flatten().last() {
        let generated = |frame: &Frame| match frame.function.contains("_Cfunc_") {
            true => Frame { file: "_cgo_gotypes.go".into(), ..frame.clone() },
            false => frame.clone(),
        };
        site.stack = site.stack.iter().map(generated).collect();
    }
    run
}

/// Resident memory grows by 1 MiB at each of ten checkpoints, 100 operations apart.
fn growing() -> Run {
    with(Run::step(), |i, process, _| process.rss = Bytes((8 + i) * MIB))
}

fn steady() -> Run {
    with(Run::step(), |_, _, _| ())
}

fn only(diagnosis: &Diagnosis) -> &Finding {
    let [finding] = diagnosis.findings.as_slice() else { panic!("{:?}", diagnosis.findings) };
    finding
}

fn stacks_of(finding: &Finding) -> usize {
    finding.evidence.iter().filter(|found| matches!(found, Evidence::Lost { .. })).count()
}

#[test]
fn a_proved_loss_lays_the_growth_at_the_call_that_loses_and_not_at_that_of_most_calls() {
    let run = c_calls(c_calls(growing(), CallEffect::CallsC, HASH, 900), CallEffect::CallsC, SIGN, 100);
    let without = judge_with(std::slice::from_ref(&run), &CLeaks::NotAsked);
    assert_eq!(
        (&*only(&without).site.function, only(&without).confidence),
        ("main.hash", Confidence::Medium)
    );
    let leaks = CLeaks::Found(vec![lost("sign_text", "Cfunc_sign", (10 * MIB, 1000))]);
    let diagnosis = judge_with(&[run], &leaks);
    let finding = only(&diagnosis);
    assert_eq!((&*finding.site.function, finding.confidence), ("main.sign", Confidence::High));
    assert_eq!(finding.growth.bytes_per_op, MIB as f64 / 100.0, "resident memory remains the measure");
    let words =
        "allocated in C by sign_text sign.c:12 and lost (10 MiB in 1000 allocations, says LeakSanitizer)";
    assert!(finding.sentence.contains(words), "{}", finding.sentence);
    assert_eq!(stacks_of(finding), 1);
}

#[test]
fn a_loss_that_is_less_than_half_of_the_growth_settles_nothing() {
    let run = c_calls(growing(), CallEffect::CallsC, HASH, 900);
    let leaks = CLeaks::Found(vec![lost("hash_text", "Cfunc_hash", (MIB, 3))]);
    let diagnosis = judge_with(&[run], &leaks);
    assert_eq!(
        (&*only(&diagnosis).site.function, only(&diagnosis).confidence),
        ("main.hash", Confidence::Medium)
    );
    assert_eq!(stacks_of(only(&diagnosis)), 1, "it is shown all the same");
}

#[test]
fn a_loss_too_small_for_resident_memory_is_a_finding_with_bytes_and_count() {
    let run = c_calls(steady(), CallEffect::CallsC, SIGN, 100);
    let leaks = CLeaks::Found(vec![lost("sign_text", "C2func_sign", (16_000, 1000))]);
    let diagnosis = judge_with(&[run], &leaks);
    let finding = only(&diagnosis);
    assert_eq!((finding.kind, &*finding.site.function), (LeakKind::OffHeap, "main.sign"));
    assert_eq!((finding.growth.bytes_per_op, finding.growth.objects_per_op), (16.0, 1.0));
    assert_eq!(finding.confidence, Confidence::High);
    assert!(finding.sentence.contains("15.6 KiB in 1000 allocations"), "{}", finding.sentence);
}

#[test]
fn losses_through_several_functions_of_c_at_one_line_of_go_are_one_finding_with_all_bytes() {
    let again = ["main._Cfunc_seal 1", "main.sign 9", "main.main 3"];
    let run = c_calls(c_calls(steady(), CallEffect::CallsC, SIGN, 100), CallEffect::CallsC, &again, 100);
    let leaks =
        vec![lost("sign_text", "Cfunc_sign", (16_000, 1000)), lost("seal_text", "Cfunc_seal", (8_000, 1000))];
    let diagnosis = judge_with(&[run], &CLeaks::Found(leaks));
    assert_eq!(only(&diagnosis).growth.bytes_per_op, 24.0);
    assert_eq!(stacks_of(only(&diagnosis)), 2);
}

#[test]
fn what_a_library_sets_up_once_and_never_frees_is_no_leak() {
    let run = c_calls(steady(), CallEffect::CallsC, SIGN, 100);
    let leaks = CLeaks::Found(vec![lost("init", "Cfunc_sign", (64_000, 3))]);
    assert_eq!(judge_with(&[run], &leaks).findings, []);
}

#[test]
fn calls_of_malloc_itself_are_joined_though_cgo_spells_it_in_two_ways() {
    let malloc = ["main._Cfunc__CMalloc 1", "main.buffer 5", "main.main 3"];
    let run = c_calls(steady(), CallEffect::Allocates, &malloc, 100);
    let mut leak = lost("malloc", "Cfunc__Cmalloc", (64_000, 1000));
    leak.stack = leak.stack.iter().filter(|frame| &*frame.function != "malloc").cloned().collect();
    let diagnosis = judge_with(&[run], &CLeaks::Found(vec![leak]));
    let finding = only(&diagnosis);
    assert!(finding.evidence.iter().any(|found| matches!(found, Evidence::Lost { .. })));
    assert!(finding.sentence.contains(", allocated in C and lost (62.5 KiB"), "{}", finding.sentence);
}

#[test]
fn what_is_not_known_of_a_loss_lowers_its_confidence() {
    let leaks = CLeaks::Found(vec![lost("sign_text", "Cfunc_sign", (64_000, 1000))]);
    let unknown = judge_with(&[steady()], &leaks);
    assert_eq!(
        (&*only(&unknown).site.function, only(&unknown).confidence),
        ("(process)", Confidence::Medium)
    );
    let other = ["main._Cfunc_sign 1", "main.check 20", "main.main 3"];
    let run = c_calls(c_calls(steady(), CallEffect::CallsC, SIGN, 100), CallEffect::CallsC, &other, 300);
    let two = judge_with(std::slice::from_ref(&run), &leaks);
    assert_eq!((&*only(&two).site.function, only(&two).confidence), ("main.check", Confidence::Medium));
    let mut bare = lost("/bin/app+0x12", "Cfunc_x", (64_000, 1000));
    bare.stack = stack(&["/lib/libasan.so+0xb8 0", "/bin/app+0x12 0"]);
    bare.stack = bare.stack.iter().map(|frame| Frame { file: "".into(), ..frame.clone() }).collect();
    let bare = judge_with(&[run], &CLeaks::Found(vec![bare]));
    assert!(only(&bare).missing.iter().any(|missing| missing.why.contains("llvm-symbolizer")));
}

#[test]
fn no_loss_is_told_beside_what_grows_all_the_same() {
    let run = c_calls(growing(), CallEffect::CallsC, SIGN, 100);
    let diagnosis = judge_with(&[run], &CLeaks::Found(Vec::new()));
    let note = |found: &Evidence| matches!(found, Evidence::Note { text } if text.contains("nothing lost"));
    assert!(only(&diagnosis).evidence.iter().any(note));
    assert_eq!(only(&diagnosis).confidence, Confidence::Medium);
}

#[test]
fn a_rule_that_was_asked_for_and_has_no_answer_says_so_and_one_that_nobody_asked_is_silent() {
    let not_run = |leaks: &CLeaks| -> Vec<String> {
        let all = judge_with(&[steady()], leaks).not_run;
        all.into_iter().filter(|missing| missing.source == "-asan").map(|missing| missing.why).collect()
    };
    let why = "memory of C that is lost: cgo is off";
    assert_eq!(not_run(&CLeaks::NotRun("cgo is off".to_owned())), [why]);
    for silent in [CLeaks::NotAsked, CLeaks::Found(Vec::new())] {
        assert_eq!(not_run(&silent), Vec::<String>::new());
    }
}
