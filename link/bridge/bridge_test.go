package bridge_test

import (
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"thinnet/clock"
	"thinnet/link"
	"thinnet/link/bridge"
	"thinnet/link/cable"
	"thinnet/link/internal/linktest"
	"thinnet/packet"
	"thinnet/wire"
)

// mac is the address of host i.
func mac(i int) wire.MAC { return link.LocalMAC(uint64(i)) }

// net is a bridge with a host on every port.
type net struct {
	bridge *bridge.Bridge
	hosts  []link.Device
	sinks  []*linktest.Sink
}

func newBridge(t testing.TB, clk clock.Clock, cfg bridge.Config) *bridge.Bridge {
	t.Helper()
	b, err := bridge.New(clk, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// newCable returns a cable that is closed at the end of the test.
func newCable(t testing.TB, clk clock.Clock, cfg cable.Config) *cable.Cable {
	t.Helper()
	c, err := cable.New(clk, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func attach(t testing.TB, b *bridge.Bridge, dev link.Device) {
	t.Helper()
	if _, err := b.Attach(dev); err != nil {
		t.Fatal(err)
	}
}

func newNet(t testing.TB, clk clock.Clock, cfg bridge.Config, ports int) *net {
	t.Helper()
	n := &net{bridge: newBridge(t, clk, cfg)}
	for range ports {
		c := newCable(t, clk, cable.Config{})
		attach(t, n.bridge, c.B())
		s := &linktest.Sink{}
		c.A().SetReceiver(s)
		n.hosts, n.sinks = append(n.hosts, c.A()), append(n.sinks, s)
	}
	return n
}

// send writes a frame from one host to the address of another.
func send(dev link.Device, dst, src wire.MAC, number uint32) {
	var b packet.Batch
	linktest.Frame(b.New(), dst, src, number, 40)
	dev.WriteBatch(&b)
}

// heard returns which hosts got how many frames since the last call.
func (n *net) heard() []int {
	var c []int
	for _, s := range n.sinks {
		c = append(c, len(s.Frames()))
	}
	return c
}

func TestFloodsLearnsForwards(t *testing.T) {
	linktest.NoLeaks(t)
	n := newNet(t, clock.NewReal(), bridge.Config{}, 4)
	for _, step := range []struct {
		name     string
		from     int
		dst, src wire.MAC
		want     []int
	}{
		{"unknown", 0, mac(1), mac(0), []int{0, 1, 1, 1}},
		{"answer", 1, mac(0), mac(1), []int{1, 0, 0, 0}},
		{"known", 0, mac(1), mac(0), []int{0, 1, 0, 0}},
		{"broadcast", 2, wire.Broadcast, mac(2), []int{1, 1, 0, 1}},
		{"multicast", 2, wire.MAC{1, 0, 0x5e, 0, 0, 1}, mac(2), []int{1, 1, 0, 1}},
		{"own segment", 2, mac(2), mac(9), []int{0, 0, 0, 0}},
		{"between neighbours", 2, wire.MAC{0x01, 0x80, 0xc2, 0, 0, 0}, mac(2), []int{0, 0, 0, 0}},
		{"group as source", 2, mac(0), wire.Broadcast, []int{0, 0, 0, 0}},
		{"moved", 3, mac(0), mac(1), []int{1, 0, 0, 0}},
		{"to the new place", 0, mac(1), mac(0), []int{0, 0, 0, 1}},
	} {
		send(n.hosts[step.from], step.dst, step.src, 0)
		if got := n.heard(); !slices.Equal(got, step.want) {
			t.Errorf("%s: heard %v, want %v", step.name, got, step.want)
		}
	}
	s := n.bridge.Stats(2)
	if s.RxPackets != 5 || s.RxBytes != 5*54 || s.TxPackets != 1 || s.TxBytes != 54 {
		t.Errorf("port 2: %+v", s)
	}
	if s.Drops[link.DropDestination] != 2 || s.Drops[link.DropBadFrame] != 1 || s.Drops.Total() != 3 {
		t.Errorf("port 2: drops %v", s.Drops)
	}
}

func TestShortFrames(t *testing.T) {
	linktest.NoLeaks(t)
	n := newNet(t, clock.NewReal(), bridge.Config{}, 2)
	dev := &feed{}
	attach(t, n.bridge, dev)
	var b packet.Batch
	for i := range wire.EthernetLen {
		p := b.New()
		p.Write(make([]byte, i))
	}
	dev.r.DeliverBatch(&b)
	if s := n.bridge.Stats(2); s.Drops[link.DropTooShort] != wire.EthernetLen {
		t.Errorf("drops %v", s.Drops)
	}
	if got := n.heard(); !slices.Equal(got, []int{0, 0}) {
		t.Errorf("heard %v", got)
	}
}

// feed is a device that a test delivers by.
type feed struct {
	link.Device
	r    link.Receiver
	caps link.Capabilities
}

func (f *feed) SetReceiver(r link.Receiver) { f.r = r }
func (f *feed) WriteBatch(b *packet.Batch)  { b.Release() }
func (f *feed) Capabilities() link.Capabilities {
	if f.caps != (link.Capabilities{}) {
		return f.caps
	}
	return link.Capabilities{MTU: 1500, MaxSegmented: 65535, Checksum: true}
}

func TestAttachRefuses(t *testing.T) {
	b := newBridge(t, clock.NewReal(), bridge.Config{})
	for _, tt := range []struct {
		caps link.Capabilities
		want string
	}{
		{link.Capabilities{MTU: 1500, MaxSegmented: 65535, Checksum: true, Headers: link.HeaderNone},
			"bridge: device without Ethernet headers: want an Ethernet device"},
		{link.Capabilities{MTU: 1500},
			"bridge: device takes super-segments of 0 bytes, checksum offload false: wrap it with offload.New"},
		{link.Capabilities{MTU: 1500, MaxSegmented: 65535},
			"bridge: device takes super-segments of 65535 bytes, checksum offload false: wrap it with offload.New"},
	} {
		if _, err := b.Attach(&feed{caps: tt.caps}); err == nil || err.Error() != tt.want {
			t.Errorf("error %v, want %s", err, tt.want)
		}
	}
}

func TestBadConfig(t *testing.T) {
	for _, tt := range []struct {
		cfg  bridge.Config
		want string
	}{
		{bridge.Config{TableSize: -1}, "bridge: table size -1: want a positive number, or 0 for 1024"},
		{bridge.Config{QueueLimit: -1}, "bridge: queue limit -1: want a positive number, or 0 for 4096"},
		{bridge.Config{StormLimit: -1}, "bridge: storm limit -1: want a positive number, or 0 for 100000"},
		{bridge.Config{Rate: -1}, "bridge: rate -1: want a positive number, or 0 for 2000000"},
		{bridge.Config{Aging: -time.Second}, "bridge: aging -1s: want a positive time, or 0 for 5m0s"},
	} {
		if _, err := bridge.New(clock.NewReal(), tt.cfg); err == nil || err.Error() != tt.want {
			t.Errorf("error %v, want %s", err, tt.want)
		}
	}
}

func TestAgingAndTable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNet(t, clock.NewReal(), bridge.Config{}, 3)
		send(n.hosts[2], wire.Broadcast, mac(2), 0)
		time.Sleep(100 * time.Second)
		send(n.hosts[0], wire.Broadcast, mac(0), 0)
		time.Sleep(199 * time.Second)
		want := []bridge.Entry{{MAC: mac(0), Port: 0, Age: 199 * time.Second}, {MAC: mac(2), Port: 2, Age: 299 * time.Second}}
		if got := n.bridge.Table(); !slices.Equal(got, want) {
			t.Errorf("table %v, want %v", got, want)
		}
		time.Sleep(time.Second)
		if got := n.bridge.Table(); len(got) != 1 || got[0].MAC != mac(0) {
			t.Errorf("table %v after 300 s", got)
		}
		n.heard()
		send(n.hosts[0], mac(2), mac(0), 0)
		if got := n.heard(); !slices.Equal(got, []int{0, 1, 1}) {
			t.Errorf("heard %v, want the aged address flooded", got)
		}
	})
}

func TestFullTable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNet(t, clock.NewReal(), bridge.Config{TableSize: 4}, 2)
		for i := range 10 {
			send(n.hosts[0], wire.Broadcast, mac(i), 0)
			time.Sleep(time.Second)
		}
		var known []wire.MAC
		for _, e := range n.bridge.Table() {
			known = append(known, e.MAC)
		}
		if want := []wire.MAC{mac(0), mac(1), mac(2), mac(3)}; !slices.Equal(known, want) {
			t.Errorf("knows %v, want %v", known, want)
		}
		time.Sleep(291 * time.Second) // the first two have aged
		send(n.hosts[1], wire.Broadcast, mac(20), 0)
		send(n.hosts[1], wire.Broadcast, mac(21), 0)
		send(n.hosts[1], wire.Broadcast, mac(22), 0)
		known = nil
		for _, e := range n.bridge.Table() {
			known = append(known, e.MAC)
		}
		if want := []wire.MAC{mac(2), mac(3), mac(20), mac(21)}; !slices.Equal(known, want) {
			t.Errorf("knows %v, want %v", known, want)
		}
	})
}

