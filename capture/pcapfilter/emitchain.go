package pcapfilter

// chain emits the search through a chain of IP headers, a loop, and returns the
// comparison behind it. A is the protocol number of the header at X.
//
//	again:  if A is the protocol or "no next header", leave
//	        if A is an IPv6 extension header, go to the next by its length
//	        if A is an authentication header, go to the next by its length
//
// That length is added to nothing in libpcap, neither in IPv6 nor in IPv4: behind
// an authentication header X is its length, not its end. We do the same: a filter
// shall not match other packets than the one people know. It may send the search
// round for ever, which the machine bounds.
func (e *emitter) chain(c *protochain) *Instruction {
	cell := e.temporary()
	e.temps--
	if c.ipv6 {
		e.op(classLoadA|sizeByte|modeAbsolute, c.header+ipv6Next)
		e.op(classLoadX|modeImmediate, ipv6HeaderLength)
	} else {
		e.op(classLoadA|sizeByte|modeAbsolute, c.header+ipv4Protocol)
		e.op(opLoadHeader, c.header)
	}
	again := len(e.code)
	repeat := func() {
		e.op(classLoadA|modeMemory, cell)
		e.op(opJumpAlways, uint32(again-len(e.code)-1))
	}
	nextHeader := func() {
		e.op(classLoadA|sizeByte|modeIndirect, c.header)
		e.op(classStoreA, cell)
	}
	leave := []int{e.compareA(c.proto), e.compareA(ipNoNext)}
	if c.ipv6 {
		var extensions []int
		for _, p := range []uint32{ipHopByHop, ipDestination, ipRouting, ipFragment} {
			extensions = append(extensions, e.compareA(p))
		}
		e.jumpsHere(extensions...)
		nextHeader()
		e.op(classLoadA|sizeByte|modeIndirect, c.header+1)
		e.op(classALU|uint16(aluAdd), 1)
		e.op(classALU|uint16(aluMul), 8)
		e.op(classALU|uint16(aluAdd)|operandX, 0)
		e.op(opTAX, 0)
		repeat()
		e.jumpsPastHere(extensions[len(extensions)-1])
	}
	isAH := e.compareA(ipAH)
	nextHeader()
	e.op(opTXA, 0)
	e.op(classALU|uint16(aluAdd), 1)
	e.op(opTAX, 0)
	e.op(classLoadA|sizeByte|modeIndirect, c.header)
	e.op(classALU|uint16(aluAdd), 2)
	e.op(classALU|uint16(aluMul), 4)
	e.op(opTAX, 0)
	repeat()
	e.jumpsPastHere(isAH)
	e.jumpsHere(leave...)
	return &Instruction{Op: classJump | uint16(jumpEqual), K: c.proto}
}

// compareA compares A, and returns where. Equal or not, it goes on behind.
func (e *emitter) compareA(k uint32) int {
	e.op(classJump|uint16(jumpEqual), k)
	return len(e.code) - 1
}

// jumpsHere sends the comparisons to the next instruction if they are true.
func (e *emitter) jumpsHere(comparisons ...int) {
	for _, at := range comparisons {
		e.code[at].Jt = uint8(len(e.code) - at - 1)
	}
}

// jumpsPastHere sends a comparison to the next instruction if it is false.
func (e *emitter) jumpsPastHere(comparison int) {
	e.code[comparison].Jf = uint8(len(e.code) - comparison - 1)
}
