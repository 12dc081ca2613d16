package cable

import (
	"thinnet/clock"
	"thinnet/packet"
)

// ring is a queue of frames that arrive one after the other. It keeps its array,
// so that a ring in use allocates nothing.
type ring struct {
	buf  []arrival // its length is a power of two
	head int
	n    int
	last clock.Time // when the frame that was pushed last arrives
}

type arrival struct {
	at clock.Time
	p  packet.Packet
}

// push takes p over, to arrive at at, but not before the frame ahead of it.
func (r *ring) push(p *packet.Packet, at clock.Time) {
	if r.n == len(r.buf) {
		r.grow()
	}
	r.last = max(at, r.last)
	a := &r.buf[(r.head+r.n)&(len(r.buf)-1)]
	a.at, a.p = r.last, *p
	r.n++
}

func (r *ring) grow() {
	buf := make([]arrival, max(2*len(r.buf), 16))
	for i := range r.n {
		buf[i] = r.buf[(r.head+i)&(len(r.buf)-1)]
	}
	r.buf, r.head = buf, 0
}

// next returns when the first frame arrives, Never if there is none.
func (r *ring) next() clock.Time {
	if r.n == 0 {
		return clock.Never
	}
	return r.buf[r.head].at
}

// pop moves the first frame to out and returns its length in bytes.
func (r *ring) pop(out *packet.Batch) int {
	p := &r.buf[r.head].p
	n := p.Len()
	out.Move(p)
	r.head = (r.head + 1) & (len(r.buf) - 1)
	if r.n--; r.n == 0 {
		r.head = 0 // a quiet cable stays with one place, which is in the cache
	}
	return n
}

// clear releases every frame, after f was shown it.
func (r *ring) clear(f func(*packet.Packet)) {
	for i := range r.n {
		p := &r.buf[(r.head+i)&(len(r.buf)-1)].p
		f(p)
		p.Release()
	}
	r.head, r.n, r.last = 0, 0, 0
}
