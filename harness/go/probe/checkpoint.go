package harnessprobe

import (
	"runtime"
	"runtime/metrics"
)

var (
	// checkpoints taken so far: the index of the next.
	checkpoints int
	// ticks are checkpoints of the configured cause: what stands for operations when no
	// function's entries are counted.
	ticks uint64
	// lastOperations keeps the count from going back when two entries come in the wrong order.
	lastOperations uint64
)

// takeCheckpoint reads everything, then writes it: what it allocates for writing is not in it.
func takeCheckpoint(r request) {
	index := checkpoints
	checkpoints++
	last := r.cause == causeExit
	plant()
	if r.cause == causeTest {
		calmDown()
	}
	begin := nanotime()
	goroutines := runtime.NumGoroutine()
	settled := settings.step
	if settled {
		settle()
	}
	gcBefore := gcCycles()
	profile := takeSnapshot(settled)
	metrics.Read(scalars)
	gcAfter := gcCycles()
	process, hasProcess := readProcess()

	writeMemProfile(profile, index)
	writeMetrics(index)
	if hasProcess {
		writeProcess(index, process)
	}
	writeGoroutines(index)
	if last {
		writeGoroutineText(index)
	}
	completed := operations(r)
	if settings.dumpLast {
		dumps.checkpoint(index, inTurn(completed), last)
	}
	writeCoverage(index, last)

	out.begin(kindCheckpoint)
	out.uint(uint64(index))
	out.uint(completed)
	out.uint(uint64(r.reported()))
	out.int(begin)
	out.int(nanotime())
	out.uint(gcBefore)
	out.uint(gcAfter)
	out.uint(uint64(goroutines))
	out.uint(uint64(ownGoroutines))
	out.end()
}

// settle brings the heap to rest: the first GC finds what has finalizers and lets them run, the
// second collects what they released (and empties sync.Pools, which keep things for one cycle).
func settle() {
	runtime.GC()
	for range 8 {
		runtime.Gosched()
	}
	runtime.GC()
}

// operations is how many there were; it counts a checkpoint that stands for one, so it is called once for each.
func operations(r request) uint64 {
	if settings.checkpoint == causeTest {
		lastOperations = max(lastOperations, r.operations)
		return lastOperations
	}
	if settings.checkpoint != causeCall {
		if r.cause == settings.checkpoint {
			ticks++
		}
		return ticks
	}
	n := r.operations
	if r.cause != causeCall {
		n = entries.Load()
	}
	lastOperations = max(lastOperations, n)
	return lastOperations
}
