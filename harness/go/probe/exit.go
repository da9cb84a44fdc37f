package harnessprobe

import (
	"internal/runtime/exithook"
	"runtime"
	"sync/atomic"
)

// exitBySignal is set when the harness's signal, not the program, ends the process.
var exitBySignal atomic.Bool

func addExitHook() {
	exithook.Add(exithook.Hook{F: onExit, RunOnFailure: true})
}

// onExit runs in the goroutine that called os.Exit or returned from main.
func onExit() {
	ask(request{cause: causeExit})
}

// finish follows the last checkpoint.
func finish() {
	if settings.goroutineLeak {
		writeGoroutineLeak()
	}
	complete := stopTrace()
	out.begin(kindEnd)
	out.uint(uint64(request{cause: causeExit}.reported()))
	out.int(int64(runtime.MemProfileRate))
	out.int(nanotime())
	out.uint(gcCycles())
	out.bool(complete)
	out.end()
}
