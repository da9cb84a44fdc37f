//! Facts about the gctrace reader: recorded files, lines made by hand, damage.

use proptest::prelude::*;

use super::*;
use crate::model::{Bytes, GcCycle, Nanoseconds, RuntimeTime};

const LINE: &str = "gc 7 @1.234s 5%: 0.11+23+0.006 ms clock, 0.22+1.5/0.13/12+0.013 ms cpu, \
                    3->4->1 MB, 5 MB goal, 6 MB stacks, 8 MB globals, 2 P";

macro_rules! recorded {
    ($name:literal) => {
        include_bytes!(concat!("../../../../fixtures/gctrace/", $name))
    };
}

/// All that reading a file yields.
struct Read<'a> {
    records: Vec<Record<'a>>,
    anomalies: Anomalies,
    problems: Vec<crate::format::Problem>,
}

/// Reads `bytes` to the end and checks that the records tile them.
fn read(bytes: &[u8]) -> Read<'_> {
    let mut reader = Reader::new("stderr", bytes);
    let records: Vec<_> = reader.by_ref().collect();
    let mut offsets: Vec<_> = records.iter().map(|record| record.offset() as usize).collect();
    assert_eq!(offsets.first().copied().unwrap_or(0), 0, "the first record begins the file");
    offsets.push(bytes.len());
    for (record, ends) in records.iter().zip(offsets.windows(2)) {
        let [from, to] = [ends[0], ends[1]];
        assert!(from < to, "records are in order and not empty");
        if let Record::Text { bytes: text, .. } | Record::Pacer { bytes: text, .. } = record {
            assert_eq!(*text, &bytes[from..to]);
        }
    }
    Read { records, anomalies: reader.anomalies().clone(), problems: reader.problems().to_vec() }
}

impl Read<'_> {
    fn cycles(&self) -> Vec<&CycleLine> {
        self.records
            .iter()
            .filter_map(|r| if let Record::Cycle(line) = r { Some(line) } else { None })
            .collect()
    }

    fn numbers(&self) -> Vec<u64> {
        self.cycles().iter().map(|line| line.n.0).collect()
    }

    fn text(&self) -> String {
        let texts = self.records.iter().filter_map(|record| match record {
            Record::Text { bytes, .. } => Some(*bytes),
            _ => None,
        });
        String::from_utf8_lossy(&texts.collect::<Vec<_>>().concat()).into_owned()
    }

    fn kinds(&self) -> Vec<(AnomalyKind, u64)> {
        self.anomalies.iter().collect()
    }

    fn scavenges(&self) -> Vec<&ScavengeLine> {
        let lines = self.records.iter();
        lines.filter_map(|r| if let Record::Scavenge(line) = r { Some(line) } else { None }).collect()
    }

    fn pacers(&self) -> usize {
        self.records.iter().filter(|record| matches!(record, Record::Pacer { .. })).count()
    }
}

/// A line for cycle `n`.
fn line(n: u64) -> String {
    LINE.replacen("gc 7", &format!("gc {n}"), 1)
}

fn expected_line(offset: u64, forced: bool) -> CycleLine {
    let ms = |us: i64| Nanoseconds(us * 1000);
    CycleLine {
        offset,
        n: GcCycle(7),
        at: RuntimeTime(1_234_000_000),
        gc_cpu_percent: 5,
        leak_check: false,
        clock: ClockPhases { sweep_termination: ms(110), mark: ms(23_000), mark_termination: ms(6) },
        cpu: CpuPhases {
            sweep_termination: ms(220),
            assist: ms(1_500),
            background: ms(130),
            idle: ms(12_000),
            mark_termination: ms(13),
        },
        heap_start: WholeMib(3),
        heap_end: WholeMib(4),
        heap_marked: WholeMib(1),
        goal: WholeMib(5),
        stacks: Some(WholeMib(6)),
        globals: Some(WholeMib(8)),
        procs: 2,
        forced,
    }
}

#[test]
fn every_field_is_read() {
    let text = format!("{LINE} (forced)\n");
    let read = read(text.as_bytes());
    assert_eq!(read.records, [Record::Cycle(expected_line(0, true))]);
    assert_eq!(read.kinds(), [(AnomalyKind::StartsLate, 1)]);
}