// Super-segments cross the bridge in one piece, and flooded copies share them.
func TestSuperSegments(t *testing.T) {
	linktest.NoLeaks(t)
	n := newNet(t, clock.NewReal(), bridge.Config{}, 3)
	for _, s := range n.sinks {
		s.Each = func(p *packet.Packet) {
			if p.Segmentation != packet.SegmentTCP || p.Checksum != packet.ChecksumPartial {
				t.Error("super-segment changed")
			}
		}
	}
	var b packet.Batch
	linktest.Segment{Size: 1460}.TCP(b.New(), make([]byte, 50000))
	n.hosts[0].WriteBatch(&b)
	if got := n.heard(); !slices.Equal(got, []int{0, 1, 1}) {
		t.Errorf("heard %v", got)
	}
}

func TestManySenders(t *testing.T) {
	linktest.NoLeaks(t)
	linktest.NoGoroutines(t)
	const ports, each = 4, 300
	clk := clock.NewReal()
	n := newNet(t, clk, bridge.Config{}, ports)
	for i, h := range n.hosts {
		send(h, wire.Broadcast, mac(i), 0)
	}
	n.heard()
	var all sync.WaitGroup
	for i, h := range n.hosts {
		all.Go(func() {
			for k := range each {
				send(h, mac((i+1)%ports), mac(i), uint32(k))
			}
		})
	}
	all.Wait()
	time.Sleep(10 * time.Millisecond) // what a pump left to the clock
	n.bridge.Close()
	for i, s := range n.sinks {
		got := linktest.Numbers(s.Frames())
		if len(got) != each || !slices.IsSorted(got) {
			t.Errorf("host %d: %d frames, in order: %t", i, len(got), slices.IsSorted(got))
		}
	}
}

