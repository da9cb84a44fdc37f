package harnessprobe

// nameTable numbers the function and file names in Stack records, most of which come again and
// again. Like stackTable it is a hash table without a seed.
type nameTable struct {
	names []string
	slots []uint32 // number of a name + 1; 0 is free. Its length is a power of two.
}

var names nameTable

// write puts a reference to name into the current record: its number times two, plus one if this is
// the first time, and then the name itself.
func (t *nameTable) write(name string) {
	if 2*(len(t.names)+1) > len(t.slots) {
		t.grow()
	}
	slot := t.find(name)
	if n := t.slots[slot]; n != 0 {
		out.uint(uint64(n-1) << 1)
		return
	}
	out.uint(uint64(len(t.names))<<1 | 1)
	out.string(name)
	t.names = append(t.names, name)
	t.slots[slot] = uint32(len(t.names))
}

// find returns the slot in which name is, or the free one where it belongs.
func (t *nameTable) find(name string) uint32 {
	hash := uint32(2166136261)
	for i := range len(name) {
		hash = (hash ^ uint32(name[i])) * 16777619
	}
	mask := uint32(len(t.slots) - 1)
	slot := (hash ^ hash>>15) & mask
	for t.slots[slot] != 0 && t.names[t.slots[slot]-1] != name {
		slot = (slot + 1) & mask
	}
	return slot
}

func (t *nameTable) grow() {
	t.slots = make([]uint32, max(1024, 2*len(t.slots)))
	for i, name := range t.names {
		t.slots[t.find(name)] = uint32(i) + 1
	}
}
