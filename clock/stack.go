package clock

// depth is how much stack a packet's way through a host takes, in bytes, with some
// to spare.
const depth = 8 << 10

// GrowStack makes the goroutine's stack large enough for a packet's way through a
// host. A new goroutine starts with the smallest stack, and would double it again and
// again on the way down, with more frames to move each time: a third of the time of a
// quiet network was spent on that, and a tenth of what a short connection takes. On a
// stack that is large enough it costs no more than a call.
func GrowStack() { reserve(false) }

// reserve has a large frame, which the runtime makes room for on entry, and does
// nothing with it.
//
//go:noinline
func reserve(use bool) byte {
	if !use {
		return 0
	}
	var space [depth]byte
	return fill(&space)
}

//go:noinline
func fill(b *[depth]byte) byte {
	b[depth-1]++
	return b[depth-1]
}
