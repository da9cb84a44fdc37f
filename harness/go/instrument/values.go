package main

import (
	"go/ast"
	"go/token"
	"strings"
)

// flagged is a command line flag and the variable that has its value.
type flagged struct {
	name, variable string
	fallback       ast.Expr
	isNumber       bool
}

// sizeFlag says how many operations a program makes.
type sizeFlag struct {
	Name    string `json:"name"`
	Default int64  `json:"default"`
	names   map[string]bool
}

// bounds tells whether a loop that ends at `bound` turns as often as the flag says.
func (f *sizeFlag) bounds(bound string) bool { return bound != "" && f.names[bound] }

// sizeNames are what such flags are called.
var sizeNames = map[string]bool{
	"calls": true, "count": true, "events": true, "iterations": true, "jobs": true, "messages": true, "n": true,
	"operations": true, "ops": true, "requests": true, "rounds": true, "size": false,
}

// sizeFlag is the flag that a loop with calls ends at; or else one whose name says what it is.
func (s *sketch) sizeFlag() *sizeFlag {
	var best *sizeFlag
	for _, f := range s.flags {
		if !f.isNumber {
			continue
		}
		size := &sizeFlag{Name: f.name, names: map[string]bool{f.variable: true, f.name: true}}
		for alias, of := range s.aliases {
			size.names[alias] = size.names[alias] || of == f.variable
		}
		size.Default, _ = s.number(f.fallback)
		if s.isBound(size) {
			if sizeNames[f.name] {
				return size
			}
			best = size
		} else if best == nil && sizeNames[f.name] {
			best = size
		}
	}
	return best
}

func (s *sketch) isBound(size *sizeFlag) bool {
	for _, f := range s.functions {
		for _, c := range f.calls {
			if c.loop != nil && size.bounds(c.loop.bound) {
				return true
			}
		}
	}
	return false
}

func (s *sketch) isFlag(variable string) bool {
	if of, ok := s.aliases[variable]; ok {
		variable = of
	}
	for _, f := range s.flags {
		if f.isNumber && variable != "" && f.variable == variable {
			return true
		}
	}
	return false
}

// noteValues keeps what a file says of names: literals, channels, flags.
func (s *sketch) noteValues(file *ast.File) {
	for _, spec := range file.Imports {
		s.imports[strings.Trim(spec.Path.Value, "\"")] = true
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Field:
			s.noteChannel(n.Type, n.Names...)
		case *ast.ValueSpec:
			s.noteChannel(n.Type, n.Names...)
			for i, value := range n.Values {
				if i < len(n.Names) {
					s.noteValue(n.Names[i].Name, value)
				}
			}
		case *ast.AssignStmt:
			for i, value := range n.Rhs {
				if i < len(n.Lhs) {
					s.noteValue(baseName(n.Lhs[i]), value)
				}
			}
		case *ast.KeyValueExpr:
			if name, ok := n.Key.(*ast.Ident); ok {
				s.noteValue(name.Name, n.Value)
			}
		case *ast.CallExpr:
			s.noteFlagVariable(n)
		}
		return true
	})
}

func (s *sketch) noteChannel(t ast.Expr, names ...*ast.Ident) {
	if _, ok := t.(*ast.ChanType); ok {
		for _, name := range names {
			s.chans[name.Name] = true
		}
	}
}

// noteValue keeps what is assigned to a name; the first one that a literal says stays.
func (s *sketch) noteValue(name string, value ast.Expr) {
	if name == "" || name == "_" {
		return
	}
	if n, ok := literalInt(value); ok {
		if _, known := s.numbers[name]; !known {
			s.numbers[name] = n
		}
	}
	if text, ok := s.text(value); ok && text != "" {
		if _, known := s.texts[name]; !known {
			s.texts[name] = text
		}
	}
	c, ok := value.(*ast.CallExpr)
	if !ok {
		return
	}
	if made, ok := c.Fun.(*ast.Ident); ok && made.Name == "make" && len(c.Args) > 0 {
		if _, ok := c.Args[0].(*ast.ChanType); ok {
			s.chans[name] = true
		}
	}
	s.noteFlag(c, name)
}

