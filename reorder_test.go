package thinnet_test

import (
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"thinnet"
	"thinnet/link/cable"
	"thinnet/thinnettest"
)

// A frame that overtakes all others, and whose answer does, measures a round trip of nothing.
// Who takes that for how long the way is takes every segment for lost that is overtaken, as
// long as the connection lasts: of 50 MB a fifth could be left.
func TestReorderedBothWays(t *testing.T) {
	const (
		rate = 100e6 // bits per second
		span = 4 * time.Second
	)
	for _, seed := range []uint64{19, 74} { // of 100, those that had 13 and 11 MB
		synctest.Test(t, func(t *testing.T) {
			n := thinnet.New(thinnet.Options{Seed: seed, Settle: synctest.Wait})
			defer n.Close()
			client, server, link := thinnettest.Pair(t, n)
			for d := range cable.Direction(2) {
				if err := link.SetImpairment(d, cable.Impairment{Delay: 10 * time.Millisecond, Rate: rate, Reorder: 0.1}); err != nil {
					t.Fatal(err)
				}
			}
			serve(t, server, func(c net.Conn) { io.Copy(io.Discard, c) })
			c, err := client.Dial("tcp", "server:7")
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			start, wrote := time.Now(), 0
			for buf := make([]byte, 64<<10); time.Since(start) < span; {
				k, err := c.Write(buf)
				if err != nil {
					t.Fatal(err)
				}
				wrote += k
			}
			if least := int(span.Seconds() * rate / 8 / 2); wrote < least {
				t.Errorf("seed %d: %d bytes in %v, want %d or more", seed, wrote, span, least)
			}
		})
	}
}
