//! Both forms of events, on traces recorded by real Go.

use super::*;

/// Every event of `fixtures/traces/NAME.trace`, written in `style`.
fn written(name: &str, json: bool, stacks: bool) -> String {
    let path = format!("{}/../fixtures/traces/{name}.trace", env!("CARGO_MANIFEST_DIR"));
    let data = std::fs::read(path).unwrap();
    let mut reader = Reader::new(name, &data).unwrap();
    let (mut out, mut start) = (Vec::new(), None);
    while let Some(event) = reader.next_event() {
        let start = *start.get_or_insert(event.time);
        write(&mut out, &event, &event.kind(), &reader, &EventStyle { json, stacks, start });
    }
    String::from_utf8(out).unwrap()
}

#[test]
fn a_line_has_five_columns_that_are_always_there() {
    for name in ["mixed-go1.23.12", "alloc-go1.27.4", "cpu-go1.25.4"] {
        let text = written(name, false, false);
        let mut last = 0.0;
        for line in text.lines() {
            let columns: Vec<&str> = line.split(' ').take(5).collect();
            let [time, m, p, g, kind] = columns.try_into().unwrap_or_else(|_| panic!("{line}"));
            let time: f64 = time.parse().unwrap();
            assert!(time >= last, "{line}");
            last = time;
            for (column, prefix) in [(m, "m="), (p, "p="), (g, "g=")] {
                let id = column.strip_prefix(prefix).unwrap_or_else(|| panic!("{line}"));
                assert!(id == "-" || id.parse::<u64>().is_ok(), "{line}");
            }
            assert!(KINDS.contains(&kind), "{line}");
            assert!(!line.ends_with(" at  :0"), "{line}");
        }
    }
}

#[test]
fn a_wait_names_its_reason_and_the_programs_own_line() {
    let text = written("mixed-go1.26.8", false, false);
    let line = text.lines().find(|line| line.contains(" GoBlock reason=\"chan send\"")).unwrap();
    assert!(line.ends_with(" at main.channels mixed.go:59"), "{line}");
    let created = text.lines().find(|line| line.contains("start=main.leak.func1")).unwrap();
    assert!(created.contains(" GoCreate created=") && created.ends_with(" mixed.go:36"), "{created}");
}

#[test]
fn stacks_follow_their_event_indented_with_every_frame() {
    let text = written("mixed-go1.26.8", false, true);
    let mut lines = text.lines().skip_while(|line| !line.contains(" GoBlock reason=\"chan send\""));
    assert!(!lines.next().unwrap().contains(" at "));
    let frames: Vec<&str> = lines.take_while(|line| line.starts_with('\t')).collect();
    assert!(frames[0].starts_with("\truntime.chansend1 runtime/chan.go:"), "{frames:?}");
    assert_eq!(frames.last().unwrap().split(' ').next(), Some("\tmain.main"));
}

#[test]
fn each_line_of_json_is_an_object_that_says_what_the_text_says() {
    for name in ["mixed-go1.27.4", "alloc-go1.23.12", "cpu-go1.27.4"] {
        let (text, json) = (written(name, false, false), written(name, true, false));
        assert_eq!(text.lines().count(), json.lines().count());
        for (line, object) in text.lines().zip(json.lines()) {
            let object: serde_json::Value = serde_json::from_str(object).unwrap();
            assert_eq!(line.split(' ').nth(4), object["kind"].as_str(), "{line}");
            let ns = object["time"].as_u64().unwrap();
            assert!(
                line.starts_with(&format!("{}.{:09} ", ns / 1_000_000_000, ns % 1_000_000_000)),
                "{line}"
            );
            let goroutine = object["g"].as_u64().map_or("-".to_owned(), |id| id.to_string());
            assert_eq!(line.split(' ').nth(3), Some(&*format!("g={goroutine}")), "{line}");
            assert_eq!(line.contains(" at "), object["at"]["function"].is_string(), "{line} {object}");
        }
    }
}

#[test]
fn json_with_stacks_has_all_frames_instead_of_one() {
    let json = written("mixed-go1.26.8", true, true);
    let mut objects = json.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let blocked = objects.find(|object| object["reason"] == "chan send").unwrap();
    assert!(blocked["at"].is_null());
    assert_eq!(blocked["stack"][0]["function"], "runtime.chansend1");
    assert!(blocked["stack"].as_array().unwrap().len() > 2);
}

#[test]
fn allocated_objects_carry_their_type_and_size() {
    let json = written("alloc-go1.27.4", true, false);
    let mut objects = json.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let node =
        objects.find(|object| object["kind"] == "HeapObjectAlloc" && object["type"] == "main.node").unwrap();
    assert!(node["size"].as_u64().is_some_and(|size| size > 0), "{node}");
    assert!(node["object"].as_u64().is_some());
}

#[test]
fn a_message_that_is_not_plain_is_quoted_whole_and_harmless() {
    let text = written("mixed-go1.26.8", false, false);
    assert!(text.contains("message=\"message ünïcode\""));
    let mut out = Vec::new();
    line::quoted(&mut out, "a\"b\\c\u{1b}[2J");
    assert_eq!(String::from_utf8(out).unwrap(), "\"a\\\"b\\\\c\\u{1b}[2J\"");
}

#[test]
fn the_goroutine_an_event_is_about_is_found_beside_the_one_that_ran() {
    let created = EventKind::GoUnblock { unblocked: crate::model::GoroutineId(7) };
    assert_eq!(about(&created), Some(crate::model::GoroutineId(7)));
    assert_eq!(about(&EventKind::GoDestroy), None);
}
