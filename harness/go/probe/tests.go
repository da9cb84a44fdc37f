package harnessprobe

import (
	"runtime"
	"time"
)

// Tests: what the runner in package testing (go/runner) asks of the probe. It runs one test at a time, so often as
// the plan says, and tells of each time that it is over.
//
// A survey looks at all tests of a package in one process. It writes no profiles: what a test has in use is compared
// here, stack by stack, and only what grew is written. A test that may leak is then judged by a run of its own,
// which has checkpoints with all there is, as any other program's.

// TestPlan is what the runner shall do.
type TestPlan struct {
	// Iterations of each test that count, after one that does not. 0: the runner leaves everything as it is.
	Iterations int
	// Together runs all tests that are selected at once, as the go command does: a group of parallel ones.
	Together bool
}

// TestOutcome is how a test went.
type TestOutcome uint8

// The numbers are in the records.
const (
	TestPassed TestOutcome = iota
	TestFailed
	TestSkipped
	TestNotRun
	// TestDeferred is a parallel test, which is looked at later, in its group.
	TestDeferred
)

// TestKind is what a test is.
type TestKind uint8

// The numbers are in the records.
const (
	TestFunction TestKind = iota
	TestFuzz
	TestExample
	TestBenchmark
	TestGroup
)

// TestMember is one test function of what was run together.
type TestMember struct {
	Name    string
	Outcome TestOutcome
	// Took is how long its last time took.
	Took time.Duration
}

// TestUnit is what is judged as one: a test, or all parallel ones.
type TestUnit struct {
	Name       string
	Kind       TestKind
	Outcome    TestOutcome
	Iterations int
	// Operations is what the iterations did, if that is not one each: b.N of benchmarks.
	Operations int
	Took       time.Duration
	Members    []TestMember
}

// Tests is the plan, from the environment.
func Tests() TestPlan { return testPlan }

var testPlan TestPlan

// takeTestPlan reads the settings of a run of tests.
func takeTestPlan(kind, iterations, patience string) (c testConfig) {
	if kind == "" {
		return c
	}
	c.survey = oneOf("HARNESS_TESTS", kind, "survey", "one", "together") == 0
	testPlan.Together = kind == "together"
	testPlan.Iterations = int(count("HARNESS_ITERATIONS", iterations, 8))
	c.patience = time.Duration(count("HARNESS_PATIENCE_MS", patience, 100)) * time.Millisecond
	return c
}

// testConfig is what of the plan is the probe's own.
type testConfig struct {
	// survey compares here, and writes no profiles.
	survey bool
	// patience is how long goroutines get to end after a test.
	patience time.Duration
}

// TestBegin says which test runs from now on.
func TestBegin(name string) {
	ask(request{do: func() {
		survey.begin()
		usualGoroutines = runtime.NumGoroutine()
		out.begin(kindTestBegin)
		out.string(name)
		out.end()
	}})
}

// TestIterated takes a checkpoint after iteration i; 0 is the one that does not count.
func TestIterated(i, operations int) {
	if settings.tests.survey {
		if isLook(i, testPlan.Iterations) {
			ask(request{do: func() { survey.look(i) }})
		}
		return
	}
	ask(request{cause: causeTest, operations: uint64(operations)})
}

// TestEnd tells what became of a test.
func TestEnd(unit TestUnit) {
	ask(request{do: func() { writeTest(unit) }})
}

func writeTest(unit TestUnit) {
	out.begin(kindTest)
	out.string(unit.Name)
	out.uint(uint64(unit.Kind))
	out.uint(uint64(unit.Outcome))
	out.uint(uint64(unit.Iterations))
	out.uint(uint64(unit.Operations))
	out.int(int64(unit.Took))
	out.uint(uint64(len(unit.Members)))
	for _, member := range unit.Members {
		out.string(member.Name)
		out.uint(uint64(member.Outcome))
		out.int(int64(member.Took))
	}
	survey.write()
	out.end()
}

// isLook tells after which iterations a survey compares: where three stretches of about the same length end. A
// profile has a record for each stack and size that ever allocated, hundreds of thousands in a large package.
func isLook(i, iterations int) bool {
	return i == 0 || i == (iterations+1)/3 || i == (2*iterations+1)/3 || i == iterations
}

// course is how one number went over the iterations of a test.
type course struct {
	first, last uint64
	rises       int
	fellLast    bool
}

func (c *course) next(i int, now uint64) {
	if i == 0 {
		*c = course{first: now}
	}
	if now > c.last && i > 0 {
		c.rises++
	}
	c.fellLast = now < c.last
	c.last = now
}

// gained is what it grew by; 0 if it has come to rest. It is only a question that is asked here, so it is asked rather
// once too often: what grows in two of three stretches and is no less after the last.
func (c *course) gained() uint64 {
	if c.fellLast || c.last <= c.first || c.rises < 2 {
		return 0
	}
	return c.last - c.first
}

// surveyed is what is in use by stack, of the test at hand.
type surveyed struct {
	bytes       []course // by number of the stack
	objects     []course
	now         []use
	goroutines  course
	descriptors course
	grown       []uint32
}

type use struct{ bytes, objects uint64 }

var survey surveyed

func (s *surveyed) begin() {
	clear(s.bytes)
	clear(s.objects)
	s.goroutines, s.descriptors = course{}, course{}
}

// look compares. A stack that has nothing in use at iteration 0 began with nothing.
func (s *surveyed) look(i int) {
	plant()
	calmDown()
	settle()
	s.goroutines.next(i, uint64(runtime.NumGoroutine()-ownGoroutines))
	if process, ok := readProcess(); ok {
		s.descriptors.next(i, process.descriptors)
	}
	clear(s.now)
	for _, record := range readProfile(false) {
		id := stacks.id(record.Stack, true)
		for int(id) >= len(s.now) {
			s.now = append(s.now, use{})
			s.bytes = append(s.bytes, course{})
			s.objects = append(s.objects, course{})
		}
		allocated, freed := bytesOf(&record)
		s.now[id].bytes += uint64(allocated - freed)
		s.now[id].objects += uint64(record.AllocObjects - record.FreeObjects)
	}
	for id := range s.now {
		s.bytes[id].next(i, s.now[id].bytes)
		s.objects[id].next(i, s.now[id].objects)
	}
}

// write appends to the record of a test what grew.
func (s *surveyed) write() {
	out.uint(s.goroutines.gained())
	out.uint(s.descriptors.gained())
	s.grown = s.grown[:0]
	for id := range s.bytes {
		if s.bytes[id].gained() > 0 {
			s.grown = append(s.grown, uint32(id))
		}
	}
	out.uint(uint64(len(s.grown)))
	for _, id := range s.grown {
		objects := s.objects[id]
		out.uint(uint64(id))
		out.uint(s.bytes[id].gained())
		out.uint(objects.last - min(objects.first, objects.last))
	}
}

// usualGoroutines is how many there were when a test began, or after its last iteration.
var usualGoroutines int

// calmDown gives goroutines that a test has told to end the time to do so: those of a server that was closed, of a
// client's idle connection. It waits only while there are more of them than before.
func calmDown() {
	const nap = time.Millisecond
	for waited := time.Duration(0); waited < settings.tests.patience; waited += nap {
		if runtime.NumGoroutine() <= usualGoroutines {
			break
		}
		time.Sleep(nap)
	}
	usualGoroutines = runtime.NumGoroutine()
}
