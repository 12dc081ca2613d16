package tap

import (
	"bytes"
	"testing"

	"thinnet/link/internal/linktest"
	"thinnet/link/segment"
	"thinnet/packet"
	"thinnet/wire"
)

// header returns a virtio-net header.
func header(flags, gso byte, hdrLen, gsoSize, start, off uint16) *[vnetLen]byte {
	h := &[vnetLen]byte{flags, gso}
	for i, v := range []uint16{hdrLen, gsoSize, start, off} {
		hostOrder.PutUint16(h[2+2*i:], v)
	}
	return h
}

// What a packet owes is told to the kernel, and is what it would be told back.
func TestHeaders(t *testing.T) {
	payload := make([]byte, 3000)
	for _, c := range []struct {
		name string
		make func(p *packet.Packet)
		want *[vnetLen]byte
	}{
		{"nothing owed", func(p *packet.Packet) {
			linktest.Frame(p, linktest.DstMAC, linktest.SrcMAC, 1, 40)
		}, header(0, 0, 0, 0, 0, 0)},
		{"a checksum", func(p *packet.Packet) { linktest.Segment{}.TCP(p, payload[:100]) }, header(1, 0, 0, 0, 34, 16)},
		{"TCP", func(p *packet.Packet) { linktest.Segment{Size: 1460}.TCP(p, payload) }, header(1, 1, 54, 1460, 34, 16)},
		{"TCP with options", func(p *packet.Packet) {
			linktest.Segment{Size: 1448, Options: make([]byte, 12)}.TCP(p, payload)
		}, header(1, 1, 66, 1448, 34, 16)},
		{"TCP with CWR", func(p *packet.Packet) {
			linktest.Segment{Size: 1460, Flags: wire.FlagACK | wire.FlagCWR}.TCP(p, payload)
		}, header(1, 0x81, 54, 1460, 34, 16)},
		{"TCP behind a tag", func(p *packet.Packet) {
			linktest.Segment{Size: 1460, VLAN: true}.TCP(p, payload)
		}, header(1, 1, 58, 1460, 38, 16)},
		{"UDP", func(p *packet.Packet) { linktest.Segment{Size: 1000}.UDP(p, payload) }, header(1, 5, 42, 1000, 34, 6)},
	} {
		linktest.NoLeaks(t)
		var p, q packet.Packet
		c.make(&p)
		var h [vnetLen]byte
		if !putVnet(&h, &p) || h != *c.want {
			t.Errorf("%s: %v, want %v", c.name, h, *c.want)
		}
		p.CloneTo(&q)
		q.Checksum, q.ChecksumStart, q.ChecksumOffset = 0, 0, 0
		q.Segmentation, q.SegmentSize = 0, 0
		if off := networkOffset(linktest.Bytes(&q)); off != p.NetworkOffset && p.Checksum != 0 {
			t.Errorf("%s: the network header is at %d, not at %d", c.name, off, p.NetworkOffset)
		}
		if !applyVnet(&h, &q) || q.Checksum != p.Checksum || q.ChecksumStart != p.ChecksumStart || q.ChecksumOffset != p.ChecksumOffset ||
			q.Segmentation != p.Segmentation || q.SegmentSize != p.SegmentSize {
			t.Errorf("%s: came back as %+v", c.name, q)
		}
		p.Release()
		q.Release()
	}
}

func TestBadHeaders(t *testing.T) {
	frame := func(p *packet.Packet) { linktest.Segment{}.TCP(p, make([]byte, 100)) } // 154 bytes
	for name, h := range map[string]*[vnetLen]byte{
		"an unknown kind":            header(0, 2, 54, 1460, 34, 16),
		"UDP fragments":              header(1, 3, 42, 1460, 34, 6),
		"TCP over IPv6":              header(1, 4, 74, 1440, 54, 16),
		"segments of nothing":        header(1, 1, 54, 0, 34, 16),
		"checksum in the IP header":  header(1, 0, 0, 0, 20, 4),
		"checksum behind the end":    header(1, 0, 0, 0, 138, 16),
		"checksum far into the rest": header(1, 0, 0, 0, 34, 300),
		"sum that wraps":             header(1, 0, 0, 0, 65535, 65535),
	} {
		var p packet.Packet
		frame(&p)
		if applyVnet(h, &p) {
			t.Errorf("%s: taken", name)
		}
		p.Release()
	}
	var p packet.Packet
	frame(&p)
	p.ChecksumStart = 150
	if h := new([vnetLen]byte); putVnet(h, &p) {
		t.Errorf("a checksum behind the end went out: %v", h)
	}
	linktest.Segment{Size: 10}.TCP(&p, make([]byte, 100))
	p.Head()[p.NetworkOffset] = 0x65
	if h := new([vnetLen]byte); putVnet(h, &p) {
		t.Errorf("a super-segment of IPv6 went out: %v", h)
	}
}

// What a received header says of a frame is impossible, or can be done.
func FuzzReceived(f *testing.F) {
	var tcp, udp packet.Packet
	linktest.Segment{}.TCP(&tcp, []byte("payload of some length"))
	linktest.Segment{VLAN: true}.UDP(&udp, []byte("payload"))
	for _, h := range []*[vnetLen]byte{header(1, 1, 54, 10, 34, 16), header(1, 5, 46, 3, 38, 6), header(2, 0, 0, 0, 0, 0)} {
		f.Add(h[:], linktest.Bytes(&tcp))
		f.Add(h[:], linktest.Bytes(&udp))
	}
	f.Fuzz(func(t *testing.T, header, frame []byte) {
		if len(header) < vnetLen || len(frame) > packet.LargeSlab {
			return
		}
		linktest.NoLeaks(t)
		var p packet.Packet
		p.Reset()
		head := frame[:min(len(frame), 66)]
		copy(p.Append(len(head)), head)
		p.Write(frame[len(head):])
		p.NetworkOffset = networkOffset(head)
		flowHash(&p)
		if applyVnet((*[vnetLen]byte)(header), &p) {
			var h [vnetLen]byte
			putVnet(&h, &p)
			var out packet.Batch
			if segment.Split(&p, &out) {
				for i := range out.Len() {
					segment.Complete(out.At(i))
				}
			}
			out.Release()
		}
		p.Release()
	})
}

// The packets of a flow have one number, and flows differ.
func TestFlowHash(t *testing.T) {
	seen := make(map[uint32]bool)
	for port := range uint16(100) {
		var p, q packet.Packet
		linktest.Segment{}.TCP(&p, []byte("one"))
		linktest.Segment{Seq: 7, VLAN: true}.TCP(&q, []byte("another"))
		for _, x := range []*packet.Packet{&p, &q} {
			head := x.Head()[int(x.NetworkOffset)+wire.IPv4MinLen:]
			head[0], head[1] = byte(port>>8), byte(port)
		}
		if flowHash(&p) != flowHash(&q) {
			t.Errorf("port %d: two numbers for one flow", port)
		}
		seen[flowHash(&p)%4] = true
		p.Release()
		q.Release()
	}
	if len(seen) != 4 {
		t.Errorf("100 flows went to %d of 4 queues", len(seen))
	}
	for _, frame := range [][]byte{nil, {1}, bytes.Repeat([]byte{0x45}, 20)} {
		var p packet.Packet
		p.Reset()
		p.Write(frame)
		flowHash(&p) // does not panic
		p.NetworkOffset = 14
		flowHash(&p)
	}
}
