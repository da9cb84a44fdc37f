package harnessprobe

import "io"

// writeCounters writes the counters of a program that is built with -cover, as Go does at its end;
// nil in all others.
var writeCounters func(io.Writer) error

// manyCounters is after how many savings the next takes place only at every second checkpoint, then
// at every fourth, and so on: the records of a run of any length stay bounded.
const manyCounters = 128

var countersSaved uint64

// writeCoverage saves the counters as of now, so that a program that is killed leaves those of its
// last checkpoint, and so that what ran between two checkpoints can be told.
func writeCoverage(checkpoint int, last bool) {
	if writeCounters == nil {
		return
	}
	skip := uint64(1)<<min(countersSaved/manyCounters, 30) - 1
	if !last && uint64(checkpoint)&skip != 0 {
		return
	}
	var text boundedText
	if err := writeCounters(&text); err != nil {
		writeError("save coverage counters", err.Error())
		return
	}
	countersSaved++
	out.begin(kindCoverage)
	out.uint(uint64(checkpoint))
	out.bool(text.cut)
	out.bytes(text.bytes)
	out.end()
}
