package main

import (
	"go/ast"
	"go/token"
	"strconv"
)

// loopKind is what makes a loop turn.
type loopKind int

const (
	conditional loopKind = iota
	collection
	numbered
	channel
	endless
	// perRequest is no loop of the program's own: a handler, which the server calls.
	perRequest
)

func (k loopKind) String() string {
	return [...]string{"a loop", "a loop", "a counting loop", "a loop over a channel", "an endless loop", "an HTTP handler"}[k]
}

// loop is what a call stands in.
type loop struct {
	kind loopKind
	// turns is the number of turns, if a literal says it.
	turns int64
	// bound is the name of what the number of turns is.
	bound string
}

// place in a function: the loop around it, if there is one.
type context struct {
	loop *loop
	inGo bool
}

// visitor is told of each call in a function.
type visitor func(f *function, c *ast.CallExpr, at context)

// walk visits the calls of a function, those in its literals included.
func (s *sketch) walk(f *function, visit visitor) {
	if f.decl.Body != nil {
		s.walkNode(f, f.decl.Body, context{}, visit)
	}
}

func (s *sketch) walkNode(f *function, root ast.Node, at context, visit visitor) {
	inside := func(n ast.Node, at context) bool {
		if n != nil {
			s.walkNode(f, n, at, visit)
		}
		return false
	}
	ast.Inspect(root, func(n ast.Node) bool {
		if n == root {
			return true
		}
		switch n := n.(type) {
		case *ast.ForStmt:
			if n.Init != nil {
				inside(n.Init, at)
			}
			return inside(n.Body, at.within(s.loopOfFor(f, n)))
		case *ast.RangeStmt:
			inside(&ast.ExprStmt{X: n.X}, at)
			return inside(n.Body, at.within(s.loopOfRange(f, n)))
		case *ast.GoStmt:
			return inside(&ast.ExprStmt{X: n.Call}, context{at.loop, true})
		case *ast.FuncLit:
			if isHandler(n.Type) {
				return inside(n.Body, context{loop: &loop{kind: perRequest}})
			}
			return inside(n.Body, at)
		case *ast.CallExpr:
			visit(f, n, at)
		}
		return true
	})
}

// within is a loop inside what is around it already; how often it turns altogether is then known only if both are.
func (c context) within(l *loop) context {
	if c.loop != nil && c.loop.kind != perRequest {
		l.turns *= c.loop.turns
		l.bound = ""
	}
	return context{l, c.inGo}
}

func isHandler(t *ast.FuncType) bool {
	types := parameterTypes(&ast.FuncDecl{Type: t})
	return len(types) == 2 && types[0] == "http.ResponseWriter" && types[1] == "http.Request"
}

func (s *sketch) loopOfFor(f *function, n *ast.ForStmt) *loop {
	if n.Cond == nil {
		return &loop{kind: endless}
	}
	compare, ok := n.Cond.(*ast.BinaryExpr)
	if !ok || n.Post == nil || compare.Op != token.LSS && compare.Op != token.LEQ {
		return &loop{kind: conditional}
	}
	return s.countedBy(compare.Y)
}

func (s *sketch) loopOfRange(f *function, n *ast.RangeStmt) *loop {
	bound := baseName(n.X)
	_, isStar := n.X.(*ast.StarExpr)
	_, isLiteral := n.X.(*ast.BasicLit)
	_, isNumber := s.numbers[bound]
	switch {
	case s.chans[bound]:
		return &loop{kind: channel}
	case isStar || isLiteral || isNumber || s.isFlag(bound) || isInteger(f.decl, bound):
		return s.countedBy(n.X)
	default:
		return &loop{kind: collection}
	}
}

func (s *sketch) countedBy(bound ast.Expr) *loop {
	l := &loop{kind: numbered, bound: baseName(bound)}
	if n, ok := literalInt(bound); ok {
		l.turns = n
	} else if !s.isFlag(l.bound) {
		l.turns = s.numbers[l.bound]
	}
	return l
}

