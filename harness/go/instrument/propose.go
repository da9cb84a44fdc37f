package main

import (
	"go/ast"
	"path/filepath"
	"sort"
	"strconv"
)

// proposal is what a scenario for a program could say, guessed from its sources without types.
type proposal struct {
	// Candidates are functions that seem to run once per operation, the best first.
	Candidates []candidate `json:"candidates"`
	// Listens is where the program takes load from outside, if it does.
	Listens *listening `json:"listens,omitempty"`
	// Size is the flag that says how many operations the program makes.
	Size *sizeFlag `json:"size,omitempty"`
	// Files is the number of source files that were read.
	Files int `json:"files"`
}

// candidate is a function that may stand for an operation, and what speaks for it.
type candidate struct {
	Func  string   `json:"func"`
	Place string   `json:"place"`
	Why   []string `json:"why"`
	// Turns is the number of turns of the loop that calls it, 0 if that is not in the sources.
	Turns int64 `json:"turns"`
	// Flagged tells that the number of turns is what the size flag says.
	Flagged bool `json:"flagged"`
	score   int
	depth   int
}

// maxCandidates is how many are worth a user's while.
const maxCandidates = 5

// enough is the score from which a function is proposed.
const enough = 30

// propose reads the program's package and what it imports of its own module.
func propose(o options) (any, error) {
	members, err := goListMembers(o, "-deps")
	if err != nil {
		return nil, err
	}
	s := newSketch()
	for _, p := range members {
		if p.Standard || p.Module == nil || !p.Module.Main {
			continue
		}
		if err := s.read(p); err != nil {
			return nil, err
		}
	}
	s.connect()
	size := s.sizeFlag()
	result := proposal{Listens: s.listening(), Size: size, Files: s.files, Candidates: s.candidates(size)}
	return result, nil
}

// candidates are the functions with the highest scores.
func (s *sketch) candidates(size *sizeFlag) []candidate {
	all := []candidate{}
	for _, f := range s.functions {
		if c := s.judge(f, size); c.score >= enough {
			all = append(all, c)
		}
	}
	sort.Slice(all, func(i, j int) bool {
		a, b := all[i], all[j]
		if a.score != b.score {
			return a.score > b.score
		}
		if a.depth != b.depth {
			return a.depth < b.depth
		}
		return a.Func < b.Func
	})
	return all[:min(maxCandidates, len(all))]
}

// judge adds up what speaks for a function, and against it.
func (s *sketch) judge(f *function, size *sizeFlag) candidate {
	c := candidate{Func: f.symbol.String(), Place: f.place, depth: f.depth}
	if f.decl.Body == nil || f.symbol.receiver == "" && (f.symbol.name == "main" || f.symbol.name == "init") {
		return c
	}
	for _, sign := range signs {
		if points, why := sign(f); points != 0 {
			c.score += points
			if why != "" {
				c.Why = append(c.Why, why)
			}
		}
	}
	if len(c.Why) == 0 {
		c.score = 0 // A place alone is no reason.
	}
	s.count(&c, f, size)
	return c
}

// count tells how often a function is called; that a flag says it is the best sign of all.
func (s *sketch) count(c *candidate, f *function, size *sizeFlag) {
	for _, call := range f.calls {
		if call.loop == nil || call.inGo {
			continue
		}
		if size != nil && size.bounds(call.loop.bound) {
			c.Turns, c.Flagged = size.Default, true
			c.score += 25
			c.Why = append(c.Why, "as often as -"+size.Name+" says")
			return
		}
		c.Turns = max(c.Turns, call.loop.turns)
	}
}

// place is a declaration's file, as go build's output spells it, and line.
func place(p member, src *source, f *ast.FuncDecl) string {
	name := filepath.Base(src.path)
	if w := word(p); w != "." {
		name = w[2:] + "/" + name
	}
	return name + ":" + strconv.Itoa(src.line(f.Name.Pos()))
}
