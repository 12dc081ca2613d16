package main

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	"thinnet/lab"
)

var (
	growthBulkRow = Row{
		Name: "growth-bulk", What: "one bulk stream alone, and beside 9,999 connections that do nothing",
		Contestants: []string{"thinnet"}, For: 4 * time.Second,
		Figures: []Figure{
			{Name: "alone", Unit: "MB/s"},
			{Name: "beside", Unit: "MB/s"},
			{Name: "beside / alone", Goals: []Goal{{0.9, nil}}},
		},
		Measure: growth{beside: 9_999}.bulk,
	}
	growthRoundTripRow = Row{
		Name: "growth-round-trip", What: "round trips alone, and beside 100,000 connections that do nothing",
		Contestants: []string{"thinnet"}, For: 4 * time.Second,
		Figures: []Figure{
			{Name: "alone p50", Unit: "µs", Better: Lower},
			{Name: "beside p50", Unit: "µs", Better: Lower},
			{Name: "beside / alone", Better: Lower, Goals: []Goal{{1.2, nil}}},
		},
		Measure: growth{beside: 100_000}.roundTrip,
	}
	growthLabRow = Row{
		Name: "growth-lab", What: "a lab of 1,000 hosts on one switch, from its topology file",
		Contestants: []string{"thinnet"},
		Figures: []Figure{
			{Name: "start", Unit: "s", Better: Lower, Goals: []Goal{{1, nil}}},
			{Name: "memory", Unit: "KiB/host", Better: Lower, Goals: []Goal{{100, nil}}},
		},
		Measure: measureLab,
	}
)

// growth is what one connection does alone, and what it does beside others.
type growth struct{ beside int }

// spans is how often the two are measured, by turns.
const spans = 9

// bulk returns the throughput alone and beside others, in MB/s, and their ratio.
func (g growth) bulk(c Contestant, o Span) ([]float64, error) {
	return g.compare(c, o, func(p Pair, o Span) (float64, error) {
		v, err := bulk{streams: 1}.measure(p, o)
		if err != nil {
			return 0, err
		}
		return v[0], nil
	})
}

// roundTrip returns the median round trip alone and beside others, in microseconds,
// and their ratio.
func (g growth) roundTrip(c Contestant, o Span) ([]float64, error) {
	return g.compare(c, o, func(p Pair, o Span) (float64, error) {
		times, err := roundTrips(p, o.For)
		if err != nil {
			return 0, err
		}
		return microseconds(quantile(times, 0.5)), nil
	})
}

// compare measures a pair with no other connections and one with many, by turns. It
// returns the medians, and the second one's ratio to the first.
func (g growth) compare(c Contestant, o Span, measure func(Pair, Span) (float64, error)) (_ []float64, err error) {
	var pairs [2]Pair
	for i := range pairs {
		if pairs[i], err = c.Open(); err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, pairs[i].Close()) }()
	}
	idle, err := openIdle(pairs[1], o.count(g.beside))
	if err != nil {
		return nil, err
	}
	var samples [2]Sample
	o.For /= spans
	for range spans {
		for i, p := range pairs {
			v, err := measure(p, o)
			if err != nil {
				return nil, err
			}
			samples[i] = append(samples[i], v)
		}
	}
	runtime.KeepAlive(idle)
	alone, beside := samples[0].Median(), samples[1].Median()
	return []float64{alone, beside, beside / max(alone, 1e-6)}, nil
}

// measureLab returns how long a large lab takes to start, in seconds, and the
// memory of a host, in KiB.
func measureLab(_ Contestant, o Span) ([]float64, error) {
	n := o.count(1000)
	src := labOf(n)
	before := inUse()
	start := time.Now()
	topology, err := lab.Parse("lab.yaml", []byte(src))
	if err != nil {
		return nil, err
	}
	l, err := lab.Build(topology, lab.Options{})
	if err != nil {
		return nil, err
	}
	elapsed := time.Since(start)
	used := inUse() - before
	runtime.KeepAlive(l)
	return []float64{elapsed.Seconds(), float64(used) / 1024 / float64(n)}, l.Close()
}

// labOf returns the topology of n hosts on one switch.
func labOf(n int) string {
	var nodes, links []string
	for i := range n {
		nodes = append(nodes, fmt.Sprintf("  h%d: {interfaces: {eth0: 10.0.%d.%d/16}}\n", i, i/250, i%250+1))
		links = append(links, fmt.Sprintf("  - h%d:eth0 -- lan:%d\n", i, i+1))
	}
	nodes = append(nodes, fmt.Sprintf("  lan: {switch: {ports: %d}}\n", n))
	return strings.Join(slices.Concat([]string{"nodes:\n"}, nodes, []string{"links:\n"}, links), "")
}
