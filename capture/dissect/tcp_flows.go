package dissect

import "bytes"

// maxFlows is how many TCP connections are remembered. The one that was met
// first is forgotten for a new one.
const maxFlows = 1 << 16

// flowKey is a connection whichever way a segment goes: the end with the lower
// port, then the lower address, comes first.
type flowKey struct {
	low, high         [16]byte
	lowPort, highPort uint16
	version           uint8
}

// flowStart is where sequence numbers are counted from: seq in what the low end
// sends, ack in what the high end does.
type flowStart struct{ seq, ack uint32 }

// flowTable remembers the initial sequence numbers of connections.
type flowTable struct {
	starts map[flowKey]flowStart
	order  []flowKey // by age, from oldest on, once it is full
	oldest int
}

// relative returns a segment's numbers relative to the start of its connection,
// and what the sequence numbers of a selective acknowledgement are relative to.
// The first segment with an acknowledgement that is met, and each SYN, starts a
// connection and keeps its numbers.
func (t *flowTable) relative(h *ipHeader, sport, dport, seq, ack, flags uint32) (relSeq, relAck, sackBase uint32) {
	src, dst := h.addresses()
	reverse := sport > dport || sport == dport && bytes.Compare(src, dst) > 0
	key := flowKey{lowPort: uint16(sport), highPort: uint16(dport), version: uint8(h.version)}
	if reverse {
		src, dst = dst, src
		key.lowPort, key.highPort = key.highPort, key.lowPort
	}
	copy(key.low[:], src)
	copy(key.high[:], dst)

	start, known := t.starts[key]
	switch {
	case known && flags&tcpSYN == 0 && reverse:
		seq, ack = seq-start.ack, ack-start.seq
	case known && flags&tcpSYN == 0:
		seq, ack = seq-start.seq, ack-start.ack
	case reverse:
		start = flowStart{seq: ack - 1, ack: seq}
		t.put(key, start, known)
	default:
		start = flowStart{seq: seq, ack: ack - 1}
		t.put(key, start, known)
	}
	if reverse {
		return seq, ack, start.seq
	}
	return seq, ack, start.ack
}

func (t *flowTable) put(key flowKey, start flowStart, known bool) {
	if t.starts == nil {
		t.starts = map[flowKey]flowStart{}
	}
	t.starts[key] = start
	switch {
	case known:
	case len(t.order) < maxFlows:
		t.order = append(t.order, key)
	default:
		delete(t.starts, t.order[t.oldest])
		t.order[t.oldest] = key
		t.oldest = (t.oldest + 1) % maxFlows
	}
}

// addresses returns the bytes of the source and destination address.
func (h *ipHeader) addresses() (src, dst []byte) {
	if h.version == 6 {
		h.need(8, 32)
		return h.view[8:24], h.view[24:40]
	}
	h.need(12, 8)
	return h.view[12:16], h.view[16:20]
}
