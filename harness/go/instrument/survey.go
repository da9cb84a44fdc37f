package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// surveyed is what there is to observe: the packages that a pattern stands for.
type surveyed struct {
	// Module is the directory of the module that they are looked for in.
	Module   string     `json:"module"`
	Path     string     `json:"path"`
	Packages []observed `json:"packages"`
}

// observed is a package that is a program, or has tests.
type observed struct {
	ImportPath string `json:"import_path"`
	// Word is the package as go build takes it in the module's directory.
	Word    string `json:"word"`
	Program bool   `json:"program"`
	Tests   int    `json:"test_files"`
}

// member is what go list says of a package of the module, as far as it matters here.
type member struct {
	Dir, ImportPath, Name                        string
	GoFiles, CgoFiles, TestGoFiles, XTestGoFiles []string
	Standard, DepOnly                            bool
	Module                                       *struct {
		Path, Dir string
		Main      bool
	}
}

// survey lists packages; without a pattern all of the module.
func survey(o options) (any, error) {
	dir, err := moduleDirectory(o)
	if err != nil {
		return nil, err
	}
	if o.pkg == "" {
		o.dir, o.pkg = dir, "./..."
	}
	members, err := goListMembers(o, "-find")
	if err != nil {
		return nil, err
	}
	result := surveyed{Module: dir, Packages: []observed{}}
	for _, p := range members {
		if p.Module == nil || !p.Module.Main {
			return nil, &failure{
				Message: "package " + p.ImportPath + " is not one of the module in `" + dir + "`",
				Hint:    "work in its own module",
			}
		}
		result.Module, result.Path = p.Module.Dir, p.Module.Path
		seen := observed{ImportPath: p.ImportPath, Word: word(p), Program: p.Name == "main"}
		seen.Tests = len(p.TestGoFiles) + len(p.XTestGoFiles)
		if seen.Program || seen.Tests > 0 || o.pkg != "./..." {
			result.Packages = append(result.Packages, seen)
		}
	}
	return result, nil
}

// moduleDirectory is where the go.mod is.
func moduleDirectory(o options) (string, error) {
	text, err := runGo(o, "env", "GOMOD")
	if err != nil {
		return "", err
	}
	file := strings.TrimSpace(string(text))
	if file == "" || file == os.DevNull {
		return "", &failure{
			Message: "there is no Go module here: no go.mod in `" + absolute(o.dir) + "` or above it",
			Hint:    "work in your module's directory; `go mod init example.com/name` makes one",
		}
	}
	return filepath.Dir(file), nil
}

// word is a package as go build takes it in its module's directory.
func word(p member) string {
	rel, err := filepath.Rel(p.Module.Dir, p.Dir)
	if err != nil || rel == "." {
		return "."
	}
	return "./" + filepath.ToSlash(rel)
}

// goListMembers asks about the packages that o.pkg stands for.
func goListMembers(o options, flags ...string) ([]member, error) {
	fields := "-json=Dir,ImportPath,Name,GoFiles,CgoFiles,TestGoFiles,XTestGoFiles,Standard,DepOnly,Module"
	args := append(append([]string{"list", fields}, flags...), "--", o.pkg)
	text, err := runGo(o, args...)
	if err != nil {
		return nil, err
	}
	var members []member
	decoder := json.NewDecoder(bytes.NewReader(text))
	for {
		var p member
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return members, nil
		} else if err != nil {
			return nil, err
		}
		members = append(members, p)
	}
}
