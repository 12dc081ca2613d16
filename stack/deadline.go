package stack

import "thinnet/clock"

// deadlines is a heap of connections by when their next timer is due. A deadline
// that moves later, as with nearly every segment, is left where it is: the
// connection is found too early once, and put back.
type deadlines struct {
	heap []dueConn
}

// dueConn is a connection and when it is looked at, which is no later than it is due.
type dueConn struct {
	at clock.Time
	c  *TCPConn
}

// first returns when due has something to do.
func (d *deadlines) first() clock.Time {
	if len(d.heap) == 0 {
		return clock.Never
	}
	return d.heap[0].at
}

// set notes that c is due at the instant at; clock.Never takes it out.
func (d *deadlines) set(c *TCPConn, at clock.Time) {
	c.due = at
	switch {
	case c.heapIndex < 0:
		if at == clock.Never {
			return
		}
		c.heapIndex = int32(len(d.heap))
		d.heap = append(d.heap, dueConn{at, c})
		d.up(int(c.heapIndex))
	case at < d.heap[c.heapIndex].at:
		d.heap[c.heapIndex].at = at
		d.up(int(c.heapIndex))
	}
}

// due takes the first connection out that is due at now, or returns nil.
func (d *deadlines) due(now clock.Time) *TCPConn {
	for len(d.heap) > 0 && d.heap[0].at <= now {
		c := d.heap[0].c
		if c.due <= now {
			d.remove(c)
			return c
		}
		if c.due == clock.Never {
			d.remove(c)
			continue
		}
		d.heap[0].at = c.due
		d.down(0)
	}
	return nil
}

// remove takes c out.
func (d *deadlines) remove(c *TCPConn) {
	i := int(c.heapIndex)
	if i < 0 {
		return
	}
	last := len(d.heap) - 1
	d.swap(i, last)
	d.heap[last] = dueConn{}
	d.heap = d.heap[:last]
	c.heapIndex = -1
	if i < last {
		d.down(i)
		d.up(i)
	}
}

// before orders connections due at one instant by their age, so that the order in
// which they send does not depend on the shape of the heap.
func (d *deadlines) before(i, j int) bool {
	a, b := &d.heap[i], &d.heap[j]
	return a.at < b.at || a.at == b.at && a.c.id < b.c.id
}

func (d *deadlines) swap(i, j int) {
	h := d.heap
	h[i], h[j] = h[j], h[i]
	h[i].c.heapIndex, h[j].c.heapIndex = int32(i), int32(j)
}

func (d *deadlines) up(i int) {
	for i > 0 && d.before(i, (i-1)/2) {
		d.swap(i, (i-1)/2)
		i = (i - 1) / 2
	}
}

func (d *deadlines) down(i int) {
	for {
		m := i
		if l := 2*i + 1; l < len(d.heap) && d.before(l, m) {
			m = l
		}
		if r := 2*i + 2; r < len(d.heap) && d.before(r, m) {
			m = r
		}
		if m == i {
			return
		}
		d.swap(i, m)
		i = m
	}
}
