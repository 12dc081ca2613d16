package stack_test

import (
	"net/netip"
	"runtime"
	"testing"

	"thinnet/clock"
	"thinnet/stack"
)

// Who sends on and on leaves the processor to a reader often enough, if there is only
// one.
func TestReaderKeepsUp(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	clk := clock.NewReal()
	defer clk.Close()
	h, cab := hosts(t, clk, stack.Config{})
	defer cab.Close()
	server, err := h[1].OpenUDP(netip.MustParseAddrPort("0.0.0.0:7"), netip.AddrPort{})
	if err != nil {
		t.Fatal(err)
	}
	client, err := h[0].OpenUDP(anyPort, netip.AddrPortFrom(addr(1), 7))
	if err != nil {
		t.Fatal(err)
	}
	const sent = 20_000
	read := make(chan int)
	go func() {
		n := 0
		b := make([]byte, 100)
		for {
			if _, _, err := server.ReadFrom(b); err != nil {
				read <- n
				return
			}
			n++
		}
	}()
	for range sent {
		if _, err := client.WriteTo(make([]byte, 64), netip.AddrPort{}); err != nil {
			t.Fatal(err)
		}
	}
	h[1].Close()
	if n := <-read; n < sent/2 {
		t.Errorf("%d of %d datagrams were read", n, sent)
	}
	h[0].Close()
}
