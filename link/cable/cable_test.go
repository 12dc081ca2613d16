package cable_test

import (
	"errors"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"thinnet/clock"
	"thinnet/link"
	"thinnet/link/cable"
	"thinnet/link/internal/linktest"
	"thinnet/packet"
	"thinnet/wire"
)

func newCable(t testing.TB, clk clock.Clock, cfg cable.Config) *cable.Cable {
	t.Helper()
	c, err := cable.New(clk, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.Close()
		clk.Close()
	})
	return c
}

// both gives both directions the same impairment.
func both(i cable.Impairment) [2]cable.Impairment { return [2]cable.Impairment{i, i} }

// send writes count frames with the numbers from first on, of 4 bytes payload.
func send(dev link.Device, first, count int) {
	var b packet.Batch
	for i := range count {
		linktest.Frame(b.New(), linktest.DstMAC, linktest.SrcMAC, uint32(first+i), 4)
	}
	dev.WriteBatch(&b)
}

func count(first, n int) []uint32 {
	var s []uint32
	for i := range n {
		s = append(s, uint32(first+i))
	}
	return s
}

func TestPerfectCableIsACall(t *testing.T) {
	linktest.NoLeaks(t)
	c := newCable(t, clock.NewReal(), cable.Config{})
	var b packet.Batch
	super := b.New()
	linktest.Segment{Size: 1460}.TCP(super, make([]byte, 60000))
	slab := super.Frags()[0].Slab
	var got packet.Packet
	c.B().SetReceiver(linktest.Func(func(r *packet.Batch) {
		if r != &b {
			t.Error("the batch was not handed over as it is")
		}
		got = *r.At(0)
		r.Clear()
	}))
	c.A().WriteBatch(&b)
	if got.Len() == 0 {
		t.Fatal("nothing arrived during WriteBatch")
	}
	if got.Segmentation != packet.SegmentTCP || got.Checksum != packet.ChecksumPartial || got.Frags()[0].Slab != slab {
		t.Errorf("super-segment changed: %v %v", got.Segmentation, got.Checksum)
	}
	got.Release()
	if b.Len() != 0 {
		t.Errorf("%d packets left in the batch", b.Len())
	}
}

func TestPacketLeavesItsHostsNotesBehind(t *testing.T) {
	c := newCable(t, clock.NewReal(), cable.Config{})
	var b packet.Batch
	linktest.Frame(b.New(), linktest.DstMAC, linktest.SrcMAC, 0, 4)
	b.At(0).Mark, b.At(0).Interface = 7, 8
	sink := linktest.Sink{Each: func(p *packet.Packet) {
		if p.Mark != 0 || p.Interface != 0 {
			t.Errorf("arrived with mark %d and interface %d", p.Mark, p.Interface)
		}
	}}
	c.B().SetReceiver(&sink)
	c.A().WriteBatch(&b)
}

// On an ordered clock nothing arrives within WriteBatch; the events of one
// instant run by source.
func TestOrderedClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clk := clock.NewOrdered(synctest.Wait)
		ab := newCable(t, clk, cable.Config{Sources: [2]clock.Source{4, 3}})
		cd := newCable(t, clk, cable.Config{Sources: [2]clock.Source{2, 1}})
		var mu sync.Mutex
		var order string
		note := func(name string) link.Receiver {
			return linktest.Func(func(b *packet.Batch) {
				mu.Lock()
				order += name
				mu.Unlock()
				b.Release()
			})
		}
		ab.A().SetReceiver(note("3"))
		ab.B().SetReceiver(note("4"))
		cd.A().SetReceiver(note("1"))
		cd.B().SetReceiver(note("2"))
		for _, dev := range []link.Device{ab.A(), ab.B(), cd.A(), cd.B()} {
			send(dev, 0, 2)
		}
		if mu.Lock(); order != "" {
			t.Errorf("arrived at once: %v", order)
		}
		mu.Unlock()
		time.Sleep(1)
		if mu.Lock(); order != "1234" {
			t.Errorf("order %q, want 1234", order)
		}
		mu.Unlock()
	})
}

func TestOrderedCableKeepsSuperSegments(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		linktest.NoLeaks(t)
		c := newCable(t, clock.NewOrdered(synctest.Wait), cable.Config{})
		sink := linktest.Sink{Each: func(p *packet.Packet) {
			if p.Segmentation != packet.SegmentTCP || p.Checksum != packet.ChecksumPartial {
				t.Error("super-segment was split")
			}
		}}
		c.B().SetReceiver(&sink)
		var b packet.Batch
		linktest.Segment{Size: 1000}.TCP(b.New(), make([]byte, 5000))
		c.A().WriteBatch(&b)
		time.Sleep(1)
		if n := len(sink.Frames()); n != 1 {
			t.Errorf("%d frames", n)
		}
	})
}

