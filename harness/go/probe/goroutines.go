package harnessprobe

import (
	"internal/profilerecord"
	"runtime"
	"runtime/pprof"
	"unsafe"
)

// maxText bounds a text of all goroutines' stacks.
const maxText = 16 << 20

// goroutineProfile is what runtime/pprof reads: like runtime.GoroutineProfile, but its stacks are
// not cut at 32 frames.
//
//go:linkname goroutineProfile runtime.pprof_goroutineProfileWithLabels
func goroutineProfile(p []profilerecord.StackRecord, labels []unsafe.Pointer) (n int, ok bool)

var (
	goroutineBuffer []profilerecord.StackRecord
	// perStack counts goroutines by the number of their stack; seenStacks lists those counted.
	perStack   []uint32
	seenStacks []uint32
)

func writeGoroutines(checkpoint int) {
	records := readGoroutines()
	seenStacks = seenStacks[:0]
	for i := range records {
		id := stacks.id(records[i].Stack, false)
		for int(id) >= len(perStack) {
			perStack = append(perStack, 0)
		}
		if perStack[id] == 0 {
			seenStacks = append(seenStacks, id)
		}
		perStack[id]++
	}
	out.begin(kindGoroutines)
	out.uint(uint64(checkpoint))
	out.uint(uint64(len(seenStacks)))
	for _, id := range seenStacks {
		out.uint(uint64(id))
		out.uint(uint64(perStack[id]))
		perStack[id] = 0
	}
	out.end()
	clear(records) // the stacks in it are garbage now
}

func readGoroutines() []profilerecord.StackRecord {
	for {
		n, ok := goroutineProfile(goroutineBuffer, nil)
		if ok {
			return goroutineBuffer[:n]
		}
		goroutineBuffer = make([]profilerecord.StackRecord, n+n/8+16)
	}
}

// writeGoroutineText writes every goroutine's stack with its id, wait reason and creator.
func writeGoroutineText(checkpoint int) {
	size := 64<<10 + 512*runtime.NumGoroutine()
	for {
		text := make([]byte, min(size, maxText))
		n := runtime.Stack(text, true)
		if n < len(text) || len(text) == maxText {
			out.begin(kindGoroutineText)
			out.uint(uint64(checkpoint))
			out.bool(n == len(text))
			out.bytes(text[:n])
			out.end()
			return
		}
		size *= 2
	}
}

// writeGoroutineLeak runs the runtime's leak detection, which costs a GC cycle and changes the
// state of the goroutines it finds: it comes after everything else.
func writeGoroutineLeak() {
	profile := pprof.Lookup("goroutineleak")
	var text boundedText
	count := 0
	if profile != nil {
		if err := profile.WriteTo(&text, 2); err != nil {
			writeError("write the goroutineleak profile", err.Error())
		}
		count = profile.Count()
	}
	out.begin(kindGoroutineLeak)
	out.bool(profile != nil)
	out.uint(uint64(count))
	out.bool(text.cut)
	out.bytes(text.bytes)
	out.end()
}

// boundedText keeps the first maxText bytes written to it.
type boundedText struct {
	bytes []byte
	cut   bool
}

func (t *boundedText) Write(p []byte) (int, error) {
	room := maxText - len(t.bytes)
	if len(p) > room {
		t.cut = true
		t.bytes = append(t.bytes, p[:room]...)
	} else {
		t.bytes = append(t.bytes, p...)
	}
	return len(p), nil
}
