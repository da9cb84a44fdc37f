package harnessprobe

import "syscall"

// exitSignal is a real-time signal, which neither Go nor a C library has a use for.
const exitSignal = syscall.Signal(44)

// roundSignal asks for a checkpoint after a round of load. Not SIGUSR2: servers have uses of their
// own for that one.
const roundSignal = syscall.Signal(43)