func TestClosed(t *testing.T) {
	linktest.NoLeaks(t)
	n := newNet(t, clock.NewReal(), bridge.Config{}, 2)
	for range 2 {
		if err := n.bridge.Close(); err != nil {
			t.Error(err)
		}
	}
	send(n.hosts[0], wire.Broadcast, mac(0), 0)
	if got := n.heard(); !slices.Equal(got, []int{0, 0}) {
		t.Errorf("heard %v", got)
	}
}

func benchmark(b *testing.B, ports int, dst wire.MAC) {
	clk := clock.NewReal()
	br, err := bridge.New(clk, bridge.Config{Rate: 1 << 30, StormLimit: 1 << 30})
	if err != nil {
		b.Fatal(err)
	}
	defer br.Close()
	feeds := make([]*feed, ports)
	for i := range feeds {
		feeds[i] = &feed{}
		attach(b, br, feeds[i])
	}
	var batch packet.Batch
	linktest.Frame(batch.New(), wire.Broadcast, mac(1), 0, 40)
	feeds[1].r.DeliverBatch(&batch)
	b.ReportAllocs()
	for b.Loop() {
		for range 16 {
			linktest.Frame(batch.New(), dst, mac(0), 0, 40)
		}
		feeds[0].r.DeliverBatch(&batch)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(16*b.N), "ns/frame")
}

func BenchmarkForward(b *testing.B)  { benchmark(b, 4, mac(1)) }
func BenchmarkFlood8(b *testing.B)   { benchmark(b, 9, wire.Broadcast) }
func BenchmarkUnknown8(b *testing.B) { benchmark(b, 9, mac(5)) }
