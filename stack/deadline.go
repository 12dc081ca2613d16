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
	e := d.heap[last]
	d.heap[last] = dueConn{}
	d.heap = d.heap[:last]
	c.heapIndex = -1
	if i < last {
		d.put(i, e)
		d.down(i)
		d.up(i)
	}
}

// before orders connections due at one instant by their age, so that the order in
// which they send does not depend on the shape of the heap.
func (a *dueConn) before(b *dueConn) bool {
	return a.at < b.at || a.at == b.at && a.c.id < b.c.id
}

// put writes e into place i.
func (d *deadlines) put(i int, e dueConn) {
	d.heap[i] = e
	e.c.heapIndex = int32(i)
}

// up moves the entry at i to where it belongs, if that is further up: those that it passes
// move down one by one, and it is written once.
func (d *deadlines) up(i int) {
	e := d.heap[i]
	for i > 0 {
		parent := (i - 1) / 2
		if !e.before(&d.heap[parent]) {
			break
		}
		d.put(i, d.heap[parent])
		i = parent
	}
	d.put(i, e)
}

// down is up in the other direction.
func (d *deadlines) down(i int) {
	e := d.heap[i]
	for {
		m := 2*i + 1
		if m >= len(d.heap) {
			break
		}
		if r := m + 1; r < len(d.heap) && d.heap[r].before(&d.heap[m]) {
			m = r
		}
		if !d.heap[m].before(&e) {
			break
		}
		d.put(i, d.heap[m])
		i = m
	}
	d.put(i, e)
}
