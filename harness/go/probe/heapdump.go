package harnessprobe

import (
	"os"
	"runtime/debug"
	"strconv"
)

// dumpPlan decides at which checkpoints the heap is dumped. The end of a program comes without
// notice, and then what its main function's variables hold is garbage already. So a dump follows
// whenever there are a quarter more operations than at the one before, and takes its place.
type dumpPlan struct {
	// latest is the file to be replaced.
	latest string
	taken  bool
	// next is how many operations the next dump waits for.
	next uint64
}

var dumps dumpPlan

// checkpoint dumps the heap if it is time to. The first checkpoint is warm-up; the dump at the
// second stays, if one was asked for. The end of the program is dumped for want of anything better.
func (p *dumpPlan) checkpoint(index int, operations uint64, end bool) {
	switch {
	case end && p.taken, !end && (index == 0 || operations < p.next):
		return
	}
	name := writeHeapDump(index)
	if name == "" {
		return
	}
	p.next = operations + max(operations/4, 1)
	if p.latest != "" {
		if err := os.Remove(settings.dir + string(os.PathSeparator) + p.latest); err != nil {
			writeError("remove "+p.latest, err.Error())
		}
	}
	p.latest = name
	if !p.taken && settings.dumpFirst {
		p.latest = ""
	}
	p.taken = true
}

// writeHeapDump writes heap-N.dump and returns that name, or none if it could not. The runtime's own dumper throws when it meets a goroutine in a
// short system call, or one that a leak profile has marked; the harness links a patched one.
func writeHeapDump(checkpoint int) string {
	name := "heap-" + strconv.Itoa(checkpoint) + ".dump"
	file, err := openFile(settings.dir+string(os.PathSeparator)+name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC)
	if err != nil {
		writeError("open "+name, err.Error())
		return ""
	}
	gcBefore, before := gcCycles(), nanotime()
	debug.WriteHeapDump(file.Fd())
	after, gcAfter := nanotime(), gcCycles()
	size, err := file.Seek(0, 1)
	if err == nil {
		err = file.Close()
	}
	if err != nil {
		writeError("write "+name, err.Error())
		return ""
	}
	out.begin(kindHeapDump)
	out.uint(uint64(checkpoint))
	out.string(name)
	out.uint(gcBefore)
	out.uint(gcAfter)
	out.uint(uint64(size))
	out.int(before)
	out.int(after)
	out.end()
	return name
}
