package socket

// ownStack is more than what is free of the smallest stack, in bytes, and less than what is of
// one of twice the size, which most calls get along with.
const ownStack = 1600

// growStack makes the stack of a new goroutine twice as large, while there are hardly any
// frames on it to move. It would be needed deeper down: connections have goroutines of their
// own, and of the instructions that a short one takes this was an eighth. On a stack that is
// large enough it costs no more than a call. clock.GrowStack makes room for the longest way,
// which takes more than most of these goroutines ever need.
//
//go:noinline
func growStack(use bool) byte {
	if !use {
		return 0
	}
	var space [ownStack]byte
	return fill(&space)
}

//go:noinline
func fill(b *[ownStack]byte) byte {
	b[ownStack-1]++
	return b[ownStack-1]
}
