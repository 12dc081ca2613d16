package tcp

import "thinnet/packet"

// MemLimits bound what the connections of a host hold in their queues, in bytes,
// as tcp_mem does in pages. What counts is the memory, not the payload: a byte may
// hold a slab of 64 KiB.
type MemLimits struct {
	// Pressure is where the host begins to save: buffers do not grow any more,
	// peers are offered no more than four segments, and a connection that holds
	// its share of High takes next to nothing from its user. Default: 512 MiB.
	Pressure int
	// Low is where that ends. Default: 3/4 of Pressure.
	Low int
	// High is what all of them hold, but for what each is guaranteed: then what
	// came early is thrown away, and after it what comes. Default: 3/2 of
	// Pressure.
	High int
}

func (l MemLimits) withDefaults() MemLimits {
	if l.Pressure == 0 {
		l.Pressure = 512 << 20
		if l.High != 0 {
			l.Pressure = l.High / 3 * 2
		}
	}
	if l.Low == 0 {
		l.Low = l.Pressure / 4 * 3
	}
	if l.High == 0 {
		l.High = l.Pressure / 2 * 3
	}
	return l
}

// guaranteed is how many bytes each direction of a connection may hold whatever the
// others do: the first numbers of tcp_rmem and tcp_wmem. Without it, those who came
// first could silence all others.
const guaranteed = 4096

// Memory is what the connections of one host hold. It is guarded by the host's lock,
// as they are. The nil Memory has no limits.
type Memory struct {
	limits            MemLimits
	maxOrphans, maxTW int
	cnt               *Counters

	held    int64
	pressed bool
	roles   [numRoles]int // how many connections there are of each
}

// NewMemory returns a memory with the limits of s, every field of which must be set:
// see NewSettings. What happens is counted in cnt.
func NewMemory(s *Settings, cnt *Counters) *Memory {
	m := &Memory{cnt: cnt}
	m.SetLimits(s)
	return m
}

// SetLimits replaces the limits by those of s.
func (m *Memory) SetLimits(s *Settings) {
	m.limits, m.maxOrphans, m.maxTW = s.Mem, s.MaxOrphans, s.MaxTWBuckets
	m.charge(0)
}

// MemoryInfo is a look at a host's memory, as /proc/net/sockstat gives it.
type MemoryInfo struct {
	Held     int64 // bytes
	Pressure bool
	Sockets  int // connections that are in use, or orphans
	Orphans  int // those that have no user, and something to bring to an end
	TimeWait int // those in TIME-WAIT, or in FIN-WAIT-2 without a user
}

// Info returns a look at the memory.
func (m *Memory) Info() MemoryInfo {
	orphans := m.roles[roleOrphan]
	return MemoryInfo{m.held, m.pressed, m.roles[roleUser] + orphans, orphans, m.roles[roleWaiting]}
}

// Reserve counts n bytes that a connection is about to take over, before they are there;
// with a negative n they are, or will not come.
func (m *Memory) Reserve(n int) { m.charge(n) }

// charge adds n bytes to what is held.
func (m *Memory) charge(n int) {
	m.held += int64(n)
	switch {
	case m.held <= int64(m.limits.Low):
		m.pressed = false
	case m.held > int64(m.limits.Pressure) && !m.pressed:
		m.pressed = true
		m.cnt.TCPMemoryPressures++
	}
}

// pressure reports whether the host saves.
func (m *Memory) pressure() bool { return m != nil && m.pressed }

// over returns by how many bytes n more would exceed the limit, 0 if they do not.
func (m *Memory) over(n int) int {
	if m == nil {
		return 0
	}
	return int(max(m.held+int64(n)-int64(m.limits.High), 0))
}

// scarce reports whether a connection that holds so many bytes gets no more than is
// guaranteed: it has its share, or there is nothing left to share.
func (m *Memory) scarce(held int) bool {
	return m.pressure() && m.exhausted(held)
}

// exhausted is the rest of scarce, apart so that what is hardly ever asked is not in the way.
//
//go:noinline // hardly ever asked
func (m *Memory) exhausted(held int) bool {
	return m.over(1) > 0 || held >= m.limits.High/max(m.roles[roleUser], 1)
}

