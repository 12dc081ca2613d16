package pcapfilter

import "fmt"

// qualified parses what a protocol's name may begin: qualifiers and identifiers,
// or a primitive of another form. Without a name, from is protoDefault.
func (p *parser) qualified(from proto, named bool) operand {
	q := qualifiers{proto: from}
	switch p.tok.kind {
	case tokenSrc, tokenDst, tokenDirection:
		q.dir = p.direction()
		if t, ok := p.accept(tokenKindWord); ok {
			q.kind = kind(t.n)
		}
		return p.head(q)
	case tokenKindWord, tokenLoneKind:
		q.kind = kind(p.tok.n)
		p.advance()
		return p.head(q)
	case tokenBroadcast:
		p.advance()
		return p.primitive(broadcastNode{from})
	case tokenMulticast:
		p.advance()
		return p.primitive(multicastNode{from})
	case tokenType, tokenSubtype, tokenDir:
		return p.primitive(p.wlan())
	}
	if named {
		// A name before anything else is taken for the beginning of something.
		switch p.tok.kind {
		case tokenAnd, tokenOr, tokenClose, tokenEnd:
			return p.primitive(protoNode{from})
		}
		p.fail(errSyntax)
		return operand{}
	}
	return p.primitive(p.unqualified())
}

func (p *parser) primitive(n node) operand {
	return operand{kind: operandTerm, node: p.leaf(n), q: noQualifiers}
}

// head parses the identifiers after qualifiers.
func (p *parser) head(q qualifiers) operand {
	return operand{kind: operandTerm, node: p.identifiers(p.operand(q, idents), q), q: q}
}

// direction parses "src", "dst", both joined, or a direction of 802.11.
func (p *parser) direction() direction {
	first := p.tok
	p.advance()
	if first.kind == tokenDirection {
		return direction(first.n)
	}
	other, alone := tokenDst, dirSrc
	if first.kind == tokenDst {
		other, alone = tokenSrc, dirDst
	}
	if _, ok := p.accept(tokenOr); ok {
		p.expect(other)
		return dirSrcOrDst
	}
	if _, ok := p.accept(tokenAnd); ok {
		p.expect(other)
		return dirSrcAndDst
	}
	return alone
}

// identifier parses one identifier that is not a number.
func (p *parser) identifier(q qualifiers) node {
	t := p.tok
	p.advance()
	id := identifier{text: t.text}
	switch t.kind {
	case tokenName:
		id.kind = identName
	case tokenMAC48:
		id.kind = identMAC48
	case tokenMAC8:
		id.kind = identMAC8
	case tokenIPv4:
		id.kind = identIPv4
		if p.slash() {
			id.kind, id.number = identIPv4Prefix, p.expect(tokenNumber).n
		} else if _, ok := p.accept(tokenMask); ok {
			id.kind, id.mask = identIPv4Mask, p.expect(tokenIPv4).text
		}
	case tokenIPv6:
		id.kind = identIPv6
		if p.slash() {
			id.kind, id.number = identIPv6Prefix, p.expect(tokenNumber).n
		}
	}
	return p.leaf(identNode{q, id})
}

func (p *parser) slash() bool {
	if p.tok.kind != tokenOperator || p.tok.n != uint32(aluDiv) {
		return false
	}
	p.advance()
	return true
}

// unqualified parses the primitives that begin with a word of their own.
func (p *parser) unqualified() node {
	t := p.tok
	p.advance()
	switch t.kind {
	case tokenLess, tokenGreater:
		return lengthNode{t.kind == tokenGreater, p.expect(tokenNumber).n}
	case tokenByte:
		return p.byteTest()
	case tokenInbound, tokenOutbound:
		return directionNode{t.kind == tokenOutbound}
	case tokenIfindex:
		return ifindexNode{p.expect(tokenNumber).n}
	case tokenEncapsulation:
		n := encapNode{encap: encapsulation(t.n)}
		if n.encap != encapPPPoED {
			if number, ok := p.parenthesizedNumber(); ok {
				n.number = &number
			}
		}
		return n
	case tokenLLC:
		return p.llc()
	case tokenPF:
		return p.pf(pfField(t.n))
	case tokenATM:
		return foreignNode{fmt.Errorf("'%s' supported only on SUNATM", t.text)}
	case tokenATMField:
		p.fieldValue()
		return foreignNode{fmt.Errorf("'%s' supported only on SUNATM", t.text)}
	case tokenSS7:
		if t.text == "lsu" {
			t.text = "lssu"
		}
		return foreignNode{fmt.Errorf("'%s' supported only on SS7", t.text)}
	case tokenSS7Field:
		p.fieldValue()
		return foreignNode{fmt.Errorf("'%s' supported only on SS7", t.text)}
	}
	p.fail(errSyntax)
	return nil
}

func (p *parser) byteTest() node {
	n := byteNode{index: p.expect(tokenNumber).n}
	n.operator = p.tok.text
	switch n.operator {
	case "&", "|", "<", ">", "=", "==":
		p.advance()
	default:
		p.fail(errSyntax)
	}
	n.value = p.expect(tokenNumber).n
	return n
}

func (p *parser) llc() node {
	if t, ok := p.accept(tokenName); ok {
		return llcNode{t.text}
	}
	// "rnr" is a keyword for OpenBSD's packet filter too.
	if p.tok.kind == tokenPF && pfField(p.tok.n) == pfRulenum {
		p.advance()
		return llcNode{"rnr"}
	}
	return llcNode{}
}
