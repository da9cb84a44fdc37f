package harnessprobe

import (
	"runtime/metrics"
	_ "unsafe" // for go:linkname
)

// nanotime is the clock of the execution trace and of gctrace.
//
//go:linkname nanotime runtime.nanotime
func nanotime() int64

var gcSamples = []metrics.Sample{
	{Name: "/gc/cycles/total:gc-cycles"},
	{Name: "/gc/cycles/forced:gc-cycles"},
}

// gcCycles is the number of completed GC cycles, as gctrace counts them. runtime/metrics gives it
// without stopping the world, unlike runtime.ReadMemStats.
func gcCycles() uint64 {
	total, _ := gcCyclesForced()
	return total
}

// gcCyclesForced also tells how many of them runtime.GC forced.
func gcCyclesForced() (total, forced uint64) {
	metrics.Read(gcSamples)
	return gcSamples[0].Value.Uint64(), gcSamples[1].Value.Uint64()
}
