package tcp

import (
	"net/netip"
	"syscall"
	"time"

	"thinnet/clock"
	"thinnet/packet"
	"thinnet/transport/tcp/congestion"
	"thinnet/wire"
)

// DefaultMSS is the maximum segment size to assume of a peer that does not say,
// in bytes (RFC 9293, MUST-15).
const DefaultMSS = 536

// maxPacket is the longest IP packet, whatever an interface takes, in bytes.
const maxPacket = 65535

// maxScale is the largest window shift (RFC 7323, section 2.3).
const maxScale = 14

// Sink takes the segments that a connection sends.
type Sink interface {
	// Packet returns an empty packet to write a segment into. It is the
	// connection's until the next call.
	Packet() *packet.Packet
	// Send sends the packet that Packet returned: a TCP header, with the sum
	// of the pseudo-header in its checksum field, and the payload.
	// tos is the ECN field that its IP header is to have (RFC 3168).
	Send(p *packet.Packet, tos uint8)
}

// Events say what happened to a connection that its user may wait for.
type Events uint8

// Events of a connection.
const (
	// Readable: there is more to read, or no more will come.
	Readable Events = 1 << iota
	// Writable: the send buffer has room again, or nothing more can be sent.
	Writable
	// Connected: the connection reached Established.
	Connected
	// Finished: the state is Closed, and nothing will be sent any more. The
	// connection can be forgotten.
	Finished
	// FastOpenBlackhole: something on the way seems to drop what follows a SYN
	// with TCP Fast Open (RFC 7413, section 7.2).
	FastOpenBlackhole
	// FastOpenWorks: data came by a connection that was opened with Fast Open.
	FastOpenWorks
)

// Config is what a connection needs to begin.
type Config struct {
	Local, Remote netip.AddrPort
	Settings      *Settings // with every field set: see NewSettings
	Counters      *Counters
	Queues        *Queues // of the host; nil: the connection's own
	Memory        *Memory // of the host; nil: there are no limits
	ISS           Seq     // initial send sequence number: see ISN
	TSOffset      uint32  // added to every timestamp (RFC 7323, section 5.4)
	// MTU is the longest IP packet on the way to the peer, in bytes, as far as
	// it is known, and HeaderLen the length of the IP header. MaxSegmented is
	// the longest packet that the interface takes as a super-segment.
	MTU, HeaderLen, MaxSegmented int
	NoDelay                      bool
	FastOpen                     FastOpen
	// PathKnown: MTU is what a route or a router has told of the path, and not just
	// what its first link takes.
	PathKnown bool
}

// NewSettings returns s with defaults for what is not set.
func NewSettings(s Settings) *Settings {
	s.setDefaults()
	return &s
}

