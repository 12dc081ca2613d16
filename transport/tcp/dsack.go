package tcp

import "thinnet/wire"

// reportDuplicate has the next acknowledgement say that the bytes [left, right)
// arrived twice (RFC 2883).
func (c *Conn) reportDuplicate(left, right Seq) {
	if !c.useSACK || !left.Less(right) {
		return
	}
	if right.LessEq(c.rcvNxt) {
		c.cnt.TCPDSACKOldSent++
	} else {
		c.cnt.TCPDSACKOfoSent++
	}
	c.traffic().dup = wire.SACKBlock{Left: uint32(left), Right: uint32(right)}
	c.dupPending = true
}

// putSACK fills in the blocks of an acknowledgement: a duplicate first, then what
// came too early.
func (c *Conn) putSACK(o *wire.TCPOptions) {
	n := 0
	if c.dupPending {
		c.dupPending = false
		o.SACK[0] = c.traffic().dup
		n = 1
	}
	if c.early != nil {
		n = c.early.blocks(&o.SACK, n)
	}
	o.NumSACK = uint8(n)
}
