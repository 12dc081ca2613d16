package network

import (
	"encoding/binary"
	"net/netip"

	"thinnet/clock"
	"thinnet/link/segment"
	"thinnet/packet"
	"thinnet/wire"
)

// icmpInput is the layer as the transport of ICMP: RFC 792, RFC 1122, section
// 3.2.2.
type icmpInput Layer

// icmpInCounters counts messages by type; 0, which is no counter of ICMP, stands for none.
var icmpInCounters = [...]Counter{
	wire.ICMPv4EchoReply:    ICMPInEchoReps,
	wire.ICMPv4Unreachable:  ICMPInDestUnreachs,
	wire.ICMPv4SourceQuench: ICMPInSrcQuenchs,
	wire.ICMPv4Redirect:     ICMPInRedirects,
	wire.ICMPv4Echo:         ICMPInEchos,
	wire.ICMPv4TimeExceeded: ICMPInTimeExcds,
	wire.ICMPv4ParamProblem: ICMPInParmProbs,
}

// Receive implements [Transport].
func (n *icmpInput) Receive(now clock.Time, p *packet.Packet, h *Header) {
	l := (*Layer)(n)
	l.counters[ICMPInMsgs]++
	m, err := wire.ParseICMPv4(p.Head())
	if err != nil {
		l.drop(h.Interface, p, DropICMPMalformed)
		return
	}
	if p.Checksum == packet.ChecksumNone && wire.Fold(segment.Sum(p, 0, 0)) != 0xffff {
		l.drop(h.Interface, p, DropICMPChecksum)
		return
	}
	if t := int(m.Type()); t < len(icmpInCounters) && icmpInCounters[t] != 0 {
		l.counters[icmpInCounters[t]]++
	}
	if l.rawICMP != nil {
		l.rawICMP(now, h, p)
	}
	switch m.Type() {
	case wire.ICMPv4Echo:
		l.echo(now, p, h)
	case wire.ICMPv4Unreachable, wire.ICMPv4TimeExceeded, wire.ICMPv4ParamProblem:
		l.inputError(now, p, h)
	default:
		// Replies are for who listens above; redirects and source quenches are
		// counted and not followed (RFC 6633).
		p.Release()
	}
}

// Error implements [Transport]. Errors about ICMP are for who listens to
// HandleICMP.
func (n *icmpInput) Error(clock.Time, *Error) {}

// echo answers an echo request, with its own bytes.
func (l *Layer) echo(now clock.Time, p *packet.Packet, h *Header) {
	if h.Broadcast {
		l.drop(h.Interface, p, DropICMPBroadcast) // RFC 1122, section 3.2.2.6, MAY; smurf attacks
		return
	}
	segment.Complete(p)
	m := wire.ICMPv4(p.Head()[:wire.ICMPv4Len])
	old := binary.BigEndian.Uint16(m)
	m[0] = byte(wire.ICMPv4EchoReply)
	m.SetChecksum(wire.UpdateChecksum(m.Checksum(), old, binary.BigEndian.Uint16(m)))
	p.Checksum, p.Mark = packet.ChecksumNone, 0
	l.counters[ICMPOutMsgs]++
	l.counters[ICMPOutEchoReps]++
	l.reply(now, p, h.Src, h.Dst, h.TOS)
}

// reply sends an ICMP message. It takes over p.
func (l *Layer) reply(now clock.Time, p *packet.Packet, dst, src netip.Addr, tos uint8) {
	r, err := l.Route(dst, src)
	if err != nil {
		l.counters[ICMPOutErrors]++
		l.drop(nil, p, DropNoRoute)
		return
	}
	if err := l.Output(now, p, &r, &OutputHeader{Protocol: wire.ProtocolICMP, TOS: tos}); err != nil {
		l.counters[ICMPOutErrors]++
	}
}

// inputError hands an ICMP error to the transport whose packet it is about.
func (l *Layer) inputError(now clock.Time, p *packet.Packet, h *Header) {
	defer p.Release()
	b := p.Pull(min(p.Len(), wire.ICMPv4Len+wire.IPv4MaxLen+wire.TCPMaxLen))
	if b == nil || !l.tell(now, wire.ICMPv4(b[:wire.ICMPv4Len]), h.Src, b[wire.ICMPv4Len:]) {
		l.countDrop(h.Interface, DropICMPQuote, 1)
	}
}

// tell hands an ICMP error to the transport of the packet that it quotes. It
// reports false if this host cannot have sent that.
func (l *Layer) tell(now clock.Time, m wire.ICMPv4, from netip.Addr, quote []byte) bool {
	ip, err := wire.ParseIPv4(quote)
	if err != nil || ip.Offset() != 0 || len(quote) < len(ip)+8 || !l.LocalAddr(ip.Src()) {
		return false
	}
	e := Error{
		Type: m.Type(), Code: m.Code(), From: from,
		Src: ip.Src(), Dst: ip.Dst(), Protocol: ip.Protocol(), Length: ip.TotalLen(), Transport: quote[len(ip):],
	}
	if e.Type == wire.ICMPv4Unreachable && e.Code == wire.ICMPv4FragmentationNeeded {
		e.MTU = m.MTU()
	}
	if t := l.transports[e.Protocol]; t != nil {
		t.Error(now, &e)
	}
	return true
}
