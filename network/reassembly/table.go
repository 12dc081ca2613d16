package reassembly

import (
	"cmp"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"thinnet/clock"
	"thinnet/packet"
	"thinnet/wire"
)

// Timeout is how long a datagram waits for its fragments: Linux's
// ipfrag_time (RFC 1122, section 3.3.2, asks for 60 to 120 s).
const Timeout = 30 * time.Second

// Key says which fragments belong together (RFC 791, section 3.2).
type Key struct {
	Src, Dst netip.Addr
	Protocol wire.Protocol
	ID       uint16
}

// Reason says why fragments were dropped.
type Reason uint8

// Reasons.
const (
	None      Reason = iota
	Malformed        // no payload, or one that is not the last and no multiple of 8 long
	TooLong          // the datagram would be longer than 65535 bytes: the ping of death
	Overlap          // fragments overlap, or contradict each other: teardrop
	Scattered        // more holes than an honest sender leaves
	Mixed            // ECN-capable and not: RFC 3168, section 5.3
	numReasons
)

var reasonNames = [numReasons]string{
	"none", "malformed", "too long", "overlap", "scattered", "mixed ECN",
}

// String returns the reason in words.
func (r Reason) String() string {
	if r < numReasons {
		return reasonNames[r]
	}
	return "Reason(" + strconv.Itoa(int(r)) + ")"
}

// Table is the datagrams in the making of one host.
type Table struct {
	max   int
	index map[Key]*datagram
	order []*datagram // the oldest first, which is also due first
}

// New returns a table that holds at most max datagrams, of 64 KiB each; 0: 64
// datagrams, which makes the 4 MiB of Linux's ipfrag_high_thresh.
func New(max int) *Table {
	return &Table{max: cmp.Or(max, 64), index: map[Key]*datagram{}}
}

// Len returns the number of datagrams in the making.
func (t *Table) Len() int { return len(t.order) }

// Deadline returns when Tick has something to do.
func (t *Table) Deadline() clock.Time {
	if len(t.order) == 0 {
		return clock.Never
	}
	return t.order[0].deadline
}

// Result is what became of a fragment.
type Result struct {
	// Whole: the packet is now the whole datagram.
	Whole bool
	// Reason says why the fragment was dropped, and its datagram with it, if
	// it was.
	Reason Reason
	// Evicted: the oldest datagram was given up to make room for this one.
	Evicted bool
}

// Add takes over p, a fragment that starts with the IP header h, which lies in
// its head; p ends where the header says. If the datagram is whole now, p is it:
// the header of its first fragment without a trace of fragmentation, and the
// payload. Otherwise p is released.
func (t *Table) Add(now clock.Time, p *packet.Packet, h wire.IPv4) Result {
	from, n := h.Offset(), p.Len()-h.HeaderLen()
	to, last := from+n, h.Flags()&wire.IPv4MoreFragments == 0
	k := Key{h.Src(), h.Dst(), h.Protocol(), h.ID()}
	d := t.index[k]
	switch {
	case n <= 0 || !last && n%8 != 0:
		p.Release()
		return Result{Reason: Malformed}
	case to > 65535-h.HeaderLen():
		p.Release()
		return Result{Reason: TooLong}
	}
	evicted := false
	if d == nil {
		d, evicted = t.make(now, k)
	}
	if from == 0 && d.headerN == 0 {
		d.headerN = copy(d.header[:], h)
	}
	d.ecn |= 1 << (h.TOS() & 3)
	reason := d.insert(p, h.HeaderLen(), span{from, to}, last)
	p.Release()
	const notECT, ce = 1 << 0, 1 << 3
	switch {
	case reason != None:
	case d.ecn&notECT != 0 && d.ecn&ce != 0:
		reason = Mixed
	case d.end > 65535-d.headerN:
		reason = TooLong
	case d.whole():
		t.remove(d)
		d.finish(p)
		return Result{Whole: true, Evicted: evicted}
	}
	if reason != None {
		t.remove(d)
		d.slab.Release()
	}
	return Result{Reason: reason, Evicted: evicted}
}

// make adds a datagram, in place of the oldest if there is no room.
func (t *Table) make(now clock.Time, k Key) (d *datagram, evicted bool) {
	if len(t.order) >= t.max {
		oldest := t.order[0]
		t.remove(oldest)
		oldest.slab.Release()
		evicted = true
	}
	d = &datagram{key: k, deadline: now.Add(Timeout), slab: packet.NewSlab(packet.LargeSlab), end: -1}
	t.index[k] = d
	t.order = append(t.order, d)
	return d, evicted
}

func (t *Table) remove(d *datagram) {
	delete(t.index, d.key)
	i := slices.Index(t.order, d)
	t.order = slices.Delete(t.order, i, i+1)
}

// finish makes p the whole datagram.
func (d *datagram) finish(p *packet.Packet) {
	in, mark := p.Interface, p.Mark
	p.Reset()
	p.Interface, p.Mark = in, mark
	h := wire.IPv4(p.Append(d.headerN))
	copy(h, d.header[:d.headerN])
	h.SetTotalLen(d.headerN + d.end)
	h.SetFragment(0, 0)
	if ce := uint8(3); d.ecn&(1<<ce) != 0 && h.TOS()&3 != ce {
		h[1] |= ce
		h.SetChecksum()
	}
	p.Attach(d.slab, 0, d.end)
	d.slab.Release()
}

// Tick gives up the datagrams whose time is over. It calls expired for each;
// p is what is there of the first fragment, header and payload as they came, and
// empty if it never came. p is released afterwards.
func (t *Table) Tick(now clock.Time, expired func(p *packet.Packet)) {
	for len(t.order) > 0 && t.order[0].deadline <= now {
		d := t.order[0]
		t.remove(d)
		var p packet.Packet
		p.Reset()
		if d.headerN > 0 {
			copy(p.Append(d.headerN), d.header[:d.headerN])
			p.Attach(d.slab, 0, d.have[0].to)
		}
		d.slab.Release()
		expired(&p)
		p.Release()
	}
}

// Release gives up everything.
func (t *Table) Release() {
	for _, d := range t.order {
		d.slab.Release()
	}
	t.index = make(map[Key]*datagram)
	t.order = nil
}
