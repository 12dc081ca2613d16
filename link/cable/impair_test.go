package cable_test

import (
	"bytes"
	"fmt"
	"math/bits"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"thinnet/clock"
	"thinnet/link"
	"thinnet/link/cable"
	"thinnet/link/internal/linktest"
	"thinnet/packet"
)

// timed is a receiver that notes what arrived when.
type timed struct {
	clk clock.Clock
	mu  sync.Mutex
	all []arrival
}

type arrival struct {
	number uint32
	at     time.Duration
}

func (r *timed) DeliverBatch(b *packet.Batch) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range b.Len() {
		r.all = append(r.all, arrival{linktest.Number(linktest.Bytes(b.At(i))), time.Duration(r.clk.Now())})
	}
	b.Release()
}

func (r *timed) got() []arrival {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.all)
}

func (r *timed) numbers() []uint32 {
	var n []uint32
	for _, a := range r.got() {
		n = append(n, a.number)
	}
	return n
}

// inBubble runs f under virtual time, once with each kind of clock.
func inBubble(t *testing.T, i cable.Impairment, seed uint64, f func(t *testing.T, c *cable.Cable, r *timed)) {
	for name, newClock := range map[string]func() clock.Clock{
		"real":    func() clock.Clock { return clock.NewReal() },
		"ordered": func() clock.Clock { return clock.NewOrdered(synctest.Wait) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				linktest.NoLeaks(t)
				clk := newClock()
				c := newCable(t, clk, cable.Config{Impairments: both(i), Seed: seed})
				r := &timed{clk: clk}
				c.B().SetReceiver(r)
				f(t, c, r)
			})
		})
	}
}

func TestDelay(t *testing.T) {
	inBubble(t, cable.Impairment{Delay: 20 * time.Millisecond}, 0, func(t *testing.T, c *cable.Cable, r *timed) {
		send(c.A(), 0, 2)
		time.Sleep(5 * time.Millisecond)
		send(c.A(), 2, 1)
		time.Sleep(time.Second)
		want := []arrival{{0, 20 * time.Millisecond}, {1, 20 * time.Millisecond}, {2, 25 * time.Millisecond}}
		if !slices.Equal(r.got(), want) {
			t.Errorf("got %v, want %v", r.got(), want)
		}
	})
}

// 18 bytes at 144 kbit/s take a millisecond; three at once leave one by one, and
// the fourth finds the line free.
func TestRate(t *testing.T) {
	inBubble(t, cable.Impairment{Rate: 144_000, Delay: time.Second}, 0, func(t *testing.T, c *cable.Cable, r *timed) {
		send(c.A(), 0, 3)
		time.Sleep(10 * time.Millisecond)
		send(c.A(), 3, 1)
		time.Sleep(time.Minute)
		want := []arrival{{0, 1001 * time.Millisecond}, {1, 1002 * time.Millisecond}, {2, 1003 * time.Millisecond}, {3, 1011 * time.Millisecond}}
		if !slices.Equal(r.got(), want) {
			t.Errorf("got %v, want %v", r.got(), want)
		}
	})
}

func TestJitterSpreadsWithoutOvertaking(t *testing.T) {
	const delay, jitter = 50 * time.Millisecond, 20 * time.Millisecond
	inBubble(t, cable.Impairment{Delay: delay, Jitter: jitter}, 1, func(t *testing.T, c *cable.Cable, r *timed) {
		const n, gap = 500, 30 * time.Millisecond
		for i := range n {
			send(c.A(), i, 1)
			time.Sleep(gap)
		}
		time.Sleep(time.Second)
		if !slices.Equal(r.numbers(), count(0, n)) {
			t.Fatal("not all in order")
		}
		lo, hi := time.Hour, time.Duration(0)
		for i, a := range r.got() {
			d := a.at - time.Duration(i)*gap
			lo, hi = min(lo, d), max(hi, d)
		}
		if lo < delay-jitter || lo > delay-jitter*8/10 || hi > delay+jitter || hi < delay+jitter*8/10 {
			t.Errorf("delays from %v to %v, want %v ± %v", lo, hi, delay, jitter)
		}
	})
}