// isInteger tells whether a function has an integer parameter of that name.
func isInteger(d *ast.FuncDecl, name string) bool {
	types := parameterTypes(d)
	for i, parameter := range parameterNames(d) {
		if parameter == name && i < len(types) {
			switch types[i] {
			case "int", "int32", "int64", "uint", "uint32", "uint64":
				return true
			}
		}
	}
	return false
}

func parameterNames(d *ast.FuncDecl) (names []string) {
	for _, field := range d.Type.Params.List {
		if len(field.Names) == 0 {
			names = append(names, "")
		}
		for _, n := range field.Names {
			names = append(names, n.Name)
		}
	}
	return names
}

// baseName is the last name of `x`, `*x`, `a.x`, `int(x)`, `(x)`.
func baseName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.StarExpr:
		return baseName(e.X)
	case *ast.ParenExpr:
		return baseName(e.X)
	case *ast.UnaryExpr:
		return baseName(e.X)
	case *ast.SelectorExpr:
		return e.Sel.Name
	case *ast.CallExpr:
		if len(e.Args) == 1 {
			return baseName(e.Args[0])
		}
	}
	return ""
}

func literalInt(e ast.Expr) (int64, bool) {
	if b, ok := e.(*ast.BasicLit); ok && b.Kind == token.INT {
		n, err := strconv.ParseInt(b.Value, 0, 64)
		return n, err == nil
	}
	return 0, false
}

func literalText(e ast.Expr) (string, bool) {
	if b, ok := e.(*ast.BasicLit); ok && b.Kind == token.STRING {
		text, err := strconv.Unquote(b.Value)
		return text, err == nil
	}
	return "", false
}

// noteParameterCalls notes loops in which a parameter is called: what is handed over is called there. And what parameters are.
func (s *sketch) noteParameterCalls(f *function, c *ast.CallExpr, at context) {
	if called, ok := c.Fun.(*ast.Ident); ok && at.loop != nil {
		for i, name := range parameterNames(f.decl) {
			if name == called.Name {
				f.loops[i] = at.loop
			}
		}
	}
	for _, target := range s.named(c.Fun, f) {
		s.noteArguments(target, c.Args)
	}
}

// noteArguments keeps what a function's parameters are in a call of it.
func (s *sketch) noteArguments(target *function, args []ast.Expr) {
	for i, name := range parameterNames(target.decl) {
		if i >= len(args) || name == "" || name == "_" {
			continue
		}
		if n, ok := literalInt(args[i]); ok {
			s.numbers[name] = n
		} else if base := baseName(args[i]); base != name && s.isFlag(base) {
			s.aliases[name] = base
		}
		if text, ok := s.text(args[i]); ok {
			if _, known := s.texts[name]; !known {
				s.texts[name] = text
			}
		}
	}
}

// noteCall notes who is called, who is handed to a function that calls it, and who is registered for a route.
func (s *sketch) noteCall(f *function, c *ast.CallExpr, at context) {
	here := call{from: f, caller: f.symbol.String(), loop: at.loop, inGo: at.inGo}
	targets := s.named(c.Fun, f)
	for _, target := range targets {
		target.calls = append(target.calls, here)
	}
	route := routeOf(c)
	if route != "" {
		s.routes = append(s.routes, route)
	}
	for i, arg := range c.Args {
		for _, handed := range s.handed(arg, f) {
			given := call{from: f, caller: here.caller, route: route}
			for _, target := range targets {
				if l := target.loops[i]; l != nil {
					given.caller, given.loop, given.handed = target.symbol.String(), l, true
				}
			}
			handed.calls = append(handed.calls, given)
		}
	}
	s.noteSite(f, c)
}

// handed are the functions that an argument names: `handle`, `s.handle`, `http.HandlerFunc(s.handle)`.
func (s *sketch) handed(e ast.Expr, in *function) []*function {
	if c, ok := e.(*ast.CallExpr); ok && len(c.Args) == 1 {
		if wrap, ok := c.Fun.(*ast.SelectorExpr); ok && wrap.Sel.Name == "HandlerFunc" {
			return s.handed(c.Args[0], in)
		}
		return nil
	}
	switch e.(type) {
	case *ast.Ident, *ast.SelectorExpr:
		return s.named(e, in)
	}
	return nil
}
