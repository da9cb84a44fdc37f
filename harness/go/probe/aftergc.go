package harnessprobe

import "runtime"

// sentinel is an object without references to it: its finalizer runs after each GC cycle and arms
// it again. The pointer keeps it out of the tiny allocator, where it would live with others.
type sentinel struct {
	_ *sentinel
}

// afterGC tells the worker that a cycle has ended. Its one place is enough: cycles that end while
// the worker is busy are one piece of news.
var afterGC = make(chan struct{}, 1)

func armAfterGC() {
	runtime.SetFinalizer(new(sentinel), gcEnded)
}

// gcEnded runs on the runtime's finalizer goroutine, where it must not keep the program's
// finalizers waiting.
func gcEnded(s *sentinel) {
	select {
	case afterGC <- struct{}{}:
	default:
	}
	runtime.SetFinalizer(s, gcEnded)
}

// pace bounds what following the GC costs: a snapshot takes at most a twentieth of the time, is
// at least minGap after the last, and the gap doubles with every thousand, so that the records of a
// run of any length stay in the tens of megabytes.
type pace struct {
	taken uint64
	next  int64
	// usual is the usual duration of a snapshot. A longer one counts for at most twice that: the
	// first ones write every stack, and the worker may have waited for a processor.
	usual int64
}

const (
	minGap   = 2_000_000 // ns
	maxFirst = 200_000   // ns
	timeRate = 20
	perGap   = 1000
)

var gcPace pace

func (p *pace) due(now int64) bool { return now >= p.next }

// spent notes a snapshot that took from begin to end.
func (p *pace) spent(begin, end int64) {
	took := end - begin
	if p.usual == 0 {
		p.usual = min(took, maxFirst)
	}
	p.usual += (min(took, 2*p.usual) - p.usual) / 4
	gap := int64(minGap) << min(p.taken/perGap, 20)
	p.taken++
	p.next = end + max(gap, p.usual*timeRate)
}

// onGC follows a GC cycle of the program's own: with a checkpoint if those were asked for,
// otherwise with a snapshot alone.
func onGC() {
	begin := nanotime()
	if !gcPace.due(begin) {
		return
	}
	if settings.checkpoint == causeGC {
		takeCheckpoint(request{cause: causeGC})
	} else {
		writeMemProfile(takeSnapshot(false), -1)
	}
	gcPace.spent(begin, nanotime())
}
