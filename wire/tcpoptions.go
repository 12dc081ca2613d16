package wire

import "encoding/binary"

// TCP option kinds (IANA's registry).
const (
	TCPOptionEnd           = 0
	TCPOptionNop           = 1
	TCPOptionMSS           = 2  // RFC 9293
	TCPOptionWindowScale   = 3  // RFC 7323
	TCPOptionSACKPermitted = 4  // RFC 2018
	TCPOptionSACK          = 5  // RFC 2018
	TCPOptionTimestamps    = 8  // RFC 7323
	TCPOptionUserTimeout   = 28 // RFC 5482
	TCPOptionFastOpen      = 34 // RFC 7413
)

// MaxSACKBlocks is how many blocks fit in one header.
const MaxSACKBlocks = 4

// SACKBlock is a run of bytes that have arrived: [Left, Right).
type SACKBlock struct{ Left, Right uint32 }

// TCPOptions are the options of one segment that were understood.
type TCPOptions struct {
	MSS           uint16 // 0: absent
	WindowScale   uint8  // the shift, 0 to 255 as sent; RFC 7323 limits it to 14
	HasScale      bool
	SACKPermitted bool
	HasTimestamps bool
	FastOpen      bool // present; an empty cookie asks for one
	NumSACK       uint8
	TSVal, TSEcr  uint32
	SACK          [MaxSACKBlocks]SACKBlock
	Cookie        []byte // of FastOpen, 0 to 16 bytes; refers to the bytes that were parsed
}

// ParseTCPOptions reads options into o, which is overwritten. An option with a
// wrong length for its kind is passed over, and of two of a kind the last counts;
// one that runs beyond b, or is shorter than its own header, ends the options
// (RFC 9293, MUST-7). It reports false in both cases of a wrong length.
func ParseTCPOptions(b []byte, o *TCPOptions) bool {
	*o = TCPOptions{}
	// The layout that nearly every segment of an established connection has.
	if len(b) == 12 && binary.BigEndian.Uint32(b) == 0x0101080a {
		o.HasTimestamps = true
		o.TSVal, o.TSEcr = binary.BigEndian.Uint32(b[4:]), binary.BigEndian.Uint32(b[8:])
		return true
	}
	ok := true
	for {
		kind, data, rest, err := nextOption(b)
		if err != nil {
			return false
		}
		if kind == TCPOptionEnd {
			return ok
		}
		b = rest
		switch kind {
		case TCPOptionMSS:
			if len(data) == 2 {
				o.MSS = binary.BigEndian.Uint16(data)
			} else {
				ok = false
			}
		case TCPOptionWindowScale:
			if len(data) == 1 {
				o.WindowScale, o.HasScale = data[0], true
			} else {
				ok = false
			}
		case TCPOptionSACKPermitted:
			if len(data) == 0 {
				o.SACKPermitted = true
			} else {
				ok = false
			}
		case TCPOptionTimestamps:
			if len(data) == 8 {
				o.TSVal, o.TSEcr = binary.BigEndian.Uint32(data), binary.BigEndian.Uint32(data[4:])
				o.HasTimestamps = true
			} else {
				ok = false
			}
		case TCPOptionSACK:
			if len(data) == 0 || len(data)%8 != 0 || len(data) > 8*MaxSACKBlocks {
				ok = false
				break
			}
			o.NumSACK = 0
			for ; len(data) > 0; data = data[8:] {
				o.SACK[o.NumSACK] = SACKBlock{binary.BigEndian.Uint32(data), binary.BigEndian.Uint32(data[4:])}
				o.NumSACK++
			}
		case TCPOptionFastOpen:
			if len(data) <= 16 {
				o.FastOpen, o.Cookie = true, data
			} else {
				ok = false
			}
		}
	}
}

// PutTCPOptions writes o into b as Linux lays it out, padded to a multiple of 4
// bytes, and returns the length: at most 40 bytes. SACK blocks that do not fit
// are left out. b must have room for 40 bytes.
func PutTCPOptions(b []byte, o *TCPOptions) int {
	_ = b[39]
	n := 0
	if o.MSS != 0 {
		b[0], b[1] = TCPOptionMSS, 4
		binary.BigEndian.PutUint16(b[2:], o.MSS)
		n = 4
	}
	if o.HasTimestamps {
		if o.SACKPermitted {
			b[n], b[n+1] = TCPOptionSACKPermitted, 2
		} else {
			b[n], b[n+1] = TCPOptionNop, TCPOptionNop
		}
		b[n+2], b[n+3] = TCPOptionTimestamps, 10
		binary.BigEndian.PutUint32(b[n+4:], o.TSVal)
		binary.BigEndian.PutUint32(b[n+8:], o.TSEcr)
		n += 12
	} else if o.SACKPermitted {
		b[n], b[n+1], b[n+2], b[n+3] = TCPOptionNop, TCPOptionNop, TCPOptionSACKPermitted, 2
		n += 4
	}
	if o.HasScale {
		b[n], b[n+1], b[n+2], b[n+3] = TCPOptionNop, TCPOptionWindowScale, 3, o.WindowScale
		n += 4
	}
	if k := min(int(o.NumSACK), (40-n-4)/8); k > 0 {
		b[n], b[n+1], b[n+2], b[n+3] = TCPOptionNop, TCPOptionNop, TCPOptionSACK, byte(2+8*k)
		n += 4
		for _, s := range o.SACK[:k] {
			binary.BigEndian.PutUint32(b[n:], s.Left)
			binary.BigEndian.PutUint32(b[n+4:], s.Right)
			n += 8
		}
	}
	if o.FastOpen && n+2+len(o.Cookie) <= 40 {
		b[n], b[n+1] = TCPOptionFastOpen, byte(2+len(o.Cookie))
		n += 2 + copy(b[n+2:], o.Cookie)
		for n%4 != 0 {
			b[n] = TCPOptionNop
			n++
		}
	}
	return n
}
