package dissect

import "encoding/binary"

// view is the captured bytes from some place on. Reading beyond them ends the
// packet's text with the truncation mark of the protocol that was being printed:
// the accessors panic with truncation, and Printer.AppendPacket recovers from
// just that. So a protocol reads like a list of what it prints.
type view []byte

// truncation is the panic of a read beyond the captured bytes.
type truncation struct{}

// has reports whether the n bytes from i on were captured.
func (v view) has(i, n uint32) bool { return uint64(i)+uint64(n) <= uint64(len(v)) }

// need ends the text if the n bytes from i on were not captured.
func (v view) need(i, n uint32) {
	if !v.has(i, n) {
		panic(truncation{})
	}
}

// len returns how many bytes were captured.
func (v view) len() uint32 { return uint32(len(v)) }

// from returns the view from byte i on: empty if that is beyond the end.
func (v view) from(i uint32) view {
	if uint64(i) >= uint64(len(v)) {
		return v[len(v):]
	}
	return v[i:]
}

// upTo returns the view without what is beyond n bytes.
func (v view) upTo(n uint32) view {
	if uint64(n) < uint64(len(v)) {
		return v[:n]
	}
	return v
}

func (v view) u8(i uint32) uint32 {
	v.need(i, 1)
	return uint32(v[i])
}

func (v view) u16(i uint32) uint32 {
	v.need(i, 2)
	return uint32(binary.BigEndian.Uint16(v[i:]))
}

func (v view) u24(i uint32) uint32 {
	v.need(i, 3)
	return uint32(v[i])<<16 | uint32(binary.BigEndian.Uint16(v[i+1:]))
}

func (v view) u32(i uint32) uint32 {
	v.need(i, 4)
	return binary.BigEndian.Uint32(v[i:])
}

func (v view) u64(i uint32) uint64 {
	v.need(i, 8)
	return binary.BigEndian.Uint64(v[i:])
}
