package clock

// depth is how much stack a packet's way through a host takes, in bytes, with some
// to spare.
const depth = 8 << 10

// growStack makes the goroutine's stack large enough for a packet's way through a
// host. A timer's goroutine starts with the smallest stack, and would double it
// again and again on the way down, with more frames to move each time: a third of
// the time of a quiet network was spent on that. i only keeps the compiler from
// seeing through it.
//
//go:noinline
func growStack(i int) byte {
	var space [depth]byte
	return space[i%depth]
}
