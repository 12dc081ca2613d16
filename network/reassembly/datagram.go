// Package reassembly puts the fragments of IP datagrams together again, in
// bounded memory.
//
// Each datagram in the making has a slab of 64 KiB that the fragments are copied
// to. What has come is a list of ranges, which merge as they meet: the holes of
// RFC 815 seen from the other side. A fragment that overlaps another one ends its
// datagram (RFC 5722), unless it repeats what is there already byte for byte.
package reassembly

import (
	"bytes"
	"slices"

	"thinnet/clock"
	"thinnet/packet"
)

// span is a run of bytes that have come: [from, to).
type span struct{ from, to int }

// datagram is one datagram in the making.
type datagram struct {
	key      Key
	deadline clock.Time
	slab     *packet.Slab // the payload, from offset 0
	have     []span       // sorted; no two touch
	end      int          // length of the payload; -1: the last fragment has not come
	ecn      uint8        // bit n: a fragment had the ECN field n
	header   [60]byte     // of the fragment at offset 0
	headerN  int          // its length; 0: that fragment has not come
}

// maxSpans bounds the work that one datagram causes: nobody sends so many
// fragments with a hole behind each.
const maxSpans = 128

// insert adds the bytes of p from skip on as the span s. It says why it cannot.
func (d *datagram) insert(p *packet.Packet, skip int, s span, last bool) Reason {
	if last {
		if d.end >= 0 && d.end != s.to || len(d.have) > 0 && d.have[len(d.have)-1].to > s.to {
			return Overlap
		}
	} else if d.end >= 0 && s.to > d.end {
		return Overlap
	}
	// The first span that ends behind the start of s.
	i := 0
	for i < len(d.have) && d.have[i].to <= s.from {
		i++
	}
	if i < len(d.have) && d.have[i].from < s.to {
		if h := d.have[i]; h.from <= s.from && s.to <= h.to && d.equal(p, skip, s) {
			return None // a repetition
		}
		return Overlap
	}
	if len(d.have) == maxSpans {
		return Scattered
	}
	if last {
		d.end = s.to
	}
	p.CopyTo(d.slab.B[s.from:s.to], skip)
	d.have = append(d.have, s)
	copy(d.have[i+1:], d.have[i:])
	d.have[i] = s
	d.merge(i)
	if i > 0 {
		d.merge(i - 1)
	}
	return None
}

// merge makes the spans i and i+1 one if they touch.
func (d *datagram) merge(i int) {
	if i+1 < len(d.have) && d.have[i].to == d.have[i+1].from {
		d.have[i].to = d.have[i+1].to
		d.have = slices.Delete(d.have, i+1, i+2)
	}
}

// equal reports whether the bytes of p from skip on are those of s.
func (d *datagram) equal(p *packet.Packet, skip int, s span) bool {
	var b [256]byte
	for s.from < s.to {
		n := p.CopyTo(b[:min(len(b), s.to-s.from)], skip)
		if n == 0 || !bytes.Equal(b[:n], d.slab.B[s.from:s.from+n]) {
			return false
		}
		s.from, skip = s.from+n, skip+n
	}
	return true
}

// whole reports whether nothing is missing.
func (d *datagram) whole() bool {
	return d.end >= 0 && len(d.have) == 1 && d.have[0] == span{0, d.end}
}