// Conn is one connection. The zero Conn is Closed; Open or OpenPassive start it.
type Conn struct {
	_ [0]func() // connections are not compared: the code for it would be the largest of its kind

	cnt    *Counters
	queues *Queues
	mem    *Memory

	events    Events
	passive   bool // came from a listener
	cookie    bool // its SYN-ACK was a cookie: when it was sent is not known
	rstQueued bool // Abort: an RST is to be sent, then all is over
	synQueued bool // a SYN is to be sent, again
	synSent   bool // the SYN or SYN-ACK of this state was sent
	synResent bool // and sent again
	deferred  bool // its acknowledgement was dropped: see defers
	ackNow    bool // an acknowledgement is to be sent with the next Output
	probeNow  bool // a segment that provokes an acknowledgement is to be sent
	noDelay   bool // Nagle's algorithm is off
	pathKnown bool // see Config
	finKnown  bool // the peer's FIN is at finAt, perhaps ahead of what arrived
	limited   bool // the congestion window kept Output from sending
	pingPong  bool // the user answers what arrives: acknowledgements wait for it
	smallSent bool // smallEnd is valid
	override  bool // a small segment goes now, since waiting has not helped
	cork      bool // the user holds small segments back
	more      bool // the user has more to write at once
	pushNow   bool // a small segment goes now, since the user wants it to

	dupPending   bool // the next acknowledgement reports a duplicate (RFC 2883)
	probeTailNow bool // the probe timer fired
	newFirst     bool // F-RTO: new data goes before what was taken for lost
	lossTimer    lossTimer

	pacing    bool // what could be sent waits for its turn
	ecnSeen   bool // a segment came that was ECN-capable
	offerECN  bool // our SYN offers it
	cwrQueued bool // the peer is to be told that we have

	dupAcks  uint8
	backoff  uint8  // how often the timeout is doubled
	retries  uint8  // timeouts in a row without an answer
	probes   uint8  // keepalive probes without an answer
	moreAcks uint8  // acknowledgements to send besides the one of ackNow
	sentSize uint16 // bytes of payload in a full one of the segments sent last
	quick    int16  // segments still to acknowledge at once

	Remnant // the rest is not needed any more in TIME-WAIT

	err error // why the connection ended

	// Send sequence space (RFC 9293, section 3.3.1).
	iss        Seq
	roundEnd   Seq // when this is acknowledged, a round trip is over
	smallEnd   Seq // end of the last segment sent that was not full (Nagle)
	maxOutSeq  Seq // maxOut was measured before this was sent
	dupEnd     Seq // SND.NXT when the first of the duplicate acknowledgements came
	mss        int // bytes of payload and options that fit in a segment
	renoSacked int // bytes that duplicate acknowledgements without SACK stand for
	cwnd       congestion.State
	recovery   recovery
	tlp        tlp
	rtt        rttEstimator
	buf        sendBuffer
	out        inflight
	sndSize    sendSize
	held       int32 // bytes of memory that the host has counted

	// Receive sequence space.
	irs     Seq
	finAt   Seq
	unacked int32 // bytes received since the last acknowledgement
	in      recvBuffer
	early   *reorderQueue // nil: nothing came too early

	// Timers; clock.Never: off.
	rtoAt  clock.Time // retransmission, or persist when nothing is in flight
	lossAt clock.Time // RACK's reordering timer, or TLP's probe timer
	ackAt  clock.Time
	keepAt clock.Time
	stuck  clock.Time // since when nothing gets through; 0: it does

	synAt clock.Time // the SYN or SYN-ACK was first sent
	keep  *KeepAlive

	segsIn, segsOut uint32
	delivered       uint32 // segments, the SYN included
	maxOut          int32  // most bytes in flight in the last window
	fo              fastOpen
	data            *traffic // nil: there was none yet
}

// KeepAlive says when an idle connection is probed (RFC 9293, section 3.8.4).
type KeepAlive struct {
	Idle     time.Duration // before the first probe
	Interval time.Duration // between probes
	Count    int           // probes without an answer until the connection is given up
}

// overlaid returns k with the fields of l that are not zero.
func (k KeepAlive) overlaid(l KeepAlive) KeepAlive {
	if l.Idle != 0 {
		k.Idle = l.Idle
	}
	if l.Interval != 0 {
		k.Interval = l.Interval
	}
	if l.Count != 0 {
		k.Count = l.Count
	}
	return k
}

// newControl returns an algorithm by its name, which Settings.Check has looked at.
func newControl(name string) congestion.Controller {
	control, err := congestion.New(name)
	if err != nil {
		panic("tcp: " + err.Error())
	}
	return control
}

// controller returns the congestion control. It is made when the window first limits what
// is sent, or something is lost, not before: most of what is half open may be an
// attacker's, much of what is open is idle, and many who speak say little.
//
//go:noinline // asked for in many places
func (c *Conn) controller() congestion.Controller {
	d := c.traffic()
	if d.control == nil {
		d.control = newControl(c.set.CongestionControl)
	}
	return d.control
}

// startWindow begins congestion control with a window of so many segments.
func (c *Conn) startWindow(segments int) {
	c.cwnd = congestion.NewState(c.segmentSize(), segments)
}

