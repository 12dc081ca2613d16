package monitor_test

import (
	"bytes"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"thinnet/clock"
	"thinnet/link"
	"thinnet/link/internal/linktest"
	"thinnet/link/monitor"
	"thinnet/packet"
)

// card is a device whose frames come back to its receiver.
type card struct {
	link.Device
	r link.Receiver
}

func (c *card) WriteBatch(b *packet.Batch) {
	if c.r == nil {
		b.Release()
		return
	}
	c.r.DeliverBatch(b)
}
func (c *card) SetReceiver(r link.Receiver) { c.r = r }
func (c *card) Stats() link.Stats           { return link.Stats{RxBytes: 7} }
func (c *card) Close() error                { return errClosed }

type closeError struct{}

func (closeError) Error() string { return "closed" }

var errClosed = closeError{}

func frames(b *packet.Batch, n int) {
	for i := range n {
		linktest.Frame(b.New(), linktest.DstMAC, linktest.SrcMAC, uint32(i), 4)
	}
}

func TestListenersSeeBothWaysInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		linktest.NoLeaks(t)
		m := monitor.New(&card{}, clock.NewReal())
		var sink linktest.Sink
		m.SetReceiver(&sink)
		type seen struct {
			who    string
			at     clock.Time
			dir    monitor.Direction
			number uint32
		}
		var got []seen
		listen := func(who string) (stop func()) {
			return m.Tap(func(at clock.Time, dir monitor.Direction, p *packet.Packet) {
				got = append(got, seen{who, at, dir, linktest.Number(linktest.Bytes(p))})
			})
		}
		var b packet.Batch
		frames(&b, 1)
		m.WriteBatch(&b) // nobody listens
		stopX := listen("x")
		time.Sleep(5)
		stopY := listen("y")
		frames(&b, 2)
		m.WriteBatch(&b)
		stopX()
		stopX() // the second call does nothing
		frames(&b, 1)
		m.WriteBatch(&b)
		stopY()
		frames(&b, 1)
		m.WriteBatch(&b)
		want := []seen{
			{"x", 5, monitor.Out, 0}, {"y", 5, monitor.Out, 0}, {"x", 5, monitor.Out, 1}, {"y", 5, monitor.Out, 1},
			{"x", 5, monitor.In, 0}, {"y", 5, monitor.In, 0}, {"x", 5, monitor.In, 1}, {"y", 5, monitor.In, 1},
			{"y", 5, monitor.Out, 0}, {"y", 5, monitor.In, 0},
		}
		if !slices.Equal(got, want) {
			t.Errorf("got  %v\nwant %v", got, want)
		}
		if n := len(sink.Frames()); n != 5 {
			t.Errorf("%d frames arrived, want 5", n)
		}
	})
}

func TestPassesThrough(t *testing.T) {
	m := monitor.New(&card{}, clock.NewReal())
	if m.Stats().RxBytes != 7 || m.Close() != errClosed {
		t.Error("Stats and Close are not the device's")
	}
	linktest.NoLeaks(t)
	m.SetReceiver(&linktest.Sink{})
	m.SetReceiver(nil)
	var b packet.Batch
	frames(&b, 1)
	m.WriteBatch(&b)
}

// A listener does not run any more when its stop has returned.
func TestStopWaits(t *testing.T) {
	m := monitor.New(&card{}, clock.NewReal())
	var drain linktest.Drain
	var writers sync.WaitGroup
	done := make(chan struct{})
	writers.Go(func() {
		m.SetReceiver(&drain)
		var b packet.Batch
		for {
			select {
			case <-done:
				return
			default:
				frames(&b, 3)
				m.WriteBatch(&b)
			}
		}
	})
	for range 200 {
		n := 0 // the race detector watches it
		stop := m.Tap(func(clock.Time, monitor.Direction, *packet.Packet) { n++ })
		stop()
		n++
	}
	close(done)
	writers.Wait()
}

func TestFlatten(t *testing.T) {
	linktest.NoLeaks(t)
	var p packet.Packet
	linktest.Segment{}.TCP(&p, bytes.Repeat([]byte{1, 2, 3}, 333))
	defer p.Release()
	before := linktest.Bytes(&p)
	whole := make([]byte, 2000)
	n := monitor.Flatten(whole, &p)
	if n != len(before) || !linktest.ChecksumOK(whole[:n]) {
		t.Errorf("%d bytes of %d, or a wrong checksum", n, len(before))
	}
	for _, snap := range []int{0, 1, 50, 51, 52, 60, 500} {
		short := make([]byte, snap)
		if k := monitor.Flatten(short, &p); k != snap {
			t.Errorf("snap length %d: %d bytes", snap, k)
		}
		want := whole[:snap]
		if snap == 51 { // half of the checksum's field
			short, want = short[:50], want[:50]
		}
		if !bytes.Equal(short, want) {
			t.Errorf("snap length %d: other bytes", snap)
		}
	}
	if !bytes.Equal(linktest.Bytes(&p), before) || p.Checksum != packet.ChecksumPartial {
		t.Error("the packet was changed")
	}
	p.ChecksumStart = 5000
	if n := monitor.Flatten(whole, &p); !bytes.Equal(whole[:n], before) {
		t.Error("a packet that says a wrong place was not copied as it is")
	}
}

func BenchmarkIdle(b *testing.B) {
	m := monitor.New(&card{}, clock.NewReal())
	m.SetReceiver(&linktest.Drain{})
	var batch packet.Batch
	b.ReportAllocs()
	for b.Loop() {
		linktest.Frame(batch.New(), linktest.DstMAC, linktest.SrcMAC, 0, 4)
		m.WriteBatch(&batch)
	}
}

func BenchmarkOneListener(b *testing.B) {
	m := monitor.New(&card{}, clock.NewReal())
	m.SetReceiver(&linktest.Drain{})
	buf := make([]byte, 2048)
	m.Tap(func(_ clock.Time, _ monitor.Direction, p *packet.Packet) { monitor.Flatten(buf, p) })
	var batch packet.Batch
	b.ReportAllocs()
	for b.Loop() {
		linktest.Frame(batch.New(), linktest.DstMAC, linktest.SrcMAC, 0, 4)
		m.WriteBatch(&batch)
	}
}

// Who listens for drops is shown what was dropped, and why, and nothing else.
func TestDrops(t *testing.T) {
	linktest.NoLeaks(t)
	m := monitor.New(&card{}, clock.NewReal())
	var b packet.Batch
	frames(&b, 1)
	m.Dropped(monitor.In, b.At(0), "nobody listens")
	var got []string
	stop := m.TapDrops(func(_ clock.Time, dir monitor.Direction, p *packet.Packet, why string) {
		got = append(got, dir.String()+" "+why)
	})
	m.Dropped(monitor.Out, b.At(0), "loss")
	m.WriteBatch(&b)
	frames(&b, 1)
	m.Dropped(monitor.In, b.At(0), "TTL expired")
	stop()
	m.Dropped(monitor.In, b.At(0), "nobody listens any more")
	b.Release()
	if want := []string{"Out loss", "In TTL expired"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
