package pcapfilter

import "errors"

// The grammar, with the rules of libpcap's for what an identifier without
// qualifiers may follow:
//
//	expr  = term { ("and" | "or") (term | id) }    both as strong, from the left
//	term  = "not" term | head id | "(" expr ")" | proto | arith relation arith | ...
//	id    = "not" id | identifier | "(" ids ")"
//	ids   = (identifier | "not" id | number) { ("and" | "or") id }
//
// A "(" may so begin a term, a list of identifiers, or a number; what stands in
// it decides.

var errSyntax = errors.New("can't parse filter expression: syntax error")

// maxDepth bounds how deep parentheses, "not" and "-" nest.
const maxDepth = 1000

var errDepth = errors.New("can't parse filter expression: memory exhausted")

// parser turns tokens into nodes. After an error it sees only the end.
type parser struct {
	lexer lexer
	tok   token
	depth int
	err   error
	// done are the primitives seen so far, in order: if one of them is wrong,
	// its message comes before that of an error in the text behind it.
	done []node
}

// parse returns the expression's tree, nil for an empty one, and its primitives as
// far as they could be read.
func parse(text string) (node, []node, error) {
	p := &parser{lexer: lexer{text: text}}
	p.advance()
	if p.err == nil && p.tok.kind == tokenEnd {
		return nil, nil, nil
	}
	first := p.operand(noQualifiers, terms)
	if first.kind != operandTerm {
		p.fail(errSyntax)
	}
	n := p.restOfExpression(first.node, first.q)
	if p.tok.kind != tokenEnd {
		p.fail(errSyntax)
	}
	return n, p.done, p.err
}

func (p *parser) advance() {
	if p.err != nil {
		return
	}
	t, err := p.lexer.next()
	if err != nil {
		p.fail(err)
		return
	}
	p.tok = t
}

func (p *parser) fail(err error) {
	if p.err == nil {
		p.err = err
		p.tok = token{kind: tokenEnd}
	}
}

// accept takes the next token if it is of the kind.
func (p *parser) accept(k tokenKind) (token, bool) {
	if p.tok.kind != k || p.err != nil {
		return token{}, false
	}
	t := p.tok
	p.advance()
	return t, true
}

// expect takes the next token, which must be of the kind.
func (p *parser) expect(k tokenKind) token {
	t, ok := p.accept(k)
	if !ok {
		p.fail(errSyntax)
	}
	return t
}

// nest counts one level more, and says whether that is still allowed.
func (p *parser) nest() bool {
	if p.depth++; p.depth > maxDepth {
		p.fail(errDepth)
	}
	return p.err == nil
}

// leaf notes a primitive.
func (p *parser) leaf(n node) node {
	if p.err == nil {
		p.done = append(p.done, n)
	}
	return n
}

// operand is what stands between "and"s and "or"s, or in parentheses.
type operand struct {
	kind operandKind
	node node       // of a term, an identifier or a list
	q    qualifiers // that an identifier after it takes
	arith
}

type operandKind uint8

const (
	operandTerm   operandKind = iota
	operandIdent              // an identifier, not a number
	operandList               // a list of identifiers in parentheses
	operandNumber             // a number alone, perhaps in parentheses: arithmetic or an identifier
	operandArith              // other arithmetic
)

// restOfExpression parses what follows an expression's first term n, whose
// qualifiers an identifier may take.
func (p *parser) restOfExpression(n node, q qualifiers) node {
	for {
		join := p.tok.kind
		if join != tokenAnd && join != tokenOr {
			return n
		}
		p.advance()
		right := p.operand(q, terms|idents)
		var next node
		if right.kind == operandTerm {
			next, q = right.node, right.q
		} else {
			next = p.identifiers(right, q)
		}
		n = joinNodes(join, n, next)
	}
}

func joinNodes(join tokenKind, left, right node) node {
	if join == tokenAnd {
		return andNode{left, right}
	}
	return orNode{left, right}
}

