package tcp

import (
	"thinnet/clock"
	"thinnet/wire"
)

// maxCookie is the length of the longest cookie, and minCookie that of the
// shortest, in bytes; it is even (RFC 7413, section 4.1.1).
const minCookie, maxCookie = 4, 16

// FastOpen is a connection's part in TCP Fast Open (RFC 7413), which lets a SYN
// carry data. The zero value is none.
type FastOpen struct {
	// Option puts the option into the SYN, or SYN-ACK, and Cookie into it: 4 to
	// 16 bytes, an even number. A SYN with an empty one asks for a cookie.
	Option bool
	Cookie []byte
	// MaxData is how many bytes may go with the SYN of an active open.
	MaxData int
	// Accept has a passive open take the data of the SYN: the connection can be
	// read and written before the handshake is complete.
	Accept bool
}

// FastOpenReply is what a server's SYN-ACK says about Fast Open.
type FastOpenReply struct {
	Cookie []byte // empty: there was none; valid until the connection's next call
	MSS    int    // of the SYN-ACK, in bytes
	// Lost: the SYN with data, or its answer, was probably lost.
	Lost bool
}

// fastOpen is the state of FastOpen.
type fastOpen struct {
	offered bool // FastOpen was not zero
	option  bool // the next SYN or SYN-ACK has the option
	early   bool // passive: data flows in SYN-RECEIVED
	synData bool // the SYN's data was acknowledged, all of it
	failed  bool // it was counted that it was not
	replied bool // reply is valid
	lost    bool
	cookie  *openCookie // to send, and then the one that was received; nil: none
	maxData int32
	sent    int32 // bytes that went with the SYN
	mss     int32 // of the SYN-ACK
}

// openCookie is what a server gives to a client, who shows it the next time.
type openCookie struct {
	b [maxCookie]byte
	n int
}

// newOpenCookie returns b as a cookie.
func newOpenCookie(b []byte) *openCookie {
	if len(b) == 0 {
		return nil
	}
	c := new(openCookie)
	c.n = copy(c.b[:], b)
	return c
}

func (c *openCookie) bytes() []byte {
	if c == nil {
		return nil
	}
	return c.b[:c.n]
}

func (f *fastOpen) begin(cfg *FastOpen) {
	f.offered = cfg.Option || cfg.MaxData > 0
	f.option, f.maxData = cfg.Option, int32(cfg.MaxData)
	f.cookie = newOpenCookie(cfg.Cookie)
}

// fit bounds what goes with the SYN so that its IP packet, of n bytes behind the IP
// header, has room for all options that there may be.
func (f *fastOpen) fit(n int) {
	f.maxData = max(min(f.maxData, int32(n-wire.TCPMaxLen)), 0)
}

// Early reports whether the connection was opened passively with data in its SYN
// and the handshake is not complete.
func (c *Conn) Early() bool { return c.fo.early && c.state == SynReceived }

// transmits reports whether data may be sent.
func (c *Conn) transmits() bool {
	return c.state.synchronized() && c.state != TimeWait || c.Early()
}

// FastOpenRoom returns how many bytes can go with a SYN that was not sent yet.
func (c *Conn) FastOpenRoom() int { return int(c.fo.maxData) }

// FastOpenReply returns what the SYN-ACK said; ok is false if Fast Open was not
// offered, or there was no SYN-ACK.
func (c *Conn) FastOpenReply() (r FastOpenReply, ok bool) {
	if !c.fo.replied {
		return r, false
	}
	return FastOpenReply{Cookie: c.fo.cookie.bytes(), MSS: int(c.fo.mss), Lost: c.fo.lost}, true
}

// fallBack gives up Fast Open: the SYN goes again without option and data, since
// something on the way may have dropped it for them (RFC 7413, section 4.1.3.1).
func (c *Conn) fallBack() {
	c.fo.option, c.fo.maxData = false, 0
	if c.fo.sent > 0 {
		c.fastOpenFailed()
	}
}

