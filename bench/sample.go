package main

import (
	"cmp"
	"slices"
	"time"
)

// Sample is a figure's values in the rounds.
type Sample []float64

// Median returns the middle value, or the mean of the two in the middle; 0 if
// there is none.
func (s Sample) Median() float64 {
	if len(s) == 0 {
		return 0
	}
	v := slices.Sorted(slices.Values(s))
	m := len(v) / 2
	if len(v)%2 == 1 {
		return v[m]
	}
	return (v[m-1] + v[m]) / 2
}

// quantile returns the value that a share q (0 to 1) of v is not above, by the
// nearest rank. It sorts v, which must not be empty.
func quantile[T cmp.Ordered](v []T, q float64) T {
	slices.Sort(v)
	rank := int(q*float64(len(v)) + 0.9999999)
	return v[min(max(rank, 1), len(v))-1]
}

func microseconds(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
