package network

import (
	"math/rand/v2"
	"net/netip"
	"time"

	"thinnet/clock"
	"thinnet/network/neighbor"
	"thinnet/packet"
	"thinnet/wire"
)

type OutputHeader struct {
	Protocol     wire.Protocol
	TTL          uint8
	TOS          uint8
	DontFragment bool
}

func (l *Layer) Output(now clock.Time, p *packet.Packet, r *Route, h *OutputHeader) error {
	p.Release()
	return nil
}

func (l *Layer) Input(now clock.Time, i *Interface, p *packet.Packet) { p.Release() }

// It takes over p.
func (l *Layer) SendUnreachable(now clock.Time, p *packet.Packet, h *Header, code uint8) { p.Release() }

func (l *Layer) Neighbors(now clock.Time) []neighbor.Neighbor { return l.neighbors.Snapshot(now) }
func (l *Layer) AddNeighbor(now clock.Time, i *Interface, a netip.Addr, mac wire.MAC) error {
	return nil
}
func (l *Layer) RemoveNeighbor(now clock.Time, i *Interface, a netip.Addr) error { return nil }

type rateLimit struct{}

func (*rateLimit) init(r *rand.Rand, rate, burst int) {}

type arpState struct{}

const defendInterval = 10 * time.Second

func (*arpState) tick(clock.Time, *Layer)                    {}
func (*arpState) deadline() clock.Time                       { return clock.Never }
func (*arpState) forget(*Interface)                          {}
func (*arpState) forgetAddress(*Interface, netip.Addr)       {}
func (l *Layer) announce(clock.Time, *Interface, netip.Addr) {}

type arpLink Layer

func (*arpLink) Solicit(now clock.Time, iface int, target netip.Addr, mac wire.MAC) {}
func (*arpLink) Transmit(iface int, mac wire.MAC, p *packet.Packet)                 {}

func (l *Layer) reportFailed(now clock.Time, r DropReason)          {}
func (l *Layer) reassemblyTimeout(now clock.Time, p *packet.Packet) {}