func (c *Conn) fastOpenFailed() {
	if !c.fo.failed {
		c.fo.failed = true
		c.cnt.TCPFastOpenActiveFail++
	}
}

// noteReply keeps what the SYN-ACK says about Fast Open.
func (c *Conn) noteReply(s *Segment) {
	f := &c.fo
	if !f.offered {
		return
	}
	o := &s.Options
	f.replied, f.cookie = true, nil
	if n := len(o.Cookie); o.FastOpen && n >= minCookie && n%2 == 0 {
		f.cookie = newOpenCookie(o.Cookie)
	}
	f.mss = int32(o.MSS)
	if f.mss == 0 {
		f.mss = DefaultMSS
	}
	f.mss = max(f.mss, int32(c.set.MinSndMSS))
	f.lost = f.cookie == nil && f.sent > 0 && s.Ack == c.iss+1 && c.synResent
}

// synAnswered takes the acknowledgement of our SYN, and of the data that went with
// it. Data that is not acknowledged goes again with the first acknowledgement (RFC
// 7413, section 4.2.2): that it was left out is no sign of congestion.
func (c *Conn) synAnswered(ack Seq) {
	c.sndUna = ack
	c.delivered++
	acked := ack.Sub(c.iss + 1)
	c.buf.ack(c.queues, nil, ack)
	if acked > 0 {
		c.traffic().stats.bytesAcked += uint64(acked)
	}
	switch {
	case c.fo.sent == 0:
	case acked == int(c.fo.sent):
		c.fo.synData = true
		c.cnt.TCPFastOpenActive++
	default:
		c.fastOpenFailed()
		*c.out.add(c.queues, &c.traffic().run) = sent{seq: ack, end: c.sndNxt, at: c.synAt, mark: markPush}
		c.out.setMark(0, markLost|markExcused, 0)
	}
}

// acceptEarly takes the data of the SYN s (RFC 7413, section 4.2.2): from now on
// the connection can be read, and written within the window of the SYN.
func (c *Conn) acceptEarly(now clock.Time, s *Segment) {
	c.fo.early = true
	c.startWindow(c.set.InitialWindow)
	c.rcvAdv = c.rcvNxt.Add(c.initialWindow())
	s.Seq++
	s.Flags &^= wire.FlagSYN
	hi := s.Seq.Add(s.Len).Min(c.rcvAdv)
	if c.rcvNxt.Less(hi) {
		n := hi.Sub(c.rcvNxt)
		c.inOrder(s, c.rcvNxt, hi)
		c.fo.synData = true
		d := c.traffic()
		d.lastReceived = now
		d.stats.bytesReceived += uint64(n)
		c.events |= Readable
	}
}

// suspectWay notes that what follows our SYN seems to be dropped, because of Fast Open.
//
//go:noinline // hardly ever happens
func (c *Conn) suspectWay() {
	if c.fo.offered && !c.passive && c.set.FastOpenBlackholeTimeout > 0 {
		c.cnt.TCPFastOpenBlackhole++
		c.events |= FastOpenBlackhole
	}
}

// noteTimeout is told of each retransmission timeout before it counts: after two in a
// row the way is suspected, or sooner if there will be no more.
func (c *Conn) noteTimeout(last bool) {
	if c.retries == 2 || c.retries < 2 && last {
		c.suspectWay()
	}
}

// judgeFastOpen looks back on a connection that the user closes. That the peer's FIN
// came and none of its data did is what a middlebox makes of Fast Open.
func (c *Conn) judgeFastOpen() {
	switch {
	case c.received():
		if c.fo.offered && !c.passive {
			c.events |= FastOpenWorks
		}
	case c.finKnown && !c.gotFIN:
		c.suspectWay()
	}
}

// received reports whether the peer's data has begun to arrive.
func (c *Conn) received() bool { return c.data != nil && c.data.stats.bytesReceived > 0 }
