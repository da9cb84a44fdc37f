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
// that of 2N, and so on, but for those that are early.
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
	if completed == 0 {
		return false
	}
	nth := inTurn(completed) / every
	return completed == nth*every-early(nth)
}

// inTurn is how many entries there are at the next checkpoint's turn, if none were early.
func inTurn(completed uint64) uint64 {
	if completed == 0 || every == 0 {
		return completed
	}
	return ((completed-1)/every + 1) * every
}

// early is by how many entries the nth checkpoint comes before its turn. At even distances alone, what
// is emptied every so often (a batch that is sent when it is full) can be caught a little fuller each
// time, and looks as if it grew. Two parts of a distance that have no common measure catch it at other
// phases, whatever its period is. The first, those that warm-up ends with in a run of seven to
// thirteen, and the ninth, which is the last in a run of ten distances, stay where they are: figures
// are computed from them.
func early(nth uint64) uint64 {
	var thousandths uint64
	switch nth % 10 {
	case 5:
		thousandths = 382
	case 8:
		thousandths = 236
	}
	return every/1000*thousandths + every%1000*thousandths/1000
}
