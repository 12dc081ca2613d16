package tcp

import "thinnet/wire"

// leastSndMSS is the least that Settings.MinSndMSS may be, in bytes: all options that
// there may be, and eight bytes of data.
const leastSndMSS = 48

// OnItsWay reports whether seq is the sequence number of something that was sent and
// not acknowledged. An ICMP message that quotes anything else is not believed: nobody
// on the path can have seen it (RFC 5927, section 4.1).
func (c *Conn) OnItsWay(seq Seq) bool {
	return c.state != Closed && c.sndUna.LessEq(seq) && seq.Less(c.sndNxt)
}

// SetMTU tells of the longest IP packet that arrives whole at the peer, in bytes, as
// far as IP knows (RFC 1191). What was sent in larger segments is sent again; that is
// no sign of congestion.
func (c *Conn) SetMTU(mtu int) {
	mtu = min(mtu, maxPacket)
	if int32(mtu) == c.mtu || c.state == Closed {
		return
	}
	c.mtu = int32(mtu)
	room := c.fo.maxData
	c.fo.fit(mtu - int(c.headerLen))
	if c.state == SynSent && room > 0 && c.fo.sent > c.fo.maxData {
		// The data did not fit: the SYN goes again without it.
		c.fallBack()
		c.synQueued, c.synSent = true, false
	}
	c.fitSegments()
}

// fitSegments sets the segment size to what path and peer take.
func (c *Conn) fitSegments() {
	mss := max(int(min(c.mtu-c.headerLen-wire.TCPMinLen, c.peerMSS)), c.set.MinSndMSS)
	if mss == c.mss {
		return
	}
	c.mss = mss
	if c.cwnd.MSS == 0 {
		return // nothing but SYNs was sent so far
	}
	c.cwnd.MSS = c.segmentSize()
	c.cwnd.Window = max(c.cwnd.Window, c.cwnd.MSS) // otherwise as many bytes as before
	for i := range c.out.live() {
		if r := &c.out.live()[i]; r.segment() > c.cwnd.MSS && r.mark&markSACKed == 0 {
			c.out.setMark(i, markLost, markResent)
		}
	}
}

// segmentSize returns the bytes of payload in a full segment with the options that
// every segment has.
func (c *Conn) segmentSize() int {
	if c.useTS {
		return c.mss - 12
	}
	return c.mss
}
