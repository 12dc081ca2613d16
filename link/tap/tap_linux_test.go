package tap_test

import (
	"bytes"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"thinnet/link"
	"thinnet/link/internal/linktest"
	"thinnet/link/tap"
	"thinnet/packet"
	"thinnet/wire"
)

var (
	ourMAC   = wire.MAC{2, 0, 0, 0, 0, 0x99}
	ours     = netip.MustParseAddr("10.99.0.2")
	kernels  = netip.MustParseAddr("10.99.0.1")
	ourPort  = uint16(7000)
	deadline = 5 * time.Second
)

// inNamespace moves the test to a thread with a network namespace of its own,
// which ends with the test.
func inNamespace(t testing.TB) {
	t.Helper()
	unable := t.Skipf
	if os.Getenv("THINNET_REQUIRE_KERNEL") == "1" {
		unable = t.Fatalf
	}
	if os.Geteuid() != 0 {
		unable("needs root: a network namespace and a TAP interface")
	}
	if _, err := exec.LookPath("ip"); err != nil {
		unable("needs ip of iproute2: %v", err)
	}
	if _, err := os.Stat("/dev/net/tun"); err != nil {
		unable("needs TAP interfaces: %v", err)
	}
	runtime.LockOSThread() // never unlocked: the thread is of no use to others
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		unable("needs a network namespace: %v", err)
	}
}

func run(t testing.TB, command string) {
	t.Helper()
	f := strings.Fields(command)
	if out, err := exec.Command(f[0], f[1:]...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v: %s", command, err, out)
	}
}

func open(t testing.TB, cfg tap.Config) *tap.Device {
	t.Helper()
	d, err := tap.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// up gives the kernel's side its address.
func up(t testing.TB, name string) {
	run(t, "ip link set lo up")
	run(t, "ip addr add "+kernels.String()+"/24 dev "+name)
	run(t, "ip link set "+name+" up")
}

func kernelSocket(t testing.TB) *net.UDPConn {
	t.Helper()
	c, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(kernels, 0)))
	if err != nil {
		t.Fatal(err)
	}
	c.SetDeadline(time.Now().Add(deadline))
	t.Cleanup(func() { c.Close() })
	return c
}

// udp makes p a frame to the kernel's socket.
func udp(p *packet.Packet, dstMAC wire.MAC, dstPort uint16, payload []byte) {
	p.Reset()
	p.Write(payload)
	n := wire.UDPLen + len(payload)
	wire.PutUDP(p.Prepend(wire.UDPLen), ourPort, dstPort, n)
	wire.PutIPv4(p.Prepend(wire.IPv4MinLen), &wire.IPv4Fields{
		TotalLen: uint16(wire.IPv4MinLen + n), TTL: 64, Protocol: wire.ProtocolUDP, Src: ours, Dst: kernels,
	})
	wire.PutEthernet(p.Prepend(wire.EthernetLen), dstMAC, ourMAC, wire.EtherTypeIPv4)
}

// peer answers the kernel's ARP requests and hands over the payload of its
// datagrams.
type peer struct {
	dev       *tap.Device
	kernelMAC chan wire.MAC
	datagrams chan []byte
}

func (p *peer) DeliverBatch(b *packet.Batch) {
	var out packet.Batch
	for i := range b.Len() {
		f := linktest.Bytes(b.At(i))
		switch wire.Ethernet(f).Type() {
		case wire.EtherTypeARP:
			a, err := wire.ParseARP(f[wire.EthernetLen:])
			if err != nil || a.Op() != wire.ARPRequest || a.Target() != ours {
				continue
			}
			r := out.New()
			wire.PutARP(r.Append(wire.ARPLen), wire.ARPReply, ourMAC, ours, a.SenderMAC(), a.Sender())
			wire.PutEthernet(r.Prepend(wire.EthernetLen), a.SenderMAC(), ourMAC, wire.EtherTypeARP)
			select {
			case p.kernelMAC <- a.SenderMAC():
			default:
			}
		case wire.EtherTypeIPv4:
			ip, err := wire.ParseIPv4(f[wire.EthernetLen:])
			if err == nil && ip.Protocol() == wire.ProtocolUDP && ip.Dst() == ours {
				p.datagrams <- f[wire.EthernetLen+len(ip)+wire.UDPLen:]
			}
		}
	}
	b.Release()
	p.dev.WriteBatch(&out)
}

func newPeer(dev *tap.Device) *peer {
	p := &peer{dev: dev, kernelMAC: make(chan wire.MAC, 1), datagrams: make(chan []byte, 1000)}
	dev.SetReceiver(p)
	return p
}

