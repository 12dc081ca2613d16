package dissect

// ipv6 prints an IPv6 packet (RFC 8200).
func (p *Printer) ipv6(v view, length uint32) {
	p.proto = "ip6"
	if !p.Link {
		p.s("IP6 ")
	}
	if p.invalidIf("length", length, 40) {
		return
	}
	if p.differs("version", v.u8(0)>>4, 6) {
		p.invalid()
		return
	}
	payload := v.u16(4)
	left := length + 40
	if payload != 0 {
		left = payload + 40
		p.ipv6TooLong(left, length)
	}
	next := v.u8(6)
	if p.Verbose > 0 {
		p.ipv6Verbose(v, next, payload)
	}
	if !v.has(0, 40) {
		p.trunc()
		return
	}
	packet := ipv6Packet{ipHeader: ipHeader{view: v.upTo(min(length, left)), version: 6}, outer: v, length: length, left: left, payload: payload}
	p.ipv6Chain(&packet, next)
}

// ipv6TooLong complains about a header that says more than there was.
func (p *Printer) ipv6TooLong(total, length uint32) {
	if total > length {
		p.f("[header+payload length %u > length %u]", total, length)
		p.invalid()
		p.c(' ')
	}
}

// ipv6Verbose prints the rest of the header.
func (p *Printer) ipv6Verbose(v view, next, payload uint32) {
	flow := v.u32(0)
	p.c('(')
	if class := flow >> 20 & 0xff; class != 0 {
		p.f("class 0x%02x, ", class)
	}
	if label := flow & 0xfffff; label != 0 {
		p.f("flowlabel 0x%05x, ", label)
	}
	p.f("hlim %u, next-header ", v.u8(7))
	p.name(ipProtocols, next, "unknown")
	p.f(" (%u), payload length %u) ", next, payload)
}

// ipv6Packet is a packet whose chain of headers is walked.
type ipv6Packet struct {
	ipHeader        // cut to the length that the header gives
	outer    view   // the packet before it was cut
	length   uint32 // of the packet as the lower protocol says
	left     uint32 // of the packet from the present header on
	payload  uint32 // the header's payload length, or that of a jumbogram
	at       uint32 // of the present header
	jumbo    bool   // a valid jumbo payload option was met
	extended bool   // an extension header was met
	fragment bool   // a fragment header was met
}

// ipv6Chain walks the extension headers, and prints what follows them.
func (p *Printer) ipv6Chain(k *ipv6Packet, next uint32) {
	hopByHop := false
	for advance := uint32(40); k.at < k.len() && advance > 0; {
		if k.left < advance {
			p.trunc()
			return
		}
		k.at += advance
		k.left -= advance
		if k.at == 40 && next != protoTCP && next != protoUDP && next != protoDCCP && next != protoSCTP {
			p.src(&k.ipHeader)
			p.s(" > ")
			p.dst(&k.ipHeader)
			p.s(": ")
		}
		v := k.from(k.at)
		var ok bool
		switch next {
		case protoHopByHop:
			if hopByHop {
				p.s("[The Hop-by-Hop Options header was already found]")
				p.invalid()
				return
			}
			if k.at != 40 {
				p.s("[The Hop-by-Hop Options header don't follow the IPv6 header]")
				p.invalid()
				return
			}
			hopByHop = true
			advance, ok = p.hopByHop(v, k)
			if k.payload == 0 && !k.jumbo {
				p.s("[No valid Jumbo Payload Hop-by-Hop option found]")
				p.invalid()
				return
			}
		case protoDstOpts:
			advance, ok = p.destinationOptions(v)
		case protoFragment:
			k.fragment = true
			advance, ok = p.ipv6Fragment(v, k)
			ok = ok && k.at+advance < k.len()
		case protoMobility, protoMobilityOld:
			p.mobility(v)
			return
		case protoRouting:
			if !v.has(0, 1) {
				p.trunc()
				return
			}
			advance, ok = p.ipv6Routing(v)
		default:
			p.ipv6Payload(k, next)
			return
		}
		if !ok {
			return
		}
		k.extended = true
		next = v.u8(0)
		p.proto = "ip6"
	}
}

// ipv6Payload prints what follows the last extension header.
func (p *Printer) ipv6Payload(k *ipv6Packet, next uint32) {
	switch {
	case k.jumbo:
		total := k.payload + 40
		if total < k.at {
			p.trunc()
			return
		}
		p.ipv6TooLong(total, k.length)
		k.view = k.outer.upTo(total)
		k.left = total - k.at
	case k.payload == 0 && k.extended:
		// There was nothing that the extension header could lie in.
		p.trunc()
		return
	case k.payload == 0 && k.length > 65535 && (next == protoTCP || next == protoUDP):
		// A packet on its way to a device that splits it.
		if p.Verbose > 0 {
			p.f("[real length %u, presumed BIG TCP] ", k.length)
		}
		k.left = k.length - k.at
	case k.payload == 0:
		k.view = k.outer.upTo(40)
		k.left = 40 - k.at
	}
	k.finalDst = ipv6FinalDst(k.view)
	p.ipPayload(k.from(k.at), k.left, &k.ipHeader, next, k.fragment, k.u8(7))
}

// ipv6FinalDst returns the address that transport checksums cover if the packet
// has a routing header; nil means that of the header.
func ipv6FinalDst(v view) (dst []byte) {
	next, at := v.u8(6), uint32(40)
	for at < v.len() {
		switch next {
		case protoHopByHop, protoDstOpts, protoMobility, protoMobilityOld:
			if !v.has(at, 2) {
				return nil
			}
			next, at = v.u8(at), at+(v.u8(at+1)+1)*8
		case protoFragment:
			next, at = v.u8(at), at+8
		case protoRouting:
			if !v.has(at, 4) || v.u8(at+1)%2 == 1 {
				return nil
			}
			count := v.u8(at+1) / 2
			switch v.u8(at + 2) {
			case routingSource, routingMobile:
				for i := range count {
					if !v.has(at+8+16*i, 16) {
						break
					}
					dst = v[at+8+16*i:][:16]
				}
			case routingSegments:
				// The last segment comes first.
				if v.has(at+8, 16) {
					dst = v[at+8:][:16]
				}
			}
			return dst
		default:
			return nil
		}
	}
	return nil
}

// rawIPv6 prints a packet of a link that carries just IPv6.
func (p *Printer) rawIPv6(v view, length uint32) {
	if p.Link {
		p.s("IP6 ")
	}
	p.ipv6(v, length)
}
