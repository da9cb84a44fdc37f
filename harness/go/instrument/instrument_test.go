package main

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

const program = `package main // the program

import "fmt"

type Store[K comparable] struct{ m map[K]int }

func (s *Store[K]) Put(k K) { s.m[k]++ }

func (s Store[K]) Len() int {
	return len(s.m)
}

func handle() {}

func init() { fmt.Println() }

func external()

func main() { handle() }
`

// module writes files into a new module and returns its directory.
func module(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	files["go.mod"] = "module example.com/m\n\ngo 1.23\n"
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func hookIn(t *testing.T, dir, function string) (hooked, error) {
	t.Helper()
	result, err := hook(options{goCommand: "go", dir: dir, pkg: ".", function: function, out: t.TempDir()})
	if err != nil {
		return hooked{}, err
	}
	return result.(hooked), nil
}

func TestCopyDiffersByTheTwoInsertionsAlone(t *testing.T) {
	dir := module(t, map[string]string{"main.go": program})
	for function, line := range map[string]int{
		"main.handle":            13,
		"main.(*Store).Put":      7,
		"main.(*Store[...]).Put": 7,
		"main.Store.Len":         9,
		"example.com/m.main":     19,
	} {
		h, err := hookIn(t, dir, function)
		if err != nil {
			t.Fatalf("%s: %v", function, err)
		}
		text, err := os.ReadFile(h.Copy)
		if err != nil {
			t.Fatal(err)
		}
		restored := strings.Replace(string(text), importText, "", 1)
		before, after, found := strings.Cut(restored, callText)
		if !found || before+after != program {
			t.Errorf("%s: copy is\n%s", function, text)
		}
		if at := strings.Count(before, "\n") + 1; at != line || h.Line != line {
			t.Errorf("%s: hook in line %d, reported %d, want %d", function, at, h.Line, line)
		}
	}
}

func TestMistakesAreExplained(t *testing.T) {
	dir := module(t, map[string]string{
		"main.go":      program,
		"x_windows.go": "package main\n\nfunc registry() {}\n",
		"x_plan9.s":    "",
		"lib/lib.go":   "package lib\n\nfunc Do() { func() {}() }\n",
	})
	for function, want := range map[string]string{
		"main.handel":                  "no function `main.handel` in package .; did you mean `main.handle`?",
		"main.Store.Put":               "did you mean `main.(*Store).Put`?",
		"main.external":                "has no body",
		"main.init":                    "runs once",
		"main.registry":                "is in `x_windows.go`",
		"example.com/m/lib.Do.func1":   "function literal",
		"example.com/m/lib.Do.func1.2": "function literal",
		"fmt.Println":                  "standard library",
		"example.com/m/nope.F":         "example.com/m/nope",
		"handle":                       "not a function's full name",
	} {
		_, err := hookIn(t, dir, function)
		var f *failure
		if !errors.As(err, &f) || !strings.Contains(f.Message, want) {
			t.Errorf("%s: %v, want %q", function, err, want)
		}
	}
}

func TestSymbolsOfDottedPathsAreUnescaped(t *testing.T) {
	s, err := parseSymbol("gopkg.in/yaml%2ev3.(*Node).Decode")
	if want := (symbol{"gopkg.in/yaml.v3", "*Node", "Decode"}); err != nil || s != want {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestFilesInTheModuleCacheAreRefused(t *testing.T) {
	cache := t.TempDir()
	t.Setenv("GOMODCACHE", cache)
	t.Setenv("GOFLAGS", "-mod=mod")
	err := replaceable(options{goCommand: "go", dir: cache}, listed{ImportPath: "a/b", Dir: filepath.Join(cache, "a/b@v1")})
	var f *failure
	if !errors.As(err, &f) || !strings.Contains(f.Message, "module cache") || f.Hint == "" {
		t.Errorf("%v", err)
	}
	if err := replaceable(options{goCommand: "go", dir: cache}, listed{Dir: filepath.Dir(cache)}); err != nil {
		t.Errorf("a directory around the cache: %v", err)
	}
}

// goroot makes a GOROOT with a heap dumper whose switch has these arms.
func goroot(t *testing.T, arms string) string {
	t.Helper()
	dir := t.TempDir()
	source := filepath.Join(dir, "src", "runtime")
	if err := os.MkdirAll(source, 0o755); err != nil {
		t.Fatal(err)
	}
	dumper := "package runtime\n\nfunc dumpgs() {\n\teach(func(gp *g) {\n\t\tswitch gp.status {\n" + arms + "\t\t}\n\t})\n}\n"
	states := "package runtime\n\nconst (\n\t_Gwaiting = 4\n\t_Gleaked = 10\n)\n"
	for name, text := range map[string]string{"heapdump.go": dumper, "runtime2.go": states} {
		if err := os.WriteFile(filepath.Join(source, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestHeapDumperIsPatchedOnlyWhereItIsKnown(t *testing.T) {
	const running = "\t\tcase _Grunning:\n\t\t\tif gp.sp != 0 {\n\t\t\t\tdumpgoroutine(gp)\n\t\t\t}\n\t\t\tfallthrough\n"
	const waiting = "\t\tcase _Gsyscall, _Gwaiting:\n\t\t\tdumpgoroutine(gp)\n"
	patch := func(arms string) (string, []string, error) {
		result, err := patchHeapDump(options{goroot: goroot(t, arms), out: t.TempDir()})
		if err != nil {
			return "", nil, err
		}
		p := result.(patched)
		text, _ := os.ReadFile(p.Copy)
		return string(text), p.Changes, nil
	}

	text, changes, err := patch(running + "\t\tdefault:\n" + waiting)
	if err != nil || len(changes) != 2 || !strings.Contains(text, "return }") || !strings.Contains(text, "_Gsyscall, _Gleaked, _Gwaiting:") {
		t.Errorf("Go 1.26's dumper: %v %v\n%s", changes, err, text)
	}
	if _, changes, err := patch(strings.Replace(waiting, "_Gwaiting", "_Gleaked, _Gwaiting", 1)); err != nil || len(changes) != 0 {
		t.Errorf("a repaired dumper: %v %v", changes, err)
	}
	if _, _, err := patch("\t\tcase _Grunning:\n\t\t\tdumpother(gp)\n\t\t\tfallthrough\n" + waiting); err == nil {
		t.Error("a dumper that no one has seen was patched")
	}
	if _, _, err := patch("\t\tcase 1:\n"); err == nil {
		t.Error("a dumper without the switch was patched")
	}
}

func TestCallsThatMakeDescriptorsAreTracedAndOthersStay(t *testing.T) {
	dir := t.TempDir()
	source := filepath.Join(dir, "src", "syscall")
	if err := os.MkdirAll(source, 0o755); err != nil {
		t.Fatal(err)
	}
	const text = "package syscall\n\nfunc pipe2(p uintptr) {\n\tRawSyscall(SYS_PIPE2, p, 0, 0)\n}\n\nfunc getpid() {\n\tRawSyscall(SYS_GETPID, 0, 0, 0)\n}\n\nfunc socketpair() {\n\tRawSyscall6(SYS_SOCKETPAIR, 0, 0, 0, 0, 0, 0)\n}\n"
	if err := os.WriteFile(filepath.Join(source, "zsyscall_linux_amd64.go"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	result, err := traceRawCalls(options{goroot: dir, out: t.TempDir(), goos: "linux", goarch: "amd64"})
	if err != nil {
		t.Fatal(err)
	}
	copied, _ := os.ReadFile(result.(patched).Copy)
	want := strings.NewReplacer("RawSyscall(SYS_PIPE2", "Syscall(SYS_PIPE2", "RawSyscall6(SYS_SOCKETPAIR", "Syscall6(SYS_SOCKETPAIR").Replace(text)
	if string(copied) != want || len(result.(patched).Changes) != 2 {
		t.Errorf("%v\n%s", result, copied)
	}
	if _, err := traceRawCalls(options{goroot: dir, goos: "plan9", goarch: "amd64"}); err == nil {
		t.Error("a target without the file is no error")
	}
}

func TestThisGoIsKnown(t *testing.T) {
	if _, err := patchHeapDump(options{goroot: runtime.GOROOT(), out: t.TempDir()}); err != nil {
		t.Error(err)
	}
	result, err := traceRawCalls(options{goroot: runtime.GOROOT(), out: t.TempDir(), goos: "linux", goarch: "amd64"})
	if err != nil || len(result.(patched).Changes) < 4 {
		t.Error(result, err)
	}
}

func TestOutFileListAndSourcesAreFoundAmongTheToolsArguments(t *testing.T) {
	for _, args := range [][]string{
		{"-pkgcfg", "p", "-mode", "atomic", "-var", "v", "-outfilelist", "list", "a.go", "b.go"},
		{"-pkgcfg=p", "--outfilelist=list", "a.go", "b.go"},
	} {
		at, list := outFileList(args)
		if list != "list" || strings.Join(args[at:], " ") != "a.go b.go" {
			t.Errorf("%v: list %q, sources %v", args, list, args[at:])
		}
	}
	if _, list := outFileList([]string{"-V=full"}); list != "" {
		t.Errorf("list %q where there is none", list)
	}
}

func TestOnlyFilesThatAreInTheOverlayAloneAreTakenOver(t *testing.T) {
	dir := t.TempDir()
	there := filepath.Join(dir, "main.go")
	if err := os.WriteFile(there, []byte("package main\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	added := filepath.Join(dir, "hook.go")
	w := wrapper{replace: map[string]string{there: "/copy/main.go", added: "/copy/hook.go"}}
	if copied, ok := w.added(added); !ok || copied != "/copy/hook.go" {
		t.Errorf("added file: %q, %v", copied, ok)
	}
	for _, other := range []string{there, filepath.Join(dir, "other.go")} {
		if _, ok := w.added(other); ok {
			t.Errorf("%s is taken for an added file", other)
		}
	}
}

func TestTheCheckpointFunctionCountsItsEntriesInWhatTheToolWrote(t *testing.T) {
	dir := t.TempDir()
	source, out := filepath.Join(dir, "main.go"), filepath.Join(dir, "main.cover.go")
	text := "//line main.go:1:1\npackage main; import _ \"sync/atomic\"\n\nfunc handle() {counter[0] = 1 ; }\n\nfunc other() {}\n"
	if err := os.WriteFile(out, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	w := wrapper{replace: map[string]string{source: "/copy/main.go"}, function: "main.handle"}
	if err := w.count([]string{source}, []string{out}); err != nil {
		t.Fatal(err)
	}
	changed, err := os.ReadFile(out)
	want := strings.Replace(text, "package main", "package main"+importText, 1)
	want = strings.Replace(want, "func handle() {", "func handle() {"+callText, 1)
	if err != nil || string(changed) != want {
		t.Errorf("%v\n%s", err, changed)
	}
}