// Datagrams of all lengths cross in both directions.
func TestKernelTalks(t *testing.T) {
	inNamespace(t)
	linktest.NoLeaks(t)
	linktest.NoGoroutines(t)
	d := open(t, tap.Config{Name: "thin0"})
	if d.Name() != "thin0" {
		t.Errorf("name %q", d.Name())
	}
	if c, want := d.Capabilities(), (link.Capabilities{MTU: 1500, MaxSegmented: 65535, Checksum: true}); c != want {
		t.Errorf("%+v, want %+v", c, want)
	}
	p := newPeer(d)
	up(t, d.Name())
	c := kernelSocket(t)
	port := uint16(c.LocalAddr().(*net.UDPAddr).Port)
	to := netip.AddrPortFrom(ours, ourPort)
	buf := make([]byte, 2000)
	var mac wire.MAC
	for n := 1; n <= 1472; n += 49 {
		payload := bytes.Repeat([]byte{byte(n)}, n)
		if _, err := c.WriteToUDPAddrPort(payload, to); err != nil {
			t.Fatal(err)
		}
		select {
		case got := <-p.datagrams:
			if !bytes.Equal(got, payload) {
				t.Fatalf("%d bytes came in, want %d", len(got), n)
			}
		case <-time.After(deadline):
			t.Fatalf("the kernel's datagram of %d bytes has not come in; %+v", n, d.Stats())
		}
		if n == 1 {
			mac = <-p.kernelMAC
		}
		var b packet.Batch
		udp(b.New(), mac, port, payload)
		d.WriteBatch(&b)
		k, err := c.Read(buf)
		if err != nil || !bytes.Equal(buf[:k], payload) {
			t.Fatalf("the kernel received %d bytes, want %d: %v", k, n, err)
		}
	}
	s := d.Stats()
	if s.RxPackets < 31 || s.TxPackets < 31 || s.RxBytes < 31*700 || s.TxBytes < 31*700 || s.Drops.Total() != 0 {
		t.Errorf("%+v", s)
	}
}

func TestBadFrames(t *testing.T) {
	inNamespace(t)
	linktest.NoLeaks(t)
	d := open(t, tap.Config{})
	if !strings.HasPrefix(d.Name(), "tap") {
		t.Errorf("name %q, want one that the kernel chose", d.Name())
	}
	write := func(make func(p *packet.Packet)) {
		var b packet.Batch
		make(b.New())
		d.WriteBatch(&b)
		if b.Len() != 0 {
			t.Error("the batch is not empty")
		}
	}
	good := func(p *packet.Packet) { linktest.Frame(p, linktest.DstMAC, linktest.SrcMAC, 0, 40) }
	write(good) // the interface is down
	run(t, "ip link set "+d.Name()+" up")
	write(func(p *packet.Packet) { p.Write(make([]byte, 13)) })
	write(func(p *packet.Packet) { p.Write(make([]byte, 1519)) })
	write(func(p *packet.Packet) {
		linktest.Segment{Size: 100}.TCP(p, make([]byte, 300))
		p.Head()[p.NetworkOffset] = 0x65 // IPv6, and no such header
	})
	write(func(p *packet.Packet) {
		linktest.Segment{}.TCP(p, make([]byte, 300))
		p.ChecksumStart = 1000
	})
	write(func(p *packet.Packet) { linktest.Segment{Size: 100}.TCP(p, make([]byte, 65_500)) }) // beyond an IP packet
	write(good)
	if s := d.Stats(); s.Drops[link.DropDown] < 1 || s.Drops[link.DropTooShort] != 1 || s.Drops[link.DropTooLong] != 2 ||
		s.Drops[link.DropBadFrame] != 2 || s.TxPackets != 1 || s.TxBytes != 54 {
		t.Errorf("%+v", s)
	}
	d.Close()
	before := d.Stats().Drops[link.DropDown]
	write(good)
	if n := d.Stats().Drops[link.DropDown] - before; n != 1 {
		t.Errorf("%d dropped after Close, want 1", n)
	}
}

// A frame longer than the MTU that Open saw is counted.
func TestLongFramesFromTheKernel(t *testing.T) {
	inNamespace(t)
	linktest.NoLeaks(t)
	for _, mtu := range []string{"1600", "9000"} {
		d := open(t, tap.Config{})
		p := newPeer(d)
		up(t, d.Name())
		run(t, "ip link set "+d.Name()+" mtu "+mtu)
		c := kernelSocket(t)
		to := netip.AddrPortFrom(ours, ourPort)
		c.WriteToUDPAddrPort(make([]byte, 1550), to)
		c.WriteToUDPAddrPort([]byte("short"), to)
		select {
		case got := <-p.datagrams:
			if string(got) != "short" {
				t.Errorf("%d bytes came in", len(got))
			}
		case <-time.After(deadline):
			t.Fatalf("nothing has come in; %+v", d.Stats())
		}
		if n := d.Stats().Drops[link.DropTooLong]; n != 1 {
			t.Errorf("MTU %s: %d too long, want 1", mtu, n)
		}
		d.Close()
		c.Close()
	}
}