// identifiers takes an operand where only identifiers fit.
func (p *parser) identifiers(o operand, q qualifiers) node {
	switch o.kind {
	case operandIdent, operandList:
		return o.node
	case operandNumber:
		if n, ok := o.arith.(numberArith); ok {
			return p.leaf(identNode{q, identifier{kind: identNumber, number: n.n}})
		}
	}
	p.fail(errSyntax)
	return nil
}

// fitting says what fits at a place: terms, and identifiers, which take their
// qualifiers from what precedes them.
type fitting uint8

const (
	terms fitting = 1 << iota
	idents
)

// operand parses one operand; q are the qualifiers that an identifier takes.
func (p *parser) operand(q qualifiers, fits fitting) operand {
	if !p.nest() {
		return operand{}
	}
	defer func() { p.depth-- }()

	switch p.tok.kind {
	case tokenNot:
		p.advance()
		o := p.operand(q, fits)
		switch {
		case o.kind == operandTerm:
			return operand{kind: operandTerm, node: notNode{o.node}, q: o.q}
		case fits&idents == 0:
			p.fail(errSyntax)
			return operand{}
		}
		return operand{kind: operandIdent, node: notNode{p.identifiers(o, q)}}
	case tokenOpen:
		p.advance()
		o := p.parenthesis(q, fits)
		p.expect(tokenClose)
		return p.relation(o, fits)
	case tokenNumber:
		return p.relation(p.number(), fits)
	case tokenName, tokenIPv4, tokenIPv6, tokenMAC48, tokenMAC8:
		if fits&idents != 0 {
			return operand{kind: operandIdent, node: p.identifier(q)}
		}
		p.fail(errSyntax)
		return operand{}
	}
	if fits&terms == 0 {
		p.fail(errSyntax)
		return operand{}
	}
	switch p.tok.kind {
	case tokenLength:
		return p.relation(p.number(), fits)
	case tokenOperator:
		if p.tok.n == uint32(aluSub) {
			return p.relation(p.negative(), fits)
		}
		p.fail(errSyntax)
		return operand{}
	case tokenProto:
		t := p.tok
		p.advance()
		if p.tok.kind == tokenBracket {
			return p.relation(operand{kind: operandArith, arith: p.load(proto(t.n))}, fits)
		}
		return p.qualified(proto(t.n), true)
	}
	return p.qualified(protoDefault, false)
}

// parenthesis parses what stands in parentheses.
func (p *parser) parenthesis(q qualifiers, fits fitting) operand {
	first := p.operand(q, fits)
	joined := p.tok.kind == tokenAnd || p.tok.kind == tokenOr
	switch {
	case first.kind == operandTerm:
		return operand{kind: operandTerm, node: p.restOfExpression(first.node, first.q), q: q}
	case first.kind == operandArith, first.kind == operandNumber && !joined:
		return first
	case fits&idents == 0, first.kind == operandList:
		p.fail(errSyntax)
		return operand{}
	}
	return operand{kind: operandList, node: p.restOfList(p.identifiers(first, q), q)}
}

func (p *parser) restOfList(n node, q qualifiers) node {
	for {
		join := p.tok.kind
		if join != tokenAnd && join != tokenOr {
			return n
		}
		p.advance()
		n = joinNodes(join, n, p.identifiers(p.operand(q, idents), q))
	}
}

// relation parses the rest of a comparison, if o is arithmetic and one follows.
func (p *parser) relation(o operand, fits fitting) operand {
	if fits&terms == 0 || o.kind != operandNumber && o.kind != operandArith {
		return o
	}
	o = p.restOfArith(o, 0)
	t, ok := p.accept(tokenRelation)
	if !ok {
		return o
	}
	right := p.arithmetic(0)
	n := p.leaf(relationNode{relation(t.n), o.arith, right})
	return operand{kind: operandTerm, node: n, q: noQualifiers}
}
