package harnessprobe

import "runtime"

// stackTable gives each distinct call stack a number and writes its frames once. It is an open
// hash table of its own, since a map's memory would differ from run to run with its seed.
type stackTable struct {
	stacks [][]uintptr
	hashes []uint64
	slots  []uint32 // number of a stack + 1; 0 is free. Its length is a power of two.
	arena  []uintptr
}

var stacks stackTable

// id returns the number of the stack pcs, writing its Stack record if it is new. kept means that
// pcs stays as it is for ever; otherwise it is copied.
func (t *stackTable) id(pcs []uintptr, kept bool) uint32 {
	if 2*(len(t.stacks)+1) > len(t.slots) {
		t.grow()
	}
	hash := hashOf(pcs)
	slot := t.find(pcs, hash)
	if n := t.slots[slot]; n != 0 {
		return n - 1
	}
	if !kept {
		pcs = t.copy(pcs)
	}
	id := uint32(len(t.stacks))
	t.stacks = append(t.stacks, pcs)
	t.hashes = append(t.hashes, hash)
	t.slots[slot] = id + 1
	writeStack(id, pcs)
	return id
}

// find returns the slot in which the stack is, or the free one where it belongs.
func (t *stackTable) find(pcs []uintptr, hash uint64) uint64 {
	mask := uint64(len(t.slots) - 1)
	slot := hash & mask
	for {
		n := t.slots[slot]
		if n == 0 || t.hashes[n-1] == hash && equal(t.stacks[n-1], pcs) {
			return slot
		}
		slot = (slot + 1) & mask
	}
}

func (t *stackTable) grow() {
	t.slots = make([]uint32, max(1024, 2*len(t.slots)))
	mask := uint64(len(t.slots) - 1)
	for i, hash := range t.hashes {
		slot := hash & mask
		for t.slots[slot] != 0 {
			slot = (slot + 1) & mask
		}
		t.slots[slot] = uint32(i) + 1
	}
}

// copy keeps pcs in a chunk with others: one allocation for many stacks.
func (t *stackTable) copy(pcs []uintptr) []uintptr {
	if len(pcs) > cap(t.arena)-len(t.arena) {
		t.arena = make([]uintptr, 0, max(4096, len(pcs)))
	}
	start := len(t.arena)
	t.arena = append(t.arena, pcs...)
	return t.arena[start:len(t.arena):len(t.arena)]
}

// hashOf mixes the words of a stack with a multiplication each (FNV-1a over words, its high bits
// folded down since the table uses the low ones).
func hashOf(pcs []uintptr) uint64 {
	h := uint64(14695981039346656037)
	for _, pc := range pcs {
		h = (h ^ uint64(pc)) * 1099511628211
		h ^= h >> 29
	}
	return h
}

func equal(a, b []uintptr) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// frameScratch holds a stack's frames, which must be counted before they are written.
var frameScratch []runtime.Frame

func writeStack(id uint32, pcs []uintptr) {
	frameScratch = frameScratch[:0]
	if len(pcs) > 0 {
		frames := runtime.CallersFrames(pcs)
		for {
			frame, more := frames.Next()
			if frame.PC != 0 {
				frameScratch = append(frameScratch, frame)
			}
			if !more {
				break
			}
		}
	}
	out.begin(kindStack)
	out.uint(uint64(id))
	out.uint(uint64(len(frameScratch)))
	for i := range frameScratch {
		frame := &frameScratch[i]
		names.write(frame.Function)
		names.write(frame.File)
		out.uint(uint64(max(frame.Line, 0)))
	}
	writeInlined()
	out.end()
}

// writeInlined tells which frames the compiler put into their callers: those have no Func.
func writeInlined() {
	n := 0
	for i := range frameScratch {
		if frameScratch[i].Func == nil {
			n++
		}
	}
	out.uint(uint64(n))
	for i := range frameScratch {
		if frameScratch[i].Func == nil {
			out.uint(uint64(i))
		}
	}
}
