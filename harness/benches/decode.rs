//! How fast the decoders are, on the recordings that the tests use. `cargo xtask bench`, or `cargo xtask bench exectrace`.
#![allow(missing_docs, clippy::unwrap_used, reason = "a bench, not a library")]

use divan::counter::{BytesCount, ItemsCount};
use harness::format::{exectrace, gctrace, pprof, proberec};

fn main() {
    divan::main();
}

fn fixture(path: &str) -> Vec<u8> {
    std::fs::read(format!("{}/../fixtures/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

#[divan::bench(args = ["traces/mixed-go1.26.8.trace", "traces/alloc-go1.27.4.trace"])]
fn exectrace_events(bencher: divan::Bencher<'_, '_>, path: &str) {
    let bytes = fixture(path);
    let read = || {
        let mut reader = exectrace::Reader::new(path, &bytes).unwrap();
        std::iter::from_fn(|| reader.next_event()).count()
    };
    bencher.counter(ItemsCount::new(read())).bench(read);
}

#[divan::bench]
fn gctrace_lines(bencher: divan::Bencher<'_, '_>) {
    let bytes = fixture("gctrace/leak-go1.26.8.stderr");
    bencher.counter(BytesCount::of_slice(&bytes)).bench(|| gctrace::Reader::new("gctrace", &bytes).count());
}

#[divan::bench]
fn proberec_records(bencher: divan::Bencher<'_, '_>) {
    let bytes = fixture("captures/proberec/step-go1.27.4.rec");
    bencher
        .counter(BytesCount::of_slice(&bytes))
        .bench(|| proberec::Reader::new("probe.rec", &bytes).count());
}

#[divan::bench]
fn pprof_heap(bencher: divan::Bencher<'_, '_>) {
    let bytes = fixture("pprof/heap-go1.26.8.pb.gz");
    bencher
        .counter(BytesCount::of_slice(&bytes))
        .bench(|| pprof::Profile::read("heap.pb.gz", &bytes).is_ok());
}
