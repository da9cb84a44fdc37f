//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package harnessprobe

import (
	"internal/runtime/exithook"
	"os"
	"os/signal"
	"syscall"
)

// notifySignals asks for the probe's signals. The channel has room for a few: a signal that finds
// it full is lost.
func notifySignals() <-chan os.Signal {
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, exitSignal)
	switch {
	case settings.rounds:
		signal.Notify(signals, roundSignal)
	case settings.checkpoint == causeSignal:
		signal.Notify(signals, syscall.SIGUSR2)
	}
	return signals
}

func onSignal(s os.Signal) {
	if s == exitSignal {
		exitBySignal.Store(true)
		ownGoroutines++
		go exitNow() // the exit hook waits for the worker, which therefore can't be the one to exit
		return
	}
	takeCheckpoint(request{cause: causeSignal})
}

// exitNow ends the process as os.Exit(0) does. Package testing makes that panic during a test.
func exitNow() {
	defer func() {
		_ = recover()
		exithook.Run(0)
		syscall.Exit(0)
	}()
	os.Exit(0)
}
