//go:build !linux

package harnessprobe

// What nothing tells here: readProcess says so.
type processFigures struct{ descriptors uint64 }

func readProcess() (processFigures, bool) { return processFigures{}, false }

func writeProcess(int, processFigures) {}
