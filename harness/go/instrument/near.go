package main

import (
	"sort"
	"strings"
)

// nearest lists functions with a name like the wanted one, most alike first.
func nearest(wanted symbol, others []symbol) []string {
	type candidate struct {
		name string
		cost int
	}
	var candidates []candidate
	for _, other := range others {
		if cost := unlikeness(wanted, other); cost <= max(2, len(wanted.name)/3) {
			candidates = append(candidates, candidate{other.String(), cost})
		}
	}
	sort.SliceStable(candidates, func(i, j int) bool { return candidates[i].cost < candidates[j].cost })
	var names []string
	for _, c := range candidates[:min(5, len(candidates))] {
		names = append(names, c.name)
	}
	return names
}

// unlikeness compares names; a different receiver alone costs one.
func unlikeness(a, b symbol) int {
	cost := distance(strings.ToLower(a.name), strings.ToLower(b.name))
	if cost == 0 && a.name != b.name {
		cost = 1
	}
	if a.receiver != b.receiver {
		cost++
	}
	return cost
}

// distance is the number of letters to insert, remove or replace (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replaced := diagonal
			if a[i] != b[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