func (c *Conn) init(cfg *Config) {
	*c = Conn{} // and not with what follows, which would be built somewhere else and copied
	c.set, c.cnt, c.queues, c.mem = cfg.Settings, cfg.Counters, cfg.Queues, cfg.Memory
	c.localPort, c.remotePort = cfg.Local.Port(), cfg.Remote.Port()
	c.noDelay, c.pathKnown, c.tsOffset = cfg.NoDelay, cfg.PathKnown, cfg.TSOffset
	c.iss, c.sndUna, c.sndNxt = cfg.ISS, cfg.ISS, cfg.ISS
	c.headerLen = int32(cfg.HeaderLen)
	c.rtoAt, c.lossAt, c.ackAt, c.keepAt, c.waitAt = clock.Never, clock.Never, clock.Never, clock.Never, clock.Never
	c.rcvBufSize, c.rcvMSS = cfg.Settings.RcvBuf, DefaultMSS
	c.sndSize.bytes = int32(cfg.Settings.SndBuf)
	c.quick = int16(max(cfg.Settings.QuickAck, 0))
	c.offerECN = cfg.Settings.ECN == ECNOn
	if c.queues == nil {
		c.queues = new(Queues)
	}
	c.become(roleUser)
	c.pseudo = wire.Fold(wire.PseudoHeader(cfg.Local.Addr(), cfg.Remote.Addr(), wire.ProtocolTCP, 0))
	c.mtu, c.peerMSS = int32(min(cfg.MTU, maxPacket)), DefaultMSS
	c.advMSS = c.mtu - c.headerLen - wire.TCPMinLen
	if n := cfg.Settings.MaxSegment; n != 0 {
		c.advMSS = min(c.advMSS, int32(n))
	}
	c.advMSS = max(c.advMSS, int32(c.set.MinSndMSS))
	c.fitSegments()
	c.SetMaxSegmented(cfg.MaxSegmented)
	c.fo.begin(&cfg.FastOpen)
	c.fo.fit(int(c.mtu - c.headerLen))
	c.buf.base = c.iss.Add(1)
	c.roundEnd = c.iss
	if !cfg.Settings.NoWindowScaling {
		// The user may make the buffer 32 times as large and still have all of
		// it offered.
		most := c.clamped(max(32*c.rcvBufSize, cfg.Settings.RcvBufMax))
		for c.rcvScale < maxScale && 65535<<c.rcvScale < most {
			c.rcvScale++
		}
	}
}

// SetMaxSegmented sets the longest IP packet that the interface takes as a
// super-segment, in bytes; 0 if it takes none.
func (c *Conn) SetMaxSegmented(n int) {
	c.maxSegment = max(int32(n)-c.headerLen-wire.TCPMinLen, 0)
}

// Open sends a SYN: the active OPEN call of RFC 9293, section 3.10.1.
func (c *Conn) Open(now clock.Time, cfg *Config) {
	c.init(cfg)
	c.cnt.ActiveOpens++
	c.state = SynSent
	c.synQueued = true
	c.lastReceived = now
}

// Ports returns the ports of the two ends.
func (c *Conn) Ports() (local, remote uint16) { return c.localPort, c.remotePort }

// Err returns why the connection ended, nil for an orderly end or none yet. It
// is ECONNREFUSED, ECONNRESET, ETIMEDOUT, or what an ICMP message said.
func (c *Conn) Err() error { return c.err }

// TakeEvents returns what happened since the last call.
func (c *Conn) TakeEvents() Events {
	e := c.events
	c.events = 0
	return e
}

// --- sending

// SendSpace returns how many bytes the send buffer still takes: 0 if the user
// has closed his side.
func (c *Conn) SendSpace() int {
	if c.finQueued || !(c.state.canSend() || c.state == SynSent || c.state == SynReceived) {
		return 0
	}
	return min(c.sendRoom(), c.notSentRoom())
}

// SendClosed reports whether nothing can be sent any more.
func (c *Conn) SendClosed() bool {
	return c.finQueued || c.state == Closed || c.rstQueued
}

