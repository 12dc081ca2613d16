package stack

import "thinnet/transport/tcp"

// machines are the TCP machines that no connection has. What a user holds of a connection
// is small, and his for as long as he likes; what TCP has to know of it is lent, and comes
// back when the connection has ended and its user has closed it. So short connections, one
// after the other, are no work for the garbage collector.
type machines struct {
	free []*tcp.Conn
	made int      // so many, the last ones in one block
	none tcp.Conn // Closed: what a connection has that gave its own back
}

// maxMachines is how many are kept for the next connections.
const maxMachines = 256

// maxBlock is how many are made at once: the allocator rounds up what they take together,
// and adds to it, only once.
const maxBlock = 28

// borrow returns a machine whose content is undefined.
//
//go:noinline
func (m *machines) borrow() *tcp.Conn {
	if len(m.free) == 0 {
		block := make([]tcp.Conn, min(m.made+1, maxBlock))
		m.made += len(block)
		for i := range block {
			m.free = append(m.free, &block[i])
		}
	}
	last := len(m.free) - 1
	c := m.free[last]
	m.free = m.free[:last]
	return c
}

// giveBack takes back a machine that is Closed and released, and returns what to have in
// its place.
//
//go:noinline
func (m *machines) giveBack(c *tcp.Conn) *tcp.Conn {
	if c != &m.none && len(m.free) < maxMachines {
		m.free = append(m.free, c)
	}
	return &m.none
}
