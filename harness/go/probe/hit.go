package harnessprobe

import (
	"sync"
	"sync/atomic"
)

var (
	// every is the number of entries between checkpoints; 0 when there are none by call. Written
	// by init alone.
	every   uint64
	entries atomic.Uint64
	// hitLock is held during a call checkpoint. In step mode every entry takes it, so that none
	// begins while memory is being counted.
	hitLock sync.Mutex
)

// Hit notes an entry of the checkpoint function; the harness puts a call to it at the function's
// beginning. Entry N+1 takes the checkpoint of N completed entries before it goes on, entry 2N+1
// that of 2N, and so on.
func Hit() {
	if every != 0 {
		hit()
	}
}

func hit() {
	if settings.step {
		hitLock.Lock()
		defer hitLock.Unlock()
		if n := entries.Load(); due(n) {
			ask(request{cause: causeCall, operations: n})
		}
		entries.Add(1)
		return
	}
	if n := entries.Add(1) - 1; due(n) {
		hitLock.Lock()
		defer hitLock.Unlock()
		ask(request{cause: causeCall, operations: n})
	}
}

// due tells whether a checkpoint belongs after completed entries.
func due(completed uint64) bool {
	return completed != 0 && completed%every == 0
}
