package network

import (
	"encoding/binary"

	"thinnet/clock"
	"thinnet/link/segment"
	"thinnet/packet"
	"thinnet/wire"
)

// fragment sends p in pieces that fit the interface (RFC 791, section 3.2). It
// takes over p, which starts with its IP header. A packet that must not be split
// gives ErrTooLong.
func (l *Layer) fragment(now clock.Time, p *packet.Packet, r *Route) error {
	ip := header(p)
	if !divisible(p, ip) {
		l.drop(r.Interface, p, DropTooLong)
		return ErrTooLong
	}
	p.Segmentation = packet.SegmentNone // a TCP super-segment is a long segment
	if !segment.Complete(p) {
		l.drop(r.Interface, p, DropOffload)
		return ErrTooLong
	}
	l.counters[IPFragOKs]++

	// What the first fragment's header is like, then that of the others: only
	// some options go along (RFC 791, section 3.1).
	var first, other [wire.IPv4MaxLen]byte
	h := first[:copy(first[:], ip)]
	rest := other[:copiedHeader(other[:], ip)]
	base, more := ip.Offset(), ip.Flags()&wire.IPv4MoreFragments

	q := l.borrow()
	defer l.giveBack(q)
	total := p.Len()
	for off := len(ip); off < total; h = rest {
		n := (r.MTU() - len(h)) &^ 7
		flags := wire.IPv4MoreFragments
		if off+n >= total {
			n = total - off
			flags = more
		}
		copy(q.Append(len(h)), h)
		f := wire.IPv4(q.Head())
		binary.BigEndian.PutUint16(f[2:], uint16(len(h)+n))
		binary.BigEndian.PutUint16(f[6:], uint16(flags)<<13|uint16((base+off-len(ip))/8))
		f.SetChecksum()
		copyPayload(q, p, off, n)
		q.Interface, q.Mark = p.Interface, p.Mark
		l.counters[IPFragCreates]++
		l.transmit(now, q, r)
		q.Reset()
		off += n
	}
	p.Release()
	return nil
}

// divisible reports whether p may be sent as fragments. A run of UDP datagrams is
// not one datagram.
func divisible(p *packet.Packet, ip wire.IPv4) bool {
	return ip.Flags()&wire.IPv4DontFragment == 0 && p.Segmentation != packet.SegmentUDP
}

// copiedHeader writes the header of ip with those options that every fragment
// has into b, and returns its length.
func copiedHeader(b []byte, ip wire.IPv4) int {
	const copied = 0x80 // flag of an option type
	n := copy(b, ip[:wire.IPv4MinLen])
	for opts := ip.Options(); ; {
		typ, data, rest, err := wire.NextIPv4Option(opts)
		if err != nil || typ == wire.IPv4OptionEnd {
			break
		}
		if typ&copied != 0 {
			b[n], b[n+1] = typ, byte(2+len(data))
			n += 2 + copy(b[n+2:], data)
		}
		opts = rest
	}
	for n%4 != 0 {
		b[n] = wire.IPv4OptionEnd
		n++
	}
	b[0] = 0x40 | byte(n/4)
	return n
}

// copyPayload appends the bytes [off, off+n) of p to q: the first of them, where
// the transport header is, to its head.
func copyPayload(q, p *packet.Packet, off, n int) {
	k := min(n, q.Tailroom())
	p.CopyTo(q.Append(k), off)
	if n > k {
		s := packet.NewSlab(n - k)
		p.CopyTo(s.B[:n-k], off+k)
		q.Attach(s, 0, n-k)
		s.Release()
	}
}
