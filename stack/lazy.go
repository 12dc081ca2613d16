package stack

import (
	"encoding/binary"
	"net/netip"

	"thinnet/packet"
	"thinnet/wire"
)

// Datagrams that come for a user who is busy reading those before them need not be worked
// off as they come: nobody can tell before he looks for more. So they wait in the inbox,
// maxWaiting of them at most, and whoever sends them does that and nothing else while another
// processor is the reader's. That is lazy receiver processing (P. Druschel and G. Banga,
// "Lazy Receiver Processing", OSDI 1996). Anything else that comes in is worked off at once,
// and these before it.
//
// Where the very batch comes in that the sender wrote, his doorbell is muted besides, and he
// sends so many together: see keeps. The reader has him send the rest before he parks.

// flow is the addresses and ports of a UDP datagram, as they lie in its headers.
type flow struct {
	addresses uint64 // source and destination
	ports     uint32 // likewise
}

// flowTo returns the flow of datagrams from remote to local.
func flowTo(local, remote netip.AddrPort) flow {
	var b [12]byte
	src, dst := remote.Addr().As4(), local.Addr().As4()
	copy(b[0:], src[:])
	copy(b[4:], dst[:])
	binary.BigEndian.PutUint16(b[8:], remote.Port())
	binary.BigEndian.PutUint16(b[10:], local.Port())
	return flow{binary.LittleEndian.Uint64(b[:]), binary.LittleEndian.Uint32(b[8:])}
}

// has reports whether p is a datagram of the flow: whole, in an Ethernet frame, and behind an
// IP header without options.
func (f flow) has(p *packet.Packet) bool {
	const ip, udp = wire.EthernetLen, wire.EthernetLen + wire.IPv4MinLen
	h := p.Head()
	return p.NetworkOffset == ip && len(h) >= udp+wire.UDPLen &&
		wire.EtherType(binary.BigEndian.Uint16(h[ip-2:])) == wire.EtherTypeIPv4 && h[ip] == 0x45 &&
		wire.Protocol(h[ip+9]) == wire.ProtocolUDP && !wire.IPv4(h[ip:udp]).IsFragment() &&
		binary.LittleEndian.Uint64(h[ip+12:]) == f.addresses && binary.LittleEndian.Uint32(h[udp:]) == f.ports
}

// number is what a doorbell is muted for.
func (f flow) number() uint64 { return f.addresses ^ uint64(f.ports)*0x9e3779b97f4a7c15 }

// hasAll reports whether all of b are datagrams of the flow.
func (f flow) hasAll(b *packet.Batch) bool {
	for i := range b.Len() {
		if !f.has(b.At(i)) {
			return false
		}
	}
	return true
}

// beLazy leaves the datagrams of u alone from now on, of the flow that was looked up last.
// The lock is held, as it is in what follows.
func (h *udpHost) beLazy(u *UDPConn) {
	local, remote, last := h.demux.Last()
	if last != u || u.readers.count > 0 || h.lazy == u && h.lazyOf == remote || h.s.ordered {
		return
	}
	h.lazy, h.lazyOf = u, remote
	h.s.leaveAlone(flowTo(local, remote), flow.hasAll)
}

// eager leaves nobody's datagrams alone any more. It implements datagramHost.
func (h *udpHost) eager() {
	if h.lazy != nil {
		h.lazy = nil
		h.s.leaveAlone(flow{}, nil)
	}
}

// leaveAlone says what may wait from now on, as inbox.leaveAlone does, and works off what might
// so far. The lock is held, and let go of meanwhile.
func (s *Stack) leaveAlone(f flow, is func(flow, *packet.Batch) bool) {
	s.fetch(s.in.leaveAlone(f, is))
	s.catchUp()
}

// catchUp works off what was left alone so far, and sends what was kept. Whoever is shown what
// the host has done calls it first. The lock is held, and let go of meanwhile.
func (s *Stack) catchUp() {
	s.fetch(s.in.doorbell())
	if s.in.waiting.Load() {
		s.pump()
	} else {
		s.sendNow()
	}
}

// fetch has somebody send what he keeps for us. The lock is held, but not meanwhile: he may
// be ourselves.
func (s *Stack) fetch(d *packet.Doorbell) {
	if d != nil {
		s.mu.Unlock()
		d.Flush()
		s.mu.Lock()
	}
}
