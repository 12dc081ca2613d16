package stack

import (
	"cmp"
	"encoding/binary"
	"net"
	"net/netip"
	"runtime"
	"slices"
	"syscall"

	"thinnet/clock"
	"thinnet/network"
	"thinnet/packet"
	"thinnet/transport/tcp"
	"thinnet/transport/udp"
	"thinnet/wire"
)

// udpHost is a host's UDP, from its first socket on: see closedPorts.
type udpHost struct {
	s      *Stack
	demux  udp.Demux[*UDPConn]
	lazy   *UDPConn       // whose datagrams may wait in the inbox, or nil: see lazy.go
	lazyOf netip.AddrPort // who sends them
}

// udpHost returns the host's UDP, which it makes if it was not there yet.
func (s *Stack) udpHost() *udpHost {
	h, ok := s.udp.(*udpHost)
	if !ok {
		h = &udpHost{s: s}
		h.demux.Hash = func(local, remote netip.AddrPort) uint64 { return tcp.TupleHash(s.key, local, remote) }
		s.udp = h
		s.net.Handle(wire.ProtocolUDP, h)
	}
	return h
}

// sockets returns all UDP sockets, sorted by local and remote address.
func (h *udpHost) sockets() []*UDPConn {
	all := h.demux.All()
	slices.SortStableFunc(all, func(a, b *UDPConn) int {
		return cmp.Or(a.bind.Local.Compare(b.bind.Local), a.bind.Remote.Compare(b.bind.Remote))
	})
	return all
}

// close implements closer.
func (h *udpHost) close() {
	for _, u := range h.sockets() {
		u.closeLocked()
	}
}

// info implements datagramHost.
func (h *udpHost) info() []SocketInfo {
	var list []SocketInfo
	for _, u := range h.sockets() {
		list = append(list, SocketInfo{
			Protocol: wire.ProtocolUDP, State: tcp.Closed, Local: u.bind.Local, Remote: u.bind.Remote,
			RecvQueue: u.in.bytes(), Drops: u.drops,
		})
	}
	return list
}

// maxDatagram is the longest payload of a datagram, in bytes.
const maxDatagram = 65535 - wire.IPv4MinLen - wire.UDPLen

// udpCounters are named as Linux's nstat names them, without the prefix Udp.
type udpCounters struct {
	inDatagrams, noPorts, inErrors, outDatagrams, rcvbufErrors, inCsumErrors uint64
}

// Receive implements network.Transport.
func (h *udpHost) Receive(now clock.Time, p *packet.Packet, ip *network.Header) {
	s := h.s
	hdr := s.checkDatagram(p, ip)
	if hdr == nil {
		return
	}
	local := netip.AddrPortFrom(ip.Dst, hdr.DstPort())
	remote := netip.AddrPortFrom(ip.Src, hdr.SrcPort())
	u, ok := h.demux.Lookup(local, remote)
	if !ok {
		s.refuseDatagram(now, p, ip)
		return
	}
	p.TrimFront(wire.UDPLen)
	if size := int(p.SegmentSize); p.Segmentation == packet.SegmentUDP && size > 0 {
		// A device handed over a run of datagrams, each of which has its bounds.
		for off := 0; off < p.Len(); off += size {
			var d packet.Packet
			p.CloneRange(&d, 0, off, min(size, p.Len()-off))
			s.queueDatagram(u, ip.Interface, remote, &d)
		}
		p.Release()
	} else {
		s.queueDatagram(u, ip.Interface, remote, p)
	}
	u.readers.wake()
}

// queueDatagram gives a socket a datagram that came in by an interface, if it has
// room. It takes over p.
func (s *Stack) queueDatagram(u *UDPConn, i *network.Interface, remote netip.AddrPort, p *packet.Packet) {
	if u.in.arrived.Push(remote, p) {
		s.udpCnt.inDatagrams++
		return
	}
	s.udpCnt.rcvbufErrors++
	s.udpCnt.inErrors++
	u.drops++
	p.Checksum = packet.ChecksumNone // its field is gone
	i.Tell(p, "receive buffer full")
	p.Release()
}

