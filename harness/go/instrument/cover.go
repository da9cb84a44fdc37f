package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// The go command has packages instrumented for coverage by a tool that reads their files from the
// disk (Go 1.20-1.27): what an overlay adds to a package is not there, and what it changes is not seen. So
// the tool is called by way of this program, which gives it the files that there are, takes those that
// are only in the overlay over as they are, and has the checkpoint function count its entries in what the
// tool wrote: blocks and statements are those of the user's own text.

// wrapper is what a build is told of.
type wrapper struct {
	replace  map[string]string
	function string
	id       string
}

// coverTool runs a tool of the go command's, and lends a hand if it is the one for coverage.
func coverTool(args []string) {
	flags := flag.NewFlagSet("cover", flag.ExitOnError)
	overlay := flags.String("overlay", "", "overlay of the build")
	function := flags.String("func", "", "checkpoint function, as the Go runtime spells it")
	id := flags.String("id", "", "what else decides on the tool's output")
	_ = flags.Parse(args) // ExitOnError
	if flags.NArg() == 0 {
		fmt.Fprintln(os.Stderr, "usage: instrument cover -overlay FILE TOOL ARGUMENTS")
		os.Exit(2)
	}
	tool, args := flags.Arg(0), flags.Args()[1:]
	if strings.TrimSuffix(filepath.Base(tool), ".exe") != "cover" {
		exit(run(tool, args))
	}
	replace, err := readOverlay(*overlay)
	if err != nil {
		exit(err)
	}
	w := wrapper{replace: replace, function: *function, id: *id}
	exit(w.cover(tool, args))
}

// exit ends the program as the tool ended, whose words are on standard error already.
func exit(err error) {
	switch failed := err.(type) {
	case nil:
		os.Exit(0)
	case *exec.ExitError:
		os.Exit(max(failed.ExitCode(), 1))
	default:
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(tool string, args []string) error {
	command := exec.Command(tool, args...)
	command.Stdin, command.Stdout, command.Stderr = os.Stdin, os.Stdout, os.Stderr
	return command.Run()
}

func readOverlay(path string) (map[string]string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var overlay struct{ Replace map[string]string }
	err = json.Unmarshal(text, &overlay)
	return overlay.Replace, err
}

// cover stands for the tool.
func (w wrapper) cover(tool string, args []string) error {
	if len(args) == 1 && strings.HasPrefix(args[0], "-V") {
		return w.version(tool, args[0])
	}
	at, list := outFileList(args)
	if list == "" {
		return run(tool, args)
	}
	text, err := os.ReadFile(list)
	if err != nil {
		return err
	}
	// The first file is for counters and meta-data, the others are in the order of the sources.
	out := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	sources := args[at:]
	if len(out) != len(sources)+1 {
		return run(tool, args)
	}
	there, written := []string{}, out[:1:1]
	for i, source := range sources {
		if added, ok := w.added(source); ok {
			if err := takeOver(added, out[i+1]); err != nil {
				return err
			}
			continue
		}
		there, written = append(there, source), append(written, out[i+1])
	}
	if err := os.WriteFile(list, []byte(strings.Join(written, "\n")+"\n"), 0o666); err != nil {
		return err
	}
	if err := run(tool, append(append([]string{}, args[:at]...), there...)); err != nil {
		return err
	}
	return w.count(there, written[1:])
}

// version answers who the tool is. The go command keeps what it writes under that, so whatever else
// decides on it has to be there, too.
func (w wrapper) version(tool, arg string) error {
	command := exec.Command(tool, arg)
	command.Stderr = os.Stderr
	line, err := command.Output()
	if err != nil {
		return err
	}
	words := strings.Fields(string(line))
	// A development tool's last word is its build id.
	words = append(words, "")
	last := len(words) - 1
	words[last] = "harness=" + w.id
	if last > 2 && strings.HasPrefix(words[last-1], "buildID=") {
		words[last-1], words[last] = words[last], words[last-1]
	}
	_, err = fmt.Println(strings.Join(words, " "))
	return err
}

// outFileList finds the list of output files, and where the sources begin.
func outFileList(args []string) (at int, list string) {
	for i := 0; i < len(args); i++ {
		name, value, joined := strings.Cut(strings.TrimLeft(args[i], "-"), "=")
		switch {
		case !strings.HasPrefix(args[i], "-"):
			return i, list
		case !joined:
			i++
			if i < len(args) {
				value = args[i]
			}
		}
		if name == "outfilelist" {
			list = value
		}
	}
	return len(args), list
}

// added tells what stands for a file that is in the overlay only.
func (w wrapper) added(source string) (string, bool) {
	replaced, ok := w.replace[source]
	if !ok {
		return "", false
	}
	_, err := os.Stat(source)
	return replaced, os.IsNotExist(err)
}

func takeOver(from, to string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, text, 0o666)
}

// count has the checkpoint function count its entries, if one of the sources declares it.
func (w wrapper) count(sources, outputs []string) error {
	if w.function == "" {
		return nil
	}
	wanted, err := parseSymbol(w.function)
	if err != nil {
		return err
	}
	for i, source := range sources {
		if _, ok := w.replace[source]; !ok {
			continue
		}
		s, err := readSource(outputs[i])
		if err != nil {
			return err
		}
		for _, f := range s.functions() {
			if symbolOf(wanted.pkg, f) != wanted || f.Body == nil {
				continue
			}
			d := declaration{s, f, wanted}
			return os.WriteFile(outputs[i], d.counted(), 0o666)
		}
	}
	return nil
}