// A wire carries frames that fit, with checksums, and what comes out of it is to
// be verified.
func TestWireSplitsAndSums(t *testing.T) {
	for name, cfg := range map[string]cable.Config{
		"strict":   {Strict: true},
		"impaired": {Impairments: both(cable.Impairment{Delay: 1})},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				linktest.NoLeaks(t)
				c := newCable(t, clock.NewReal(), cfg)
				sink := linktest.Sink{Each: func(p *packet.Packet) {
					if p.Segmentation != packet.SegmentNone || p.Checksum != packet.ChecksumNone {
						t.Errorf("came out with segmentation %v, checksum %v", p.Segmentation, p.Checksum)
					}
				}}
				c.B().SetReceiver(&sink)
				var b packet.Batch
				linktest.Segment{Size: 1460}.TCP(b.New(), make([]byte, 1460*3+1))
				linktest.Segment{}.UDP(b.New(), make([]byte, 99))
				c.A().WriteBatch(&b)
				time.Sleep(time.Millisecond)
				frames := sink.Frames()
				var lengths []int
				for _, f := range frames {
					lengths = append(lengths, len(f))
					if !linktest.ChecksumOK(f) {
						t.Error("wrong checksum")
					}
				}
				if want := []int{1514, 1514, 1514, 55, 141}; !slices.Equal(lengths, want) {
					t.Errorf("lengths %v, want %v", lengths, want)
				}
				if s := c.A().Stats(); s.TxPackets != 5 || s.TxBytes != 3*1514+55+141 {
					t.Errorf("sent %d packets, %d bytes", s.TxPackets, s.TxBytes)
				}
			})
		})
	}
}

func TestFramesThatDoNotFit(t *testing.T) {
	frame := func(n int) func(p *packet.Packet) {
		return func(p *packet.Packet) { p.Reset(); p.Write(make([]byte, n)) }
	}
	tagged := func(n int) func(p *packet.Packet) {
		return func(p *packet.Packet) {
			p.Reset()
			p.Write(make([]byte, n-18))
			wire.PutEthernet(p.Prepend(18), linktest.DstMAC, linktest.SrcMAC, wire.EtherTypeVLAN)
		}
	}
	super := func(size int) func(p *packet.Packet) {
		return func(p *packet.Packet) { linktest.Segment{Size: size}.TCP(p, make([]byte, 5000)) }
	}
	tests := []struct {
		name string
		make func(p *packet.Packet)
		want link.DropReason // NumDropReasons: it passes
	}{
		{"empty", frame(0), link.DropTooShort},
		{"shorter than a header", frame(13), link.DropTooShort},
		{"a header", frame(14), link.NumDropReasons},
		{"full", frame(1514), link.NumDropReasons},
		{"too long", frame(1515), link.DropTooLong},
		{"tagged, full", tagged(1518), link.NumDropReasons},
		{"tagged, too long", tagged(1519), link.DropTooLong},
		{"segments that fit", super(1460), link.NumDropReasons},
		{"segments that do not fit", super(1461), link.DropTooLong},
		{"segments of nothing", func(p *packet.Packet) { super(1)(p); p.SegmentSize = 0 }, link.DropBadFrame},
		{"super-segment of junk", func(p *packet.Packet) { frame(60)(p); p.Segmentation = packet.SegmentTCP }, link.DropBadFrame},
		{"two slabs, too long", func(p *packet.Packet) {
			p.Reset()
			p.Write(make([]byte, 65536))
			p.Write(make([]byte, 65536))
		}, link.DropTooLong},
	}
	for _, strict := range []bool{false, true} {
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					linktest.NoLeaks(t)
					c := newCable(t, clock.NewReal(), cable.Config{Strict: strict})
					var sink linktest.Sink
					c.B().SetReceiver(&sink)
					// It stands between two good ones, which arrive.
					var b packet.Batch
					linktest.Frame(b.New(), linktest.DstMAC, linktest.SrcMAC, 1, 4)
					tt.make(b.New())
					linktest.Frame(b.New(), linktest.DstMAC, linktest.SrcMAC, 2, 4)
					c.A().WriteBatch(&b)
					time.Sleep(1)
					frames := sink.Frames()
					var drops link.Drops
					if tt.want < link.NumDropReasons {
						drops[tt.want] = 1
						if len(frames) != 2 {
							t.Errorf("%d frames arrived, want 2", len(frames))
						}
					}
					s := c.A().Stats()
					if s.Drops != drops {
						t.Errorf("drops %v, want %v", s.Drops, drops)
					}
					if rx := c.B().Stats(); rx.RxPackets != s.TxPackets || rx.RxBytes != s.TxBytes || int(rx.RxPackets) != len(frames) && !strict {
						t.Errorf("sent %+v, received %+v", s, rx)
					}
					if first, last := linktest.Number(frames[0]), linktest.Number(frames[len(frames)-1]); first != 1 || last != 2 {
						t.Errorf("first %d, last %d", first, last)
					}
				})
			})
		}
	}
}

