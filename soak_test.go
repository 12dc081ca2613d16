package thinnet_test

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"net"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"thinnet/packet"
)

// soakTime is how long TestSoak goes on, by the clock on the wall. Each of its rounds
// is a day and more of virtual time, with a seed of its own.
var soakTime = flag.Duration("soak", 0, "how long TestSoak lasts, in real time: 30m; without, it is one round")

// soakSeed is the first round's: a round that failed is repeated by -soakseed alone.
var soakSeed = flag.Uint64("soakseed", 1, "the seed of TestSoak's first round")

// TestSoak is days of bad weather for 200 connections a day, each of which says what
// it does to its bytes: all arrive as they were sent, or, where one end was made to
// break off, as many as it had taken. When all is over nothing is left of them.
func TestSoak(t *testing.T) {
	conns := 200
	if testing.Short() {
		conns = 20
	}
	start := time.Now()
	rounds, total := 0, soakTally{}
	for seed := *soakSeed; rounds == 0 || time.Since(start) < *soakTime; seed++ {
		slabs, goroutines := packet.Live(), runtime.NumGoroutine()
		var got soakTally
		synctest.Test(t, func(t *testing.T) { got = soakRound(t, seed, conns) })
		if n := packet.Live() - slabs; n != 0 {
			t.Errorf("%d slabs are left", n)
		}
		for wait := 0; runtime.NumGoroutine() > goroutines; wait++ {
			if wait == 1000 {
				t.Fatalf("%d goroutines are left", runtime.NumGoroutine()-goroutines)
			}
			time.Sleep(time.Millisecond) // they have said that they end
		}
		if t.Failed() {
			break
		}
		rounds++
		total.add(got)
	}
	t.Logf("%d rounds in %.1f s: %v", rounds, time.Since(start).Seconds(), total)
}

// soakTally counts what a soak has done.
type soakTally struct {
	virtual                 time.Duration
	whole, broken           int // connections that ended well, and those made to break off
	redials, flaps, weather int
	bytes                   int64
	resent, corrupt         uint64
}

func (a *soakTally) add(b soakTally) {
	a.virtual += b.virtual
	a.whole += b.whole
	a.broken += b.broken
	a.redials += b.redials
	a.flaps += b.flaps
	a.weather += b.weather
	a.bytes += b.bytes
	a.resent += b.resent
	a.corrupt += b.corrupt
}

func (a soakTally) String() string {
	return fmt.Sprintf("%.1f virtual days, %d connections whole and %d broken off, %d MB, %d segments sent again, %d damaged, %d redials, %d changes of the weather, %d flaps",
		a.virtual.Hours()/24, a.whole, a.broken, a.bytes/1e6, a.resent, a.corrupt, a.redials, a.weather, a.flaps)
}

// soakRound is one round.
func soakRound(t *testing.T, seed uint64, count int) (tally soakTally) {
	defer func() {
		if t.Failed() {
			t.Logf("this was the round of -soakseed %d", seed)
		}
	}()
	start := time.Now()
	rng := rand.New(rand.NewPCG(seed, 0))
	n := newSoakNet(seed, rng)
	defer n.Close()
	var conns []*soakConn
	for i := range count {
		conns = append(conns, n.draw(seed, i))
	}
	var mu sync.Mutex
	var clients, servers, weather, listeners sync.WaitGroup
	var ls []net.Listener
	for _, h := range n.hosts {
		l := must(h.Listen("tcp", fmt.Sprint(":", soakPort)))
		ls = append(ls, l)
		listeners.Go(func() { n.serve(l, conns, &servers) })
	}
	done := make(chan struct{})
	weather.Go(func() { n.storm(rng, done, &tally) })
	for _, c := range conns {
		clients.Go(func() {
			time.Sleep(c.start)
			for {
				conn, err := c.dial(&tally, &mu)
				if err == nil {
					err = c.run(0, conn)
				}
				c.err[0] = err
				if c.served.Load() || !errors.Is(err, syscall.ECONNRESET) {
					break
				}
				// The server's half of the handshake gave up, since our address
				// could not be resolved in an outage: as on Linux.
			}
		})
	}
	clients.Wait()
	servers.Wait()
	close(done)
	weather.Wait()

	for _, c := range conns {
		c.judge(t, &tally)
	}
	for _, l := range ls {
		l.Close()
	}
	listeners.Wait()
	// What was closed without being acknowledged is tried for a while.
	time.Sleep(time.Hour)
	n.nothingLeft(t, conns)
	for _, h := range n.hosts {
		for _, k := range h.Stack().Counters() {
			switch k.Name {
			case "TcpRetransSegs":
				tally.resent += k.Value
			case "TcpInErrs", "TcpInCsumErrors", "IpInHdrErrors":
				tally.corrupt += k.Value
			}
		}
	}
	tally.virtual = time.Since(start)
	return tally
}
