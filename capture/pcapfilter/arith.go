package pcapfilter

var jumps = map[relation]struct {
	jump    jump
	negated bool
}{
	relationEqual:        {jumpEqual, false},
	relationNotEqual:     {jumpEqual, true},
	relationGreater:      {jumpGreater, false},
	relationGreaterEqual: {jumpGreaterEqual, false},
	relationLess:         {jumpGreaterEqual, true},
	relationLessEqual:    {jumpGreater, true},
}

func (l *lowering) relation(n relationNode) *cond {
	left, leftGuard := l.arith(n.left)
	right, rightGuard := l.arith(n.right)
	if l.err != nil {
		return never
	}
	j := jumps[n.relation]
	c := &cond{kind: condTest, test: test{j.jump, left, right}}
	if j.negated {
		c = not(c)
	}
	return and(rightGuard, leftGuard, c)
}

// arith lowers a number to its value and its guard: the condition that the headers
// it is loaded from are there. As in libpcap, the guard of an operation is that of
// its left operand alone.
func (l *lowering) arith(n arith) (v *value, guard *cond) {
	if l.err != nil {
		return l.values.constant(0), never
	}
	switch n := n.(type) {
	case numberArith:
		return l.values.constant(n.n), always
	case lenArith:
		return l.values.length(), always
	case negArith:
		v, guard = l.arith(n.operand)
		return l.values.negative(v), guard
	case binaryArith:
		left, guard := l.arith(n.left)
		right, _ := l.arith(n.right)
		l.checkOperand(n.op, n.right)
		if l.err != nil {
			return l.values.constant(0), never
		}
		return l.values.alu(n.op, left, right), guard
	case loadArith:
		return l.index(n)
	}
	panic("pcapfilter: no such arithmetic")
}

// checkOperand refuses right operands that are wrong whatever the left one is.
func (l *lowering) checkOperand(op aluOp, right arith) {
	n, ok := right.(numberArith)
	switch {
	case !ok:
	case op == aluDiv && n.n == 0:
		l.fail("division by zero")
	case op == aluMod && n.n == 0:
		l.fail("modulus by zero")
	case (op == aluLsh || op == aluRsh) && n.n > 31:
		l.fail("shift by more than 31 bits")
	}
}

// index lowers "proto[index:size]".
func (l *lowering) index(n loadArith) (v *value, guard *cond) {
	index, guard := l.arith(n.index)
	if n.size != 1 && n.size != 2 && n.size != 4 {
		return nil, l.fail("data size must be 1, 2, or 4")
	}
	start, header := l.header(n.proto)
	if l.err != nil {
		return l.values.constant(0), never
	}
	switch {
	case index.kind == valueConst && l.values.fold:
		return l.values.load(uint8(n.size), start.base, start.k+index.k), and(guard, header)
	case start.base != nil:
		index = l.values.alu(aluAdd, index, start.base)
	}
	return l.values.load(uint8(n.size), index, start.k), and(guard, header)
}

// header is where a protocol's header starts and the condition that it is there.
func (l *lowering) header(p proto) (start offset, c *cond) {
	network := l.layout.networkHeader()
	switch p {
	case protoLink:
		return l.layout.link, always
	case protoIP, protoIPv6, protoARP, protoRARP, protoAppleTalk, protoDECnet, protoSCA, protoLAT,
		protoMOPRC, protoMOPDL:
		return network, l.protocol(p)
	case protoTCP, protoUDP, protoSCTP, protoICMP, protoIGMP, protoIGRP, protoPIM, protoVRRP, protoCARP:
		return l.ipv4Payload(), and(l.linkProtocol(etherTypeIPv4),
			l.equal(network.plus(ipv4Protocol), 1, ipProtocols[p]), l.firstFragment())
	case protoICMPv6:
		return network.plus(ipv6HeaderLength), and(l.linkProtocol(etherTypeIPv6),
			l.equal(network.plus(ipv6Next), 1, ipICMPv6))
	case protoRadio:
		return offset{}, l.fail("radio information not present in capture")
	}
	return offset{}, l.fail("'%s' does not support the index operation", p)
}