// Receivers that answer every frame do not keep the caller for ever.
func TestEchoesDoNotKeepTheCaller(t *testing.T) {
	linktest.NoGoroutines(t)
	linktest.NoLeaks(t)
	clk := clock.NewReal()
	c := newCable(t, clk, cable.Config{})
	bounce := func(dev link.Device) link.Receiver {
		return linktest.Func(func(b *packet.Batch) { dev.WriteBatch(b) })
	}
	c.A().SetReceiver(bounce(c.A()))
	c.B().SetReceiver(bounce(c.B()))
	done := make(chan struct{})
	go func() {
		send(c.A(), 0, 1)
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(5 * time.Second):
		t.Fatal("WriteBatch has not returned")
	}
	c.Close()
}

// Many writers: everything arrives, and what one of them wrote is in order.
func TestManyWriters(t *testing.T) {
	for name, cfg := range map[string]cable.Config{
		"perfect":   {Impairments: both(cable.Impairment{QueueLimit: 1 << 16})},
		"strict":    {Strict: true, Impairments: both(cable.Impairment{QueueLimit: 1 << 16})},
		"disturbed": {Impairments: both(cable.Impairment{QueueLimit: 1 << 16})},
		"jittered":  {Impairments: both(cable.Impairment{Jitter: time.Millisecond, QueueLimit: 1 << 16})},
	} {
		t.Run(name, func(t *testing.T) {
			linktest.NoLeaks(t)
			linktest.NoGoroutines(t)
			const writers, each = 8, 500
			c := newCable(t, clock.NewReal(), cfg)
			var inside sync.Mutex
			var next [writers]int
			got := make(chan int, writers*each)
			c.B().SetReceiver(linktest.Func(func(b *packet.Batch) {
				if !inside.TryLock() {
					t.Error("two deliveries at once")
					b.Release()
					return
				}
				defer inside.Unlock()
				runtime.Gosched() // somebody else comes meanwhile
				for i := range b.Len() {
					n := int(linktest.Number(linktest.Bytes(b.At(i))))
					if w := n / each; n%each != next[w] {
						t.Errorf("writer %d: frame %d, want %d", w, n%each, next[w])
					}
					next[n/each]++
					got <- n
				}
				b.Release()
			}))
			var all sync.WaitGroup
			for w := range writers {
				all.Go(func() {
					for i := 0; i < each; i += 5 {
						send(c.A(), w*each+i, 5)
					}
				})
			}
			written := make(chan struct{})
			var others sync.WaitGroup
			if name == "disturbed" {
				others.Go(func() { disturb(t, c, written) })
			}
			all.Wait()
			close(written)
			others.Wait()
			for range writers * each {
				select {
				case <-got:
				case <-time.After(5 * time.Second):
					t.Fatal("frames are missing")
				}
			}
			a, b := c.A().Stats(), c.B().Stats()
			if a.TxPackets != writers*each || b.RxPackets != writers*each || a.TxBytes != b.RxBytes {
				t.Errorf("%d frames counted as sent, %d as received, want %d; %d bytes, %d",
					a.TxPackets, b.RxPackets, writers*each, a.TxBytes, b.RxBytes)
			}
		})
	}
}

// disturb looks at a cable, and makes it worse and better again, until done.
func disturb(t *testing.T, c *cable.Cable, done <-chan struct{}) {
	slow := cable.Impairment{Delay: 10 * time.Microsecond, QueueLimit: 1 << 16}
	for i := 0; ; i++ {
		select {
		case <-done:
			return
		default:
		}
		c.B().Stats()
		if i%8 == 0 {
			if err := errors.Join(c.SetImpairment(cable.AToB, slow), c.SetImpairment(cable.AToB, cable.Impairment{QueueLimit: 1 << 16})); err != nil {
				t.Error(err)
			}
		}
		runtime.Gosched()
	}
}

func TestDownAndUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		linktest.NoLeaks(t)
		c := newCable(t, clock.NewReal(), cable.Config{Impairments: both(cable.Impairment{Delay: time.Second})})
		var sink linktest.Sink
		c.B().SetReceiver(&sink)
		send(c.A(), 0, 3)
		c.Down()
		if c.IsUp() {
			t.Error("up after Down")
		}
		send(c.A(), 3, 2)
		time.Sleep(2 * time.Second)
		c.Up()
		send(c.A(), 5, 1)
		time.Sleep(2 * time.Second)
		if got := linktest.Numbers(sink.Frames()); !slices.Equal(got, []uint32{5}) {
			t.Errorf("arrived: %v, want [5]", got)
		}
		if a, b := c.A().Stats(), c.B().Stats(); a.Drops[link.DropDown] != 2 || b.Drops[link.DropDown] != 3 {
			t.Errorf("drops %v and %v, want 2 written to a cable that is down, 3 on their way", a.Drops, b.Drops)
		}
	})
}

func TestClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		linktest.NoLeaks(t)
		c := newCable(t, clock.NewReal(), cable.Config{Impairments: both(cable.Impairment{Delay: time.Second})})
		var sink linktest.Sink
		c.A().SetReceiver(&sink)
		c.B().SetReceiver(&sink)
		var b packet.Batch
		linktest.Segment{Size: 100}.TCP(b.New(), make([]byte, 2000))
		c.A().WriteBatch(&b)
		send(c.B(), 0, 1)
		for range 2 {
			if err := c.A().Close(); err != nil {
				t.Error(err)
			}
		}
		send(c.A(), 0, 1)
		send(c.B(), 0, 1)
		time.Sleep(2 * time.Second)
		if n := len(sink.Frames()); n != 0 {
			t.Errorf("%d frames arrived after Close", n)
		}
		if a, b := c.A().Stats(), c.B().Stats(); a.Drops[link.DropDown] != 2 || b.Drops[link.DropDown] != 21 {
			t.Errorf("drops %v and %v", a.Drops, b.Drops)
		}
	})
}

// Close returns when a delivery that was under way has ended.
func TestCloseWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCable(t, clock.NewReal(), cable.Config{})
		var busy atomic.Bool
		c.B().SetReceiver(linktest.Func(func(b *packet.Batch) {
			busy.Store(true)
			time.Sleep(time.Second)
			busy.Store(false)
			b.Release()
		}))
		go send(c.A(), 0, 1)
		synctest.Wait()
		if !busy.Load() {
			t.Fatal("no delivery is under way")
		}
		c.B().Close()
		if busy.Load() {
			t.Error("Close returned during a delivery")
		}
	})
}

func TestNobodyReceives(t *testing.T) {
	linktest.NoLeaks(t)
	c := newCable(t, clock.NewReal(), cable.Config{})
	send(c.A(), 0, 3)
	if s := c.B().Stats(); s.Drops[link.DropDown] != 3 || s.RxPackets != 0 {
		t.Errorf("%+v", s)
	}
}

func TestBadConfig(t *testing.T) {
	tests := []struct {
		cfg  cable.Config
		want string
	}{
		{cable.Config{MTU: 67}, "cable: MTU 67: want 68 to 65535 bytes"},
		{cable.Config{MTU: 65536}, "cable: MTU 65536: want 68 to 65535 bytes"},
		{cable.Config{Impairments: both(cable.Impairment{Loss: 1.01})}, "cable: A to B: loss 1.01: want a probability from 0 to 1"},
		{cable.Config{Impairments: [2]cable.Impairment{cable.BToA: {Delay: -1}}}, "cable: B to A: delay -1ns: want 0 to 24h0m0s"},
		{cable.Config{Impairments: both(cable.Impairment{Jitter: 25 * time.Hour})}, "cable: A to B: jitter 25h0m0s: want 0 to 24h0m0s"},
		{cable.Config{Impairments: both(cable.Impairment{Rate: -1})}, "cable: A to B: rate -1: want bits per second, or 0 for infinite"},
		{cable.Config{Impairments: both(cable.Impairment{Reorder: .5})}, "cable: A to B: reorder 0.5 without a delay: a frame overtakes only frames that are delayed"},
		{cable.Config{Impairments: both(cable.Impairment{QueueLimit: -1})}, "cable: A to B: queue limit -1: want 1 to 1048576 frames, or 0 for 1000"},
		{cable.Config{Impairments: both(cable.Impairment{QueueBytes: 1 << 30})}, "cable: A to B: queue bytes 1073741824: want 1 to 268435456, or 0 for 16777216"},
	}
	for _, tt := range tests {
		_, err := cable.New(clock.NewReal(), tt.cfg)
		if err == nil || err.Error() != tt.want {
			t.Errorf("error %v, want %s", err, tt.want)
		}
	}
	c := newCable(t, clock.NewReal(), cable.Config{})
	if err := c.SetImpairment(cable.AToB, cable.Impairment{Corrupt: -1}); err == nil {
		t.Error("SetImpairment took a negative probability")
	}
}
