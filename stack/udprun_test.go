package stack_test

import (
	"net/netip"
	"testing"

	"thinnet/clock"
	"thinnet/link"
	"thinnet/packet"
	"thinnet/stack"
	"thinnet/wire"
)

// sourceDevice is a device of IP packets, which a test hands in.
type sourceDevice struct{ receiver link.Receiver }

func (d *sourceDevice) WriteBatch(b *packet.Batch)  { b.Release() }
func (d *sourceDevice) SetReceiver(r link.Receiver) { d.receiver = r }
func (d *sourceDevice) Capabilities() link.Capabilities {
	return link.Capabilities{MTU: 1500, MaxSegmented: 65535, Checksum: true, Headers: link.HeaderNone}
}
func (d *sourceDevice) Stats() link.Stats { return link.Stats{} }
func (d *sourceDevice) Close() error      { return nil }

// A run of datagrams, which a device received in one piece, is read in datagrams.
func TestDatagramRun(t *testing.T) {
	live := packet.Live()
	src, dst := netip.MustParseAddr("10.0.0.2"), netip.MustParseAddr("10.0.0.1")
	clk := clock.NewReal()
	defer clk.Close()
	s := stack.New(stack.Config{Clock: clk, Source: 1, Seed: 1})
	dev := &sourceDevice{}
	if err := s.AddInterface(stack.InterfaceConfig{Name: "tun0", Addresses: []netip.Prefix{netip.PrefixFrom(dst, 24)}}, dev); err != nil {
		t.Fatal(err)
	}
	u, err := s.OpenUDP(netip.AddrPortFrom(dst, 7), netip.AddrPort{})
	if err != nil {
		t.Fatal(err)
	}
	const size = 300
	payload := make([]byte, 3*size+20)
	for i := range payload {
		payload[i] = byte(i / size)
	}
	var b packet.Batch
	p := b.New()
	p.Append(50)
	copy(p.Head(), payload) // the first datagram begins in the head and ends in a slab
	p.Write(payload[50:])
	n := wire.UDPLen + len(payload)
	wire.PutUDP(p.Prepend(wire.UDPLen), 5, 7, n)
	wire.PutIPv4(p.Prepend(wire.IPv4MinLen), &wire.IPv4Fields{
		TotalLen: uint16(wire.IPv4MinLen + n), TTL: 64, Protocol: wire.ProtocolUDP, Src: src, Dst: dst,
	})
	p.Checksum, p.Segmentation, p.SegmentSize = packet.ChecksumPartial, packet.SegmentUDP, size
	dev.receiver.DeliverBatch(&b)

	buf := make([]byte, 2000)
	for i, want := range []int{size, size, size, 20} {
		n, from, err := u.ReadFrom(buf)
		if err != nil || n != want || from != netip.AddrPortFrom(src, 5) || buf[0] != byte(i) || buf[n-1] != byte(i) {
			t.Errorf("datagram %d: %d bytes of %d from %v, %v; want %d", i, n, buf[0], from, err, want)
		}
	}
	s.Close()
	if left := packet.Live() - live; left != 0 {
		t.Errorf("%d slabs are left", left)
	}
}