#[test]
fn sizes_are_mebibytes_rounded_down() {
    assert_eq!(WholeMib(3).floor(), Bytes(3 * 1024 * 1024));
    assert_eq!(WholeMib(u64::MAX).floor(), Bytes(u64::MAX));
}

#[test]
fn recorded_files_of_four_releases_read_without_an_anomaly() {
    let files: [(&[u8], u64, usize, usize); 4] = [
        (recorded!("panic-go1.21.13.stderr"), 14, 15, 24),
        (recorded!("panic-go1.23.12.stderr"), 17, 18, 30),
        (recorded!("panic-go1.26.8.stderr"), 21, 22, 60),
        (recorded!("panic-go1.27.4.stderr"), 23, 24, 64),
    ];
    for (bytes, cycles, scavenges, pacers) in files {
        let read = read(bytes);
        assert_eq!(read.kinds(), []);
        assert_eq!(read.problems, []);
        assert_eq!(read.numbers(), (1..=cycles).collect::<Vec<_>>());
        assert_eq!((read.scavenges().len(), read.pacers()), (scavenges, pacers));
        assert!(read.text().starts_with("panic: assignment to entry in nil map\n"), "{}", read.text());
        assert!(read.scavenges().iter().any(|line| line.cause == ScavengeCause::Forced));
    }
}

#[test]
fn the_cycle_that_looked_for_leaks_is_a_numbered_cycle_like_any_other() {
    for (bytes, cycles, at) in
        [(recorded!("leak-go1.26.8.stderr").as_slice(), 6, 5), (recorded!("leak-go1.27.4.stderr"), 7, 6)]
    {
        let read = read(bytes);
        assert_eq!(read.kinds(), []);
        assert_eq!(read.numbers(), (1..=cycles).collect::<Vec<_>>());
        let checks: Vec<_> =
            read.cycles().iter().filter(|line| line.leak_check).map(|line| line.n.0).collect();
        assert_eq!(checks, [at]);
    }
}

#[test]
fn a_chatty_program_costs_the_torn_lines_and_no_other() {
    let read = read(recorded!("chatty-go1.26.8.stderr"));
    assert_eq!(read.numbers(), [1, 2, 3, 4, 5, 6, 9, 10, 11, 12, 13, 16]);
    assert_eq!(read.anomalies.count(AnomalyKind::Torn), 4);
    assert_eq!(read.anomalies.count(AnomalyKind::CycleGap), 2);
    assert!(read.anomalies.count(AnomalyKind::GluedBefore) > 0);
    assert_eq!(read.problems.len(), 6);
}

#[test]
fn the_line_of_a_release_before_1_18_reads_without_stacks_and_globals() {
    let old = LINE.replace("6 MB stacks, 8 MB globals, ", "");
    let read = read(old.as_bytes());
    let cycle = read.cycles()[0];
    assert_eq!((cycle.stacks, cycle.globals, cycle.procs), (None, None, 2));
}

#[test]
fn scavenger_lines_of_old_and_new_releases_are_read() {
    let read = read(
        b"scav 8 KiB work (bg), 4 KiB work (eager), 2 KiB now, 97% util\n\
          scav 8 KiB work, 2 KiB total, 96% util (forced)\n\
          scav 0 KiB work (bg), 0 KiB work (eager), 0 KiB now, 0% util [controller reset]\n",
    );
    assert_eq!(read.kinds(), []);
    let lines = read.scavenges();
    let figures: Vec<_> = lines
        .iter()
        .map(|l| (l.background.0, l.eager.map(|b| b.0), l.released.0, l.utilization_percent, l.cause))
        .collect();
    assert_eq!(
        figures,
        [
            (8192, Some(4096), 2048, 97, ScavengeCause::Background),
            (8192, None, 2048, 96, ScavengeCause::Forced),
            (0, Some(0), 0, 0, ScavengeCause::ControllerReset),
        ]
    );
}

