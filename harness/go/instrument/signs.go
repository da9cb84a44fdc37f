package main

import (
	"go/ast"
	"regexp"
	"strings"
)

// signs are what makes a function look like an operation, or not: points, and the reason in words.
var signs = []func(*function) (int, string){
	httpHandler,
	registered,
	inLoop,
	requestArgument,
	name,
	distanceFromMain,
	trifle,
}

func httpHandler(f *function) (int, string) {
	types := parameterTypes(f.decl)
	if len(types) == 2 && strings.HasSuffix(types[0], ".ResponseWriter") && strings.HasSuffix(types[1], ".Request") {
		return 45, "serves an HTTP request"
	}
	return 0, ""
}

func registered(f *function) (int, string) {
	for _, call := range f.calls {
		if besidesWork.MatchString(call.route) {
			return -40, ""
		}
		if call.route != "" {
			return 20, "registered for " + call.route
		}
	}
	return 0, ""
}

// few turns are a set-up's.
const few = 20

// inLoop prefers loops that look like a program's main one.
func inLoop(f *function) (points int, why string) {
	for _, call := range f.calls {
		if call.loop == nil {
			continue
		}
		p := map[loopKind]int{perRequest: 40, endless: 40, channel: 40, numbered: 35, conditional: 15, collection: 10}[call.loop.kind]
		if l := call.loop; l.kind == numbered && (call.inGo || l.turns > 0 && l.turns < few) {
			p = 5 // Workers are started so.
		} else if isDeep(call.from) && !call.inGo && !looksLikeOperation(f) {
			p /= 3 // A scanner's loop, an encoder's.
		}
		words := "called in " + call.loop.kind.String() + " of " + call.caller
		switch {
		case call.inGo:
			words = "a goroutine is started for it in " + call.loop.kind.String() + " of " + call.caller
		case call.handed:
			words = "handed to " + call.caller + ", which calls it in " + call.loop.kind.String()
		}
		if p > points {
			points, why = p, words
		}
	}
	return points, why
}

// deep in the program is what no more than three calls from main lead to.
const deep = 3

func isDeep(f *function) bool { return f.depth < 0 || f.depth >= deep }

// looksLikeOperation tells whether anything but its place speaks for a function.
func looksLikeOperation(f *function) bool {
	points, _ := requestArgument(f)
	return points > 0 || operationName.MatchString(f.symbol.name)
}

var requestName = regexp.MustCompile(`(Request|Req|Message|Msg|Event|Job|Task|Order|Call|Conn|Packet|Command|Query|Work|Batch)$`)

func requestArgument(f *function) (int, string) {
	if points, _ := httpHandler(f); points > 0 {
		return 0, ""
	}
	for _, t := range parameterTypes(f.decl) {
		if requestName.MatchString(t) {
			return 15, "takes " + t
		}
	}
	return 0, ""
}

var (
	operationName = regexp.MustCompile(`^(?i:handle|serve|process|consume|dispatch|execute)`)
	helperName    = regexp.MustCompile(`^(?i:get|set|new|is|has|len|string|error|close|next|load|parse|check|must|less|swap|init|open|setup|print|log|write|read|encode|decode|format|append)`)
	probeName     = regexp.MustCompile(`^(?i:health|healthz|ready|readyz|live|livez|ping|metrics|version|status)$`)
)

func name(f *function) (int, string) {
	switch n := f.symbol.name; {
	case probeName.MatchString(n):
		return -40, ""
	case operationName.MatchString(n):
		return 20, "its name says so"
	case helperName.MatchString(n):
		return -20, ""
	}
	return 0, ""
}

// distanceFromMain: what is near to main is the operation, what is far is a part of one.
func distanceFromMain(f *function) (int, string) {
	if f.depth < 0 {
		return -5, "" // Perhaps through an interface, or not at all.
	}
	return max(0, 12-4*f.depth), ""
}

// trifle: a function of one statement does nothing that is worth a collection.
func trifle(f *function) (int, string) {
	if f.decl.Body != nil && len(f.decl.Body.List) == 0 {
		return -40, ""
	}
	return 0, ""
}

// parameterTypes are a function's, one for each parameter, without `*`.
func parameterTypes(d *ast.FuncDecl) (types []string) {
	for _, field := range d.Type.Params.List {
		for range max(1, len(field.Names)) {
			types = append(types, typeName(field.Type))
		}
	}
	return types
}

func typeName(t ast.Expr) string {
	switch t := t.(type) {
	case *ast.StarExpr:
		return typeName(t.X)
	case *ast.SelectorExpr:
		return typeName(t.X) + "." + t.Sel.Name
	case *ast.Ident:
		return t.Name
	}
	return ""
}
