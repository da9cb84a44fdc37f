package main

import (
	"go/build/constraint"
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

func TestTheDecidingTagsAreThoseOfTheSidesThatMadeIt(t *testing.T) {
	ctx := buildContext{GOOS: "linux", GOARCH: "amd64", BuildTags: []string{"a"}, ReleaseTags: []string{"go1.1"}}
	for text, want := range map[string][]term{
		"a":                  {{"a", true}},
		"!a":                 {{"a", true}},
		"a && b && linux":    {{"b", false}},
		"a && linux":         {{"a", true}, {"linux", true}},
		"b || windows":       {{"b", false}, {"windows", false}},
		"b || unix":          {{"unix", true}},
		"!(a || b) && go1.1": {{"a", true}},
		"cgo":                {{"cgo", false}},
	} {
		expr, err := constraint.Parse("//go:build " + text)
		if err != nil {
			t.Fatal(err)
		}
		if got := deciding(expr, ctx.has); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
}

func TestTargetsStandAtTheEndOfANameBehindSomethingElse(t *testing.T) {
	for file, want := range map[string][2]string{
		"a_linux.go":            {"linux", ""},
		"a_linux_amd64_test.go": {"linux", "amd64"},
		"a_arm64.s":             {"", "arm64"},
		"linux.go":              {"", ""},
		"linux_test.go":         {"", ""},
		"a_linux_b.go":          {"", ""},
		"a_windows.pb.go":       {"windows", ""},
	} {
		if os, arch := targetOf(file); os != want[0] || arch != want[1] {
			t.Errorf("%s: %q %q, want %q", file, os, arch, want)
		}
	}
}

func TestAConstraintStandsBeforeThePackageClauseAlone(t *testing.T) {
	for text, want := range map[string]string{
		"// A comment.\n\n//go:build a || b\n\npackage p\n":  "a || b",
		"/* one\n//go:build no\n*/\n//go:build c\npackage p": "c",
		"package p\n\n//go:build no\n":                       "",
		"//go:build (\npackage p\n":                          "",
		"":                                                   "",
	} {
		path := filepath.Join(t.TempDir(), "p.go")
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		got := ""
		if expr := constraintOf(path); expr != nil {
			got = expr.String()
		}
		if got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
