package main

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Order says which of two values is better.
type Order uint8

// Orders.
const (
	Higher Order = iota
	Lower
)

// Figure is one of the values that a measurement yields.
type Figure struct {
	Name string
	Unit string
	// Better says whether a high value is good or a low one.
	Better Order
	Goals  []Goal
}

// Goal holds our value against a bound: at least that if higher is better, at
// most that if lower is.
type Goal struct {
	// Bound is a multiple of the best of Against, or a value if there is none.
	Bound   float64
	Against []string // contestants
}

// Verdict is what came of a goal.
type Verdict struct {
	// Text is the goal in words, and Got what was reached in its terms: the
	// ratio, or the value.
	Text string  `json:"goal"`
	Got  float64 `json:"got"`
	Met  bool    `json:"met"`
}

// String returns the verdict in a few words.
func (v Verdict) String() string {
	if v.Met {
		return v.Text + ": met"
	}
	return v.Text + ": not met"
}

// check holds ours against the goal, given the medians of the others. ok is
// false if none of those that it speaks of was measured.
func (g Goal) check(f Figure, ours float64, medians map[string]float64) (v Verdict, ok bool) {
	sign := "≥"
	if f.Better == Lower {
		sign = "≤"
	}
	best := 1.0
	v.Text = fmt.Sprintf("%s %s", sign, g.bound())
	if len(g.Against) > 0 {
		var measured []string
		for _, name := range g.Against {
			if _, have := medians[name]; have {
				measured = append(measured, name)
			}
		}
		if len(measured) == 0 {
			return v, false
		}
		strongest := slices.MaxFunc(measured, func(a, b string) int {
			if f.better(medians[a], medians[b]) {
				return 1
			}
			return -1
		})
		best = medians[strongest]
		v.Text = fmt.Sprintf("%s %s × %s", sign, g.bound(), strings.Join(g.Against, " or "))
	}
	if best == 0 {
		return v, false
	}
	v.Got = ours / best
	v.Met = v.Got == g.Bound || f.better(v.Got, g.Bound)
	return v, true
}

// better reports whether a is better than b.
func (f Figure) better(a, b float64) bool {
	if f.Better == Lower {
		return a < b
	}
	return a > b
}

// bound writes the bound, as a fraction if it is one of 1.
func (g Goal) bound() string {
	if n := math.Round(1 / g.Bound); g.Bound > 0 && n > 1 && math.Abs(n*g.Bound-1) < 1e-9 {
		return fmt.Sprintf("1/%.0f", n)
	}
	return number(g.Bound)
}