func TestJumboFrames(t *testing.T) {
	inNamespace(t)
	linktest.NoLeaks(t)
	run(t, "ip tuntap add mode tap name jumbo")
	run(t, "ip link set jumbo mtu 9000")
	d := open(t, tap.Config{Name: "jumbo"})
	if n := d.Capabilities().MTU; n != 9000 {
		t.Errorf("MTU %d, want 9000", n)
	}
	p := newPeer(d)
	up(t, d.Name())
	c := kernelSocket(t)
	payload := bytes.Repeat([]byte("jumbo"), 8972/5)
	if _, err := c.WriteToUDPAddrPort(payload, netip.AddrPortFrom(ours, ourPort)); err != nil {
		t.Fatal(err)
	}
	select {
	case got := <-p.datagrams:
		if !bytes.Equal(got, payload) {
			t.Errorf("%d bytes came in, want %d", len(got), len(payload))
		}
	case <-time.After(deadline):
		t.Fatalf("nothing has come in; %+v", d.Stats())
	}
}

func TestPersist(t *testing.T) {
	inNamespace(t)
	exists := func(name string) bool {
		_, err := net.InterfaceByName(name)
		return err == nil
	}
	for _, persist := range []bool{false, true} {
		d, err := tap.Open(tap.Config{Name: "kept", Persist: persist})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tap.Open(tap.Config{Name: "kept"}); err == nil || !strings.Contains(err.Error(), "another program has it open") {
			t.Errorf("opened twice: %v", err)
		}
		for range 2 {
			if err := d.Close(); err != nil {
				t.Error(err)
			}
		}
		if exists("kept") != persist {
			t.Errorf("persist %t: the interface exists: %t", persist, !persist)
		}
	}
}

func TestNotATAP(t *testing.T) {
	inNamespace(t)
	if _, err := tap.Open(tap.Config{Name: "lo"}); err == nil || !strings.Contains(err.Error(), "want a TAP interface") {
		t.Errorf("error %v", err)
	}
}

// Close ends the reader, also when the interface went first.
func TestInterfaceGoes(t *testing.T) {
	inNamespace(t)
	linktest.NoLeaks(t)
	linktest.NoGoroutines(t)
	d := open(t, tap.Config{Name: "gone"})
	run(t, "ip link del gone")
	var b packet.Batch
	linktest.Frame(b.New(), linktest.DstMAC, linktest.SrcMAC, 0, 40)
	d.WriteBatch(&b)
	if s := d.Stats(); s.Drops[link.DropError] == 0 {
		t.Errorf("%+v", s)
	}
}

// BenchmarkWrite writes full frames that the kernel throws away, 16 at a time.
func BenchmarkWrite(b *testing.B) {
	inNamespace(b)
	d := open(b, tap.Config{})
	run(b, "ip link set "+d.Name()+" up")
	payload := make([]byte, 1490)
	var batch packet.Batch
	b.SetBytes(16 * 1504)
	b.ReportAllocs()
	for b.Loop() {
		for range 16 {
			p := batch.New()
			p.Write(payload)
			wire.PutEthernet(p.Prepend(wire.EthernetLen), linktest.DstMAC, ourMAC, 0x88b5)
		}
		d.WriteBatch(&batch)
	}
}

// BenchmarkRead receives what a socket of the kernel's sends.
func BenchmarkRead(b *testing.B) {
	inNamespace(b)
	d := open(b, tap.Config{})
	p := newPeer(d)
	up(b, d.Name())
	c := kernelSocket(b)
	c.SetDeadline(time.Time{})
	to := netip.AddrPortFrom(ours, ourPort)
	payload := make([]byte, 1472)
	c.WriteToUDPAddrPort(payload, to)
	<-p.datagrams // the address is known
	d.SetReceiver(&linktest.Drain{})
	b.SetBytes(1514)
	b.ReportAllocs()
	for b.Loop() {
		c.WriteToUDPAddrPort(payload, to)
	}
	s := d.Stats()
	b.ReportMetric(float64(s.RxPackets)/float64(b.N), "received/op")
}