// Tail returns the slab that the last byte written lies in, with a reference for
// the caller, and the offset of the free bytes behind it; or nil if there is
// none. The caller may fill them and hand them over with Append.
func (c *Conn) Tail() (s *packet.Slab, off int) {
	c.spill()
	return c.buf.tail()
}

// Append takes over the bytes [off, off+n) of s, and the caller's reference. n is
// at most SendSpace.
func (c *Conn) Append(s *packet.Slab, off, n int) {
	c.spill()
	c.buf.append(c.queues, s, off, n)
}

// SendQueue returns how many bytes are not acknowledged, sent or not.
func (c *Conn) SendQueue() int { return c.buf.len }

// NoDelay turns Nagle's algorithm off, or on. Turned off, it pushes what it or Cork
// holds back.
func (c *Conn) NoDelay(off bool) { c.noDelay, c.pushNow = off, off }

// SetKeepAlive has the connection probed when it is idle; nil ends that. For
// fields that are zero the settings' are taken; none may be negative.
func (c *Conn) SetKeepAlive(now clock.Time, k *KeepAlive) {
	if k != nil && (k.Idle == 0 || k.Interval == 0 || k.Count == 0) {
		full := c.set.KeepAlive.overlaid(*k)
		k = &full
	}
	c.keep = k
	c.probes = 0
	c.keepAt = clock.Never
	if k != nil && c.state.synchronized() && c.state != TimeWait {
		c.keepAt = now.Add(k.Idle)
	}
}

// --- receiving

// Readable returns how many bytes can be read now.
func (c *Conn) Readable() int { return c.in.len }

// ReadClosed reports whether nothing more will come: what Readable counts is the
// rest.
func (c *Conn) ReadClosed() bool {
	return c.gotFIN || c.readClosed || c.state == Closed || c.rstQueued
}

// Take moves up to max bytes out of the receive buffer to the end of dst, in as
// many pieces as dst has capacity for, and with them the references. Output then
// tells the peer of the room, if it is worth a segment.
func (c *Conn) Take(dst []packet.Frag, max int) ([]packet.Frag, int) {
	if c.in.len == 0 {
		return dst, 0
	}
	dst, n := c.in.take(c.queues, &c.traffic().arrived, dst, max)
	c.settle()
	c.noteRead(n)
	return dst, n
}

// noteRead takes note that the user has taken n bytes.
func (c *Conn) noteRead(n int) {
	if n == 0 {
		return
	}
	c.traffic().rcvSize.copied += int32(n)
	if c.state.synchronized() && !c.gotFIN {
		// An update for every read would be silly: it is due when what the
		// peer may still send has fallen to half of what it might, and opens
		// enough to be worth a segment: see worthTelling.
		if cur := c.rcvAdv.Sub(c.rcvNxt); 2*cur <= c.rcvBufSize {
			w := c.window()
			c.ackNow = c.ackNow || w > 0 && w >= 2*cur && w-cur >= c.worthTelling()
		}
	}
}

// worthTelling returns by how many bytes the window must have opened for the peer to be
// told because of a Read: half of the widest that there can be, or two super-segments. A
// reader who is slower than his peer would otherwise make the two go in lockstep, with a
// segment to each that says so. Who waits for data has read all there was, and the window
// is as wide as can be.
func (c *Conn) worthTelling() int {
	widest := min(c.offer(c.clamped(c.rcvBufSize)), 65535<<c.rcvScale)
	return min(widest/2, 2*int(c.maxSegment))
}

// HasOutput reports whether Output has something to send that cannot wait for
// the next segment or timer: after Take, whether the peer must be told.
func (c *Conn) HasOutput() bool { return c.ackNow || c.rstQueued }

// --- ending

