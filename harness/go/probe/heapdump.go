package harnessprobe

import (
	"os"
	"runtime/debug"
	"strconv"
)

// writeHeapDump writes heap-N.dump. The runtime's own dumper throws when it meets a goroutine in a
// short system call, or one that a leak profile has marked; the harness links a patched one.
func writeHeapDump(checkpoint int) {
	name := "heap-" + strconv.Itoa(checkpoint) + ".dump"
	file, err := openFile(settings.dir+string(os.PathSeparator)+name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC)
	if err != nil {
		writeError("open "+name, err.Error())
		return
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
		return
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
}
