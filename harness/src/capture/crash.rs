//! A crash that is not the program's: Go's runtime dies in its own tracer now and then.
//!
//! Seen with Go 1.26.8 in three of twenty runs of one program with `traceallocfree=1`, when the probe stops the trace: a chain of freed
//! buffers is broken. What the program did until then was well.

use std::fs::File;
use std::io::Read as _;

use camino::Utf8Path;

/// Bytes of the runtime's last words that are looked at, and how far behind their first line its own stack may stand.
const LOOKED_AT: u64 = 8 << 20;
const LINES: usize = 40;
/// What a crash begins with.
const CRASHES: [&str; 4] = ["SIGSEGV:", "SIGBUS:", "fatal error:", "unexpected fault address"];
/// Who crashed, and on whose behalf.
const TRACER: [&str; 2] = ["runtime.traceAdvance", "runtime.(*traceAllocator"];
const PROBE: &str = "harnessprobe.";

/// Whether the runtime crashed while the probe had it trace.
pub(super) fn is_of_the_tracer(directory: &Utf8Path) -> bool {
    let mut words = Vec::new();
    let read = File::open(directory.join("gctrace.txt"))
        .and_then(|file| file.take(LOOKED_AT).read_to_end(&mut words));
    read.is_ok() && says_so(&String::from_utf8_lossy(&words))
}

fn says_so(words: &str) -> bool {
    let mut lines = words.lines().skip_while(|line| !CRASHES.iter().any(|crash| line.starts_with(crash)));
    let first: Vec<&str> = lines.by_ref().take(LINES).collect();
    let by_tracer = first.iter().any(|line| TRACER.iter().any(|function| line.starts_with(function)));
    by_tracer && first.iter().copied().chain(lines).any(|line| line.contains(PROBE))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As Go 1.26.8 wrote it, shortened.
    const CRASH: &str = "gc 21 @0.131s 5%: 0+0+0 ms clock, 0 ms cpu\nSIGSEGV: segmentation violation\nPC=0x4728a4 m=4\n\ngoroutine 0 [idle]:\nruntime.traceAdvance.func6()\n\tgo/src/runtime/trace.go:808\n\ngoroutine 11 [running]:\nruntime.traceAdvance(0x1)\ncreated by harnessprobe.init.0 in goroutine 1\n";

    #[test]
    fn a_crash_of_the_tracer_on_the_probe_s_behalf_is_told_from_every_other() {
        assert!(says_so(CRASH));
        assert!(!says_so(&CRASH.replace("harnessprobe", "main")), "the program's own trace");
        assert!(!says_so(&CRASH.replace("runtime.traceAdvance", "main.work")), "the program's own crash");
        let behind = CRASH.replace("goroutine 0 [idle]:\n", &"\tframe\n".repeat(60));
        assert!(!says_so(&behind), "another goroutine happens to be there");
        assert!(!says_so("") && !says_so(&CRASH[..60]));
    }
}
