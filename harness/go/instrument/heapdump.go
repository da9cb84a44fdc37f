package main

import (
	"go/ast"
	"go/token"
	"os"
	"path/filepath"
	"sort"
)

// patched tells what became of runtime/heapdump.go. Copy is empty when this Go needs no change.
type patched struct {
	Original string   `json:"original"`
	Copy     string   `json:"copy"`
	Changes  []string `json:"changes"`
}

const heapDumpFile = "runtime/heapdump.go"

// patchHeapDump repairs two faults of the runtime's heap dumper. Both are in dumpgs, in the switch
// over a goroutine's status, and both end in "dumpgs in STW - bad status":
//
//   - Go 1.26 and 1.27: a goroutine that is in a short system call is dumped, and then falls through
//     to the arm for impossible states;
//   - a goroutine that a goroutineleak profile has marked as leaked has a status of its own, which no
//     arm expects.
func patchHeapDump(o options) (any, error) {
	s, err := readSource(filepath.Join(o.goroot, "src", filepath.FromSlash(heapDumpFile)))
	if err != nil {
		return nil, err
	}
	states, err := statusSwitch(s.file)
	if err != nil {
		return nil, err
	}
	result := patched{Original: s.path, Changes: []string{}}
	var insertions []insertion
	running, err := returnAfterRunning(s, states)
	if err != nil {
		return nil, err
	}
	if running != nil {
		insertions = append(insertions, *running)
		result.Changes = append(result.Changes, "a goroutine in a short system call is dumped once and accepted")
	}
	if leaked := acceptLeaked(s, states, o.goroot); leaked != nil {
		insertions = append(insertions, *leaked)
		result.Changes = append(result.Changes, "a goroutine marked as leaked is dumped as a waiting one")
	}
	if len(insertions) == 0 {
		return result, nil
	}
	sort.Slice(insertions, func(i, j int) bool { return insertions[i].at < insertions[j].at })
	result.Copy = filepath.Join(o.out, "heapdump.go")
	return result, os.WriteFile(result.Copy, insert(s.text, insertions...), 0o644)
}

func doesNotApply(why string) error {
	return &failure{
		Message: "the repair of " + heapDumpFile + " does not apply to this Go: " + why,
		Hint:    "without it heap dumps are left out; use a Go from 1.23 to 1.27 to have them",
	}
}

// statusSwitch finds the switch within the function literal that dumpgs calls for each goroutine.
func statusSwitch(file *ast.File) (*ast.SwitchStmt, error) {
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Name.Name != "dumpgs" || f.Body == nil {
			continue
		}
		var found *ast.SwitchStmt
		ast.Inspect(f.Body, func(n ast.Node) bool {
			if literal, ok := n.(*ast.FuncLit); ok {
				for _, statement := range literal.Body.List {
					if s, ok := statement.(*ast.SwitchStmt); ok && clauseWith(s, "_Gwaiting") != nil {
						found = s
					}
				}
			}
			return found == nil
		})
		if found == nil {
			return nil, doesNotApply("dumpgs has no switch over a goroutine's status")
		}
		return found, nil
	}
	return nil, doesNotApply("there is no function dumpgs")
}

// clauseWith is the arm that names a status.
func clauseWith(s *ast.SwitchStmt, status string) *ast.CaseClause {
	for _, statement := range s.Body.List {
		clause, ok := statement.(*ast.CaseClause)
		if ok && identIn(clause, status) != nil {
			return clause
		}
	}
	return nil
}

func identIn(clause *ast.CaseClause, name string) *ast.Ident {
	for _, e := range clause.List {
		if ident, ok := e.(*ast.Ident); ok && ident.Name == name {
			return ident
		}
	}
	return nil
}

// returnAfterRunning ends the arm of running goroutines after it has dumped one. A Go without that
// arm, or whose arm does not fall through, needs nothing.
func returnAfterRunning(s *source, states *ast.SwitchStmt) (*insertion, error) {
	clause := clauseWith(states, "_Grunning")
	if clause == nil || len(clause.Body) == 0 {
		return nil, nil
	}
	last, ok := clause.Body[len(clause.Body)-1].(*ast.BranchStmt)
	if !ok || last.Tok != token.FALLTHROUGH {
		return nil, nil
	}
	for _, statement := range clause.Body {
		if branch, ok := statement.(*ast.IfStmt); ok && branch.Else == nil && dumpsLast(branch.Body) {
			return &insertion{s.offset(branch.Body.Rbrace), "return "}, nil
		}
	}
	return nil, doesNotApply("its arm for running goroutines falls through, but dumps none")
}

// dumpsLast reports whether the block's last statement calls dumpgoroutine.
func dumpsLast(block *ast.BlockStmt) bool {
	if len(block.List) == 0 {
		return false
	}
	statement, ok := block.List[len(block.List)-1].(*ast.ExprStmt)
	if !ok {
		return false
	}
	call, ok := statement.X.(*ast.CallExpr)
	if !ok {
		return false
	}
	function, ok := call.Fun.(*ast.Ident)
	return ok && function.Name == "dumpgoroutine"
}

// acceptLeaked adds the leaked status to the arm of waiting goroutines, if this Go has one and the
// switch does not know it yet.
func acceptLeaked(s *source, states *ast.SwitchStmt, goroot string) *insertion {
	const leaked = "_Gleaked"
	if clauseWith(states, leaked) != nil || !declares(filepath.Join(goroot, "src/runtime/runtime2.go"), leaked) {
		return nil
	}
	waiting := identIn(clauseWith(states, "_Gwaiting"), "_Gwaiting")
	return &insertion{s.offset(waiting.Pos()), leaked + ", "}
}

// declares reports whether a file declares a constant.
func declares(path, name string) bool {
	s, err := readSource(path)
	if err != nil {
		return false
	}
	for _, d := range s.file.Decls {
		group, ok := d.(*ast.GenDecl)
		if !ok || group.Tok != token.CONST {
			continue
		}
		for _, spec := range group.Specs {
			for _, ident := range spec.(*ast.ValueSpec).Names {
				if ident.Name == name {
					return true
				}
			}
		}
	}
	return false
}
