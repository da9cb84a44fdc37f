package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
)

// hooked tells which copy stands for which file.
type hooked struct {
	Original string `json:"original"`
	Copy     string `json:"copy"`
	Package  string `json:"package"`
	Function string `json:"function"`
	Line     int    `json:"line"`
}

// The text put into a file. No newline: every line keeps its number. The import has a name that
// nothing in the file is likely to have.
const (
	importText = `; import harnessprobe_ "harnessprobe"`
	callText   = `harnessprobe_.Hit();`
)

// hook writes a copy of the file that declares a function, with a call of the probe at the
// function's beginning.
func hook(o options) (any, error) {
	wanted, err := parseSymbol(o.function)
	if err != nil {
		return nil, err
	}
	pattern := wanted.pkg
	if pattern == "main" {
		pattern = o.pkg
	}
	p, err := goList(o, pattern)
	if err != nil {
		return nil, err
	}
	if p.Name == "main" {
		wanted.pkg = "main"
	}
	if err := replaceable(o, p); err != nil {
		return nil, err
	}
	found, err := find(p, pattern, wanted)
	if err != nil {
		return nil, err
	}
	return found.write(o.out, p)
}

// source is a parsed file.
type source struct {
	path string
	text []byte
	fset *token.FileSet
	file *ast.File
}

func readSource(path string) (*source, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, path, text, parser.SkipObjectResolution|parser.ParseComments)
	if err != nil {
		return nil, err
	}
	return &source{path: path, text: text, fset: fset, file: file}, nil
}

// offset is a position's byte in the file, whatever //line comments say.
func (s *source) offset(pos token.Pos) int { return s.fset.File(pos).Offset(pos) }

func (s *source) line(pos token.Pos) int { return s.fset.PositionFor(pos, false).Line }

func (s *source) functions() (decls []*ast.FuncDecl) {
	for _, d := range s.file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok {
			decls = append(decls, f)
		}
	}
	return decls
}

// declaration is a function and where it is.
type declaration struct {
	*source
	function *ast.FuncDecl
	symbol   symbol
}

// find looks through the files that the build uses, then says what else may have been meant.
func find(p listed, pattern string, wanted symbol) (*declaration, error) {
	var others []symbol
	for _, name := range append(append([]string{}, p.GoFiles...), p.CgoFiles...) {
		s, err := readSource(filepath.Join(p.Dir, name))
		if err != nil {
			return nil, err
		}
		for _, f := range s.functions() {
			is := symbolOf(wanted.pkg, f)
			if is == wanted {
				return usable(&declaration{s, f, is})
			}
			others = append(others, is)
		}
	}
	return nil, notFound(p, pattern, wanted, others)
}

func usable(d *declaration) (*declaration, error) {
	if d.function.Body == nil {
		return nil, &failure{
			Message: "`" + d.symbol.String() + "` has no body in Go (it is written in assembly, or linked by name)",
			Hint:    "name a function that calls it",
		}
	}
	if d.symbol.name == "init" && d.symbol.receiver == "" {
		return nil, &failure{
			Message: "`" + d.symbol.String() + "` runs once, before the program",
			Hint:    "name a function that runs once per operation",
		}
	}
	return d, nil
}

// notFound explains: left out by build constraints, a literal, or misspelt.
func notFound(p listed, pattern string, wanted symbol, others []symbol) error {
	for _, name := range p.IgnoredGoFiles {
		s, err := readSource(filepath.Join(p.Dir, name))
		if err != nil {
			continue
		}
		for _, f := range s.functions() {
			if symbolOf(wanted.pkg, f) == wanted {
				return &failure{Message: "`" + wanted.String() + "` is in `" + name + "`, which the build's constraints leave out"}
			}
		}
	}
	for _, other := range others {
		if other.receiver == "" && other.name == wanted.receiver && strings.HasPrefix(wanted.name, "func") {
			return literalFailure(wanted.String())
		}
	}
	message := "no function `" + wanted.String() + "` in package " + pattern
	near := nearest(wanted, others)
	if len(near) > 0 {
		message += "; did you mean `" + near[0] + "`?"
	}
	return &failure{Message: message, Near: near}
}

// counted is the file's text in which the function counts its entries.
func (d *declaration) counted() []byte {
	packageEnd := d.offset(d.file.Name.End())
	bodyStart := d.offset(d.function.Body.Lbrace) + 1
	return insert(d.text, insertion{packageEnd, importText}, insertion{bodyStart, callText})
}

// write makes the copy: the original's text with two insertions.
func (d *declaration) write(out string, p listed) (any, error) {
	copied := filepath.Join(out, filepath.Base(d.path))
	text := d.counted()
	if _, err := parser.ParseFile(token.NewFileSet(), copied, text, parser.SkipObjectResolution); err != nil {
		return nil, &failure{Message: "the changed copy of `" + d.path + "` does not parse: " + err.Error()}
	}
	if err := os.WriteFile(copied, text, 0o644); err != nil {
		return nil, err
	}
	return hooked{
		Original: d.path,
		Copy:     copied,
		Package:  p.ImportPath,
		Function: d.symbol.String(),
		Line:     d.line(d.function.Name.Pos()),
	}, nil
}

// insertion is text to be put before a byte of a file.
type insertion struct {
	at   int
	text string
}

// insert applies insertions, which come in the order of their places.
func insert(text []byte, insertions ...insertion) []byte {
	var result []byte
	done := 0
	for _, i := range insertions {
		result = append(result, text[done:i.at]...)
		result = append(result, i.text...)
		done = i.at
	}
	return append(result, text[done:]...)
}
