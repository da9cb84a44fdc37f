package harnessprobe

import "runtime"

// The planted leak: what a gate that is alive has to find. Its functions are the only ones of the probe that the
// harness takes for the program's, by their names, and they run on a goroutine of their own: neither what they
// allocate nor whom they start has a frame of the rest of the probe on its stack.

// plantedSize is the size of a planted object, bytes.
const plantedSize = 1024

var (
	plantNow  = make(chan struct{})
	planted   = make(chan struct{})
	plantKept [][]byte
)

// plant leaks before a checkpoint, if it was asked for.
func plant() {
	if settings.plant > 0 {
		plantNow <- struct{}{}
		<-planted
		runtime.Gosched() // lets the goroutine come to its wait
	}
}

// plantedLoop leaks so many objects and a goroutine each time.
func plantedLoop() {
	for range plantNow {
		plantedObjects(settings.plant)
		go plantedGoroutine()
		planted <- struct{}{}
	}
}

//go:noinline
func plantedObjects(n uint64) {
	for range n {
		plantKept = append(plantKept, make([]byte, plantedSize))
	}
}

//go:noinline
func plantedGoroutine() {
	<-make(chan struct{})
}