#[test]
fn the_timers_notice_is_read_and_prose_about_it_is_not() {
    let read = read(b"GC forced\nno GC forced here\nGC forcedpanic: x\nlog: GC forced\n");
    let notices: Vec<_> = read
        .records
        .iter()
        .filter(|r| matches!(r, Record::ForcedByTimer { .. }))
        .map(Record::offset)
        .collect();
    assert_eq!(notices, [0, 28, 51]);
    assert_eq!(read.text(), "no GC forced here\npanic: x\nlog: ");
    assert_eq!(read.kinds(), [(AnomalyKind::GluedBefore, 1), (AnomalyKind::GluedAfter, 1)]);
}

#[test]
fn text_on_the_same_line_is_split_off_on_both_sides() {
    let text = format!("hello{}{}bye\n", line(1), line(2));
    let read = read(text.as_bytes());
    assert_eq!(read.numbers(), [1, 2]);
    assert_eq!(read.text(), "hellobye\n");
    assert_eq!(read.kinds(), [(AnomalyKind::GluedBefore, 1), (AnomalyKind::GluedAfter, 2)]);
    assert_eq!(read.problems, [], "nothing was lost");
}

#[test]
fn a_torn_line_is_kept_as_text_and_reported_where_it_breaks() {
    let text =
        format!("{}\n{}", line(1), line(2).replace("+23+", "+panic: oh\n23+")) + "\n" + &line(3) + "\n";
    let read = read(text.as_bytes());
    assert_eq!(read.numbers(), [1, 3]);
    assert_eq!(read.kinds(), [(AnomalyKind::Torn, 1), (AnomalyKind::CycleGap, 1)]);
    assert_eq!(read.problems[0].offset as usize, text.find("panic").unwrap());
    assert_eq!(read.problems[0].found, "\"panic: oh\"");
    assert_eq!(read.problems[1].expected, "cycle 2");
    assert!(read.text().contains("panic: oh\n"), "{}", read.text());
}

#[test]
fn foreign_digits_next_to_a_number_are_refused() {
    let text = line(1).replace("0.006", "0.0062026/01/02");
    let read = read(text.as_bytes());
    assert!(read.cycles().is_empty());
    assert_eq!(read.kinds(), [(AnomalyKind::Torn, 1)]);
}

#[test]
fn a_second_line_inside_a_torn_one_is_found() {
    let text = format!("gc 1 @0.1{}\n", line(2));
    let read = read(text.as_bytes());
    assert_eq!(read.numbers(), [2]);
    assert_eq!(read.anomalies.count(AnomalyKind::Torn), 1);
}

#[test]
fn carriage_returns_are_counted_and_do_no_harm() {
    let text = format!("{}\r\n{} (forced)\r\n", line(1), line(2));
    let read = read(text.as_bytes());
    assert_eq!(read.numbers(), [1, 2]);
    assert_eq!(read.text(), "");
    assert_eq!(read.kinds(), [(AnomalyKind::CarriageReturn, 2)]);
}

#[test]
fn numbers_too_large_are_an_anomaly_and_no_cycle() {
    // A negative span is printed as unsigned by the runtime.
    for (from, to) in [
        ("+23+", "+18446744073709+"),
        ("@1.234s", "@18446744073709.551s"),
        ("gc 7", "gc 99999999999999999999"),
        (" 5%", " 4294967296%"),
        (" 2 P", " 99999999999 P"),
    ] {
        let text = LINE.replacen(from, to, 1) + "\n";
        let read = read(text.as_bytes());
        assert_eq!(read.kinds(), [(AnomalyKind::Overflow, 1)], "{text}");
        assert_eq!(read.text(), text);
    }
}

#[test]
fn cycle_numbers_must_follow_each_other() {
    let text: String = [1, 2, 2, 3, 6, 5, 6].map(|n| line(n) + "\n").concat();
    let read = read(text.as_bytes());
    assert_eq!(
        read.kinds(),
        [(AnomalyKind::CycleGap, 1), (AnomalyKind::CycleRepeat, 1), (AnomalyKind::CycleBackwards, 1)]
    );
    assert_eq!(read.problems.len(), 3);
}

#[test]
fn prose_that_begins_like_a_line_is_just_text() {
    let text = "gc 3 took long\ngc is running\nscav 12 birds\nmagc 1\n";
    let read = read(text.as_bytes());
    assert_eq!(read.text(), text);
    assert_eq!(read.kinds(), []);
}

