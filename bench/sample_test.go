package main

import "testing"

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		s    Sample
		want float64
	}{
		{nil, 0},
		{Sample{7}, 7},
		{Sample{9, 1, 5}, 5},
		{Sample{4, 1, 3, 2}, 2.5},
	} {
		if got := c.s.Median(); got != c.want {
			t.Errorf("median of %v: %v, want %v", c.s, got, c.want)
		}
	}
	s := Sample{3, 1, 2}
	if s.Median(); s[0] != 3 {
		t.Error("Median has changed the order of the rounds")
	}
}

func TestQuantile(t *testing.T) {
	hundred := make([]int, 100)
	for i := range hundred {
		hundred[i] = 100 - i // 100 … 1
	}
	for _, c := range []struct {
		v    []int
		q    float64
		want int
	}{
		{hundred, 0.5, 50},
		{hundred, 0.99, 99},
		{hundred, 1, 100},
		{hundred, 0, 1},
		{[]int{8}, 0.99, 8},
		{[]int{2, 1}, 0.5, 1},
	} {
		if got := quantile(c.v, c.q); got != c.want {
			t.Errorf("quantile %v of %d values: %d, want %d", c.q, len(c.v), got, c.want)
		}
	}
}
