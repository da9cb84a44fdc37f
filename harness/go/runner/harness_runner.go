package testing

// The harness adds this file to package testing, through go build -overlay, and puts a call to it at the beginning of
// the functions that run tests, fuzz tests and examples (go/instrument, testing.go). So each of them is run by itself
// and as often as the probe says, and everything else is as always: the tests know no difference, and neither
// do flags, TestMain and what is printed.

import (
	"fmt"
	"harnessprobe"
	"runtime/debug"
	"strings"
	"sync"
	"time"
)

// harnessGroupName stands for all parallel tests. It is no name that a function can have.
const harnessGroupName = "parallel tests"

var harness struct {
	// within: the function that was taken over is called for what it does.
	within bool
	// lock is for what tests of a group say at the same time.
	lock     sync.Mutex
	parallel bool
	members  []harnessprobe.TestMember
	// operations is the sum of b.N.
	operations int
}

// harnessTakesOver tells whether a function that runs tests shall leave it to this file.
func harnessTakesOver() bool { return harnessprobe.Tests().Iterations > 0 && !harness.within }

func harnessRunTests(tests []InternalTest, run func([]InternalTest) (ran, ok bool)) (ran, ok bool) {
	if harnessprobe.Tests().Together {
		return harnessGroup(func() (bool, bool) { return run(tests) })
	}
	ok = true
	var group []InternalTest
	for i := range tests {
		one := tests[i : i+1]
		oneRan, oneOK, isParallel := harnessUnit(one[0].Name, harnessprobe.TestFunction, func() (bool, bool) { return run(one) })
		ran, ok = ran || oneRan, ok && oneOK
		if isParallel {
			group = append(group, one...)
		}
	}
	if len(group) > 0 {
		_, groupOK := harnessGroup(func() (bool, bool) { return run(group) })
		ok = ok && groupOK
	}
	return ran, ok
}

func harnessRunFuzzTests(tests []InternalFuzzTarget, run func([]InternalFuzzTarget) (ran, ok bool)) (ran, ok bool) {
	ok = true
	for i := range tests {
		one := tests[i : i+1]
		oneRan, oneOK, _ := harnessUnit(one[0].Name, harnessprobe.TestFuzz, func() (bool, bool) { return run(one) })
		ran, ok = ran || oneRan, ok && oneOK
	}
	return ran, ok
}

func harnessRunExamples(examples []InternalExample, run func([]InternalExample) (ran, ok bool)) (ran, ok bool) {
	ok = true
	for i := range examples {
		one := examples[i : i+1]
		oneRan, oneOK, _ := harnessUnit(one[0].Name, harnessprobe.TestExample, func() (bool, bool) { return run(one) })
		ran, ok = ran || oneRan, ok && oneOK
	}
	return ran, ok
}

func harnessRunBenchmarks(benchmarks []InternalBenchmark, run func([]InternalBenchmark) bool) (ok bool) {
	ok = true
	for i := range benchmarks {
		one := benchmarks[i : i+1]
		_, oneOK, _ := harnessUnit(one[0].Name, harnessprobe.TestBenchmark, func() (bool, bool) {
			before := harness.operations
			oneOK := run(one)
			return harness.operations > before, oneOK
		})
		ok = ok && oneOK
	}
	return ok
}

func harnessGroup(run func() (ran, ok bool)) (ran, ok bool) {
	ran, ok, _ = harnessUnit(harnessGroupName, harnessprobe.TestGroup, run)
	return ran, ok
}

