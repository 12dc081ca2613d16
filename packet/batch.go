package packet

import (
	"cmp"
	"slices"
)

// Batch is a run of packets that travel together. It keeps its array when it is
// emptied, so that a batch in use allocates nothing. The zero Batch is empty and
// ready.
type Batch struct {
	p []Packet

	clock any   // see Stamp
	at    int64 // an instant of clock

	bell *Doorbell
}

// SetDoorbell notes whose batch it is, for whoever is handed the very same one, at once.
func (b *Batch) SetDoorbell(d *Doorbell) { b.bell = d }

// Doorbell returns the doorbell of who has written the batch, or nil if nobody said.
func (b *Batch) Doorbell() *Doorbell { return b.bell }

// Stamp notes that the batch is written at an instant of a clock, in its units. Whoever
// is handed the very same batch, at once, can do without reading that clock: on many
// machines that takes longer than a packet's way through a host. Clocks are compared, so
// what they are must be comparable.
func (b *Batch) Stamp(clock any, at int64) { b.clock, b.at = clock, at }

// Stamped returns the instant of a clock at which the batch was written, and false if
// nobody has said, or by another clock.
func (b *Batch) Stamped(clock any) (at int64, ok bool) { return b.at, b.clock == clock }

// Len returns the number of packets.
func (b *Batch) Len() int { return len(b.p) }

// At returns the i-th packet, valid until the batch changes.
func (b *Batch) At(i int) *Packet { return &b.p[i] }

// New appends an empty packet (see [Packet.Reset]) and returns it. It is valid
// until the batch changes.
func (b *Batch) New() *Packet {
	n := len(b.p)
	if n == cap(b.p) {
		b.enlarge()
	}
	b.p = b.p[:n+1]
	p := &b.p[n]
	p.Reset()
	return p
}

// CloneRange appends what [Packet.CloneRange] makes of p, and returns it, valid until the
// batch changes. p is not in the batch.
func (b *Batch) CloneRange(p *Packet, header, off, n int) *Packet {
	q := b.grow()
	p.CloneRange(q, header, off, n)
	return q
}

// grow appends a packet with undefined content.
func (b *Batch) grow() *Packet {
	n := len(b.p)
	if n == cap(b.p) {
		b.enlarge()
	}
	b.p = b.p[:n+1]
	return &b.p[n]
}

// enlarge makes room for a packet, which is rare.
//
//go:noinline
func (b *Batch) enlarge() { b.p = append(b.p, Packet{})[:len(b.p)] }

// Move appends p; the batch then owns its references, and *p is empty.
func (b *Batch) Move(p *Packet) { p.MoveTo(b.grow()) }

// MoveAll appends all packets of src, which is empty afterwards. If b is empty
// the two swap their arrays.
func (b *Batch) MoveAll(src *Batch) {
	if len(b.p) == 0 {
		b.p, src.p = src.p, b.p
		return
	}
	b.append(src)
}

// append is MoveAll if there is something to append to, which is rare.
//
//go:noinline
func (b *Batch) append(src *Batch) {
	b.p = append(b.p, src.p...)
	src.p = src.p[:0]
}

// MoveAllByFlow is MoveAll, but in the order of the packets' flows; those of one flow
// stay in order.
func (b *Batch) MoveAllByFlow(src *Batch) {
	sorted := make([]*Packet, len(src.p)) // pointers: sorting packets would move them about
	for i := range src.p {
		sorted[i] = &src.p[i]
	}
	slices.SortStableFunc(sorted, func(x, y *Packet) int { return cmp.Compare(x.Flow, y.Flow) })
	b.p = slices.Grow(b.p, len(sorted))
	for _, p := range sorted {
		b.p = append(b.p, *p)
	}
	src.p = src.p[:0]
}

// IsLast reports whether p lies in the batch, as the last packet.
func (b *Batch) IsLast(p *Packet) bool { return len(b.p) > 0 && p == &b.p[len(b.p)-1] }

// TakeLast moves the last packet to p, which must be empty.
func (b *Batch) TakeLast(p *Packet) {
	b.p[len(b.p)-1].MoveTo(p)
	b.Drop()
}

// Drop forgets the last packet without releasing it: it was empty, or has moved.
func (b *Batch) Drop() { b.p = b.p[:len(b.p)-1] }

// Clear empties the batch without releasing its packets: each has moved or was
// released already.
func (b *Batch) Clear() { b.p = b.p[:0] }

// Release releases every packet and empties the batch.
func (b *Batch) Release() {
	for i := range b.p {
		b.p[i].Release()
	}
	b.p = b.p[:0]
}
