// Package harnessprobe reads memory figures of the program it is linked into and writes them to a
// capture directory. The harness adds it to a build as a package of the standard library, through
// go build -overlay, together with a file of package main that imports it; the program's own
// sources stay as they are.
//
// Being inside someone else's process it keeps to this:
//   - without HARNESS_DIR in the environment it does nothing at all;
//   - it owns a directory only if it can create probe.rec there: a second process does nothing;
//   - a failure becomes an Error record, never a crash and never output;
//   - all its work is done by one goroutine, [worker], so that every allocation of its own has a
//     harnessprobe frame on its stack and none has a frame of the program's (a call checkpoint's
//     wait, in [Hit], is the one exception, and allocates nothing but the runtime's sudogs);
//   - it reads the environment once and removes its variables, so that children do not inherit them.
//
// # Settings
//
//	HARNESS_DIR            capture directory, absolute, existing
//	HARNESS_MODE           natural (default): forces no GC, snapshots after the program's own cycles
//	                       step: forces two GCs at each checkpoint; entries of the checkpoint
//	                       function stand still meanwhile
//	HARNESS_CHECKPOINT     exit (default), call, signal, round, interval, gc, test; a checkpoint at the end is
//	                       taken with each of them
//	HARNESS_EVERY          call: entries between checkpoints (default 1)
//	HARNESS_INTERVAL_MS    interval: milliseconds between checkpoints (default 1000)
//	HARNESS_TRACE          1: execution trace
//	HARNESS_HEAPDUMP       off (default); last: at one of the last checkpoints; first-last: at the second, too
//	HARNESS_GOROUTINELEAK  1: goroutineleak profile at the end, where this Go has it
//	HARNESS_PLANT          leak so many objects and a goroutine before each checkpoint: a gate that is alive finds them
//	HARNESS_TESTS          in a test binary. survey: compare what each test has in use, write what grew; one: checkpoints
//	                       after each iteration of the selected test; together: of all selected tests at once
//	HARNESS_ITERATIONS     iterations of each test that count (default 8), after one that does not
//	HARNESS_PATIENCE_MS    how long goroutines get to end after a test (default 100)
//
// GODEBUG, GOGC and GOMAXPROCS are the harness's to set; the probe only records them.
//
// # Signals (Unix)
//
//	SIGUSR2                a checkpoint; only with HARNESS_CHECKPOINT=signal
//	43 (Linux, a real-time signal), SIGUSR2 (BSD, macOS)
//	                       a checkpoint; only with HARNESS_CHECKPOINT=round
//	44 (Linux, a real-time signal), SIGINFO (BSD, macOS)
//	                       the last checkpoint, then exit with code 0 through the program's exit hooks
//
// # Files
//
//	probe.rec              records, see records.go
//	trace.out              execution trace
//	heap-N.dump            debug.WriteHeapDump at checkpoint N
//	stderr.txt             what the program writes to os.Stderr; descriptor 2 is left to the runtime,
//	                       whose gctrace lines would otherwise be torn apart by other text
package harnessprobe
