package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// listed is what go list says of a package, as far as it matters here.
type listed struct {
	Dir                               string
	ImportPath, Name                  string
	Standard                          bool
	GoFiles, CgoFiles, IgnoredGoFiles []string
}

// goList asks about one package with the flags and the environment of the build to come, since both
// decide which files belong to it.
func goList(o options, pattern string) (listed, error) {
	var p listed
	args := append([]string{"list", "-json=Dir,ImportPath,Name,Standard,GoFiles,CgoFiles,IgnoredGoFiles"}, o.buildFlags...)
	text, err := runGo(o, append(args, "--", pattern)...)
	if err != nil {
		return p, err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	if err := decoder.Decode(&p); err != nil {
		return p, &failure{Message: "package " + pattern + ": go list names no package"}
	}
	if decoder.More() {
		return p, &failure{Message: "package " + pattern + ": go list names more than one package"}
	}
	return p, nil
}

// runGo runs the go command in the module; its own words are the error.
func runGo(o options, args ...string) ([]byte, error) {
	command := exec.Command(o.goCommand, args...)
	command.Dir = o.dir
	// A changed PWD keeps symbolic links in the module's path as the user wrote them.
	if dir, err := filepath.Abs(o.dir); err == nil {
		command.Env = append(os.Environ(), "PWD="+dir)
	}
	var stderr bytes.Buffer
	command.Stderr = &stderr
	text, err := command.Output()
	if err != nil {
		said := strings.TrimSpace(stderr.String())
		if said == "" {
			said = err.Error()
		}
		return nil, &failure{Message: said}
	}
	return text, nil
}

// described is a main package.
type described struct {
	Dir        string   `json:"dir"`
	ImportPath string   `json:"import_path"`
	Files      []string `json:"files"`
}

// describePackage tells where a main package is, for the file that imports the probe.
func describePackage(o options) (any, error) {
	p, err := goList(o, o.pkg)
	if err != nil {
		return nil, err
	}
	if p.Name != "main" {
		return nil, &failure{
			Message: "package " + o.pkg + " is `" + p.Name + "`, not a program",
			Hint:    "name a directory with `package main`, such as `./cmd/server`",
		}
	}
	return described{p.Dir, p.ImportPath, append(append([]string{}, p.GoFiles...), p.CgoFiles...)}, nil
}

// replaceable refuses packages whose files an overlay can't or must not replace.
func replaceable(o options, p listed) error {
	if p.Standard {
		return &failure{
			Message: "package " + p.ImportPath + " belongs to the standard library, where no checkpoint can be placed",
			Hint:    "name a function of the program that calls it",
		}
	}
	text, err := runGo(o, "env", "GOMODCACHE")
	if err != nil {
		return err
	}
	cache := strings.TrimSpace(string(text))
	if cache == "" || !within(p.Dir, cache) {
		return nil
	}
	return &failure{
		Message: "package " + p.ImportPath + " is in the module cache, where files can't be replaced",
		Hint:    "run `go mod vendor`, or point a `replace` directive at a copy of the module",
	}
}

func within(path, dir string) bool {
	for _, resolve := range []func(string) string{filepath.Clean, realPath} {
		rel, err := filepath.Rel(resolve(dir), resolve(path))
		if err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
			return true
		}
	}
	return false
}

func realPath(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	return path
}
