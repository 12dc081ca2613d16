package cable

import (
	"time"

	"thinnet/packet"
)

// fate is what happens to one frame.
type fate struct {
	lost, duplicated, corrupted, reordered bool
	bit                                    uint64 // which one is turned over, modulo those there are
	delay                                  time.Duration
}

// others is the way past what is drawn behind whether a frame is lost.
var others = one.times(5)

// draw decides a frame's fate. Every frame takes the same number of draws,
// whatever the impairment is, so that changing one probability leaves the rest of
// a replayed run as it was.
func (f *fate) draw(i *Impairment, d *dice) {
	*f = fate{}
	f.lost = d.happens(i.Loss)
	f.delay = i.Delay
	if i.Duplicate == 0 && i.Corrupt == 0 && i.Reorder == 0 && i.Jitter == 0 {
		d.pass(&others)
		return
	}
	f.duplicated = d.happens(i.Duplicate)
	f.corrupted = d.happens(i.Corrupt)
	d.pass(&one)
	f.bit = d.number()
	f.reordered = d.happens(i.Reorder)
	d.pass(&one)
	f.delay = max(f.delay+time.Duration((2*d.fraction()-1)*float64(i.Jitter)), 0)
	if f.reordered {
		f.delay = 0
	}
}

// flip turns one bit of the frame over. A fragment is replaced by a copy first:
// the sender, who may have to send these bytes again, holds the same slab.
func flip(p *packet.Packet, bit uint64) {
	bit %= uint64(p.Len()) * 8
	i, mask := int(bit/8), byte(1)<<(bit%8)
	head := p.Head()
	if i < len(head) {
		head[i] ^= mask
		return
	}
	i -= len(head)
	frags := p.Frags()
	for j := range frags {
		f := &frags[j]
		if i >= int(f.Len) {
			i -= int(f.Len)
			continue
		}
		s := packet.NewSlab(int(f.Len))
		copy(s.B, f.Bytes())
		s.B[i] ^= mask
		f.Slab.Release()
		f.Slab, f.Off = s, 0
		return
	}
}
