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
	if mtu != int(c.mtu) {
		c.changeMTU(min(mtu, maxPacket))
	}
}

// changeMTU is SetMTU for what may be news.
func (c *Conn) changeMTU(mtu int) {
	if mtu == int(c.mtu) || c.state == Closed {
		return
	}
	grown := mtu > int(c.mtu)
	c.mtu = int32(mtu)
	room := c.fo.maxData
	c.fo.fit(mtu - int(c.headerLen))
	if c.state == SynSent && room > 0 && c.fo.sent > c.fo.maxData {
		// The data did not fit: the SYN goes again without it. The way back is
		// likely to be as narrow.
		c.advMSS = max(min(c.advMSS, int32(mtu-c.headers())), int32(c.set.MinSndMSS))
		c.fallBack()
		c.synQueued, c.synSent = true, false
	}
	if s := c.search(); s != nil {
		s.reach(c.longest(), grown)
	}
	c.fitSegments()
	if !grown && c.cwnd.MSS != 0 {
		c.loseLonger(max(mtu-c.overhead(), c.cwnd.MSS))
	}
}

// fitSegments sets the segment size to what path and peer take.
func (c *Conn) fitSegments() {
	mtu := int(c.mtu)
	if s := c.search(); s != nil {
		mtu = min(mtu, s.size)
	}
	c.mss = max(min(mtu-c.headers(), int(c.peerMSS)), c.set.MinSndMSS)
	if c.cwnd.MSS != 0 { // there is a window
		c.cwnd.MSS = c.segmentSize()
		c.cwnd.Window = max(c.cwnd.Window, c.cwnd.MSS) // otherwise as many bytes as before
	}
}

// loseLonger takes what was sent in segments of more than n bytes of payload for lost.
func (c *Conn) loseLonger(n int) {
	for i := range c.out.live() {
		if r := &c.out.live()[i]; r.segment() > n && r.mark&markSACKed == 0 {
			c.out.setMark(i, markLost|markExcused, markResent)
		}
	}
}

// headers returns the bytes of a packet's headers, without options.
func (c *Conn) headers() int { return int(c.headerLen) + wire.TCPMinLen }

// overhead returns the bytes of a packet besides the payload, without the options that
// few segments have. It is valid once data can be sent.
func (c *Conn) overhead() int { return c.headers() + c.mss - c.cwnd.MSS }

// longest returns the longest packet that the path may take, as far as IP and the peer
// have said.
func (c *Conn) longest() int { return min(int(c.mtu), int(c.peerMSS)+c.headers()) }

// segmentSize returns the bytes of payload in a full segment with the options that
// every segment has.
func (c *Conn) segmentSize() int {
	if c.useTS {
		return c.mss - 12
	}
	return c.mss
}
