// Command instrument makes changed copies of Go source files for go build -overlay, and answers questions about
// sources. The harness builds it once and runs it; it changes no file in place.
//
//	instrument hook -go GO -dir MODULE -package PKG -func NAME -out DIR [-- build flags]
//	instrument package -go GO -dir MODULE -package PKG [-- build flags]
//	instrument files -go GO -dir MODULE -package PKG [-- build flags]
//	instrument survey -go GO -dir DIR [-package PATTERN]
//	instrument propose -go GO -dir MODULE -package PKG
//	instrument heapdump -goroot GOROOT -out DIR
//	instrument rawcalls -goroot GOROOT -goos OS -goarch ARCH -out DIR
//	instrument testing -goroot GOROOT -out DIR
//	instrument cover -overlay FILE -func NAME -id ID TOOL ARGUMENTS
//
// Each but the last prints one JSON object: what it did, or {"error", "hint", "near"} with exit code 1.
// Exit code 2 is a mistake in the arguments. The last stands before a tool of go build (-toolexec).
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

// failure is an error with advice.
type failure struct {
	Message string   `json:"error"`
	Hint    string   `json:"hint,omitempty"`
	Near    []string `json:"near,omitempty"`
}

func (f *failure) Error() string { return f.Message }

type options struct {
	goCommand, dir, pkg, function, out, goroot, goos, goarch string
	buildFlags                                               []string
}

var commands = map[string]func(options) (any, error){
	"hook":     hook,
	"package":  describePackage,
	"files":    files,
	"survey":   survey,
	"propose":  propose,
	"heapdump": patchHeapDump,
	"rawcalls": traceRawCalls,
	"testing":  patchTesting,
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "cover" {
		coverTool(os.Args[2:])
		return
	}
	if len(os.Args) < 2 || commands[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: instrument hook|package|files|survey|propose|heapdump|rawcalls|testing|cover …")
		os.Exit(2)
	}
	result, err := commands[os.Args[1]](parse(os.Args[1], os.Args[2:]))
	if err != nil {
		var f *failure
		if !errors.As(err, &f) {
			f = &failure{Message: err.Error()}
		}
		print(f)
		os.Exit(1)
	}
	print(result)
}

func parse(command string, args []string) (o options) {
	flags := flag.NewFlagSet(command, flag.ExitOnError)
	flags.StringVar(&o.goCommand, "go", "go", "the go command that will build")
	flags.StringVar(&o.dir, "dir", ".", "directory of the module")
	flags.StringVar(&o.pkg, "package", "", "main package, as go build takes it")
	flags.StringVar(&o.function, "func", "", "function, as the Go runtime spells it")
	flags.StringVar(&o.out, "out", ".", "existing directory for the changed copy")
	flags.StringVar(&o.goroot, "goroot", "", "GOROOT whose sources are patched")
	flags.StringVar(&o.goos, "goos", "linux", "GOOS of the build")
	flags.StringVar(&o.goarch, "goarch", "amd64", "GOARCH of the build")
	_ = flags.Parse(args) // ExitOnError
	o.buildFlags = flags.Args()
	o.out, o.goroot = absolute(o.out), absolute(o.goroot)
	return o
}

// absolute is what overlays need: a relative path in one is silently ignored from another directory.
func absolute(path string) string {
	if full, err := filepath.Abs(path); err == nil && path != "" {
		return full
	}
	return path
}

func print(v any) {
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
