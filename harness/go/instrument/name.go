package main

import (
	"go/ast"
	"strings"
)

// symbol is a function as the Go runtime names it, taken apart: `example.com/store.(*Cache).Put` is
// pkg `example.com/store`, receiver `*Cache`, name `Put`.
type symbol struct {
	pkg, receiver, name string
}

// parseSymbol takes a name apart. Type arguments are dropped, so generic functions and methods of
// generic types go by their bare names.
func parseSymbol(text string) (symbol, error) {
	bare := dropBrackets(text)
	slash := strings.LastIndexByte(bare, '/') + 1
	last, rest, ok := strings.Cut(bare[slash:], ".")
	if !ok || last == "" || rest == "" {
		return symbol{}, &failure{
			Message: "`" + text + "` is not a function's full name",
			Hint:    "spell it as in a stack trace: `main.handle`, `main.(*Server).ServeHTTP`, `example.com/x/store.Put`",
		}
	}
	// In symbols the linker writes a dot of the path's last element as %2e.
	s := symbol{pkg: bare[:slash] + strings.ReplaceAll(last, "%2e", ".")}
	if pointer, method, ok := strings.Cut(rest, ")."); ok && strings.HasPrefix(pointer, "(*") {
		s.receiver, s.name = pointer[1:], method
	} else if receiver, method, ok := strings.Cut(rest, "."); ok {
		s.receiver, s.name = receiver, method
	} else {
		s.name = rest
	}
	if strings.ContainsAny(s.name, ".()") || s.name == "" {
		return symbol{}, literalFailure(text)
	}
	return s, nil
}

func literalFailure(text string) error {
	return &failure{
		Message: "`" + text + "` is a function literal, or no function at all",
		Hint:    "name the function it is written in",
	}
}

func dropBrackets(text string) string {
	var b strings.Builder
	depth := 0
	for _, r := range text {
		if r == '[' {
			depth++
		}
		if depth == 0 {
			b.WriteRune(r)
		}
		if r == ']' && depth > 0 {
			depth--
		}
	}
	return b.String()
}

// symbolOf names a declaration of package pkg.
func symbolOf(pkg string, d *ast.FuncDecl) symbol {
	s := symbol{pkg: pkg, name: d.Name.Name}
	if d.Recv != nil && len(d.Recv.List) == 1 {
		s.receiver = receiverOf(d.Recv.List[0].Type)
	}
	return s
}

func receiverOf(t ast.Expr) string {
	switch t := t.(type) {
	case *ast.StarExpr:
		return "*" + receiverOf(t.X)
	case *ast.ParenExpr:
		return receiverOf(t.X)
	case *ast.IndexExpr:
		return receiverOf(t.X)
	case *ast.IndexListExpr:
		return receiverOf(t.X)
	case *ast.Ident:
		return t.Name
	}
	return "?"
}

func (s symbol) String() string {
	switch {
	case s.receiver == "":
		return s.pkg + "." + s.name
	case s.receiver[0] == '*':
		return s.pkg + ".(" + s.receiver + ")." + s.name
	default:
		return s.pkg + "." + s.receiver + "." + s.name
	}
}