// crowded reports whether too many connections wait.
func (m *Memory) crowded() bool { return m != nil && m.roles[roleWaiting] > m.maxTW }

// settle tells the host how much the connection holds.
func (c *Conn) settle() {
	if c.mem == nil {
		return
	}
	held := c.rcvHeld() + int(c.buf.held) + c.out.held()
	if d := held - int(c.held); d != 0 {
		c.held = int32(held)
		c.mem.charge(d)
	}
}

// rcvHeld returns how much memory the receive queues hold.
func (c *Conn) rcvHeld() int {
	if c.early == nil {
		return int(c.in.held)
	}
	return int(c.in.held) + c.early.held + len(c.early.pieces)*pieceSize
}

// sendLimit returns the size of the send buffer, in bytes.
func (c *Conn) sendLimit() int {
	if c.mem.scarce(int(c.held)) {
		return min(int(c.sndSize.bytes), guaranteed)
	}
	return int(c.sndSize.bytes)
}

// sendRoom returns how many bytes the send buffer takes.
func (c *Conn) sendRoom() int {
	n := max(c.sendLimit()-c.buf.len, 0)
	if c.mem.scarce(int(c.held)) {
		n = min(n, packet.SmallSlab) // more would come in a large one
	}
	return n
}

// offer returns how much of free bytes of receive buffer a peer may be offered. Under
// pressure that is four segments (Linux's tcp_under_memory_pressure). What was
// offered before stays offered: see window.
func (c *Conn) offer(free int) int {
	if c.mem.pressure() {
		free = min(free, 4*int(c.advMSS)-c.in.len)
	}
	return free
}

// admit makes room for the bytes [lo, hi) that have arrived, and returns up to where
// they can be taken. What is not taken is not acknowledged, so that the peer sends it
// again: the window was offered in better times, and stays as it is.
func (c *Conn) admit(lo, hi Seq) Seq {
	n := hi.Sub(lo)
	if c.mem.over(n) == 0 {
		return hi
	}
	c.cnt.PruneCalled++
	c.collapse()
	if c.early != nil && c.mem.over(n) > 0 {
		c.pruneEarly(lo, n)
	}
	if c.mem.over(n) == 0 {
		return hi
	}
	if lo != c.rcvNxt {
		c.cnt.TCPOFODrop++
		return lo
	}
	// The peer that sends what comes next must not be stopped for ever by those
	// who hold all there is.
	take := min(n, max(guaranteed-c.in.len, 0))
	if take < n {
		c.cnt.TCPRcvQDrop++
	}
	return lo.Add(take)
}

// pruneEarly throws away what came early, the last first, until there is room for n
// bytes at lo; what comes before them is worth more and stays (Linux's
// tcp_prune_ofo_queue). RFC 2018, section 8, allows it: the sender keeps what was
// SACKed.
func (c *Conn) pruneEarly(lo Seq, n int) {
	pruned := false
	for len(c.early.pieces) > 0 && c.mem.over(n) > 0 {
		if c.early.pieces[len(c.early.pieces)-1].seq.Less(lo) {
			break
		}
		c.early.dropLast()
		c.settle()
		pruned = true
	}
	if !pruned {
		return
	}
	c.cnt.OfoPruned++
	if len(c.early.pieces) == 0 {
		c.dropEarly()
	}
}

// wasteful reports whether the receive queues hold much more memory than bytes: a peer
// that sends pieces of large slabs, or loses what lies between them, could make a
// buffer hold a hundred times its size.
func (c *Conn) wasteful() bool {
	held, n := int(c.in.held), c.in.len
	if c.early != nil {
		held += c.early.held
		n += c.early.len
	}
	slack := 2 * packet.LargeSlab
	if c.mem.pressure() {
		slack = 0
	}
	return held > 4*n+slack
}

// collapse copies what lies thinly in large slabs together.
func (c *Conn) collapse() {
	n := c.in.collapse(c.queues, &c.traffic().arrived)
	if c.early != nil {
		n += c.early.collapse()
	}
	c.cnt.TCPRcvCollapsed += uint64(n)
	c.settle()
}