// Error implements network.Transport: only a connected socket is told (RFC 1122,
// section 4.1.3.3).
func (h *udpHost) Error(_ clock.Time, e *network.Error) {
	if len(e.Transport) < 4 {
		return
	}
	local := netip.AddrPortFrom(e.Src, binary.BigEndian.Uint16(e.Transport))
	remote := netip.AddrPortFrom(e.Dst, binary.BigEndian.Uint16(e.Transport[2:]))
	u, ok := h.demux.Lookup(local, remote)
	if err := icmpError(e); ok && err != nil && u.bind.Remote.IsValid() {
		u.err = err
		u.judge()
		u.readers.wake()
	}
}

// UDPConn is a UDP socket.
type UDPConn struct {
	s      *Stack
	host   *udpHost
	bind   udp.Binding
	in     datagrams
	got    int            // datagrams since the reader last parked: see busyFrom
	route  network.Route  // to the last destination
	to     netip.AddrPort // the last destination
	number uint64         // of the flow to it, for a doorbell
	err    error          // what ICMP said; the next call returns it
	drops  uint64
	burst  burst

	readers waiters
	closed  bool
}

// UDPOptions say what a UDP socket is like.
type UDPOptions struct {
	// ReusePort shares its address and port with others that say so: see Reuse.
	ReusePort bool
}

// OpenUDP makes a socket. With local port 0 one is chosen. With a remote address
// it takes datagrams from there alone, and Write goes there.
func (s *Stack) OpenUDP(local, remote netip.AddrPort) (*UDPConn, error) {
	return s.OpenUDPOptions(local, remote, UDPOptions{})
}

// OpenUDPOptions is OpenUDP with all there is to choose.
func (s *Stack) OpenUDPOptions(local, remote netip.AddrPort, o UDPOptions) (*UDPConn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, net.ErrClosed
	}
	h := s.udpHost()
	h.eager() // the datagrams may be the new one's
	u := &UDPConn{s: s, host: h, readers: newWaiters(s)}
	u.in.arrived.SetLimit(udp.DefaultBuffer)
	u.judge()
	addr := local.Addr()
	if !addr.IsUnspecified() && !addr.IsMulticast() && !s.net.LocalAddr(addr) {
		return nil, syscall.EADDRNOTAVAIL
	}
	if remote.IsValid() {
		src := addr
		if src.IsUnspecified() {
			src = netip.Addr{}
		}
		r, err := s.net.Route(remote.Addr(), src)
		if err != nil {
			return nil, errno(err)
		}
		u.route, addr = r, r.Src
	}
	bind := func(port uint16) udp.Binding {
		return udp.Binding{Local: netip.AddrPortFrom(addr, port), Remote: remote, Shared: o.ReusePort}
	}
	port := local.Port()
	if port == 0 {
		p, err := s.ephemeral(addr, remote, func(port uint16) portUse {
			b := bind(port)
			b.Shared = false // one of its own
			return freeIf(!h.demux.InUse(b))
		})
		if err != nil {
			return nil, err
		}
		port = p
	}
	u.bind = bind(port)
	if err := h.demux.Bind(u.bind, u); err != nil {
		return nil, errno(err)
	}
	return u, nil
}

// WriteTo sends b as one datagram to a destination, or to the socket's remote
// address if it has one. It does not wait. In a burst, the datagram may: for others to go
// with, a millisecond at most, and no longer than its reader has others to read.
func (u *UDPConn) WriteTo(b []byte, to netip.AddrPort) (int, error) {
	if u.bind.Remote.IsValid() {
		to = u.bind.Remote
	}
	if len(b) > maxDatagram {
		return 0, syscall.EMSGSIZE
	}
	if to.Port() == 0 {
		return 0, syscall.EINVAL
	}
	if len(b) <= inHead {
		return u.write(b, nil, to)
	}
	// A payload that needs a slab is copied without the lock.
	slab := packet.NewSlab(len(b))
	copy(slab.B, b)
	n, err := u.write(b, slab, to)
	slab.Release()
	return n, err
}

