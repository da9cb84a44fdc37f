package main

import (
	"go/ast"
	"path/filepath"
	"strconv"
	"strings"
)

// sketch is a program as its syntax shows it: functions, and who calls them where. Without types a method is
// known by its name alone, so that a name which many types have says nothing.
type sketch struct {
	files     int
	functions []*function
	byName    map[string][]*function
	// chans are names of fields, parameters and variables that are channels.
	chans map[string]bool
	// texts and numbers are what constants, variables and parameters are by their names, where a literal says it.
	texts   map[string]string
	numbers map[string]int64
	// aliases are parameters that get a flag's value.
	aliases map[string]string
	flags   []flagged
	sites   []site
	routes  []string
	imports map[string]bool
}

// function is a declaration.
type function struct {
	symbol symbol
	decl   *ast.FuncDecl
	src    *source
	pkg    string
	place  string
	calls  []call
	// depth is the number of calls from main, -1 if none is seen.
	depth int
	// loops are the loops in which a parameter is called, by the parameter's place.
	loops map[int]*loop
}

// call is a use of a function.
type call struct {
	from   *function
	caller string
	loop   *loop
	inGo   bool
	handed bool
	route  string
}

// maxNamesakes is how many methods of a name may be meant by a call of it.
const maxNamesakes = 3

func newSketch() *sketch {
	return &sketch{
		byName: map[string][]*function{}, chans: map[string]bool{}, texts: map[string]string{},
		numbers: map[string]int64{}, aliases: map[string]string{}, imports: map[string]bool{},
	}
}

// read takes in the files of a package.
func (s *sketch) read(p member) error {
	pkg := p.ImportPath
	if p.Name == "main" {
		pkg = "main"
	}
	for _, file := range append(append([]string{}, p.GoFiles...), p.CgoFiles...) {
		src, err := readSource(filepath.Join(p.Dir, file))
		if err != nil {
			return err
		}
		s.files++
		s.noteValues(src.file)
		for _, d := range src.functions() {
			f := &function{symbol: symbolOf(pkg, d), decl: d, src: src, pkg: pkg, place: place(p, src, d), depth: -1, loops: map[int]*loop{}}
			s.functions = append(s.functions, f)
			s.byName[key(pkg, f.symbol)] = append(s.byName[key(pkg, f.symbol)], f)
		}
	}
	return nil
}

// key is what a call can be looked up by: package and name for a function, the name alone for a method.
func key(pkg string, f symbol) string {
	if f.receiver != "" {
		return "." + f.name
	}
	return pkg + "." + f.name
}

// connect finds calls, then how far each function is from main.
func (s *sketch) connect() {
	for _, f := range s.functions {
		s.walk(f, s.noteParameterCalls)
	}
	for _, f := range s.functions {
		s.walk(f, s.noteCall)
	}
	var queue []*function
	for _, f := range s.byName["main.main"] {
		f.depth = 0
		queue = append(queue, f)
	}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		for _, f := range s.functions {
			if f.depth < 0 && calledFrom(f, at) {
				f.depth = at.depth + 1
				queue = append(queue, f)
			}
		}
	}
}

func calledFrom(f, caller *function) bool {
	for _, c := range f.calls {
		if c.from == caller {
			return true
		}
	}
	return false
}

// named are the functions that an expression may mean in a file.
func (s *sketch) named(e ast.Expr, in *function) []*function {
	switch e := e.(type) {
	case *ast.Ident:
		return s.byName[in.pkg+"."+e.Name]
	case *ast.IndexExpr:
		return s.named(e.X, in)
	case *ast.ParenExpr:
		return s.named(e.X, in)
	case *ast.SelectorExpr:
		if x, ok := e.X.(*ast.Ident); ok {
			if path := imported(in.src.file, x.Name); path != "" {
				return s.byName[path+"."+e.Sel.Name]
			}
		}
		if found := s.byName["."+e.Sel.Name]; len(found) <= maxNamesakes {
			return found
		}
	}
	return nil
}

// imported is the import path that a name stands for in a file, empty if it is none.
func imported(file *ast.File, name string) string {
	for _, spec := range file.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue
		}
		last := path[strings.LastIndexByte(path, '/')+1:]
		if spec.Name != nil && spec.Name.Name == name || spec.Name == nil && last == name {
			return path
		}
	}
	return ""
}