func TestReorder(t *testing.T) {
	const delay = 100 * time.Millisecond
	inBubble(t, cable.Impairment{Delay: delay, Reorder: .25}, 1, func(t *testing.T, c *cable.Cable, r *timed) {
		const n, gap = 400, time.Millisecond
		for i := range n {
			send(c.A(), i, 1)
			time.Sleep(gap)
		}
		time.Sleep(time.Second)
		early := 0
		for _, a := range r.got() {
			switch d := a.at - time.Duration(a.number)*gap; d {
			case 0:
				early++
			case delay:
			default:
				t.Fatalf("frame %d took %v", a.number, d)
			}
		}
		if early < n/5 || early > n*3/10 {
			t.Errorf("%d of %d overtook, want about a quarter", early, n)
		}
		got := r.numbers()
		slices.Sort(got)
		if !slices.Equal(got, count(0, n)) {
			t.Error("frames are missing")
		}
	})
}

func TestLossAndDuplicates(t *testing.T) {
	const n = 10000
	inBubble(t, cable.Impairment{Loss: .1, Duplicate: .05, QueueLimit: 2 * n}, 7, func(t *testing.T, c *cable.Cable, r *timed) {
		send(c.A(), 0, n)
		time.Sleep(time.Second)
		s := c.A().Stats()
		if l := s.Drops[link.DropLoss]; l < n*8/100 || l > n*12/100 {
			t.Errorf("%d of %d lost, want about a tenth", l, n)
		}
		times := map[uint32]int{}
		for _, x := range r.numbers() {
			times[x]++
		}
		twice := 0
		for _, k := range times {
			if k == 2 {
				twice++
			}
		}
		if twice < n*3/100 || twice > n*6/100 {
			t.Errorf("%d of %d came twice, want about 4.5 %%", twice, n)
		}
		if got := r.numbers(); !slices.IsSorted(got) {
			t.Error("not in order")
		}
		if rx := c.B().Stats(); rx.RxPackets != s.TxPackets || rx.RxPackets != uint64(len(r.got())) || rx.RxBytes != s.TxBytes {
			t.Errorf("sent %d, received %d", s.TxPackets, rx.RxPackets)
		}
	})
}

// One bit differs, and it does in the frame only, not in the sender's slab.
func TestCorrupt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		linktest.NoLeaks(t)
		c := newCable(t, clock.NewReal(), cable.Config{Impairments: both(cable.Impairment{Corrupt: 1})})
		var sink linktest.Sink
		c.B().SetReceiver(&sink)
		var inHead, inFrag int
		for i := range 200 {
			var b packet.Batch
			linktest.Segment{InHead: i % 40}.TCP(b.New(), bytes.Repeat([]byte{0xa5}, 100+i))
			p := b.At(0)
			var mine packet.Packet
			p.CloneTo(&mine)
			before := linktest.Bytes(&mine)
			// The checksum is filled in on entry; compare with it filled in.
			c.A().WriteBatch(&b)
			time.Sleep(1)
			if !bytes.Equal(linktest.Bytes(&mine), before) {
				t.Fatal("the sender's slab was damaged")
			}
			mine.Release()
			got := sink.Frames()[0]
			diff := 0
			for j := range got {
				if j == 50 || j == 51 { // the checksum
					continue
				}
				k := bits.OnesCount8(got[j] ^ before[j])
				diff += k
				if k > 0 && j < 54 {
					inHead++
				} else if k > 0 {
					inFrag++
				}
			}
			if diff > 1 || len(got) != len(before) {
				t.Fatalf("%d bits differ", diff)
			}
		}
		if inHead < 20 || inFrag < 80 {
			t.Errorf("%d damaged headers, %d damaged payloads of 200", inHead, inFrag)
		}
	})
}