// write is WriteTo; if b is longer than inHead it lies in slab as well.
func (u *UDPConn) write(b []byte, slab *packet.Slab, to netip.AddrPort) (int, error) {
	s := u.s
	s.mu.Lock()
	switch {
	case u.closed || s.closed:
		s.mu.Unlock()
		return 0, net.ErrClosed
	case u.err != nil:
		err := u.takeError()
		s.mu.Unlock()
		return 0, err
	}
	s.burstTime()
	err := u.send(b, slab, to)
	rest := s.countBurst(&u.burst)
	if rest || err != nil || !u.keeps() {
		s.sendNow()
	}
	s.mu.Unlock()
	if rest {
		runtime.Gosched()
	}
	if err != nil {
		return 0, errno(err)
	}
	return len(b), nil
}

// inHead is how many bytes of payload travel in the packet itself.
const inHead = packet.HeadSize - packet.Headroom - wire.UDPLen

// send sends b, or what is the same in slab, as a datagram.
func (u *UDPConn) send(b []byte, slab *packet.Slab, to netip.AddrPort) error {
	s := u.s
	if to != u.to {
		if err := u.aim(to); err != nil {
			return err
		}
	}
	p := u.route.Interface.Out.New()
	h := p.Append(wire.UDPLen)
	if slab != nil {
		p.Attach(slab, 0, len(b))
	} else {
		copy(p.Append(len(b)), b)
	}
	wire.PutUDP(h, u.bind.Local.Port(), to.Port(), wire.UDPLen+len(b))
	p.Checksum, p.ChecksumOffset = packet.ChecksumPartial, wire.UDPChecksumOffset
	sum := wire.Fold(wire.PseudoHeader(u.route.Src, u.route.Dst, wire.ProtocolUDP, wire.UDPLen+len(b)))
	wire.UDP(p.Head()).SetChecksum(sum)
	s.udpCnt.outDatagrams++
	p.Flow = uint32(u.bind.Local.Port())
	return s.net.Output(s.now, p, &u.route, &network.OutputHeader{Protocol: wire.ProtocolUDP})
}

// aim is for the first datagram to another destination than that of the one before.
func (u *UDPConn) aim(to netip.AddrPort) error {
	if u.route.Interface == nil || u.route.Dst != to.Addr().Unmap() {
		src := u.bind.Local.Addr()
		if src.IsUnspecified() {
			src = netip.Addr{}
		}
		r, err := u.s.net.Route(to.Addr(), src)
		if err != nil {
			return err
		}
		u.route = r
	}
	u.to = to
	u.number = flowTo(netip.AddrPortFrom(u.route.Dst, to.Port()), netip.AddrPortFrom(u.route.Src, u.bind.Local.Port())).number()
	return nil
}

// SetReadBuffer sets how many bytes of datagrams wait to be read, with an overhead
// for each. Those that a reader has taken, at most as many, do not count.
func (u *UDPConn) SetReadBuffer(n int) error {
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	u.in.arrived.SetLimit(n)
	return nil
}

// Drops returns how many datagrams found the queue full.
func (u *UDPConn) Drops() uint64 {
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	u.s.catchUp()
	return u.drops
}

// Local returns the local address; the address may be unspecified.
func (u *UDPConn) Local() netip.AddrPort { return u.bind.Local }

// Remote returns the address that the socket is connected to, or the zero
// AddrPort.
func (u *UDPConn) Remote() netip.AddrPort { return u.bind.Remote }

// Close ends the socket. What waits to be read is dropped.
func (u *UDPConn) Close() error {
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	u.s.sendNow()          // what it keeps
	for u.host.lazy == u { // again, if a reader was quick while the lock was let go of
		u.host.eager()
	}
	if u.closed {
		return net.ErrClosed
	}
	u.closeLocked()
	return nil
}

func (u *UDPConn) closeLocked() {
	u.closed = true
	u.judge()
	u.host.demux.Unbind(u.bind.Local.Port(), u)
	u.in.release()
	u.readers.end()
}
