package dissect

import "bytes"

var webSocketOps = names{0: "continuation", 1: "text", 2: "binary", 8: "close", 9: "ping", 10: "pong"}

// isWebSocketStart reports whether a response says that its connection goes on as
// a WebSocket (RFC 6455, section 4.2.2).
func isWebSocketStart(v view) bool {
	if !bytes.HasPrefix(v, []byte("HTTP/1.1 101 ")) {
		return false
	}
	for _, line := range bytes.Split(v[:min(len(v), 4096)], []byte("\r\n")) {
		name, value, _ := bytes.Cut(line, []byte(":"))
		if bytes.EqualFold(name, []byte("Upgrade")) {
			return bytes.EqualFold(bytes.TrimSpace(value), []byte("websocket"))
		}
	}
	return false
}

// webSocket prints the frames of a segment (RFC 6455, section 5), which tcpdump
// does not know. A segment that starts in the middle of a frame shows it by what
// no frame can start with, and is not printed further.
func (p *Printer) webSocket(v view, length uint32) {
	p.proto = "websocket"
	p.s("WebSocket")
	for first := true; length > 0; first = false {
		head, n, ok := webSocketHead(v)
		if !ok {
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
		flags, op := v.u8(0), v.u8(0)&15
		p.name(webSocketOps, op, "")
		if flags&0x80 == 0 {
			p.s(", more fragments")
		}
		if flags&0x40 != 0 {
			p.s(", compressed")
		}
		masked := v.u8(1)&0x80 != 0
		if masked {
			p.s(", masked")
		}
		p.s(", length ")
		p.u64(n)
		whole := uint64(head)+n <= uint64(length)
		have := v.from(head).upTo(uint32(min(n, uint64(length-head))))
		var mask view
		if masked {
			mask = v[head-4 : head]
		}
		p.webSocketData(have, mask, op, flags)
		if !whole {
			p.s(" (to be continued)")
			return
		}
		v.need(head, uint32(n))
		v, length = v.from(head+uint32(n)), length-head-uint32(n)
	}
}

// webSocketHead returns the length of a frame's header and of its payload; false
// if no frame can start so.
func webSocketHead(v view) (head uint32, n uint64, ok bool) {
	flags, short := v.u8(0), v.u8(1)
	if _, known := webSocketOps[flags&15]; !known || flags&0x30 != 0 {
		return 0, 0, false
	}
	head, n = 2, uint64(short&0x7f)
	switch n {
	case 126:
		head, n = 4, uint64(v.u16(2))
	case 127:
		head, n = 10, v.u64(2)
	}
	if short&0x80 != 0 {
		head += 4
		v.need(0, head)
	}
	return head, n, n < 1<<63 && (head <= 8 || n > 125)
}

// webSocketData prints the start of a text, or why the connection is closed.
func (p *Printer) webSocketData(data, mask view, op, flags uint32) {
	const longest = 64
	at := uint32(0)
	get := func() byte {
		b := data[at]
		if mask != nil {
			b ^= mask[at%4]
		}
		at++
		return b
	}
	n := min(data.len(), longest)
	switch {
	case flags&0x40 != 0:
		return
	case op == 8 && n >= 2:
		p.f(", code %u", uint32(get())<<8|uint32(get()))
		if n == 2 {
			return
		}
	case op != 1 || n == 0:
		return
	}
	p.s(" \"")
	for at < n {
		p.char(get())
	}
	p.c('"')
	if n < data.len() {
		p.s("...")
	}
}
