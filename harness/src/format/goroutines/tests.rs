//! Text as real programs print it, and text that is broken.

use proptest::prelude::*;

use super::*;

const TEXT: &str = "goroutine 1 [running]:\nmain.main()\n\t/src/main.go:20 +0x1d\n\n\
goroutine 18 [chan receive (leaked), 3 minutes, locked to thread]:\n\
example.com/app/hub.(*Hub[...]).deliver(0xc000012180, {0x50a3c8, 0xc000010000})\n\
\t/src/hub/hub.go:42 +0x1d\n\
example.com/app/hub.Run(...)\n\t/src/hub/hub.go:50\n\
...1900 frames elided...\n\
created by example.com/app/hub.(*Hub[...]).Subscribe in goroutine 1\n\t/src/hub/hub.go:30 +0x5c\n\n\
goroutine 19 gp=0xc000003dc0 m=nil [select (no cases)]:\nmain.stop.func1()\n\t/src/main.go:9 +0x2\ncreated by main.stop\n\t/src/main.go:8 +0x3\n";

#[test]
fn goroutines_are_read_with_state_frames_and_creator() {
    let mut reader = Reader::new("text", TEXT);
    let all: Vec<Goroutine<'_>> = reader.by_ref().collect();
    assert_eq!(reader.problems(), []);
    assert_eq!(all.len(), 3);
    let leaked = &all[1];
    assert_eq!(
        (leaked.id, leaked.state, leaked.leaked, leaked.minutes),
        (GoroutineId(18), "chan receive", true, 3)
    );
    assert_eq!((leaked.frames.len(), leaked.elided, leaked.locked), (2, 1900, true));
    let deliver = leaked.frames[0];
    assert_eq!(deliver.function, "example.com/app/hub.(*Hub[...]).deliver");
    assert_eq!((deliver.file, deliver.line), ("/src/hub/hub.go", 42));
    let (creator, by) = leaked.created_by.expect("a creator");
    assert_eq!(
        (creator.function, creator.line, by),
        ("example.com/app/hub.(*Hub[...]).Subscribe", 30, Some(GoroutineId(1)))
    );
    assert_eq!((all[2].state, all[2].leaked), ("select (no cases)", false));
    assert_eq!(all[2].created_by.map(|(frame, by)| (frame.function, by)), Some(("main.stop", None)));
}

#[test]
fn lines_that_fit_nowhere_are_counted_once() {
    let mut reader =
        Reader::new("text", "panic: boom\n\ngoroutine 1 [running]:\nwhat is this\nmain.main()\n");
    let all: Vec<Goroutine<'_>> = reader.by_ref().collect();
    assert_eq!(all[0].frames, [TextFrame { function: "main.main", file: "", line: 0 }]);
    let problems = reader.problems();
    assert_eq!((problems.len(), problems[0].offset), (1, 0));
    assert!(problems[0].found.contains('2'), "{}", problems[0]);
}

#[test]
fn a_cut_text_gives_what_was_there() {
    for end in (0..TEXT.len()).filter(|end| TEXT.is_char_boundary(*end)) {
        let all: Vec<Goroutine<'_>> = Reader::new("text", &TEXT[..end]).collect();
        assert!(all.len() <= 3);
        assert!(end < 200 || !all.is_empty());
    }
}

proptest! {
    #[test]
    fn no_text_is_too_strange(text in "(goroutine [0-9]{0,3} \\[|\\]:\n|\t|created by |\\(|\\)|:|[a-z. ]{0,5}|\n|\\PC){0,60}") {
        let mut reader = Reader::new("text", &text);
        let n = reader.by_ref().count();
        prop_assert!(n <= text.matches("goroutine").count());
    }
}
