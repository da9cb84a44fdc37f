package harnessprobe

import "os"

// A file of records begins with magic. Then follow frames: kind (1 byte), length of the payload
// (4 bytes, little-endian), payload, CRC-32 of all of these (4 bytes, little-endian). Each frame is
// one write, so whatever kills the program, whole frames stay behind. In a payload, uint is an
// unsigned varint, int a zigzag varint, string a uint length and its bytes, bool a uint 0 or 1, and
// a list a uint length and its elements. The decoder has the same tables: format/proberec.
const magic = "hprobe\x00\x01"

// Kinds of frames; the number of a kind never changes and is never used again.
const (
	kindStart         = 1
	kindTraceStarted  = 2
	kindStack         = 3
	kindMemProfile    = 4
	kindMetricNames   = 5
	kindMetrics       = 6
	kindProcess       = 7
	kindGoroutines    = 8
	kindGoroutineText = 9
	kindGoroutineLeak = 10
	kindHeapDump      = 11
	kindCheckpoint    = 12
	kindEnd           = 13
	kindError         = 14
	kindTestBegin     = 15
	kindTest          = 16
	kindCoverage      = 17
)

// cause is what asked for a checkpoint or ended the run.
type cause uint8

const (
	causeCall cause = iota
	causeSignal
	causeInterval
	causeGC
	causeExit
	causeTest
)

// out is the record file. Only init and then the worker use it, so it has no lock.
var out recorder

type recorder struct {
	file *os.File
	buf  []byte
	// failed: a frame may have been written in part, and nothing may follow it.
	failed bool
}

const frameHead = 5

// create makes probe.rec, which must not exist: whoever creates it owns the directory.
func (r *recorder) create(dir string) bool {
	file, err := openKept(dir+string(os.PathSeparator)+"probe.rec", os.O_WRONLY|os.O_CREATE|os.O_EXCL|os.O_APPEND)
	if err != nil {
		return false
	}
	r.file = file
	r.buf = append(make([]byte, 0, 64<<10), magic...)
	r.flush()
	return !r.failed
}

func (r *recorder) flush() {
	if r.failed {
		return
	}
	if _, err := r.file.Write(r.buf); err != nil {
		r.failed = true
	}
}

func (r *recorder) begin(kind byte) {
	r.buf = append(r.buf[:0], kind, 0, 0, 0, 0)
}

func (r *recorder) end() {
	putUint32(r.buf[1:], uint32(len(r.buf)-frameHead))
	sum := checksum(r.buf)
	r.buf = append(r.buf, 0, 0, 0, 0)
	putUint32(r.buf[len(r.buf)-4:], sum)
	r.flush()
}

func (r *recorder) uint(v uint64) {
	for v >= 0x80 {
		r.buf = append(r.buf, byte(v)|0x80)
		v >>= 7
	}
	r.buf = append(r.buf, byte(v))
}

func (r *recorder) int(v int64) {
	r.uint(uint64(v)<<1 ^ uint64(v>>63))
}

func (r *recorder) bool(v bool) {
	if v {
		r.uint(1)
	} else {
		r.uint(0)
	}
}

func (r *recorder) uint64LE(v uint64) {
	for range 8 {
		r.buf = append(r.buf, byte(v))
		v >>= 8
	}
}

func (r *recorder) string(s string) {
	r.uint(uint64(len(s)))
	r.buf = append(r.buf, s...)
}

func (r *recorder) bytes(b []byte) {
	r.uint(uint64(len(b)))
	r.buf = append(r.buf, b...)
}

func writeError(doing, text string) {
	out.begin(kindError)
	out.string(doing)
	out.string(text)
	out.end()
}

func putUint32(b []byte, v uint32) {
	b[0], b[1], b[2], b[3] = byte(v), byte(v>>8), byte(v>>16), byte(v>>24)
}

// crcTable is filled by checksum's first use. hash/crc32 would do, but its lazily made tables are
// heap memory that a program using it too would then find already there.
var crcTable [256]uint32

// checksum is CRC-32 with the IEEE polynomial.
func checksum(b []byte) uint32 {
	if crcTable[1] == 0 {
		for i := range crcTable {
			c := uint32(i)
			for range 8 {
				c = c>>1 ^ 0xedb88320&-(c&1)
			}
			crcTable[i] = c
		}
	}
	c := ^uint32(0)
	for _, x := range b {
		c = c>>8 ^ crcTable[byte(c)^x]
	}
	return ^c
}