#[test]
fn problems_are_bounded_and_counts_are_not() {
    let text = "gc 1 @x\n".repeat(5000);
    let read = read(text.as_bytes());
    assert_eq!(read.anomalies.count(AnomalyKind::Torn), 5000);
    assert_eq!(read.problems.len(), 100);
}

#[test]
fn a_line_without_end_comes_in_bounded_pieces() {
    let text = vec![b'g'; 300_000];
    let read = read(&text);
    let longest = read.records.iter().map(|record| match record {
        Record::Text { bytes, .. } => bytes.len(),
        other => panic!("{other:?}"),
    });
    assert!(longest.max().unwrap() <= 64 * 1024);
}

#[test]
fn a_file_cut_at_any_byte_says_so_and_keeps_what_was_whole() {
    let text = format!("{} (forced)\n{} (forced)\n", line(1), line(2));
    let first_ends = text.find('\n').unwrap() + 1;
    let bare = first_ends + line(2).len();
    for cut in first_ends..text.len() {
        let read = read(&text.as_bytes()[..cut]);
        let numbers: &[u64] = if cut >= bare { &[1, 2] } else { &[1] };
        assert_eq!(read.numbers(), numbers, "cut at {cut}");
        let whole_suffix = cut == bare || cut + 1 == text.len();
        let kind = match cut {
            // Nothing tells yet that the last bytes were to become a line.
            _ if cut < first_ends + "gc 2".len() => None,
            _ if cut < bare => Some(AnomalyKind::Truncated),
            _ if whole_suffix => Some(AnomalyKind::Unterminated),
            _ => Some(AnomalyKind::GluedAfter),
        };
        let kinds: Vec<_> = read.anomalies.iter().map(|(kind, _)| kind).collect();
        assert_eq!(kinds, kind.into_iter().collect::<Vec<_>>(), "cut at {cut}");
    }
}

#[test]
fn recorded_files_cut_at_any_byte_lose_only_the_last_line() {
    let bytes = recorded!("leak-go1.27.4.stderr");
    for cut in 0..bytes.len() {
        let lines = bytes[..cut].iter().filter(|byte| **byte == b'\n').count();
        let cycles = read(&bytes[..cut]).cycles().len();
        assert!((lines..=lines + 1).contains(&cycles), "cut at {cut}: {cycles} cycles in {lines} lines");
    }
}

/// Bytes such as the file holds, mixed from the runtime's own tokens so that heads and tails meet.
fn noise() -> impl Strategy<Value = Vec<u8>> {
    let token = prop_oneof![
        Just(b"gc ".to_vec()),
        Just(b"gc 3 @1.000s 4%: ".to_vec()),
        Just(b"scav 1 KiB work".to_vec()),
        Just(b"GC forced".to_vec()),
        Just(b"pacer: ".to_vec()),
        Just(LINE.as_bytes().to_vec()),
        Just(b"\r\n".to_vec()),
        Just(b"\n".to_vec()),
        Just(b"99999999999999999999999".to_vec()),
        prop::collection::vec(any::<u8>(), 0..12),
    ];
    prop::collection::vec(token, 0..12).prop_map(|tokens| tokens.concat())
}

proptest! {
    #[test]
    fn any_bytes_are_read_to_the_end_and_tiled(bytes in noise()) {
        read(&bytes);
    }

    /// Only text on lines of its own: what touches the line may tear it.
    #[test]
    fn a_whole_line_survives_any_text_around_it(mut before in noise(), after in noise()) {
        before.push(b'\n');
        let offset = before.len() as u64;
        let text = [before.as_slice(), LINE.as_bytes(), b" (forced)\n", &after].concat();
        let read = read(&text);
        let ours = read.cycles().into_iter().find(|line| line.offset == offset);
        prop_assert_eq!(ours, Some(&expected_line(offset, true)));
    }

    #[test]
    fn a_flipped_bit_costs_at_most_the_line_it_is_in(at in 0usize..973, bit in 0u8..8) {
        let mut bytes = recorded!("leak-go1.27.4.stderr").to_vec();
        bytes[at] ^= 1 << bit;
        let read = read(&bytes);
        // A flipped line end glues two lines, both of which are still found.
        prop_assert!(read.cycles().len() >= 6);
    }
}
