package main

import (
	"fmt"
	"go/ast"
	"os"
	"path/filepath"
	"strings"
)

// makers are the system calls that make descriptors and do not block, so that package syscall makes
// them without telling the runtime, and the execution trace does not have them.
var makers = map[string]bool{
	"SYS_PIPE": true, "SYS_PIPE2": true, "SYS_SOCKET": true, "SYS_SOCKETPAIR": true,
	"SYS_EPOLL_CREATE": true, "SYS_EPOLL_CREATE1": true, "SYS_INOTIFY_INIT": true, "SYS_INOTIFY_INIT1": true,
}

// traceRawCalls copies package syscall's generated file for a target, with those calls made as all
// others are. The two ways have the same parameters and results; what a child process does between
// fork and exec is in another file and stays raw.
func traceRawCalls(o options) (any, error) {
	name := filepath.Join("src", "syscall", fmt.Sprintf("zsyscall_%s_%s.go", o.goos, o.goarch))
	s, err := readSource(filepath.Join(o.goroot, name))
	if err != nil {
		return nil, &failure{Message: "cannot read " + name + ": " + err.Error()}
	}
	result := patched{Original: s.path, Changes: []string{}}
	text, done := []byte{}, 0
	for _, function := range s.functions() {
		ast.Inspect(function, func(n ast.Node) bool {
			if raw := rawMaker(n); raw != nil {
				at := s.offset(raw.Pos())
				text = append(text, s.text[done:at]...)
				done = at + len("Raw")
				result.Changes = append(result.Changes, function.Name.Name)
			}
			return true
		})
	}
	if len(result.Changes) == 0 {
		return result, nil
	}
	result.Copy = filepath.Join(o.out, filepath.Base(s.path))
	return result, os.WriteFile(result.Copy, append(text, s.text[done:]...), 0o644)
}

// rawMaker is the name of the function of a raw call of one of the makers.
func rawMaker(n ast.Node) *ast.Ident {
	call, ok := n.(*ast.CallExpr)
	if !ok || len(call.Args) == 0 {
		return nil
	}
	function, ok := call.Fun.(*ast.Ident)
	number, isName := call.Args[0].(*ast.Ident)
	if !ok || !isName || !makers[number.Name] || !strings.HasPrefix(function.Name, "RawSyscall") {
		return nil
	}
	return function
}
