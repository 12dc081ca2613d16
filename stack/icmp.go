package stack

import (
	"net"
	"net/netip"
	"os"
	"slices"
	"syscall"

	"thinnet/clock"
	"thinnet/network"
	"thinnet/packet"
	"thinnet/wire"
)

// icmpQueue is how many messages wait to be read from one ICMPConn.
const icmpQueue = 256

// icmpHost is a host's raw sockets, from the first one on.
type icmpHost struct {
	s     *Stack
	conns []*ICMPConn
}

// close implements closer.
func (h *icmpHost) close() {
	for len(h.conns) > 0 {
		h.conns[0].closeLocked()
	}
}

// ICMPConn is a raw ICMP socket: it is given every ICMP message that the host
// receives.
type ICMPConn struct {
	s     *Stack
	host  *icmpHost
	queue []icmpMessage

	readers waiters
	closed  bool
}

type icmpMessage struct {
	info ICMPInfo
	msg  []byte
}

// ICMPInfo says what is known of a message besides its bytes.
type ICMPInfo struct {
	From, To  netip.Addr
	TTL       uint8
	Interface string // that it came in by
}

// OpenICMP makes a raw ICMP socket.
func (s *Stack) OpenICMP() (*ICMPConn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, net.ErrClosed
	}
	h, ok := s.icmp.(*icmpHost)
	if !ok {
		h = &icmpHost{s: s}
		s.icmp = h
		s.net.HandleICMP(h.receive)
	}
	c := &ICMPConn{s: s, host: h, readers: newWaiters(s)}
	h.conns = append(h.conns, c)
	return c, nil
}

// receive gives a message to all raw sockets.
func (h *icmpHost) receive(_ clock.Time, ip *network.Header, p *packet.Packet) {
	for _, c := range h.conns {
		if len(c.queue) >= icmpQueue {
			h.s.icmpFull++
			continue
		}
		msg := make([]byte, p.Len())
		p.CopyTo(msg, 0)
		c.queue = append(c.queue, icmpMessage{
			ICMPInfo{From: ip.Src, To: ip.Dst, TTL: ip.TTL, Interface: ip.Interface.Name}, msg,
		})
		c.readers.wake()
	}
}

// Read reads one message, from its ICMP header on, into b.
func (c *ICMPConn) Read(b []byte) (int, ICMPInfo, error) {
	s := c.s
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		switch {
		case c.closed || s.closed:
			return 0, ICMPInfo{}, net.ErrClosed
		case c.readers.late():
			return 0, ICMPInfo{}, os.ErrDeadlineExceeded
		case len(c.queue) > 0:
			m := c.queue[0]
			c.queue = c.queue[1:]
			return copy(b, m.msg), m.info, nil
		}
		c.readers.wait()
	}
}

// WriteTo sends a message, whose checksum it fills in. ttl is in hops, 0 for the
// host's default.
func (c *ICMPConn) WriteTo(msg []byte, to netip.Addr, ttl int) error {
	s := c.s
	if len(msg) < wire.ICMPv4Len || len(msg) > 65535-wire.IPv4MinLen {
		return syscall.EMSGSIZE
	}
	if ttl < 0 || ttl > 255 {
		return syscall.EINVAL
	}
	msg = slices.Clone(msg)
	h := wire.ICMPv4(msg)
	h.SetChecksum(0)
	h.SetChecksum(^wire.Fold(wire.Sum(msg, 0)))

	s.mu.Lock()
	if c.closed || s.closed {
		s.mu.Unlock()
		return net.ErrClosed
	}
	s.readClock()
	r, err := s.net.Route(to, netip.Addr{})
	if err == nil {
		s.tx.Reset()
		s.tx.Write(msg)
		err = s.net.Output(s.now, &s.tx, &r, &network.OutputHeader{Protocol: wire.ProtocolICMP, TTL: uint8(ttl)})
	}
	s.pump()
	s.mu.Unlock()
	if err != nil {
		return errno(err)
	}
	return nil
}

// SetReadDeadline sets when Read gives up; clock.Never for never.
func (c *ICMPConn) SetReadDeadline(t clock.Time) error {
	return c.readers.setDeadline(&c.closed, t)
}

// Close ends the socket.
func (c *ICMPConn) Close() error {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	if c.closed {
		return net.ErrClosed
	}
	c.closeLocked()
	return nil
}

func (c *ICMPConn) closeLocked() {
	c.closed = true
	i := slices.Index(c.host.conns, c)
	c.host.conns = slices.Delete(c.host.conns, i, i+1)
	c.readers.end()
}
