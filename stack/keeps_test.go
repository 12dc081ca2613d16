package stack

import (
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"thinnet/clock"
)

// keepingPair runs f with a pair in the midst of a burst, whose reader is lazy and whose
// sender keeps datagrams: he has sent one since, and kept nine.
func keepingPair(t *testing.T, f func(p *udpPair)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		clk := clock.NewReal()
		p := newUDPPair(t, clk)
		p.write(busyFrom)
		p.reads(busyFrom)
		p.write(10)
		p.want(1, "the first one")
		p.wantKept(9, "those after it")
		f(p)
		for _, s := range p.hosts {
			s.Close()
		}
		clk.Close()
	})
}

// kept returns how many packets lie in the first host's queue.
func (p *udpPair) kept() int {
	s := p.hosts[0]
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.nics[0].iface.Out.Len()
}

func (p *udpPair) wantKept(kept int, when string) {
	p.t.Helper()
	if n := p.kept(); n != kept {
		p.t.Errorf("%s: %d packets are kept, want %d", when, n, kept)
	}
}

// One that may send anywhere keeps what is for the same reader, and nothing else.
func TestKeepsUnconnected(t *testing.T) {
	keepingPair(t, func(p *udpPair) {
		p.send.Close()
		p.send = p.open(0, "0.0.0.0:5000", "")
		p.write(10)
		p.wantKept(10, "for the same reader")
		p.send.WriteTo([]byte{4}, netip.MustParseAddrPort("10.0.0.2:8"))
		p.wantKept(0, "to another port")
	})
}

// What is kept goes out with whatever comes next, or with whoever could notice.
func TestKeepsUntil(t *testing.T) {
	for _, tt := range []struct {
		name   string
		do     func(p *udpPair)
		worked bool // by the receiver as well
	}{
		{"there are many", func(p *udpPair) { p.write(mostKept - 9) }, false},
		{"a tick has passed", func(*udpPair) { time.Sleep(2 * burstTick); synctest.Wait() }, false},
		{"another socket sends", func(p *udpPair) {
			p.open(0, "0.0.0.0:5001", "").WriteTo([]byte{4}, netip.MustParseAddrPort("10.0.0.2:7"))
		}, true},
		{"the sender's counters are read", func(p *udpPair) { p.hosts[0].Counters() }, false},
		{"the reader's counters are read", func(p *udpPair) {
			for _, c := range p.hosts[1].Counters() {
				if c.Name == "UdpInDatagrams" && c.Value != busyFrom+10 {
					p.t.Errorf("%d datagrams are counted, want %d", c.Value, busyFrom+10)
				}
			}
		}, true},
		{"drops are read", func(p *udpPair) { p.read.Drops() }, true},
		{"the sender closes", func(p *udpPair) { p.send.Close() }, false},
		{"the sender's host closes", func(p *udpPair) { p.hosts[0].Close() }, false},
		{"the reader closes", func(p *udpPair) { p.read.Close() }, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			keepingPair(t, func(p *udpPair) {
				tt.do(p)
				p.wantKept(0, "afterwards")
				if left := p.waiting() > 0; left == tt.worked {
					t.Errorf("%d packets wait in the inbox", p.waiting())
				}
			})
		})
	}
}

// A reader gets what is kept, without any time having passed, before he parks; and then each
// datagram at once.
func TestKeptIsRead(t *testing.T) {
	keepingPair(t, func(p *udpPair) {
		began := time.Now()
		read := make(chan bool)
		go func() {
			p.reads(11)
			close(read)
		}()
		synctest.Wait()
		p.wantKept(0, "a reader has parked")
		p.write(1)
		p.wantKept(0, "a reader waits")
		<-read
		if d := time.Since(began); d > 0 {
			t.Errorf("the last one was read after %v", d)
		}
	})
}

// Nobody's doorbell is muted any more by a host that has closed.
func TestKeepsForNobody(t *testing.T) {
	keepingPair(t, func(p *udpPair) {
		p.hosts[1].Close()
		p.write(1)
		p.wantKept(0, "the reader's host has closed")
	})
}

// A socket that has no burst behind it keeps nothing: there is no timer that would send it.
func TestKeepsInBurstsOnly(t *testing.T) {
	keepingPair(t, func(p *udpPair) {
		time.Sleep(2 * burstTick)
		synctest.Wait()
		p.write(5)
		p.wantKept(0, "after a pause")
	})
}

// On a loopback interface the sender's host is the reader's.
func TestKeepsOnLoopback(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clk := clock.NewReal()
		s := New(Config{Clock: clk, Source: 1, Seed: 1})
		lo := InterfaceConfig{Name: "lo", Loopback: true, Addresses: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/8")}}
		if err := s.AddInterface(lo, Loopback()); err != nil {
			t.Fatal(err)
		}
		p := &udpPair{t: t, hosts: [2]*Stack{s, s}}
		p.read = p.open(1, "127.0.0.1:7", "")
		p.send = p.open(0, "127.0.0.1:5000", "127.0.0.1:7")
		p.to = "127.0.0.1:7"
		p.write(busyFrom)
		p.reads(busyFrom)
		p.write(10)
		p.wantKept(9, "in a burst")
		p.reads(10)
		p.wantKept(0, "all is read")
		s.Close()
		clk.Close()
	})
}
