package stack

import "thinnet/clock"

// deadlines is a heap of connections by when their next timer is due. A deadline
// that moves later, as with nearly every segment, is left where it is: the
// connection is found too early once, and put back.
type deadlines struct {
	heap []*TCPConn
}

// first returns when due has something to do.
func (d *deadlines) first() clock.Time {
	if len(d.heap) == 0 {
		return clock.Never
	}
	return d.heap[0].timerAt
}

// set notes that c is due at the instant at; clock.Never takes it out.
func (d *deadlines) set(c *TCPConn, at clock.Time) {
	c.due = at
	switch {
	case c.heapIndex < 0:
		if at == clock.Never {
			return
		}
		c.timerAt = at
		c.heapIndex = len(d.heap)
		d.heap = append(d.heap, c)
		d.up(c.heapIndex)
	case at < c.timerAt:
		c.timerAt = at
		d.up(c.heapIndex)
	}
}

// due takes the first connection out that is due at now, or returns nil.
func (d *deadlines) due(now clock.Time) *TCPConn {
	for len(d.heap) > 0 && d.heap[0].timerAt <= now {
		c := d.heap[0]
		if c.due <= now {
			d.remove(c)
			return c
		}
		if c.due == clock.Never {
			d.remove(c)
			continue
		}
		c.timerAt = c.due
		d.down(0)
	}
	return nil
}

// remove takes c out.
func (d *deadlines) remove(c *TCPConn) {
	i := c.heapIndex
	if i < 0 {
		return
	}
	last := len(d.heap) - 1
	d.swap(i, last)
	d.heap[last] = nil
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
	a, b := d.heap[i], d.heap[j]
	return a.timerAt < b.timerAt || a.timerAt == b.timerAt && a.id < b.id
}

func (d *deadlines) swap(i, j int) {
	h := d.heap
	h[i], h[j] = h[j], h[i]
	h[i].heapIndex, h[j].heapIndex = i, j
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
