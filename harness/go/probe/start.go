package harnessprobe

import (
	"os"
	"runtime"
	"time"
)

// settings hold for the life of the process; written by init alone.
var settings config

// ownGoroutines is how many goroutines runtime.NumGoroutine counts because of the probe.
var ownGoroutines int

func init() {
	var active bool
	settings, active = takeConfig()
	if !active || !out.create(settings.dir) {
		return
	}
	goroutinesBefore := runtime.NumGoroutine()
	writeStart()
	for _, bad := range badSettings {
		writeError("read settings", bad+" is not a known value; the default is used")
	}
	redirectStderr()
	if settings.trace {
		startTrace()
	}
	signals := notifySignals()
	addExitHook()
	if settings.checkpoint == causeCall {
		every = settings.every
	}
	go worker(signals)
	if settings.plant > 0 {
		go plantedLoop()
	}
	ownGoroutines = runtime.NumGoroutine() - goroutinesBefore
	if !settings.step {
		armAfterGC()
	}
}

func writeStart() {
	now, wall := nanotime(), time.Now().UnixNano()
	out.begin(kindStart)
	out.uint(uint64(os.Getpid()))
	out.string(runtime.Version())
	out.string(runtime.GOOS)
	out.string(runtime.GOARCH)
	out.uint(uint64(runtime.NumCPU()))
	out.uint(uint64(runtime.GOMAXPROCS(0)))
	out.int(int64(runtime.MemProfileRate))
	out.bool(settings.step)
	out.string(os.Getenv("GODEBUG"))
	out.int(now)
	out.int(wall)
	out.uint(gcCycles())
	out.end()
}
