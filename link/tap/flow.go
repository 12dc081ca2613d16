package tap

import (
	"encoding/binary"

	"thinnet/packet"
	"thinnet/wire"
)

// flowHash returns a number that the packets of a flow have in common: one made of
// their addresses, protocol and ports.
func flowHash(p *packet.Packet) uint32 {
	head := p.Head()
	if int(p.NetworkOffset) > len(head) {
		return 0
	}
	ip, err := wire.ParseIPv4(head[p.NetworkOffset:])
	if err != nil {
		return 0
	}
	b := []byte(ip)
	h := mix(uint64(binary.BigEndian.Uint32(b[12:]))<<32|uint64(binary.BigEndian.Uint32(b[16:])), uint64(ip.Protocol()))
	ports := head[int(p.NetworkOffset)+len(b):]
	if ip.IsFragment() || len(ports) < 4 {
		return uint32(h >> 32) // a fragment goes where all others of it go
	}
	return uint32(mix(h, uint64(binary.BigEndian.Uint32(ports))) >> 32)
}

// mix spreads two numbers over the bits of one (Fibonacci hashing).
func mix(a, b uint64) uint64 { return (a ^ b) * 0x9e3779b97f4a7c15 }
