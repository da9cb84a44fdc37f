package harnessprobe

import (
	"os"
	"runtime/trace"
)

// traceFile is open while the probe's own trace runs.
var traceFile *os.File

// startTrace starts the execution trace. GC numbers around it bracket the cycle at which the
// trace's own count begins.
func startTrace() {
	file, err := openKept(settings.dir+string(os.PathSeparator)+"trace.out", os.O_WRONLY|os.O_CREATE|os.O_TRUNC)
	if err != nil {
		writeError("open trace.out", err.Error())
		return
	}
	gcBefore, before := gcCycles(), nanotime()
	err = trace.Start(file)
	after, gcAfter := nanotime(), gcCycles()
	text := ""
	if err != nil {
		text = err.Error()
		file.Close()
	} else {
		traceFile = file
	}
	out.begin(kindTraceStarted)
	out.int(before)
	out.int(after)
	out.uint(gcBefore)
	out.uint(gcAfter)
	out.string(text)
	out.end()
}

// stopTrace flushes the trace and reports whether it ran until now: the program may have stopped
// it with a trace.Stop of its own.
func stopTrace() (complete bool) {
	if traceFile == nil {
		return false
	}
	complete = trace.IsEnabled()
	trace.Stop()
	if err := traceFile.Close(); err != nil {
		writeError("close trace.out", err.Error())
		return false
	}
	return complete
}
