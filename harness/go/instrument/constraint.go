package main

import (
	"bytes"
	"go/build/constraint"
	"io"
	"os"
	"slices"
	"strings"
)

// header is more than stands before any file's first declaration that matters here.
const header = 64 << 10

// constraintOf reads a file's //go:build line; nil if there is none.
func constraintOf(path string) constraint.Expr {
	file, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, header))
	if err != nil {
		return nil
	}
	inComment := false
	for _, raw := range bytes.Split(text, []byte("\n")) {
		line := strings.TrimSpace(string(raw))
		switch {
		case inComment:
			if _, after, ends := strings.Cut(line, "*/"); ends {
				inComment = false
				if strings.TrimSpace(after) != "" {
					return nil
				}
			}
		case line == "":
		case constraint.IsGoBuild(line):
			expr, err := constraint.Parse(line)
			if err != nil {
				return nil
			}
			return expr
		case strings.HasPrefix(line, "//"):
		case strings.HasPrefix(line, "/*"):
			inComment = !strings.Contains(line[2:], "*/")
		default:
			return nil
		}
	}
	return nil
}

// has tells whether a tag is set, as go/build does.
func (ctx buildContext) has(tag string) bool {
	switch {
	case tag == "cgo":
		return ctx.CgoEnabled
	case tag == ctx.GOOS, tag == ctx.GOARCH, tag == ctx.Compiler:
		return true
	case tag == "unix":
		return unix[ctx.GOOS]
	case tag == "linux" && ctx.GOOS == "android", tag == "solaris" && ctx.GOOS == "illumos", tag == "darwin" && ctx.GOOS == "ios":
		return true
	case tag == "boringcrypto":
		tag = "goexperiment.boringcrypto"
	}
	return slices.Contains(ctx.BuildTags, tag) || slices.Contains(ctx.ToolTags, tag) || slices.Contains(ctx.ReleaseTags, tag)
}

// deciding lists the tags by which a constraint is what it is: of an "and" that fails the sides that fail, of one that holds
// both; of an "or" the other way round.
func deciding(expr constraint.Expr, has func(string) bool) []term {
	holds := expr.Eval(has)
	sides := func(x, y constraint.Expr) []term {
		var terms []term
		for _, side := range []constraint.Expr{x, y} {
			if side.Eval(has) == holds {
				terms = append(terms, deciding(side, has)...)
			}
		}
		return terms
	}
	switch x := expr.(type) {
	case *constraint.TagExpr:
		return []term{{x.Tag, holds}}
	case *constraint.NotExpr:
		return deciding(x.X, has)
	case *constraint.AndExpr:
		return sides(x.X, x.Y)
	case *constraint.OrExpr:
		return sides(x.X, x.Y)
	}
	return nil
}

// mentions lists all tags of a constraint.
func mentions(expr constraint.Expr) []string {
	switch x := expr.(type) {
	case *constraint.TagExpr:
		return []string{x.Tag}
	case *constraint.NotExpr:
		return mentions(x.X)
	case *constraint.AndExpr:
		return append(mentions(x.X), mentions(x.Y)...)
	case *constraint.OrExpr:
		return append(mentions(x.X), mentions(x.Y)...)
	}
	return nil
}

// targetOf reads GOOS and GOARCH off a file's name, as go/build does: what is before the first underscore is no target.
func targetOf(file string) (os, arch string) {
	base, _, _ := strings.Cut(file, ".")
	at := strings.Index(base, "_")
	if at < 0 {
		return "", ""
	}
	parts := strings.Split(base[at:], "_")
	if parts[len(parts)-1] == "test" {
		parts = parts[:len(parts)-1]
	}
	n := len(parts)
	switch last := parts[n-1]; {
	case n >= 2 && knownOS[parts[n-2]] && knownArch[last]:
		return parts[n-2], last
	case knownOS[last]:
		return last, ""
	case knownArch[last]:
		return "", last
	}
	return "", ""
}

func set(words string) map[string]bool {
	set := map[string]bool{}
	for _, word := range strings.Fields(words) {
		set[word] = true
	}
	return set
}

// The targets that go/build knows in file names, past ones too (Go 1.23-1.27).
var (
	knownOS = set("aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd plan9 solaris wasip1 " +
		"windows zos")
	knownArch = set("386 amd64 amd64p32 arm armbe arm64 arm64be loong64 mips mipsle mips64 mips64le mips64p32 mips64p32le ppc " +
		"ppc64 ppc64le riscv riscv64 s390 s390x sparc sparc64 wasm")
	unix = set("aix android darwin dragonfly freebsd hurd illumos ios linux netbsd openbsd solaris")
)
