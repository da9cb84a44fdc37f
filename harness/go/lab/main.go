// Command lab answers questions about Go sources for the build lab: which files a build takes in, and why. The harness
// builds it once and runs it; it changes nothing.
//
//	lab files -go GO -dir MODULE -package PKG [-- build flags]
//
// It prints one JSON object, or {"error", "hint"} with exit code 1. Exit code 2 is a mistake in the arguments.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
)

// failure is an error with advice.
type failure struct {
	Message string `json:"error"`
	Hint    string `json:"hint,omitempty"`
}

func (f *failure) Error() string { return f.Message }

type options struct {
	goCommand, dir, pkg string
	buildFlags          []string
}

var commands = map[string]func(options) (any, error){
	"files": files,
}

func main() {
	if len(os.Args) < 2 || commands[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: lab files …")
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
	flags.StringVar(&o.goCommand, "go", "go", "the go command that builds")
	flags.StringVar(&o.dir, "dir", ".", "directory of the module")
	flags.StringVar(&o.pkg, "package", ".", "main package, as go build takes it")
	_ = flags.Parse(args) // ExitOnError
	o.buildFlags = flags.Args()
	return o
}

func print(v any) {
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
