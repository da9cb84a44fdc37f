package harnessprobe

import (
	"os"
	"strconv"
)

// config is the environment, read once.
type config struct {
	dir           string
	step          bool
	checkpoint    cause
	every         uint64
	intervalMS    uint64
	trace         bool
	dumpFirst     bool
	dumpLast      bool
	goroutineLeak bool
	// rounds means that checkpoints are asked for by roundSignal, not by SIGUSR2.
	rounds bool
	// plant is how many objects to leak before each checkpoint; with any, a goroutine as well.
	plant uint64
	// tests is for test binaries.
	tests testConfig
}

// badSettings collects values that make no sense, for Error records: there is no file yet.
var badSettings []string

// takeConfig reads the settings and removes them from the environment. It reports whether the
// probe shall work at all.
func takeConfig() (c config, active bool) {
	c.dir = take("HARNESS_DIR")
	mode := take("HARNESS_MODE")
	checkpoint := take("HARNESS_CHECKPOINT")
	every := take("HARNESS_EVERY")
	interval := take("HARNESS_INTERVAL_MS")
	dump := take("HARNESS_HEAPDUMP")
	plant := take("HARNESS_PLANT")
	tests, iterations, patience := take("HARNESS_TESTS"), take("HARNESS_ITERATIONS"), take("HARNESS_PATIENCE_MS")
	c.trace = take("HARNESS_TRACE") == "1"
	c.goroutineLeak = take("HARNESS_GOROUTINELEAK") == "1"
	if c.dir == "" {
		return c, false
	}
	c.step = oneOf("HARNESS_MODE", mode, "natural", "step") == 1
	c.checkpoint = [...]cause{causeExit, causeCall, causeSignal, causeInterval, causeGC, causeSignal, causeTest}[oneOf(
		"HARNESS_CHECKPOINT", checkpoint, "exit", "call", "signal", "interval", "gc", "round", "test")]
	c.rounds = checkpoint == "round"
	dumps := oneOf("HARNESS_HEAPDUMP", dump, "off", "last", "first-last")
	c.dumpLast, c.dumpFirst = dumps >= 1, dumps == 2
	c.every = count("HARNESS_EVERY", every, 1)
	c.intervalMS = count("HARNESS_INTERVAL_MS", interval, 1000)
	if plant != "" {
		c.plant = count("HARNESS_PLANT", plant, 0)
	}
	c.tests = takeTestPlan(tests, iterations, patience)
	return c, true
}

func take(name string) string {
	value, set := os.LookupEnv(name)
	if set {
		os.Unsetenv(name)
	}
	return value
}

// oneOf returns the index of value in choices, of which the first is the default.
func oneOf(name, value string, choices ...string) int {
	for i, choice := range choices {
		if value == choice {
			return i
		}
	}
	if value != "" {
		badSettings = append(badSettings, name+"="+value)
	}
	return 0
}

func count(name, value string, unset uint64) uint64 {
	if value == "" {
		return unset
	}
	n, err := strconv.ParseUint(value, 10, 63)
	if err != nil || n == 0 {
		badSettings = append(badSettings, name+"="+value)
		return unset
	}
	return n
}
