//go:build !(linux || darwin || dragonfly || freebsd || netbsd || openbsd)

package harnessprobe

import "os"

func notifySignals() <-chan os.Signal { return nil }

func onSignal(os.Signal) {}
