package harnessprobe

import "internal/coverage/cfile"

// A program that is built with -cover has its counters saved by the package that saves them at its
// end. No other program is linked with it: this file is part of the probe in such builds alone.
func init() { writeCounters = cfile.WriteCounters }
