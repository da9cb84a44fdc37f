package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
)

// copies tells which files have changed copies.
type copies struct {
	Files   []patched `json:"files"`
	Changes []string  `json:"changes"`
}

// prologue is text for the beginning of a function of package testing.
type prologue struct {
	file, receiver, function string
	// text makes it from the function's declaration.
	text func(*ast.FuncDecl) (string, error)
}

// prologues are what go/runner needs of package testing, in Go 1.22 to 1.27.
var prologues = []prologue{
	{"testing.go", "", "runTests", takenOver("harnessRunTests", "InternalTest")},
	{"fuzz.go", "", "runFuzzTests", takenOver("harnessRunFuzzTests", "InternalFuzzTarget")},
	{"example.go", "", "runExamples", takenOver("harnessRunExamples", "InternalExample")},
	{"benchmark.go", "", "runBenchmarks", takenOver("harnessRunBenchmarks", "InternalBenchmark")},
	{"testing.go", "T", "report", ofReceiver("harnessReported(&%s.common)")},
	{"fuzz.go", "F", "report", ofReceiver("harnessReported(&%s.common)")},
	{"testing.go", "T", "Parallel", ofReceiver("harnessParallel(&%s.common)")},
	{"testing.go", "M", "startAlarm", ofReceiver("if harnessTakesOver() { %s.timer = harnessNoAlarm(); return harnessDeadline() }")},
	{"benchmark.go", "B", "runN", counted},
}

// patchTesting copies the files of package testing with the prologues in them.
func patchTesting(o options) (any, error) {
	result := copies{Files: []patched{}, Changes: []string{"each test is run by itself, as often as the probe says"}}
	dir := filepath.Join(o.goroot, "src", "testing")
	byFile := map[string][]prologue{}
	var names []string
	for _, p := range prologues {
		if byFile[p.file] == nil {
			names = append(names, p.file)
		}
		byFile[p.file] = append(byFile[p.file], p)
	}
	for _, name := range names {
		s, err := readSource(filepath.Join(dir, name))
		if err != nil {
			return nil, &failure{Message: "cannot read testing/" + name + ": " + err.Error()}
		}
		text, err := withPrologues(s, byFile[name])
		if err != nil {
			return nil, err
		}
		copied := filepath.Join(o.out, name)
		if err := os.WriteFile(copied, text, 0o644); err != nil {
			return nil, err
		}
		result.Files = append(result.Files, patched{Original: s.path, Copy: copied, Changes: []string{}})
	}
	return result, nil
}

func withPrologues(s *source, wanted []prologue) ([]byte, error) {
	var insertions []insertion
	for _, function := range s.functions() {
		for _, p := range wanted {
			if function.Name.Name != p.function || pointerReceiver(function) != p.receiver || function.Body == nil {
				continue
			}
			text, err := p.text(function)
			if err != nil {
				return nil, err
			}
			insertions = append(insertions, insertion{s.offset(function.Body.Lbrace) + 1, " " + text + "; "})
		}
	}
	if len(insertions) != len(wanted) {
		return nil, unknownTesting(filepath.Base(s.path) + " lacks a function")
	}
	text := insert(s.text, insertions...)
	if _, err := parser.ParseFile(token.NewFileSet(), s.path, text, parser.SkipObjectResolution); err != nil {
		return nil, unknownTesting(err.Error())
	}
	return text, nil
}

func unknownTesting(why string) error {
	return &failure{
		Message: "package testing of this Go is not one that is known: " + why,
		Hint:    "use a Go from 1.23 to 1.27 for tests",
	}
}

// pointerReceiver is the name of the type of a pointer receiver.
func pointerReceiver(function *ast.FuncDecl) string {
	if function.Recv == nil || len(function.Recv.List) != 1 {
		return ""
	}
	star, ok := function.Recv.List[0].Type.(*ast.StarExpr)
	if !ok {
		return ""
	}
	ident, ok := star.X.(*ast.Ident)
	if !ok {
		return ""
	}
	return ident.Name
}

// takenOver leaves the function's work to another, which gets the function itself to call for some of the elements.
func takenOver(by, element string) func(*ast.FuncDecl) (string, error) {
	return func(function *ast.FuncDecl) (string, error) {
		var names []string
		list, deadline := "", ""
		for _, field := range function.Type.Params.List {
			for _, name := range field.Names {
				names = append(names, name.Name)
				if array, ok := field.Type.(*ast.ArrayType); ok && isIdent(array.Elt, element) {
					list = name.Name
				}
				if selector, ok := field.Type.(*ast.SelectorExpr); ok && selector.Sel.Name == "Time" {
					deadline = name.Name + " = harnessDeadline(); "
				}
			}
		}
		if list == "" {
			return "", unknownTesting(function.Name.Name + " takes no []" + element)
		}
		results := "(bool, bool)"
		if function.Type.Results.NumFields() == 1 {
			results = "bool"
		}
		return fmt.Sprintf("if harnessTakesOver() { return %s(%s, func(%s []%s) %s { %sreturn %s(%s) }) }",
			by, list, list, element, results, deadline, function.Name.Name, strings.Join(names, ", ")), nil
	}
}

func isIdent(e ast.Expr, name string) bool {
	ident, ok := e.(*ast.Ident)
	return ok && ident.Name == name
}

// ofReceiver is a statement about the receiver.
func ofReceiver(format string) func(*ast.FuncDecl) (string, error) {
	return func(function *ast.FuncDecl) (string, error) {
		names := function.Recv.List[0].Names
		if len(names) != 1 {
			return "", unknownTesting(function.Name.Name + " has no name for its receiver")
		}
		return fmt.Sprintf(format, names[0].Name), nil
	}
}

// counted tells how many operations a benchmark is about to do.
func counted(function *ast.FuncDecl) (string, error) {
	params := function.Type.Params.List
	if len(params) != 1 || len(params[0].Names) != 1 {
		return "", unknownTesting(function.Name.Name + " does not take a number")
	}
	return ofReceiver("harnessOperations(&%s.common, " + params[0].Names[0].Name + ")")(function)
}
