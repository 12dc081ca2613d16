package stack_test

import (
	"net/netip"
	"strconv"
	"sync/atomic"
	"testing"

	"thinnet/clock"
	"thinnet/stack"
)

// BenchmarkRoundTripBeside is a round trip of a few bytes by TCP while goroutines that have
// nothing to do with the network keep the processors busy.
func BenchmarkRoundTripBeside(b *testing.B) {
	for _, busy := range []int{0, 4} {
		b.Run(strconv.Itoa(busy), func(b *testing.B) { roundTripBeside(b, busy) })
	}
}

func roundTripBeside(b *testing.B, busy int) {
	clk := clock.NewReal()
	defer clk.Close()
	h, cab := hosts(b, clk, stack.Config{})
	defer cab.Close()
	defer h[0].Close()
	defer h[1].Close()
	l, err := h[1].ListenTCP(netip.AddrPortFrom(addr(1), 7), 1)
	if err != nil {
		b.Fatal(err)
	}
	client, err := h[0].DialTCP(b.Context(), netip.AddrPort{}, netip.AddrPortFrom(addr(1), 7))
	if err != nil {
		b.Fatal(err)
	}
	server, err := l.Accept()
	if err != nil {
		b.Fatal(err)
	}
	go func() {
		data := make([]byte, 10)
		for {
			n, err := server.Read(data)
			if err != nil {
				return
			}
			server.Write(data[:n])
		}
	}()
	var done atomic.Bool
	defer done.Store(true)
	for range busy {
		go func() {
			for !done.Load() {
			}
		}()
	}
	data := make([]byte, 10)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := client.Write(data); err != nil {
			b.Fatal(err)
		}
		if _, err := client.Read(data); err != nil {
			b.Fatal(err)
		}
	}
}
