package packet

// Sizes inside a packet, in bytes.
const (
	// HeadSize is the room for headers and a small payload.
	HeadSize = 192
	// Headroom lies in front of a packet that Reset made: Ethernet with one
	// 802.1Q tag (18) and an IPv4 header with options (60), rounded up so that
	// a transport header behind it starts at a multiple of 8.
	Headroom = 80
	// MaxLen is the longest frame: a 64 KiB IP packet behind its link header.
	MaxLen = 65535 + 18
	// maxFrags is how many pieces of slabs a packet refers to. A TCP segment
	// of 64 KiB crosses at most one boundary between large slabs.
	maxFrags = 2
)

// Frag is a piece of a slab.
type Frag struct {
	Slab     *Slab
	Off, Len int32
}

// Bytes returns the piece. It is read-only unless the caller knows that it
// holds the only reference.
func (f Frag) Bytes() []byte { return f.Slab.B[f.Off : f.Off+f.Len : f.Off+f.Len] }

// Checksum says what is known of a packet's transport checksum.
type Checksum uint8

// States of a transport checksum.
const (
	// ChecksumNone: nothing is known; a receiver verifies it.
	ChecksumNone Checksum = iota
	// ChecksumPartial: the field holds the folded sum of the pseudo-header
	// (not complemented), as Linux's CHECKSUM_PARTIAL; whoever needs the
	// field adds the bytes from ChecksumStart on. It has not left the process
	// where bytes are damaged, so a receiver need not verify it.
	ChecksumPartial
	// ChecksumValid: the field is right, and somebody has verified it.
	ChecksumValid
)

// Segmentation says how a packet larger than a wire takes is to be split.
type Segmentation uint8

// Kinds of segmentation.
const (
	SegmentNone Segmentation = iota // one packet on the wire
	SegmentTCP                      // a TCP super-segment: split every SegmentSize bytes of payload
	SegmentUDP                      // a run of UDP datagrams with a payload of SegmentSize bytes each
)

// Packet is one frame. The zero Packet is empty and has no room: Reset it first.
// See the package documentation for who owns what.
type Packet struct {
	_ [0]func() // packets are not compared, and code for it would be in every program

	start, end uint8 // live bytes of head
	nfrags     uint8

	// Checksum is the state of the transport checksum. With ChecksumPartial,
	// ChecksumStart is the offset of the transport header and ChecksumOffset
	// that of the field within it, both in bytes; ChecksumStart counts from
	// the start of the network header (NetworkOffset).
	Checksum       Checksum
	ChecksumOffset uint8
	// NetworkOffset is where the network header starts, in bytes from the
	// start of Head. Whoever parses or prepends a link header sets it.
	NetworkOffset uint8
	ChecksumStart uint16
	// Segmentation and SegmentSize: see [Segmentation]. SegmentSize is in
	// bytes of transport payload.
	SegmentSize  uint16
	Segmentation Segmentation
	// Interface is the index of the host's interface that the packet came in
	// by or goes out by. It means something only inside a host.
	Interface int32
	// Flow says which of the host's connections and sockets sent the packet: 0, or
	// a number of theirs. It means something only inside a host.
	Flow uint32
	// Mark is the packet mark of Linux's firewall (fwmark), inside a host.
	Mark uint32
	// Note says why the sender sent the packet, or what has happened to it on its
	// way, for whoever captures it; "" if that goes without saying.
	Note string

	frags [maxFrags]Frag // those behind nfrags are zero
	head  [HeadSize]byte
}

// Reset makes the packet empty, with Headroom bytes in front. It does not
// release what the packet held.
func (p *Packet) Reset() {
	if p.nfrags != 0 {
		p.frags, p.nfrags = [maxFrags]Frag{}, 0
	}
	p.start, p.end = Headroom, Headroom
	p.Checksum, p.ChecksumOffset, p.ChecksumStart = ChecksumNone, 0, 0
	p.Segmentation, p.SegmentSize = SegmentNone, 0
	p.NetworkOffset, p.Interface, p.Flow, p.Mark, p.Note = 0, 0, 0, 0, ""
}

// Head returns the bytes that lie in the packet itself: all of its headers. The
// slice is valid until the packet moves.
func (p *Packet) Head() []byte { return p.head[p.start:p.end:p.end] }

// Frags returns the pieces of slabs behind the head.
func (p *Packet) Frags() []Frag { return p.frags[:p.nfrags] }

// Len returns the length of the whole frame in bytes.
func (p *Packet) Len() int { return int(p.end-p.start) + int(p.frags[0].Len+p.frags[1].Len) }

// Prepend grows the head by n bytes at the front and returns them, not cleared.
// It returns nil if there is no room: n is over Headroom less what was
// prepended already, and the tail has no room to move the head back either.
// NetworkOffset moves along.
func (p *Packet) Prepend(n int) []byte {
	if n > int(p.start) && !p.moveBack(n) {
		return nil
	}
	p.start -= uint8(n)
	p.NetworkOffset += uint8(n)
	return p.head[p.start : int(p.start)+n : int(p.start)+n]
}