// Close is the user's last call: nothing will be read or written any more. What
// was written is still sent, then a FIN (RFC 9293, section 3.10.4). If bytes are
// left unread the peer is told with a reset that they were lost (RFC 2525,
// section 2.17).
func (c *Conn) Close(now clock.Time) {
	if c.userClosed {
		return
	}
	c.userClosed = true
	c.judgeFastOpen()
	if c.state == TimeWait {
		c.Release() // the peer has closed as well: there is nobody to tell
		c.forget()
		return
	}
	if c.in.len > 0 && (c.state.synchronized() || c.Early()) {
		c.cnt.TCPAbortOnClose++
		c.Abort()
		return
	}
	c.CloseWrite()
	c.loseUser(now)
}

// CloseWrite queues a FIN behind what was written.
func (c *Conn) CloseWrite() {
	if c.finQueued {
		return
	}
	switch c.state {
	case SynSent:
		c.finish(nil)
	case SynReceived, Established:
		// In SYN-RECEIVED the FIN waits until the peer has acknowledged.
		c.finQueued = true
		if c.state == Established {
			c.state = FinWait1
		}
	case CloseWait:
		c.finQueued = true
		c.state = LastAck
	}
	c.events |= Writable
}

// CloseRead discards what has arrived and what will.
func (c *Conn) CloseRead() {
	c.readClosed = true
	c.in.release(c.queues)
	c.events |= Readable
}

// Abort ends the connection at once with a reset (RFC 9293, section 3.10.5).
func (c *Conn) Abort() {
	switch c.state {
	case Closed, TimeWait, SynSent, Listen:
		c.finish(c.err)
	default:
		c.rstQueued = true
		c.events |= Readable | Writable
	}
}

// finish ends everything. Bytes that arrived stay readable until the user
// closes.
func (c *Conn) finish(err error) {
	if c.state == Closed {
		return
	}
	// RFC 4022: how often a connection went to CLOSED directly from these.
	switch c.state {
	case SynSent, SynReceived:
		c.cnt.AttemptFails++
	case Established, CloseWait:
		c.cnt.EstabResets++
	}
	c.become(roleNone)
	c.state = Closed
	if c.err == nil {
		c.err = err
	}
	c.rstQueued, c.synQueued, c.ackNow, c.probeNow, c.moreAcks = false, false, false, false, 0
	c.rtoAt, c.lossAt = clock.Never, clock.Never
	c.ackAt, c.keepAt, c.waitAt, c.pacing = clock.Never, clock.Never, clock.Never, false
	c.buf.release(c.queues)
	c.out.reset(c.queues)
	c.dropEarly()
	if c.userClosed {
		c.in.release(c.queues)
		c.forget()
	}
	c.settle()
	c.events |= Readable | Writable | Finished
}

// Release gives back what is left to read. The owner calls it when the user has
// closed a connection that is finished.
func (c *Conn) Release() {
	c.in.release(c.queues)
	c.settle()
}

// Unreachable tells of an ICMP message about a segment of this connection with
// the sequence number seq, which must be in flight (RFC 5927, section 4.1). It
// ends a connection that is being opened (RFC 5461, section 4.1). Later it is
// only remembered as why the connection will have timed out: RFC 9293, MUST-56,
// "MUST NOT abort the connection".
func (c *Conn) Unreachable(seq Seq, err error) {
	if c.state == Closed || seq.Less(c.sndUna) || c.sndNxt.Less(seq) {
		c.cnt.OutOfWindowIcmps++
		return
	}
	if c.state == SynSent || c.state == SynReceived {
		c.finish(err)
		return
	}
	c.traffic().soft = err
}

// errTimeout is why a connection whose peer fell silent ended.
func (c *Conn) errTimeout() error {
	if c.data != nil && c.data.soft != nil {
		return c.data.soft
	}
	return syscall.ETIMEDOUT
}

// CloseNow is Close without a care for what is not sent yet: the peer is reset.
func (c *Conn) CloseNow() {
	c.userClosed = true
	c.Abort()
}

// Kill ends the connection without a word to the peer, as when power fails.
func (c *Conn) Kill() { c.finish(nil) }
