package cable_test

import (
	"testing"
	"time"

	"thinnet/clock"
	"thinnet/link"
	"thinnet/link/cable"
	"thinnet/link/internal/linktest"
	"thinnet/packet"
)

// Each frame that is counted as dropped is told of.
func TestDropped(t *testing.T) {
	linktest.NoLeaks(t)
	var told [2]link.Drops
	clk := clock.NewReal()
	defer clk.Close()
	way := cable.Impairment{Loss: 0.3, Duplicate: 0.1, Delay: time.Minute, QueueLimit: 100}
	c, err := cable.New(clk, cable.Config{
		MTU: 100, Seed: 1, Impairments: [2]cable.Impairment{way, {}},
		Dropped: func(d cable.Direction, _ *packet.Packet, why link.DropReason) { told[d][why]++ },
	})
	if err != nil {
		t.Fatal(err)
	}
	c.A().SetReceiver(&linktest.Drain{})
	var b packet.Batch
	write := func(end *cable.End, frames, size int) {
		for i := range frames {
			linktest.Frame(b.New(), linktest.DstMAC, linktest.SrcMAC, uint32(i), size)
		}
		end.WriteBatch(&b)
	}
	write(c.A(), 200, 50)
	write(c.A(), 3, 150) // too long
	write(c.B(), 5, 50)
	c.Down()
	write(c.A(), 4, 50)
	write(c.B(), 6, 50)
	c.Up()
	c.Close()
	write(c.A(), 2, 50)
	a, z := c.A().Stats().Drops, c.B().Stats().Drops
	for why := range link.NumDropReasons {
		// One that was lost and duplicated arrives, and still counts as lost.
		if n, counted := told[cable.AToB][why]+told[cable.BToA][why], a[why]+z[why]; n > counted || n == 0 && counted > 0 || why != link.DropLoss && n != counted {
			t.Errorf("%v: told of %d, counted %d", why, n, counted)
		}
	}
	if told[cable.BToA][link.DropDown] != 6 || told[cable.AToB][link.DropTooLong] != 3 || told[cable.AToB][link.DropQueueFull] == 0 {
		t.Errorf("told of %v", told)
	}
}
