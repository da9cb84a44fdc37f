package harnessprobe

import (
	"internal/profilerecord"
	"runtime"
	_ "unsafe" // for go:linkname
)

// memProfile is what runtime/pprof reads: unlike runtime.MemProfile it does not cut stacks at 32
// frames (the limit is GODEBUG=profstackdepth, 128), and it hands out the runtime's own, immortal
// copies of them.
//
//go:linkname memProfile runtime.pprof_memProfileInternal
func memProfile(p []profilerecord.MemProfileRecord, inuseZero bool) (n int, ok bool)

// keepProfiling is a reference that the linker looks for: without one it turns the memory profile
// off in the whole program.
var keepProfiling = runtime.MemProfile

// Ages of a profile, relative to the GC number read before it. A cycle's profile is published at
// the next mark termination; runtime.GC publishes its own at once.
const (
	showsLastCycle   = 0
	showsCycleBefore = 1
	showsUnknown     = 2
)

type snapshot struct {
	gcBefore, gcAfter uint64
	shows             uint64
	at                int64
	records           []profilerecord.MemProfileRecord
}

var (
	profileBuffer []profilerecord.MemProfileRecord
	stackScratch  []uint32
	// forcedBefore is the number of forced cycles at the last snapshot.
	forcedBefore uint64
)

// takeSnapshot reads the profile between two readings of the GC number, and again if a cycle ended
// meanwhile. settled means that the probe has just forced a GC.
func takeSnapshot(settled bool) (s snapshot) {
	for range 3 {
		before, forced := gcCyclesForced()
		s.at = nanotime()
		s.records = readProfile(true)
		after, forcedAfter := gcCyclesForced()
		s.gcBefore, s.gcAfter = before, after
		s.shows = age(settled, before, forcedAfter != forcedBefore)
		if before == after && forced == forcedAfter {
			forcedBefore = forced
			break
		}
	}
	return s
}

func age(settled bool, cycles uint64, forced bool) uint64 {
	switch {
	case settled:
		return showsLastCycle
	case forced || cycles < 2:
		return showsUnknown
	default:
		return showsCycleBefore
	}
}

// readProfile reads the profile, with what has nothing in use any more or without.
func readProfile(inuseZero bool) []profilerecord.MemProfileRecord {
	for {
		n, ok := memProfile(profileBuffer, inuseZero)
		if ok {
			return profileBuffer[:n]
		}
		profileBuffer = make([]profilerecord.MemProfileRecord, n+n/4+64)
	}
}

// writeMemProfile writes a snapshot. checkpoint is the index of its checkpoint, or -1.
func writeMemProfile(s snapshot, checkpoint int) {
	stackScratch = stackScratch[:0]
	for i := range s.records {
		stackScratch = append(stackScratch, stacks.id(s.records[i].Stack, true))
	}
	out.begin(kindMemProfile)
	out.uint(uint64(checkpoint + 1))
	out.uint(s.gcBefore)
	out.uint(s.gcAfter)
	out.uint(s.shows)
	out.int(s.at)
	out.uint(uint64(len(s.records)))
	for i := range s.records {
		record := &s.records[i]
		allocated, freed := bytesOf(record)
		out.uint(uint64(stackScratch[i]))
		out.uint(uint64(record.AllocObjects))
		out.uint(uint64(allocated))
		out.uint(uint64(record.FreeObjects))
		out.uint(uint64(freed))
	}
	out.end()
}
