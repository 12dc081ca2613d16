package dissect

// SCTP chunk types (RFC 9260, section 3.2).
const (
	sctpData    = 0
	sctpInit    = 1
	sctpInitAck = 2
	sctpSACK    = 3
)

var sctpChunks = names{
	sctpData: "DATA", sctpInit: "INIT", sctpInitAck: "INIT ACK", sctpSACK: "SACK", 4: "HB REQ", 5: "HB ACK",
	6: "ABORT", 7: "SHUTDOWN", 8: "SHUTDOWN ACK", 9: "OP ERR", 10: "COOKIE ECHO", 11: "COOKIE ACK", 12: "ECN ECHO",
	13: "ECN CWR", 14: "SHUTDOWN COMPLETE", 0xc0: "FOR CUM TSN", 0xc1: "REL CTRL", 0xc2: "REL CTRL ACK",
}

var sctpPayloads = names{
	1: "ISDN Q.921", 2: "M2UA", 3: "M3UA", 4: "SUA", 5: "M2PA", 6: "V5.2", 7: "H.248", 8: "BICC", 9: "TALI",
	10: "DUA", 11: "ASAP", 12: "ENRP", 13: "H.323", 14: "Q.IPC", 15: "SIMCO", 16: "DDPSC", 17: "DDPSSC",
	18: "S1AP", 19: "RUA", 20: "HNBAP", 21: "ForCES HP", 22: "ForCES MP", 23: "ForCES LP", 24: "SBc-AP",
	25: "NBAP", 27: "X2AP",
}

// sctpLen is the length of the common header, sctpChunkLen that of a chunk's.
const (
	sctpLen      = 12
	sctpChunkLen = 4
)

// sctp prints SCTP (RFC 9260).
func (p *Printer) sctp(v view, length uint32, h *ipHeader) {
	p.proto = "sctp"
	if p.invalidIf("length", length, sctpLen) {
		return
	}
	v.need(0, sctpLen)
	sport, dport := v.u16(0), v.u16(2)
	p.src(h)
	p.f(".%u > ", sport)
	p.dst(h)
	p.f(".%u: sctp", dport)
	v, length = v.from(sctpLen), length-sctpLen
	separator := " ("
	if p.Verbose >= 2 {
		separator = "\n\t"
	}
	for count := uint32(1); length != 0; count++ {
		n, padding := uint32(0), uint32(0)
		if length >= sctpChunkLen {
			n = v.u16(2)
			padding = -n & 3
			if n >= sctpChunkLen && length >= padding {
				v.need(0, n)
			}
		}
		p.s(separator)
		p.f("%u) ", count)
		switch {
		case length < sctpChunkLen:
			p.s("[chunk descriptor cut off at end of packet]")
			return
		case n < sctpChunkLen:
			p.f("[Bad chunk length %u, < size of chunk descriptor]", n)
			return
		case length < padding:
			p.f("[Bad chunk length %u, > remaining data in packet]", n)
			return
		}
		typ := v.u8(0)
		p.c('[')
		p.name(sctpChunks, typ, "Unknown chunk type: 0x%x")
		p.s("] ")
		if !p.sctpChunk(v.upTo(n), typ) {
			p.invalid()
			return
		}
		if p.Verbose < 2 {
			separator = ", ("
		}
		v.need(n, padding)
		v, length = v.from(n+padding), length-n-padding
	}
}

// sctpChunk prints a chunk. It reports false if it is too short.
func (p *Printer) sctpChunk(chunk view, typ uint32) bool {
	v := chunk.from(sctpChunkLen)
	switch typ {
	case sctpData:
		return p.sctpData(v, chunk.u8(1))
	case sctpInit, sctpInitAck:
		if p.below("chunk length", v.len(), 16) {
			return false
		}
		p.f("[init tag: %u] [rwnd: %u] [OS: %u] ", v.u32(0), v.u32(4), v.u16(8))
		p.f("[MIS: %u] [init TSN: %u] ", v.u16(10), v.u32(12))
	case sctpSACK:
		return p.sctpAck(v)
	}
	return true
}

func (p *Printer) sctpData(v view, flags uint32) bool {
	if flags&4 != 0 {
		p.s("(U)")
	}
	if flags&2 != 0 {
		p.s("(B)")
	}
	if flags&1 != 0 {
		p.s("(E)")
	}
	if flags&7 != 0 {
		p.c(' ')
	}
	if p.below("chunk length", v.len(), 12) {
		return false
	}
	p.f("[TSN: %u] [SID: %u] [SSEQ %u] [PPID ", v.u32(0), v.u16(4), v.u16(6))
	p.name(sctpPayloads, v.u32(8), "0x%x")
	p.s("] ")
	v = v.from(12)
	if len(v) == 0 {
		p.s(" [chunk length 0 == 0]")
		return false
	}
	if p.Verbose >= 2 {
		p.s("[Payload")
		if p.Dump == DumpNone && p.Quiet == 0 {
			p.c(':')
			p.hexASCII("\n\t", v, v.len())
		}
		p.c(']')
	}
	return true
}

// sctpAck prints a selective acknowledgement.
func (p *Printer) sctpAck(v view) bool {
	if p.below("chunk length", v.len(), 12) {
		return false
	}
	ack, gaps, duplicates := v.u32(0), v.u16(8), v.u16(10)
	p.f("[cum ack %u] [a_rwnd %u] [#gap acks %u] [#dup tsns %u] ", ack, v.u32(4), gaps, duplicates)
	v = v.from(12)
	for i := uint32(0); len(v) != 0 && i < gaps; i++ {
		if p.below("chunk length", v.len(), 4) {
			return false
		}
		p.f("\n\t\t[gap ack block #%u: start = %u, end = %u] ", i+1, ack+v.u16(0), ack+v.u16(2))
		v = v.from(4)
	}
	for i := uint32(0); len(v) != 0 && i < duplicates; i++ {
		if p.below("chunk length", v.len(), 4) {
			return false
		}
		p.f("\n\t\t[dup TSN #%u: %u] ", i+1, v.u32(0))
		v = v.from(4)
	}
	return true
}