// moveBack moves the head back to where n bytes fit in front, as encapsulation may need. It
// reports false if they fit nowhere.
//
//go:noinline // hardly ever
func (p *Packet) moveBack(n int) bool {
	shift := HeadSize - int(p.end)
	if n > int(p.start)+shift {
		return false
	}
	copy(p.head[int(p.start)+shift:], p.head[p.start:p.end])
	p.start += uint8(shift)
	p.end += uint8(shift)
	return true
}

// Append grows the head by n bytes at the end and returns them, not cleared. It
// returns nil if there is no room, or if the packet has fragments already.
func (p *Packet) Append(n int) []byte {
	if p.nfrags > 0 || n > HeadSize-int(p.end) {
		return nil
	}
	b := p.head[p.end : int(p.end)+n : int(p.end)+n]
	p.end += uint8(n)
	return b
}

// Tailroom returns how many bytes Append can still add.
func (p *Packet) Tailroom() int {
	if p.nfrags > 0 {
		return 0
	}
	return HeadSize - int(p.end)
}

// Attach adds the bytes [off, off+n) of s behind the packet. It takes a
// reference of its own. It reports false, and does nothing, if the packet has
// no place for another fragment.
func (p *Packet) Attach(s *Slab, off, n int) bool {
	if p.nfrags == maxFrags {
		return false
	}
	s.Retain()
	p.frags[p.nfrags] = Frag{s, int32(off), int32(n)}
	p.nfrags++
	return true
}

// Extend moves the fragments of q behind p, which q's head is no part of, and leaves q
// empty. Pieces that lie side by side become one. It reports false, and does nothing,
// if p has no place for them.
func (p *Packet) Extend(q *Packet) bool {
	last := int(p.nfrags) - 1
	joins := last >= 0 && q.nfrags > 0 && p.frags[last].Slab == q.frags[0].Slab &&
		p.frags[last].Off+p.frags[last].Len == q.frags[0].Off
	n := int(p.nfrags) + int(q.nfrags)
	if joins {
		n--
	}
	if n > maxFrags {
		return false
	}
	rest := q.frags[:q.nfrags]
	if joins {
		p.frags[last].Len += rest[0].Len
		rest[0].Slab.Release()
		rest = rest[1:]
	}
	for _, f := range rest {
		p.frags[p.nfrags] = f
		p.nfrags++
	}
	q.frags, q.nfrags = [maxFrags]Frag{}, 0
	q.start, q.end = Headroom, Headroom
	return true
}

// Write appends b: into the head if it fits there, otherwise into a slab of its
// own. It reports false if the packet has no place for it: b is longer than
// LargeSlab, or the fragments are taken.
func (p *Packet) Write(b []byte) bool {
	if dst := p.Append(len(b)); dst != nil {
		copy(dst, b)
		return true
	}
	if len(b) > LargeSlab || p.nfrags == maxFrags {
		return false
	}
	s := NewSlab(len(b))
	copy(s.B, b)
	p.frags[p.nfrags] = Frag{s, 0, int32(len(b))}
	p.nfrags++
	return true
}

// Load makes the packet the frame s.B[off:off+n], which a device read into s,
// and takes over the caller's reference. The first bytes are copied into the
// head, as many as leave room to prepend; the fragment refers to the rest.
func (p *Packet) Load(s *Slab, off, n int) {
	p.Reset()
	const front = 32 // room to prepend a link header or an encapsulation
	p.start, p.end = front, front
	h := min(n, HeadSize-front)
	copy(p.Append(h), s.B[off:off+h])
	if h == n {
		s.Release()
		return
	}
	p.frags[0] = Frag{s, int32(off + h), int32(n - h)}
	p.nfrags = 1
}

// TrimFront drops n bytes of the head at the front: a header that was dealt
// with. It panics if the head is shorter. NetworkOffset moves along.
func (p *Packet) TrimFront(n int) {
	if n > int(p.end-p.start) {
		panic("packet: TrimFront beyond the head")
	}
	p.start += uint8(n)
	p.NetworkOffset -= min(uint8(n), p.NetworkOffset)
}

// Truncate drops what is behind the first n bytes of the frame: padding.
func (p *Packet) Truncate(n int) {
	h := int(p.end - p.start)
	if n < h {
		p.end = p.start + uint8(n)
	}
	n -= h
	for i := range int(p.nfrags) {
		f := &p.frags[i]
		if n <= 0 {
			p.dropFrags(i)
			return
		}
		f.Len = min(f.Len, int32(n))
		n -= int(f.Len)
	}
}

// dropFrags releases the fragments from i on.
func (p *Packet) dropFrags(i int) {
	for j := i; j < int(p.nfrags); j++ {
		p.frags[j].Slab.Release()
		p.frags[j] = Frag{}
	}
	p.nfrags = uint8(i)
}

