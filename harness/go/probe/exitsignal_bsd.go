//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package harnessprobe

import "syscall"

// exitSignal is ignored by a program that does not ask for it. There are no real-time signals that
// Go knows here.
const exitSignal = syscall.SIGINFO

const roundSignal = syscall.SIGUSR2
