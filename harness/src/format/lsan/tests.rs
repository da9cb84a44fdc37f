//! Reports that real programs wrote, and what becomes of them on the way.

use proptest::prelude::*;

use super::line::frame;
use super::*;

const MALLOC: &str = include_str!("../../../../fixtures/lsan/malloc-go1.26.8.stderr");
const SEVERAL: &str = include_str!("../../../../fixtures/lsan/several-go1.26.8.stderr");
const UNSYMBOLIZED: &str = include_str!("../../../../fixtures/lsan/unsymbolized-go1.26.8.stderr");
const USE_AFTER_FREE: &str = include_str!("../../../../fixtures/lsan/use-after-free-go1.26.8.stderr");

#[test]
fn a_leak_has_its_bytes_its_allocations_and_the_stack_up_to_go() {
    let report = read("stderr.txt", MALLOC);
    assert_eq!((&report.problems[..], report.failed), (&[][..], None));
    let [leak] = report.leaks.as_slice() else { panic!("{:?}", report.leaks) };
    assert_eq!((leak.direct, leak.bytes, leak.objects), (true, 8_192_000, 2000));
    let functions: Vec<&str> = leak.frames.iter().map(|frame| frame.function).collect();
    let expected = ["__interceptor_malloc", "sign", "_cgo_fa4b3a3cffd5_Cfunc_sign", "runtime.asmcgocall"];
    assert_eq!(functions, expected);
    assert_eq!((leak.frames[1].file, leak.frames[1].line), ("/src/os/cmd/malloc/main.go", 12));
    assert_eq!((leak.frames[2].file, leak.frames[2].line), ("/tmp/go-build/cgo-gcc-prolog", 67));
}

#[test]
fn what_only_lost_memory_refers_to_is_told_apart_and_all_adds_up() {
    let report = read("stderr.txt", SEVERAL);
    let found: Vec<_> = report.leaks.iter().map(|leak| (leak.direct, leak.bytes, leak.objects)).collect();
    assert_eq!(found, [(true, 5000, 50), (true, 1600, 50), (false, 1600, 50)]);
    assert_eq!(report.problems, []);
    assert_eq!(report.leaks[2].frames.len(), 5);
}

#[test]
fn without_a_symbolizer_there_is_module_and_offset() {
    let report = read("stderr.txt", UNSYMBOLIZED);
    let found: Vec<_> = report.leaks.iter().map(|leak| (leak.bytes, leak.frames[1].function)).collect();
    assert_eq!(found[0], (5000, "/src/recorder/recorder+0x53715b"));
    assert!(report.leaks.iter().flat_map(|leak| &leak.frames).all(|frame| frame.line == 0));
    assert_eq!(report.problems, []);
}

#[test]
fn another_error_of_the_sanitizer_is_told_in_its_words_and_is_no_leak() {
    let report = read("stderr.txt", USE_AFTER_FREE);
    assert!(
        report.failed.is_some_and(|words| words.starts_with("ERROR: AddressSanitizer: heap-use-after-free"))
    );
    assert_eq!((report.leaks.len(), report.problems.len()), (0, 0));
    let ptrace = "==7==LeakSanitizer has encountered a fatal error.\n==7==HINT: LeakSanitizer does not work under ptrace";
    assert_eq!(read("x", ptrace).failed, Some("LeakSanitizer has encountered a fatal error."));
}

#[test]
fn frames_are_read_in_every_form_that_the_runtimes_print() {
    let read = |line| frame(line).map(|frame| (frame.function, frame.file, frame.line));
    for (line, expected) in [
        ("    #1 0x5 in f /a b/c.c:12:7", ("f", "/a b/c.c", 12)),
        ("    #1 0x5 in f ../c.c:12", ("f", "../c.c", 12)),
        ("    #1 0x5 in f (/lib/x.so+0x5)", ("f", "", 0)),
        ("    #1 0x5 in f (/lib/x.so+0x5) (BuildId: 01ab)", ("f", "", 0)),
        ("    #1 0x5  (/lib/x.so+0x5) (BuildId: 01ab)", ("/lib/x.so+0x5", "", 0)),
        ("    #1 0x5 in operator new(unsigned long) /n.cpp:3", ("operator new(unsigned long)", "/n.cpp", 3)),
        ("    #1 0x5 in ns::f(int, char*)", ("ns::f(int, char*)", "", 0)),
    ] {
        assert_eq!(read(line), Some(expected), "{line}");
    }
    for line in ["#1 0x5", "#x 0x5 in f", "#1 in f", "  (/lib/x.so+0x5)", "#1 0x5  nothing"] {
        assert_eq!(read(line), None, "{line}");
    }
}

#[test]
fn damage_is_a_problem_and_what_is_whole_is_read() {
    let broken = SEVERAL.replacen("5000 byte(s) in 50", "5000 byte(s) in many", 1);
    let report = read("stderr.txt", &broken);
    assert_eq!(report.leaks.len(), 2);
    let structures: Vec<&str> = report.problems.iter().map(|problem| problem.structure.as_str()).collect();
    assert_eq!(structures, ["header of a leak", "summary of leaks"]);
    let huge = SEVERAL.replacen("5000 byte(s)", "99999999999999999999999 byte(s)", 1);
    assert_eq!(read("stderr.txt", &huge).leaks.len(), 2);
}

#[test]
fn a_cut_report_gives_what_was_there_and_says_that_it_is_cut() {
    let summary = SEVERAL.find("SUMMARY").expect("a summary");
    for end in 0..summary {
        let report = read("stderr.txt", &SEVERAL[..end]);
        assert!(report.leaks.len() <= 3);
        assert!(report.leaks.is_empty() || !report.problems.is_empty(), "at {end}");
    }
}

proptest! {
    #[test]
    fn no_text_is_too_strange(text in "(Direct leak of |Indirect leak of |[0-9]{1,22}| byte\\(s\\)| in | object\\(s\\) allocated from:|\n|    #|0x1f| \\(|\\+0x|\\)|/|:|SUMMARY: |AddressSanitizer: | leaked in | allocation\\(s\\)|\\PC){0,60}") {
        let report = read("x", &text);
        prop_assert!(report.leaks.len() <= text.matches("leak of ").count());
    }
}
