package lab

import (
	"fmt"
	"strings"
)

// maxChoices is how many known words a message lists.
const maxChoices = 12

// choices returns what could have been meant by got: the known word that is nearest
// to it or, if none is near, all of them, where these are few.
func choices(got string, known []string) string {
	if s := didYouMean(got, known); s != "" || len(known) == 0 || len(known) > maxChoices {
		return s
	}
	return " (there is " + strings.Join(known, ", ") + ")"
}

// didYouMean returns ` (did you mean "server"?)` for the known word that is
// nearest to got, or "" if none is near.
func didYouMean(got string, known []string) string {
	if len(got) > 64 {
		return ""
	}
	best, bestDistance := "", min(max(len(got)*2/5, 1)+1, len(got))
	for _, k := range known {
		if d := distance(strings.ToLower(got), strings.ToLower(k), bestDistance); d < bestDistance {
			best, bestDistance = k, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(" (did you mean %q?)", best)
}

// distance returns how many letters must be inserted, removed, replaced or
// swapped with their neighbour to make b of a (optimal string alignment), or
// limit if that is as many or more.
func distance(a, b string, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	before, row, next := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		next[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			next[j+1] = min(row[j]+cost, row[j+1]+1, next[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				next[j+1] = min(next[j+1], before[j-1]+1)
			}
		}
		before, row, next = row, next, before
	}
	return min(row[len(b)], limit)
}
