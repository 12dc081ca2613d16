package pcapfilter

import (
	"fmt"
	"net/netip"
	"strings"
)

// lexer cuts an expression into tokens. At each place it takes the longest token
// that fits, and of two as long the one that is tried first.
type lexer struct {
	text string
	pos  int
}

// operators are tried in this order, so the longer ones come first.
var operators = []struct {
	text  string
	token token
}{
	{"&&", token{kind: tokenAnd}},
	{"||", token{kind: tokenOr}},
	{">=", token{kind: tokenRelation, n: uint32(relationGreaterEqual)}},
	{"<=", token{kind: tokenRelation, n: uint32(relationLessEqual)}},
	{"!=", token{kind: tokenRelation, n: uint32(relationNotEqual)}},
	{"==", token{kind: tokenRelation, n: uint32(relationEqual)}},
	{"<<", token{kind: tokenOperator, n: uint32(aluLsh)}},
	{">>", token{kind: tokenOperator, n: uint32(aluRsh)}},
	{"=", token{kind: tokenRelation, n: uint32(relationEqual)}},
	{"<", token{kind: tokenRelation, n: uint32(relationLess)}},
	{">", token{kind: tokenRelation, n: uint32(relationGreater)}},
	{"+", token{kind: tokenOperator, n: uint32(aluAdd)}},
	{"-", token{kind: tokenOperator, n: uint32(aluSub)}},
	{"*", token{kind: tokenOperator, n: uint32(aluMul)}},
	{"/", token{kind: tokenOperator, n: uint32(aluDiv)}},
	{"%", token{kind: tokenOperator, n: uint32(aluMod)}},
	{"&", token{kind: tokenOperator, n: uint32(aluAnd)}},
	{"|", token{kind: tokenOperator, n: uint32(aluOr)}},
	{"^", token{kind: tokenOperator, n: uint32(aluXor)}},
	{"!", token{kind: tokenNot}},
	{"(", token{kind: tokenOpen}},
	{")", token{kind: tokenClose}},
	{"[", token{kind: tokenBracket}},
	{"]", token{kind: tokenUnbracket}},
	{":", token{kind: tokenColon}},
}

// next returns the next token. An error is the lexer's own message; a character
// that fits nowhere is a tokenInvalid instead, which no rule of the grammar takes.
func (l *lexer) next() (token, error) {
	for l.pos < len(l.text) && strings.IndexByte(" \r\n\t", l.text[l.pos]) >= 0 {
		l.pos++
	}
	rest := l.text[l.pos:]
	if rest == "" {
		return token{kind: tokenEnd}, nil
	}
	t, n, err := scanWord(rest)
	if n == 0 {
		t, n = scanOperator(rest)
	}
	if n == 0 && rest[0] == '\\' {
		if n = 1 + spanNot(rest[1:], " !()\n\t"); n > 1 {
			t = token{kind: tokenName, text: rest[1:n]}
		}
	}
	if t.kind == tokenEnd {
		return token{kind: tokenInvalid}, nil
	}
	l.pos += n
	return t, err
}

func scanOperator(s string) (token, int) {
	for _, op := range operators {
		if strings.HasPrefix(s, op.text) {
			t := op.token
			t.text = op.text
			return t, len(op.text)
		}
	}
	return token{}, 0
}

// scanWord scans keywords, numbers, addresses and names. Length 0: none here.
func scanWord(s string) (t token, n int, err error) {
	name := spanName(s)
	if k, ok := keywords[s[:name]]; ok {
		t, n = k, name
		t.text = s[:name]
	}
	longer := func(kind tokenKind, length int) {
		if length > n {
			t, n = token{kind: kind, text: s[:length]}, length
		}
	}
	longer(tokenMAC8, spanMAC8(s))
	longer(tokenMAC48, spanMAC48(s))
	longer(tokenNumber, spanNumber(s))
	longer(tokenIPv4, spanIPv4(s))
	longer(tokenIPv6, spanIPv6(s))
	if bad := spanBrokenMAC48(s); bad > n {
		return token{kind: tokenMAC48}, bad, fmt.Errorf("invalid Ethernet address %s", s[:bad])
	}
	if v, ok := constants[s[:name]]; ok && name > n {
		return token{kind: tokenNumber, text: s[:name], n: v}, name, nil
	}
	longer(tokenName, name)

	switch t.kind {
	case tokenNumber:
		t.n, err = parseNumber(t.text)
	case tokenIPv6:
		if _, bad := netip.ParseAddr(t.text); bad != nil {
			err = fmt.Errorf("invalid IPv6 address %s", t.text)
		}
	}
	return t, n, err
}

// spanName spans letters, digits, '.', '-' and '_', beginning with a letter or
// digit and not ending with '-' or '_'.
func spanName(s string) int {
	n := 0
	for n < len(s) && (isAlnum(s[n]) || n > 0 && (s[n] == '-' || s[n] == '_' || s[n] == '.')) {
		n++
	}
	for n > 0 && (s[n-1] == '-' || s[n-1] == '_') {
		n--
	}
	return n
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
func isHex(c byte) bool   { return isDigit(c) || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F' }
func isAlnum(c byte) bool { return isDigit(c) || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }

// spanHex spans at most limit hexadecimal digits.
func spanHex(s string, limit int) int {
	n := 0
	for n < len(s) && n < limit && isHex(s[n]) {
		n++
	}
	return n
}

// spanNot spans what holds none of the stop characters.
func spanNot(s, stop string) int {
	if n := strings.IndexAny(s, stop); n >= 0 {
		return n
	}
	return len(s)
}