// Frames and what is owed to them come out of one packet socket as they went into
// another: also the tags, which the kernel takes out on the way.
func TestPacketSockets(t *testing.T) {
	inNamespace(t)
	linktest.NoLeaks(t)
	linktest.NoGoroutines(t)
	run(t, "ip link add near type veth peer name far")
	run(t, "ip link set near up")
	run(t, "ip link set far up")
	var ends [2]*tap.Device
	for i, name := range []string{"near", "far"} {
		var err error
		if ends[i], err = tap.OpenPacket(name); err != nil {
			t.Fatal(err)
		}
		defer ends[i].Close()
	}
	type arrival struct {
		frame []byte
		p     packet.Packet // its state
	}
	arrivals := make(chan arrival, 100)
	ends[1].SetReceiver(&linktest.Sink{Each: func(p *packet.Packet) {
		if f := linktest.Bytes(p); wire.Ethernet(f).Dst() == linktest.DstMAC { // not what the kernel sends
			arrivals <- arrival{f, *p}
		}
	}})
	payload := make([]byte, 60_000)
	for i := range payload {
		payload[i] = byte(i >> 8)
	}
	for _, vlan := range []bool{false, true} {
		for n, make := range map[string]func(p *packet.Packet){
			"TCP": func(p *packet.Packet) { linktest.Segment{Size: 1400, VLAN: vlan}.TCP(p, payload) },
			"UDP": func(p *packet.Packet) { linktest.Segment{Size: 1000, VLAN: vlan}.UDP(p, payload[:20_000]) },
			"one": func(p *packet.Packet) { linktest.Segment{VLAN: vlan}.TCP(p, payload[:1000]) },
			"few": func(p *packet.Packet) { linktest.Segment{VLAN: vlan}.UDP(p, payload[:10]) },
		} {
			var b packet.Batch
			p := b.New()
			make(p)
			want, state := linktest.Bytes(p), *p
			ends[0].WriteBatch(&b)
			select {
			case got := <-arrivals:
				if !bytes.Equal(got.frame, want) {
					t.Errorf("%s, tagged %t: %d bytes came in, or others: want %d", n, vlan, len(got.frame), len(want))
				}
				if g := got.p; g.Segmentation != state.Segmentation || g.SegmentSize != state.SegmentSize || g.NetworkOffset != state.NetworkOffset ||
					g.Checksum != state.Checksum || g.ChecksumStart != state.ChecksumStart || g.ChecksumOffset != state.ChecksumOffset {
					t.Errorf("%s, tagged %t: came in with another state", n, vlan)
				}
			case <-time.After(deadline):
				t.Fatalf("%s, tagged %t: nothing came in; %+v %+v", n, vlan, ends[0].Stats(), ends[1].Stats())
			}
		}
	}
}

func TestNoInterface(t *testing.T) {
	inNamespace(t)
	if _, err := tap.OpenPacket("none"); err == nil || !strings.Contains(err.Error(), `packet socket on "none"`) {
		t.Errorf("error %v", err)
	}
}

// Packets that say impossible things of themselves are dropped, by us or by the
// kernel, and counted; the device goes on.
func TestImpossibleOffloads(t *testing.T) {
	inNamespace(t)
	linktest.NoLeaks(t)
	d := open(t, tap.Config{Queues: 2})
	p := newPeer(d)
	up(t, d.Name())
	c := kernelSocket(t)
	r := rand.New(rand.NewPCG(1, 2))
	const count = 2000
	for i := range count {
		var b packet.Batch
		p := b.New()
		s := linktest.Segment{Size: r.IntN(2000), VLAN: r.IntN(4) == 0, InHead: r.IntN(20)}
		if payload := make([]byte, 20+r.IntN(4000)); i%2 == 0 {
			s.TCP(p, payload)
		} else {
			s.UDP(p, payload)
		}
		switch r.IntN(4) {
		case 0:
			p.ChecksumStart, p.ChecksumOffset = uint16(r.IntN(200)), uint8(r.IntN(256))
		case 1:
			p.SegmentSize = uint16(r.IntN(65536))
		case 2:
			p.Segmentation = packet.Segmentation(r.IntN(3))
		case 3:
			head := p.Head()[p.NetworkOffset:]
			head[r.IntN(len(head))] = byte(r.Uint32())
		}
		d.WriteBatch(&b)
	}
	if s := d.Stats(); s.TxPackets+s.Drops[link.DropTooLong]+s.Drops[link.DropBadFrame] != count || s.Drops[link.DropBadFrame] == 0 || s.TxPackets == 0 {
		t.Errorf("%+v, want %d packets in all", s, count)
	}
	if _, err := c.WriteToUDPAddrPort([]byte("still there"), netip.AddrPortFrom(ours, ourPort)); err != nil {
		t.Fatal(err)
	}
	select {
	case got := <-p.datagrams:
		if string(got) != "still there" {
			t.Errorf("%q came in", got)
		}
	case <-time.After(deadline):
		t.Fatalf("nothing has come in; %+v", d.Stats())
	}
}
