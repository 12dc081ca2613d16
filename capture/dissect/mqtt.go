package dissect

// MQTT packet types (MQTT 5.0, section 2.1.2).
const (
	mqttConnect     = 1
	mqttConnAck     = 2
	mqttPublish     = 3
	mqttPubAck      = 4
	mqttPubRec      = 5
	mqttPubRel      = 6
	mqttPubComp     = 7
	mqttSubscribe   = 8
	mqttSubAck      = 9
	mqttUnsubscribe = 10
	mqttUnsubAck    = 11
)

var mqttTypes = names{
	mqttConnect: "CONNECT", mqttConnAck: "CONNACK", mqttPublish: "PUBLISH", mqttPubAck: "PUBACK",
	mqttPubRec: "PUBREC", mqttPubRel: "PUBREL", mqttPubComp: "PUBCOMP", mqttSubscribe: "SUBSCRIBE",
	mqttSubAck: "SUBACK", mqttUnsubscribe: "UNSUBSCRIBE", mqttUnsubAck: "UNSUBACK", 12: "PINGREQ", 13: "PINGRESP",
	14: "DISCONNECT", 15: "AUTH",
}

// mqttRefusals are the return codes of MQTT 3.1.1, section 3.2.2.3.
var mqttRefusals = names{
	0: "accepted", 1: "unacceptable protocol version", 2: "identifier rejected", 3: "server unavailable",
	4: "bad user name or password", 5: "not authorized",
}

var mqttConnectFlags = []bitName{{0x80, "user"}, {0x40, "password"}, {0x20, "will-retain"}, {0x04, "will"}, {0x02, "clean"}}

// mqtt prints the MQTT packets of a segment (MQTT 3.1.1 and 5.0), which tcpdump
// does not know. A segment that starts in the middle of a packet shows it by what
// no packet can start with, and is not printed further.
func (p *Printer) mqtt(v view, length uint32) {
	p.proto = "mqtt"
	p.s("MQTT")
	for first := true; length > 0; first = false {
		typ, flags := v.u8(0)>>4, v.u8(0)&15
		n, head := mqttRemaining(v)
		if !mqttPlausible(typ, flags) || head == 0 {
			p.s(" (continuation)")
			return
		}
		switch {
		case p.Verbose > 0:
			p.s("\n\t")
		case first:
			p.s(": ")
		default:
			p.s(", ")
		}
		p.name(mqttTypes, typ, "")
		if body := v.from(head).upTo(min(n, length-head)); !p.mqttPacket(body, typ, flags) {
			if head+n <= length {
				v.need(head, n) // cut by the capture, not by the packet itself
				p.invalid()
				return
			}
			p.s(" (to be continued)")
			return
		}
		p.f(", length %u", head+n)
		if head+n > length {
			p.s(" (to be continued)")
			return
		}
		v, length = v.from(head+n), length-head-n
	}
}

// mqttPlausible reports whether a packet may start so (MQTT 5.0, section 2.1.3).
func mqttPlausible(typ, flags uint32) bool {
	switch typ {
	case 0:
		return false
	case mqttPublish:
		return flags&6 != 6
	case mqttPubRel, mqttSubscribe, mqttUnsubscribe:
		return flags == 2
	}
	return flags == 0
}

// mqttRemaining returns how long a packet is after its fixed header, and how long
// that is; 0 if the length is malformed.
func mqttRemaining(v view) (n, head uint32) {
	for i := uint32(1); i <= 4; i++ {
		b := v.u8(i)
		n |= b & 0x7f << (7 * (i - 1))
		if b < 0x80 {
			return n, i + 1
		}
	}
	return 0, 0
}

// mqttPacket prints what a packet says. It reports false if it ends too early.
func (p *Printer) mqttPacket(v view, typ, flags uint32) bool {
	switch typ {
	case mqttConnect:
		return p.mqttConnection(v)
	case mqttConnAck:
		if !v.has(0, 2) {
			return false
		}
		p.s(", ")
		p.name(mqttRefusals, v.u8(1), "code 0x%02x")
		if v.u8(0)&1 != 0 {
			p.s(", session present")
		}
	case mqttPublish:
		if flags&8 != 0 {
			p.s(", dup")
		}
		qos := flags >> 1 & 3
		p.f(", qos %u", qos)
		if flags&1 != 0 {
			p.s(", retain")
		}
		p.s(", topic ")
		next, ok := p.mqttText(v, 0)
		if !ok || qos == 0 {
			return ok
		}
		return p.mqttID(v, next)
	case mqttSubscribe, mqttUnsubscribe:
		if !p.mqttID(v, 0) {
			return false
		}
		p.c(' ')
		_, ok := p.mqttText(v, p.mqttFilter(v))
		return ok
	case mqttPubAck, mqttPubRec, mqttPubRel, mqttPubComp, mqttSubAck, mqttUnsubAck:
		return p.mqttID(v, 0)
	}
	return true
}

// mqttFilter returns where the first topic filter starts: after the identifier,
// and in MQTT 5.0 after properties, which a filter's length tells apart.
func (p *Printer) mqttFilter(v view) uint32 {
	if v.has(2, 3) && v.u16(2) > v.len()-4 {
		return 3 + v.u8(2)
	}
	return 2
}

func (p *Printer) mqttID(v view, i uint32) bool {
	if !v.has(i, 2) {
		return false
	}
	p.f(", id %u", v.u16(i))
	return true
}

// mqttText prints the text at i, and returns where what follows it starts.
func (p *Printer) mqttText(v view, i uint32) (next uint32, ok bool) {
	if !v.has(i, 2) || !v.has(i+2, v.u16(i)) {
		return 0, false
	}
	n := v.u16(i)
	p.quoted(v.from(i + 2).upTo(n))
	return i + 2 + n, true
}

// mqttConnection prints a CONNECT (MQTT 5.0, section 3.1).
func (p *Printer) mqttConnection(v view) bool {
	if !v.has(0, 2) {
		return false
	}
	at := 2 + v.u16(0)
	if !v.has(at, 4) {
		return false
	}
	switch level := v.u8(at); level {
	case 3:
		p.s(", v3.1")
	case 4:
		p.s(", v3.1.1")
	case 5:
		p.s(", v5.0")
	default:
		p.f(", level %u", level)
	}
	flags, keepAlive := v.u8(at+1), v.u16(at+2)
	p.s(", flags [")
	p.bits(mqttConnectFlags, flags, ", ", "none")
	p.f("], keepalive %us, client ", keepAlive)
	five := v.u8(at) == 5
	at += 4
	if five {
		if !v.has(at, 1) {
			return false
		}
		at += 1 + v.u8(at)
	}
	_, ok := p.mqttText(v, at)
	return ok
}
