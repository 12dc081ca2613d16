package pcapfilter

// precedence is how strong an arithmetic operator binds. "%" and "^" have none in
// libpcap's grammar: whatever stands left of one, it takes the operand before it,
// and all that follows.
func precedence(op aluOp) (level int, always bool) {
	switch op {
	case aluOr:
		return 1, false
	case aluAnd:
		return 2, false
	case aluLsh, aluRsh:
		return 3, false
	case aluAdd, aluSub:
		return 4, false
	case aluMul, aluDiv:
		return 5, false
	}
	return 0, true
}

const precedenceNegative = 6

// arithmetic parses a number with operators that bind at least so strong.
func (p *parser) arithmetic(level int) arith {
	if !p.nest() {
		return nil
	}
	defer func() { p.depth-- }()

	var o operand
	switch p.tok.kind {
	case tokenNumber, tokenLength:
		o = p.number()
	case tokenProto:
		t := p.tok
		p.advance()
		o = operand{kind: operandArith, arith: p.load(proto(t.n))}
	case tokenOpen:
		p.advance()
		o = operand{kind: operandArith, arith: p.arithmetic(0)}
		p.expect(tokenClose)
	case tokenOperator:
		if p.tok.n != uint32(aluSub) {
			p.fail(errSyntax)
		}
		o = p.negative()
	default:
		p.fail(errSyntax)
	}
	return p.restOfArith(o, level).arith
}

// restOfArith parses the operators after o that bind at least so strong.
func (p *parser) restOfArith(o operand, level int) operand {
	for p.tok.kind == tokenOperator {
		op := aluOp(p.tok.n)
		l, always := precedence(op)
		if !always && l < level {
			break
		}
		p.advance()
		next := 0
		if !always {
			next = l + 1
		}
		o = operand{kind: operandArith, arith: binaryArith{op, o.arith, p.arithmetic(next)}}
	}
	return o
}

// number parses a number or "len".
func (p *parser) number() operand {
	t := p.tok
	p.advance()
	if t.kind == tokenLength {
		return operand{kind: operandArith, arith: lenArith{}}
	}
	return operand{kind: operandNumber, arith: numberArith{t.n}}
}

// negative parses "-" and what it applies to.
func (p *parser) negative() operand {
	p.advance()
	return operand{kind: operandArith, arith: negArith{p.arithmetic(precedenceNegative)}}
}

// load parses the brackets after a protocol.
func (p *parser) load(from proto) arith {
	p.expect(tokenBracket)
	index, size := p.arithmetic(0), uint32(1)
	if _, ok := p.accept(tokenColon); ok {
		size = p.expect(tokenNumber).n
	}
	p.expect(tokenUnbracket)
	return loadArith{from, index, size}
}

// parenthesizedNumber parses a number that may stand in parentheses; ok is false
// if none is there.
func (p *parser) parenthesizedNumber() (n uint32, ok bool) {
	switch p.tok.kind {
	case tokenNumber:
		return p.expect(tokenNumber).n, true
	case tokenOpen:
		if !p.nest() {
			return 0, true
		}
		p.advance()
		if n, ok = p.parenthesizedNumber(); !ok {
			p.fail(errSyntax)
		}
		p.expect(tokenClose)
		p.depth--
		return n, true
	}
	return 0, false
}
