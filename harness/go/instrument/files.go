package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/parser"
	"go/token"
	"io"
	"path/filepath"
	"sort"
	"strings"
)

// buildContext is what constraints are evaluated in: the go command's own words for the build to come.
type buildContext struct {
	GOOS, GOARCH, Compiler           string
	CgoEnabled                       bool
	BuildTags, ToolTags, ReleaseTags []string
}

// filesOf is what go list says of a package's files.
type filesOf struct {
	Dir, ImportPath string
	Standard        bool
	Module          *struct {
		Path string
		Main bool
	}
	GoFiles, CgoFiles, CFiles, CXXFiles, MFiles, HFiles, FFiles, SFiles, SysoFiles, SwigFiles, SwigCXXFiles []string
	IgnoredGoFiles, IgnoredOtherFiles, TestGoFiles, XTestGoFiles                                            []string
}

type answer struct {
	GOOS     string        `json:"goos"`
	GOARCH   string        `json:"goarch"`
	Cgo      bool          `json:"cgo"`
	Tags     []string      `json:"tags"`
	Packages []packageInfo `json:"packages"`
}

type packageInfo struct {
	Path     string     `json:"path"`
	Module   string     `json:"module"`
	Main     bool       `json:"main"`
	Standard bool       `json:"standard"`
	Files    []fileInfo `json:"files"`
}

// fileInfo is one file, and what decides on it. Terms are the tags of its constraint that decided: each is set, or is not.
type fileInfo struct {
	Name       string   `json:"name"`
	Taken      bool     `json:"taken"`
	Why        string   `json:"why"`
	Constraint string   `json:"constraint,omitempty"`
	Terms      []term   `json:"terms,omitempty"`
	Mentions   []string `json:"mentions,omitempty"`
}

type term struct {
	Tag string `json:"tag"`
	Set bool   `json:"set"`
}

// What decided on a file.
const (
	byNothing    = "always"     // nothing restricts it
	byConstraint = "constraint" // its build constraint
	byName       = "name"       // the target at the end of its name
	byCgo        = "cgo"        // it imports "C"
	byTest       = "test"       // it is compiled by go test alone
	byOther      = "other"      // none of these
)

const fields = "-json=Dir,ImportPath,Standard,Module,GoFiles,CgoFiles,CFiles,CXXFiles,MFiles,HFiles,FFiles,SFiles,SysoFiles," +
	"SwigFiles,SwigCXXFiles,IgnoredGoFiles,IgnoredOtherFiles,TestGoFiles,XTestGoFiles"

// contextTemplate prints a context as lines.
const contextTemplate = "{{context.GOOS}}\n{{context.GOARCH}}\n{{context.Compiler}}\n{{context.CgoEnabled}}\n" +
	"{{join context.BuildTags \",\"}}\n{{join context.ToolTags \",\"}}\n{{join context.ReleaseTags \",\"}}"

// files says which files of the program's packages the build takes in, and why.
func files(o options) (any, error) {
	ctx, err := askContext(o)
	if err != nil {
		return nil, err
	}
	text, err := runGo(o, append(append([]string{"list", "-e", "-deps", fields}, o.buildFlags...), "--", o.pkg)...)
	if err != nil {
		return nil, err
	}
	result := answer{GOOS: ctx.GOOS, GOARCH: ctx.GOARCH, Cgo: ctx.CgoEnabled, Tags: ctx.BuildTags}
	decoder := json.NewDecoder(bytes.NewReader(text))
	for {
		var p filesOf
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return result, nil
		} else if err != nil {
			return nil, err
		}
		result.Packages = append(result.Packages, describe(p, ctx))
	}
}

func askContext(o options) (buildContext, error) {
	text, err := runGo(o, append(append([]string{"list", "-e", "-f", contextTemplate}, o.buildFlags...), "--", o.pkg)...)
	if err != nil {
		return buildContext{}, err
	}
	lines := strings.Split(string(text), "\n")
	if len(lines) < 7 {
		return buildContext{}, &failure{Message: "go list does not tell the build's context"}
	}
	list := func(line string) []string {
		return strings.FieldsFunc(line, func(r rune) bool { return r == ',' })
	}
	return buildContext{
		GOOS: lines[0], GOARCH: lines[1], Compiler: lines[2], CgoEnabled: lines[3] == "true",
		BuildTags: list(lines[4]), ToolTags: list(lines[5]), ReleaseTags: list(lines[6]),
	}, nil
}

func describe(p filesOf, ctx buildContext) packageInfo {
	info := packageInfo{Path: p.ImportPath, Standard: p.Standard, Files: []fileInfo{}}
	if p.Module != nil {
		info.Module, info.Main = p.Module.Path, p.Module.Main
	}
	add := func(taken bool, why string, lists ...[]string) {
		for _, list := range lists {
			for _, file := range list {
				info.Files = append(info.Files, decide(p.Dir, file, taken, why, ctx))
			}
		}
	}
	add(true, "", p.GoFiles, p.CgoFiles, p.CFiles, p.CXXFiles, p.MFiles, p.HFiles, p.FFiles, p.SFiles, p.SysoFiles, p.SwigFiles, p.SwigCXXFiles)
	add(false, "", p.IgnoredGoFiles, p.IgnoredOtherFiles)
	if !p.Standard {
		add(false, byTest, p.TestGoFiles, p.XTestGoFiles)
	}
	sort.Slice(info.Files, func(i, j int) bool { return info.Files[i].Name < info.Files[j].Name })
	return info
}

// decide finds out what decided on a file. What go list says stands; the reason is worked out from the file.
func decide(dir, file string, taken bool, why string, ctx buildContext) fileInfo {
	info := fileInfo{Name: file, Taken: taken, Why: why}
	expr := constraintOf(filepath.Join(dir, file))
	os, arch := targetOf(file)
	if expr != nil {
		info.Constraint = expr.String()
		info.Mentions = mentions(expr)
	}
	for _, part := range []string{os, arch} {
		if part != "" {
			info.Mentions = append(info.Mentions, part)
		}
	}
	if why != "" {
		return info
	}
	misnamed := (os != "" && !ctx.has(os)) || (arch != "" && !ctx.has(arch))
	switch {
	case expr != nil && expr.Eval(ctx.has) == taken && (taken || !misnamed):
		info.Why, info.Terms = byConstraint, deciding(expr, ctx.has)
	case misnamed != taken && (os != "" || arch != ""):
		info.Why = byName
		for _, part := range []string{os, arch} {
			if part != "" && ctx.has(part) == taken {
				info.Terms = append(info.Terms, term{part, taken})
			}
		}
	case importsC(filepath.Join(dir, file)):
		info.Why, info.Terms = byCgo, []term{{"cgo", ctx.CgoEnabled}}
	case taken:
		info.Why = byNothing
	default:
		info.Why = byOther
	}
	return info
}

// importsC is for Go files alone.
func importsC(path string) bool {
	if !strings.HasSuffix(path, ".go") {
		return false
	}
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
	if file == nil || err != nil {
		return false
	}
	for _, spec := range file.Imports {
		if spec.Path.Value == `"C"` {
			return true
		}
	}
	return false
}
