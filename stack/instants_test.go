package stack

import (
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"thinnet/clock"
	"thinnet/link"
	"thinnet/packet"
	"thinnet/wire"
)

// stopped is a clock that ticks so slowly that everything happens at one instant of it.
type stopped struct{ *clock.Real }

func (stopped) Now() clock.Time { return 5 }

// What a batch tells of the time may be ahead of a clock that ticks slowly. A host's time
// does not go back for that.
func TestTimeDoesNotGoBack(t *testing.T) {
	clk := stopped{clock.NewReal()}
	defer clk.Close()
	s := alone(t, clk)
	var b packet.Batch
	for range 100 {
		b.Stamp(s.clk, 5)
		s.nics[0].DeliverBatch(&b)
	}
	before := s.now
	if before <= 100 {
		t.Fatalf("it is %d after 100 batches", before)
	}
	u, err := s.OpenUDP(netip.MustParseAddrPort("127.0.0.1:7"), netip.AddrPort{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := u.WriteTo([]byte("x"), u.Local()); err != nil {
		t.Fatal(err)
	}
	if s.now < before {
		t.Errorf("after a datagram it is %d, and was %d", s.now, before)
	}
	s.tick()
	if s.now < before {
		t.Errorf("after a timer it is %d, and was %d", s.now, before)
	}
}

// What a host with another clock has written says nothing of the time here, and neither
// does a batch that nobody has marked.
func TestTimeOfAnotherClock(t *testing.T) {
	clk, other := clock.NewReal(), clock.NewReal()
	defer clk.Close()
	defer other.Close()
	s := alone(t, clk)
	var b packet.Batch
	s.nics[0].DeliverBatch(&b)
	b.Stamp(other, int64(clock.Never)/2)
	s.nics[0].DeliverBatch(&b)
	if s.now > clk.Now() {
		t.Errorf("it is %d, and %d by the host's own clock", s.now, clk.Now())
	}
}

// ticking is a clock that goes on by a millisecond whenever it is read.
type ticking struct {
	*clock.Real
	reads atomic.Int64
}

func (c *ticking) Now() clock.Time {
	return clock.Time(c.reads.Add(1)) * clock.Time(time.Millisecond)
}

// pinger is a device that answers each batch with the same one, in which there is a ping
// now: as often as pings says. Then it closes done.
type pinger struct {
	link.Device
	receiver link.Receiver
	pings    int
	done     chan struct{}
}

func (d *pinger) SetReceiver(r link.Receiver) { d.receiver = r }

func (d *pinger) WriteBatch(b *packet.Batch) {
	b.Release()
	switch d.pings--; {
	case d.pings > 0:
		d.ping(b)
	case d.pings == 0:
		close(d.done)
	}
}

func (d *pinger) ping(b *packet.Batch) {
	p := b.New()
	wire.PutEthernet(p.Append(wire.EthernetLen), wire.MAC{}, wire.MAC{}, wire.EtherTypeIPv4)
	wire.PutIPv4(p.Append(wire.IPv4MinLen), &wire.IPv4Fields{
		TotalLen: wire.IPv4MinLen + wire.ICMPv4Len, TTL: 1, Protocol: wire.ProtocolICMP,
		Src: netip.AddrFrom4([4]byte{127, 0, 0, 1}), Dst: netip.AddrFrom4([4]byte{127, 0, 0, 1}),
	})
	copy(p.Append(wire.ICMPv4Len), []byte{8, 0, 0xf7, 0xff, 0, 0, 0, 0})
	d.receiver.DeliverBatch(b)
}

// A host that is never out of work reads the clock none the less: its timers go on.
func TestTimeGoesOn(t *testing.T) {
	clk := &ticking{Real: clock.NewReal()}
	defer clk.Close()
	s := New(Config{Clock: clk})
	defer s.Close()
	d := &pinger{Device: Loopback(), pings: 100 * maxRounds, done: make(chan struct{})}
	lo := InterfaceConfig{Name: "lo", Loopback: true, Addresses: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/8")}}
	if err := s.AddInterface(lo, d); err != nil {
		t.Fatal(err)
	}
	before := clk.reads.Load()
	d.ping(new(packet.Batch))
	<-d.done
	if n := clk.reads.Load() - before; n < 90 {
		t.Errorf("the clock was read %d times in %d rounds", n, 100*maxRounds)
	}
}
