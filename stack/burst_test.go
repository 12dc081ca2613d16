package stack

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"thinnet/clock"
)

// readsClock counts how often it is read.
type readsClock struct {
	*clock.Real
	reads atomic.Int64
}

func (c *readsClock) Now() clock.Time {
	c.reads.Add(1)
	return c.Real.Now()
}

// burstPair runs f with a pair in the midst of a burst.
func burstPair(t *testing.T, f func(p *udpPair, clk *readsClock)) {
	synctest.Test(t, func(t *testing.T) {
		clk := &readsClock{Real: clock.NewReal()}
		p := newUDPPair(t, clk)
		p.write(2 * writeBurst)
		f(p, clk)
		for _, s := range p.hosts {
			s.Close()
		}
		clk.Close()
	})
}

// wrote writes a datagram, and returns how often its host read the clock.
func (p *udpPair) wrote(clk *readsClock) int {
	p.hosts[1].mu.Lock()
	p.hosts[1].told = true // the other one need not
	p.hosts[1].mu.Unlock()
	before := clk.reads.Load()
	p.write(1)
	return int(clk.reads.Load() - before)
}

// In a burst the clock is not read for each datagram, and behind it for the first.
func TestBurstClock(t *testing.T) {
	burstPair(t, func(p *udpPair, clk *readsClock) {
		for i := range writeBurst / 2 {
			if n := p.wrote(clk); n != 0 {
				t.Fatalf("datagram %d of a burst: the clock was read %d times", i, n)
			}
		}
		time.Sleep(2 * burstTick)
		synctest.Wait()
		if n := p.wrote(clk); n != 1 || p.hosts[0].now != clk.Real.Now() || p.hosts[0].rough {
			t.Errorf("after a pause: the clock was read %d times, and it is %v, surely %v, instead of %v",
				n, p.hosts[0].now, !p.hosts[0].rough, clk.Real.Now())
		}
	})
}

// Who sends slowly always knows what time it is, and sets no timer.
func TestNoBurst(t *testing.T) {
	burstPair(t, func(p *udpPair, clk *readsClock) {
		for i := range 3 * writeBurst {
			time.Sleep(2 * burstTick)
			synctest.Wait()
			if n := p.wrote(clk); n == 0 || p.hosts[0].now != clk.Real.Now() || i > 2 && p.hosts[0].burstEnds != clock.Never {
				t.Fatalf("datagram %d: the clock was read %d times, and a burst ends at %v", i, n, p.hosts[0].burstEnds)
			}
		}
	})
}

// A host in a burst does not tell others the time, of which it is not sure.
func TestBurstUntold(t *testing.T) {
	burstPair(t, func(p *udpPair, clk *readsClock) {
		time.Sleep(burstTick / 2)
		p.write(1)
		if p.hosts[0].now == clk.Real.Now() {
			t.Fatal("this is no burst")
		}
		if now := p.hosts[1].now; now != clk.Real.Now() {
			t.Errorf("the other host believes that it is %v, and it is %v", now, clk.Real.Now())
		}
	})
}
