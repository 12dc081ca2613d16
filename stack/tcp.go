package stack

import (
	"encoding/binary"
	"net/netip"

	"thinnet/clock"
	"thinnet/link/segment"
	"thinnet/network"
	"thinnet/packet"
	"thinnet/transport/tcp"
	"thinnet/wire"
)

// tcpTransport is the host as the internet layer's TCP.
type tcpTransport Stack

// Receive implements network.Transport.
func (t *tcpTransport) Receive(now clock.Time, p *packet.Packet, h *network.Header) {
	s := (*Stack)(t)
	s.tcpCnt.InSegs++
	if h.Broadcast || p.Checksum == packet.ChecksumNone && !s.summed(p, h) {
		s.tcpCnt.InErrs++
		p.Release()
		return
	}
	seg := &s.seg
	hdr, ok, err := seg.Parse(p)
	if err != nil {
		s.tcpCnt.InErrs++
		p.Release()
		return
	}
	seg.TOS = h.TOS
	if !ok {
		s.tcpCnt.BadOptions++
	}
	local := netip.AddrPortFrom(h.Dst, hdr.DstPort())
	remote := netip.AddrPortFrom(h.Src, hdr.SrcPort())
	c := s.conns.find(local, remote)
	if c != nil && c.conn.State() == tcp.Established { // of which nothing below is true
		c.conn.Input(now, seg)
		s.touch(c)
		return
	}
	iss, reopen := tcp.Seq(0), false
	var l *TCPListener
	if c == nil || c.remnant().CanReplace(seg) {
		l = s.listenerFor(local, remote)
	}
	if c != nil && l != nil {
		s.tcpCnt.TCPTimeWaitRecycled++
		iss, reopen = c.remnant().NextISS(), true
		c.kill()
		c = nil
	}
	if c != nil {
		c.revive()
		if c.conn.NeedsReset(seg) {
			s.sendReset(now, seg, local, remote)
		}
		if c.pending && c.conn.State() == tcp.SynReceived && !c.conn.Early() {
			c.listener.input(now, c, seg)
		} else {
			c.conn.Input(now, seg)
		}
		s.touch(c)
		return
	}
	if l != nil && seg.Flags&wire.FlagRST == 0 {
		if seg.Flags&wire.FlagACK == 0 {
			if seg.Flags&(wire.FlagSYN|wire.FlagFIN) == wire.FlagSYN {
				l.open(now, seg, local, remote, iss, reopen)
			}
			p.Release()
			return
		}
		if l.acceptCookie(now, seg, local, remote) {
			return
		}
	}
	s.sendReset(now, seg, local, remote)
	p.Release()
}

// summed reports whether a segment's checksum is right, and tells of it if it is not.
func (s *Stack) summed(p *packet.Packet, h *network.Header) bool {
	if wire.Fold(segment.Sum(p, 0, wire.PseudoHeader(h.Src, h.Dst, wire.ProtocolTCP, p.Len()))) == 0xffff {
		return true
	}
	s.tcpCnt.InCsumErrors++
	h.Dropped(p, "TCP checksum")
	return false
}

// Error implements network.Transport.
func (t *tcpTransport) Error(now clock.Time, e *network.Error) {
	s := (*Stack)(t)
	if len(e.Transport) < 8 {
		return
	}
	local := netip.AddrPortFrom(e.Src, binary.BigEndian.Uint16(e.Transport))
	remote := netip.AddrPortFrom(e.Dst, binary.BigEndian.Uint16(e.Transport[2:]))
	seq := tcp.Seq(binary.BigEndian.Uint32(e.Transport[4:]))
	c := s.conns.find(local, remote)
	if c == nil {
		return
	}
	c.revive()
	err := icmpError(e)
	switch {
	case e.Type == wire.ICMPv4Unreachable && e.Code == wire.ICMPv4FragmentationNeeded:
		if !c.conn.OnItsWay(seq) {
			s.tcpCnt.OutOfWindowIcmps++
			return
		}
		// Output learns of it, and that of all connections there.
		s.net.ReducePathMTU(now, &c.path.Route, e)
	case err != nil:
		c.conn.Unreachable(seq, err)
	}
	s.touch(c)
}

// sendReset answers a segment that belongs to no connection.
func (s *Stack) sendReset(now clock.Time, seg *tcp.Segment, local, remote netip.AddrPort) {
	f, ok := tcp.ResetFor(seg)
	if !ok {
		return
	}
	r, err := s.route(remote.Addr(), local.Addr())
	if err != nil {
		return
	}
	s.tcpCnt.OutRsts++
	s.tcpCnt.OutSegs++
	p := &s.tx
	p.Reset()
	f.SrcPort, f.DstPort = local.Port(), remote.Port()
	h := p.Append(wire.TCPMinLen)
	wire.PutTCP(h, &f, 0)
	p.Checksum, p.ChecksumOffset = packet.ChecksumPartial, wire.TCPChecksumOffset
	wire.TCP(h).SetChecksum(wire.Fold(wire.PseudoHeader(r.Src, r.Dst, wire.ProtocolTCP, wire.TCPMinLen)))
	// A reset that cannot be sent is lost like one on the wire.
	_ = s.net.Output(now, p, r, &network.OutputHeader{Protocol: wire.ProtocolTCP, DontFragment: true})
}

// touch notes that a connection may have something to send.
//
//go:noinline
func (s *Stack) touch(c *TCPConn) {
	if !c.ready {
		c.ready = true
		s.ready = append(s.ready, c)
	}
}

// tcpConfig returns what a connection on a route begins with, but for TSOffset.
func (s *Stack) tcpConfig(r *network.Route, local, remote netip.AddrPort, iss tcp.Seq, set *tcp.Settings) tcp.Config {
	path := s.net.PathMTU(s.now, r)
	if n := r.InitCwnd(); n != 0 {
		own := *set
		own.InitialWindow, set = n, &own
	}
	return tcp.Config{
		Local: local, Remote: remote, Settings: set, Counters: &s.tcpCnt, Queues: &s.queues, Memory: s.tcpMem,
		ISS: iss,
		MTU: r.MTU(), HeaderLen: wire.IPv4MinLen, MaxSegmented: r.MaxSegmented(),
		PathKnown: path.MTU < r.Interface.MTU,
		NoDelay:   true,
	}
}

// add puts a connection into the table. hash is the TupleHash of its ends.
func (s *Stack) add(c *TCPConn, hash uint64) {
	s.order++
	c.id = s.order
	c.ident = uint16(hash >> 32)
	s.conns.add(c)
}
