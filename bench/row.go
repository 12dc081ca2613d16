package main

import (
	"errors"
	"fmt"
	"time"
)

// Row is one thing that is measured.
type Row struct {
	Name string
	What string
	// Contestants are measured in this order. The first one is ours.
	Contestants []string
	Figures     []Figure
	// For is how long one measurement takes, besides its preparation.
	For time.Duration
	// Patience is how long its preparation may take; 0 for some time.
	Patience time.Duration
	// Measure returns a value for each of the figures.
	Measure func(c Contestant, o Span) ([]float64, error)
}

// onPair returns a row's measurement that needs a pair, which it opens and closes.
func onPair(f func(p Pair, o Span) ([]float64, error)) func(c Contestant, o Span) ([]float64, error) {
	return func(c Contestant, o Span) ([]float64, error) {
		p, err := c.Open()
		if err != nil {
			return nil, err
		}
		values, err := f(p, o)
		return values, errors.Join(err, p.Close())
	}
}

// Span says how much is measured.
type Span struct {
	For   time.Duration
	Smoke bool // a sign of life is enough: a hundredth of what is counted
}

// count returns n, or less if a sign of life is enough.
func (s Span) count(n int) int {
	if s.Smoke {
		return max(n/100, 1)
	}
	return n
}

// rows are all of them, in the order of the table.
var rows = []Row{
	bulkRow, bulk8Row, bulk1460Row, bulkFramesRow, smallRow,
	roundTripRow, besideBulkRow, besideBulk8Row,
	connectRow, connect8Row, idleRow, idleMillionRow,
	udpRow,
	tapSendRow, tapReceiveRow, packetSendRow, packetReceiveRow, outsideRoundTripRow,
	allocsRow, sizeRow,
	growthBulkRow, growthRoundTripRow, growthHostsRow,
}

// row returns the one of a name.
func row(name string) (Row, error) {
	for _, r := range rows {
		if r.Name == name {
			return r, nil
		}
	}
	return Row{}, fmt.Errorf("no row %q: -list names them", name)
}

// Contestants that rows have in common.
var (
	gvisorStock = []string{"gvisor/pipe", "gvisor/veth", "gvisor/loopback"}
	gvisorAll   = []string{"gvisor/pipe", "gvisor/veth", "gvisor/loopback", "gvisor/gso"}
	inProcess   = []string{"thinnet", "gvisor/pipe", "gvisor/veth", "gvisor/loopback", "gvisor/gso", "wireguard-go", "kernel/loopback", "kernel/veth", "queue"}
	kernelLo    = []string{"kernel/loopback"}
)