// harnessUnit runs a test, once for nothing and then as often as counts, and tells the probe. One that fails or is
// skipped is not run again. A parallel test is run once, which tells that it is one: it belongs to the group.
func harnessUnit(name string, kind harnessprobe.TestKind, run func() (ran, ok bool)) (ran, ok, isParallel bool) {
	unit := harnessprobe.TestUnit{Name: name, Kind: kind}
	harnessprobe.TestBegin(name)
	harness.within = true
	defer func() { harness.within = false }()
	harness.operations = 0
	ran, ok, unit.Outcome = harnessOnce(run, &unit)
	isParallel = harness.parallel && kind == harnessprobe.TestFunction
	if isParallel && unit.Outcome == harnessprobe.TestPassed {
		unit.Outcome = harnessprobe.TestDeferred
	}
	if unit.Outcome == harnessprobe.TestPassed {
		harness.operations = 0
		harnessprobe.TestIterated(0, 0)
	}
	for unit.Outcome == harnessprobe.TestPassed && unit.Iterations < harnessprobe.Tests().Iterations {
		_, ok, unit.Outcome = harnessOnce(run, &unit)
		unit.Iterations++
		unit.Operations = unit.Iterations
		if kind == harnessprobe.TestBenchmark {
			unit.Operations = harness.operations
		}
		harnessprobe.TestIterated(unit.Iterations, unit.Operations)
	}
	harnessprobe.TestEnd(unit)
	return ran, ok, isParallel && unit.Outcome == harnessprobe.TestDeferred
}

// harnessOnce runs a test once, within the time that one has.
func harnessOnce(run func() (ran, ok bool), unit *harnessprobe.TestUnit) (ran, ok bool, outcome harnessprobe.TestOutcome) {
	harness.parallel, harness.members = false, harness.members[:0]
	if *timeout > 0 {
		defer time.AfterFunc(*timeout, harnessTimedOut).Stop()
	}
	began := time.Now()
	ran, ok = run()
	unit.Took = time.Since(began)
	unit.Members = harness.members
	return ran, ok, harnessOutcome(ran, ok)
}

func harnessOutcome(ran, ok bool) harnessprobe.TestOutcome {
	skipped := len(harness.members) > 0
	for _, member := range harness.members {
		skipped = skipped && member.Outcome == harnessprobe.TestSkipped
	}
	switch {
	case !ran && ok && len(harness.members) == 0:
		return harnessprobe.TestNotRun
	case !ok:
		return harnessprobe.TestFailed
	case skipped:
		return harnessprobe.TestSkipped
	}
	return harnessprobe.TestPassed
}

// harnessReported follows a test that has ended; a subtest is part of its test.
func harnessReported(c *common) {
	if strings.Contains(c.name, "/") || c.name == "" {
		return
	}
	outcome := harnessprobe.TestPassed
	if c.Failed() {
		outcome = harnessprobe.TestFailed
	} else if c.Skipped() {
		outcome = harnessprobe.TestSkipped
	}
	harness.lock.Lock()
	defer harness.lock.Unlock()
	harness.members = append(harness.members, harnessprobe.TestMember{Name: c.name, Outcome: outcome, Took: c.duration})
}

// harnessParallel follows a test that says it is parallel.
func harnessParallel(c *common) {
	if !strings.Contains(c.name, "/") {
		harness.lock.Lock()
		defer harness.lock.Unlock()
		harness.parallel = true
	}
}

// harnessOperations counts what a benchmark does; the one around all of them, which package testing makes, does nothing.
func harnessOperations(c *common, n int) {
	if c.name != "Main" {
		harness.operations += n
	}
}

// harnessDeadline is that of a test that begins now: here -timeout is the time for one iteration.
func harnessDeadline() (deadline time.Time) {
	if *timeout > 0 {
		deadline = time.Now().Add(*timeout)
	}
	return deadline
}

// harnessNoAlarm stands for the alarm of the whole process.
func harnessNoAlarm() *time.Timer { return time.AfterFunc(1<<62, func() {}) }

// harnessTimedOut does what the alarm does.
func harnessTimedOut() {
	debug.SetTraceback("all")
	extra := ""
	if list := runningList(); len(list) > 0 {
		extra = "\nrunning tests:\n\t" + strings.Join(list, "\n\t")
	}
	panic(fmt.Sprintf("test timed out after %v%s", *timeout, extra))
}
