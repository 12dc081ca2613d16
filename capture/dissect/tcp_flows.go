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

// flow is what is remembered of a connection.
type flow struct {
	// Where sequence numbers are counted from: seq in what the low end sends,
	// ack in what the high end does.
	seq, ack uint32
	// webSocket: the connection speaks WebSocket by now, no longer HTTP.
	webSocket bool
}

// flowTable remembers connections.
type flowTable struct {
	flows  map[flowKey]*flow
	order  []flowKey // by age, from oldest on, once it is full
	oldest int
}

// relative returns a segment's connection, and its numbers relative to the start
// of it; and what the sequence numbers of a selective acknowledgement are relative
// to. The first segment with an acknowledgement that is met, and each SYN, starts a
// connection and keeps its numbers.
func (t *flowTable) relative(h *ipHeader, sport, dport, seq, ack, flags uint32) (f *flow, relSeq, relAck, sackBase uint32) {
	src, dst := h.addresses()
	reverse := sport > dport || sport == dport && bytes.Compare(src, dst) > 0
	key := flowKey{lowPort: uint16(sport), highPort: uint16(dport), version: uint8(h.version)}
	if reverse {
		src, dst = dst, src
		key.lowPort, key.highPort = key.highPort, key.lowPort
	}
	copy(key.low[:], src)
	copy(key.high[:], dst)

	f = t.flows[key]
	known := f != nil && flags&tcpSYN == 0
	if f == nil {
		f = t.add(key)
	}
	if !known {
		*f = flow{seq: seq, ack: ack - 1}
		if reverse {
			f.seq, f.ack = ack-1, seq
		}
	}
	switch {
	case known && reverse:
		seq, ack = seq-f.ack, ack-f.seq
	case known:
		seq, ack = seq-f.seq, ack-f.ack
	}
	if reverse {
		return f, seq, ack, f.seq
	}
	return f, seq, ack, f.ack
}

// add makes room for a connection.
func (t *flowTable) add(key flowKey) *flow {
	if t.flows == nil {
		t.flows = map[flowKey]*flow{}
	}
	f := &flow{}
	if len(t.order) < maxFlows {
		t.order = append(t.order, key)
	} else {
		// The oldest one's room.
		oldest := t.order[t.oldest]
		f = t.flows[oldest]
		delete(t.flows, oldest)
		t.order[t.oldest] = key
		t.oldest = (t.oldest + 1) % maxFlows
	}
	t.flows[key] = f
	return f
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