func TestQueueLimits(t *testing.T) {
	for name, i := range map[string]cable.Impairment{
		"frames": {Delay: time.Second, QueueLimit: 10},
		"bytes":  {Delay: time.Second, QueueBytes: 10*18 + 17},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, i, 0, func(t *testing.T, c *cable.Cable, r *timed) {
				send(c.A(), 0, 15)
				time.Sleep(2 * time.Second)
				send(c.A(), 15, 10)
				time.Sleep(2 * time.Second)
				if want := append(count(0, 10), count(15, 10)...); !slices.Equal(r.numbers(), want) {
					t.Errorf("got %v, want %v", r.numbers(), want)
				}
				if s := c.A().Stats(); s.Drops[link.DropQueueFull] != 5 || s.TxPackets != 20 {
					t.Errorf("%+v", s)
				}
			})
		})
	}
}

// What was written before a change keeps its fate, and is not overtaken.
func TestSetImpairment(t *testing.T) {
	inBubble(t, cable.Impairment{}, 0, func(t *testing.T, c *cable.Cable, r *timed) {
		set := func(i cable.Impairment) {
			t.Helper()
			if err := c.SetImpairment(cable.AToB, i); err != nil {
				t.Fatal(err)
			}
		}
		send(c.A(), 0, 1)
		set(cable.Impairment{Delay: time.Second})
		send(c.A(), 1, 1)
		set(cable.Impairment{})
		send(c.A(), 2, 1)
		set(cable.Impairment{Loss: 1})
		send(c.A(), 3, 1)
		time.Sleep(time.Minute)
		set(cable.Impairment{})
		send(c.A(), 4, 1)
		time.Sleep(1)
		want := []arrival{{0, 0}, {1, time.Second}, {2, time.Second}, {4, time.Minute}}
		if !slices.Equal(r.got(), want) {
			t.Errorf("got %v, want %v", r.got(), want)
		}
		if got := c.Impairment(cable.BToA); !got.Perfect() || got.QueueLimit != cable.DefaultQueueLimit {
			t.Errorf("the other direction: %+v", got)
		}
	})
}

// One seed gives one run; another gives another; the directions differ.
func TestSeed(t *testing.T) {
	run := func(t *testing.T, seed uint64, i cable.Impairment) string {
		var out string
		synctest.Test(t, func(t *testing.T) {
			clk := clock.NewOrdered(synctest.Wait)
			c := newCable(t, clk, cable.Config{Impairments: both(i), Seed: seed})
			a, b := &timed{clk: clk}, &timed{clk: clk}
			c.A().SetReceiver(a)
			c.B().SetReceiver(b)
			for n := range 200 {
				send(c.A(), n, 1)
				send(c.B(), n, 1)
				time.Sleep(time.Millisecond)
			}
			time.Sleep(time.Second)
			if slices.Equal(a.got(), b.got()) {
				t.Error("both directions met the same fate")
			}
			out = fmt.Sprint(a.got(), b.got())
		})
		return out
	}
	all := cable.Impairment{
		Delay: 10 * time.Millisecond, Jitter: 5 * time.Millisecond, Rate: 1_000_000,
		Loss: .1, Duplicate: .1, Corrupt: 0, Reorder: .1,
	}
	first := run(t, 1, all)
	if again := run(t, 1, all); again != first {
		t.Error("the same seed gave another run")
	}
	if other := run(t, 2, all); other == first {
		t.Error("another seed gave the same run")
	}
}

// A replayed run loses the same frames when something else about it is changed.
func TestFatesAreIndependent(t *testing.T) {
	var first []uint32
	for _, i := range []cable.Impairment{
		{Loss: .2},
		{Loss: .2, Delay: 5 * time.Millisecond, Jitter: time.Millisecond, Rate: 1_000_000},
		{Loss: .2, Delay: 5 * time.Millisecond, Reorder: .5},
	} {
		synctest.Test(t, func(t *testing.T) {
			clk := clock.NewReal()
			c := newCable(t, clk, cable.Config{Impairments: both(i), Seed: 3})
			r := &timed{clk: clk}
			c.B().SetReceiver(r)
			send(c.A(), 0, 500)
			time.Sleep(time.Minute)
			got := r.numbers()
			slices.Sort(got)
			if first == nil {
				first = got
			}
			if !slices.Equal(got, first) {
				t.Errorf("%+v lost other frames", i)
			}
		})
	}
}
