package harnessprobe

import (
	"fmt"
	"os"
	"time"
)

// request asks the worker for a checkpoint.
type request struct {
	cause      cause
	operations uint64
	// do is something else than a checkpoint.
	do func()
}

// reported is the cause as recorded: a run that the harness ends by signal exits too, but not of
// its own accord.
func (r request) reported() cause {
	if r.cause == causeExit && exitBySignal.Load() {
		return causeSignal
	}
	return r.cause
}

// The worker takes a request, answers it on answered, and only then takes the next. stopped is
// closed after the last one.
var (
	requests = make(chan request)
	answered = make(chan struct{})
	stopped  = make(chan struct{})
)

// ask hands r to the worker and waits for its answer.
func ask(r request) {
	select {
	case requests <- r:
		<-answered
	case <-stopped:
	}
}

// worker is the probe's goroutine. It sleeps until there is something to do.
func worker(signals <-chan os.Signal) {
	guard("list metrics", listMetrics)
	var ticker <-chan time.Time
	if settings.checkpoint == causeInterval {
		ticker = time.NewTicker(time.Duration(settings.intervalMS) * time.Millisecond).C
	}
	for {
		select {
		case r := <-requests:
			if r.do != nil {
				guard("follow a test", r.do)
				answered <- struct{}{}
				continue
			}
			guard("take a checkpoint", func() { takeCheckpoint(r) })
			if r.cause == causeExit {
				guard("finish", finish)
				close(stopped)
				answered <- struct{}{}
				return
			}
			answered <- struct{}{}
		case <-afterGC:
			guard("follow a GC", onGC)
		case s := <-signals:
			guard("handle a signal", func() { onSignal(s) })
		case <-ticker:
			guard("take a checkpoint", func() { takeCheckpoint(request{cause: causeInterval}) })
		}
	}
}

// guard turns a panic into a record.
func guard(doing string, do func()) {
	defer func() {
		if e := recover(); e != nil {
			writeError(doing, fmt.Sprint(e))
		}
	}()
	do()
}