// noteFlag takes `x := flag.Int("name", 1, "…")`.
func (s *sketch) noteFlag(c *ast.CallExpr, variable string) {
	method, ok := c.Fun.(*ast.SelectorExpr)
	if !ok || len(c.Args) != 3 {
		return
	}
	if flag, ok := literalText(c.Args[0]); ok && flagTypes[method.Sel.Name] != notAFlag {
		s.addFlag(flag, variable, c.Args[1], flagTypes[method.Sel.Name] == numberFlag)
	}
}

// noteFlagVariable takes `flag.IntVar(&x, "name", 1, "…")`.
func (s *sketch) noteFlagVariable(c *ast.CallExpr) {
	method, ok := c.Fun.(*ast.SelectorExpr)
	if !ok || len(c.Args) != 4 {
		return
	}
	kind := flagTypes[strings.TrimSuffix(method.Sel.Name, "Var")]
	if flag, ok := literalText(c.Args[1]); ok && kind != notAFlag {
		s.addFlag(flag, baseName(c.Args[0]), c.Args[2], kind == numberFlag)
	}
}

func (s *sketch) addFlag(name, variable string, fallback ast.Expr, isNumber bool) {
	s.flags = append(s.flags, flagged{name, variable, fallback, isNumber})
	if text, ok := s.text(fallback); ok {
		s.texts[variable] = text
	}
	if n, ok := literalInt(fallback); ok && !isNumber {
		s.numbers[variable] = n
	}
}

type flagType int

const (
	notAFlag flagType = iota
	numberFlag
	textFlag
)

var flagTypes = map[string]flagType{
	"Int": numberFlag, "Int64": numberFlag, "Uint": numberFlag, "Uint64": numberFlag, "String": textFlag,
}

// number is what an expression comes to, as far as literals tell.
func (s *sketch) number(e ast.Expr) (int64, bool) {
	if n, ok := literalInt(e); ok {
		return n, true
	}
	base := baseName(e)
	if n, ok := s.numbers[base]; ok {
		return n, true
	}
	for _, f := range s.flags {
		if n, ok := literalInt(f.fallback); ok && f.variable == base && base != "" {
			return n, true
		}
	}
	return 0, false
}

// text is what an expression comes to, as far as literals tell.
func (s *sketch) text(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		return literalText(e)
	case *ast.ParenExpr:
		return s.text(e.X)
	case *ast.BinaryExpr:
		left, ok := s.text(e.X)
		right, too := s.text(e.Y)
		return left + right, ok && too && e.Op == token.ADD
	case *ast.CallExpr:
		return s.textOfCall(e)
	case *ast.Ident, *ast.SelectorExpr, *ast.StarExpr:
		text, ok := s.texts[baseName(e)]
		return text, ok
	}
	return "", false
}

// textOfCall takes what is usual for an address: fmt.Sprintf, net.JoinHostPort, and a choice between a variable of
// the environment and a literal.
func (s *sketch) textOfCall(c *ast.CallExpr) (string, bool) {
	switch name := baseName(c.Fun); {
	case name == "Sprintf" && len(c.Args) > 0:
		return s.formatted(c.Args)
	case name == "JoinHostPort" && len(c.Args) == 2:
		host, _ := s.text(c.Args[0])
		port, ok := s.text(c.Args[1])
		return host + ":" + port, ok
	case name == "Or" || strings.Contains(strings.ToLower(name), "env"):
		for i := len(c.Args) - 1; i > 0; i-- {
			if text, ok := s.text(c.Args[i]); ok && text != "" {
				return text, true
			}
		}
	}
	return "", false
}

func (s *sketch) formatted(args []ast.Expr) (string, bool) {
	text, ok := s.text(args[0])
	if !ok {
		return "", false
	}
	for _, arg := range args[1:] {
		value, ok := s.text(arg)
		if !ok {
			n, isNumber := s.number(arg)
			if !isNumber {
				return "", false
			}
			value = itoa(n)
		}
		at := strings.IndexByte(text, '%')
		if at < 0 || at+2 > len(text) {
			return "", false
		}
		text = text[:at] + value + text[at+2:]
	}
	return text, true
}
