package main

import (
	"errors"
	"fmt"
	"net/netip"
	"runtime"
	"time"

	"thinnet"
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
	growthHostsRow = Row{
		Name: "growth-hosts", What: "1,000 hosts on one switch, each of which announces its address to all",
		Contestants: []string{"thinnet"},
		Figures: []Figure{
			{Name: "start", Unit: "s", Better: Lower, Goals: []Goal{{1, nil}}},
			{Name: "of the CPU", Unit: "s", Better: Lower},
			{Name: "memory", Unit: "KiB/host", Better: Lower, Goals: []Goal{{100, nil}}},
		},
		Measure: measureHosts,
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

// measureHosts returns how long a large network takes to start, in seconds, how long
// the processor worked for it, and the memory of a host, in KiB. It is made as a
// topology file's is.
func measureHosts(_ Contestant, o Span) ([]float64, error) {
	n := o.count(1000)
	before := inUse()
	w := startWatch()
	net := thinnet.New(thinnet.Options{Seed: 1})
	if err := addHosts(net, n); err != nil {
		return nil, err
	}
	elapsed, cpu := w.stop()
	used := inUse() - before
	return []float64{elapsed, cpu, float64(used) / 1024 / float64(n)}, net.Close()
}

// addHosts adds n hosts and a switch that joins them.
func addHosts(net *thinnet.Network, n int) error {
	lan, err := net.AddSwitch("lan", thinnet.SwitchOptions{})
	if err != nil {
		return err
	}
	for i := range n {
		h, err := net.AddHost(fmt.Sprintf("h%d", i), thinnet.HostOptions{})
		if err != nil {
			return err
		}
		port, err := lan.AddPort(fmt.Sprint(i + 1))
		if err != nil {
			return err
		}
		iface, err := h.AddInterface("eth0")
		if err != nil {
			return err
		}
		if _, err := net.Connect(iface, port, thinnet.LinkOptions{}); err != nil {
			return err
		}
	}
	for i, h := range net.Hosts() {
		addr := netip.AddrFrom4([4]byte{10, 0, byte(i / 250), byte(i%250 + 1)})
		if err := h.Stack().AddAddress("eth0", netip.PrefixFrom(addr, 16)); err != nil {
			return err
		}
	}
	return nil
}
