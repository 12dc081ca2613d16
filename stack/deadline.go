package stack

import "thinnet/clock"

// deadlines is a heap of connections by when they are looked at, which is no later than
// their next timer is due. A deadline that moves later, as with nearly every segment, is
// not said: the connection is found too early once, and put back.
type deadlines struct {
	heap []dueConn
}

// dueConn is a connection and its due, which does not have to be fetched from there.
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

// set sees to it that c is looked at as early as at, which is before c.due.
func (d *deadlines) set(c *TCPConn, at clock.Time) {
	if c.heapIndex < 0 {
		c.heapIndex = int32(len(d.heap))
		d.heap = append(d.heap, dueConn{})
	}
	d.up(int(c.heapIndex), dueConn{at, c})
}

// due takes the first connection out that is due at now, or returns nil.
func (d *deadlines) due(now clock.Time) *TCPConn {
	for len(d.heap) > 0 && d.heap[0].at <= now {
		c := d.heap[0].c
		switch at := c.deadline(); {
		case at <= now:
			d.remove(c)
			return c
		case at == clock.Never:
			d.remove(c)
		default:
			d.down(0, dueConn{at, c})
		}
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
	c.heapIndex, c.due = -1, clock.Never
	if i < last {
		d.down(i, e)
		d.up(int(e.c.heapIndex), e)
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
	e.c.heapIndex, e.c.due = int32(i), e.at
}

// up writes e, whose place is i or further up, to where it belongs: those that it passes move
// down one by one.
func (d *deadlines) up(i int, e dueConn) {
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
func (d *deadlines) down(i int, e dueConn) {
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