// Pull makes the first n bytes of the frame lie in the head, copying from the
// fragments as needed, and returns the head. It returns nil if the frame is
// shorter than n or the head has no room for n bytes (at least HeadSize-Headroom,
// and enough for Ethernet, IPv4 and TCP with all their options in a packet that
// Load made).
func (p *Packet) Pull(n int) []byte {
	have := int(p.end - p.start)
	if n <= have {
		return p.Head()
	}
	if n > p.Len() || n > HeadSize {
		return nil
	}
	if n > HeadSize-int(p.start) {
		copy(p.head[:], p.head[p.start:p.end])
		p.start, p.end = 0, uint8(have)
	}
	for have < n {
		f := &p.frags[0]
		c := min(n-have, int(f.Len))
		copy(p.head[p.end:], f.Bytes()[:c])
		p.end += uint8(c)
		have += c
		f.Off += int32(c)
		f.Len -= int32(c)
		if f.Len == 0 {
			f.Slab.Release()
			p.frags[0] = p.frags[1]
			p.frags[1] = Frag{}
			p.nfrags--
		}
	}
	return p.Head()
}

// CopyTo copies the frame into dst, from byte off of the frame on, and returns
// how many bytes it copied: the rest of the frame, or len(dst).
func (p *Packet) CopyTo(dst []byte, off int) int {
	n := 0
	if h := p.Head(); off < len(h) {
		n = copy(dst, h[off:])
		off = 0
	} else {
		off -= len(h)
	}
	for i := range int(p.nfrags) {
		b := p.frags[i].Bytes()
		if off >= len(b) {
			off -= len(b)
			continue
		}
		n += copy(dst[n:], b[off:])
		off = 0
	}
	return n
}

// MoveTo makes dst what p is, which is empty afterwards. It does not release what dst
// held. Of the head it copies what is used: most packets are short.
func (p *Packet) MoveTo(dst *Packet) {
	p.copyTo(dst)
	if p.nfrags != 0 {
		p.frags, p.nfrags = [maxFrags]Frag{}, 0
	}
	p.start, p.end = Headroom, Headroom
}

// copyTo makes dst what p is, without references of its own.
func (p *Packet) copyTo(dst *Packet) {
	if p.nfrags|dst.nfrags != 0 {
		dst.frags = p.frags
	}
	dst.start, dst.end, dst.nfrags = p.start, p.end, p.nfrags
	dst.Checksum, dst.ChecksumOffset, dst.ChecksumStart = p.Checksum, p.ChecksumOffset, p.ChecksumStart
	dst.NetworkOffset, dst.Segmentation, dst.SegmentSize = p.NetworkOffset, p.Segmentation, p.SegmentSize
	dst.Interface, dst.Flow, dst.Mark, dst.Note = p.Interface, p.Flow, p.Mark, p.Note
	copy(dst.head[dst.start:dst.end], p.head[p.start:p.end])
}

// CloneTo makes dst a second packet with the same bytes. The head is copied, the
// slabs are shared.
func (p *Packet) CloneTo(dst *Packet) {
	p.copyTo(dst)
	for i := range int(p.nfrags) {
		p.frags[i].Slab.Retain()
	}
}

// CloneRange makes dst a packet of the first header bytes of p and then the n
// bytes of the frame from off on: a segment, or a fragment. What lies in the
// head is copied, slabs are shared. It panics unless header bytes lie in the
// head, off is header or more, and off+n is within the frame.
func (p *Packet) CloneRange(dst *Packet, header, off, n int) {
	h := int(p.end - p.start)
	if header > h || off < header || off+n > p.Len() {
		panic("packet: CloneRange beyond the packet")
	}
	dst.Checksum, dst.ChecksumOffset, dst.NetworkOffset = p.Checksum, p.ChecksumOffset, p.NetworkOffset
	dst.ChecksumStart, dst.SegmentSize, dst.Segmentation = p.ChecksumStart, p.SegmentSize, p.Segmentation
	dst.Interface, dst.Flow, dst.Mark, dst.Note = p.Interface, p.Flow, p.Mark, p.Note
	dst.frags, dst.nfrags = [maxFrags]Frag{}, 0
	dst.start, dst.end = p.start, p.start+uint8(header)
	copy(dst.head[dst.start:dst.end], p.head[p.start:])
	if off < h {
		c := copy(dst.head[dst.end:], p.Head()[off:min(h, off+n)])
		dst.end += uint8(c)
		off += c
		n -= c
	}
	off -= h
	for _, f := range p.Frags() {
		if n == 0 {
			return
		}
		if off >= int(f.Len) {
			off -= int(f.Len)
			continue
		}
		c := min(n, int(f.Len)-off)
		dst.Attach(f.Slab, int(f.Off)+off, c)
		off = 0
		n -= c
	}
}

// Release ends the packet: its references go, and it is empty.
func (p *Packet) Release() {
	if p.nfrags != 0 {
		p.dropFrags(0)
	}
	p.start, p.end = Headroom, Headroom
}
